//! What is seen, at several sizes and in several states, compared with what was kept.

use std::fmt::Write;
use std::path::Path;

use mio_chat::console::{Effect, Input, Theme};
use ratatui::style::{Modifier, Style};

use crate::play::Play;
use crate::told;

/// Compares pictures with those that were kept.
fn check(name: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(name);
    if std::env::var_os("MIO_CHAT_UPDATE").is_some() {
        std::fs::write(&path, drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{} is not what is drawn:\n{drawn}", path.display());
}

/// The same state at every size that is looked at.
fn pictures(play: &mut Play) -> String {
    let mut all = String::new();
    for size in [(100, 20), (80, 24), (40, 12), (20, 5)] {
        let line = "-".repeat(size.0 as usize);
        writeln!(all, "+{line}+ {} x {}", size.0, size.1).unwrap();
        for row in play.screen(size).lines() {
            let room = usize::from(size.0) - unicode_width::UnicodeWidthStr::width(row);
            writeln!(all, "|{row}{}|", " ".repeat(room)).unwrap();
        }
        writeln!(all, "+{line}+\n").unwrap();
    }
    all
}

/// A conversation with something of everything.
pub(crate) fn conversation() -> Play {
    let mut play = Play::begun();
    play.hear(&[told::topic("main", "tea, and nothing but tea")]);
    let long = "日本茶 or \u{1F375}? A longer line that has to be broken somewhere, and stays \
                readable all the same";
    play.hear(&[
        told::said(10, 1_763_820_121, "bob", "hello all"),
        told::said(11, 1_763_820_122, "alice", "hi bob"),
        told::acted(12, 1_763_820_180, "Zoë", "pours everybody a cup"),
        told::said(13, 1_763_820_185, "Zoë", long),
        told::said(14, 1_763_820_190, "bob", "what do you take, Alice?"),
        told::whispered("bob", "Zoë is a tea snob"),
        told::whisper_sent("bob", "I know"),
        told::joined("dave"),
        told::moderated("promoted", "dave", "the room main: dave was made an operator by bob"),
        told::left("dave"),
    ]);
    play
}

#[test]
fn a_conversation_looks_as_it_was_drawn() {
    let mut play = conversation();
    check("conversation.txt", &pictures(&mut play));
}

#[test]
fn a_command_being_typed_brings_help() {
    let mut play = conversation();
    play.press("/m");
    check("help.txt", &pictures(&mut play));
}

#[test]
fn what_is_new_is_marked_where_one_left_off() {
    let mut play = conversation();
    play.press("\x1b[O");
    play.hear(&[told::said(15, 1_763_820_240, "bob", "still there?")]);
    play.hear(&[told::said(16, 1_763_820_241, "bob", "alice?")]);
    check("unread.txt", &pictures(&mut play));
    play.press("\x1b[I");
    play.press("yes\r");
    play.sees_not("─ new ─");
}

#[test]
fn without_a_connection_the_reason_is_seen() {
    let mut play = conversation();
    play.happen(Input::Closed("connection reset by peer"));
    check("lost.txt", &pictures(&mut play));
}

#[test]
fn an_empty_client_asks_for_a_name() {
    let mut play = Play::new("", Theme::Plain);
    check("nameless.txt", &pictures(&mut play));
    play.effects.clear();
    play.press("al\r");
    assert_eq!(play.effects, [Effect::Connect]);
    play.happen(Input::Connected);
    assert_eq!(play.sent(), "/format json\n/history off\nal\n");
    play.hear(&[told::format(9), told::taken()]);
    play.sees("is taken");
    play.press("bo\r");
    assert_eq!(play.sent(), "bo\n");
}

/// Names a style in a few letters.
fn styled(style: Style) -> String {
    let mut told = String::new();
    for (modifier, letter) in [
        (Modifier::BOLD, 'B'),
        (Modifier::DIM, 'D'),
        (Modifier::ITALIC, 'I'),
        (Modifier::UNDERLINED, 'U'),
        (Modifier::REVERSED, 'R'),
    ] {
        if style.add_modifier.contains(modifier) {
            told.push(letter);
        }
    }
    let colour = style.fg.filter(|colour| *colour != ratatui::style::Color::Reset);
    colour.map_or(told.clone(), |colour| format!("{told} {colour}").trim().to_owned())
}

#[test]
fn colours_are_as_they_were_chosen() {
    let mut all = String::new();
    for theme in [Theme::Plain, Theme::Basic, Theme::Dark, Theme::Light] {
        let mut play = conversation();
        // The same conversation in other colours.
        let mut other = Play::new("alice", theme);
        std::mem::swap(&mut play, &mut other);
        play.happen(Input::Connected);
        play.hear(&[told::format(9), told::welcome("alice"), told::room("main", 1)]);
        play.hear(&[
            told::said(10, 1_763_820_121, "bob", "hello, alice"),
            told::said(11, 1_763_820_122, "alice", "hi"),
            told::whispered("bob", "psst"),
        ]);
        play.hear(&[told::notice("a notice"), told::left("bob")]);
        let (buffer, _) = play.buffer((60, 10));
        writeln!(all, "{theme:?}").unwrap();
        for y in 0..10 {
            let mut runs: Vec<(String, String)> = Vec::new();
            for x in 0..60 {
                let cell = &buffer[(x, y)];
                let style = styled(cell.style());
                match runs.last_mut() {
                    Some((last, text)) if *last == style => text.push_str(cell.symbol()),
                    _ => runs.push((style, cell.symbol().to_owned())),
                }
            }
            let told =
                runs.iter().filter(|(style, text)| !style.is_empty() && !text.trim().is_empty());
            let told: Vec<String> =
                told.map(|(style, text)| format!("[{style}] {}", text.trim_end())).collect();
            writeln!(all, "    {}", told.join(" ")).unwrap();
        }
    }
    check("colours.txt", &all);
}
