//! What this program says of what the server tells, in English.
//!
//! Where an object has a sentence of its own (`text`), that is shown; lists, rooms, topics, tokens
//! and histories have none.

use std::fmt::Write;

use crate::dialect::Rounded;
use crate::dialect::json::{
    Away, Conversations, Forgotten, Object, PeerEntry, Remembered, RoomEntry, RoomInvitation,
    Rules, SanctionEntry, Text,
};

/// What an object says, one line after the other; nothing where there is nothing to be said.
#[expect(clippy::too_many_lines, reason = "a table, a row an object")]
pub(super) fn lines(object: &Object<'_>) -> Vec<String> {
    let line = match object {
        Object::Motd { text } => format!("motd: {text}"),
        Object::Help { lines } => return lines.iter().map(Text::to_string).collect(),
        Object::Sanctions { room, list, next } => return sanctions(room, list, *next),
        Object::Room { room, total } => entered(room, total.saturating_sub(1)),
        Object::Renamed { nick, new, .. } => format!("the nickname {nick} is now {new}"),
        Object::Presence { total, .. } => format!("people come and go: {total} here"),
        Object::Topic { room, text, by, changed } => topic(room, text, by.as_ref(), *changed),
        Object::History { room, gap, count, after, .. } => history(room, *gap, *count, *after),
        Object::End { room, at } => format!("-- end of history: {room} is at {at} --"),
        Object::Conversation(Remembered { nick, count }) => {
            format!("-- messages with {nick} that are remembered: {count} --")
        }
        Object::ConversationEnd { .. } => "-- end of history --".into(),
        Object::Conversations(list) => conversations(list),
        Object::Names { room, names, total, next } => people(room, names, *total, *next),
        Object::Rooms { rooms: list, more } => rooms(list, *more),
        Object::Ignored { names } if names.is_empty() => "you ignore nobody (/ignore NAME)".into(),
        Object::Ignored { names } => format!("you ignore {}", names.join(", ")),
        Object::Owner { room, key } => format!(
            "you own {room} (/help rooms); keep this, it makes you its owner again when you come \
             back: /join {room} {key}"
        ),
        Object::Token { queue, n, token, udp } => {
            let port = udp.map_or("PORT".into(), |port| port.to_string());
            format!(
                "your token for {queue} ({n} players) is {token}: run mio-chat match HOST:{port} \
                 --token {token}"
            )
        }
        Object::Invited { from: Some(from), queue, .. } => {
            format!("you are invited to a game by {from}: type /match {queue}")
        }
        Object::Invited { to, queue, .. } => {
            let to = to.as_deref().unwrap_or("somebody");
            format!("you have invited {to} to the queue {queue}")
        }
        Object::Matched { peers } => matched(peers),
        Object::Person(person) => person.text.to_string(),
        Object::Away(Away { text: Some(text), .. }) => text.to_string(),
        Object::Redacted(redacted) => redacted.text.to_string(),
        Object::RoomRenamed(renamed) => renamed.text.to_string(),
        Object::Moderated(moderated) => moderated.text.to_string(),
        Object::Error(error) => error.text.to_string(),
        Object::Bye(bye) => bye.text.to_string(),
        Object::Setting { text, .. }
        | Object::Password { text, .. }
        | Object::RoomInvitation(RoomInvitation { text, .. })
        | Object::Rules(Rules { text, .. })
        | Object::Ignoring { text, .. }
        | Object::ServerOperator { text }
        | Object::Account { text, .. }
        | Object::Forgotten(Forgotten { text, .. })
        | Object::Checking { text }
        | Object::MatchOff { text }
        | Object::Held { text, .. }
        | Object::Notice { text, .. } => text.to_string(),
        Object::Format(_) => "what the server says is JSON".into(),
        Object::Prompt
        | Object::Ok { .. }
        | Object::Pong
        | Object::Welcome(_)
        | Object::Message(_)
        | Object::LoggedIn { .. }
        | Object::Joined { .. }
        | Object::Left { .. }
        | Object::Away(_)
        | Object::Private(_)
        | Object::Read { .. }
        | Object::Unknown => return Vec::new(),
    };
    vec![line]
}

fn entered(room: &str, others: usize) -> String {
    match others {
        0 => format!("you are alone in {room} (/help tells what you can do)"),
        1 => format!("you are in {room} with 1 other (/help, /who)"),
        _ => format!("you are in {room} with {others} others (/help, /who)"),
    }
}

fn conversations(Conversations { list }: &Conversations<'_>) -> String {
    let names: Vec<&str> = list.iter().filter_map(|it| it.nick.as_deref()).collect();
    match names.as_slice() {
        [] => "you have talked with nobody alone, as far as is remembered".into(),
        names => format!("you have talked with (/history @NAME): {}", names.join(", ")),
    }
}

fn topic(room: &str, text: &str, by: Option<&Text<'_>>, changed: bool) -> String {
    let by = by.map(Text::as_ref).unwrap_or_default();
    match (changed, text) {
        (true, "") => format!("there is no topic any more, by {by}"),
        (true, _) => format!("the topic is now: {text} (by {by})"),
        (false, "") => format!("there is no topic in {room}"),
        (false, _) => format!("the topic of {room}: {text} (by {by})"),
    }
}

