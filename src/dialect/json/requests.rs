//! What a program asks for in JSON dialect 1: one object, as the steps that it takes.
//!
//! Source: `docs/PROTOCOL.md`, "JSON dialect 1". Unknown fields are passed over; where one object
//! ends and the next begins, the language knows that holds it (a line, or a WebSocket message).
//!
//! Invariant: nothing of a request is told before all of it was read and found well-formed.

use serde::Deserialize;

use super::conversations;
use super::depth::depth;
use super::marks;
use super::room_requests;
use crate::chat::{
    AccountRequest, Command, HistoryCursor, Landing, LogInWay, PeopleCommand, Recall, Refusal,
    RoomCommand, quoted,
};
use crate::dialect::format::Request;
use crate::dialect::line::{message, slash};
use crate::dialect::steps::{Speaker, Step};
use crate::limits::{JSON_DEPTH_MAX, JSON_REQUEST_NUMBER_MAX, LISTED_MAX, TEXT_BYTES_MAX};

/// One request after the other, each as long as its steps are told.
#[derive(Debug, Default)]
pub(in crate::dialect) struct RequestSteps {
    /// The request whose steps are told, or were.
    fields: Option<Box<Fields>>,
    stage: Stage,
    /// All of them were.
    is_told: bool,
}

/// How far the steps of a request are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// It bears a number, which is told first.
    #[default]
    Begin,
    /// What it asks for.
    First,
    /// What `hello` asks for once there is a nickname.
    Second,
    /// It bears a number, and its end is told.
    End,
}

/// Every field that some request has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    t: String,
    id: Option<u64>,
    nick: Option<String>,
    room: Option<String>,
    password: Option<String>,
    new: Option<String>,
    account: Option<String>,
    email: Option<String>,
    text: Option<String>,
    to: Option<String>,
    after: Option<String>,
    before: Option<Place>,
    limit: Option<usize>,
    history: Option<usize>,
    names: Option<usize>,
    page: Option<usize>,
    queue: Option<String>,
    n: Option<u64>,
    at: Option<u64>,
}

/// The number of a request, whatever else is wrong with it.
#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

/// A place in the history: `EPOCH:NUMBER`, or the number alone.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Place {
    Number(u64),
    Written(String),
}

impl RequestSteps {
    /// Takes in a request. Its steps are to be asked for while it [`is_begun`](Self::is_begun).
    ///
    /// # Errors
    /// That is no object, or one that nests too deep or has a field of another type.
    pub(in crate::dialect) fn begin(&mut self, text: &[u8]) -> Result<(), Refusal> {
        let text = std::str::from_utf8(text).map_err(|_| Refusal::NotUtf8)?;
        if depth(text) > JSON_DEPTH_MAX {
            return Err(Refusal::RequestMalformed);
        }
        // A struct may be written as an array, too, which is no request.
        let is_object = text.trim_ascii_start().starts_with('{');
        let read = serde_json::from_str::<Fields>(text).or_else(|_| {
            // Whoever has numbered it is told that this one is refused.
            let number = serde_json::from_str::<Numbered>(text)?;
            Ok::<_, serde_json::Error>(Fields { id: Some(number.id), ..Fields::default() })
        });
        let mut fields = read.ok().filter(|_| is_object).ok_or(Refusal::RequestMalformed)?;
        if fields.id.is_some_and(|id| id >= JSON_REQUEST_NUMBER_MAX) {
            return Err(Refusal::RequestMalformed);
        }
        if let Some(text) = fields.text.as_mut().filter(|text| text.contains(char::is_control)) {
            // What follows a newline must be no other line for anybody.
            *text = text.replace(char::is_control, " ");
        }
        self.stage = if fields.id.is_some() { Stage::Begin } else { Stage::First };
        (self.fields, self.is_told) = (Some(Box::new(fields)), false);
        Ok(())
    }

    /// Whether steps of a request are still to be told.
    pub(in crate::dialect) fn is_begun(&self) -> bool {
        self.fields.is_some() && !self.is_told
    }

