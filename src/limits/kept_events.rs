//! Limits of what rooms keep besides messages, for those who read events again.

/// Events that one room keeps: more than one CHATHISTORY tells of.
pub const EVENTS_KEPT_MAX: usize = 128;
/// Bytes of events that one room keeps, each weighed with [`EVENT_WEIGHT`]; the oldest are
/// forgotten. They count for [`HISTORY_TOTAL_BYTES`](super::HISTORY_TOTAL_BYTES), too: where that
/// is full, a room in which something happens forgets its events, and messages stay.
pub const EVENTS_KEPT_BYTES: usize = 24 * 1_024;
/// Memory of an event besides its texts.
pub const EVENT_WEIGHT: usize = 144;
