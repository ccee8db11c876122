//! Limits of the record layer that goes on with the sessions of another process.

use std::time::Duration;

use super::TLS_RECORD_PLAIN_MAX;

/// Bytes of an encrypted record behind its header in TLS 1.3. Fixed: RFC 8446 §5.2.
pub const TLS13_RECORD_BYTES_MAX: usize = TLS_RECORD_PLAIN_MAX + 256;
/// Records with one key of AES-GCM. More would let an observer tell texts from noise with a
/// probability that matters: RFC 8446 §5.5, where records are full (2^24.5).
pub const TLS_GCM_RECORDS_MAX: u64 = 1 << 24;
/// Generations of keys that a handed-over session has in advance, for each direction: they are
/// computed from a secret that only rustls knows. Programs change their keys every 2^24 records, if
/// at all, so these last for weeks; who needs more of them has to connect again.
pub const TLS_KEYS_AHEAD: usize = 2;
/// Records in a row that carry no text (empty ones, warnings, requests for other keys or for a
/// handshake). No program sends two; each costs as much as a record with text, and says nothing.
pub const TLS_SILENT_RECORDS_MAX: u8 = 32;
/// Time for which a key makes tickets; it reads them for as long again. A ticket's key, found
/// later, opens what was said in sessions that began with the ticket alone. rustls keeps its own as
/// long.
pub const TLS_TICKET_KEY_LASTS: Duration = Duration::from_secs(6 * 60 * 60);
/// Bytes of the longest ticket. One takes some 150, or the certificate of a client besides, which
/// none has here.
pub const TLS_TICKET_BYTES_MAX: usize = 4 * 1_024;
