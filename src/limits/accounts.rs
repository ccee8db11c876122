//! Limits of accounts: passwords, log-ins, registrations.

/// Bytes of an account's password: irctest's longest that fits into a line, and no more to be
/// hashed than two blocks would hold.
pub const ACCOUNT_PASSWORD_BYTES_MAX: usize = 512;
/// Bytes of one SASL message: what 1,200 bytes in chunks of 400 make when they are decoded.
pub const SCRAM_MESSAGE_BYTES_MAX: usize = 900;
