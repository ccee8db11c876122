//! Asking the server for others, until it has found them.
//!
//! ```text
//! ask 250 ms, 500 .. --COOKIE--> ask with it --WAIT--> sign of life each 3 s --MATCH--> (punch)
//!          ^                            |  ^   `--ERR many, full--> later again
//!          `----- nothing: Unanswered --'  `------ another COOKIE: the server has forgotten, or
//!                                                  we have another address
//! ```
//!
//! Kept during a match, too: a player that moves asks again.
//!
//! Invariant: as long as it neither ended nor was stopped there is a moment at which it speaks.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use super::out::Event;
use super::out::JoinRefusal;
use super::out::OutQueue;
use super::random::SecretRandom;
use crate::limits::ASK_AGAIN_MAX;
use crate::limits::ASK_AGAIN_MIN;
use crate::limits::JOIN_BYTES_MIN;
use crate::limits::LAN_CANDIDATES_MAX;
use crate::limits::SERVER_DELAY_MAX;
use crate::limits::SERVER_SILENCE;
use crate::limits::WAIT_AGAIN;
use crate::mc1::Line;
use crate::mc1::end_padded;
use crate::time::Time;

/// A request for a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    /// The queue; may be left out where there is a token.
    pub queue: Option<String>,
    /// The number of players, including ourselves; optional with a token.
    pub players: Option<u8>,
    /// The token for this match, which the chat has given out.
    pub token: Option<u64>,
    /// Our own private addresses, two at most.
    pub lan: Vec<SocketAddr>,
    /// The longest time until the server's first answer.
    pub patience: Duration,
}

/// The state of asking.
#[derive(Clone, Debug)]
pub(super) struct Join {
    id: u64,
    request: JoinRequest,
    cookie: Option<u64>,
    /// When a cookie was last answered at once.
    cookie_at: Option<Time>,
    /// When the next question is due.
    next: Time,
    /// Time until the one after it, while nothing is heard.
    interval: Duration,
    /// The first question since the server was last heard.
    unanswered_since: Option<Time>,
    was_heard: bool,
    /// The last reported numbers of waiting and needed players.
    last_waiting: Option<(u8, u8)>,
}

impl Join {
    pub(super) fn new(now: Time, id: u64, request: JoinRequest) -> Self {
        Self {
            id,
            request,
            cookie: None,
            cookie_at: None,
            next: now,
            interval: ASK_AGAIN_MIN,
            unanswered_since: None,
            was_heard: false,
            last_waiting: None,
        }
    }

    /// Asks from the start, as another player, a server that may be known to be there.
    pub(super) fn restart(&mut self, now: Time, id: u64) {
        let was_heard = self.was_heard;
        *self = Self { was_heard, ..Self::new(now, id, self.request.clone()) };
    }

    /// Asks at once, as the same player, which has moved or lost its match.
    pub(super) fn resume(&mut self, now: Time) {
        (self.next, self.interval) = (now, ASK_AGAIN_MIN);
        (self.unanswered_since, self.last_waiting) = (None, None);
    }

    /// Our own private addresses are others.
    pub(super) fn move_to(&mut self, lan: &[SocketAddr]) {
        self.request.lan = lan.iter().copied().take(LAN_CANDIDATES_MAX).collect();
    }

    /// Whether another match can be asked for: a token is for one.
    pub(super) fn may_restart(&self) -> bool {
        self.request.token.is_none()
    }

    /// When something is due.
    pub(super) fn due(&self) -> Time {
        self.next
    }

    /// Asks if it is time to. `false`: it was in vain for too long.
    pub(super) fn expire(
        &mut self,
        now: Time,
        random: &mut SecretRandom,
        out: &mut OutQueue,
    ) -> bool {
        if now < self.next {
            return true;
        }
        let patience = if self.was_heard { SERVER_SILENCE } else { self.request.patience };
        if self.unanswered_since.is_some_and(|since| now.since(since) >= patience) {
            out.event(Event::Unanswered);
            return false;
        }
        self.ask(now, random, out);
        let since = self.unanswered_since.unwrap_or(now);
        self.next = self.next.min(since + patience);
        true
    }

