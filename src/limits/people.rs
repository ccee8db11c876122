//! Limits of what is known of people besides their nicknames.

/// Digits of a cloak, to the base of 36: 51 bits, so that of a million networks hardly
/// two share one.
pub const CLOAK_DIGITS: usize = 10;
/// Characters of a user name, as other servers of IRC allow.
pub const USER_NAME_CHARACTERS_MAX: usize = 10;
/// Bytes of a real name: it is part of a line of 512 bytes together with names.
pub const REAL_NAME_BYTES_MAX: usize = 150;
/// Bytes of what others are told while somebody is away, which is part of a line of 512 bytes.
pub const AWAY_BYTES_MAX: usize = 200;
/// People whom one member watches: each is a list that every newcomer of that name is looked up in.
pub const WATCHED_MAX: usize = 100;
/// People that one search tells of: what is told of them fits an outbox with room to spare.
pub const FOUND_MAX: usize = 1_000;
/// People told of by a search that cost as much as a line: so many take about as long to tell of.
pub const FOUND_PER_LINE: usize = 50;
/// People that one question asks for, who is here and from where (RFC 2812).
pub const LOCATED_MAX: usize = 5;
/// People who have left and are remembered: so that one can ask who somebody was a while ago.
pub const GONE_MAX: usize = 128;
