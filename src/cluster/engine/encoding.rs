//! Questions as commands of Redis: which function, on which keys, with which arguments.
//!
//! Keys, all behind one prefix: `{<room>}log|meta|officers|who:<run>`, `{n:<name>}`, `{q:<queue>}`,
//! `{nodes}leases`, `{nodes}rooms:<run>`, `term`. The braces are Redis's: what is within decides
//! where a key is kept, so the keys of one question are kept together.

use std::fmt::Display;
use std::time::Duration;

use super::{Addition, Move, Question};
use crate::cluster::entry::NodeRun;
use crate::cluster::resp::Command;
use crate::limits::{LOG_ENTRIES_KEPT, OPEN_BYTES_MAX, OPEN_ENTRIES_MAX};

impl Question<'_> {
    /// Appends the command to what is to be sent. Keys begin with the prefix.
    pub fn encode(&self, prefix: &str, out: &mut Vec<u8>) {
        match *self {
            Self::Term { .. } | Self::Open { .. } | Self::Append { .. } => {
                self.encode_log(prefix, out);
            }
            Self::Change { .. } | Self::Evict { .. } | Self::Names { .. } => {
                self.encode_room(prefix, out);
            }
            Self::Seek { .. } | Self::Unseek { .. } => self.encode_queue(prefix, out),
            Self::Claim { .. } | Self::Release { .. } | Self::Holder { .. } => {
                self.encode_name(prefix, out);
            }
            _ => self.encode_node(prefix, out),
        }
    }

    fn encode_log(&self, prefix: &str, out: &mut Vec<u8>) {
        match *self {
            Self::Term { engine_run, least } => {
                let call = call(out, b"mio1_term", 1, 2).parts(&[prefix.as_bytes(), b"term"]);
                call.bytes(engine_run.as_bytes()).number(least.0);
            }
            Self::Open { room, run, term, first, first_change, after } => {
                let call = room_keys(call(out, b"mio1_open", 3, 7), prefix, room);
                let call = text(text(call, run).number(term.0).number(first), first_change);
                let call = text(call, after);
                call.number(OPEN_ENTRIES_MAX as u64).number(OPEN_BYTES_MAX as u64);
            }
            Self::Append { room, run, term, add, moves } => {
                let call = call(out, b"mio1_append", 4, 6 + moves.len());
                let call = who_key(room_keys(call, prefix, room), prefix, room, run);
                let mut call = added(text(call, run).number(term.0).number(add.number), &add);
                for moved in moves {
                    call = match moved {
                        Move::In(name) => call.parts(&[b"+", name.as_bytes()]),
                        Move::Out(name) => call.parts(&[b"-", name.as_bytes()]),
                    };
                }
            }
            _ => {}
        }
    }

    fn encode_room(&self, prefix: &str, out: &mut Vec<u8>) {
        match *self {
            Self::Change { room, run, term, add, version, charter, officers } => {
                let call = call(out, b"mio1_change", 3, 8 + 2 * officers.len());
                let call = text(room_keys(call, prefix, room), run);
                let call = added(call.number(term.0).number(add.number), &add);
                let mut call = call.number(version).bytes(charter);
                for (name, run) in officers {
                    let run = run.map(ToString::to_string).unwrap_or_default();
                    call = call.bytes(name.as_bytes()).bytes(run.as_bytes());
                }
            }
            Self::Evict { room, dead, term, count, body, people } => {
                let call = room_keys(call(out, b"mio1_evict", 4, 6), prefix, room);
                let call = text(who_key(call, prefix, room, dead), dead).number(term.0);
                added(call, &Addition { number: 0, count, body }).number(people);
            }
            Self::Names { room, run, most } => {
                let call = Command::new(out, 3).bytes(b"SRANDMEMBER");
                who_key(call, prefix, room, run).number(most);
            }
            _ => {}
        }
    }

    fn encode_name(&self, prefix: &str, out: &mut Vec<u8>) {
        match *self {
            Self::Claim { name, run, shown, lasts, dead } => {
                let call = text(name_key(call(out, b"mio1_claim", 1, 4), prefix, name), run);
                let dead = dead.map(ToString::to_string).unwrap_or_default();
                call.bytes(shown.as_bytes()).number(millis(lasts)).bytes(dead.as_bytes());
            }
            Self::Release { name, run } => {
                text(name_key(call(out, b"mio1_release", 1, 1), prefix, name), run);
            }
            Self::Holder { name } => {
                name_key(Command::new(out, 2).bytes(b"GET"), prefix, name);
            }
            _ => {}
        }
    }

    fn encode_node(&self, prefix: &str, out: &mut Vec<u8>) {
        match *self {
            Self::Beat { run, lasts } => {
                text(leases(call(out, b"mio1_beat", 1, 2), prefix), run).number(millis(lasts));
            }
            Self::Visit { run, room } => {
                rooms(Command::new(out, 3).bytes(b"SADD"), prefix, run).bytes(room.as_bytes());
            }
            Self::Depart { run, room } => {
                rooms(Command::new(out, 3).bytes(b"SREM"), prefix, run).bytes(room.as_bytes());
            }
            Self::Rooms { run, cursor } => {
                let call = rooms(Command::new(out, 5).bytes(b"SSCAN"), prefix, run).number(cursor);
                call.bytes(b"COUNT").number(OPEN_ENTRIES_MAX as u64);
            }
            Self::Janitor { run, dead, lasts } => {
                let call = text(leases(call(out, b"mio1_janitor", 1, 3), prefix), dead);
                text(call, run).number(millis(lasts));
            }
            Self::Bury { run, dead } => {
                let call = rooms(leases(call(out, b"mio1_bury", 2, 2), prefix), prefix, dead);
                text(text(call, dead), run);
            }
            _ => {}
        }
    }

    fn encode_queue(&self, prefix: &str, out: &mut Vec<u8>) {
        match *self {
            Self::Seek { queue, player, need, lasts, data } => {
                let call = queue_key(call(out, b"mio1_seek", 1, 4), prefix, queue)
                    .bytes(player.as_bytes());
                call.number(need.into()).number(millis(lasts)).bytes(data);
            }
            Self::Unseek { queue, player, lasts } => {
                let call = queue_key(call(out, b"mio1_unseek", 1, 2), prefix, queue);
                call.bytes(player.as_bytes()).number(millis(lasts));
            }
            _ => {}
        }
    }
}

