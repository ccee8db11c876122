//! What is typed and heard, and what comes of it.

use mio_chat::console::{Effect, Input, Key, News};

use crate::pictures::conversation;
use crate::play::Play;
use crate::told;

#[test]
fn who_comes_back_sees_what_was_missed_in_its_place() {
    let mut play = conversation();
    play.happen(Input::Closed(""));
    play.seconds += 5;
    play.happen(Input::Timeout);
    assert_eq!(play.effects.pop(), Some(Effect::Connect));
    play.happen(Input::Connected);
    assert_eq!(play.sent(), "/format json\n/history off\nalice\n");
    play.hear(&[told::format(9), told::welcome("alice"), told::joined("alice")]);
    play.sees("nothing but tea");
    play.hear(&[told::room("main", 2)]);
    play.sees_not(" main  tea, and nothing but tea");
    assert_eq!(play.sent(), "/history after c77143c7:14\n/who\n");
    // Said before the answer, and told again in it.
    play.hear(&[told::said(17, 1_763_820_300, "bob", "back?"), told::missed(3, 14)]);
    play.hear(&[
        told::again(15, 1_763_820_250, "bob", "one"),
        told::again(16, 1_763_820_251, "bob", "two"),
        told::again(17, 1_763_820_300, "bob", "back?"),
    ]);
    play.hear(&[told::end("main", 17), told::names("main", &["alice", "bob"])]);
    let screen = play.screen((80, 30));
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text}:\n{screen}"));
    assert!(at("bob: one") < at("bob: two") && at("bob: two") < at("bob: back?"));
    assert_eq!(screen.matches("bob: back?").count(), 1, "{screen}");
    play.sees("● alice in main, 2 here");
}

#[test]
fn a_room_that_gets_another_name_is_the_same_conversation() {
    let mut play = conversation();
    play.hear(&[told::room_renamed("main", "tea", "the room main is called tea now, by bob")]);
    play.sees("the room main is called tea now, by bob");
    play.sees("alice in tea");
    play.happen(Input::Closed(""));
    play.seconds += 5;
    play.happen(Input::Timeout);
    play.happen(Input::Connected);
    play.sent();
    play.hear(&[told::format(9), told::welcome("alice"), told::room("main", 2)]);
    assert_eq!(play.sent(), "/join tea\n");
    play.hear(&[told::room("tea", 2)]);
    assert_eq!(play.sent(), "/history after c77143c7:14\n/who\n");
    play.sees("nothing but tea");
}

#[test]
fn tab_completes_commands_rooms_and_people() {
    let mut play = Play::begun();
    play.press("bo\t");
    play.sees("alice> bob:");
    play.press("\x15/joi\t");
    assert_eq!(play.sent(), "", "completion of a command asks nothing");
    play.press("\x15/join ");
    assert_eq!(play.sent(), "/rooms\n");
    play.hear(&[told::rooms(&[("tea", 1), ("main", 3)])]);
    play.sees_not("rooms: tea");
    play.press("t\t\r");
    assert_eq!(play.sent(), "/join tea\n");
    play.press("/msg z\t hi\r");
    assert_eq!(play.sent(), "/msg Zoë  hi\n");
}

#[test]
fn help_tells_the_keys_as_well() {
    let mut play = Play::begun();
    play.press("/help\r");
    assert_eq!(play.sent(), "/help\n");
    play.sees("Tab completes");
}

#[test]
fn several_lines_are_sent_only_when_the_user_says_so() {
    let mut play = Play::begun();
    let paste = "\x1b[200~one\n/quit\n\x1b[31mthree\x1b[201~";
    play.press(paste);
    assert_eq!(play.sent(), "");
    play.sees("send 3 lines? Enter sends them, Esc does not");
    play.press("\x1b");
    play.sees("nothing was sent");
    play.press(paste);
    play.press("\r");
    assert_eq!(play.sent(), "one\n//quit\n[31mthree\n");
    play.press(&format!("\x1b[200~{}\x1b[201~", "line\n".repeat(101)));
    play.sees("too long to be pasted");
}

#[test]
fn what_is_typed_without_a_connection_is_kept() {
    let mut play = Play::begun();
    play.happen(Input::Closed("gone"));
    play.press("do not lose me\r");
    play.sees("alice> do not lose me");
    assert_eq!(
        play.effects.drain(..).collect::<Vec<_>>(),
        [Effect::Connect],
        "it is tried at once"
    );
    play.happen(Input::Closed("refused"));
    play.sees("reconnecting in");
    play.press("\x15\r");
    assert_eq!(play.effects, [Effect::Connect], "Enter alone tries at once");
}

