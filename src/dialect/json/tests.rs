//! The examples of `docs/PROTOCOL.md` are what is written, and what is written is bounded.

use std::collections::BTreeSet;

use super::{Object, reply, room_event};
use crate::chat::{
    Alphabet, MessageId, Nickname, PrivateId, Reply, RoomEvent, RoomName, Sanction, SanctionKind,
    Sent, SentId, SentKind, Whisper,
};
use crate::limits::{
    JSON_LINE_BYTES_MAX, LINE_BYTES_MAX, LISTED_MAX, NAME_COLUMNS_MAX, REASON_BYTES_MAX,
    ROOM_NAME_COLUMNS_MAX, SANCTIONS_LISTED_MAX,
};
use crate::time::UnixTime;

/// All that a server may write, by its `t`.
const ALL: [&str; 39] = [
    "prompt",
    "format",
    "welcome",
    "motd",
    "room",
    "message",
    "redacted",
    "room_renamed",
    "joined",
    "left",
    "renamed",
    "presence",
    "private",
    "topic",
    "moderated",
    "history",
    "end",
    "setting",
    "names",
    "rooms",
    "sanctions",
    "owner",
    "password",
    "read",
    "ignored",
    "ignoring",
    "server_operator",
    "checking",
    "account",
    "logged_in",
    "token",
    "match_off",
    "invited",
    "matched",
    "away",
    "person",
    "help",
    "ok",
    "pong",
];
/// The rest of it.
const MORE: [&str; 8] = [
    "held",
    "notice",
    "error",
    "bye",
    "conversation",
    "conversation_end",
    "conversations",
    "forgotten",
];

#[test]
fn the_examples_of_the_protocol_are_what_is_written() {
    let protocol = include_str!("../../../docs/PROTOCOL.md");
    let chapter = protocol.split("\n## ").find(|part| part.starts_with("JSON dialect 1")).unwrap();
    let mut shown = BTreeSet::new();
    for line in chapter.lines().filter(|line| line.starts_with("{\"t\":")) {
        let object: Object<'_> =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(serde_json::to_string(&object).unwrap(), line);
        let name = line.split('"').nth(3).unwrap();
        assert_ne!(object, Object::Unknown, "{line}");
        shown.insert(name);
    }
    let all: BTreeSet<&str> = ALL.into_iter().chain(MORE).collect();
    assert_eq!(shown, all, "shown in docs/PROTOCOL.md, and written");
}

#[test]
fn texts_are_escaped_and_no_newline_is_written() {
    let (room, who) = (RoomName::main(), Nickname::parse("Zoë", Alphabet::Unicode).unwrap());
    let id = MessageId { number: 7, at: UnixTime::from_millis(1_763_820_125_900) };
    let text = "\"\\/\u{7f}\n\u{2028} é 日本";
    let mut out = Vec::new();
    room_event(&room, &RoomEvent::Said { who: (&who).into(), text, id, epoch: 7 }, &mut out);
    let written = concat!(
        r#"{"t":"message","n":7,"at":1763820125,"room":"main","nick":"Zoë","text":"\"\\/"#,
        "\u{7f} \u{2028} é 日本\",",
        r#""lines":["\"\\/"#,
        "\u{7f}\",\"\u{2028} é 日本\"]}"
    );
    assert_eq!(String::from_utf8(out).unwrap(), written);
}

#[test]
fn the_longest_objects_fit_in_what_readers_keep() {
    let name = Nickname::parse(&"x".repeat(NAME_COLUMNS_MAX), Alphabet::Ascii).unwrap();
    let room = RoomName::parse(&"y".repeat(ROOM_NAME_COLUMNS_MAX), Alphabet::Ascii).unwrap();
    // 32 bytes is what names beyond ASCII have at most.
    let wide = "é".repeat(NAME_COLUMNS_MAX);
    let reason = "\"".repeat(REASON_BYTES_MAX);
    let now = UnixTime::from_millis(1_763_820_125_900);
    let ban = Sanction {
        number: u32::MAX,
        kind: SanctionKind::Ban,
        name: Some(name.clone()),
        network: None,
        mask: None,
        is_quiet: false,
        at: UnixTime::default(),
        until: Some(now),
        by: name.clone(),
        reason: reason.as_str().into(),
    };
    let quotes = "\"".repeat(LINE_BYTES_MAX);
    let (names, rooms) = (vec![wide.as_str(); LISTED_MAX], vec![(&room, 1_000_000); LISTED_MAX]);
    let (room, page) = (&room, (1, 1_000));
    let bans = vec![&ban; SANCTIONS_LISTED_MAX];
    for longest in [
        Reply::Who { room, names: &names, count: 1_000_000, page },
        Reply::Rooms { rooms: &rooms, more: 1_000_000 },
        Reply::Sanctions { room, list: &bans, page, now },
        Reply::Whispered(Whisper {
            to: (&name).into(),
            sent: Sent {
                who: (&name).into(),
                kind: SentKind::Said,
                text: &quotes,
                tags: "",
                id: SentId::Unnumbered(PrivateId { at: now, count: 1 }),
            },
        }),
    ] {
        let mut out = Vec::new();
        reply(&longest, None, &mut out);
        assert!(out.len() < JSON_LINE_BYTES_MAX, "{} bytes", out.len());
    }
}
