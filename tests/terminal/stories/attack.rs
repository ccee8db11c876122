//! A server that hates its clients: whatever it sends, it gets no further than the words on the
//! screen, and the client can be used and left as ever.

use std::time::Duration;

use super::chat;
use crate::fake_server::{Door, FakeServer, Guest};
use crate::hostile::Hostile;
use crate::sequences::misdeeds;
use crate::support::{Server, report, sized, timed};
use crate::terminal::Terminal;
use crate::told;

/// Lines sent at once, before what the client has said is taken from the wire.
const AT_ONCE: usize = 64;
/// Lines while the client still asks for its name: it shows some of them.
const AT_THE_DOOR: usize = 64;
const LAST_WORDS: &str = "that was all";

/// Sends so many hostile lines.
fn attack(guest: &mut Guest, seed: u64, lines: usize) {
    let mut hostile = Hostile::new(seed);
    for first in (0..lines).step_by(AT_ONCE) {
        let count = AT_ONCE.min(lines - first);
        let bytes: Vec<u8> = hostile.by_ref().take(count).flatten().collect();
        guest.lines.send(&bytes);
        guest.forget_what_it_said();
    }
}

fn script(door: &Door, lines: usize) {
    let mut guest = door.next();
    let name = guest.hear_name();
    guest.say(&told::format(7));
    attack(&mut guest, 7, AT_THE_DOOR);
    // Above all that the attack makes up: what is said with a lower number is shown further up.
    guest.number = 1_000;
    guest.welcome(&name);
    guest.enter_main();
    door.wait_for_cue();
    attack(&mut guest, 1, lines);
    // Whatever it thinks by now about where it is.
    guest.enter_main();
    guest.pass_on("bob", LAST_WORDS);
    door.wait_for_cue();
    guest.forget_what_it_said();
    guest.pass_on("bob", "still here");
    guest.lines.rest_or_reset();
}

/// Waits until this is seen, however long the attack takes.
fn see_after_all(terminal: &mut Terminal, text: &str, patience: Duration) {
    terminal.wait_longer_for(patience, text, |it| it.screen().contains(text));
}

#[test]
fn hostile_lines_get_no_further_than_the_screen() {
    let lines = sized(20_000, 1_000_000);
    let patience = sized(Duration::from_secs(120), Duration::from_secs(3_600));
    let server = FakeServer::start(move |door| script(door, lines));
    let mut alice = chat(server.address, "alice");
    server.cue();
    let ((), took) = timed(|| see_after_all(&mut alice, LAST_WORDS, patience));
    alice.see("● alice in main");
    // A frame may be half drawn, with its cursor hidden.
    alice.wait_for_state("the cursor", |alice| !alice.state().hide_cursor());
    let state = alice.state();
    assert!(state.alternate_screen() && state.bracketed_paste());
    // It still listens to its user, and to the server.
    alice.press("draft");
    alice.see("alice> draft");
    server.cue();
    alice.see("bob: still here");
    alice.resize(40, 12);
    alice.see("> draft");
    alice.press("\x15\x04");
    alice.expect_good_end(0);
    server.finish();
    assert_eq!(misdeeds(alice.output()), [""; 0]);
    report(&format!(
        "hostile: {lines} lines in {took:.1?}, {} bytes written to the terminal",
        alice.output().len()
    ));
}

#[test]
fn a_server_that_never_ends_its_line_is_no_harm() {
    let server = FakeServer::start(|door| {
        let mut guest = door.next();
        guest.greet(0);
        for _ in 0..1_000 {
            guest.lines.send(&[b'x'; 4_096]);
        }
        guest.say("");
        guest.pass_on("bob", LAST_WORDS);
        door.wait_for_cue();
    });
    let mut alice = chat(server.address, "alice");
    alice.see(LAST_WORDS);
    server.cue();
    server.finish();
    alice.see("○ ");
    alice.press("\x04");
    alice.expect_good_end(0);
}

#[test]
fn what_a_hostile_server_says_last_is_clean_in_the_status() {
    let server = FakeServer::start(|door| {
        let mut guest = door.next();
        guest.greet(0);
        door.wait_for_cue();
        let gone = "the server is \x1b]0;owned\x07gone\u{202e} \x1b[31mfor good\x07";
        guest.say(&told::bye("going", gone, None));
    });
    let mut alice = chat(server.address, "alice");
    server.cue();
    alice.see("○ ");
    alice.see("the server is ]0;ownedgone [31mfor good");
    server.finish();
    alice.press("\x04");
    alice.expect_good_end(0);
    assert_eq!(misdeeds(alice.output()), [""; 0]);
}

/// Keys may be anything as well: a paste of something hostile, a cat on the keyboard.
#[test]
fn hostile_keys_are_no_harm() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = chat(server.tcp(), "alice");
    let hostile = Hostile::new(5).take(sized(200, 20_000));
    // Nothing that leaves or suspends, and nothing that begins a paste without an end.
    let leaving = ['\x03', '\x04', '\x1a'];
    for line in hostile {
        let text = String::from_utf8_lossy(&line).replace(leaving, "");
        alice.paste(&text.replace('\x1b', ""));
        alice.press(&text.replace("[20", ""));
        alice.press("\x15");
    }
    // Ends what may be the beginning of a key, then whatever is being done, twice.
    alice.press("\x1b\\zz\x03x\x15\x03x\x15after all");
    alice.see("after all");
    alice.press("\x15\x04");
    alice.expect_good_end(0);
    assert_eq!(misdeeds(alice.output()), [""; 0]);
}
