//! Limits of rooms and of the rules that hold in them.

use std::time::Duration;

/// Bytes of a room's name (UTF-8).
pub const ROOM_NAME_BYTES_MAX: usize = 64;
/// Columns that a room's name may take on a terminal: as many characters as IRC networks allow.
pub const ROOM_NAME_COLUMNS_MAX: usize = 50;
/// Bytes of a mask that a ban or an exception is on: the longest source that it could name, and
/// some for wildcards.
pub const MASK_BYTES_MAX: usize = 128;
/// Bans and mutes of one room that people on IRC set, and the same for each kind of exception:
/// those on masks are looked through one by one for each newcomer.
pub const MASKS_MAX: usize = 100;
/// People who have a voice in one room, beside its operators.
pub const VOICED_MAX: usize = 256;
/// Invitations that wait for one person; of more, the oldest is forgotten.
pub const ROOM_INVITATIONS_MAX: usize = 32;
/// How long an invitation into a room holds.
pub const ROOM_INVITATION_LASTS: Duration = Duration::from_secs(24 * 60 * 60);
/// Rooms with another name that is not stored yet, at some 200 bytes each; more are refused until
/// the disk can be written again.
pub const RENAMES_UNSAVED_MAX: usize = 256;
/// Accounts whose read marks follow a room that gets another name, of those whose owners are not
/// here, at some 10 us each; to others it is a room in which they have read nothing.
pub const READ_MARKS_MOVED_MAX: usize = 4_096;

/// Events that one room keeps: more than one CHATHISTORY tells of.
pub const EVENTS_KEPT_MAX: usize = 128;
/// Bytes of events that one room keeps, each weighed with [`EVENT_WEIGHT`]; the oldest are
/// forgotten. They count for [`HISTORY_TOTAL_BYTES`](super::HISTORY_TOTAL_BYTES), too: where that
/// is full, a room in which something happens forgets its events, and messages stay.
pub const EVENTS_KEPT_BYTES: usize = 24 * 1_024;
/// Memory of an event besides its texts.
pub const EVENT_WEIGHT: usize = 144;
