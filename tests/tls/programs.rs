//! curl, Python's ssl and Python's websockets in the chat, encrypted.

use std::path::{Path, PathBuf};

use crate::files::{Issued, NAME, SELF_SIGNED};
use crate::support::program::{Program, program};
use crate::support::{Client, Server, skip};

fn script(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(file);
    path.to_str().unwrap().to_owned()
}

#[test]
fn curl_reads_the_page_the_rooms_and_what_is_said_and_says_something() {
    let Some(curl) = program("curl") else { return };
    let (issued, folder) = (Issued::new(), tempfile::tempdir().unwrap());
    let tokens = folder.path().join("tokens").to_str().unwrap().to_owned();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    let command = command.args(["token", "add", "bot", "--room", "ops", "--tokens", &tokens]);
    let token = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let server = issued.start(&["--tokens", &tokens]);
    let (port, root) = (server.tcp().port(), issued.root());
    let resolve = format!("{NAME}:{port}:127.0.0.1");
    let start = |words: &[&str], path: &str| {
        let url = format!("https://{NAME}:{port}{path}");
        let common = ["-sN", "--cacert", &root, "--resolve", &resolve];
        Program::start(&curl, [&common[..], words, &[&url]].concat())
    };
    let get = |words: &[&str], path: &str| start(words, path).finish();

    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("/join ops");
    alice.hear_part("you own ops");
    // Ours does not speak HTTP/2, and it is not taken for one that does.
    for words in [&["--http2"][..], &["--http1.1"], &["--tlsv1.3"], &["--tls-max", "1.2"]] {
        let page = get(&[words, &["-i"]].concat(), "/");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{words:?}: {page}");
        assert!(page.contains("\r\nStrict-Transport-Security: max-age=2592000\r\n"), "{page}");
        assert!(page.ends_with("</html>\n"), "all of it, and curl complains about no end");
    }
    let rooms = get(&[], "/rooms");
    assert!(rooms.contains("\"room\":\"ops\""), "{rooms}");
    let mut stream = start(&[], "/rooms/ops/events");
    stream.stdout.hear("retry: 2000");
    let bearer = format!("Authorization: Bearer {}", token.trim_end());
    let answer = get(&["-H", &bearer, "-d", "it is done"], "/rooms/ops/messages");
    assert!(answer.starts_with("{\"n\":1,\"at\":"), "{answer}");
    alice.hear("bot: it is done");
    stream.stdout.hear_part("\"text\":\"it is done\"");
    alice.say("thank you");
    stream.stdout.hear_part("\"text\":\"thank you\"");
    server.ask_to_stop();
    stream.stdout.hear("event: bye");
    stream.finish();
    drop(alice);
    server.expect_good_end();
}

#[test]
fn python_talks_by_a_wrapped_socket() {
    let Some(python3) = program("python3") else { return };
    let server = Server::start(&SELF_SIGNED);
    let port = server.tcp().port().to_string();
    let mut alice = Client::join(server.tcp(), "alice");
    for end in ["close", "cut"] {
        let mut bob = Program::start(&python3, [&script("tls_peer.py"), "socket", &port]);
        bob.stdout.expect("open TLSv1.3 mio-chat");
        bob.types("bob");
        alice.hear("bob joined!");
        bob.stdout.hear_where("the room", |line| line.starts_with("* you are "));
        alice.say("hello");
        bob.stdout.hear("alice: hello");
        let long = "x".repeat(1_000);
        (0..50).for_each(|_| bob.types(&long));
        (0..50).for_each(|_| alice.hear(&format!("bob: {long}")));
        (0..50).for_each(|_| bob.stdout.hear(&format!("bob: {long}")));
        bob.types(end);
        bob.stdout.hear("end");
        alice.hear("bob left!");
        bob.finish();
    }
    server.stop();
}

#[test]
fn python_talks_by_memory_whatever_the_pieces() {
    let Some(python3) = program("python3") else { return };
    let server = Server::start(&SELF_SIGNED);
    let port = server.tcp().port().to_string();
    let mut alice = Client::join(server.tcp(), "alice");
    for size in ["1", "2", "3", "5", "17", "1000"] {
        let mut bob = Program::start(&python3, [&script("tls_peer.py"), size, &port]);
        bob.stdout.expect("open TLSv1.3 mio-chat");
        for said in ["bob", "hello", "caf\u{e9} \u{1F600}", &"y".repeat(900)] {
            bob.types(said);
        }
        alice.hear("bob: hello");
        alice.hear("bob: caf\u{e9} \u{1F600}");
        bob.stdout.hear(&format!("bob: {}", "y".repeat(900)));
        bob.ends_input();
        bob.stdout.hear("end");
        bob.finish();
        alice.hear("bob left!");
    }
    server.stop();
}

#[test]
fn python_websockets_talks() {
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python");
    if !packages.join("websockets").is_dir() {
        return skip("the Python package websockets is not installed (scripts/install)");
    }
    let Some(python3) = program("python3") else { return };
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let (url, packages) = (format!("wss://{}/ws", server.tcp()), packages.to_str().unwrap());
    let mut bob = Program::start(&python3, [&script("websocket_peer.py"), packages, "bob", &url]);
    bob.stdout.expect("open mio-chat.1 []");
    alice.hear("bob joined!");
    bob.types(r#"{"t":"say","text":"hello"}"#);
    alice.hear("bob: hello");
    alice.say("hello");
    bob.stdout.hear_where("alice", |line| line.ends_with(r#""nick":"alice","text":"hello"}"#));
    bob.types("ping");
    bob.stdout.hear("pong");
    server.ask_to_stop();
    bob.stdout.hear_where("a close", |line| line.starts_with("closed 1012 "));
    drop(alice);
    server.expect_good_end();
    bob.finish();
}
