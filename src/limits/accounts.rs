//! Limits of accounts: passwords, log-ins, registrations.

use std::time::Duration;

/// Bytes of an account's password: irctest's longest that fits into a line, and no more to be
/// hashed than two blocks would hold.
pub const ACCOUNT_PASSWORD_BYTES_MAX: usize = 512;
/// Bytes of Base64 in one line of a SASL exchange (IRCv3) …
pub const SASL_CHUNK_BYTES: usize = 400;
/// … and in one message: three such lines hold any password that there may be.
pub const SASL_BYTES_MAX: usize = 1_200;
/// Bytes of one SASL message: what 1,200 bytes in chunks of 400 make when they are decoded.
pub const SCRAM_MESSAGE_BYTES_MAX: usize = 900;
/// Bytes of an address for letters: what RFC 5321 allows.
pub const EMAIL_BYTES_MAX: usize = 254;
/// Accounts that are stored, and in memory at 250 bytes each: who looks for names that are taken
/// would need 33,000 networks for an hour to fill the table.
pub const ACCOUNTS_MAX: usize = 100_000;
/// Rounds of a new account's password, by default. A sixth of what an operator's takes, because
/// everybody's are checked here, 1,000 of them after a restart …
pub const ACCOUNT_ROUNDS: u32 = 100_000;
/// … and no fewer than a client of SCRAM-SHA-256 has to insist on (RFC 7677).
pub const ACCOUNT_ROUNDS_MIN: u32 = 4_096;
/// Wrong passwords of accounts after which a client is closed.
pub const WRONG_LOGINS_MAX: u8 = 3;
/// Accounts that may be registered from one network, loopback exempt …
pub const REGISTRATIONS_PER_NETWORK: u32 = 3;
/// … and from all around it: ten such networks …
pub const REGISTRATIONS_PER_PREFIX: u32 = 30;
/// … in so long.
pub const REGISTRATIONS_SPAN: Duration = Duration::from_secs(3_600);
/// Networks of which it is known how many accounts were registered from there.
pub const REGISTRATION_NETWORKS_MAX: usize = 4_096;
/// Networks for which it is known when their next log-in is checked.
pub const LOGIN_NETWORKS_MAX: usize = 4_096;
/// Clients from different networks whose passwords wait to be checked, above which …
pub const LOGIN_CROWD: usize = 8;
/// … the pause between rounds is as long as they took, and no longer four times as long: a crowd
/// that comes back waits half as long, and takes half of the server at most.
pub const LOGIN_CROWD_PAUSE_SHARE: u32 = 1;
/// Passwords of gateways that were proved and are remembered as a hash: more than there are lines
/// in any such file; who was forgotten is checked anew.
pub const GATEWAYS_PROVED_MAX: usize = 64;
/// Passwords that were proved and are remembered as a hash: one of each account.
pub const PROVED_MAX: usize = ACCOUNTS_MAX;
