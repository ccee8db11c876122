//! Encryption in a program that was built without the feature `tls`: there is none, whoever asks
//! for it is told so, and nothing of the types that stand for it can be made.

#[path = "client/absent.rs"]
pub mod client;
#[cfg(feature = "server")]
mod outcome;
#[cfg(feature = "server")]
#[path = "absent_server.rs"]
mod server;

#[cfg(feature = "server")]
pub use outcome::Sent;
#[cfg(feature = "server")]
pub use server::{
    Acceptor, Certificate, Channel, ChannelError, ChannelState, FIRST_BYTE, Identity,
    IdentityError, Received, Scratch, SelfSigned, TlsError, are_alike,
};
#[cfg(feature = "server")]
pub(crate) use server::{AcceptorState, wipe};
