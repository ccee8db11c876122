//! How a line of somebody is heard, in its language.

use mio_chat::chat::Farewell;
use mio_chat::id::ClientId;
use mio_chat::limits;
use mio_chat::server::CloseReason;

use crate::client::{Heard, Phase};
use crate::irc::Deeds;
use crate::model::Model;
use crate::rooms::Effect;
use crate::texts::unheard;
use crate::words::cost;

impl Model {
    /// How many lines that counts for.
    pub(crate) fn hear(&mut self, id: ClientId, line: &Heard) -> u64 {
        if let (Heard::Line { bytes, .. }, true) = (line, self.client(id).irc) {
            return self.hear_irc(id, &String::from_utf8_lossy(bytes));
        }
        let refusal = match line {
            Heard::Skipped => return 0,
            Heard::TooLong => unheard(None),
            Heard::Line { bytes, .. } => unheard(Some(bytes)),
        };
        let client = self.client(id);
        client.note_ending(line);
        let pauses = client.is_small();
        let repeats = client.repeats_refused_name(line);
        self.rooms.note_habit(id, pauses);
        let client = self.client(id);
        let stranger = client.phase != Phase::Chatting;
        let text = client.own_text(line);
        if stranger {
            client.tries += 1;
        } else {
            self.charge(id, if refusal.is_some() { 1 } else { cost(&text) });
        }
        let effects = match refusal {
            Some(refusal) => vec![Effect::Tell(id, refusal.into())],
            None if stranger && repeats => self.rooms.hear_stranger(id, ""),
            None if stranger => self.rooms.hear_stranger(id, &text),
            None => self.rooms.hear_member(id, &text),
        };
        let is_guess = effects.iter().any(Effect::refuses_guess);
        for effect in effects {
            self.carry_out(effect);
        }
        if is_guess {
            self.charge(id, u64::from(limits::FLOOD_PER_WRONG_PASSWORD - 3));
        }
        self.note_untold();
        let registered = self.rooms.has(id);
        if stranger {
            let nickname = u64::from(limits::FLOOD_PER_NICKNAME);
            self.charge_origin(id, if registered { nickname } else { 1 });
        }
        let client = self.client(id);
        if stranger && registered {
            client.phase = Phase::Chatting;
        } else if stranger && client.tries >= usize::from(limits::REGISTER_TRIES_MAX) {
            self.close_as_a_stranger(id);
        }
        1
    }

    /// A line of IRC.
    fn hear_irc(&mut self, id: ClientId, line: &str) -> u64 {
        let stranger = self.client(id).phase != Phase::Chatting;
        let Deeds { effects, lines, cost, commands } = self.rooms.hear_irc(id, line);
        self.charge(id, if stranger { 0 } else { cost });
        let is_guess = effects.iter().any(|effect| matches!(effect, Effect::Guessed(_)));
        for effect in effects {
            self.carry_out(effect);
        }
        if is_guess {
            self.charge(id, u64::from(limits::FLOOD_PER_WRONG_PASSWORD - 3));
        }
        self.note_untold();
        if stranger && commands > 0 {
            let registered = self.rooms.has(id);
            let nickname = u64::from(limits::FLOOD_PER_NICKNAME);
            self.charge_origin(id, if registered { nickname } else { commands });
            let client = self.client(id);
            client.tries += commands as usize;
            let tries = client.tries;
            if registered {
                client.phase = Phase::Chatting;
            } else if tries >= usize::from(limits::IRC_REGISTER_LINES_MAX) {
                self.close_as_a_stranger(id);
            }
        }
        lines
    }

    /// Whoever begins as a program that speaks IRC is one.
    pub(crate) fn detect_irc(&mut self, id: ClientId) {
        let now = self.now;
        let client = self.client(id);
        if !client.begins_irc() {
            return;
        }
        client.become_irc(now);
        self.rooms.become_irc(id);
    }

    pub(crate) fn close_as_a_stranger(&mut self, id: ClientId) {
        let reason = CloseReason::Told(Farewell::TooManyTries);
        let text = "* too much came without a good nickname; connect again and type one\n";
        self.close(id, reason, text);
    }
}
