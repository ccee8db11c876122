//! Encryption: TLS 1.2 and 1.3, for the server and for what connects to it.
//!
//! All that is known of rustls is known here, for its next version has another interface. What
//! comes in and goes out are bytes: sockets are left to `net`, `client` and `load`, files to `cli`.

#[cfg(feature = "server")]
mod acceptor;
#[cfg(feature = "server")]
mod certificate;
#[cfg(feature = "server")]
mod channel;
pub mod client;
#[cfg(feature = "server")]
mod error;
mod fingerprint;
#[cfg(feature = "server")]
mod identity;
#[cfg(feature = "server")]
mod outcome;
#[cfg(feature = "server")]
mod records;
#[cfg(feature = "server")]
mod secret;
#[cfg(feature = "server")]
mod self_signed;
#[cfg(all(test, feature = "server"))]
mod testing;
#[cfg(feature = "server")]
mod tickets;
mod unbuffered;
mod x509;

#[cfg(feature = "server")]
pub use acceptor::Acceptor;
#[cfg(feature = "server")]
pub(crate) use acceptor::AcceptorState;
#[cfg(feature = "server")]
pub use certificate::Certificate;
#[cfg(feature = "server")]
pub use channel::ChannelState;
#[cfg(feature = "server")]
pub use channel::{Channel, ChannelError, FIRST_BYTE, Received, Scratch};
#[cfg(feature = "server")]
pub use error::{IdentityError, TlsError};
pub use fingerprint::{Fingerprint, NoFingerprint};
#[cfg(feature = "server")]
pub use identity::Identity;
#[cfg(feature = "server")]
pub use outcome::Sent;
#[cfg(feature = "server")]
pub(crate) use secret::wipe;
#[cfg(feature = "server")]
pub use self_signed::SelfSigned;

/// Whether clients are shown the same by both: see [`Acceptor::is_like`].
#[cfg(feature = "server")]
pub fn are_alike(one: Option<&Acceptor>, other: Option<&Acceptor>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_like(other),
        (None, None) => true,
        _ => false,
    }
}