    /// The next step of the request that was begun.
    pub(in crate::dialect) fn next(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        let Some(fields) = &self.fields else { return Step::More };
        let (stage, number) = (self.stage, fields.id);
        let is_member = speaker.is_member();
        let is_hello = fields.t == "hello" && !is_member;
        let enters = stage == Stage::First && is_hello && fields.room.is_some();
        self.stage = match stage {
            Stage::Begin => Stage::First,
            Stage::First if enters => Stage::Second,
            _ => Stage::End,
        };
        self.is_told = stage == Stage::End || (self.stage == Stage::End && number.is_none());
        let Some(fields) = &self.fields else { return Step::More };
        match (stage, number) {
            (Stage::Begin, Some(number)) => Step::BeginRequest(number),
            (Stage::End, _) => Step::EndRequest,
            // Without a nickname there is nothing to go on with.
            (Stage::Second, _) if !is_member => Step::Noise(0),
            (Stage::Second, _) => fields.join().map_or_else(Step::Refuse, Step::Also),
            _ => fields.step(is_member).unwrap_or_else(Step::Refuse),
        }
    }
}

impl Fields {
    /// What the request asks for.
    fn step(&self, is_member: bool) -> Result<Step<'_>, Refusal> {
        let room = self.room.as_deref();
        let command = match self.t.as_str() {
            "hello" if is_member => return Err(Refusal::RequestUnknown("hello".into())),
            "hello" => {
                let nickname = needed(self.nick.as_deref())?;
                Command::Register { nickname, landing: Landing::Nowhere, about: None }
            }
            "nick" => Command::Nick(needed(self.nick.as_deref())?),
            "say" | "me" | "msg" if self.text.as_deref().is_some_and(str::is_empty) => {
                return Ok(Step::Blank);
            }
            "say" => Command::Say { room, text: self.text()? },
            "me" => Command::Act { room, text: self.text()? },
            "msg" => Command::Whisper { to: needed(self.to.as_deref())?, text: self.text()? },
            "join" => self.join()?,
            "leave" => Command::Leave { room, reason: "" },
            "who" => Command::Who { room, page: self.page.unwrap_or(1) },
            "rooms" => Command::Rooms,
            "forget" | "conversations" => self.about_conversations(),
            "history" if self.to.is_some() => self.about_conversations(),
            "history" => Command::InRoom { room, command: RoomCommand::Recall(self.recall()?) },
            "read" => marks::asked(room, self.nick.as_deref(), self.at)?,
            "topic" if self.text.is_none() => {
                Command::InRoom { room, command: RoomCommand::AskTopic }
            }
            "topic" => Command::InRoom { room, command: RoomCommand::SetTopic(self.text()?) },
            "rename_room" => {
                room_requests::rename(room, self.new.as_deref(), self.text.as_deref())?
            }
            "redact" => room_requests::redact(room, self.n, self.text.as_deref())?,
            "match" => Command::Match {
                queue: needed(self.queue.as_deref())?,
                players: u8::try_from(self.n.unwrap_or(2)).unwrap_or(u8::MAX),
            },
            "register" | "login" | "logout" | "password_change" => {
                Command::Account(self.about_account()?)
            }
            "match_off" => Command::MatchOff,
            "command" => return self.command(),
            "ping" => return Ok(Step::Ping),
            "away" => {
                Command::People(PeopleCommand::Away(self.text.as_deref().unwrap_or_default()))
            }
            "back" => Command::People(PeopleCommand::Back),
            "whois" => Command::People(PeopleCommand::WhoIs(needed(self.nick.as_deref())?)),
            "quit" => Command::Quit(""),
            "" => return Err(Refusal::RequestMalformed),
            unknown => return Err(Refusal::RequestUnknown(quoted(unknown))),
        };
        Ok(Step::Command(command))
    }

    /// A request about accounts.
    fn about_account(&self) -> Result<AccountRequest<'_>, Refusal> {
        let password = || needed(self.password.as_deref());
        Ok(match self.t.as_str() {
            "register" => AccountRequest::Register {
                name: self.account.as_deref(),
                password: password()?,
                email: self.email.as_deref(),
            },
            "login" => AccountRequest::LogIn {
                name: needed(self.account.as_deref())?,
                password: password()?,
                way: LogInWay::Asked,
            },
            "password_change" => AccountRequest::ChangePassword {
                old: password()?,
                new: needed(self.new.as_deref())?,
            },
            _ => AccountRequest::LogOut,
        })
    }

    fn about_conversations(&self) -> Command<'_> {
        Command::Conversation(conversations::asked(&self.t, self.to.as_deref(), self.limit))
    }

    /// Coming into a room, and what of its history is wanted.
    fn join(&self) -> Result<Command<'_>, Refusal> {
        let recall = match &self.after {
            Some(place) => Recall::After(cursor(place)?),
            None => Recall::Last(self.history.unwrap_or(0)),
        };
        Ok(Command::Join {
            room: needed(self.room.as_deref())?,
            password: self.password.as_deref(),
            stay: true,
            recall: Some(recall),
            list: self.names.is_some_and(|names| names > 0),
            keyless: false,
        })
    }

    fn recall(&self) -> Result<Recall, Refusal> {
        Ok(match (&self.after, &self.before) {
            (Some(place), _) => Recall::After(cursor(place)?),
            (None, Some(before)) => {
                let number = match before {
                    Place::Number(number) => *number,
                    Place::Written(place) => cursor(place)?.number,
                };
                Recall::Before { number, most: self.limit.unwrap_or(LISTED_MAX) }
            }
            (None, None) => Recall::Last(self.limit.unwrap_or(usize::MAX)),
        })
    }

    /// A line as people type it, which begins with a slash.
    fn command(&self) -> Result<Step<'_>, Refusal> {
        let text = self.text()?;
        if !text.starts_with('/') {
            return Err(Refusal::RequestMalformed);
        }
        Ok(match message::asked(text)? {
            Some(Request::Command(command)) => Step::Command(match &self.room {
                Some(room) => command.in_room(room),
                None => command,
            }),
            Some(Request::Format(format)) => Step::Format(format),
            None => Step::Blank,
        })
    }

    fn text(&self) -> Result<&str, Refusal> {
        let text = needed(self.text.as_deref())?;
        if text.len() > TEXT_BYTES_MAX { Err(Refusal::TextTooLong) } else { Ok(text) }
    }
}

