//! Answers: one whole response, after which the connection ends.

use std::fmt::Write as _;

use serde::Serialize;

use super::error::HttpError;
use super::event_stream::OPENING;
use super::page::{FACTS, PAGE, is_kept};
use super::request::AnswerForm;
use super::text::PostForm;
use crate::chat::{Excerpt, Farewell, HistoryCursor, MessageId, OpenRoom, Reply};
use crate::dialect::encryption::Security;
use crate::dialect::json;
use crate::http::{NOTHING_ALLOWED, TEXT};
use crate::limits::HTTP_RETRY_SECONDS;
use crate::time::UnixTime;

/// What a request is answered.
#[derive(Debug)]
pub enum WebAnswer<'a> {
    /// The chat page, unless the browser has kept it.
    Page {
        /// What it has kept (`If-None-Match`).
        kept: Option<&'a str>,
    },
    /// No icon.
    NoIcon,
    /// The server is there.
    Healthy,
    /// What pages of other origins may do.
    Preflight,
    /// Rooms without a password, the fullest first.
    Rooms {
        /// Some of them.
        rooms: &'a [OpenRoom<'a>],
        /// How many more there are.
        more: usize,
    },
    /// What was said in a room.
    Messages(Excerpt<'a>),
    /// Something was said in a room, and this is its number and date.
    Posted(MessageId),
    /// Something was said by a hook, in the form that its body came in.
    Hooked(PostForm),
    /// What happens in a room follows, for as long as both like.
    Stream,
    /// The request was not carried out.
    Failed(HttpError),
}

const JSON: &str = "application/json";
/// The first header for who was prompted: a browser shows it behind the prompt, or passes over
/// that.
const TOO_EARLY: &str = "X-Note: opened too early, press F5\r\n";
/// How long browsers are to come encrypted only, whatever their people type: 30 days, so that who
/// gives up its certificate is not locked out for years (RFC 6797).
const ENCRYPTED_FOR: &str = "max-age=2592000";
/// Whoever waits for this word before it sends a body may send it.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The headers that come before all others.
pub(super) fn note(form: &AnswerForm) -> &'static str {
    if form.too_early { TOO_EARLY } else { "" }
}

/// The answer to a request, as it is sent.
pub fn answer(form: &AnswerForm, what: &WebAnswer<'_>) -> Vec<u8> {
    match what {
        WebAnswer::Page { kept } => page(form, *kept),
        WebAnswer::NoIcon => {
            Response::new(form, "204 No Content").header("Cache-Control", "max-age=86400").bare()
        }
        WebAnswer::Healthy => Response::new(form, "200 OK").whole(TEXT, b"ok\n"),
        WebAnswer::Preflight => preflight(form),
        WebAnswer::Rooms { rooms, more } => {
            let rooms = rooms.iter().map(ListedRoom::from).collect();
            Response::new(form, "200 OK").whole(JSON, &written(&RoomList { rooms, more: *more }))
        }
        WebAnswer::Messages(excerpt) => {
            Response::new(form, "200 OK").whole(JSON, &messages(excerpt))
        }
        WebAnswer::Posted(id) => {
            let said = format!("{{\"n\":{},\"at\":{}}}", id.number, id.at.millis() / 1_000);
            Response::new(form, "200 OK").whole(JSON, said.as_bytes())
        }
        WebAnswer::Hooked(PostForm::Discord) => Response::new(form, "204 No Content").bare(),
        WebAnswer::Hooked(PostForm::Plain | PostForm::Slack) => {
            Response::new(form, "200 OK").whole(TEXT, b"ok")
        }
        WebAnswer::Stream => stream(form),
        WebAnswer::Failed(error) => failed(form, *error),
    }
}

/// The answer to a request that is to be made encrypted, at this place.
pub(super) fn moved(form: &AnswerForm, place: &str) -> Vec<u8> {
    let response = Response::new(form, "308 Permanent Redirect").header("Location", place);
    response.whole(TEXT, format!("this server is at {place}\n").as_bytes())
}

/// The answer to a request that is not carried out: a sentence says why.
pub(super) fn failed(form: &AnswerForm, error: HttpError) -> Vec<u8> {
    let response = Response::new(form, error.status());
    let response = match error {
        HttpError::TlsOnly => response.header("Upgrade", "TLS/1.2").header("Connection", "Upgrade"),
        HttpError::Method(allowed) => response.header("Allow", allowed),
        HttpError::Unauthorized(_) => response.header("WWW-Authenticate", "Bearer"),
        HttpError::UpgradeRequired => response
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Version", "13"),
        HttpError::TooFast(seconds) => response.header("Retry-After", &seconds.to_string()),
        HttpError::TooMany(_) | HttpError::Unavailable(_) => {
            response.header("Retry-After", &HTTP_RETRY_SECONDS.to_string())
        }
        _ => response,
    };
    response.whole(TEXT, format!("{error}\n").as_bytes())
}

/// Appends what a client is told that has asked by HTTP: that it is sent away, as a whole response.
/// All else is not for it.
pub(in crate::dialect) fn reply(reply: &Reply<'_>, out: &mut Vec<u8>) {
    if let Reply::Farewell(farewell) = reply {
        out.extend_from_slice(&failed(&AnswerForm::default(), sent_away(*farewell)));
    }
}

