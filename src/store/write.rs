//! One batch, as statements. Each is compiled once and kept by the connection.
//!
//! Existing rows are replaced, so that a batch whose fate is unknown (a disk that fails in the
//! middle of a commit) can be written again.

use rusqlite::{Connection, Result, params};

use super::columns::integer;
use super::erase::erase;
use super::rename::rename;
use super::{accounts, belongings, mailboxes, metadata};
use crate::chat::{Mask, Sanction};
use crate::chat::{
    Message, MessageKind, NameKey, Nickname, RoomChanges, RoomSettings, SanctionKind, SaveBatch,
    SecretHash,
};

/// Writes it within a transaction of the caller's.
pub(super) fn write(connection: &Connection, batch: &SaveBatch<'_>) -> Result<()> {
    for name in batch.gone {
        erase(connection, name.key().as_str())?;
    }
    rename(connection, batch.renamed)?;
    for number in batch.redacted {
        let sql = "DELETE FROM messages WHERE number = ?1";
        connection.prepare_cached(sql)?.execute([integer(*number)])?;
    }
    for account in &batch.accounts {
        accounts::write(connection, account)?;
    }
    for changes in &batch.belongings {
        belongings::write(connection, changes)?;
    }
    for mailbox in &batch.mailboxes {
        mailboxes::write(connection, mailbox)?;
    }
    for room in &batch.rooms {
        change(connection, room)?;
    }
    // As long as this is not undone by a clean end, the state is known to lack something.
    let sql = "INSERT INTO meta (only, epoch, last, torn, complete, cloaks)
               VALUES (1, ?1, ?2, ?3, 0, ?4)
               ON CONFLICT (only) DO UPDATE
               SET epoch = ?1, last = ?2, torn = ?3, complete = 0, cloaks = ?4";
    let cloaks = batch.cloaks.map(|secret| format!("{:032x}", u128::from_be_bytes(secret)));
    let numbers = params![batch.epoch, integer(batch.last), integer(batch.gap_before), cloaks];
    connection.prepare_cached(sql)?.execute(numbers)?;
    Ok(())
}

/// The old is deleted first: where the disk is full, the new may take its place.
fn change(connection: &Connection, changes: &RoomChanges<'_>) -> Result<()> {
    let key = changes.name.key();
    let (key, forgotten) = (key.as_str(), integer(changes.forgotten));
    let sql = "DELETE FROM messages WHERE room = ?1 AND number <= ?2";
    connection.prepare_cached(sql)?.execute(params![key, forgotten])?;
    match changes.settings {
        Some(settings) => settle(connection, key, changes, settings)?,
        None => {
            let sql = "INSERT INTO rooms (key, name, forgotten, used) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT (key) DO UPDATE
                       SET forgotten = excluded.forgotten, used = excluded.used";
            let (name, used) = (changes.name.as_str(), changes.standing.used);
            connection.prepare_cached(sql)?.execute(params![key, name, forgotten, used])?;
        }
    }
    changes.said.iter().try_for_each(|message| say(connection, key, message))
}

fn settle(
    connection: &Connection,
    key: &str,
    changes: &RoomChanges<'_>,
    settings: &RoomSettings,
) -> Result<()> {
    let (topic, owner) = (settings.topic.as_ref(), settings.owner.as_ref());
    let sql =
        "INSERT OR REPLACE INTO rooms (key, name, topic, topic_by, owner, owner_key, password,
                                             forgotten, founder, founded, used, account,
                                             topic_at, modes, most, salt)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                       ?16)";
    connection.prepare_cached(sql)?.execute(params![
        key,
        changes.name.as_str(),
        topic.map(|topic| topic.text.as_str()),
        topic.map(|topic| topic.by.as_str()),
        owner.map(|owner| owner.name.as_str()),
        owner.map(|owner| owner.key.to_string()),
        settings.password.as_ref().map(SecretHash::to_string),
        integer(changes.forgotten),
        changes.standing.founder.map(|founder| founder.to_string()),
        integer(changes.standing.founded),
        changes.standing.used,
        owner.and_then(|owner| owner.account.as_ref()).map(NameKey::as_str),
        topic.map_or(0, |topic| integer(topic.at.millis())),
        settings.modes.to_string(),
        settings.limit,
        settings.salt.as_ref().map(NameKey::as_str),
    ])?;
    metadata::write_of_room(connection, key, &settings.metadata)?;
    connection.prepare_cached("DELETE FROM sanctions WHERE room = ?1")?.execute([key])?;
    settings.sanctions.iter().try_for_each(|sanction| impose(connection, key, sanction))
}

fn impose(connection: &Connection, key: &str, sanction: &Sanction) -> Result<()> {
    let kind = match sanction.kind {
        SanctionKind::Ban => "ban",
        SanctionKind::Mute => "mute",
        SanctionKind::BanException => "ban-exception",
        SanctionKind::InviteException => "invite-exception",
    };
    let sql = "INSERT OR REPLACE INTO sanctions
               (room, number, measure, name, network, until, by, reason, mask, quiet, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection.prepare_cached(sql)?.execute(params![
        key,
        sanction.number,
        kind,
        sanction.name.as_ref().map(Nickname::as_str),
        sanction.network.map(|network| network.address().to_string()),
        sanction.until.map(|until| integer(until.millis())),
        sanction.by.as_str(),
        sanction.reason.as_str(),
        sanction.mask.as_ref().map(Mask::as_str),
        sanction.is_quiet,
        integer(sanction.at.millis()),
    ])?;
    Ok(())
}

fn say(connection: &Connection, key: &str, message: &Message) -> Result<()> {
    let kind = match message.kind {
        MessageKind::Said => "said",
        MessageKind::Acted => "acted",
        MessageKind::Noticed => "noticed",
    };
    let sql = "INSERT OR REPLACE INTO messages (number, room, at, who, kind, text, account)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        integer(message.id.number),
        key,
        integer(message.id.at.millis()),
        message.who.as_str(),
        kind,
        message.text.as_str(),
        message.author.account().map(NameKey::as_str),
    ])?;
    Ok(())
}
