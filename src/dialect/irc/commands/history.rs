//! CHATHISTORY: what was said in a room. Source: IRCv3 `draft/chathistory`.

use time::{Date, Month, PrimitiveDateTime, Time};

use super::{room, verb};
use crate::chat::{Command, HistoryCursor, HistoryEnd, HistoryPlace, Recall, RoomCommand, Window};
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

/// What CHATHISTORY asks for.
pub(super) fn step<'a>(message: &Message<'a>) -> Step<'a> {
    let Some(subcommand) = message.said(0) else {
        let text = "Say which messages: LATEST, BEFORE, AFTER, AROUND or BETWEEN";
        return fail("NEED_MORE_PARAMS", &[], text);
    };
    let Some(target) = message.said(1) else {
        return fail("NEED_MORE_PARAMS", &[subcommand], "Say of which channel");
    };
    let name = verb(subcommand);
    if !matches!(name.as_str(), "LATEST" | "BEFORE" | "AFTER" | "AROUND" | "BETWEEN") {
        return fail("INVALID_PARAMS", &[subcommand], "Unknown subcommand");
    }
    let Some(room) = room(target) else {
        return fail("INVALID_TARGET", &[subcommand, target], "Messages could not be retrieved");
    };
    match window(name.as_str(), message) {
        Some(window) => {
            let command = RoomCommand::Recall(Recall::Window(window));
            Step::Command(Command::InRoom { room: Some(room), command })
        }
        None => fail("INVALID_PARAMS", &[subcommand], "That is no message and no limit"),
    }
}

/// The messages that are asked for; `None`: that names none.
fn window(subcommand: &str, message: &Message<'_>) -> Option<Window> {
    let first = selector(message.said(2)?)?;
    let is_range = subcommand == "BETWEEN";
    let most: usize = message.said(if is_range { 4 } else { 3 })?.parse().ok()?;
    let most = most.min(IRC_HISTORY_MAX);
    let place = |selector: Selector| match selector {
        Selector::Place(place) => Some(place),
        Selector::End => None,
    };
    let window = |after, before, end| Window { after, before, end, most };
    Some(match (subcommand, first) {
        ("LATEST", first) => window(place(first), None, HistoryEnd::Newest),
        ("BEFORE", first) => window(None, Some(place(first)?), HistoryEnd::Newest),
        ("AFTER", first) => window(Some(place(first)?), None, HistoryEnd::Oldest),
        ("AROUND", first) => window(None, None, HistoryEnd::Around(place(first)?)),
        (_, first) => {
            let (first, second) = (place(first)?, place(selector(message.said(3)?)?)?);
            if first.is_after(second) {
                window(Some(second), Some(first), HistoryEnd::Newest)
            } else {
                window(Some(first), Some(second), HistoryEnd::Oldest)
            }
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
        "msgid" => {
            let (epoch, number) = value.split_once('-')?;
            let epoch = u32::from_str_radix(epoch, 16).ok()?;
            HistoryPlace::Message(HistoryCursor { epoch, number: number.parse().ok()? })
        }
        "timestamp" => HistoryPlace::At(date(value)?),
        _ => return None,
    }))
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
