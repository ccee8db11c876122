//! Encryption: TLS 1.2 and 1.3, for the server and for what connects to it.
//!
//! All that is known of rustls is known here, for its next version has another interface. What
//! comes in and goes out are bytes: sockets are left to `net`, `client` and `load`, files to `cli`.

mod acceptor;
mod certificate;
mod channel;
pub mod client;
mod error;
mod fingerprint;
mod identity;
#[cfg(feature = "server")]
#[allow(dead_code, reason = "channels will hand their sessions over")]
mod records;
#[cfg(feature = "server")]
mod secret;
mod self_signed;
#[cfg(test)]
mod testing;

pub use acceptor::Acceptor;
pub use certificate::Certificate;
pub use channel::{Channel, ChannelError, FIRST_BYTE, Received, Scratch, Sent};
pub use error::{IdentityError, TlsError};
pub use fingerprint::{Fingerprint, NoFingerprint};
pub use identity::Identity;
#[cfg(feature = "server")]
pub(crate) use secret::wipe;
pub use self_signed::SelfSigned;
