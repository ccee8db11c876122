//! Limits of a cluster: what is sent to the engine, read from it, and held for it.

use std::time::Duration;

/// Bytes of one frame that the engine sends: two full answers to an `open`, and no more memory than
/// that for an engine that has gone mad.
pub const RESP_FRAME_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// Bytes of a line within a frame. Redis's own errors take a few hundred.
pub const RESP_LINE_BYTES_MAX: usize = 16 * 1_024;
/// Values in one frame, those that hold others included: the names of a room of 60,000.
pub const RESP_VALUES_MAX: usize = 65_536;
/// How deep values may lie within others: an answer to an `open` takes four.
pub const RESP_DEPTH_MAX: usize = 8;
/// Bytes of one entry's body: what a node adds to a room in one turn.
pub const ENTRY_BYTES_MAX: usize = 64 * 1_024;
/// Messages that one entry counts for: twice the lines that 64 KiB hold.
pub const ENTRY_MESSAGES_MAX: u32 = 65_536;
/// Entries that an answer to an `open` holds …
pub const OPEN_ENTRIES_MAX: usize = 256;
/// … and bytes of them, after which it ends with the entry that is begun. The rest is asked for.
pub const OPEN_BYTES_MAX: usize = 256 * 1_024;
/// Entries that the engine keeps of a room, by default: as many as a room remembers messages.
pub const LOG_ENTRIES_KEPT: u32 = 128;
/// Characters of a node's name: they stand in every entry.
pub const NODE_NAME_CHARS_MAX: usize = 16;
/// Bytes of questions that wait to be written to the engine, above which no more are taken: what
/// 10,000 lines take, and a link of 1 Mbit/s carries in two seconds.
pub const LINK_BYTES_MAX: usize = 256 * 1_024;
/// Questions that are asked and not answered, above which no more are taken.
pub const LINK_QUESTIONS_MAX: usize = 16_384;
/// How long the engine may be silent, or a hello take, before it counts as gone.
pub const ENGINE_SILENCE_MAX: Duration = Duration::from_secs(3);
/// How often the engine is asked whether it is there.
pub const ENGINE_PING_EVERY: Duration = Duration::from_secs(1);
/// The first pause before the engine is connected to again, give or take a half …
pub const RECONNECT_PAUSE_MIN: Duration = Duration::from_millis(50);
/// … and the longest, to which it doubles.
pub const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Bytes of a node's own entries that are not in a log yet, above which it takes no more.
pub const UNLOGGED_BYTES_MAX: usize = 256 * 1_024;
/// How long a node keeps its own entries after they came back from the log: longer than a replica
/// that is promoted may be behind …
pub const HELD_FOR: Duration = Duration::from_secs(10);
/// … and bytes of them on one link. The oldest go first.
pub const HELD_BYTES_MAX: usize = 1_024 * 1_024;
/// Rooms that are being opened at once: the answers are what a link brings in a second.
pub const OPENS_IN_FLIGHT_MAX: usize = 64;
/// The pause before a room is opened again that the engine refused: it may be out of memory.
pub const OPEN_AGAIN_PAUSE: Duration = Duration::from_millis(200);
/// Authors of one room of whom it is known what was shown: 200 nodes, some of them twice.
pub const LOG_AUTHORS_MAX: usize = 512;
/// How long a node's lease lasts at the engine …
pub const LEASE: Duration = Duration::from_secs(5);
/// … after how long the node itself takes it for lost, counted from its last answered beat …
pub const LEASE_TRUSTED: Duration = Duration::from_secs(4);
/// … and how often it is renewed.
pub const BEAT_EVERY: Duration = Duration::from_secs(1);
/// Nodes of which leases are known. 200 share a room's log well; more need a mirror.
pub const NODES_MAX: usize = 1_024;

const _: () = {
    assert!(OPEN_BYTES_MAX + 2 * ENTRY_BYTES_MAX < RESP_FRAME_BYTES_MAX);
    assert!(8 * OPEN_ENTRIES_MAX + 8 * NODES_MAX < RESP_VALUES_MAX);
    assert!(UNLOGGED_BYTES_MAX < HELD_BYTES_MAX && ENTRY_BYTES_MAX < UNLOGGED_BYTES_MAX);
    assert!(LEASE_TRUSTED.as_millis() < LEASE.as_millis());
    assert!(ENGINE_SILENCE_MAX.as_millis() < LEASE_TRUSTED.as_millis());
};
