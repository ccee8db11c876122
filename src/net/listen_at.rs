//! Places to listen at, as the flags name them.

use std::net::SocketAddr;

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenAt {
    /// On every address of this machine, IPv4 and, where there is one, IPv6.
    Everywhere(u16),
    /// On this address alone.
    Address(SocketAddr),
}