    /// Asks, and again if nothing comes.
    pub(super) fn ask(&mut self, now: Time, random: &mut SecretRandom, out: &mut OutQueue) {
        out.tell_server(self.text());
        self.unanswered_since.get_or_insert(now);
        self.next = now + jittered(self.interval, random);
        self.interval = (self.interval * 2).min(ASK_AGAIN_MAX);
    }

    /// A line of the server that is for us. `false`: it was its last word.
    pub(super) fn handle_line(
        &mut self,
        now: Time,
        line: &Line<'_>,
        random: &mut SecretRandom,
        out: &mut OutQueue,
    ) -> bool {
        match line.verb {
            "COOKIE" if self.take_cookie(now, line) => {
                self.interval = ASK_AGAIN_MIN;
                self.ask(now, random, out);
            }
            "WAIT" => self.wait(now, line, random, out),
            "ERR" => return self.refused(now, line, out),
            _ => {}
        }
        true
    }

    /// Keeps the cookie that proves our address. Returns whether to ask with it at once.
    pub(super) fn take_cookie(&mut self, now: Time, line: &Line<'_>) -> bool {
        let Some(cookie) = line.hex("c").filter(|cookie| self.cookie != Some(*cookie)) else {
            return false;
        };
        self.heard();
        self.cookie = Some(cookie);
        // A server that always gives another is not asked faster than one that gives none.
        let is_due = self.cookie_at.is_none_or(|last| now.since(last) >= ASK_AGAIN_MIN);
        if is_due {
            self.cookie_at = Some(now);
        }
        is_due
    }

    fn wait(&mut self, now: Time, line: &Line<'_>, random: &mut SecretRandom, out: &mut OutQueue) {
        let (Some(have), Some(need)) = (line.number("have"), line.number("need")) else { return };
        self.heard();
        self.interval = ASK_AGAIN_MIN;
        self.next = now + jittered(WAIT_AGAIN, random);
        if self.last_waiting != Some((have, need)) {
            self.last_waiting = Some((have, need));
            out.event(Event::Waiting { have, need });
        }
    }

    fn refused(&mut self, now: Time, line: &Line<'_>, out: &mut OutQueue) -> bool {
        let Some(code) = line.get("code").map(JoinRefusal::read) else { return true };
        self.heard();
        let retry = Duration::from_secs(line.number("retry").unwrap_or(0));
        if !code.may_pass() {
            out.event(Event::Refused { code, retry: None });
            return false;
        }
        let retry = retry.clamp(Duration::from_secs(1), SERVER_DELAY_MAX);
        self.interval = ASK_AGAIN_MIN;
        self.next = now + retry;
        self.last_waiting = None;
        out.event(Event::Refused { code, retry: Some(retry) });
        true
    }

    fn heard(&mut self) {
        self.was_heard = true;
        self.unanswered_since = None;
    }

    /// The question.
    pub(super) fn text(&self) -> String {
        let JoinRequest { queue, players, token, lan, .. } = &self.request;
        let mut text = format!("MC1 JOIN id={:016x}", self.id);
        // Writing to a string does not fail.
        if let Some(name) = queue {
            let _ = write!(text, " q={name}");
        }
        if let Some(players) = players {
            let _ = write!(text, " n={players}");
        }
        if let Some(token) = token {
            let _ = write!(text, " token={token:016x}");
        }
        for (number, address) in lan.iter().take(LAN_CANDIDATES_MAX).enumerate() {
            let _ = write!(text, "{}{address}", if number == 0 { " lan=" } else { "," });
        }
        if let Some(cookie) = self.cookie {
            let _ = write!(text, " c={cookie:016x}");
        }
        end_padded(&mut text, JOIN_BYTES_MIN);
        text
    }
}

/// A time that is up to a fifth longer: players that begin together do not stay in step.
fn jittered(time: Duration, random: &mut SecretRandom) -> Duration {
    let share = f64::from(random.next_half()) / f64::from(u32::MAX);
    time.mul_f64(1.0 + share / 5.0)
}
