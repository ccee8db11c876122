//! Typing and hearing: what is said is seen, the line that is typed can be edited and completed, a
//! paste is asked about, and any size of the terminal will do.

use super::{chat, chat_in};
use crate::sequences::misdeeds;
use crate::support::{Client, Server};
use crate::terminal::Terminal;

#[test]
fn two_people_talk() {
    let server = Server::start(&[]);
    let mut alice = chat(server.tcp(), "alice");
    alice.see("you are alone here");
    let mut bob = chat(server.tcp(), "bob");
    alice.see("-> bob joined");
    alice.see("● alice in main, 2 here");
    bob.type_line("hello, alice");
    alice.see("bob: hello, alice");
    bob.see("bob: hello, alice");
    alice.type_line("/msg bob between us");
    alice.see("you -> bob: between us");
    bob.see("alice -> you: between us");
    alice.type_line("/quit");
    alice.expect_good_end(0);
    bob.see("<- alice left");
    bob.see("● bob in main, 1 here");
    assert_eq!(misdeeds(bob.output()), [""; 0]);
    bob.press("\x04");
    bob.expect_good_end(0);
    server.stop();
}

#[test]
fn the_cursor_is_where_is_typed() {
    let server = Server::start(&[]);
    let mut alice = chat(server.tcp(), "alice");
    alice.press("ac");
    alice.see("alice> ac");
    alice.press("\x1b[D");
    alice.wait_for_state("the cursor under c", |it| it.state().cursor_position() == (23, 8));
    alice.press("b");
    alice.see("alice> abc");
    // Half of a wide character is never under the cursor.
    alice.press("\x15日本");
    alice.see("alice> 日本");
    alice.press("\x1b[D");
    alice.wait_for_state("the cursor on it", |it| it.state().cursor_position() == (23, 9));
    alice.wait_for_state("the cursor seen", |it| !it.state().hide_cursor());
}

#[test]
fn a_nickname_is_completed() {
    let server = Server::start(&[]);
    let mut alice = chat(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "barnabas");
    alice.see("-> barnabas joined");
    alice.press("ba\t");
    alice.see("alice> barnabas:");
    alice.type_line("hi");
    bob.hear("alice: barnabas: hi");
    alice.press("/msg ba\t");
    alice.see("alice> /msg barnabas");
    alice.type_line("psst");
    bob.hear("[alice] psst");
    // A command, and help for it while it is typed.
    alice.press("/wh\t");
    alice.see("alice> /who");
    alice.see("who is in the room");
}

#[test]
fn what_is_for_us_is_marked_while_nobody_looks() {
    let server = Server::start(&[]);
    let mut alice = chat(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.see("-> bob joined");
    // That she looks away shows nowhere; the letter typed with it does.
    alice.press("y\x1b[O");
    alice.see("alice> y");
    bob.say("alice: are you there?");
    alice.see("bob: alice: are you there?");
    alice.see("─ new ─");
    alice.press("\x1b[I");
    alice.type_line("es");
    bob.hear("alice: yes");
    alice.see_no_more("─ new ─");
}

#[test]
fn a_paste_of_several_lines_is_asked_about() {
    let server = Server::start(&[]);
    let mut alice = chat(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.see("-> bob joined");
    assert!(alice.state().bracketed_paste());
    alice.paste("one line");
    alice.see("alice> one line");
    alice.press("\x15");
    alice.paste("never\rsent\r");
    alice.see("send 2 lines?");
    alice.press("\x1b");
    alice.see("nothing was sent");
    alice.paste("first\n\n/second\nthird\n");
    alice.see("send 3 lines?");
    alice.press("\r");
    for line in ["alice: first", "alice: /second", "alice: third"] {
        assert_eq!(bob.hear_where("what alice says", |it| it.starts_with("alice: ")), line);
    }
    alice.see("alice: third");
    alice.see("● alice in main");
}

/// All rows but the last two: what was said.
fn said(screen: &str) -> String {
    let rows: Vec<&str> = screen.split('\n').collect();
    rows[..rows.len() - 2].join("\n")
}

/// Whether the status and the line that is typed are where they belong, and nothing is cut off.
fn is_whole(it: &Terminal) -> bool {
    let screen = it.screen();
    let mut last = screen.rsplit('\n');
    let typed = last.next().is_some_and(|row| row.ends_with("> draft"));
    typed && last.next().is_some_and(|row| row.trim_start().starts_with("● alice"))
}

#[test]
fn any_size_will_do_and_nothing_is_lost() {
    let server = Server::start(&[]);
    let mut alice = chat(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let words = "words that must be broken where it is narrow";
    bob.say(words);
    bob.say("the last");
    alice.see("bob: the last");
    alice.press("draft");
    alice.wait_for_state("a whole screen", is_whole);
    let before = said(&alice.screen());
    assert!(before.contains("│ 2 here") && before.contains(words), "{before}");
    for (columns, rows) in [(40, 12), (20, 5)] {
        alice.resize(columns, rows);
        alice.wait_for_state("a whole screen", is_whole);
        alice.see("bob: the last");
        let screen = alice.screen();
        assert!(!screen.contains("│ 2 here") && !screen.contains(words), "{screen}");
    }
    // A terminal with no room for anything is none to crash in.
    for (columns, rows) in [(3, 2), (1, 1), (200, 3), (2, 60)] {
        alice.resize(columns, rows);
        alice.press("\x0c");
    }
    alice.resize(80, 24);
    alice.wait_for_state("a whole screen", is_whole);
    alice.wait_for("what was there", |screen| said(screen) == before);
    alice.press("\x15\x04");
    alice.expect_good_end(0);
}

#[test]
fn wide_and_combined_characters_keep_their_columns() {
    let server = Server::start(&[]);
    let mut alice = chat_in((72, 12), server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let spoken = ["日本語 テスト", "cafe\u{301} au lait", "한국어 👍 ok", "naïve Ω ж"];
    for text in spoken {
        bob.say(text);
        alice.see(&format!("bob: {text}"));
    }
    // The list of members stands in one column whatever is left of it.
    let column = |it: &Terminal, row: u16| {
        let cell = |column| it.state().cell(row, column).map(|cell| cell.contents().to_owned());
        (0..72).find(|column| cell(*column).as_deref() == Some("│"))
    };
    alice.wait_for_state("a straight line", |it| (1..10).all(|row| column(it, row) == Some(53)));
    let long = "日本語".repeat(30);
    bob.say(&long);
    let whole = |screen: &str| screen.matches('本').count() >= 30;
    alice.wait_for("all of a long word", whole);
    alice.wait_for_state("a straight line", |it| (1..10).all(|row| column(it, row) == Some(53)));
    alice.type_line("日本 e\u{301}");
    bob.hear("alice: 日本 e\u{301}");
    assert_eq!(misdeeds(alice.output()), [""; 0]);
}
