//! Changes to the rules of rooms, as their readers are told of them: lines with MODE and INVITE.

use super::capability::{Capabilities, Form};
use super::source::{by, write_account};
use crate::chat::{RoomModes, RuleChange};

/// Appends a change.
pub(super) fn write(form: Form, change: &RuleChange<'_>, target: &str, out: &mut Vec<u8>) {
    match *change {
        RuleChange::Rules { by: who, set, unset } => {
            let sign = |sign: &str, modes: RoomModes| {
                if modes.is_empty() { String::new() } else { format!("{sign}{modes}") }
            };
            let modes = sign("+", set) + &sign("-", unset);
            by(who, out).word("MODE").word(target).word(&modes).end();
        }
        RuleChange::Limit { by: who, limit: Some(limit) } => {
            by(who, out).word("MODE").word(target).word("+l").number(limit).end();
        }
        RuleChange::Limit { by: who, limit: None } => {
            by(who, out).word("MODE").word(target).word("-l").end();
        }
        RuleChange::Password { by: who, needed } => {
            let sign = if needed { "+k" } else { "-k" };
            by(who, out).word("MODE").word(target).word(sign).word("*").end();
        }
        RuleChange::Voice { by: who, whom, may } => {
            let sign = if may { "+v" } else { "-v" };
            by(who, out).word("MODE").word(target).word(sign).word(whom.as_str()).end();
        }
        RuleChange::Exception { by: who, kind, mask, added } => {
            let sign = format!("{}{}", if added { '+' } else { '-' }, kind.letter());
            by(who, out).word("MODE").word(target).word(&sign).word(mask).end();
        }
        RuleChange::Invited { by: who, whom } => {
            if form.has(Capabilities::INVITE_NOTIFY) {
                write_account(form, who, out);
                by(who, out).word("INVITE").word(whom.as_str()).word(target).end();
            }
        }
    }
}
