//! A room as a stream of events, which `curl -N` and a browser's `EventSource` read: the objects of
//! JSON dialect 1, one an event. Messages bear their place, from which a reader goes on later.
//!
//! ```text
//! id: c77143c7:1201
//! data: {"t":"message","n":1201,…}
//!
//! event: gap
//! data: {"t":"history","room":"main","gap":true,…}
//! ```

use std::io::Write as _;

use crate::chat::{HistoryCursor, Recalled, Reply, RoomEvent, RoomName, SentId};
use crate::dialect::json;

/// How an event ends: JSON holds no line end.
pub(in crate::dialect) const END: &[u8] = b"\n\n";
/// A comment, which says nothing: only that the connection is alive.
pub(in crate::dialect) const COMMENT: &[u8] = b":\n\n";
/// What a stream begins with: how many milliseconds a browser waits before it comes back.
pub(super) const OPENING: &[u8] = b"retry: 2000\n\n";

/// Appends what happened in a room. Who comes and goes is not told.
pub(in crate::dialect) fn room_event(room: &RoomName, event: &RoomEvent<'_>, out: &mut Vec<u8>) {
    let event = event.bare();
    let place = match event {
        RoomEvent::Joined { .. }
        | RoomEvent::Left { .. }
        | RoomEvent::Renamed { .. }
        | RoomEvent::News { .. }
        | RoomEvent::Ruled(_)
        | RoomEvent::Kept { .. }
        | RoomEvent::PresenceSummary { .. } => return,
        RoomEvent::Said { id, epoch, .. } | RoomEvent::Acted { id, epoch, .. } => {
            Some(HistoryCursor { epoch: *epoch, number: id.number })
        }
        RoomEvent::Sent(sent) => match sent.id {
            SentId::Numbered(id, epoch) => Some(HistoryCursor { epoch, number: id.number }),
            SentId::Unnumbered(..) => return,
        },
        RoomEvent::TopicChanged { .. }
        | RoomEvent::RoomRenamed(_)
        | RoomEvent::Moderated(_)
        | RoomEvent::Redacted(_) => None,
    };
    event_at(place, out, |out| json::room_event(room, event, out));
}

/// Appends what one listener is told.
pub(in crate::dialect) fn reply(reply: &Reply<'_>, out: &mut Vec<u8>) {
    let object = |out: &mut Vec<u8>| json::reply(reply, None, out);
    match reply {
        Reply::Remembered { message, epoch, .. } => {
            let place = HistoryCursor { epoch: *epoch, number: message.id.number };
            event_at(Some(place), out, object);
        }
        // A reader that hears nothing before it goes on later does so from here.
        Reply::RecallEnds { cursor, .. } => {
            write_place(*cursor, out);
            out.push(b'\n');
        }
        Reply::RecallBegins { which: Recalled::Gap(_), .. } => named("gap", out, object),
        Reply::Farewell(_) => named("bye", out, object),
        Reply::PasswordSet { .. } | Reply::Refused(_) => event_at(None, out, object),
        // Nothing else is for somebody who is no member of anything.
        _ => {}
    }
}

fn named(name: &str, out: &mut Vec<u8>, object: impl FnOnce(&mut Vec<u8>)) {
    // Writing to a vector cannot fail, here and below.
    let _ = writeln!(out, "event: {name}");
    event_at(None, out, object);
}

fn event_at(place: Option<HistoryCursor>, out: &mut Vec<u8>, object: impl FnOnce(&mut Vec<u8>)) {
    if let Some(place) = place {
        write_place(place, out);
    }
    out.extend_from_slice(b"data: ");
    object(out);
    out.extend_from_slice(END);
}

fn write_place(HistoryCursor { epoch, number }: HistoryCursor, out: &mut Vec<u8>) {
    let _ = writeln!(out, "id: {epoch:08x}:{number}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Alphabet, Authorship, Farewell, Message, MessageId, MessageKind, Nickname};
    use crate::dialect::Encoding;
    use crate::time::UnixTime;

    fn told(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn replied(reply: &Reply<'_>) -> String {
        told(|out| Encoding::EventStream.reply(reply, None, None, out))
    }

    #[test]
    fn a_message_bears_its_place_whether_it_is_new_or_old() {
        let (room, alice) = (&RoomName::main(), Nickname::parse("alice", Alphabet::Ascii).unwrap());
        let id = MessageId { number: 1_201, at: UnixTime::from_millis(1_763_820_131_000) };
        let said = RoomEvent::Said { who: (&alice).into(), text: "hi", id, epoch: 0xC771_43C7 };
        let object =
            r#"{"t":"message","n":1201,"at":1763820131,"room":"main","nick":"alice","text":"hi""#;
        let live = told(|out| Encoding::EventStream.room_event(room, &said, out));
        assert_eq!(live, format!("id: c77143c7:1201\ndata: {object}}}\n\n"));
        let kind = MessageKind::Said;
        let author = Authorship::Unknown;
        let message = &Message { id, kind, who: alice.clone(), text: "hi".into(), author };
        let now = UnixTime::default();
        let old = replied(&Reply::Remembered { room, message, epoch: 0xC771_43C7, now });
        assert_eq!(old, format!("id: c77143c7:1201\ndata: {object},\"old\":true}}\n\n"));
        let joined = RoomEvent::Joined { who: (&alice).into() };
        assert_eq!(told(|out| Encoding::EventStream.room_event(room, &joined, out)), "");
        let topic = RoomEvent::TopicChanged { by: (&alice).into(), text: "tea" };
        let topic = told(|out| Encoding::EventStream.room_event(room, &topic, out));
        assert!(topic.starts_with("data: {\"t\":\"topic\"") && topic.ends_with("}\n\n"), "{topic}");
    }

    #[test]
    fn a_gap_and_the_end_are_events_of_their_own() {
        let room = &RoomName::main();
        let begins = |which| replied(&Reply::RecallBegins { room, count: 3, which });
        let gap = begins(Recalled::Gap(7));
        assert!(
            gap.starts_with("event: gap\ndata: {\"t\":\"history\",\"room\":\"main\",\"gap\":true")
        );
        assert_eq!(begins(Recalled::Last) + &begins(Recalled::Since(7)), "");
        let cursor = HistoryCursor { epoch: 7, number: 9 };
        assert_eq!(replied(&Reply::RecallEnds { room, cursor }), "id: 00000007:9\n\n");
        let bye = replied(&Reply::Farewell(Farewell::Shutdown { back_in: 7 }));
        assert!(bye.starts_with("event: bye\ndata: {\"t\":\"bye\",\"code\":\"going\""), "{bye}");
        assert_eq!(replied(&Reply::Prompt), "");
    }
}
