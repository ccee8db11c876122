//! The connection: lost and made again under the same name, with what was said meanwhile; refused,
//! and not there at all.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::process::Signal;

use super::{USUAL, chat};
use crate::fake_server::{FakeServer, SAID_AT};
use crate::support::{Client, Launch, Server, free_port, http, next_client};
use crate::terminal::Terminal;
use crate::told;

/// As long as the client may wait by itself before it tries again, a few times in a row.
const COMING_BACK: Duration = Duration::from_secs(60);

/// Waits until the client is back by itself.
fn see_again(terminal: &mut Terminal, status: &str) {
    terminal.wait_longer_for(COMING_BACK, status, |it| it.screen().contains(status));
}

#[test]
fn a_server_that_was_killed_and_is_back_finds_us_where_we_were() {
    let folder = tempfile::tempdir().unwrap();
    let place = free_port().to_string();
    let flags = ["--tcp", &place, "--state", folder.path().to_str().unwrap()];
    let mut server = Server::start(&flags);
    let mut alice = chat(server.tcp(), "alice");
    alice.type_line("/join tea");
    alice.see("● alice in tea, 1 here");
    alice.type_line("before");
    alice.see("alice: before");
    server.signal(Signal::KILL);
    server.wait();
    alice.see("!! connection lost");
    alice.see("○ reconnecting in ");
    alice.type_line("not sent");
    alice.see("○ reconnecting in ");

    let again = Server::start(&flags);
    let mut bob = Client::join(again.tcp(), "bob");
    bob.say("/join tea");
    bob.hear_where("the room", |line| line.starts_with("* you are "));
    bob.say("meanwhile");
    bob.hear("bob: meanwhile");
    see_again(&mut alice, "● alice in tea, 2 here");
    let screen = alice.see("bob: meanwhile");
    assert_eq!(screen.matches("alice: before").count(), 1, "{screen}");
    // What was typed is still there.
    alice.see("alice> not sent");
    alice.press("\r");
    bob.hear("alice: not sent");
    alice.press("\x04");
    alice.expect_good_end(0);
    again.stop();
}

#[test]
#[cfg(feature = "tls")]
fn by_tls_we_are_back_with_a_server_that_is_the_same_and_with_no_other() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = free_port().to_string();
    let flags = |state| ["--tcp", &place, "--tls", "self-signed", "--state", state];
    let at_home = folder.path().to_str().unwrap();
    let mut server = Server::start(&flags(at_home));
    let to = format!("tls://{place}");
    let environment = [("NO_COLOR", "1"), ("XDG_STATE_HOME", home.path().to_str().unwrap())];
    let mut alice =
        Terminal::start(USUAL.0, USUAL.1, &["chat", &to, "--nick", "alice"], &environment);
    alice.see("this is the first connection to");
    alice.see("● alice in main");
    server.signal(Signal::KILL);
    server.wait();
    alice.see("!! connection lost");
    let again = Server::start(&flags(at_home));
    see_again(&mut alice, "● alice in main, 1 here");
    let mut bob = Client::join(again.tcp(), "bob");
    alice.type_line("hello");
    bob.hear("alice: hello");
    again.stop();

    let elsewhere = tempfile::tempdir().unwrap();
    let other = Server::start(&flags(elsewhere.path().to_str().unwrap()));
    see_again(&mut alice, "○ not connected (Enter: try again): ");
    alice.see("WARNING: its certificate has changed");
    // What was remembered is looked at again for each try.
    std::fs::remove_file(home.path().join("mio-chat/known_servers")).unwrap();
    alice.press("\r");
    see_again(&mut alice, "● alice in main, 1 here");
    alice.see("this is the first connection to");
    alice.press("\x04");
    alice.expect_good_end(0);
    other.stop();
}

