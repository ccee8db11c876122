//! What a request asks for, as its method and its path say. A `match` on these is the whole router.

use super::body::Framing;
use super::error::HttpError;
use super::head::Head;
use super::origin::{self, Spoken};
use super::percent::decoded;
use super::text::WebPost;
use super::upgrade::{self, Upgrade};
use crate::chat::HistoryCursor;
use crate::dialect::encryption::{Encryption, Security};
use crate::dialect::line::slash::cursor;
use crate::limits::{HTTP_MESSAGES, HTTP_MESSAGES_MAX};

/// What somebody asks for by HTTP. Names of rooms are as they were written: they may be none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebRequest {
    /// The chat page.
    Page {
        /// What the browser has kept of it (`If-None-Match`).
        kept: Option<String>,
    },
    /// An icon, which there is none of.
    Icon,
    /// Whether the server is there.
    Health,
    /// Which rooms there are.
    Rooms,
    /// What was said in a room.
    Messages {
        /// Where.
        room: String,
        /// After which place; `None`: the last messages.
        after: Option<HistoryCursor>,
        /// So many messages at most.
        limit: usize,
    },
    /// What is said in a room from now on.
    Events {
        /// Where.
        room: String,
        /// And before that, what was said after this place.
        after: Option<HistoryCursor>,
    },
    /// Something is to be said in a room.
    Post {
        /// Where.
        room: String,
        /// By whom.
        token: String,
        /// What.
        said: WebPost,
    },
    /// Something is to be said where this secret stands for.
    Hook {
        /// Stands for a speaker and a room. Never to be logged.
        secret: String,
        /// What.
        said: WebPost,
    },
    /// A browser asks what pages of other origins may do.
    Preflight,
}

impl WebRequest {
    /// Whether rooms, messages or secrets are looked at for it.
    pub fn is_looked_up(&self) -> bool {
        !matches!(self, Self::Page { .. } | Self::Icon | Self::Health | Self::Preflight)
    }
}

/// A request, and what its answer is to look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebCall {
    /// What is asked for.
    pub request: WebRequest,
    /// What the answer is to look like.
    pub form: AnswerForm,
}

/// What the answer to a request looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerForm {
    /// Without its body (HEAD).
    pub(super) head_only: bool,
    /// The client was asked for a nickname before it spoke: what it reads begins with that.
    pub(super) too_early: bool,
    /// Pages of this origin, which is not our own, may read it.
    pub(super) origin: Option<String>,
    /// How it goes to the client.
    pub(super) security: Security,
}

/// A request whose head was read.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) wanted: Wanted<'a>,
    pub(super) form: AnswerForm,
    /// How its body is marked off, if one is to be read.
    pub(super) body: Option<Framing>,
    /// It waits for a word before it sends its body.
    pub(super) expects_word: bool,
    kind: Option<&'a str>,
}

/// What is asked for, but for what a body says.
#[derive(Debug)]
pub(super) enum Wanted<'a> {
    Plain(WebRequest),
    /// To say something in a room.
    Post {
        room: String,
        token: &'a str,
    },
    /// To say something where this secret stands for.
    Hook {
        secret: String,
    },
    /// To speak WebSocket.
    Upgrade(Upgrade),
    /// Something that is to be asked for encrypted, at this place.
    Elsewhere(String),
}

impl<'a> Asked<'a> {
    /// Reads a head. What is wrong is told in the form that comes with it, which goes on from this
    /// one.
    pub(super) fn read(
        bytes: &'a [u8],
        spoken: &Spoken,
        mut form: AnswerForm,
    ) -> Result<Self, (AnswerForm, HttpError)> {
        let head = match Head::parse(bytes) {
            Ok(head) => head,
            Err(error) => return Err((form, error)),
        };
        form.head_only = head.method == "HEAD";
        Self::of(&head, spoken, &mut form).map_err(|error| (form, error))
    }

