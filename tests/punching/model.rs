//! A model of the server, written from the text of the protocol and as small as that allows: one
//! queue, no limits, matches for ever.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::matchmaking::line::Line;
use mio_chat::time::Time;

/// When a match is told again to who has not confirmed it.
const REPEATS: [u64; 4] = [250, 500, 1_000, 2_000];
/// Milliseconds until both sides should begin.
const DELAY: u64 = 200;

struct Player {
    id: u64,
    address: SocketAddr,
    lan: String,
    slot: u8,
    confirmed: bool,
    told: usize,
    next: Time,
    ticket: u64,
}

#[derive(Default)]
pub(crate) struct Server {
    /// Changes when the server starts again.
    pub(crate) secret: u64,
    /// Whether addresses are kept to itself.
    pub(crate) is_relay_only: bool,
    pub(crate) has_relay: bool,
    need: usize,
    players: Vec<Player>,
    matched_at: Option<Time>,
    /// How it went, by (reporter, peer).
    pub(crate) results: BTreeMap<(u8, u8), String>,
    pub(crate) left: usize,
}

type Sent = Vec<(SocketAddr, Vec<u8>)>;

impl Server {
    pub(crate) fn new(has_relay: bool, is_relay_only: bool) -> Self {
        Self { secret: 1, has_relay, is_relay_only, ..Self::default() }
    }

    /// Forgets everything, as one that is started again.
    #[allow(dead_code, reason = "not every test file starts it again")]
    pub(crate) fn restart(&mut self) {
        *self = Self { secret: self.secret + 1, ..Self::new(self.has_relay, self.is_relay_only) };
    }

    #[allow(dead_code, reason = "a server with a real clock is asked often")]
    pub(crate) fn due(&self) -> Time {
        let waiting = self.players.iter().filter(|player| !player.confirmed);
        waiting.map(|player| player.next).min().unwrap_or(Time::NEVER)
    }

    pub(crate) fn expire(&mut self, now: Time) -> Sent {
        let due: Vec<usize> = (0..self.players.len())
            .filter(|&at| !self.players[at].confirmed && now >= self.players[at].next)
            .collect();
        due.into_iter().map(|at| self.tell_match(now, at)).collect()
    }

    pub(crate) fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) -> Sent {
        let Some(line) = Line::parse(bytes) else { return Vec::new() };
        if line.verb == "DATA" {
            return self.relay(from, &line);
        }
        assert!(bytes.len() <= 512, "a request of {} bytes", bytes.len());
        let Some(id) = line.hex("id") else { return Vec::new() };
        let known = self.players.iter().position(|player| player.id == id);
        match (line.verb, known) {
            ("JOIN", _) => return self.join(now, from, id, known, &line, bytes.len()),
            ("ACK", Some(at)) => self.players[at].confirmed = true,
            ("RESULT", Some(at)) => {
                let (peer, how) = (line.number("peer").unwrap(), line.get("how").unwrap());
                self.results.insert((self.players[at].slot, peer), how.to_owned());
            }
            ("LEAVE", Some(at)) => {
                self.players.remove(at);
                self.left += 1;
                return vec![(from, format!("MC1 LEFT id={id:016x}\n").into_bytes())];
            }
            _ => {}
        }
        Vec::new()
    }

    fn join(
        &mut self,
        now: Time,
        from: SocketAddr,
        id: u64,
        known: Option<usize>,
        line: &Line<'_>,
        bytes: usize,
    ) -> Sent {
        let cookie = self.secret * 1_000 + u64::from(from.port());
        if line.hex("c") != Some(cookie) {
            let text = format!("MC1 COOKIE id={id:016x} c={cookie:016x}\n");
            assert!(bytes >= text.len(), "a question shorter than its answer");
            return vec![(from, text.into_bytes())];
        }
        self.need = line.number::<u8>("n").unwrap().into();
        let at = known.unwrap_or_else(|| {
            let (slot, lan) = (self.players.len() as u8 + 1, line.get("lan").unwrap_or(""));
            self.players.push(Player {
                id,
                address: from,
                lan: lan.replace(',', "+"),
                slot,
                confirmed: true,
                told: 0,
                next: Time::NEVER,
                ticket: 77_000 + u64::from(slot),
            });
            self.players.len() - 1
        });
        if self.matched_at.is_some() {
            return vec![self.tell_match(now, at)];
        }
        if self.players.len() == self.need {
            self.matched_at = Some(now);
            return (0..self.need).map(|at| self.tell_match(now, at)).collect();
        }
        let (have, need) = (self.players.len(), self.need);
        let text = format!("MC1 WAIT id={id:016x} have={have} need={need} ttl=30\n");
        vec![(from, text.into_bytes())]
    }

    fn tell_match(&mut self, now: Time, at: usize) -> (SocketAddr, Vec<u8>) {
        let me = &self.players[at];
        let since = now.since(self.matched_at.unwrap()).as_millis() as u64;
        let mut text = format!("MC1 MATCH id={:016x} m={:016x} k={:032x}", me.id, 42, 4_242);
        text += &format!(" you={}@{}", me.slot, me.address);
        for peer in self.players.iter().filter(|peer| peer.id != me.id) {
            text += &format!(" peer={}", peer.slot);
            if !self.is_relay_only {
                text += &format!("@{}", peer.address);
                if peer.address.ip() == me.address.ip() && !peer.lan.is_empty() {
                    text += &format!("+{}", peer.lan);
                }
            }
            text += &format!(" nick={}@player{}", peer.slot, peer.slot);
        }
        text += &format!(" at={}", DELAY.saturating_sub(since));
        if self.has_relay {
            text += &format!(" relay={:016x}", me.ticket);
        }
        let me = &mut self.players[at];
        let pause = REPEATS.get(me.told);
        (me.confirmed, me.told) = (pause.is_none(), me.told + 1);
        me.next = pause.map_or(Time::NEVER, |&pause| now + Duration::from_millis(pause));
        (me.address, (text + "\n").into_bytes())
    }

    fn relay(&self, from: SocketAddr, line: &Line<'_>) -> Sent {
        let sender = self.players.iter().find(|player| {
            player.address == from && line.hex("t") == Some(player.ticket) && self.has_relay
        });
        let to = self.players.iter().find(|player| line.number("to") == Some(player.slot));
        let (Some(sender), Some(to), Some(payload)) = (sender, to, line.payload) else {
            return Vec::new();
        };
        let head = format!("MC1 DATA m={:016x} by={}\n", 42, sender.slot);
        vec![(to.address, [head.as_bytes(), payload].concat())]
    }
}
