//! What is told of people, as objects.

use super::object::{Object, Text};
use super::person::{Away, PersonEntry};
use crate::chat::{News, PeopleReply, Person, Portrait, Rank, RoomName};
use crate::dialect::line::people;
use crate::dialect::line::writing::sentence;

/// An answer about people.
pub(super) fn object<'a>(reply: &PeopleReply<'a>) -> Object<'a> {
    let english = || Text::from(sentence(|out| people::write(reply, out)));
    match *reply {
        PeopleReply::YouAreAway(on) => {
            Object::Away(Away { on, text: Some(english()), ..Away::default() })
        }
        PeopleReply::IsAway(who, said) => {
            Object::Away(Away { text: Some(english()), ..away(who, Some(said)) })
        }
        PeopleReply::News(who, News::Away(said)) => {
            Object::Away(Away { text: Some(english()), ..away(who, said) })
        }
        PeopleReply::WhoIs(ref portrait) => Object::Person(Box::new(person(portrait))),
        _ => Object::Notice { room: None, text: english() },
    }
}

fn away<'a>(who: Person<'a>, reason: Option<&'a str>) -> Away<'a> {
    Away::of(who.as_str(), reason)
}

fn person<'a>(portrait: &Portrait<'a>) -> PersonEntry<'a> {
    let &Portrait { who, rooms, is_operator, metadata, now, .. } = portrait;
    let name = |(room, _): &(&'a RoomName, Rank)| Text::from(room.as_str());
    PersonEntry {
        nick: who.as_str().into(),
        user: who.user().into(),
        cloak: who.cloak().as_str().to_owned().into(),
        real: said(who.real()),
        account: who.account().map(|account| account.as_str().into()),
        rooms: rooms.iter().map(name).collect(),
        server_operator: is_operator,
        bot: who.is_bot(),
        away: who.away().map(Text::from),
        silent: who.seen().map(|(_, spoke)| now.since(spoke).as_secs()),
        metadata: metadata.iter().map(|(key, value)| (key.into(), value.into())).collect(),
        text: sentence(|out| people::write(&PeopleReply::WhoIs(*portrait), out)).into(),
    }
}

fn said(text: &str) -> Option<Text<'_>> {
    Some(Text::from(text)).filter(|text| !text.is_empty())
}
