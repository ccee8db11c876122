//! What everybody from one address has used up, and everybody around it: all addresses of the
//! simulation are in one /24.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mio_chat::id::ClientId;
use mio_chat::limits::{FLOOD_PER_NICKNAME, FLOOD_PREFIX_SHARE};

use crate::client::Phase;
use crate::model::{Model, Nanos};
use crate::rules::Pace;

/// By when what was said is paid for.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    paid: BTreeMap<IpAddr, Nanos>,
    paid_around: Nanos,
}

impl Model {
    /// Whether others from the same address are heard before the next line of this client.
    pub(crate) fn waits_its_turn(&mut self, id: ClientId) -> bool {
        let (now, ready) = (self.now, self.ready_at(id));
        let owes = self.address(id).is_some_and(|address| self.owes(address));
        let client = self.client(id);
        client.told_to_wait &= !client.has_line() || client.paid_until > now || owes;
        match client.turn {
            None if ready > now && client.has_line() => {
                self.client(id).turn = Some(ready);
                self.charge_origin(id, 1);
                self.turns_given += 1;
            }
            None => return false,
            Some(turn) if turn <= now => {
                client.turn = None;
                if client.phase == Phase::Choosing {
                    client.connected = now;
                }
                self.refund(id);
                return false;
            }
            Some(_) => {}
        }
        self.client(id).held = true;
        true
    }

    /// Charges a member, and where it comes from.
    pub(crate) fn charge(&mut self, id: ClientId, lines: u64) {
        if let Some(pace) = self.rules.flood {
            let now = self.now;
            let client = self.client(id);
            client.paid_until = client.paid_until.max(now) + pace.interval * lines;
            self.charge_origin(id, lines);
        }
    }

    pub(crate) fn charge_origin(&mut self, id: ClientId, lines: u64) {
        let (Some((pace, around)), Some(address)) = (self.paces(), self.address(id)) else {
            return;
        };
        let now = self.now;
        let paid = self.origins.paid.entry(address).or_default();
        *paid = now.max(*paid) + pace.interval * lines;
        let paid = &mut self.origins.paid_around;
        *paid = now.max(*paid) + around.interval * lines;
    }

    pub(crate) fn refund(&mut self, id: ClientId) {
        let (Some((pace, around)), Some(address)) = (self.paces(), self.address(id)) else {
            return;
        };
        let paid = self.origins.paid.entry(address).or_default();
        *paid = paid.saturating_sub(pace.interval);
        let paid = &mut self.origins.paid_around;
        *paid = paid.saturating_sub(around.interval);
    }

    fn ready_at(&self, id: ClientId) -> Nanos {
        let (Some((pace, around)), Some(address)) = (self.paces(), self.address(id)) else {
            return 0;
        };
        let names = |counts: &dyn Fn(IpAddr) -> bool| {
            let named = self.clients.iter().filter(|(_, client)| client.phase == Phase::Chatting);
            let addresses = named.filter_map(|(id, _)| self.address(*id));
            addresses.filter(|address| counts(*address)).count() as u64
        };
        let ready = |pace: Pace, paid: Nanos, names: u64| {
            let more = names * u64::from(FLOOD_PER_NICKNAME);
            paid.saturating_sub(pace.interval * (pace.burst - 1 + more))
        };
        let paid = self.origins.paid.get(&address).copied().unwrap_or_default();
        let own = ready(pace, paid, names(&|other| other == address));
        own.max(ready(around, self.origins.paid_around, names(&|_| true)))
    }

    fn owes(&self, address: IpAddr) -> bool {
        self.origins.paid.get(&address).is_some_and(|paid| *paid > self.now)
    }

    fn address(&self, id: ClientId) -> Option<IpAddr> {
        self.clients.get(&id).and_then(|client| client.address)
    }

    /// Of one address, and of all around it.
    fn paces(&self) -> Option<(Pace, Pace)> {
        let (flood, address) = (self.rules.flood?, self.rules.flood_address?);
        let burst = flood.burst.max(address.burst);
        let interval = flood.interval.min(address.interval);
        let share = u64::from(FLOOD_PREFIX_SHARE);
        let around = Pace { burst: burst * share, interval: interval / share };
        Some((Pace { burst, interval }, around))
    }
}