/// A field without which a request means nothing.
fn needed(field: Option<&str>) -> Result<&str, Refusal> {
    field.ok_or(Refusal::RequestMalformed)
}

fn cursor(place: &str) -> Result<HistoryCursor, Refusal> {
    slash::cursor(place).ok_or(Refusal::RequestMalformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Conversation, Guide, MessageRef};
    use crate::dialect::Format;
    use crate::time::UnixTime;

    /// The steps of a request, by a member or a stranger.
    fn steps(text: &str, mut is_member: bool) -> Vec<String> {
        let mut request = RequestSteps::default();
        if let Err(refusal) = request.begin(text.as_bytes()) {
            return vec![format!("{refusal:?}")];
        }
        let mut steps = Vec::new();
        while request.is_begun() {
            let could_be_nickname = &|_: &str| true;
            let step = request.next(match is_member {
                true => Speaker::MEMBER,
                false => Speaker::Stranger { could_be_nickname },
            });
            is_member |= matches!(step, Step::Command(Command::Register { .. }));
            steps.push(format!("{step:?}"));
        }
        steps
    }

    fn asked(step: &Step<'_>) -> Vec<String> {
        vec![format!("{step:?}")]
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table, a row a command")]
    fn each_request_is_understood() {
        let room = Some("games");
        let command = |command| asked(&Step::Command(command));
        let in_room = |it| command(Command::InRoom { room, command: it });
        let place = HistoryCursor { epoch: 0xc771_43c7, number: 1204 };
        for (text, meant) in [
            (
                r#"{"t":"say","room":"games","text":"hi"}"#,
                command(Command::Say { room, text: "hi" }),
            ),
            (
                r#"{"text":"hi","t":"say","x":[{"y":{}}]}"#,
                command(Command::Say { room: None, text: "hi" }),
            ),
            (
                r#"{"t":"me","room":"games","text":"waves"}"#,
                command(Command::Act { room, text: "waves" }),
            ),
            (
                r#"{"t":"msg","to":"bob","text":"a\nb\u0007"}"#,
                command(Command::Whisper { to: "bob", text: "a b " }),
            ),
            (r#"{"t":"leave","room":"games"}"#, command(Command::Leave { room, reason: "" })),
            (r#"{"t":"who","room":"games","page":3}"#, command(Command::Who { room, page: 3 })),
            (r#"{"t":"rooms"}"#, command(Command::Rooms)),
            (r#"{"t":"nick","nick":"rob"}"#, command(Command::Nick("rob"))),
            (r#"{"t":"topic","room":"games"}"#, in_room(RoomCommand::AskTopic)),
            (r#"{"t":"topic","room":"games","text":""}"#, in_room(RoomCommand::SetTopic(""))),
            (
                r#"{"t":"history","room":"games"}"#,
                in_room(RoomCommand::Recall(Recall::Last(usize::MAX))),
            ),
            (
                r#"{"t":"history","room":"games","after":"c77143c7:1204"}"#,
                in_room(RoomCommand::Recall(Recall::After(place))),
            ),
            (
                r#"{"t":"history","room":"games","before":7,"limit":5}"#,
                in_room(RoomCommand::Recall(Recall::Before { number: 7, most: 5 })),
            ),
            (
                r#"{"t":"history","room":"games","before":"c77143c7:7"}"#,
                in_room(RoomCommand::Recall(Recall::Before { number: 7, most: LISTED_MAX })),
            ),
            (
                r#"{"t":"rename_room","room":"games","new":"chess"}"#,
                in_room(RoomCommand::Rename { name: "chess", reason: "" }),
            ),
            (
                r#"{"t":"redact","room":"games","n":7,"text":"typo"}"#,
                in_room(RoomCommand::Redact { message: MessageRef::Number(7), reason: "typo" }),
            ),
            (
                r#"{"t":"match","queue":"duel"}"#,
                command(Command::Match { queue: "duel", players: 2 }),
            ),
            (
                r#"{"t":"match","queue":"duel","n":4}"#,
                command(Command::Match { queue: "duel", players: 4 }),
            ),
            (
                r#"{"t":"login","account":"alice","password":"x y"}"#,
                command(Command::Account(AccountRequest::LogIn {
                    name: "alice",
                    password: "x y",
                    way: LogInWay::Asked,
                })),
            ),
            (
                r#"{"t":"register","password":"x"}"#,
                command(Command::Account(AccountRequest::Register {
                    name: None,
                    password: "x",
                    email: None,
                })),
            ),
            (r#"{"t":"logout"}"#, command(Command::Account(AccountRequest::LogOut))),
            (
                r#"{"t":"read","room":"games"}"#,
                command(Command::MarkRead {
                    conversation: Conversation::Room("games"),
                    read: None,
                }),
            ),
            (
                r#"{"t":"read","nick":"bob","at":7}"#,
                command(Command::MarkRead {
                    conversation: Conversation::Person("bob"),
                    read: Some(UnixTime::from_millis(7_999)),
                }),
            ),
            (r#"{"t":"match_off"}"#, command(Command::MatchOff)),
            (r#"{"t":"quit"}"#, command(Command::Quit(""))),
            (r#"{"t":"ping"}"#, asked(&Step::Ping)),
            (r#"{"t":"say","text":""}"#, asked(&Step::Blank)),
            (
                r#"{"t":"command","text":"/topic tea","room":"games"}"#,
                in_room(RoomCommand::SetTopic("tea")),
            ),
            (r#"{"t":"command","text":"/help"}"#, command(Command::Help(Guide::Talking))),
            (r#"{"t":"command","text":"/format text"}"#, asked(&Step::Format(Format::Text))),
        ] {
            assert_eq!(steps(text, true), meant, "{text}");
        }
    }

    #[test]
    fn hello_takes_a_nickname_and_then_a_room() {
        let hello =
            r#"{"t":"hello","v":1,"id":1,"nick":"al","room":"tea","after":"1:5","names":200}"#;
        let register = Command::Register { nickname: "al", landing: Landing::Nowhere, about: None };
        let recall = Some(Recall::After(HistoryCursor { epoch: 1, number: 5 }));
        let join = Command::Join {
            room: "tea",
            password: None,
            stay: true,
            recall,
            list: true,
            keyless: false,
        };
        let all =
            [Step::BeginRequest(1), Step::Command(register), Step::Also(join), Step::EndRequest];
        assert_eq!(steps(hello, false), all.map(|step| format!("{step:?}")));
        // Refused: there is nothing to go on with.
        let mut request = RequestSteps::default();
        request.begin(hello.as_bytes()).unwrap();
        let stranger = Speaker::Stranger { could_be_nickname: &|_| true };
        request.next(stranger);
        request.next(stranger);
        assert_eq!(request.next(stranger), Step::Noise(0));
        assert_eq!(request.next(stranger), Step::EndRequest);
        assert!(!request.is_begun());
        assert_eq!(steps(r#"{"t":"hello","nick":"al"}"#, false).len(), 1);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let malformed = ["RequestMalformed"];
        for text in [
            "",
            "{",
            "{}x",
            "[]",
            r#"["say"]"#,
            "7",
            "null",
            r#"{"t":7}"#,
            r#"{"t":"say","t":"me"}"#,
            r#"{"t":"say","text":["hi"]}"#,
            r#"{"t":"ping","id":-1}"#,
            r#"{"t":"ping","id":1.5}"#,
            r#"{"t":"ping","id":9007199254740992}"#,
            r#"{"t":"ping","x":[[[[1]]]]}"#,
            "{\"t\":\"say\",\"text\":\"a\nb\"}",
        ] {
            assert_eq!(steps(text, true), malformed, "{text}");
        }
        for text in [
            "{}",
            r#"{"t":"say"}"#,
            r#"{"t":"msg","text":"hi"}"#,
            r#"{"t":"join"}"#,
            r#"{"t":"read","at":5}"#,
            r#"{"t":"read","room":"games","nick":"bob"}"#,
            r#"{"t":"redact"}"#,
            r#"{"t":"history","after":"7"}"#,
            r#"{"t":"command","text":"hi"}"#,
        ] {
            assert_eq!(steps(text, true), ["Refuse(RequestMalformed)"], "{text}");
        }
        let numbered = steps(r#"{"t":"say","text":5,"id":10}"#, true);
        assert_eq!(numbered, ["BeginRequest(10)", "Refuse(RequestMalformed)", "EndRequest"]);
        let deep = r#"{"t":"ping","x":[[["[[[[[{{{{\"[[[["]]]}"#;
        assert_eq!(steps(deep, true), ["Ping"]);
        let again = r#"{"t":"hello","nick":"al","room":"tea"}"#;
        assert_eq!(steps(again, true), [r#"Refuse(RequestUnknown("hello"))"#], "comes once");
        assert_eq!(steps(r#"{"t":"fly\u0007"}"#, true), [r#"Refuse(RequestUnknown("fly"))"#]);
        let long = format!(r#"{{"t":"say","text":"{}"}}"#, "x".repeat(TEXT_BYTES_MAX + 1));
        assert_eq!(steps(&long, true), ["Refuse(TextTooLong)"]);
    }
}
