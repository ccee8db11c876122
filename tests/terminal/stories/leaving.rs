//! Leaving: however it comes about, the terminal is as it was before, and the exit code tells why.

use rustix::process::Signal;

use super::chat;
use crate::support::{Client, Server};
use crate::terminal::Terminal;

/// Somebody who has typed and heard a little, and is about to leave in some way.
fn leaving(leave: impl FnOnce(&mut Terminal), code: i32) {
    let server = Server::start(&[]);
    let mut bob = Client::join(server.tcp(), "bob");
    let mut alice = chat(server.tcp(), "alice");
    alice.type_line("hello");
    bob.hear("alice: hello");
    assert!(alice.state().alternate_screen() && alice.state().bracketed_paste());
    leave(&mut alice);
    alice.expect_good_end(code);
    // What was seen before is seen again, with no rest of the chat.
    assert!(!alice.screen().contains("● alice"), "{}", alice.drawn());
    bob.hear("alice left!");
    server.stop();
}

#[test]
fn by_command() {
    leaving(|alice| alice.type_line("/quit"), 0);
}

#[test]
fn by_the_end_of_the_input() {
    leaving(
        |alice| {
            // In the middle of a line it erases, and does not leave.
            alice.press("ab\x01\x04");
            alice.see("alice> b");
            alice.press("\x05\x15\x04");
        },
        0,
    );
}

#[test]
fn by_interrupting_twice() {
    leaving(
        |alice| {
            alice.press("half a line");
            alice.see("alice> half a line");
            alice.press("\x03");
            alice.see_no_more("half a line");
            alice.press("\x03");
            alice.see("press Ctrl-C again to leave");
            alice.press("x\x15");
            alice.see_no_more("press Ctrl-C again");
            alice.press("\x03");
            alice.see("press Ctrl-C again to leave");
            alice.press("\x03");
        },
        0,
    );
}

#[test]
fn by_signals() {
    leaving(|alice| alice.signal(Signal::TERM), 128 + 15);
    leaving(|alice| alice.signal(Signal::HUP), 128 + 1);
}

#[test]
fn by_a_signal_while_nobody_is_there() {
    let server = Server::start(&[]);
    let mut alice = chat(server.tcp(), "alice");
    server.stop();
    alice.see("○ ");
    alice.signal(Signal::TERM);
    alice.expect_good_end(128 + 15);
}

#[test]
fn a_shell_has_the_terminal_as_it_was_while_we_are_suspended() {
    let server = Server::start(&[]);
    let program = env!("CARGO_BIN_EXE_mio-chat");
    let mut bash = Terminal::run(80, 24, "bash", &["--norc", "-i"], &[("PS1", "ready$ ")]);
    bash.see("ready$");
    let place = server.tcp().to_string();
    bash.type_line(&format!("{program} chat {place} --nick alice"));
    bash.see("● alice in main");
    bash.press("\x1a");
    bash.see("Stopped");
    assert!(!bash.state().alternate_screen() && !bash.state().hide_cursor());
    bash.type_line("echo it is $((6 * 7))");
    bash.see("it is 42");
    bash.type_line("fg");
    bash.see("● alice in main");
    assert!(bash.state().alternate_screen() && bash.state().bracketed_paste());
    bash.press("\x04");
    bash.wait_for_state("the shell again", |it| !it.state().alternate_screen());
    bash.type_line("exit 0");
    bash.expect_good_end(0);
}

/// Only where assertions are on, which is where tests run.
#[test]
fn a_panic_gives_the_terminal_back_and_is_told_there() {
    let server = Server::start(&[]);
    let place = server.tcp().to_string();
    let arguments = ["chat", &place, "--nick", "alice"];
    let mut alice = Terminal::start(80, 24, &arguments, &[("MIO_CHAT_PANIC", "1")]);
    let status = alice.wait();
    assert_eq!(status.code(), Some(101), "{status}\n{}", alice.drawn());
    alice.assert_clean();
    // There was something to give back, and the message is not lost with it.
    let written = String::from_utf8_lossy(alice.output()).into_owned();
    assert!(written.contains("\x1b[?1049h"), "{written:?}");
    assert!(alice.screen().contains("panicked at"), "{}", alice.drawn());
}
