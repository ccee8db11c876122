//! What a server says, for tests of the terminal client: in memory, and by a server that is none.

#![allow(dead_code, reason = "each test file uses what it needs")]

use serde_json::{Value, json};

/// The epoch of its numbers.
pub(crate) const EPOCH: &str = "c77143c7";

pub(crate) fn format(n: u64) -> String {
    object(json!({"t": "format", "v": 1, "epoch": EPOCH, "n": n, "now": 1_763_820_120}))
}

pub(crate) fn welcome(nick: &str) -> String {
    let now = 1_763_820_120;
    object(json!({"t": "welcome", "v": 1, "nick": nick, "epoch": EPOCH, "n": 9, "now": now}))
}

pub(crate) fn room(room: &str, total: usize) -> String {
    object(json!({"t": "room", "room": room, "total": total}))
}

/// Said in `main`, at this second.
pub(crate) fn said(n: u64, at: u64, nick: &str, text: &str) -> String {
    object(json!({"t": "message", "n": n, "at": at, "room": "main", "nick": nick, "text": text}))
}

/// The same, told again.
pub(crate) fn again(n: u64, at: u64, nick: &str, text: &str) -> String {
    with(&said(n, at, nick, text), "old", true.into())
}

/// Done in `main`.
pub(crate) fn acted(n: u64, at: u64, nick: &str, text: &str) -> String {
    with(&said(n, at, nick, text), "me", true.into())
}

pub(crate) fn whispered(from: &str, text: &str) -> String {
    object(json!({"t": "private", "from": from, "text": text, "at": 7}))
}

pub(crate) fn room_renamed(room: &str, new: &str, text: &str) -> String {
    object(json!({"t": "room_renamed", "room": room, "new": new, "by": "bob", "text": text}))
}

pub(crate) fn whisper_sent(to: &str, text: &str) -> String {
    object(json!({"t": "private", "to": to, "text": text, "at": 7}))
}

pub(crate) fn joined(nick: &str) -> String {
    object(json!({"t": "joined", "room": "main", "nick": nick}))
}

pub(crate) fn left(nick: &str) -> String {
    object(json!({"t": "left", "room": "main", "nick": nick}))
}

pub(crate) fn crowd(total: usize) -> String {
    object(json!({"t": "presence", "room": "main", "came": 3, "went": 1, "total": total}))
}

pub(crate) fn topic(room: &str, text: &str) -> String {
    object(json!({"t": "topic", "room": room, "text": text, "by": "bob", "changed": true}))
}

pub(crate) fn names(room: &str, names: &[&str]) -> String {
    object(json!({"t": "names", "room": room, "names": names, "total": names.len()}))
}

pub(crate) fn rooms(rooms: &[(&str, usize)]) -> String {
    let rooms = rooms.iter().map(|(room, total)| json!({"room": room, "total": total}));
    object(json!({"t": "rooms", "rooms": rooms.collect::<Value>()}))
}

/// So many of the last messages follow.
pub(crate) fn history(count: usize) -> String {
    object(json!({"t": "history", "room": "main", "gap": false, "count": count}))
}

/// All since that one follow.
pub(crate) fn missed(count: usize, after: u64) -> String {
    with(&history(count), "after", after.into())
}

/// They have ended in this room, at this number.
pub(crate) fn end(room: &str, n: u64) -> String {
    object(json!({"t": "end", "room": room, "at": format!("{EPOCH}:{n}")}))
}

pub(crate) fn owner(room: &str, key: &str) -> String {
    object(json!({"t": "owner", "room": room, "key": key}))
}

pub(crate) fn token(queue: &str, token: &str, udp: u16) -> String {
    object(json!({"t": "token", "queue": queue, "n": 2, "token": token, "udp": udp}))
}

pub(crate) fn moderated(action: &str, nick: &str, text: &str) -> String {
    let object_of = json!({
        "t": "moderated", "room": "main", "action": action, "nick": nick, "by": "bob", "text": text,
    });
    object(object_of)
}

/// The reader was put out of a room, or banned from it.
pub(crate) fn put_out(action: &str, room: &str, text: &str) -> String {
    let told = with(&moderated(action, "you", text), "you", true.into());
    with(&told, "room", room.into())
}

pub(crate) fn held(text: &str) -> String {
    object(json!({"t": "held", "by": "you", "text": text}))
}

pub(crate) fn notice(text: &str) -> String {
    object(json!({"t": "notice", "text": text}))
}

pub(crate) fn error(code: &str, text: &str) -> String {
    object(json!({"t": "error", "code": code, "text": text}))
}

pub(crate) fn taken() -> String {
    error("nick-taken", "the nickname alice is taken, or looks like one that is; try /nick NAME")
}

/// The server closes the connection, and may be asked again in so many seconds.
pub(crate) fn bye(code: &str, text: &str, retry: Option<u64>) -> String {
    object(json!({"t": "bye", "code": code, "text": text, "retry": retry}))
}

fn object(object: Value) -> String {
    object.to_string()
}

fn with(told: &str, field: &str, value: Value) -> String {
    let mut object: Value = serde_json::from_str(told).expect("one of these");
    object[field] = value;
    object.to_string()
}
