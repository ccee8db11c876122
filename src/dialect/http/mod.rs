//! HTTP: one request a connection, and one answer.
//!
//! ```text
//!     decoder       one client's request, as it comes
//!     head, body    what comes, put together and marked off
//!     origin        who may ask, and by which name we may be called
//!     request       what is asked for (routes); text: what a body says; upgrade: WebSocket
//!     response      answers; error: why not; page: the chat page
//!     event_stream  what happens in a room, event by event
//! ```
//!
//! Whoever begins with HTTP speaks it for good: no byte behind the first verb is ever a line of the
//! chat, because a web page can make a browser send any bytes anywhere. There is no second request
//! on a connection, so that nobody has to know where one ends and the next begins.
//!
//! Invariants: a request is answered once; what is decided does not depend on how its bytes came.

mod body;
pub(super) mod decoder;
mod error;
pub(super) mod event_stream;
mod head;
mod origin;
mod page;
mod percent;
mod request;
mod response;
mod text;
mod upgrade;

pub use error::HttpError;
pub use origin::{AccountOffer, NoOrigin, Spoken, WebOrigin};
pub use request::{AnswerForm, WebCall, WebRequest};
pub(super) use response::reply;
pub use response::{WebAnswer, answer};
pub use text::{PostForm, WebPost};

pub(super) use upgrade::Subprotocol;
pub use upgrade::accept;
