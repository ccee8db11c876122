//! Gateways: programs at known addresses that come for people elsewhere, each with a password.
//!
//! Who was introduced by one is counted, charged, banned and cloaked by its own address from then
//! on. A gateway's password waits in the queue of log-ins like any other; once it was proved it is
//! remembered as a hash under the secret of the process, and all who wait with the same one are let
//! in together, for after a restart of the server all of a gateway's people come at once.
//!
//! Invariant: somebody whose gateway's password is being checked is not heard, and has no nickname.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Purpose, Server};
use crate::dialect::{GatewayRefusal, Introduction, Security};
use crate::id::ClientId;
use crate::limits::GATEWAYS_PROVED_MAX;
use crate::password::{SlowHash, is_same};
use crate::scram::mac;
use crate::server::audit::Audited;
use crate::server::close_reason::CloseReason;
use crate::time::Time;

/// Somebody whose gateway's password is being checked.
#[derive(Debug)]
pub(super) struct Introduced {
    address: IpAddr,
    is_secure: bool,
    expected: SlowHash,
    mac: GatewayMac,
}

/// The keyed hash of a gateway's password and of what was known of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct GatewayMac([u8; 32]);

/// Passwords of gateways that were proved, the latest last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ProvedGateways(Vec<GatewayMac>);

impl GatewayMac {
    fn is(self, other: Self) -> bool {
        is_same(&self.0, &other.0)
    }
}

impl ProvedGateways {
    fn is_right(&self, password: GatewayMac) -> bool {
        self.0.iter().any(|proved| proved.is(password))
    }

    fn note(&mut self, password: GatewayMac) {
        if !self.is_right(password) {
            if self.0.len() >= GATEWAYS_PROVED_MAX {
                self.0.remove(0);
            }
            self.0.push(password);
        }
    }
}

impl Server {
    /// Somebody says to be a gateway, and for whom it comes.
    pub(in crate::server) fn introduce(
        &mut self,
        now: Time,
        id: ClientId,
        introduced: Result<Introduction<'_>, GatewayRefusal>,
    ) {
        self.counters.lines += 1;
        if self.send_away_unencrypted(now, id) {
            return;
        }
        let begun = introduced.and_then(|introduction| self.begin_check(now, id, introduction));
        if let Err(refusal) = begun {
            self.refuse_gateway(now, id, refusal);
        }
    }

    fn begin_check(
        &mut self,
        now: Time,
        id: ClientId,
        introduction: Introduction<'_>,
    ) -> Result<(), GatewayRefusal> {
        let network = self.network_of(id);
        let known = self.settings.gateways.iter().find(|gateway| gateway.is_at(network));
        let expected = known.ok_or(GatewayRefusal::Unknown)?.password.clone();
        let Introduction { password, address, is_secure } = introduction;
        // No hash holds a newline.
        let hashed = format!("gateway\n{expected}\n{password}");
        let mac = GatewayMac(mac(&self.secret, hashed.as_bytes()));
        if self.log_ins.gateways.is_right(mac) {
            self.come_from(now, id, address, is_secure);
            return Ok(());
        }
        let derivation = expected.derivation(password);
        let introduced = Box::new(Introduced { address, is_secure, expected, mac });
        self.wait_for(now, id, derivation, Purpose::Introduce(introduced));
        Ok(())
    }

    /// The password of a gateway was hashed: lets in all who wait with it, or nobody.
    pub(super) fn conclude_introduction(
        &mut self,
        now: Time,
        id: ClientId,
        salted: &[u8; 32],
        introduced: Introduced,
    ) {
        let (mac, is_right) = (introduced.mac, introduced.expected.is_of(salted));
        let others = self.log_ins.queue.remove_where(|purpose| match purpose {
            Purpose::Introduce(other) => other.mac.is(mac),
            _ => false,
        });
        if is_right {
            self.log_ins.gateways.note(mac);
        }
        let others = others.into_iter().filter_map(|(id, purpose)| match purpose {
            Purpose::Introduce(other) => Some((id, *other)),
            _ => None,
        });
        for (id, introduced) in [(id, introduced)].into_iter().chain(others) {
            if is_right {
                self.come_from(now, id, introduced.address, introduced.is_secure);
                self.end_log_in(now, id);
            } else {
                self.refuse_gateway(now, id, GatewayRefusal::WrongPassword);
            }
        }
    }

    /// Counts a client from there, as if it had come so itself.
    fn come_from(&mut self, now: Time, id: ClientId, address: IpAddr, is_secure: bool) {
        let Some(session) = self.sessions.get(id) else { return };
        let (before, security) = (session.origin, session.security);
        // What comes from a gateway in plain text anybody on the way may have read.
        let is_private =
            security != Security::Plain || self.admission.origins.network(before).is_none();
        let origin = match self.admission.admit(now, address) {
            Ok(origin) => origin,
            Err(reason) => {
                return self.close(now, id, CloseReason::Told(reason.farewell()));
            }
        };
        self.admission.origins.leave(before);
        if let Some(session) = self.sessions.get_mut(id) {
            session.origin = origin;
            let is_secure = is_secure && is_private;
            session.security = if is_secure { Security::Encrypted } else { Security::Plain };
        }
        self.counters.introduced += 1;
        self.send_away_unencrypted(now, id);
    }

    /// Tells a client why nobody is let in for whom it comes, and closes it.
    pub(super) fn refuse_gateway(&mut self, now: Time, id: ClientId, refusal: GatewayRefusal) {
        self.charge_stranger(now, id, false);
        self.counters.introductions_refused += 1;
        self.audit.push(Audited::Gateway { id, refusal });
        self.fanout.note(id, &refusal.note());
        self.close(now, id, CloseReason::Finished);
    }
}
