//! Other people's WebSocket libraries in the chat: Python's websockets, and ws of npm.

use std::path::{Path, PathBuf};

use crate::support::program::{Program, program};
use crate::support::{Client, Server, skip};

/// Where something is installed below the target directory; says that the test is skipped where it
/// is not.
fn installed(folder: &str, package: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(folder);
    if folder.join(package).is_dir() {
        return Some(folder.to_str().unwrap().to_owned());
    }
    skip(&format!("{package} is not installed (scripts/install)"));
    None
}

fn script(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
    path.to_str().unwrap().to_owned()
}

/// A peer that offers to compress, which is not agreed to, talks with somebody on plain lines, in
/// fragments too, and reads why the server goes.
fn talk(runs: &Path, file: &str, packages: &str) {
    let server = Server::start(&["--come-back", "5s"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let url = format!("ws://{}/ws", server.tcp());
    let mut peer = Program::start(runs, [&script(file), packages, "bob", &url]);
    peer.stdout.expect("open mio-chat.1 []");
    alice.hear("bob joined!");
    peer.stdout.hear_where("the room", |line| line.starts_with(r#"{"t":"room","room":"main""#));
    peer.types(r#"{"t":"say","room":"main","text":"hi \ud83c\udfb2"}"#);
    alice.hear("bob: hi 🎲");
    peer.types(r#"parts {"t":"say","text":"é"}"#);
    alice.hear("bob: é");
    let long = "x".repeat(1_000);
    peer.types(&format!(r#"{{"t":"say","id":7,"text":"{long}"}}"#));
    alice.hear(&format!("bob: {long}"));
    peer.stdout.hear_where("its own words", |line| line.contains(&long));
    peer.stdout.hear_where("the answer", |line| line.starts_with(r#"{"t":"ok","re":7,"n":"#));
    peer.types("ping");
    peer.stdout.hear("pong");
    alice.say("hello");
    peer.stdout.hear_where("alice", |line| line.ends_with(r#""nick":"alice","text":"hello"}"#));
    server.ask_to_stop();
    peer.stdout.hear_where("bye", |line| line.starts_with(r#"{"t":"bye","code":"going""#));
    let last = peer.stdout.line();
    assert!(last.starts_with("closed 1012 the server is shutting down; come back in "), "{last}");
    drop(alice);
    server.expect_good_end();
    peer.finish();
}

#[test]
fn python_websockets_talks() {
    let Some(packages) = installed("python", "websockets") else { return };
    let Some(python3) = program("python3") else { return };
    talk(&python3, "python/websocket_peer.py", &packages);
}

#[test]
fn ws_of_npm_talks() {
    let Some(modules) = installed("node", "node_modules/ws") else { return };
    let Some(node) = program("node") else { return };
    talk(&node, "websocket/ws_peer.mjs", &modules);
}
