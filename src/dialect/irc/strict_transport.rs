//! STS: clients that come in plain text are told at which port they can come encrypted, and those
//! that do for how long they are to come in no other way. Source: IRCv3 `sts`.
//!
//! The capability is told, and cannot be taken. A client believes the port only in plain text and
//! the duration only over TLS, so nobody who changes plain text on its way can end a policy.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dialect::encryption::Security;

/// What the operator has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrictTransport {
    /// For how many seconds from each connection on a client is to come encrypted; zero: not any
    /// more, whatever it was told before.
    pub seconds: u32,
    /// The port at which TLS is spoken; `None`: the first one that the server listens at.
    pub port: Option<u16>,
}

impl StrictTransport {
    /// What a client is told whose bytes come so; `None`: nothing. A certificate that nobody
    /// vouches for would shut its client out for as long as the policy lasts.
    pub(super) fn told_to(self, security: Security) -> Option<TransportPolicy> {
        match security {
            Security::Plain => {
                let port = self.port.filter(|_| self.seconds > 0)?;
                Some(TransportPolicy { seconds: None, port: Some(port) })
            }
            Security::Encrypted => None,
            Security::Public => {
                Some(TransportPolicy { seconds: Some(self.seconds), port: self.port })
            }
        }
    }
}

/// What one client is told, written as a capability with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TransportPolicy {
    seconds: Option<u32>,
    port: Option<u16>,
}

impl fmt::Display for TransportPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds.map(|seconds| format!("duration={seconds}"));
        let port = self.port.map(|port| format!("port={port}"));
        let keys: Vec<String> = [seconds, port].into_iter().flatten().collect();
        write!(f, "sts={}", keys.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_what_it_may_believe() {
        let told = |seconds, port| {
            let policy = StrictTransport { seconds, port };
            [Security::Plain, Security::Encrypted, Security::Public].map(|security| {
                let told = policy.told_to(security);
                told.map(|told| told.to_string()).unwrap_or_default()
            })
        };
        assert_eq!(told(60, Some(6697)), ["sts=port=6697", "", "sts=duration=60,port=6697"]);
        assert_eq!(told(0, Some(6697)), ["", "", "sts=duration=0,port=6697"]);
        assert_eq!(told(60, None), ["", "", "sts=duration=60"]);
    }
}