#[test]
#[cfg(feature = "tls")]
fn by_tls_a_connection_that_was_cut_is_made_again_by_ticket() {
    let flags = ["--tls", "self-signed", "--admin", "127.0.0.1:0"];
    let server = Launch::new(&flags).announcing(3).start();
    let (home, listener) =
        (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let to = format!("tls://{}", listener.local_addr().unwrap());
    let environment = [("NO_COLOR", "1"), ("XDG_STATE_HOME", home.path().to_str().unwrap())];
    let (cuts, cut) = channel();
    std::thread::scope(|scope| {
        // A network between the two, for two connections.
        let place = server.tcp();
        scope.spawn(move || {
            for _ in 0..2 {
                let near = next_client(&listener);
                let far = TcpStream::connect(place).unwrap();
                cuts.send(near.try_clone().unwrap()).unwrap();
                let (mut there, mut back) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                scope.spawn(move || {
                    let (mut near, mut far) = (near, far);
                    let _ = std::io::copy(&mut near, &mut far);
                    let _ = far.shutdown(Shutdown::Both);
                });
                scope.spawn(move || {
                    let _ = std::io::copy(&mut back, &mut there);
                    let _ = there.shutdown(Shutdown::Both);
                });
            }
        });
        let mut alice =
            Terminal::start(USUAL.0, USUAL.1, &["chat", &to, "--nick", "alice"], &environment);
        alice.see("● alice in main");
        cut.recv().unwrap().shutdown(Shutdown::Both).unwrap();
        alice.see("!! connection lost");
        see_again(&mut alice, "● alice in main");
        let metrics = http::get(server.all("admin")[0], "/metrics").body;
        for kind in ["full", "resumed"] {
            let series = format!("mio_chat_tls_handshakes_total{{kind=\"{kind}\"}}");
            assert_eq!(http::metric(&metrics, &series), 1.0);
        }
        alice.press("\x04");
        alice.expect_good_end(0);
    });
    server.stop();
}

#[test]
fn a_room_with_a_password_lets_us_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = free_port().to_string();
    let flags = ["--tcp", &place, "--state", folder.path().to_str().unwrap()];
    let server = Server::start(&flags);
    let mut owner = Client::join(server.tcp(), "owner");
    owner.say("/join tea");
    owner.hear_where("the key", |line| line.starts_with("* you own tea"));
    owner.say("/password kettle");
    owner.hear_where("the password", |line| line.contains("needs a password now"));
    let mut alice = chat(server.tcp(), "alice");
    alice.type_line("/join tea pot");
    alice.see("that is not the password of tea");
    alice.type_line("/join tea kettle");
    alice.see("● alice in tea, 2 here");
    // All is kept when a server ends in peace.
    server.stop();
    alice.see("!! connection lost");
    let again = Server::start(&flags);
    see_again(&mut alice, "● alice in tea, 1 here");
    alice.press("\x04");
    alice.expect_good_end(0);
    again.stop();
}

