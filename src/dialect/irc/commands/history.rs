//! CHATHISTORY: what was said in a room, or between oneself and somebody. Source: IRCv3
//! `draft/chathistory`.

use time::{Date, Month, PrimitiveDateTime, Time};

use super::{room, verb};
use crate::chat::{
    Command, ConversationCommand, HistoryCursor, HistoryEnd, HistoryPlace, Listed, PrivateId,
    Recall, RoomCommand, Window,
};
use crate::dialect::irc::message::Message;
use crate::dialect::irc::note::Told;
use crate::dialect::steps::Step;
use crate::limits::IRC_HISTORY_MAX;
use crate::time::UnixTime;

/// A message that is named in a request; `*`: the end.
enum Selector {
    End,
    Place(HistoryPlace),
}

/// What CHATHISTORY asks for; with events between messages, if its client has taken these.
pub(super) fn step<'a>(message: &Message<'a>, with_events: bool) -> Step<'a> {
    let Some(subcommand) = message.said(0) else {
        let text = "Say which messages: LATEST, BEFORE, AFTER, AROUND, BETWEEN or TARGETS";
        return fail("NEED_MORE_PARAMS", &[], text);
    };
    let Some(target) = message.said(1) else {
        return fail("NEED_MORE_PARAMS", &[subcommand], "Say of which channel or person");
    };
    let name = verb(subcommand);
    if name.as_str() == "TARGETS" {
        return targets(message).map_or_else(
            || fail("INVALID_PARAMS", &[subcommand], "Those are no two dates and a limit"),
            |listed| Step::Command(Command::Conversation(ConversationCommand::List(listed))),
        );
    }
    if !matches!(name.as_str(), "LATEST" | "BEFORE" | "AFTER" | "AROUND" | "BETWEEN") {
        return fail("INVALID_PARAMS", &[subcommand], "Unknown subcommand");
    }
    let Some(window) = window(name.as_str(), message, with_events) else {
        return fail("INVALID_PARAMS", &[subcommand], "That is no message and no limit");
    };
    Step::Command(match room(target) {
        Some(room) => {
            let command = RoomCommand::Recall(Recall::Window(window));
            Command::InRoom { room: Some(room), command }
        }
        None => Command::Conversation(ConversationCommand::Recall { with: target, window }),
    })
}

/// The conversations that are asked for: those whose last message is from between two dates, of
/// which either may be the later one; of too many, those by the first of them.
fn targets(message: &Message<'_>) -> Option<Listed> {
    let date = |place| date(message.said(place)?.strip_prefix("timestamp=")?);
    let (first, second) = (date(1)?, date(2)?);
    let most: usize = message.said(3)?.parse().ok()?;
    Some(Listed {
        after: Some(first.min(second)),
        before: Some(first.max(second)),
        newest: first > second,
        most: most.min(IRC_HISTORY_MAX),
        rooms: true,
    })
}

/// The messages that are asked for; `None`: that names none.
fn window(subcommand: &str, message: &Message<'_>, with_events: bool) -> Option<Window> {
    let first = selector(message.said(2)?)?;
    let is_range = subcommand == "BETWEEN";
    let most: usize = message.said(if is_range { 4 } else { 3 })?.parse().ok()?;
    let most = most.min(IRC_HISTORY_MAX) as u32;
    let place = |selector: Selector| match selector {
        Selector::Place(place) => Some(place),
        Selector::End => None,
    };
    let window = |after, before, end| Window { after, before, end, most, with_events };
    Some(match (subcommand, first) {
        ("LATEST", first) => window(place(first), None, HistoryEnd::Newest),
        ("BEFORE", first) => window(None, Some(place(first)?), HistoryEnd::Newest),
        ("AFTER", first) => window(Some(place(first)?), None, HistoryEnd::Oldest),
        ("AROUND", first) => window(None, None, HistoryEnd::Around(place(first)?)),
        (_, first) => {
            let (first, second) = (place(first)?, place(selector(message.said(3)?)?)?);
            window(Some(first), Some(second), HistoryEnd::NextToFirst)
        }
    })
}

/// `*`, `msgid=ID` or `timestamp=DATE`.
fn selector(text: &str) -> Option<Selector> {
    if text == "*" {
        return Some(Selector::End);
    }
    let (kind, value) = text.split_once('=')?;
    Some(Selector::Place(match kind {
        "msgid" => message_id(value)?,
        "timestamp" => HistoryPlace::At(date(value)?),
        _ => return None,
    }))
}

/// The id of a message, as it is told: that of a private one, or of an event, has its date in it.
fn message_id(written: &str) -> Option<HistoryPlace> {
    if let Some((at, count)) = written.split_once('.') {
        let at = UnixTime::from_millis(u64::from_str_radix(at, 16).ok()?);
        return Some(HistoryPlace::Private(PrivateId { at, count: count.parse().ok()? }));
    }
    let (epoch, number) = written.split_once('-')?;
    let epoch = u32::from_str_radix(epoch, 16).ok()?;
    Some(HistoryPlace::Message(HistoryCursor { epoch, number: number.parse().ok()? }))
}

/// `2011-10-19T16:40:51.620Z` (IRCv3 `server-time`); thousandths may be missing.
pub(super) fn date(text: &str) -> Option<UnixTime> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut days = day.splitn(3, '-').map(str::parse::<u16>);
    let mut next = || days.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let (time, millis) = time.split_once('.').unwrap_or((time, "0"));
    let millis: String = millis.chars().chain("000".chars()).take(3).collect();
    let mut times = time.splitn(3, ':').map(str::parse::<u8>);
    let mut next = || times.next()?.ok();
    let (hour, minute, second) = (next()?, next()?, next()?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    let time = Time::from_hms_milli(hour, minute, second, millis.parse().ok()?).ok()?;
    let at = PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp_nanos() / 1_000_000;
    u64::try_from(at).ok().map(UnixTime::from_millis)
}

fn fail<'a>(code: &'static str, about: &[&'a str], text: &'a str) -> Step<'a> {
    Step::Told(Told::fail("CHATHISTORY", code, about, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        for (text, millis) in [
            ("2011-10-19T16:40:51.620Z", Some(1_319_042_451_620)),
            ("2011-10-19T16:40:51Z", Some(1_319_042_451_000)),
            ("1970-01-01T00:00:00.5Z", Some(500)),
            ("2011-13-19T16:40:51Z", None),
            ("2011-10-19 16:40:51Z", None),
            ("1969-10-19T16:40:51Z", None),
            ("", None),
        ] {
            assert_eq!(date(text).map(UnixTime::millis), millis, "{text}");
        }
    }
}
