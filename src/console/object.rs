//! What a script hears, as JSON: one object a line. What does not apply is left out.

use serde::Serialize;

use super::wording;
use crate::dialect::json;

/// One thing that was heard.
#[derive(Debug, Default, Serialize)]
pub(super) struct Object<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// How many there are in all, of whom some may be listed elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rooms: Option<Vec<RoomObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a str>,
    /// Sixteen hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own: bool,
    /// It was said before, and is told again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    past: bool,
}

/// A room of a list.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct RoomObject<'a> {
    name: &'a str,
    members: usize,
}

/// What an object of the server's is seen in the light of.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// How we are called.
    pub(super) own: &'a str,
    /// What is granted was asked for by the script, and not by this program.
    pub(super) is_answer: bool,
}

/// The lines that are written for an object of the server's.
pub(super) fn lines(told: &json::Object<'_>, view: View<'_>) -> Vec<String> {
    let written = |object: &Object<'_>| serde_json::to_string(object).ok();
    if let Some(object) = Object::of(told, view) {
        return written(&object).into_iter().collect();
    }
    if is_nothing(told, view) {
        return Vec::new();
    }
    let notices = wording::lines(told);
    let object = |text: &String| written(&Object { text: Some(text), ..Object::told("notice") });
    notices.iter().filter_map(object).collect()
}

/// Whether it is nobody's business: it is told otherwise, or answers what this program has asked.
fn is_nothing(told: &json::Object<'_>, view: View<'_>) -> bool {
    match told {
        json::Object::Format(_) | json::Object::Setting { .. } => !view.is_answer,
        json::Object::Error(error) if error.code == "history-off" => !view.is_answer,
        json::Object::Welcome(_) | json::Object::Prompt | json::Object::Unknown => true,
        _ => false,
    }
}

impl<'a> Object<'a> {
    fn told(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    /// What is told of an object that is no notice.
    fn of(told: &'a json::Object<'_>, view: View<'_>) -> Option<Self> {
        use json::Object as Told;
        let of = Self::told;
        Some(match told {
            Told::Message(message) => Self::message(message, view),
            Told::Private(message) => Self {
                time: message.old.then_some(message.at),
                from: message.from.as_deref(),
                to: message.to.as_deref(),
                text: Some(&message.text),
                own: message.from.is_none(),
                past: message.old,
                ..of("private")
            },
            Told::Joined { room, nick } => {
                Self { room: Some(room), from: Some(nick), ..of("joined") }
            }
            Told::Left { room, nick } => Self { room: Some(room), from: Some(nick), ..of("left") },
            Told::Presence { room, total, .. } => {
                Self { room: Some(room), count: Some(*total), ..of("digest") }
            }
            Told::Renamed { nick, new, .. } => {
                Self { from: Some(nick), to: Some(new), ..of("renamed") }
            }
            Told::Room { room, .. } => Self { room: Some(room), ..of("entered") },
            Told::Topic { room, text, .. } => {
                let text = Some(&**text).filter(|text| !text.is_empty());
                Self { room: Some(room), text, ..of("topic") }
            }
            Told::Names { room, names, total, .. } => {
                let names = Some(names.iter().map(|name| &**name).collect());
                Self { room: Some(room), count: Some(*total), names, ..of("who") }
            }
            Told::Rooms { rooms, more } => {
                let count = Some(rooms.len().saturating_add(*more));
                let room = |entry: &'a json::RoomEntry<'_>| RoomObject {
                    name: &entry.room,
                    members: entry.total,
                };
                Self { count, rooms: Some(rooms.iter().map(room).collect()), ..of("rooms") }
            }
            Told::Token { queue, token, udp, .. } => {
                Self { queue: Some(queue), token: Some(token), port: *udp, ..of("token") }
            }
            Told::Invited { from: Some(from), queue, .. } => {
                let queue = Some(&**queue);
                Self { from: Some(from), text: queue, queue, ..of("invited") }
            }
            Told::Owner { room, key } => Self { room: Some(room), text: Some(key), ..of("owns") },
            _ => return None,
        })
    }

    fn message(message: &'a json::Message<'_>, view: View<'_>) -> Self {
        Self {
            number: Some(message.n),
            time: Some(message.at),
            room: Some(&message.room),
            from: Some(&message.nick),
            text: Some(&message.text),
            own: message.nick == view.own,
            past: message.old,
            ..Self::told(if message.me { "action" } else { "message" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reading::read_one;
    use super::*;

    #[test]
    fn answers_have_parts_that_a_program_can_take() {
        let view = View { own: "bot", is_answer: true };
        for (told, object) in [
            (
                r#"{"t":"names","room":"main","names":["alice","bob"],"total":2}"#,
                r#"{"kind":"who","room":"main","count":2,"names":["alice","bob"]}"#,
            ),
            (
                r#"{"t":"names","room":"den","names":[],"total":0}"#,
                r#"{"kind":"who","room":"den","count":0,"names":[]}"#,
            ),
            (
                r#"{"t":"rooms","rooms":[{"room":"games","total":1}],"more":8}"#,
                r#"{"kind":"rooms","count":9,"rooms":[{"name":"games","members":1}]}"#,
            ),
            (
                r#"{"t":"rooms","rooms":[{"room":"a","total":1}],"more":18446744073709551615}"#,
                concat!(
                    r#"{"kind":"rooms","count":18446744073709551615,"#,
                    r#""rooms":[{"name":"a","members":1}]}"#
                ),
            ),
            (
                r#"{"t":"token","queue":"duel","n":2,"token":"090e436e0f64c1ab","udp":50000}"#,
                r#"{"kind":"token","queue":"duel","token":"090e436e0f64c1ab","port":50000}"#,
            ),
            (
                r#"{"t":"topic","room":"tea","text":"cups","by":"al","changed":true}"#,
                r#"{"kind":"topic","room":"tea","text":"cups"}"#,
            ),
            (
                r#"{"t":"presence","room":"tea","came":37,"went":12,"total":1204}"#,
                r#"{"kind":"digest","room":"tea","count":1204}"#,
            ),
            (
                r#"{"t":"history","room":"tea","gap":false,"count":1}"#,
                r#"{"kind":"notice","text":"-- last message in tea --"}"#,
            ),
            (
                r#"{"t":"message","n":5,"at":7,"room":"tea","nick":"bot","text":"hi","old":true}"#,
                concat!(
                    r#"{"kind":"message","number":5,"time":7,"room":"tea","from":"bot","#,
                    r#""text":"hi","own":true,"past":true}"#
                ),
            ),
        ] {
            assert_eq!(lines(&read_one(told), view), [object], "{told}");
        }
    }
}