fn history(room: &str, gap: bool, count: usize, after: Option<u64>) -> String {
    let messages = if count == 1 { "message" } else { "messages" };
    match (after, count) {
        (Some(after), _) if gap => {
            format!("-- gap: not all since {after} is remembered; {count} {messages} in {room} --")
        }
        (Some(after), _) => format!("-- {count} {messages} in {room} since {after} --"),
        (None, 0) => format!("-- no messages in {room} yet --"),
        (None, 1) => format!("-- last message in {room} --"),
        (None, _) => format!("-- last {count} messages in {room} --"),
    }
}

fn people(room: &str, names: &[Text<'_>], total: usize, next: Option<usize>) -> String {
    let are = if total == 1 { "is" } else { "are" };
    if names.is_empty() {
        return format!("there is nobody in {room}");
    }
    let mut line = format!("there {are} {total} in {room}: {}", names.join(", "));
    if let Some(next) = next {
        let _ = write!(line, " and more (/who {room} {next})");
    }
    line
}

fn rooms(rooms: &[RoomEntry<'_>], more: usize) -> String {
    let list = listed_rooms(rooms, more);
    match rooms.len().saturating_add(more) {
        1 => format!("there is 1 room: {list}"),
        total => format!("there are {total} rooms: {list}"),
    }
}

/// `games (1), main (2) and 7 more`
pub(super) fn listed_rooms(rooms: &[RoomEntry<'_>], more: usize) -> String {
    let rooms = rooms.iter().map(|entry| format!("{} ({})", entry.room, entry.total));
    let mut list = rooms.collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(list, " and {more} more");
    }
    list
}

fn sanctions(room: &str, list: &[SanctionEntry<'_>], next: Option<usize>) -> Vec<String> {
    if list.is_empty() {
        return vec![format!("nobody is banned from {room} or muted there")];
    }
    let line = |entry: &SanctionEntry<'_>| {
        let SanctionEntry { number, kind, nick, address, by, lasts, reason, mask } = entry;
        let whom = match (nick, address) {
            (Some(nick), false) => nick.to_string(),
            (Some(nick), true) => format!("{nick} and the address"),
            (None, _) => mask.as_deref().unwrap_or("an address").to_owned(),
        };
        let lasts = lasts.map(|seconds| Rounded(std::time::Duration::from_secs(seconds)));
        let lasts = lasts.map_or(String::new(), |lasts| format!(" for {lasts}"));
        let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        format!("the {kind} {number} in {room}: {whom}{lasts}, by {by}{reason}")
    };
    let more = next.map(|next| format!("there are more: /bans {next}"));
    list.iter().map(line).chain(more).collect()
}

fn matched(peers: &[PeerEntry<'_>]) -> String {
    let peers = peers.iter().map(|PeerEntry { nick, address }| {
        let nick = nick.as_deref().unwrap_or("somebody");
        address.as_ref().map_or(nick.to_owned(), |address| format!("{nick} ({address})"))
    });
    format!("matched with {}", peers.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::reading::read_one;
    use super::*;

    #[test]
    fn lists_and_tokens_are_worded_here() {
        for (object, said) in [
            (r#"{"t":"room","room":"tea","total":1}"#, "you are alone in tea (/help tells"),
            (
                r#"{"t":"names","room":"tea","names":["al","bo"],"total":204,"next":2}"#,
                "there are 204 in tea: al, bo and more (/who tea 2)",
            ),
            (r#"{"t":"names","room":"den","names":[],"total":0}"#, "there is nobody in den"),
            (
                r#"{"t":"rooms","rooms":[{"room":"main","total":2}],"more":3}"#,
                "there are 4 rooms: main (2) and 3 more",
            ),
            (r#"{"t":"rooms","rooms":[{"room":"main","total":2}]}"#, "there is 1 room: main (2)"),
            (
                r#"{"t":"rooms","rooms":[{"room":"a","total":1}],"more":18446744073709551615}"#,
                "there are 18446744073709551615 rooms: a (1) and",
            ),
            (
                concat!(
                    r#"{"t":"sanctions","room":"tea","list":[{"number":3,"kind":"ban","nick":"b","#,
                    r#""by":"al","lasts":7140,"reason":"spam"}]}"#
                ),
                "the ban 3 in tea: b for 1h59m, by al: spam",
            ),
            (r#"{"t":"topic","room":"tea","text":""}"#, "there is no topic in tea"),
            (
                r#"{"t":"topic","room":"tea","text":"cups","by":"al","changed":true}"#,
                "the topic is now: cups (by al)",
            ),
            (
                r#"{"t":"history","room":"tea","gap":true,"count":1,"after":7}"#,
                "-- gap: not all since 7 is remembered; 1 message in tea --",
            ),
            (
                r#"{"t":"matched","peers":[{"nick":"bo","address":"192.0.2.1:7"},{}]}"#,
                "matched with bo (192.0.2.1:7), somebody",
            ),
            (
                r#"{"t":"token","queue":"duel","n":2,"token":"d9090e436e0f64c1","udp":50000}"#,
                "your token for duel (2 players) is d9090e436e0f64c1: run mio-chat match HOST:5",
            ),
            (r#"{"t":"error","code":"muted","text":"you are muted"}"#, "you are muted"),
        ] {
            let lines = lines(&read_one(object));
            assert!(lines.concat().starts_with(said), "{object}: {lines:?}");
        }
    }
}
