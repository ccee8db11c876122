//! One connection, from the first byte to the last.
//!
//! Keeps where the conversation stands and when it must be looked at next; what is said is carried
//! out by `conversation`. The bytes owed to the client are in its outbox.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Settings;
use super::close::CloseReason;
use super::inbox::{Inbox, Spare};
use super::origins::Origin;
use crate::chat::{Allowance, FloodRate};
use crate::limits::FLOOD_BYTES_PER_LINE;
use crate::time::Time;

/// How far a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Nothing was said yet, by either side.
    Silent,
    /// A nickname is awaited.
    Choosing,
    /// The client is a member.
    Chatting,
    /// The client is owed its last bytes.
    Closing,
}

/// How a client ends its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ending {
    /// Not known yet.
    Unknown,
    /// With newlines. Never doubted again once one was seen.
    Newline,
    /// By pausing, as the classroom client does.
    Pause,
}

/// What is known of a classroom client alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Classroom {
    /// The nickname as it was sent, which the client puts before each message.
    pub(super) prefix: Box<str>,
}

/// What is known of one client besides its nickname and its outbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) phase: Phase,
    /// When it connected; while closing, until when it may read its last bytes.
    pub(super) since: Time,
    pub(super) origin: Origin,
    /// What it has said and was not carried out yet; nearly always nothing.
    pub(super) inbox: Option<Box<Inbox>>,
    pub(super) ending: Ending,
    pub(super) classroom: Option<Box<Classroom>>,
    pub(super) allowance: Allowance,
    /// Bytes read before it had a nickname.
    pub(super) stranger_bytes: u16,
    /// Lines tried before it had a nickname.
    pub(super) stranger_tries: u8,
    /// It was sent the prompt.
    pub(super) prompted: bool,
    /// It has sent a line that is not empty, so its language is known.
    pub(super) has_spoken: bool,
    /// Held back by flood control: not read until then.
    pub(super) held: bool,
    /// It was told so, and has not paid for all it said since.
    pub(super) told_to_wait: bool,
    /// Has lines left over for the next turn: not read until they are carried out.
    pub(super) unfinished: bool,
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
            inbox: None,
            ending: Ending::Unknown,
            classroom: None,
            allowance: Allowance::default(),
            stranger_bytes: 0,
            stranger_tries: 0,
            prompted: false,
            has_spoken: false,
            held: false,
            told_to_wait: false,
            unfinished: false,
            ended: false,
            broken: false,
            armed: Time::NEVER,
            reason: None,
        }
    }

    /// Takes in what was read. Returns how many bytes of it were text.
    pub(super) fn take_in(&mut self, now: Time, bytes: &[u8], spare: &mut Spare) -> usize {
        if self.phase != Phase::Chatting {
            let count = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
            self.stranger_bytes = self.stranger_bytes.saturating_add(count);
        }
        let inbox = self.inbox.get_or_insert_with(|| spare.take().unwrap_or_default());
        let text = inbox.push(now, bytes);
        if text > 0 && self.phase == Phase::Silent && !inbox.says_nothing() {
            self.phase = Phase::Choosing;
        }
        text
    }

    /// Charges for bytes that say nothing: telnet commands, NUL, the rest of a line too long. They
    /// cost as much to read as others.
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
        self.inbox = None;
        self.classroom = None;
    }

    /// Whether the prompt waits for an answer: the terminal is in the middle of a line.
    pub(super) fn awaits_answer(&self) -> bool {
        self.prompted && self.phase == Phase::Choosing && self.stranger_tries == 0
    }

    /// Whether it has to wait before it is read again.
    pub(super) fn is_busy(&self) -> bool {
        self.held || self.unfinished
    }

    /// When the prompt is due.
    pub(super) fn greet_due(&self, settings: &Settings) -> Time {
        self.due_in(&[Phase::Silent], settings.greet_after)
    }

    /// When it must have a nickname. Who is held back may have sent one.
    pub(super) fn register_due(&self, settings: &Settings) -> Time {
        if self.held {
            return Time::NEVER;
        }
        self.due_in(&[Phase::Silent, Phase::Choosing], settings.register_timeout)
    }

    /// When the line that was begun must be whole.
    pub(super) fn line_due(&self, settings: &Settings) -> Time {
        match &self.inbox {
            Some(inbox) if !self.is_busy() => inbox.started + settings.line_timeout,
            _ => Time::NEVER,
        }
    }

    /// When what was said is a whole message though no newline ends it.
    pub(super) fn quiet_due(&self) -> Time {
        let waits_for_newline = self.ending == Ending::Newline;
        match &self.inbox {
            Some(inbox) if !waits_for_newline && !self.is_busy() => inbox.quiet_at,
            _ => Time::NEVER,
        }
    }

    /// When this client must be looked at next; `waiting_since` is the age of its oldest unread
    /// byte.
    pub(super) fn next_due(&self, settings: &Settings, waiting_since: Option<Time>) -> Time {
        if self.phase == Phase::Closing {
            return self.since;
        }
        let held_until = match settings.flood {
            Some(rate) if self.held => {
                let turn = self.inbox.as_ref().and_then(|inbox| inbox.turn.moment());
                self.allowance.ready_at(rate).max(turn.unwrap_or_default())
            }
            // Flood control was switched off meanwhile.
            None if self.held => Time::ZERO,
            _ => Time::NEVER,
        };
        let too_old = waiting_since.map_or(Time::NEVER, |since| since + settings.outbox.age);
        [
            self.greet_due(settings),
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