#[test]
fn players_have_a_pane_of_their_own() {
    let mut play = Play::begun();
    play.press("/match duel\r");
    assert_eq!(play.sent(), "/match duel\n");
    play.hear(&[told::token("duel", "d9090e436e0f64c1", 50_001)]);
    let (talk, token) = (1, 0xd909_0e43_6e0f_64c1);
    assert_eq!(
        play.effects.drain(..).next(),
        Some(Effect::Play { talk, token, port: Some(50_001) })
    );
    play.sees("looking for players in duel");
    play.press("half a line");
    play.happen(Input::Talk(talk, News::Met("bob".into(), "directly connected".into())));
    play.sees("alice in main");
    play.sees(" 2 bob");
    play.press("\r");
    assert_eq!(play.sent(), "half a line\n", "what was begun for all is said to all");
    play.press("\x1b2psst\r");
    assert_eq!(play.effects.drain(..).next(), Some(Effect::Say { talk, text: "psst".into() }));
    play.happen(Input::Talk(talk, News::Said("bob".into(), "\x1b[31mwhat?".into())));
    play.sees("bob: [31mwhat?");
    play.sees("● alice directly with bob");
    play.happen(Input::Talk(talk, News::Over("nobody is left".into())));
    play.press("hello?\r");
    play.sees("nobody is there any more");
    play.press("\x15/close\r");
    play.sees("● alice in main");
    assert_eq!(play.effects, [Effect::HangUp { talk }]);
}

#[test]
fn scrolling_and_searching_go_back_and_return() {
    let mut play = Play::begun();
    for number in 10..200 {
        play.hear(&[told::said(number, 1_763_820_121, "bob", &format!("message {number}"))]);
    }
    play.press("\x1b[5~");
    play.sees_not("message 199");
    play.sees("Esc: newest");
    play.hear(&[told::said(200, 1_763_820_121, "bob", "alice, look")]);
    play.sees("1 new, 1 for you");
    play.press("\x1b");
    play.sees("alice, look");
    play.press("\x06message 5");
    play.sees("message 59");
    play.sees("message 65");
    play.press("\x1b");
    play.press("/find message 12\r");
    play.sees("message 129");
    play.press("\x03");
    play.sees("alice, look");
}

#[test]
fn leaving_takes_ctrl_d_or_twice_ctrl_c_or_a_word() {
    for keys in ["\x04", "\x03\x03", "/quit\r", "x\x03\x03\x03"] {
        let mut play = Play::begun();
        play.press(keys);
        assert_eq!(play.effects, [Effect::Leave], "{keys:?}");
    }
    let mut play = Play::begun();
    play.press("x\x04\x03\x03y\x03\x03z");
    assert!(play.effects.is_empty(), "{:?}", play.effects);
}

#[test]
fn nothing_that_a_server_sends_steers_the_terminal() {
    let mut play = Play::begun();
    let mut state = 5_u64;
    let parts: [&[u8]; 14] = [
        b"\x1b[2J",
        b"\\u001b]0;title\\u0007",
        b"\\u0007\\n\\r",
        b"\x9b31m",
        b"\xff\xfe",
        "\u{202E}".as_bytes(),
        b"\\u2066\\u200f\\ud800",
        br#"{"t":"message","n":12,"at":13,"room":"main","nick":""#,
        br#"{"t":"notice","text":""#,
        br#"","text":""#,
        br#""}"#,
        br#"{"t":"topic","room":"main","by":"","text":""#,
        "日\u{301}\u{301}".as_bytes(),
        b"\r\x08\x00",
    ];
    for size in [(80, 24), (40, 12), (20, 5), (7, 3), (1, 1), (0, 0)] {
        for _ in 0..500 {
            let mut line = Vec::new();
            for _ in 0..6 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                line.extend_from_slice(parts[(state >> 33) as usize % parts.len()]);
            }
            play.happen(Input::Line(&line));
            // What is said is shown, with whatever is in it.
            let text = String::from_utf8_lossy(&line).replace(['"', '\\'], "\\u001b[7m");
            let text: String = text.chars().filter(|it| !it.is_control()).collect();
            let said = format!(r#"{{"t":"notice","text":"{text}\u009b7m\u202e"}}"#);
            play.happen(Input::Line(said.as_bytes()));
        }
        let (buffer, _) = play.buffer(size);
        for cell in &buffer.content {
            let unsafe_one = cell.symbol().chars().find(|&one| mio_chat::text::is_unsafe(one));
            assert_eq!(unsafe_one, None, "{:?}", cell.symbol());
        }
    }
}

