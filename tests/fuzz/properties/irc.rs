//! Whatever a client of IRC sends, in whatever pieces: all who read IRC are told whole lines of
//! what they have taken, and the same is told whichever way the bytes were cut.
//!
//! The first two bytes choose which capabilities the client takes; the rest is what it sends.

use crate::common::exact::ExactReader;
use crate::common::{World, settings};

/// Bytes that are played; more would only make a run longer.
const BYTES_MAX: usize = 6_000;
/// Places at which the bytes are cut in two.
const CUTS_MAX: usize = 3;

/// What a client may take by the bits of the first two bytes.
const CAPABILITIES: [&str; 16] = [
    "message-tags",
    "server-time",
    "echo-message",
    "labeled-response batch",
    "batch draft/multiline",
    "draft/chathistory",
    "draft/read-marker",
    "draft/metadata-3",
    "draft/message-redaction",
    "multi-prefix",
    "userhost-in-names",
    "away-notify",
    "invite-notify setname",
    "account-tag",
    "extended-join",
    "no-implicit-names",
];

/// The bytes are capabilities and what a client sends.
pub fn check(data: &[u8]) {
    let data = &data[..data.len().min(BYTES_MAX)];
    let Some((chosen, sent)) = data.split_at_checked(2) else { return };
    let whole = told(chosen, [sent].into_iter());
    assert_eq!(told(chosen, sent.chunks(7)), whole, "in reads of 7");
    for cut in (1..sent.len()).step_by(sent.len() / CUTS_MAX + 1) {
        let (front, back) = sent.split_at(cut);
        assert_eq!(told(chosen, [front, back].into_iter()), whole, "cut at {cut}");
    }
}

/// What the client is told, a neighbour that has taken all, and one that has taken nothing.
fn told<'a>(chosen: &[u8], pieces: impl Iterator<Item = &'a [u8]>) -> [Vec<u8>; 3] {
    let mut world = World::new(settings());
    world.join("plain");
    let all: Vec<&str> = CAPABILITIES.to_vec();
    let bit = |index: usize| chosen[index / 8] & (1 << (index % 8)) != 0;
    let some: Vec<&str> = all.iter().enumerate().filter(|it| bit(it.0)).map(|it| *it.1).collect();
    let names = ["client", "modern", "bare"];
    for (name, taken) in names.iter().zip([some, all, Vec::new()]) {
        world.connect(name);
        let asked: String = taken.iter().map(|name| format!("CAP REQ :{name}\r\n")).collect();
        let lines = format!("CAP LS 302\r\nNICK {name}\r\nUSER u 0 * :r\r\n{asked}CAP END\r\n");
        world.sends(name, lines.as_bytes());
        world.sends(name, b"JOIN #main\r\nJOIN #a\r\n");
    }
    for piece in pieces {
        world.sends("client", piece);
    }
    names.map(|name| {
        let heard = world.hears_bytes(name);
        let mut reader = ExactReader::new(name);
        reader.read(&heard);
        if world.person(name).closed.is_none() {
            reader.expect_whole();
        }
        heard
    })
}
