//! Certificates for TLS.

use std::time::Duration;

/// Certificates in one file: the server's, and those that vouch for it. Most have two or three;
/// clients follow ten at most.
pub const CERTIFICATE_CHAIN_MAX: usize = 10;
/// Time before the end of a certificate at which the log begins to warn: Let's Encrypt's are to be
/// renewed 30 days before it, so something has gone wrong for two weeks.
pub const CERTIFICATE_WARNING: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Time between two such warnings.
pub const CERTIFICATE_WARNING_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a self-signed certificate lasts: ten years, for whoever trusts it has compared its
/// fingerprint by hand.
pub const SELF_SIGNED_LASTS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// How much earlier than now it begins, for clients whose clocks are slow.
pub const SELF_SIGNED_BACKDATED: Duration = Duration::from_secs(24 * 60 * 60);
/// Certificates of one server, each for other hosts: a client's is found by trying one after the
/// other, in a microsecond each.
pub const CERTIFICATES_MAX: usize = 32;
