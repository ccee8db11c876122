//! The rules of rooms: MODE of a room, INVITE, LIST.
//!
//! A line with several modes is several changes, told one after the other; switches are one.

use smallvec::SmallVec;

use super::{incomplete, no_such_room, room, told};
use crate::chat::{
    Bounds, Command, ModeRequest, RoomCommand, RoomFilter, RoomModes, RoomRule, RoomsQuestion,
    SanctionKind,
};
use crate::dialect::irc::message::Message;
use crate::dialect::steps::Step;
use crate::limits::{IRC_LIST_CONDITIONS_MAX, IRC_MODES_MAX, PASSWORD_BYTES_MAX};

/// One change that a line asks for.
#[derive(Clone, Copy)]
enum Change<'a> {
    Mode(ModeRequest<'a>),
    Password(Option<&'a str>),
    Bad { letter: &'a str, parameter: &'a str, text: &'static str },
    Unknown(&'a str),
}

/// MODE of a room: asks for its rules or a list, or changes them.
pub(super) fn mode<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let name = message.said(0)?;
    let Some(room) = room(name) else {
        return (stage == 0).then(|| no_such_room(name));
    };
    let asks = |command| Step::Command(Command::InRoom { room: Some(room), command });
    if message.said(1).is_none() {
        return (stage == 0).then(|| asks(RoomCommand::Mode(ModeRequest::Ask)));
    }
    Some(match *changes(message).get(stage)? {
        Change::Mode(request) => asks(RoomCommand::Mode(request)),
        Change::Password(word) => asks(RoomCommand::SetPassword(word)),
        Change::Bad { letter, parameter, text } => {
            // A parameter with spaces would be taken for several.
            let parameter = parameter.split(' ').next().unwrap_or_default();
            told(696, &[name, letter, parameter], text)
        }
        Change::Unknown(letter) => told(472, &[letter], "is unknown mode char to me"),
    })
}

/// The changes in their order, switches first.
fn changes<'a>(message: &Message<'a>) -> SmallVec<[Change<'a>; 4]> {
    let (mut set, mut unset) = (RoomModes::NONE, RoomModes::NONE);
    let mut changes = SmallVec::new();
    let letters = message.get(1).unwrap_or_default();
    let mut parameters = message.parameters.iter().skip(2).copied();
    let (mut on, mut taken) = (true, 0);
    for (at, letter) in letters.char_indices() {
        let written = &letters[at..at + letter.len_utf8()];
        match letter {
            '+' | '-' => on = letter == '+',
            _ if let Some(rule) = RoomRule::of(letter) => {
                let (these, those) =
                    if on { (&mut set, &mut unset) } else { (&mut unset, &mut set) };
                *these = these.with(rule);
                *those = those.without(RoomModes::NONE.with(rule));
            }
            _ if taken >= IRC_MODES_MAX => {}
            _ => {
                taken += 1;
                changes.extend(change(letter, written, on, &mut parameters));
            }
        }
    }
    if !set.is_empty() || !unset.is_empty() {
        changes.insert(0, Change::Mode(ModeRequest::Rules { set, unset }));
    }
    changes
}

/// The change that a letter asks for which is no switch.
fn change<'a>(
    letter: char,
    written: &'a str,
    on: bool,
    parameters: &mut impl Iterator<Item = &'a str>,
) -> Option<Change<'a>> {
    let bad = |parameter, text| Some(Change::Bad { letter: written, parameter, text });
    match letter {
        'b' | 'e' | 'I' => {
            let kind = match letter {
                'b' => SanctionKind::Ban,
                'e' => SanctionKind::BanException,
                _ => SanctionKind::InviteException,
            };
            Some(Change::Mode(match parameters.next().filter(|mask| !mask.is_empty()) {
                None => ModeRequest::Masks(kind),
                Some(mask) if on => ModeRequest::AddMask { kind, mask },
                Some(mask) => ModeRequest::RemoveMask { kind, mask },
            }))
        }
        'k' if on => {
            let Some(key) = parameters.next() else { return bad("*", "You must specify a key") };
            let is_good = |c: char| !c.is_whitespace() && !c.is_control() && c != ',';
            let fits = (1..=PASSWORD_BYTES_MAX).contains(&key.len());
            if fits && key.chars().all(is_good) {
                Some(Change::Password(Some(key)))
            } else {
                // It is told to nobody, and may hold spaces.
                bad("*", "That is no key, or too long")
            }
        }
        'k' => {
            let _key = parameters.next();
            Some(Change::Password(None))
        }
        'l' if on => {
            let typed = parameters.next().unwrap_or_default();
            match typed.parse().ok().filter(|limit| *limit > 0) {
                Some(limit) => Some(Change::Mode(ModeRequest::Limit(Some(limit)))),
                None => bad(typed, "That is no number of people"),
            }
        }
        'l' => Some(Change::Mode(ModeRequest::Limit(None))),
        'o' | 'v' => {
            let whom = parameters.next().filter(|whom| !whom.is_empty());
            let Some(whom) = whom else { return bad("*", "You must specify a nickname") };
            Some(Change::Mode(match letter {
                'o' => ModeRequest::Office { whom, may: on },
                _ => ModeRequest::Voice { whom, may: on },
            }))
        }
        _ => Some(Change::Unknown(written)),
    }
}

/// INVITE: somebody into a room; alone, which rooms one is invited into.
pub(super) fn invite<'a>(message: &Message<'a>) -> Step<'a> {
    let Some(whom) = message.said(0) else {
        return Step::Command(Command::About(RoomsQuestion::Invitations));
    };
    let Some(name) = message.said(1) else { return incomplete(message) };
    let Some(room) = room(name) else { return no_such_room(name) };
    let command = RoomCommand::Mode(ModeRequest::Invite { whom });
    Step::Command(Command::InRoom { room: Some(room), command })
}

/// LIST: the rooms that meet some conditions (`ELIST`).
pub(super) fn list<'a>(message: &Message<'a>) -> Step<'a> {
    let mut filter = RoomFilter::default();
    let conditions = message.get(0).unwrap_or_default().split(',');
    for condition in conditions.filter(|it| !it.is_empty()).take(IRC_LIST_CONDITIONS_MAX) {
        let (bounds, bound) = match condition.split_at_checked(1) {
            Some(("C", rest)) => (&mut filter.made, rest),
            Some(("T", rest)) => (&mut filter.topic, rest),
            _ => (&mut filter.members, condition),
        };
        if limit(bounds, bound).is_some() {
            continue;
        }
        match condition.strip_prefix('!') {
            Some(mask) => filter.unwanted.push(mask.into()),
            None => filter.wanted.push(condition.into()),
        }
    }
    Step::Command(Command::About(RoomsQuestion::List(Box::new(filter))))
}

/// Notes a bound as it is written; `None`: this is none.
fn limit(bounds: &mut Bounds, written: &str) -> Option<()> {
    let number = |rest: &str| rest.parse().ok();
    if let Some(rest) = written.strip_prefix('>') {
        bounds.above = Some(number(rest)?);
    } else {
        bounds.below = Some(number(written.strip_prefix('<')?)?);
    }
    Some(())
}