fn sent_away(farewell: Farewell) -> HttpError {
    match farewell {
        Farewell::RegisterTimeout | Farewell::LineTimeout => HttpError::Timeout,
        Farewell::TooManyTries => HttpError::BodyTooLarge,
        Farewell::AddressFull => HttpError::TooMany("too many requests from your address"),
        Farewell::Banned | Farewell::AddressBanned | Farewell::Kicked => {
            HttpError::Forbidden("nobody is served from your address")
        }
        Farewell::Shutdown { .. } => HttpError::Unavailable("the server stops"),
        Farewell::TlsOnly => HttpError::TlsOnly,
        Farewell::Quit
        | Farewell::TooManyPasswords
        | Farewell::SlowReader { .. }
        | Farewell::ServerFull
        | Farewell::NetworkFull
        | Farewell::MadeWay => HttpError::Unavailable("the server has too much to do"),
    }
}

fn page(form: &AnswerForm, kept: Option<&str>) -> Vec<u8> {
    let is_kept = kept.is_some_and(is_kept);
    let status = if is_kept { "304 Not Modified" } else { "200 OK" };
    let mut response = Response::new(form, status)
        .header("ETag", &FACTS.tag)
        .header("Cache-Control", "no-cache")
        .header("Cross-Origin-Opener-Policy", "same-origin");
    response.policy = &FACTS.policy;
    if is_kept {
        response.bare()
    } else {
        response.whole("text/html; charset=utf-8", PAGE.as_bytes())
    }
}

/// The head of a stream of events, which has no length and ends with the connection.
fn stream(form: &AnswerForm) -> Vec<u8> {
    let response = Response::new(form, "200 OK").header("Content-Type", "text/event-stream");
    // Else nginx holds back what it passes on.
    let mut bytes = response.header("X-Accel-Buffering", "no").bare();
    bytes.extend_from_slice(OPENING);
    bytes
}

fn preflight(form: &AnswerForm) -> Vec<u8> {
    let response =
        Response::new(form, "204 No Content").header("Allow", "GET, HEAD, POST, OPTIONS");
    match form.origin {
        None => response.bare(),
        Some(_) => response
            .header("Access-Control-Allow-Methods", "GET, POST")
            .header("Access-Control-Allow-Headers", "authorization, content-type, last-event-id")
            .header("Access-Control-Max-Age", "600")
            .bare(),
    }
}

#[derive(Serialize)]
struct ListedRoom<'a> {
    room: &'a str,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
}

impl<'a> From<&OpenRoom<'a>> for ListedRoom<'a> {
    fn from(room: &OpenRoom<'a>) -> Self {
        let topic = room.topic.map(|topic| topic.text.as_str());
        Self { room: room.name.as_str(), total: room.total, topic }
    }
}

#[derive(Serialize)]
struct RoomList<'a> {
    rooms: Vec<ListedRoom<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn written(value: &impl Serialize) -> Vec<u8> {
    // Strings and numbers can always be written.
    serde_json::to_vec(value).unwrap_or_default()
}

/// An object with the messages as JSON dialect 1 has them.
fn messages(excerpt: &Excerpt<'_>) -> Vec<u8> {
    let Excerpt { room, messages, gap, more, at } = excerpt;
    let mut body = b"{\"room\":".to_vec();
    body.extend_from_slice(&written(&room.as_str()));
    body.extend_from_slice(format!(",\"gap\":{gap},\"messages\":[").as_bytes());
    for (place, message) in messages.iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        let reply = Reply::Remembered { room, message, epoch: at.epoch, now: UnixTime::default() };
        json::reply(&reply, None, &mut body);
    }
    let more = if *more { ",\"more\":true" } else { "" };
    let HistoryCursor { epoch, number } = at;
    body.extend_from_slice(format!("]{more},\"at\":\"{epoch:08x}:{number}\"}}").as_bytes());
    body
}

/// A response that is put together.
struct Response<'a> {
    form: &'a AnswerForm,
    head: String,
    policy: &'a str,
    has_cache_rule: bool,
}

impl<'a> Response<'a> {
    fn new(form: &'a AnswerForm, status: &str) -> Self {
        let head = format!("HTTP/1.1 {status}\r\n{}", note(form));
        Self { form, head, policy: NOTHING_ALLOWED, has_cache_rule: false }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.has_cache_rule |= name == "Cache-Control";
        // Writing to a string cannot fail.
        let _ = write!(self.head, "{name}: {value}\r\n");
        self
    }

    /// The response with this body.
    fn whole(self, kind: &str, body: &[u8]) -> Vec<u8> {
        let head_only = self.form.head_only;
        let length = body.len().to_string();
        let response = self.header("Content-Type", kind).header("Content-Length", &length);
        let mut bytes = response.bare();
        if !head_only {
            bytes.extend_from_slice(body);
        }
        bytes
    }

    /// The response without a body, with the headers that all have.
    fn bare(self) -> Vec<u8> {
        let (form, policy) = (self.form, self.policy);
        let response = match self.has_cache_rule {
            true => self,
            false => self.header("Cache-Control", "no-store"),
        };
        let response = match &form.origin {
            Some(origin) => {
                response.header("Access-Control-Allow-Origin", origin).header("Vary", "Origin")
            }
            None => response,
        };
        let response = response
            .header("Content-Security-Policy", policy)
            .header("Referrer-Policy", "no-referrer")
            .header("X-Content-Type-Options", "nosniff")
            .header("Connection", "close");
        let response = match form.security {
            Security::Public => response.header("Strict-Transport-Security", ENCRYPTED_FOR),
            Security::Plain | Security::Encrypted => response,
        };
        let mut bytes = response.head.into_bytes();
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}
