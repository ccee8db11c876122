//! WebSocket (RFC 6455), the server's end, from the first frame on: frames, and messages of them.
//!
//! ```text
//!     frame     headers, masks
//!     message   frames put together, answered where that is all there is to do
//!     pongs     how often a client is answered that asks whether the server is there
//!     decoder   requests of JSON dialect 1 in messages, as steps
//!     farewell  why the server closes
//! ```
//!
//! No extension is ever agreed to, so what everybody reads is the same for everybody.

mod decoder;
mod farewell;
pub mod frame;
pub mod message;
pub mod pongs;

pub use decoder::{WebSocketDecoder, WebSocketSteps};
pub(super) use farewell::farewell;
