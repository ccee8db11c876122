//! The side that connects: whom it trusts, and its end of a connection.
//!
//! ```text
//!     Connector       one server: its name, whom to trust, tickets     made once
//!        |  \----->  verifier, which rustls asks                       Trust -> Verdict, Distrust
//!     ClientChannel   one connection: plain bytes <-> a socket         one each time
//! ```

mod channel;
mod connector;
mod error;
#[cfg(test)]
mod test_server;
mod verifier;

pub use super::Fingerprint;
pub use channel::{ClientChannel, Heard};
pub use connector::{Connector, Target, Trust};
pub use error::{ClientError, Distrust};
pub use verifier::{Known, Verdict};
