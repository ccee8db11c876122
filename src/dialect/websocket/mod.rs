//! WebSocket (RFC 6455), the server's end, from the first frame on: frames, and messages of them.
//!
//! ```text
//!     frame     headers, masks
//!     message   frames put together, answered where that is all there is to do
//! ```
//!
//! No extension is ever agreed to, so what everybody reads is the same for everybody.

pub mod frame;
pub mod message;