#[test]
fn any_key_at_any_size_is_survived() {
    let mut state = 11_u64;
    let mut play = conversation();
    let keys = [
        "a",
        " ",
        "日",
        "/",
        "\r",
        "\t",
        "\x1b[Z",
        "\x7f",
        "\x1b[A",
        "\x1b[B",
        "\x1b[5~",
        "\x1b[6~",
        "\x1b[1;5A",
        "\x1b[1;5B",
        "\x1b[1;5H",
        "\x1b[1;5F",
        "\x06",
        "\x1b",
        "\x03",
        "\x1b[O",
        "\x14",
        "\x1b2",
        "\x0c",
        "/join ",
        "\x1b[200~a\nb\x1b[201~",
    ];
    let lines = [
        told::said(99, 1_763_820_121, "bob", "again"),
        told::joined("dave"),
        told::crowd(1_204),
        told::room("main", 1),
    ];
    for _ in 0..5_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let draw = (state >> 33) as usize;
        match draw % 10 {
            0 => play.hear(&[&lines[draw / 10 % lines.len()]]),
            1 => drop(play.buffer(((draw / 10 % 120) as u16, (draw / 1_200 % 40) as u16))),
            _ => play.press(keys[draw / 10 % keys.len()]),
        }
        play.effects.clear();
        play.buffer(play.size);
    }
}

#[test]
fn the_key_for_a_room_is_kept_for_coming_back() {
    let mut play = Play::begun();
    play.press("/join tea\r");
    play.hear(&[told::room("tea", 1), told::owner("tea", "4a04639a5f3e51ae")]);
    play.sees("you own tea now");
    play.happen(Input::Closed(""));
    play.happen(Input::Key(Key::Enter));
    play.happen(Input::Connected);
    play.sent();
    play.hear(&[told::format(9), told::welcome("alice"), told::room("main", 1)]);
    assert_eq!(play.sent(), "/join tea 4a04639a5f3e51ae\n");
    // The server has forgotten all of it.
    play.hear(&[told::error("name-bad", "that is no name: use letters")]);
    assert_eq!(play.sent(), "/join tea\n");
    play.sees_not("that is no name: ");
}

#[test]
fn who_is_put_out_reads_why_where_they_are_then() {
    let mut play = Play::begun();
    play.hear(&[told::room("tea", 2)]);
    let why = "you were banned from tea by ann for 2h: rude";
    play.hear(&[told::put_out("banned", "tea", why), told::room("main", 1)]);
    play.sees("!! you were banned from tea by ann for 2h: rude");
    play.sees("● alice in main");
}

#[test]
fn what_is_no_nickname_is_not_taken_for_one() {
    let mut play = Play::new("alice", mio_chat::console::Theme::Plain);
    play.happen(Input::Connected);
    play.hear(&[told::format(9), told::taken()]);
    play.sent();
    play.press("/help\r");
    assert_eq!(play.sent(), "");
    play.sees("nickname:");
    play.press("/nick bo\r");
    assert_eq!(play.sent(), "bo\n");
    play.hear(&[told::error("name-bad", "that name needs a letter or digit; try another")]);
    play.sees("nickname:");
}

#[test]
fn what_is_done_in_a_direct_conversation_is_not_told_to_all() {
    let mut play = Play::begun();
    play.hear(&[told::token("duel", "d9090e436e0f64c1", 50_001)]);
    play.happen(Input::Talk(1, News::Met("bob".into(), "directly connected".into())));
    play.effects.clear();
    play.press("/me waves\r");
    play.sees("/me is for rooms");
    assert!(play.effects.is_empty(), "{:?}", play.effects);
}

#[test]
fn passwords_do_not_come_back_with_the_arrows() {
    let mut play = Play::begun();
    for line in ["hello", "/join tea kettle", "/OPER al secret", "/password hush"] {
        play.press(&format!("{line}\r"));
    }
    play.press("\x1b[A");
    play.sees("alice> hello");
}
