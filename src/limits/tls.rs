//! Encryption on the chat port.

use std::time::Duration;

/// How long a handshake may take, from its first byte to its last.
pub const TLS_HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a handshake from the client: four times what a browser sends with every extension and a
/// post-quantum key.
pub const TLS_HANDSHAKE_BYTES_MAX: usize = 16 * 1_024;
/// Steps of handshakes in one turn, of which each has two: at up to 130 µs for the dearer one that
/// is 2 ms, and 4 ms where all are such, in which everybody else waits.
pub const TLS_HANDSHAKE_STEPS_PER_TURN: usize = 32;
/// Plain bytes of one record (RFC 8446 §5.1).
pub const TLS_RECORD_PLAIN_MAX: usize = 16 * 1_024;
/// Bytes of one record, with its header and all that encryption may add (RFC 5246 §6.2.3, which
/// allows more than RFC 8446 does).
pub const TLS_RECORD_BYTES_MAX: usize = 5 + TLS_RECORD_PLAIN_MAX + 2_048;
/// Bytes that the ciphers in use add to one record at most: header, explicit nonce, tag, type.
pub const TLS_RECORD_OVERHEAD_MAX: usize = 5 + 8 + 16 + 1;
/// Bytes that wait for a socket which were said in a handshake, or in answer to requests for other
/// keys: several times what the longest chain of certificates takes.
pub const TLS_FLIGHT_BYTES_MAX: usize = 64 * 1_024;
/// Bytes of the buffer that a client reads into: room for what one record says, one that has begun,
/// and what a read brings.
pub const TLS_ROOM_BYTES: usize = 64 * 1_024;
/// Bytes that a client encrypts in one go: four records, which a socket takes at once if it takes
/// anything.
pub const TLS_SEALED_AT_ONCE: usize = 4 * TLS_RECORD_PLAIN_MAX;
/// Bytes of the line by which a server turns a client away before it speaks TLS: five times what
/// ours says. Fixed.
pub const TLS_PLAIN_LINE_BYTES_MAX: usize = 512;

const _: () = assert!(TLS_ROOM_BYTES >= 3 * TLS_RECORD_BYTES_MAX);
