//! What clients come by, as one process hands it over to another: so that they come back by their
//! tickets, and find the certificate that they have learned to trust.

use serde::{Deserialize, Serialize};

use super::Acceptor;
use crate::tls::secret::wipe;
use crate::tls::self_signed::SelfSigned;
use crate::tls::tickets::TicketsState;

/// What clients come by, as one process hands it over to another.
#[derive(Serialize, Deserialize)]
pub(crate) struct AcceptorState {
    tickets: TicketsState,
    /// The pair that is kept nowhere, if there is one.
    #[serde(default)]
    unkept: Option<PairState>,
}

/// A certificate and its key, both in PEM.
#[derive(Serialize, Deserialize)]
struct PairState {
    certificate: String,
    key: String,
}

impl Drop for PairState {
    fn drop(&mut self) {
        wipe(&mut std::mem::take(&mut self.key).into_bytes());
    }
}

impl Acceptor {
    /// What whoever comes next goes on with: another process, or this one when its settings have
    /// changed.
    pub(crate) fn handed_over(&self) -> AcceptorState {
        let pair = |pair: &SelfSigned| PairState {
            certificate: pair.certificate.clone(),
            key: pair.key.clone(),
        };
        AcceptorState {
            tickets: self.tickets.handed_over(),
            unkept: self.unkept.as_deref().map(pair),
        }
    }

    /// The same, going on with what was given out before: with the tickets, and, if the certificate
    /// was just made and is kept nowhere, with the one that clients know.
    #[must_use]
    pub(crate) fn going_on(self, before: &AcceptorState) -> Self {
        let known = before.unkept.as_ref().filter(|_| self.unkept.is_some()).and_then(|pair| {
            let (certificate, key) = (pair.certificate.clone(), pair.key.clone());
            Self::unkept(SelfSigned { certificate, key }).ok()
        });
        let acceptor = known.unwrap_or(self);
        acceptor.tickets.take_over(&before.tickets);
        acceptor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::testing::{issue, self_signed};

    fn hand_over(from: &Acceptor, to: Acceptor) -> Acceptor {
        let document = serde_json::to_string(&from.handed_over()).unwrap();
        to.going_on(&serde_json::from_str(&document).unwrap())
    }

    #[test]
    fn a_certificate_that_is_kept_nowhere_is_handed_over_to_whoever_has_no_other() {
        let own = || Acceptor::unkept(self_signed()).unwrap();
        let (first, second) = (own(), own());
        assert_ne!(first.certificates(), second.certificates());
        let third = hand_over(&hand_over(&first, second), own());
        assert_eq!(third.certificates(), first.certificates());
        let bought = Acceptor::new(vec![issue(&["one.example"]).identity()]).unwrap();
        let shown = bought.certificates().to_vec();
        assert_eq!(hand_over(&first, bought).certificates(), shown);
    }
}