    fn of(head: &Head<'a>, spoken: &Spoken, form: &mut AnswerForm) -> Result<Self, HttpError> {
        let framing = head.framing()?;
        let (target, origin) = origin::admit(head, spoken, form.security)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut segments = segments(path)?;
        // Where pages of other origins may ask, and are told what was answered.
        form.origin = origin.filter(|_| segments.first().is_some_and(|first| first == "rooms"));
        if spoken.encryption == Encryption::Required && form.security == Security::Plain {
            let is_health = matches!(path, "/health" | "/healthz");
            if !is_health {
                return Self::elsewhere(head, target, std::mem::take(form));
            }
        }
        let wanted = if head.lists("upgrade", "websocket") && head.method == "GET" {
            Wanted::Upgrade(upgrade::read(head, path, framing)?)
        } else {
            let places: Vec<&str> = segments.iter().map(String::as_str).collect();
            let route = Route::of(&places)?;
            if !route.allowed().split(", ").any(|method| method == head.method) {
                return Err(not_allowed(head.method, route));
            }
            route.wanted(head, &mut segments, query)?
        };
        let takes_body = matches!(wanted, Wanted::Post { .. } | Wanted::Hook { .. });
        let body = match framing {
            None if takes_body => return Err(HttpError::LengthRequired),
            framing => framing.filter(|_| takes_body),
        };
        let expects_word = match head.one("expect")? {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("100-continue") => head.is_current,
            Some(_) => return Err(HttpError::Expectation),
        };
        let kind = head.one("content-type")?;
        Ok(Self { wanted, form: std::mem::take(form), body, expects_word, kind })
    }

    /// A request that is to be made encrypted. Both are spoken on the same port.
    fn elsewhere(head: &Head<'a>, path: &str, form: AnswerForm) -> Result<Self, HttpError> {
        let host = head.one("host")?.filter(|host| !host.is_empty()).ok_or(HttpError::TlsOnly)?;
        let wanted = Wanted::Elsewhere(format!("https://{host}{path}"));
        Ok(Self { wanted, form, body: None, expects_word: false, kind: None })
    }

    /// The whole request, with its body, which is empty where none is read.
    pub(super) fn complete(self, body: &[u8]) -> Result<WebRequest, HttpError> {
        let said = || super::text::read(self.kind, body);
        match self.wanted {
            Wanted::Plain(request) => Ok(request),
            Wanted::Post { room, token } => {
                Ok(WebRequest::Post { room, token: token.to_owned(), said: said()? })
            }
            Wanted::Hook { secret } => Ok(WebRequest::Hook { secret, said: said()? }),
            Wanted::Upgrade(_) => Err(HttpError::UpgradeRequired),
            Wanted::Elsewhere(_) => Err(HttpError::TlsOnly),
        }
    }
}

/// A place that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Page,
    Icon,
    Health,
    Rooms,
    Messages,
    Events,
    Hook,
    Socket,
}

impl Route {
    fn of(segments: &[&str]) -> Result<Self, HttpError> {
        match segments {
            [""] => Ok(Self::Page),
            ["favicon.ico"] => Ok(Self::Icon),
            ["healthz" | "health"] => Ok(Self::Health),
            ["rooms"] => Ok(Self::Rooms),
            ["rooms", _, "messages"] => Ok(Self::Messages),
            ["rooms", _, "events"] => Ok(Self::Events),
            ["hooks", _] => Ok(Self::Hook),
            ["ws"] => Ok(Self::Socket),
            _ => Err(HttpError::NotFound("there is nothing here; the chat page is at /")),
        }
    }

