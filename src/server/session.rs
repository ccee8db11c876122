//! One connection, from the first byte to the last.
//!
//! Keeps where the conversation stands and when it must be looked at next; what is said is carried
//! out by `conversation`. What bytes mean is left to the decoder; those that are owed to the client
//! are in its outbox.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Settings;
use super::close_reason::CloseReason;
use super::origins::Origin;
use super::wait::Wait;
use super::web::patience;
use crate::chat::{Allowance, FloodRate};
use crate::dialect::{Decoder, Security};
use crate::limits::FLOOD_BYTES_PER_LINE;
use crate::time::Time;

/// How far a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Nothing was said yet, by either side.
    Silent,
    /// The connection is being encrypted.
    Securing,
    /// A nickname is awaited.
    Choosing,
    /// The client is a member.
    Chatting,
    /// The client listens to a room.
    Listening,
    /// The client is owed its last bytes.
    Closing,
}

/// What is known of one client besides its nickname and its outbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) phase: Phase,
    /// When it connected; while closing, until when it may read its last bytes; while listening,
    /// when to look whether it has heard nothing for long.
    pub(super) since: Time,
    pub(super) origin: Origin,
    /// Its language, and what it has said and was not carried out yet.
    pub(super) decoder: Decoder,
    pub(super) allowance: Allowance,
    /// Bytes read before it had a nickname.
    pub(super) stranger_bytes: u16,
    /// Lines tried before it had a nickname.
    pub(super) stranger_tries: u8,
    /// Held back by flood control: not read until then.
    pub(super) held: bool,
    /// It was told so, and has not paid for all it said since.
    pub(super) told_to_wait: bool,
    /// Has lines left over for the next turn: not read until they are carried out.
    pub(super) unfinished: bool,
    /// Its last request is answered later, or the rest of it: not read until then.
    #[serde(default)]
    pub(super) awaits_answer: bool,
    /// It may be a browser's, which opens connections ahead of need: it is prompted later.
    #[serde(default)]
    pub(super) may_be_browser: bool,
    /// How its bytes come.
    #[serde(default)]
    pub(super) security: Security,
    /// The client will send no more.
    pub(super) ended: bool,
    /// The connection broke: what was received is carried out, and nothing is sent any more.
    #[serde(default)]
    pub(super) broken: bool,
    /// For which moment the deadlines hold an entry.
    pub(super) armed: Time,
    pub(super) reason: Option<CloseReason>,
}

impl Session {
    /// A client that connected just now.
    pub(super) fn new(now: Time, origin: Origin) -> Self {
        Self {
            phase: Phase::Silent,
            since: now,
            origin,
            decoder: Decoder::default(),
            allowance: Allowance::default(),
            stranger_bytes: 0,
            stranger_tries: 0,
            held: false,
            told_to_wait: false,
            unfinished: false,
            awaits_answer: false,
            may_be_browser: false,
            security: Security::Plain,
            ended: false,
            broken: false,
            armed: Time::NEVER,
            reason: None,
        }
    }

    /// Counts what was read before the client has a nickname.
    pub(super) fn count_stranger_bytes(&mut self, bytes: usize) {
        if self.phase != Phase::Chatting {
            let count = u16::try_from(bytes).unwrap_or(u16::MAX);
            self.stranger_bytes = self.stranger_bytes.saturating_add(count);
        }
    }

    /// Charges for bytes that say nothing. They cost as much to read as others.
    pub(super) fn charge_noise(&mut self, now: Time, flood: Option<FloodRate>, bytes: usize) {
        let lines = (bytes / FLOOD_BYTES_PER_LINE) as u32;
        if let Some(rate) = flood.filter(|_| self.phase == Phase::Chatting && lines > 0) {
            self.allowance.charge(now, rate, lines);
        }
    }

    /// Ends the conversation; `until` is when the client must have read what it is owed.
    pub(super) fn begin_close(&mut self, reason: CloseReason, until: Time) {
        self.phase = Phase::Closing;
        self.reason = Some(reason);
        self.since = until;
        self.decoder = Decoder::default();
    }

    /// How many bytes may be read from it now.
    pub(super) fn appetite(&self, settings: &Settings) -> usize {
        if self.is_busy() || self.ended {
            return 0;
        }
        let limits = self.decoder.limits();
        match self.phase {
            Phase::Closing => 0,
            Phase::Listening | Phase::Securing => limits.read_flood_controlled,
            Phase::Silent | Phase::Choosing => {
                limits.stranger_bytes.saturating_sub(usize::from(self.stranger_bytes))
            }
            Phase::Chatting if settings.flood.is_some() => limits.read_flood_controlled,
            Phase::Chatting => limits.read,
        }
    }

    /// Whether it has to wait before it is read again.
    pub(super) fn is_busy(&self) -> bool {
        self.held || self.unfinished || self.awaits_answer
    }

    /// When the prompt is due.
    pub(super) fn greet_due(&self, settings: &Settings) -> Time {
        if !self.decoder.needs_prompt() {
            return Time::NEVER;
        }
        let usual = settings.patience_before_prompt();
        self.due_in(&[Phase::Silent], if self.may_be_browser { patience(usual) } else { usual })
    }

    /// When it must have a nickname. Who is held back may have sent one; who logs in waits for us.
    pub(super) fn register_due(&self, settings: &Settings) -> Time {
        if self.held || self.awaits_answer {
            return Time::NEVER;
        }
        self.due_in(&[Phase::Silent, Phase::Choosing], settings.register_timeout)
    }

    /// When the message that was begun must be whole.
    pub(super) fn line_due(&self, settings: &Settings) -> Time {
        if self.is_busy() { Time::NEVER } else { self.decoder.whole_by(settings.line_timeout) }
    }

    /// When what was said is a whole message though nothing ends it.
    pub(super) fn quiet_due(&self) -> Time {
        if self.is_busy() { Time::NEVER } else { self.decoder.due() }
    }

    /// When this client must be looked at next; `turn` is when its next line is heard if others are
    /// heard before it, `waiting_since` the age of its oldest unread byte.
    pub(super) fn next_due(
        &self,
        settings: &Settings,
        turn: Wait,
        waiting_since: Option<Time>,
    ) -> Time {
        if self.phase == Phase::Closing {
            return self.since;
        }
        let held_until = match settings.flood {
            Some(rate) if self.held => {
                self.allowance.ready_at(rate).max(turn.moment().unwrap_or_default())
            }
            // Flood control was switched off meanwhile.
            None if self.held => Time::ZERO,
            _ => Time::NEVER,
        };
        let too_old = waiting_since.map_or(Time::NEVER, |since| since + settings.outbox.age);
        if self.is_listening() {
            return self.since.min(held_until).min(too_old);
        }
        [
            self.greet_due(settings),
            self.secure_due(),
            self.register_due(settings),
            self.line_due(settings),
            self.quiet_due(),
            held_until,
            too_old,
        ]
        .into_iter()
        .fold(Time::NEVER, Time::min)
    }

    fn due_in(&self, phases: &[Phase], after: Duration) -> Time {
        if phases.contains(&self.phase) { self.since + after } else { Time::NEVER }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_client_is_small() {
        let size = size_of::<Option<(u32, Session)>>();
        assert!(size <= 72, "a session takes {size} bytes");
    }
}
