//! That a message was taken back, or why it is not. Source: IRCv3 `draft/message-redaction`.

use super::addressee::Addressee;
use super::capability::{Capabilities, Form};
use super::source::{Id, by};
use crate::chat::{Person, Redacted, RedactionRefusal, Refusal, SentId};

/// Appends that a message in a room was taken back, for those who have asked to be told.
pub(super) fn redacted(form: Form, redacted: &Redacted<'_>, target: &str, out: &mut Vec<u8>) {
    let &Redacted { by, id, reason, .. } = redacted;
    write(form, by, (target, id, reason), out);
}

/// Appends that a message was taken back.
pub(super) fn write(
    form: Form,
    who: Person<'_>,
    (target, id, reason): (&str, SentId, &str),
    out: &mut Vec<u8>,
) {
    if !form.has(Capabilities::MESSAGE_REDACTION) {
        return;
    }
    let line = by(who, out).word("REDACT").word(target).word(&Id(id).to_string());
    if reason.is_empty() { line.end() } else { line.text(reason) }
}

/// Appends why a message is not taken back. Whether the refusal says that.
pub(super) fn refuse(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) -> bool {
    let (target, id) = (reader.about(), reader.subcommand());
    let (code, text) = match refusal {
        Refusal::Redaction(RedactionRefusal::NoSuchMessage) => {
            ("UNKNOWN_MSGID", "No such message is remembered")
        }
        Refusal::Redaction(RedactionRefusal::NotYours) => {
            ("REDACT_FORBIDDEN", "You may take back what you have said yourself")
        }
        Refusal::Redaction(RedactionRefusal::TooMany) => {
            ("REDACT_FORBIDDEN", "Too many messages are being taken back; try again in a while")
        }
        Refusal::NotInRoom(_)
        | Refusal::NoRoomNamed(_)
        | Refusal::NobodyNamed(_)
        | Refusal::NameEmpty
        | Refusal::NameTooLong
        | Refusal::RoomNameTooLong
        | Refusal::NameCharacter
        | Refusal::NameMixesScripts => {
            let text = "You cannot take back messages there";
            reader.fail(("REDACT", "INVALID_TARGET"), [target], text, out);
            return true;
        }
        _ => return false,
    };
    reader.fail(("REDACT", code), [target, id], text, out);
    true
}
