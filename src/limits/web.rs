//! HTTP on the chat port.

use std::time::Duration;

// ---- One request -------------------------------------------------------------------------

/// Bytes of the head of a request, its first line included: what nginx and Apache take, and many
/// times what a browser sends to a server without cookies.
pub const HTTP_HEAD_BYTES_MAX: usize = 8 * 1_024;
/// Lines of the head of a request; browsers send 20.
pub const HTTP_HEADERS_MAX: usize = 64;
/// Bytes of a body: eight lines of the chat, and what Slack's and Discord's forms put around one.
pub const HTTP_BODY_BYTES_MAX: usize = 8 * 1_024;
/// The same as it is sent in chunks, with the sizes of these: enough for chunks of a few bytes.
pub const HTTP_CHUNKED_BYTES_MAX: usize = 3 * HTTP_BODY_BYTES_MAX;
/// Digits of the size of a chunk: enough for every size that is allowed, with leading zeros.
pub const HTTP_CHUNK_DIGITS_MAX: u8 = 8;
/// Bytes of a request in all, and of what may come right behind it.
pub const HTTP_REQUEST_BYTES_MAX: usize =
    HTTP_HEAD_BYTES_MAX + HTTP_CHUNKED_BYTES_MAX + HTTP_BEHIND_BYTES_MAX;
/// Bytes read at once behind a request: the first frames of a WebSocket client that does not wait.
pub const HTTP_BEHIND_BYTES_MAX: usize = 4 * 1_024;
/// How long the head of a request may take, from its first byte to its last …
pub const HTTP_HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// … and then its body.
pub const HTTP_BODY_PATIENCE: Duration = Duration::from_secs(10);

// ---- All requests ------------------------------------------------------------------------

/// Requests that are neither answered nor upgraded, at up to 40 KiB each; for one more the oldest
/// goes …
pub const HTTP_REQUESTS_MAX: usize = 256;
/// … and so many of them from one IPv4 address or IPv6 /64, loopback exempt: a browser has six
/// connections to a server at once, and a classroom opens the page together.
pub const HTTP_REQUESTS_PER_ADDRESS: usize = 16;
/// In so many seconds who was refused for these may ask again.
pub const HTTP_RETRY_SECONDS: u32 = 2;
/// How long an address from which HTTP was spoken counts as one with browsers, which open
/// connections that they leave silent …
pub const BROWSER_MEMORY: Duration = Duration::from_secs(10 * 60);
/// … and how long a silent client from there waits for the prompt, unless `--greet-after` is more.
pub const GREET_BROWSER_AFTER: Duration = Duration::from_secs(2);
/// Addresses with browsers that are remembered, at 32 bytes each; of more, the one that was longest
/// silent is forgotten.
pub const BROWSERS_MAX: usize = 1_024;

// ---- Answers -----------------------------------------------------------------------------

/// Messages of a room in one answer, unless fewer are asked for.
pub const HTTP_MESSAGES: usize = 100;
/// The most that may be asked for.
pub const HTTP_MESSAGES_MAX: usize = 1_000;

// ---- Who may ask -------------------------------------------------------------------------

/// Bytes of one `--web-origin`: more than a scheme, a host's name and a port can have.
pub const WEB_ORIGIN_BYTES_MAX: usize = 280;

// ---- Streams of events -------------------------------------------------------------------

/// How long nothing may be said to a listener before it is sent a comment: proxies take a
/// connection for dead after 30 to 60 s.
pub const LISTENER_SILENCE: Duration = Duration::from_secs(25);
