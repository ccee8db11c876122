//! What a reader of JSON was sent, as the plain lines (with numbers) that say the same: the model
//! knows those. Written apart from both of the server's encoders.

use serde_json::Value;

use crate::texts::rounded;

/// The plain lines for one object, each with its newline; `None`: that is no object, or says
/// something that nobody should be told.
pub(crate) fn as_plain(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?;
    let (prompt, text) = match text.strip_prefix("NICK{") {
        Some(_) => ("NICK", &text["NICK".len()..]),
        None => ("", text),
    };
    let object: Value = serde_json::from_str(text.strip_suffix('\n')?).ok()?;
    assert!(text.starts_with("{\"t\":\""), "t comes first: {text}");
    Some(format!("{prompt}{}", told(&object)?))
}

/// Whether bytes may be the beginning of an object.
pub(crate) fn may_begin(partial: &[u8]) -> bool {
    let begins = b"{\"t\":\"";
    let rest = partial.strip_prefix(b"NICK").unwrap_or(partial);
    rest.iter().zip(begins).all(|(one, other)| one == other)
}

/// A string of an object.
fn text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    object[field].as_str()
}

fn told(object: &Value) -> Option<String> {
    let (nick, room) = (text(object, "nick"), text(object, "room"));
    let line = match text(object, "t")? {
        "format" => {
            assert_eq!(object["v"], 1);
            let (epoch, last) = (text(object, "epoch")?, object["n"].as_u64()?);
            format!(
                "* -- numbers are on: each message begins with @NUMBER SECONDS; now at \
                 {epoch}:{last} --"
            )
        }
        "welcome" => {
            assert!(object["v"] == 1 && nick.is_some() && room == Some("main"));
            "Connected to server!".to_owned()
        }
        "message" => {
            let (number, at) = (object["n"].as_u64()?, object["at"].as_u64()?);
            assert!(room.is_some() && object["old"] != false);
            let (nick, said) = (nick?, text(object, "text")?);
            match object["me"].as_bool() {
                Some(true) => format!("@{number} {at} * {nick} {said}"),
                _ => format!("@{number} {at} {nick}: {said}"),
            }
        }
        "joined" => room.and(nick).map(|nick| format!("{nick} joined!"))?,
        "left" => room.and(nick).map(|nick| format!("{nick} left!"))?,
        "renamed" => format!("* the nickname {} is now {}", nick?, text(object, "new")?),
        "private" => match (text(object, "from"), text(object, "to")) {
            (Some(from), None) if object["me"] == true => {
                format!("[{from}] * {from} {}", text(object, "text")?)
            }
            (Some(from), None) => format!("[{from}] {}", text(object, "text")?),
            (None, Some(to)) => format!("[to {to}] {}", text(object, "text")?),
            _ => return None,
        },
        "presence" => {
            let count = |field: &str| object[field].as_u64();
            let (came, went, here) = (count("came")?, count("went")?, count("total")?);
            let came = if came > 0 { format!(" +{came}") } else { String::new() };
            let went = if went > 0 { format!(" -{went}") } else { String::new() };
            format!("*{came}{went}, {here} here")
        }
        "help" => {
            let lines = object["lines"].as_array()?.iter().map(Value::as_str);
            return lines.map(|line| Some(format!("* {}\n", line?))).collect();
        }
        "moderated" => {
            assert!(text(object, "by").is_some() && text(object, "action").is_some());
            format!("* {}", text(object, "text")?)
        }
        "error" | "bye" => {
            assert!(text(object, "code").is_some(), "{object}");
            format!("* {}", text(object, "text")?)
        }
        "notice" | "room_invitation" | "room_renamed" => format!("* {}", text(object, "text")?),
        "setting" | "password" | "ignoring" | "server_operator" | "checking" | "match_off"
        | "held" => format!("* {}", text(object, "text")?),
        _ => return about_a_room(object, room),
    };
    Some(line + "\n")
}

