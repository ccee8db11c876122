//! Limits of WebSocket connections.

use super::{FLOOD_BYTES_PER_LINE, JSON_LINE_BYTES_MAX};

/// Bytes of one message from a client. Fixed: a request holds a line of 1,000 bytes, which takes
/// six times as many where each is escaped (`\u0041`) only if somebody tries hard.
pub const WEBSOCKET_MESSAGE_BYTES_MAX: usize = 4 * 1_024;
/// Fragments of one message from a client. Programs send whole messages; 32 of 128 bytes make up
/// the longest.
pub const WEBSOCKET_FRAGMENTS_MAX: u16 = 32;
/// Bytes of the payload of a ping, a pong or a close (RFC 6455 §5.5).
pub const WEBSOCKET_CONTROL_BYTES_MAX: usize = 125;
/// Pings of a client that are answered in one second: programs send one in 20 s. More say nothing.
pub const WEBSOCKET_PONGS_PER_SECOND: u8 = 4;
/// What a frame that says nothing costs, in bytes of text: a line, or frames of six bytes would be
/// free. Such are a pong that nobody asked for, a fragment without a byte, and a ping too many.
pub const WEBSOCKET_EMPTY_FRAME_COST: usize = FLOOD_BYTES_PER_LINE;
/// Bytes of the reason in a close: what is left of a control frame behind the code.
pub const WEBSOCKET_REASON_BYTES_MAX: usize = WEBSOCKET_CONTROL_BYTES_MAX - 2;
/// Bytes from a WebSocket client without a nickname: the request that began it, and two of the
/// longest messages.
pub const WEBSOCKET_REGISTER_BYTES_MAX: usize = 16 * 1_024;

const _: () = assert!(JSON_LINE_BYTES_MAX < 64 * 1_024, "an object fits a length of two bytes");
