//! The server in a terminal that is closed: who has typed the command to try it does not want it to
//! go on unseen, and who looks after it with a file or a supervisor reloads with the same signal.

use std::net::SocketAddr;

use rustix::process::Signal;

use crate::support::Client;
use crate::terminal::Terminal;

const PORTS: [&str; 4] = ["--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0"];

/// A server in a terminal, and where it listens.
fn serve(flags: &[&str], environment: &[(&str, &str)]) -> (Terminal, SocketAddr) {
    let mut terminal = Terminal::start(160, 40, &[&PORTS[..], flags].concat(), environment);
    let screen = terminal.see("serving: ");
    let (_, place) = screen.split_once("listening tcp ").unwrap();
    let place = place.split_whitespace().next().unwrap().parse().unwrap();
    (terminal, place)
}

#[test]
fn a_server_ends_with_its_terminal_and_says_goodbye() {
    let (mut terminal, place) = serve(&[], &[]);
    let mut alice = Client::join(place, "alice");
    terminal.hang_up();
    alice.hear_where("a goodbye", |line| line.starts_with("* the server is shutting down"));
    alice.rest_or_reset();
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn the_shell_and_the_kernel_may_both_tell_that_it_is_gone() {
    let (mut terminal, place) = serve(&["--drain", "1m"], &[]);
    let mut alice = Client::join(place, "alice");
    terminal.signal(Signal::HUP);
    terminal.see("stopping: signal=1");
    terminal.signal(Signal::HUP);
    terminal.hang_up();
    alice.hear_where("a goodbye", |line| line.starts_with("* the server is shutting down"));
    drop(alice);
    assert_eq!(terminal.wait().code(), Some(0));
}

#[test]
fn a_server_with_a_file_or_a_supervisor_reloads_in_a_terminal_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mio-chat.toml");
    std::fs::write(&file, "motd = \"tea is ready\"\n").unwrap();
    let file = file.to_str().unwrap();
    let socket = folder.path().join("notify");
    let _supervisor = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    for (flags, environment) in [
        (&["-c", file][..], ("LANG", "C.UTF-8")),
        (&[], ("MIO_CHAT_CONFIG", file)),
        (&[], ("INVOCATION_ID", "8f0d4c5b6a7e4d3c9b2a1f0e9d8c7b6a")),
        (&[], ("NOTIFY_SOCKET", socket.to_str().unwrap())),
    ] {
        let (mut terminal, place) = serve(flags, &[environment]);
        let mut alice = Client::join(place, "alice");
        terminal.signal(Signal::HUP);
        terminal.see("reloaded: changed=nothing");
        alice.say("still here");
        alice.expect("alice: still here");
        terminal.press("\x03");
        alice.hear_where("a goodbye", |line| line.starts_with("* the server is shutting down"));
        drop(alice);
        assert_eq!(terminal.wait().code(), Some(0), "{environment:?}");
    }
}
