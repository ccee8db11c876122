//! What happens in a room, as objects. Each names the room.

use std::time::Duration;

use super::object::{Action, Message, Moderated, Object, Redacted, RoomRenamed, Text};
use super::person::Away;
use super::said::said;
use crate::chat::{
    self, MessageId, Moderation, ModerationAction, News, Person, RoomEvent, RoomName, SentId,
    SentKind,
};
use crate::dialect::line::writing::sentence;
use crate::dialect::line::{notices, redaction, renaming, ruling};

/// Appends what happened in a room.
pub(in super::super) fn room_event(room: &RoomName, event: &RoomEvent<'_>, out: &mut Vec<u8>) {
    if let Some(object) = object(room, event) {
        write(&object, out);
    }
}

/// Appends an object.
pub(super) fn write(object: &Object<'_>, out: &mut Vec<u8>) {
    // Strings and numbers can always be written, and to a vector.
    let written = serde_json::to_writer(out, object);
    debug_assert!(written.is_ok(), "{object:?}: {written:?}");
}

fn object<'a>(room: &'a RoomName, event: &RoomEvent<'a>) -> Option<Object<'a>> {
    let name = Text::from(room.as_str());
    Some(match *event {
        RoomEvent::Kept { event, .. } => return object(room, event),
        RoomEvent::Said { who, text, id, .. } => message(room, who, text, id, false),
        RoomEvent::Acted { who, text, id, .. } => message(room, who, text, id, true),
        RoomEvent::Sent(sent) => match sent.id {
            SentId::Numbered(id, _) => {
                message(room, sent.who, sent.text, id, sent.kind == SentKind::Acted)
            }
            SentId::Unnumbered(..) => return None,
        },
        RoomEvent::Joined { who } => Object::Joined { room: name, nick: who.as_str().into() },
        RoomEvent::Left { who, .. } => Object::Left { room: name, nick: who.as_str().into() },
        RoomEvent::Renamed { old, new } => {
            let (nick, new) = (old.as_str().into(), new.as_str().into());
            Object::Renamed { room: Some(name), nick, new }
        }
        RoomEvent::News { who, news: News::Account } => {
            let account = who.account().map(|account| account.as_str().into());
            Object::LoggedIn { room: name, nick: who.as_str().into(), account }
        }
        RoomEvent::PresenceSummary { joined, left, here } => {
            Object::Presence { room: name, came: joined, went: left, total: here }
        }
        RoomEvent::News { who, news: News::Away(reason) } => {
            Object::Away(Away { room: Some(name), ..Away::of(who.as_str(), reason) })
        }
        RoomEvent::News { news: News::RealName(_), .. } => return None,
        RoomEvent::TopicChanged { by, text } => {
            let by = Some(by.as_str().into());
            Object::Topic { room: name, text: text.into(), by, changed: true }
        }
        RoomEvent::RoomRenamed(ref event) => renamed(event),
        RoomEvent::Moderated(moderation) => moderated(&moderation, false),
        RoomEvent::Redacted(ref event) => redacted(room, event)?,
        RoomEvent::Ruled(change) => {
            let text = sentence(|out| ruling::changed(out, &change)).into();
            Object::Notice { room: Some(name), text }
        }
    })
}

fn message<'a>(
    room: &'a RoomName,
    who: Person<'a>,
    text: &'a str,
    id: MessageId,
    me: bool,
) -> Object<'a> {
    let (text, lines) = said(text);
    Object::Message(Message {
        n: id.number,
        at: id.at.millis() / 1_000,
        room: room.as_str().into(),
        nick: who.as_str().into(),
        text,
        lines,
        me,
        old: false,
    })
}

/// A message that was taken back; `None`: one that was not told.
fn redacted<'a>(room: &'a RoomName, event: &chat::Redacted<'a>) -> Option<Object<'a>> {
    let SentId::Numbered(id, _) = event.id else { return None };
    Some(Object::Redacted(Redacted {
        room: room.as_str().into(),
        n: id.number,
        nick: event.author.as_str().into(),
        by: event.by.as_str().into(),
        reason: Some(Text::from(event.reason)).filter(|reason| !reason.is_empty()),
        text: sentence(|out| redaction::told(out, event, true)).into(),
    }))
}

/// A room has another name. Readers know it by the old one.
fn renamed<'a>(event: &chat::RoomRenamed<'a>) -> Object<'a> {
    Object::RoomRenamed(RoomRenamed {
        room: event.old.as_str().into(),
        new: event.new.as_str().into(),
        by: event.by.as_str().into(),
        reason: Some(Text::from(event.reason)).filter(|reason| !reason.is_empty()),
        text: sentence(|out| renaming::told(out, event)).into(),
    })
}

/// How order was kept; `you`: by doing that to the reader.
pub(super) fn moderated<'a>(moderation: &Moderation<'a>, you: bool) -> Object<'a> {
    let &Moderation { action, room, whom, by, lasts, reason, .. } = moderation;
    Object::Moderated(Moderated {
        room: room.as_str().into(),
        action: match action {
            ModerationAction::Kicked => Action::Kicked,
            ModerationAction::Banned => Action::Banned,
            ModerationAction::Unbanned => Action::Unbanned,
            ModerationAction::Muted => Action::Muted,
            ModerationAction::Unmuted => Action::Unmuted,
            ModerationAction::Promoted => Action::Promoted,
            ModerationAction::Demoted => Action::Demoted,
            ModerationAction::MadeOwner => Action::MadeOwner,
        },
        nick: whom.map(Text::from),
        you,
        by: by.as_str().into(),
        lasts: lasts
            .filter(|_| matches!(action, ModerationAction::Banned | ModerationAction::Muted))
            .map(seconds),
        reason: Some(Text::from(reason)).filter(|reason| !reason.is_empty()),
        text: sentence(|out| notices::moderated(out, moderation, you)).into(),
    })
}

/// Whole seconds; what is begun counts.
pub(super) fn seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}
