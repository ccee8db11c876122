//! All that was kept, as rows. What nobody can have written is skipped and counted: one row that
//! was changed by hand must not keep the chat from starting, nor bring a control character to a
//! terminal.
//!
//! Left to the lobby: how much of it is remembered, and whether all of it was kept.

use std::collections::HashMap;
use std::net::IpAddr;

use rusqlite::{Connection, Result, Row};
use smol_str::SmolStr;

use crate::chat::{Alphabet, Charter, Digest, KeptRoom, Kind, Measure, Message, Network, Nickname};
use crate::chat::{Owner, RoomName, Sanction, Sanctions, Snapshot, Stamp, Topic, clean};
use crate::limits::{LINE_BYTES_MAX, REASON_BYTES_MAX, TOPIC_BYTES_MAX};
use crate::time::Wall;

/// What was read.
pub(super) struct Reading {
    pub(super) snapshot: Snapshot,
    /// Rows that say nothing to us.
    pub(super) skipped: u64,
    /// Where each room is, by the key under which it was kept.
    places: HashMap<SmolStr, usize>,
}

impl Reading {
    /// Reads everything; `epoch` is used where there is none.
    pub(super) fn of(connection: &Connection, epoch: u32) -> Result<Self> {
        let snapshot = Snapshot { epoch, last: 0, torn: 0, complete: false, rooms: Vec::new() };
        let mut reading = Self { snapshot, skipped: 0, places: HashMap::new() };
        reading.read_rooms(connection)?;
        reading.read_sanctions(connection)?;
        reading.read_messages(connection)?;
        reading.read_meta(connection)?;
        Ok(reading)
    }

    fn read_rooms(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT key, name, topic, topic_by, owner, owner_key, password, forgotten
                   FROM rooms";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let Some((key, room)) = room(row) else {
                self.skipped += 1;
                continue;
            };
            self.places.insert(key, self.snapshot.rooms.len());
            self.snapshot.rooms.push(room);
        }
        Ok(())
    }

    /// In the order in which they were imposed, which is that of their numbers.
    fn read_sanctions(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT room, number, measure, name, network, until, by, reason
                   FROM sanctions ORDER BY room, number";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(())?;
        let mut kept: HashMap<usize, Vec<Sanction>> = HashMap::new();
        while let Some(row) = rows.next()? {
            match (self.place(row, 0), sanction(row)) {
                (Some(place), Some(sanction)) => kept.entry(place).or_default().push(sanction),
                _ => self.skipped += 1,
            }
        }
        for (place, sanctions) in kept {
            self.snapshot.rooms[place].charter.sanctions = Sanctions::restored(sanctions);
        }
        Ok(())
    }

    fn read_messages(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT room, number, at, who, kind, text FROM messages ORDER BY number";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let number = number(row, 1).unwrap_or_default();
            self.snapshot.last = self.snapshot.last.max(number);
            let place = self.place(row, 0);
            let Some(room) = place.map(|place| &mut self.snapshot.rooms[place]) else {
                self.skipped += 1;
                continue;
            };
            match message(row, number).filter(|_| number > room.forgotten) {
                Some(message) => room.messages.push(message),
                None => self.skipped += 1,
            }
        }
        Ok(())
    }

    /// After the messages: the last number is the highest that is found anywhere.
    fn read_meta(&mut self, connection: &Connection) -> Result<()> {
        let mut statement = connection.prepare("SELECT epoch, last, complete, torn FROM meta")?;
        let mut rows = statement.query(())?;
        let Some(row) = rows.next()? else { return Ok(()) };
        if let Some(epoch) = number(row, 0).and_then(|epoch| u32::try_from(epoch).ok()) {
            self.snapshot.epoch = epoch;
        }
        self.snapshot.last = self.snapshot.last.max(number(row, 1).unwrap_or_default());
        self.snapshot.complete = number(row, 2) == Some(1);
        self.snapshot.torn = number(row, 3).unwrap_or_default();
        Ok(())
    }

    /// The room whose key is in this column.
    fn place(&self, row: &Row<'_>, column: usize) -> Option<usize> {
        self.places.get(text(row, column)?).copied()
    }
}

/// A room, and its key. One whose key is another today (letters may come to look alike with a newer
/// Unicode) would be found by nobody.
fn room(row: &Row<'_>) -> Option<(SmolStr, KeptRoom)> {
    let name = RoomName::parse(text(row, 1)?, Alphabet::Unicode).ok()?;
    let key = name.key();
    if text(row, 0)? != key.as_str() {
        return None;
    }
    let topic = match text_or_null(row, 2)? {
        Some(topic) => Some(Topic {
            text: cleaned(topic, TOPIC_BYTES_MAX)?,
            by: Nickname::restored(text(row, 3)?)?,
        }),
        None => None,
    };
    let owner = match text_or_null(row, 4)? {
        Some(owner) => {
            Some(Owner { name: Nickname::restored(owner)?, key: Digest::parse(text(row, 5)?)? })
        }
        None => None,
    };
    let password = match text_or_null(row, 6)? {
        Some(password) => Some(Digest::parse(password)?),
        None => None,
    };
    let charter = Charter { topic, owner, password, sanctions: Sanctions::default() };
    let forgotten = number(row, 7)?;
    Some((key.as_str().into(), KeptRoom { name, charter, messages: Vec::new(), forgotten }))
}

/// One that is on nobody is none.
fn sanction(row: &Row<'_>) -> Option<Sanction> {
    let measure = match text(row, 2)? {
        "ban" => Measure::Ban,
        "mute" => Measure::Mute,
        _ => return None,
    };
    let name = match text_or_null(row, 3)? {
        Some(name) => Some(Nickname::restored(name)?),
        None => None,
    };
    let network = match text_or_null(row, 4)? {
        Some(address) => Some(Network::of(address.parse::<IpAddr>().ok()?)?),
        None => None,
    };
    let until = match row.get_ref(5).ok()?.as_i64_or_null().ok()? {
        Some(until) => Some(Wall::from_millis(u64::try_from(until).ok()?)),
        None => None,
    };
    if name.is_none() && network.is_none() {
        return None;
    }
    Some(Sanction {
        number: u32::try_from(number(row, 1)?).ok()?,
        measure,
        name,
        network,
        until,
        by: Nickname::restored(text(row, 6)?)?,
        reason: cleaned(text(row, 7)?, REASON_BYTES_MAX)?,
    })
}

fn message(row: &Row<'_>, number_read: u64) -> Option<Message> {
    Some(Message {
        stamp: Stamp { number: number_read, at: Wall::from_millis(number(row, 2)?) },
        who: Nickname::restored(text(row, 3)?)?,
        kind: match text(row, 4)? {
            "said" => Kind::Said,
            "acted" => Kind::Acted,
            _ => return None,
        },
        text: cleaned(text(row, 5)?, LINE_BYTES_MAX)?,
    })
}

/// Text as it may be shown, unless there is too much of it.
fn cleaned(text: &str, most: usize) -> Option<SmolStr> {
    (text.len() <= most).then(|| clean(text).into())
}

fn text<'row>(row: &'row Row<'_>, column: usize) -> Option<&'row str> {
    text_or_null(row, column)?
}

/// `None`: it is not text.
fn text_or_null<'row>(row: &'row Row<'_>, column: usize) -> Option<Option<&'row str>> {
    row.get_ref(column).ok()?.as_str_or_null().ok()
}

/// A whole number that is not negative.
fn number(row: &Row<'_>, column: usize) -> Option<u64> {
    u64::try_from(row.get_ref(column).ok()?.as_i64().ok()?).ok()
}
