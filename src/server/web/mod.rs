//! Requests by HTTP, carried out: each is answered once, and its connection ends.
//!
//! What the bytes of a request and of an answer are is left to `dialect::http`, rooms and what was
//! said in them to `chat`.

mod bots;
mod browsers;
mod places;

pub(super) use browsers::patience;

use super::Server;
use super::close_reason::CloseReason;
use crate::chat::{RoomId, RoomName};
use crate::dialect::http::{AnswerForm, HttpError, WebAnswer, WebCall, WebRequest, answer};
use crate::id::ClientId;
use crate::limits::LISTED_MAX;
use crate::time::Time;

use browsers::Browsers;
use places::Places;

/// What is known of requests, and of where they come from.
#[derive(Debug, Default)]
pub(super) struct Web {
    places: Places,
    pub(super) browsers: Browsers,
}

impl Server {
    /// Carries out a request. One that has something looked up costs where it comes from as much as
    /// a line; the page costs as little as the prompt does, so that a class may come in at once.
    pub(super) fn serve(&mut self, now: Time, id: ClientId, call: &WebCall) {
        if call.request.is_looked_up() {
            self.charge_stranger(now, id, false);
        }
        let form = &call.form;
        match &call.request {
            WebRequest::Page { kept } => {
                self.respond(now, id, form, &WebAnswer::Page { kept: kept.as_deref() });
            }
            WebRequest::Icon => self.respond(now, id, form, &WebAnswer::NoIcon),
            WebRequest::Health => self.respond(now, id, form, &WebAnswer::Healthy),
            WebRequest::Preflight => self.respond(now, id, form, &WebAnswer::Preflight),
            WebRequest::Rooms => self.list_open_rooms(now, id, form),
            WebRequest::Messages { room, after, limit } => {
                let (room, after, limit) = (room.as_str(), *after, *limit);
                let Some(room) = self.find_open_room(now, id, room) else {
                    return self.respond(now, id, form, &NO_ROOM);
                };
                let Some(excerpt) = self.lobby.excerpt(room, after, limit) else { return };
                let bytes = answer(form, &WebAnswer::Messages(excerpt));
                self.finish(now, id, &bytes);
            }
            WebRequest::Events { room, after } => {
                let Some(room) = self.find_open_room(now, id, room) else {
                    return self.respond(now, id, form, &NO_ROOM);
                };
                self.close_request(id);
                self.fanout.push(id, &answer(form, &WebAnswer::Stream));
                self.begin_listening(now, id, room, *after);
            }
            WebRequest::Post { room, token, said } => {
                self.post(now, id, form, (room, token, said));
            }
            WebRequest::Hook { secret, said } => self.call_hook(now, id, form, (secret, said)),
        }
    }

    fn list_open_rooms(&mut self, now: Time, id: ClientId, form: &AnswerForm) {
        if self.find_open_room(now, id, RoomName::main().as_str()).is_none() {
            let banned = HttpError::Forbidden("nobody from your address may use this server");
            return self.respond(now, id, form, &WebAnswer::Failed(banned));
        }
        let rooms = self.lobby.open_rooms();
        let listed = &rooms[..rooms.len().min(LISTED_MAX)];
        let more = rooms.len() - listed.len();
        let bytes = answer(form, &WebAnswer::Rooms { rooms: listed, more });
        self.finish(now, id, &bytes);
    }

    /// The room of this name, if anybody may know of it who comes from where this client does.
    fn find_open_room(&mut self, now: Time, id: ClientId, name: &str) -> Option<RoomId> {
        self.with_context(now, |lobby, fanout, context| {
            lobby.room_to_hear(name, (context.network_of)(id), context.now, fanout).ok()
        })
    }

    /// Answers a request.
    fn respond(&mut self, now: Time, id: ClientId, form: &AnswerForm, what: &WebAnswer<'_>) {
        self.finish(now, id, &answer(form, what));
    }

    /// Says the last words to a client, whose language has an end of its own.
    fn finish(&mut self, now: Time, id: ClientId, last_words: &[u8]) {
        self.fanout.push(id, last_words);
        self.close(now, id, CloseReason::Finished);
    }
}

const NO_ROOM: WebAnswer<'static> =
    WebAnswer::Failed(HttpError::NotFound("there is no such room that anybody may listen to"));
