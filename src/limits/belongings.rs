//! Limits of what is kept for people and rooms: read marks.

/// Conversations of one account, or of one client without one, for which it is known up to when
/// they were read; of more, the one that was read longest ago is forgotten. More than a client
/// joins rooms, and 4 KB.
pub const READ_MARKS_MAX: usize = 100;
