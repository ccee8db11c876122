//! REDACT: a message is to be taken back. Source: IRCv3 `draft/message-redaction`.

use super::room;
use crate::chat::{Command, HistoryCursor, MessageRef, PeopleCommand, PrivateId, RoomCommand};
use crate::dialect::irc::message::Message;
use crate::dialect::irc::note::Told;
use crate::dialect::steps::Step;
use crate::time::UnixTime;

/// What REDACT asks for.
pub(super) fn step<'a>(message: &Message<'a>) -> Step<'a> {
    let (Some(target), Some(id)) = (message.said(0), message.said(1)) else {
        let text = "Say which message, and where it was said";
        return Step::Told(Told::fail("REDACT", "NEED_MORE_PARAMS", &[], text));
    };
    let reason = message.get(2).unwrap_or_default();
    let message = named(id);
    Step::Command(match room(target) {
        Some(room) => {
            let command = RoomCommand::Redact { message, reason };
            Command::InRoom { room: Some(room), command }
        }
        None => Command::People(PeopleCommand::Redact { to: target, message, reason }),
    })
}

/// The message of this id: `c77143c7-1204`, or `19a2c3d4e5f.12`.
fn named(id: &str) -> MessageRef {
    let place = || {
        let (epoch, number) = id.split_once('-')?;
        let epoch = u32::from_str_radix(epoch, 16).ok()?;
        Some(MessageRef::Place(HistoryCursor { epoch, number: number.parse().ok()? }))
    };
    let private = || {
        let (at, count) = id.split_once('.')?;
        let at = UnixTime::from_millis(u64::from_str_radix(at, 16).ok()?);
        Some(MessageRef::Private(PrivateId { at, count: count.parse().ok()? }))
    };
    place().or_else(private).unwrap_or(MessageRef::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{MessageId, SentId};
    use crate::dialect::irc::source::Id;

    #[test]
    fn messages_are_named_by_the_ids_that_they_are_told_with() {
        let place = HistoryCursor { epoch: 0xc771_43c7, number: 1_204 };
        let private = PrivateId { at: UnixTime::from_millis(0x19a_2c3d_4e5f), count: 12 };
        for (id, meant) in [
            ("c77143c7-1204", MessageRef::Place(place)),
            ("19a2c3d4e5f.12", MessageRef::Private(private)),
            ("c77143c7-", MessageRef::Nothing),
            ("-7", MessageRef::Nothing),
            ("19a2c3d4e5f.-1", MessageRef::Nothing),
            ("nonexistent123", MessageRef::Nothing),
        ] {
            assert_eq!(named(id), meant, "{id}");
        }
        let at = MessageId { number: 1_204, at: private.at };
        for id in [SentId::Numbered(at, 0xc771_43c7), SentId::Unnumbered(private)] {
            assert_ne!(named(&Id(id).to_string()), MessageRef::Nothing, "{id:?}");
        }
    }
}
