//! Private messages on disk: one row each, in the mailbox of an account.

use rusqlite::{Connection, Result, Row, params};
use smol_str::SmolStr;

use super::columns::{integer, number, text, text_or_null};
use crate::chat::{
    MailboxChanges, NameKey, Nickname, PrivateId, PrivateMessage, SentKind, StoredPrivateMessage,
};
use crate::limits::{
    IRC_TAGS_BYTES_MAX, LINE_BYTES_MAX, MAILBOXES_TOTAL_BYTES, PRIVATE_MESSAGE_WEIGHT,
};
use crate::text::{clean_formatted, is_unsafe};
use crate::time::UnixTime;

/// Writes the changes in one mailbox. The old is deleted first: where the disk is full, the new may
/// take its place.
pub(super) fn write(connection: &Connection, changes: &MailboxChanges<'_>) -> Result<()> {
    let account = changes.account.as_str();
    let sql = "DELETE FROM private_messages WHERE account = ?1 AND place <= ?2";
    let forgotten = integer(changes.forgotten);
    connection.prepare_cached(sql)?.execute(params![account, forgotten])?;
    let sql = "DELETE FROM private_messages WHERE account = ?1 AND place = ?2";
    for place in changes.gone {
        connection.prepare_cached(sql)?.execute(params![account, integer(*place)])?;
    }
    for (place, message) in &changes.new {
        put(connection, account, *place, message)?;
    }
    Ok(())
}

fn put(connection: &Connection, account: &str, place: u64, message: &PrivateMessage) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO private_messages
               (account, place, at, count, partner, partner_account, own, kind, tags, text)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        account,
        integer(place),
        integer(message.id.at.millis()),
        message.id.count,
        message.partner.as_str(),
        message.partner_account.as_ref().map(NameKey::as_str),
        message.is_own,
        written(message.kind),
        message.tags.as_str(),
        message.text.as_str(),
    ])?;
    Ok(())
}

/// Erases what is left of an account of this key that there is no more: whoever registers its name
/// is to read nothing of it.
pub(super) fn erase_orphans(connection: &Connection, account: &str) -> Result<()> {
    let sql = "DELETE FROM private_messages
               WHERE account = ?1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE key = ?1)";
    connection.prepare_cached(sql)?.execute([account])?;
    Ok(())
}

/// Reads all messages, as far as there may be so many. Returns how many rows say nothing to us.
pub(super) fn read(
    connection: &Connection,
    messages: &mut Vec<StoredPrivateMessage>,
) -> Result<u64> {
    let sql = "SELECT account, place, at, count, partner, partner_account, own, kind, tags, text
               FROM private_messages ORDER BY account, place LIMIT ?1";
    let mut statement = connection.prepare(sql)?;
    let most = MAILBOXES_TOTAL_BYTES / PRIVATE_MESSAGE_WEIGHT;
    let (mut rows, mut skipped) = (statement.query([integer(most as u64)])?, 0);
    while let Some(row) = rows.next()? {
        match stored(row) {
            Some(stored) => messages.push(stored),
            None => skipped += 1,
        }
    }
    Ok(skipped)
}

fn stored(row: &Row<'_>) -> Option<StoredPrivateMessage> {
    let count = u32::try_from(number(row, 3)?).ok()?;
    let kind = kind(text(row, 7)?)?;
    let tags = text(row, 8)?;
    let is_fit = tags.len() <= IRC_TAGS_BYTES_MAX && !tags.contains(is_unsafe);
    let said = text(row, 9).filter(|text| text.len() <= LINE_BYTES_MAX)?;
    let message = PrivateMessage {
        id: PrivateId { at: UnixTime::from_millis(number(row, 2)?), count },
        partner: Nickname::restored(text(row, 4)?)?,
        partner_account: text_or_null(row, 5)?.map(NameKey::of),
        is_own: number(row, 6)? == 1,
        kind,
        tags: is_fit.then(|| SmolStr::from(tags))?,
        text: clean_formatted(said).into(),
    };
    Some(StoredPrivateMessage {
        account: NameKey::of(text(row, 0)?),
        place: number(row, 1)?,
        message,
    })
}

/// The kinds, as they are written.
const KINDS: [(SentKind, &str); 7] = [
    (SentKind::Said, "said"),
    (SentKind::Acted, "acted"),
    (SentKind::Noticed, "noticed"),
    (SentKind::Control, "control"),
    (SentKind::ControlAnswer, "control-answer"),
    (SentKind::Tagged, "tagged"),
    (SentKind::Fleeting, "fleeting"),
];

fn written(kind: SentKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("said", |(_, written)| written)
}

fn kind(text: &str) -> Option<SentKind> {
    KINDS.iter().find(|(_, written)| *written == text).map(|(kind, _)| *kind)
}
