//! Limits of what is known of people besides their nicknames.

/// Digits of a cloak, to the base of 36: 51 bits, so that of a million networks hardly
/// two share one.
pub const CLOAK_DIGITS: usize = 10;
/// Characters of a user name, as other servers of IRC allow.
pub const USER_NAME_CHARACTERS_MAX: usize = 10;
/// Bytes of a real name: it is part of a line of 512 bytes together with names.
pub const REAL_NAME_BYTES_MAX: usize = 150;