fn about_a_room(object: &Value, room: Option<&str>) -> Option<String> {
    let line = match text(object, "t")? {
        "room" => match (object["total"].as_u64()?, room?) {
            (1, room) => format!("* you are alone in {room} (/help tells what you can do)"),
            (2, room) => format!("* you are in {room} with 1 other (/help, /who)"),
            (total, room) => {
                format!("* you are in {room} with {} others (/help, /who)", total - 1)
            }
        },
        "topic" => {
            let (room, topic) = (room?, text(object, "text")?);
            let by = text(object, "by").unwrap_or_default();
            match (object["changed"] == true, topic) {
                (true, "") => format!("* there is no topic any more, by {by}"),
                (true, _) => format!("* the topic is now: {topic} (by {by})"),
                (false, "") => format!("* there is no topic in {room}"),
                (false, _) => format!("* the topic of {room}: {topic} (by {by})"),
            }
        }
        "owner" => {
            let (room, key) = (room?, text(object, "key")?);
            format!(
                "* you own {room} (/help rooms); keep this, it makes you its owner again when \
                 you come back: /join {room} {key}"
            )
        }
        "history" => {
            let (count, room) = (object["count"].as_u64()?, room?);
            let messages = if count == 1 { "message" } else { "messages" };
            match (object["after"].as_u64(), object["gap"].as_bool()?) {
                (Some(after), true) => format!(
                    "* -- gap: not all since {after} is remembered; {count} {messages} in {room} --"
                ),
                (Some(after), false) => {
                    format!("* -- {count} {messages} in {room} since {after} --")
                }
                (None, _) if count == 0 => format!("* -- no messages in {room} yet --"),
                (None, _) if count == 1 => format!("* -- last message in {room} (UTC) --"),
                (None, _) => format!("* -- last {count} messages in {room} (UTC) --"),
            }
        }
        "end" => format!("* -- end of history: {} is at {} --", room?, text(object, "at")?),
        "names" => {
            let names = listed(&object["names"], |name| name.as_str().map(str::to_owned))?;
            match (object["total"].as_u64()?, room?) {
                (0, room) => format!("* there is nobody in {room}"),
                (1, room) => format!("* there is 1 in {room}: {names}"),
                (total, room) => format!("* there are {total} in {room}: {names}"),
            }
        }
        "rooms" => {
            let entry = |entry: &Value| {
                Some(format!("{} ({})", text(entry, "room")?, entry["total"].as_u64()?))
            };
            let rooms = listed(&object["rooms"], entry)?;
            match object["rooms"].as_array()?.len() {
                1 => format!("* there is 1 room: {rooms}"),
                count => format!("* there are {count} rooms: {rooms}"),
            }
        }
        "ignored" => match object["names"].as_array()?.len() {
            0 => "* you ignore nobody (/ignore NAME)".to_owned(),
            _ => {
                let name = |name: &Value| name.as_str().map(str::to_owned);
                format!("* you ignore {}", listed(&object["names"], name)?)
            }
        },
        "sanctions" => return sanctions(object, room?),
        _ => return None,
    };
    Some(line + "\n")
}

fn listed(list: &Value, entry: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let entries: Option<Vec<String>> = list.as_array()?.iter().map(entry).collect();
    Some(entries?.join(", "))
}

fn sanctions(object: &Value, room: &str) -> Option<String> {
    let list = object["list"].as_array()?;
    if list.is_empty() {
        return Some(format!("* nobody is banned from {room} or muted there\n"));
    }
    let mut lines = String::new();
    for entry in list {
        let (kind, number) = (text(entry, "kind")?, entry["number"].as_u64()?);
        let whom = match (text(entry, "nick"), entry["address"] == true) {
            (Some(nick), false) => nick.to_owned(),
            (Some(nick), true) => format!("{nick} and the address"),
            (None, _) => "an address".to_owned(),
        };
        lines += &format!("* the {kind} {number} in {room}: {whom}");
        if let Some(lasts) = entry["lasts"].as_u64() {
            lines += &format!(" for {}", rounded(lasts * 1_000));
        }
        lines += &format!(", by {}", text(entry, "by")?);
        if let Some(reason) = text(entry, "reason") {
            lines += &format!(": {reason}");
        }
        lines.push('\n');
    }
    if let Some(next) = object["next"].as_u64() {
        lines += &format!("* there are more: /bans {next}\n");
    }
    Some(lines)
}