    /// The methods that it takes.
    fn allowed(self) -> &'static str {
        match self {
            Self::Page | Self::Icon | Self::Health => "GET, HEAD",
            Self::Rooms => "GET, HEAD, OPTIONS",
            Self::Events => "GET, OPTIONS",
            Self::Messages => "GET, HEAD, POST, OPTIONS",
            Self::Hook => "POST",
            Self::Socket => "GET",
        }
    }

    fn wanted<'a>(
        self,
        head: &Head<'a>,
        segments: &mut [String],
        query: &str,
    ) -> Result<Wanted<'a>, HttpError> {
        let mut named = || segments.get_mut(1).map(std::mem::take).unwrap_or_default();
        let plain = match (self, head.method) {
            (_, "OPTIONS") => WebRequest::Preflight,
            (Self::Page, _) => {
                WebRequest::Page { kept: head.one("if-none-match")?.map(str::to_owned) }
            }
            (Self::Icon, _) => WebRequest::Icon,
            (Self::Health, _) => WebRequest::Health,
            (Self::Rooms, _) => WebRequest::Rooms,
            (Self::Messages, "POST") => {
                let token = token(head.one("authorization")?)?;
                return Ok(Wanted::Post { room: named(), token });
            }
            (Self::Messages, _) => WebRequest::Messages {
                room: named(),
                after: place(parameter(query, "after")?.as_deref())?,
                limit: limit(parameter(query, "limit")?.as_deref())?,
            },
            (Self::Events, _) => {
                // What a browser has heard last counts for more than where the page began.
                let last = head.one("last-event-id")?.filter(|id| !id.is_empty());
                let after = match last {
                    Some(last) => place(Some(last))?,
                    None => place(parameter(query, "after")?.as_deref())?,
                };
                WebRequest::Events { room: named(), after }
            }
            (Self::Hook, _) => return Ok(Wanted::Hook { secret: named() }),
            (Self::Socket, _) => return Err(HttpError::UpgradeRequired),
        };
        Ok(Wanted::Plain(plain))
    }
}

/// Why a method is not taken: nobody knows it, or this path does not.
fn not_allowed(method: &str, route: Route) -> HttpError {
    const KNOWN: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"];
    if KNOWN.contains(&method) {
        HttpError::Method(route.allowed())
    } else {
        HttpError::NotImplemented("this port does not know that method")
    }
}

/// The parts of a path, decoded.
fn segments(path: &str) -> Result<Vec<String>, HttpError> {
    let parts = path.strip_prefix('/').ok_or(HttpError::Malformed("the target is no path"))?;
    let parts: Option<Vec<String>> = parts.split('/').map(decoded).collect();
    parts.ok_or(HttpError::Malformed("the target is not written as it should be"))
}

/// A parameter of a query.
fn parameter(query: &str, name: &str) -> Result<Option<String>, HttpError> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, value)) = pairs.find(|(key, _)| *key == name) else { return Ok(None) };
    let value = decoded(value);
    value.map(Some).ok_or(HttpError::Malformed("the query is not written as it should be"))
}

fn place(written: Option<&str>) -> Result<Option<HistoryCursor>, HttpError> {
    let Some(written) = written else { return Ok(None) };
    let place = cursor(written);
    place.map(Some).ok_or(HttpError::Malformed("a place is written EPOCH:NUMBER"))
}

fn limit(written: Option<&str>) -> Result<usize, HttpError> {
    let Some(written) = written else { return Ok(HTTP_MESSAGES) };
    let limit = written.parse::<usize>().ok().filter(|limit| *limit > 0);
    let limit = limit.ok_or(HttpError::Malformed("limit is a number of messages"))?;
    Ok(limit.min(HTTP_MESSAGES_MAX))
}

/// The token of `Authorization: Bearer TOKEN`.
fn token(authorization: Option<&str>) -> Result<&str, HttpError> {
    const MISSING: HttpError =
        HttpError::Unauthorized("send a header like this: Authorization: Bearer TOKEN");
    let (scheme, token) = authorization.and_then(|value| value.split_once(' ')).ok_or(MISSING)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(MISSING)
    }
}

#[cfg(test)]
mod tests;
