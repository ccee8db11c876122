//! Reads the stored lobby. Rows that this program cannot have written are skipped and counted: one
//! row that was changed by hand must not keep the chat from starting, nor bring a control character
//! to a terminal.
//!
//! Left to the lobby: how much exactly of it is remembered, and whether all of it was kept.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, Result, Row};
use smol_str::SmolStr;

use super::columns::{number, text, text_or_null};
use super::{accounts, mailboxes, metadata};
use crate::chat::{
    Alphabet, Authorship, Mask, Message, MessageKind, Metadata, Network, Nickname, RoomModes,
    RoomSettings, SanctionKind, SecretHash, StoredRoom,
};
use crate::chat::{
    MessageId, NameKey, Owner, RoomName, Sanction, Sanctions, Standing, StoredLobby, Topic,
};
use crate::limits::{HISTORY_TOTAL_BYTES, LINE_BYTES_MAX, REASON_BYTES_MAX, TOPIC_BYTES_MAX};
use crate::text::clean;
use crate::time::UnixTime;

/// The columns that describe a room.
const ROOM: &str = "key, name, topic, topic_by, owner, owner_key, password, forgotten, founder,
                    founded, used, account, topic_at, modes, most, salt";

/// The lobby that was read.
pub(super) struct LoadedState {
    pub(super) snapshot: StoredLobby,
    /// Rows that say nothing to us.
    pub(super) skipped: u64,
    /// Bytes of its messages as they are remembered.
    weight: usize,
}

impl LoadedState {
    /// Reads at most `most` rooms, `main` and the best of the others, until their messages fill the
    /// memory for them: the others are found in the archive. `epoch` is used where there is none.
    pub(super) fn of(connection: &Connection, epoch: u32, most: usize) -> Result<Self> {
        let snapshot = StoredLobby {
            epoch,
            last: 0,
            gap_before: 0,
            complete: false,
            ..StoredLobby::default()
        };
        let mut reading = Self { snapshot, skipped: 0, weight: 0 };
        reading.read_rooms(connection, most)?;
        reading.skipped += accounts::read(connection, &mut reading.snapshot.accounts)?;
        reading.skipped += mailboxes::read(connection, &mut reading.snapshot.private)?;
        reading.read_meta(connection)?;
        Ok(reading)
    }

    /// The best are rooms that were configured, then those that were used last.
    fn read_rooms(&mut self, connection: &Connection, most: usize) -> Result<()> {
        let sql = format!(
            "SELECT {ROOM} FROM rooms
             ORDER BY key = ?1 DESC,
                      topic IS NOT NULL OR password IS NOT NULL OR modes <> 'nt'
                          OR most IS NOT NULL
                          OR EXISTS (SELECT 1 FROM sanctions WHERE room = rooms.key)
                          OR EXISTS (SELECT 1 FROM room_metadata WHERE room = rooms.key) DESC,
                      used DESC,
                      (SELECT max(number) FROM messages WHERE room = key) DESC"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([NameKey::of("main").as_str()])?;
        while self.snapshot.rooms.len() < most
            && self.weight <= HISTORY_TOTAL_BYTES
            && let Some(row) = rows.next()?
        {
            match room(row) {
                Some((key, mut room)) => {
                    self.skipped += furnish(connection, &key, &mut room)?;
                    self.weight += room.weight();
                    self.snapshot.rooms.push(room);
                }
                None => self.skipped += 1,
            }
        }
        Ok(())
    }

    /// The last number is the highest that is found anywhere.
    fn read_meta(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT max(number) FROM messages";
        let newest: Option<i64> = connection.query_row(sql, (), |row| row.get(0))?;
        self.snapshot.last = newest.and_then(|last| u64::try_from(last).ok()).unwrap_or_default();
        let mut statement =
            connection.prepare("SELECT epoch, last, complete, torn, cloaks FROM meta")?;
        let mut rows = statement.query(())?;
        let Some(row) = rows.next()? else { return Ok(()) };
        if let Some(epoch) = number(row, 0).and_then(|epoch| u32::try_from(epoch).ok()) {
            self.snapshot.epoch = epoch;
        }
        self.snapshot.last = self.snapshot.last.max(number(row, 1).unwrap_or_default());
        self.snapshot.complete = number(row, 2) == Some(1);
        self.snapshot.gap_before = number(row, 3).unwrap_or_default();
        let cloaks = text(row, 4).and_then(|hex| u128::from_str_radix(hex, 16).ok());
        self.snapshot.cloaks = cloaks.map(u128::to_be_bytes);
        Ok(())
    }
}

/// Reads one room. `None`: there is none of that name; `Some(None)`: there is one that says nothing
/// to us.
pub(super) fn one(connection: &Connection, name: &RoomName) -> Result<Option<Option<StoredRoom>>> {
    let sql = format!("SELECT {ROOM} FROM rooms WHERE key = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_row([name.key().as_str()], |row| Ok(room(row))).optional()?;
    let Some(Some((key, mut room))) = found else { return Ok(found.map(|_| None)) };
    furnish(connection, &key, &mut room)?;
    Ok(Some(Some(room)))
}

/// Adds a room's bans and mutes, in the order of their numbers, which is that of their making, and
/// its messages. Returns how many rows were skipped.
fn furnish(connection: &Connection, key: &str, room: &mut StoredRoom) -> Result<u64> {
    let (mut skipped, mut sanctions) = (0, Vec::new());
    let sql = "SELECT number, measure, name, network, until, by, reason, mask, quiet, at
               FROM sanctions WHERE room = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        match sanction(row) {
            Some(sanction) => sanctions.push(sanction),
            None => skipped += 1,
        }
    }
    room.settings.sanctions = Sanctions::restored(sanctions);
    room.settings.metadata = metadata::read_of_room(connection, key)?;
    let sql = "SELECT number, at, who, kind, text, account FROM messages
               WHERE room = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        match message(row).filter(|message| message.id.number > room.forgotten) {
            Some(message) => room.messages.push(message),
            None => skipped += 1,
        }
    }
    Ok(skipped)
}

