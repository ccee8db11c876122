//! Addresses that speak HTTP, and so may have browsers: those open connections ahead of need and
//! leave them silent, and a prompt on one would come before the answer to its first request.

use std::collections::HashMap;
use std::time::Duration;

use crate::chat::Network;
use crate::id::ClientId;
use crate::limits::{BROWSER_MEMORY, BROWSERS_MAX, GREET_BROWSER_AFTER};
use crate::server::Server;
use crate::time::Time;

/// Where HTTP was spoken from, and when it was last; `None` is loopback, which is one place.
#[derive(Debug, Default)]
pub(in crate::server) struct Browsers(HashMap<Option<Network>, Time>);

impl Browsers {
    /// HTTP is spoken from there, or another language whose first bytes a prompt would spoil.
    pub(in crate::server) fn note(&mut self, now: Time, network: Option<Network>) {
        if self.0.len() >= BROWSERS_MAX && !self.0.contains_key(&network) {
            let longest_silent = self.0.iter().min_by_key(|(_, last)| **last);
            if let Some(network) = longest_silent.map(|(network, _)| *network) {
                self.0.remove(&network);
            }
        }
        self.0.insert(network, now);
    }

    /// The same, for another process.
    pub(in crate::server) fn handed_over(&self) -> Vec<(Option<Network>, Time)> {
        self.0.iter().map(|(network, last)| (*network, *last)).collect()
    }

    /// Takes over what another process has noted.
    pub(in crate::server) fn take_over(&mut self, noted: Vec<(Option<Network>, Time)>) {
        self.0 = noted.into_iter().take(BROWSERS_MAX).collect();
    }

    /// Whether there may be browsers.
    fn are_at(&self, now: Time, network: Option<Network>) -> bool {
        self.0.get(&network).is_some_and(|last| now < *last + BROWSER_MEMORY)
    }
}

impl Server {
    /// Whether a silent client is given more time before it is prompted, as it may be a browser's.
    pub(in crate::server) fn may_be_browser(&mut self, now: Time, id: ClientId) -> bool {
        let Some(session) = self.sessions.get_mut(id) else { return false };
        let network = self.admission.origins.network(session.origin);
        let waited = now.since(session.since);
        session.may_be_browser =
            waited < GREET_BROWSER_AFTER && self.web.browsers.are_at(now, network);
        session.may_be_browser
    }
}

/// How long such a client waits for the prompt where others wait so long.
pub(in crate::server) fn patience(usual: Duration) -> Duration {
    usual.max(GREET_BROWSER_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_with_browsers_are_forgotten() {
        let network = |last: u8| Network::of([192, 0, 2, last].into());
        let mut browsers = Browsers::default();
        browsers.note(Time::ZERO, network(1));
        browsers.note(Time::ZERO + BROWSER_MEMORY / 2, None);
        let later = Time::ZERO + BROWSER_MEMORY;
        assert!(!browsers.are_at(later, network(1)) && browsers.are_at(later, None));
        assert!(!browsers.are_at(later, network(2)));
        for number in 0..BROWSERS_MAX as u32 + 9 {
            let address: std::net::Ipv4Addr = (0x0B00_0000 + number).into();
            browsers.note(later, Network::of(address.into()));
        }
        assert_eq!(browsers.0.len(), BROWSERS_MAX);
        assert!(!browsers.are_at(later, None), "it was longest silent");
    }
}
