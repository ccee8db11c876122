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
/// People told of by one search who are charged to its client. It is told of more only as fast as
/// it reads.
pub const FOUND_CHARGED_MAX: usize = 1_000;
/// People or rooms told of at once; more are told when these were sent. The longest rows that may
/// be, of a line each, take less than the backlog at which comings and goings are left out.
pub const ROWS_PER_PART: usize = 100;
/// Names told at once, where names are all that is told: the longest that may be, with user names
/// and cloaks, take no more than that.
pub const NAMES_PER_PART: usize = 500;
/// People or rooms looked at for one part of what a mask matches: so many take about as long as it
/// takes to tell of a part.
pub const LOOKED_AT_PER_PART: usize = 2_500;
/// Parts of long lists told in a turn, to different clients: about two milliseconds.
pub const PARTS_PER_TURN: usize = 16;
/// Bytes waiting for a client above which the rest of what one of its lines asks for waits, until
/// fewer do. A part of a list is told only below it, so that no outbox comes near its hard limit.
pub const ANSWER_BACKLOG_MAX: usize = 16 * 1_024;
/// People told of by a search that cost as much as a line: so many take about as long to tell of.
pub const FOUND_PER_LINE: usize = 50;
/// People that one question asks for, who is here and from where (RFC 2812).
pub const LOCATED_MAX: usize = 5;
/// People who have left and are remembered: so that one can ask who somebody was a while ago.
pub const GONE_MAX: usize = 128;
