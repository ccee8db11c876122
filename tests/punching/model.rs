//! A model of the server, written from the text of the protocol and as small as that allows: one
//! queue, one match at a time, no limits.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::mc1::Line;
use mio_chat::time::Time;

/// When a match is told again to who has not confirmed it.
const REPEATS: [u64; 4] = [250, 500, 1_000, 2_000];
/// Milliseconds until both sides should begin.
const DELAY: u64 = 200;
/// How long a player may say nothing of its match, in milliseconds.
const GHOST: u64 = 2_000;
/// How long a match of which nothing is heard is remembered, in milliseconds.
const FORGOTTEN: u64 = 60_000;
/// The number of the first match.
const FIRST_MATCH: u64 = 42;

struct Player {
    id: u64,
    address: SocketAddr,
    lan: String,
    slot: u8,
    confirmed: bool,
    /// Whether it has said anything since it was told of the match, and that it knows of it.
    spoke: bool,
    acked: bool,
    /// Whether it was told to wait after a match, and has not asked again.
    is_asked_back: bool,
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
    /// When a player was last heard.
    active: Time,
    /// Whether it was looked for ghosts when it was time to.
    has_looked: bool,
    /// How many matches were taken back.
    pub(crate) dissolved: u64,
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
        let ghosts = self.matched_at.map(|since| since + Duration::from_millis(GHOST));
        let ghosts = ghosts.filter(|_| !self.has_looked).unwrap_or(Time::NEVER);
        let forgotten = self.active + Duration::from_millis(FORGOTTEN);
        let forgotten = if self.matched_at.is_some() { forgotten } else { Time::NEVER };
        let told = waiting.map(|player| player.next).min().unwrap_or(Time::NEVER);
        told.min(ghosts).min(forgotten)
    }

    pub(crate) fn expire(&mut self, now: Time) -> Sent {
        if self.matched_at.is_some() && now >= self.active + Duration::from_millis(FORGOTTEN) {
            self.players.clear();
            self.end_match();
        }
        let sent = self.drop_ghosts(now);
        if !sent.is_empty() {
            return sent;
        }
        let due: Vec<usize> = (0..self.players.len())
            .filter(|&at| !self.players[at].confirmed && now >= self.players[at].next)
            .collect();
        due.into_iter().map(|at| self.tell(now, at)).collect()
    }

    /// Who has said nothing of its match is not there: the others wait again, unless some of them
    /// have found each other.
    fn drop_ghosts(&mut self, now: Time) -> Sent {
        let age = self.matched_at.map_or(Duration::ZERO, |since| now.since(since));
        let all_confirm = self.players.iter().all(|player| player.acked || !player.spoke);
        let is_haunted = self.players.iter().any(|player| !player.spoke);
        let some_confirm = self.players.iter().any(|player| player.acked);
        let is_over = age >= Duration::from_millis(GHOST);
        self.has_looked |= is_over;
        let is_played = self.results.values().any(|how| how != "failed");
        if !(is_over && all_confirm && is_haunted && some_confirm) || is_played {
            return Vec::new();
        }
        self.players.retain(|player| player.spoke);
        self.end_match();
        for (player, slot) in self.players.iter_mut().zip(1..) {
            (player.is_asked_back, player.told, player.slot) = (true, 0, slot);
        }
        (0..self.players.len()).map(|at| self.tell(now, at)).collect()
    }

    fn end_match(&mut self) {
        (self.matched_at, self.has_looked, self.dissolved) = (None, false, self.dissolved + 1);
        self.results.clear();
    }

    /// The number of the match.
    fn game(&self) -> u64 {
        FIRST_MATCH + self.dissolved + 1_000 * (self.secret - 1)
    }

    pub(crate) fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) -> Sent {
        let Some(line) = Line::parse(bytes) else { return Vec::new() };
        if line.verb == "DATA" {
            return self.relay(from, &line);
        }
        assert!(bytes.len() <= 512, "a request of {} bytes", bytes.len());
        let Some(id) = line.hex("id") else { return Vec::new() };
        let known = self.players.iter().position(|player| player.id == id);
        if let Some(at) = known {
            (self.players[at].spoke, self.active) = (true, now);
        }
        match (line.verb, known) {
            ("JOIN", _) => return self.join(now, from, id, known, &line, bytes.len()),
            ("ACK", Some(at)) if line.hex("m") == Some(self.game()) => {
                (self.players[at].confirmed, self.players[at].acked) = (true, true);
            }
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
        if known.is_none() && self.matched_at.is_some() && self.players.len() < self.need {
            // Whom the others have left is forgotten for the next.
            self.players.clear();
            self.end_match();
        }
        let at = known.unwrap_or_else(|| {
            let (slot, lan) = (self.players.len() as u8 + 1, line.get("lan").unwrap_or(""));
            self.players.push(Player {
                id,
                address: from,
                lan: lan.replace(',', "+"),
                slot,
                confirmed: true,
                spoke: false,
                acked: false,
                is_asked_back: false,
                told: 0,
                next: Time::NEVER,
                ticket: 77_000 + u64::from(slot),
            });
            self.players.len() - 1
        });
        let player = &mut self.players[at];
        player.is_asked_back = false;
        let has_moved = std::mem::replace(&mut player.address, from) != from;
        let is_full = self.players.len() == self.need;
        let is_begun = self.matched_at.is_none()
            && is_full
            && self.players.iter().all(|player| !player.is_asked_back);
        if is_begun {
            (self.matched_at, self.active) = (Some(now), now);
            for player in &mut self.players {
                (player.spoke, player.acked, player.told) = (false, false, 0);
            }
        }
        if is_begun || (has_moved && self.matched_at.is_some()) {
            // Those who know of the match learn where this one is now.
            self.players.iter_mut().for_each(|player| player.told = 0);
            return (0..self.need).map(|at| self.tell(now, at)).collect();
        }
        self.players[at].confirmed |= self.matched_at.is_none();
        vec![self.tell(now, at)]
    }

    /// Tells a player of its match, or that it is to wait.
    fn tell(&mut self, now: Time, at: usize) -> (SocketAddr, Vec<u8>) {
        if self.matched_at.is_some() {
            return self.tell_match(now, at);
        }
        let back = self.players.iter().filter(|player| !player.is_asked_back).count();
        let me = &mut self.players[at];
        let text = format!("MC1 WAIT id={:016x} have={back} need={} ttl=30\n", me.id, self.need);
        if me.is_asked_back {
            let pause = REPEATS.get(me.told);
            (me.confirmed, me.told) = (pause.is_none(), me.told + 1);
            me.next = pause.map_or(Time::NEVER, |&pause| now + Duration::from_millis(pause));
        }
        (me.address, text.into_bytes())
    }

    fn tell_match(&mut self, now: Time, at: usize) -> (SocketAddr, Vec<u8>) {
        let me = &self.players[at];
        let since = now.since(self.matched_at.unwrap()).as_millis() as u64;
        let mut text =
            format!("MC1 MATCH id={:016x} m={:016x} k={:032x}", me.id, self.game(), 4_242);
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
        let head = format!("MC1 DATA m={:016x} by={}\n", self.game(), sender.slot);
        vec![(to.address, [head.as_bytes(), payload].concat())]
    }
}
