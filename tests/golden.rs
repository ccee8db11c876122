//! Conversations written down: each file under `tests/golden` holds what people do and, indented,
//! what they then receive. `MIO_CHAT_UPDATE=1 cargo test --test golden` writes them anew.
//!
//! ```text
//! # a comment
//! alice connects
//! alice: hello             types a line
//! alice~ raw\xff bytes     sends bytes without a newline, escapes as in Rust
//! alice ends | vanishes
//! wait 100ms
//!     alice < Connected to server!
//!     alice < NICK~        received without a newline
//!     alice closed: quit
//! ```

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::fmt::Write;
use std::path::Path;

use common::World;

#[test]
fn conversations_go_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = std::env::var_os("MIO_CHAT_UPDATE").is_some();
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let written = std::fs::read_to_string(&path).unwrap();
        let played = play(&written);
        if update {
            std::fs::write(&path, &played).unwrap();
        }
        assert!(update || played == written, "{}:\n{played}", path.display());
        files += 1;
    }
    assert!(files >= 6, "only {files} conversations found");
}

/// Plays the steps of a conversation and writes down what is received after each.
fn play(written: &str) -> String {
    let (mut world, mut played, mut told) = (World::default(), String::new(), Vec::new());
    for line in written.lines().filter(|line| !line.starts_with("    ")) {
        played.push_str(line);
        played.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        step(&mut world, line);
        for name in world.names() {
            // An answer to telnet is no text.
            let heard = String::from_utf8(world.hears_bytes(&name));
            let heard = heard.unwrap_or_else(|it| it.into_bytes().escape_ascii().to_string());
            for heard in heard.split_inclusive('\n') {
                let heard = heard.strip_suffix('\n').map_or(format!("{heard}~"), str::to_owned);
                writeln!(played, "    {name} < {}", heard.trim_end_matches('\r')).unwrap();
            }
            let closed = world.person(&name).closed;
            if let Some(reason) = closed.filter(|_| !told.contains(&name)) {
                writeln!(played, "    {name} closed: {}", reason.name()).unwrap();
                told.push(name);
            }
        }
    }
    played
}

fn step(world: &mut World, line: &str) {
    if let Some(duration) = line.strip_prefix("wait ") {
        return world.wait(humantime::parse_duration(duration).expect("a duration"));
    }
    let end = line.find([':', '~', ' ']).expect("a name and what it does");
    let (name, deed) = line.split_at(end);
    match deed.split_at(2.min(deed.len())) {
        (": ", text) => world.types(name, text),
        ("~ ", raw) => world.sends(name, &unescaped(raw)),
        _ => match deed.trim() {
            "connects" => {
                world.connect(name);
            }
            "ends" => world.ends(name),
            "vanishes" => world.vanishes(name),
            _ => panic!("not a step: {line:?}"),
        },
    }
}

fn unescaped(raw: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), raw);
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        let (byte, length) = match escape.as_bytes() {
            [b'n', ..] => (b'\n', 1),
            [b't', ..] => (b'\t', 1),
            [b'r', ..] => (b'\r', 1),
            [b'0', ..] => (0, 1),
            [b'x', ..] => (u8::from_str_radix(&escape[1..3], 16).expect("two hex digits"), 3),
            _ => panic!("not an escape: {escape:?}"),
        };
        bytes.push(byte);
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
