//! What a script hears, as JSON: one object a line. What does not apply is left out.

use serde::Serialize;

use super::heard::{Heard, Stamp};

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
    token: Option<String>,
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

/// What a list is of that may go on in the next line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// There is none.
    Nothing,
    People,
    Rooms,
}

impl List {
    /// What it is of after this line.
    pub(super) fn after(self, heard: &Heard<'_>) -> Self {
        match heard {
            Heard::Who { .. } => Self::People,
            Heard::Rooms { .. } => Self::Rooms,
            Heard::And(_) => self,
            _ => Self::Nothing,
        }
    }
}

/// What a line is seen in the light of.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// How we are called.
    pub(super) own: &'a str,
    /// Where we are.
    pub(super) room: &'a str,
    /// What is heard was said before.
    pub(super) is_past: bool,
    /// What is granted was asked for by the script, and not by this program.
    pub(super) is_answer: bool,
    pub(super) list: List,
}

impl<'a> Object<'a> {
    /// What is told of a line; `notice` is the line without the mark of notices.
    pub(super) fn of(heard: &Heard<'a>, notice: &'a str, view: View<'a>) -> Option<Self> {
        let told = |kind| Self { kind, ..Self::default() };
        let room = Some(view.room);
        let said = |kind, stamp: Option<Stamp>, who, text| Self {
            number: stamp.map(|stamp| stamp.number),
            time: stamp.map(|stamp| stamp.at),
            room,
            from: Some(who),
            text: Some(text),
            own: who == view.own,
            past: view.is_past,
            ..told(kind)
        };
        Some(match *heard {
            Heard::Welcome | Heard::Other("") => return None,
            Heard::Numbers(_) | Heard::Granted | Heard::NoPast if !view.is_answer => return None,
            Heard::Said { stamp, who, text } => said("message", stamp, who, text),
            Heard::Acted { stamp, who, text } => said("action", Some(stamp), who, text),
            Heard::Whispered { from, text } => {
                Self { from: Some(from), text: Some(text), ..told("private") }
            }
            Heard::WhisperSent { to, text } => {
                Self { to: Some(to), text: Some(text), own: true, ..told("private") }
            }
            Heard::Joined(who) => Self { room, from: Some(who), ..told("joined") },
            Heard::Left(who) => Self { room, from: Some(who), ..told("left") },
            Heard::Digest { here } => Self { room, count: Some(here), ..told("digest") },
            Heard::Renamed { old, new } => {
                Self { from: Some(old), to: Some(new), ..told("renamed") }
            }
            Heard::Entered { room, .. } => Self { room: Some(room), ..told("entered") },
            Heard::Topic { room: of, text } => Self { room: of.or(room), text, ..told("topic") },
            Heard::Token { queue, token, port } => {
                let token = Some(format!("{token:016x}"));
                Self { queue: Some(queue), token, port, ..told("token") }
            }
            Heard::Invited { from, queue } => {
                let queue = Some(queue);
                Self { from: Some(from), text: queue, queue, ..told("invited") }
            }
            Heard::Owns { room, key } => Self { room: Some(room), text: Some(key), ..told("owns") },
            _ => Self::of_list(heard, view.list)
                .unwrap_or(Self { text: Some(notice), ..told("notice") }),
        })
    }

    fn of_list(heard: &Heard<'a>, list: List) -> Option<Self> {
        let told = |kind| Self { kind, ..Self::default() };
        Some(match *heard {
            Heard::Who { room, count, names, .. } => {
                let names = Some(people(names));
                Self { room: Some(room), count: Some(count), names, ..told("who") }
            }
            Heard::Notice(text) => {
                let room = text.strip_prefix("there is nobody in ")?;
                let names = Some(Vec::new());
                Self { room: Some(room), count: Some(0), names, ..told("who") }
            }
            Heard::Rooms { count, rooms } => {
                Self { count: Some(count), rooms: Some(places(rooms)), ..told("rooms") }
            }
            Heard::And(more) if list == List::People => {
                Self { names: Some(people(more)), ..told("and") }
            }
            Heard::And(more) if list == List::Rooms => {
                Self { rooms: Some(places(more)), ..told("and") }
            }
            _ => return None,
        })
    }
}

/// `alice, bob`
fn people(list: &str) -> Vec<&str> {
    list.split(", ").collect()
}

/// `games (1), main (2) and 7 more`
fn places(list: &str) -> Vec<RoomObject<'_>> {
    let rooms = list.split(", ").filter_map(|room| {
        let (name, rest) = room.split_once(" (")?;
        let (members, _) = rest.split_once(')')?;
        Some(RoomObject { name, members: members.parse().ok()? })
    });
    rooms.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str, list: List) -> String {
        let view = View { own: "bot", room: "tea", is_past: false, is_answer: true, list };
        let notice = line.strip_prefix("* ").unwrap_or(line);
        let object = Object::of(&Heard::parse(line), notice, view).unwrap();
        serde_json::to_string(&object).unwrap()
    }

    #[test]
    fn answers_have_parts_that_a_program_can_take() {
        for (line, list, object) in [
            (
                "* there are 2 in main: alice, bob",
                List::Nothing,
                r#"{"kind":"who","room":"main","count":2,"names":["alice","bob"]}"#,
            ),
            (
                "* there is nobody in den",
                List::Nothing,
                r#"{"kind":"who","room":"den","count":0,"names":[]}"#,
            ),
            ("* and carol", List::People, r#"{"kind":"and","names":["carol"]}"#),
            (
                "* there are 9 rooms: games (1), main (12)",
                List::Nothing,
                concat!(
                    r#"{"kind":"rooms","count":9,"rooms":[{"name":"games","members":1},"#,
                    r#"{"name":"main","members":12}]}"#
                ),
            ),
            (
                "* and tea (3) and 6 more",
                List::Rooms,
                r#"{"kind":"and","rooms":[{"name":"tea","members":3}]}"#,
            ),
            ("* and whatever", List::Nothing, r#"{"kind":"notice","text":"and whatever"}"#),
            (
                "* your token for duel (2 players) is 090e436e0f64c1ab: run mio-chat match \
                 HOST:50000 --token 090e436e0f64c1ab",
                List::Nothing,
                r#"{"kind":"token","queue":"duel","token":"090e436e0f64c1ab","port":50000}"#,
            ),
            (
                "* the topic is now: cups (by al)",
                List::Nothing,
                r#"{"kind":"topic","room":"tea","text":"cups"}"#,
            ),
            (
                "* +37 -12, 1,204 here",
                List::Nothing,
                r#"{"kind":"digest","room":"tea","count":1204}"#,
            ),
            (
                "* -- last message in tea (UTC) --",
                List::Nothing,
                r#"{"kind":"notice","text":"-- last message in tea (UTC) --"}"#,
            ),
        ] {
            assert_eq!(told(line, list), object, "{line}");
        }
    }
}