/// A room, and its key. A room whose key would be another today (letters may come to look alike
/// with a newer Unicode) could not be found.
fn room(row: &Row<'_>) -> Option<(SmolStr, StoredRoom)> {
    let name = RoomName::parse(text(row, 1)?, Alphabet::Unicode).ok()?;
    let key = name.key();
    if text(row, 0)? != key.as_str() {
        return None;
    }
    let topic = match text_or_null(row, 2)? {
        Some(topic) => Some(Topic {
            text: cleaned(topic, TOPIC_BYTES_MAX)?,
            by: Nickname::restored(text(row, 3)?)?,
            at: UnixTime::from_millis(number(row, 12).unwrap_or_default()),
        }),
        None => None,
    };
    let owner = match text_or_null(row, 4)? {
        Some(owner) => {
            // The key of a name is that of the name that it is.
            let account = text_or_null(row, 11).flatten().map(NameKey::of);
            let key = SecretHash::parse(text(row, 5)?)?;
            Some(Owner { name: Nickname::restored(owner)?, key, account })
        }
        None => None,
    };
    let password = match text_or_null(row, 6)? {
        Some(password) => Some(SecretHash::parse(password)?),
        None => None,
    };
    let modes = RoomModes::parse(text(row, 13)?).ok()?;
    let limit = number(row, 14).and_then(|most| u32::try_from(most).ok());
    let sanctions = Sanctions::default();
    let metadata = Metadata::default();
    // The key of a name is that of the name that it is.
    let salt = text_or_null(row, 15).flatten().map(NameKey::of);
    let settings = RoomSettings { topic, owner, password, sanctions, modes, limit, metadata, salt };
    let forgotten = number(row, 7)?;
    // Nothing is lost if these columns were changed by hand.
    let founder = text_or_null(row, 8).flatten().and_then(|founder| founder.parse().ok());
    let founded = number(row, 9).unwrap_or_default();
    let used = number(row, 10).and_then(|used| u32::try_from(used).ok()).unwrap_or_default();
    let standing = Standing { founder, founded, used };
    let messages = Vec::new();
    Some((key.as_str().into(), StoredRoom { name, settings, messages, forgotten, standing }))
}

/// A sanction that names nobody is skipped.
fn sanction(row: &Row<'_>) -> Option<Sanction> {
    let kind = match text(row, 1)? {
        "ban" => SanctionKind::Ban,
        "mute" => SanctionKind::Mute,
        "ban-exception" => SanctionKind::BanException,
        "invite-exception" => SanctionKind::InviteException,
        _ => return None,
    };
    let name = match text_or_null(row, 2)? {
        Some(name) => Some(Nickname::restored(name)?),
        None => None,
    };
    let network = match text_or_null(row, 3)? {
        Some(address) => Some(Network::of(address.parse::<IpAddr>().ok()?)?),
        None => None,
    };
    let until = match row.get_ref(4).ok()?.as_i64_or_null().ok()? {
        Some(until) => Some(UnixTime::from_millis(u64::try_from(until).ok()?)),
        None => None,
    };
    let mask = match text_or_null(row, 7)? {
        Some(mask) => Some(Mask::parse(mask)?),
        None => None,
    };
    if name.is_none() && network.is_none() && mask.is_none() {
        return None;
    }
    Some(Sanction {
        number: u32::try_from(number(row, 0)?).ok()?,
        kind,
        name,
        network,
        mask,
        is_quiet: number(row, 8) == Some(1),
        at: UnixTime::from_millis(number(row, 9).unwrap_or_default()),
        until,
        by: Nickname::restored(text(row, 5)?)?,
        reason: cleaned(text(row, 6)?, REASON_BYTES_MAX)?,
    })
}

fn message(row: &Row<'_>) -> Option<Message> {
    Some(Message {
        id: MessageId { number: number(row, 0)?, at: UnixTime::from_millis(number(row, 1)?) },
        who: Nickname::restored(text(row, 2)?)?,
        kind: match text(row, 3)? {
            "said" => MessageKind::Said,
            "acted" => MessageKind::Acted,
            "noticed" => MessageKind::Noticed,
            _ => return None,
        },
        text: cleaned(text(row, 4)?, LINE_BYTES_MAX)?,
        author: match text_or_null(row, 5).flatten() {
            // The key of a name is that of the name that it is.
            Some(account) => Authorship::Account(Box::new(NameKey::of(account))),
            None => Authorship::Unknown,
        },
    })
}

/// Text as it may be shown, unless there is too much of it.
fn cleaned(text: &str, most: usize) -> Option<SmolStr> {
    (text.len() <= most).then(|| clean(text).into())
}