#[test]
fn what_was_said_meanwhile_is_asked_for_and_shown_once() {
    let server = FakeServer::start(|door| {
        let mut guest = door.next();
        assert_eq!(guest.greet(6), "alice");
        guest.pass_on("bob", "seen");
        door.wait_for_cue();
        guest.lines.reset();

        let mut guest = door.next();
        assert_eq!(guest.hear_name(), "alice");
        guest.number = 9;
        guest.welcome("alice");
        guest.enter_main();
        guest.lines.expect("/history after c77143c7:7");
        guest.say(&told::missed(2, 7));
        guest.say(&told::again(8, SAID_AT, "bob", "missed"));
        guest.say(&told::again(9, SAID_AT, "bob", "missed too"));
        guest.say(&told::end("main", 9));
        guest.lines.expect("I am back");
        guest.say(&told::said(10, SAID_AT, "alice", "I am back"));
        door.wait_for_cue();
    });
    let mut alice = chat(server.address, "alice");
    alice.see("bob: seen");
    server.cue();
    alice.see("!! connection lost");
    alice.see("○ reconnecting in ");
    // At once, and not when it is time.
    alice.press("\r");
    alice.see("● alice in main");
    alice.see("─ 2 messages since you left ─");
    alice.type_line("I am back");
    let screen = alice.see("alice: I am back");
    let rows =
        ["bob: seen", "!! connection lost", "─ 2 messages", "bob: missed", "bob: missed too"];
    let places: Vec<_> = rows.iter().map(|row| screen.find(row)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{screen}");
    server.cue();
    server.finish();
}

#[test]
fn whoever_was_taken_for_dead_gets_the_name_back() {
    let server = FakeServer::start(move |door| {
        let mut guest = door.next();
        guest.greet(0);
        guest.lines.reset();
        let mut guest = door.next();
        assert_eq!(guest.hear_name(), "alice");
        guest.say(&format!("NICK{}", told::taken()));
        guest.lines.expect("alice");
        guest.welcome("alice");
        guest.enter_main();
        guest.pass_on("bob", "there you are");
        door.wait_for_cue();
    });
    let mut alice = chat(server.address, "alice");
    alice.see("connection lost");
    see_again(&mut alice, "bob: there you are");
    alice.see("● alice in main");
    server.cue();
    server.finish();
}

#[test]
fn a_server_that_knows_no_json_is_told_apart_and_left_alone() {
    let server = FakeServer::start(|door| {
        let mut guest = door.next();
        guest.hear_name();
        guest.say("NICK* type a nickname first: /nick NAME (/quit leaves)");
        guest.say("* you will not be read what was said before");
        guest.say("Connected to server!");
        let (rest, _) = guest.lines.rest_or_reset();
        assert_eq!(rest, "", "nothing is said where nothing is understood");
    });
    let place = server.address.to_string();
    let mut alice = Terminal::start(100, 24, &["chat", &place, "--nick", "alice"], &[]);
    alice.see("○ not connected (Enter: try again): the server is too old");
    server.finish();
    alice.press("\x04");
    alice.expect_good_end(0);
}

#[test]
fn a_name_that_somebody_has_is_asked_for_anew() {
    let server = Server::start(&[]);
    let _other = Client::join(server.tcp(), "alice");
    let place = server.tcp().to_string();
    let mut alice = Terminal::start(80, 24, &["chat", &place, "--nick", "alice"], &[]);
    alice.see("○ type a nickname");
    alice.see("is taken");
    alice.type_line("alina");
    alice.see("● alina in main, 2 here");
    alice.press("\x04");
    alice.expect_good_end(0);
}

#[test]
fn a_room_can_be_asked_for_at_once_and_nobody_need_say_their_name() {
    let server = Server::start(&[]);
    let place = server.tcp().to_string();
    let arguments = ["chat", &place, "--nick", "alice", "--room", "tea"];
    let mut alice = Terminal::start(80, 24, &arguments, &[]);
    alice.see("● alice in tea, 1 here");
    let mut bob = Terminal::start(80, 24, &["chat", &place], &[]);
    bob.see("What do you want to be called?");
    bob.see("nickname:");
    bob.type_line("bob");
    bob.see("● bob in main, 1 here");
}

#[test]
fn a_server_that_is_not_there_is_tried_again_and_can_be_left_alone() {
    let nobody = free_port();
    let (columns, rows) = USUAL;
    let place = nobody.to_string();
    let mut alice = Terminal::start(columns, rows, &["chat", &place, "--nick", "alice"], &[]);
    alice.see("○ reconnecting in ");
    alice.press("\x03");
    alice.see("press Ctrl-C again to leave");
    alice.press("\x03");
    alice.expect_good_end(0);
}

#[test]
#[cfg(feature = "tls")]
fn by_tls_what_cannot_get_better_is_not_tried_again_by_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let to = format!("tls://{place}");
    let mut alice = Terminal::start(
        USUAL.0,
        USUAL.1,
        &["chat", &to, "--nick", "alice"],
        &[("NO_COLOR", "1"), ("XDG_STATE_HOME", "/nowhere")],
    );
    let (mut guest, _) = listener.accept().unwrap();
    std::io::Write::write_all(&mut guest, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    alice.see(&format!("!! cannot talk to {place}: it does not speak TLS"));
    alice.see("○ not connected (Enter: try again): it does not speak TLS");
    alice.press("\r");
    let (again, _) = listener.accept().unwrap();
    drop((guest, again));
    alice.press("\x04");
    alice.expect_good_end(0);
}
