//! Bots, which say something by HTTP: each in its own room, under its own name.
//!
//! What a bot says is charged to its secret, not to its address: it comes from anywhere, on a
//! connection of its own each time. A wrong secret is charged to the address, as a wrong password.

use std::time::Duration;

use super::super::Server;
use super::super::audit::Audited;
use super::super::bots::{Bot, BotKind, TokenHash};
use crate::chat::{Command, MessageId, NameKey, Refusal};
use crate::dialect::http::{AnswerForm, HttpError, WebAnswer, WebPost};
use crate::id::ClientId;
use crate::limits::{FLOOD_PER_WRONG_PASSWORD, TEXT_BYTES_MAX};
use crate::time::Time;

const NO_HOOK: HttpError = HttpError::NotFound("there is no such hook");

impl Server {
    /// Says something in a room for the bot of a token.
    pub(super) fn post(
        &mut self,
        now: Time,
        id: ClientId,
        form: &AnswerForm,
        (room, token, said): (&str, &str, &WebPost),
    ) {
        let posted = match self.known_bot(now, id, BotKind::Token, token) {
            None => Err(HttpError::Unauthorized("no bot has that token")),
            Some(bot) if bot.room.key() != NameKey::of(room.strip_prefix('#').unwrap_or(room)) => {
                Err(HttpError::Forbidden("this token is for another room"))
            }
            Some(bot) => self.say_for(now, &bot, said),
        };
        let what = posted.map_or_else(WebAnswer::Failed, WebAnswer::Posted);
        self.respond(now, id, form, &what);
    }

    /// Says something in the room of a hook.
    pub(super) fn call_hook(
        &mut self,
        now: Time,
        id: ClientId,
        form: &AnswerForm,
        (secret, said): (&str, &WebPost),
    ) {
        let posted = match self.known_bot(now, id, BotKind::Hook, secret) {
            None => Err(NO_HOOK),
            Some(bot) => self.say_for(now, &bot, said),
        };
        let what = posted.map_or_else(WebAnswer::Failed, |_| WebAnswer::Hooked(said.form));
        self.respond(now, id, form, &what);
    }

    /// The bot of a secret. A wrong one is charged and written down.
    fn known_bot(&mut self, now: Time, id: ClientId, kind: BotKind, secret: &str) -> Option<Bot> {
        if let Some(known) = self.bots.find(kind, secret) {
            return Some(known.bot.clone());
        }
        // One was charged for the request.
        self.charge(now, id, FLOOD_PER_WRONG_PASSWORD - 1);
        self.counters.passwords_refused += 1;
        self.audit.push(Audited::Secret { id, kind });
        None
    }

    fn say_for(&mut self, now: Time, bot: &Bot, said: &WebPost) -> Result<MessageId, HttpError> {
        let text = match &said.username {
            Some(name) if !name.trim().is_empty() => format!("{}: {}", name.trim(), said.text),
            _ => said.text.clone(),
        };
        if text.len() > TEXT_BYTES_MAX {
            return Err(HttpError::TextTooLong);
        }
        if let Some(wait) = self.charge_bot(now, bot.hash, &text) {
            let seconds = wait.as_millis().div_ceil(1_000);
            return Err(HttpError::TooFast(u32::try_from(seconds).unwrap_or(u32::MAX)));
        }
        let said = self.with_context(now, |lobby, fanout, context| {
            lobby.say_as(&bot.name, &bot.room, &text, context, fanout)
        });
        match said {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(HttpError::Malformed("the text says nothing")),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Charges a bot for what it says, or returns how long it has to wait.
    fn charge_bot(&mut self, now: Time, hash: TokenHash, text: &str) -> Option<Duration> {
        let rate = self.settings.flood?;
        let allowance = self.bots.allowance(hash)?;
        let ready = allowance.ready_at(rate);
        if ready > now {
            return Some(ready.since(now));
        }
        allowance.charge(now, rate, Command::Say { room: None, text }.cost());
        None
    }
}

/// Why a bot may not speak.
fn refused(refusal: &Refusal) -> HttpError {
    match refusal {
        Refusal::NoRoomNamed(_) => {
            HttpError::NotFound("the bot's room is not there: somebody has to make it first")
        }
        Refusal::Banned(_) | Refusal::Muted(_) => {
            HttpError::Forbidden("the bot is banned or muted in its room")
        }
        Refusal::NicknameTaken(_) => {
            HttpError::Conflict("somebody in the chat still has the name of this bot")
        }
        _ => HttpError::Unavailable("the bot's room cannot be opened now"),
    }
}