/// A call of a function with so many keys and other arguments.
fn call<'o>(out: &'o mut Vec<u8>, function: &[u8], keys: usize, arguments: usize) -> Command<'o> {
    let command = Command::new(out, 3 + keys + arguments).bytes(b"FCALL");
    command.bytes(function).number(keys as u64)
}

/// The log, its meta and the officers of a room.
fn room_keys<'o>(call: Command<'o>, prefix: &str, room: &str) -> Command<'o> {
    ["}log", "}meta", "}officers"].iter().fold(call, |call, kind| {
        call.parts(&[prefix.as_bytes(), b"{", room.as_bytes(), kind.as_bytes()])
    })
}

/// The people of a node in a room.
fn who_key<'o>(call: Command<'o>, prefix: &str, room: &str, run: &NodeRun) -> Command<'o> {
    let run = run.to_string();
    call.parts(&[prefix.as_bytes(), b"{", room.as_bytes(), b"}who:", run.as_bytes()])
}

fn name_key<'o>(call: Command<'o>, prefix: &str, name: &str) -> Command<'o> {
    call.parts(&[prefix.as_bytes(), b"{n:", name.as_bytes(), b"}"])
}

fn queue_key<'o>(call: Command<'o>, prefix: &str, queue: &str) -> Command<'o> {
    call.parts(&[prefix.as_bytes(), b"{q:", queue.as_bytes(), b"}"])
}

fn leases<'o>(call: Command<'o>, prefix: &str) -> Command<'o> {
    call.parts(&[prefix.as_bytes(), b"{nodes}leases"])
}

fn rooms<'o>(call: Command<'o>, prefix: &str, run: &NodeRun) -> Command<'o> {
    let run = run.to_string();
    call.parts(&[prefix.as_bytes(), b"{nodes}rooms:", run.as_bytes()])
}

fn text<'o>(call: Command<'o>, value: impl Display) -> Command<'o> {
    call.bytes(value.to_string().as_bytes())
}

/// For how many messages an entry counts, how many are kept, and what it says.
fn added<'o>(call: Command<'o>, add: &Addition<'_>) -> Command<'o> {
    call.number(add.count.into()).number(LOG_ENTRIES_KEPT.into()).bytes(add.body)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
