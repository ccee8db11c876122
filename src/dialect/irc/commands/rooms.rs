//! Rooms: JOIN, PART, KICK, TOPIC, RENAME, NAMES.

use super::{incomplete, item, no_such_room, room, told};
use crate::chat::{Command, Recall, RoomCommand, RoomsQuestion, Window};
use crate::dialect::irc::message::Message;
use crate::dialect::irc::note::Told;
use crate::dialect::steps::Step;
use crate::limits::{IRC_NAMES_MAX, IRC_ROOMS_MAX, IRC_TARGETS_MAX};

const END_OF_NAMES: &str = "End of /NAMES list";

/// What stands for no room in JOIN, which leaves all (RFC 2812, 3.2.1).
const NONE: &str = "0";

/// JOIN, into one room after the other. History is asked for later; a client that wants events in
/// it then wants the room to keep them from now on.
pub(super) fn join<'a>(message: &Message<'a>, stage: usize, with_events: bool) -> Option<Step<'a>> {
    let Some(rooms) = message.get(0) else {
        return (stage == 0).then(|| incomplete(message));
    };
    let name = item(rooms, stage, IRC_ROOMS_MAX)?;
    if name == NONE {
        return Some(Step::Command(Command::LeaveAll));
    }
    let Some(room) = room(name) else { return Some(no_such_room(name)) };
    let password = message.get(1).and_then(|keys| keys.split(',').nth(stage));
    let password = password.filter(|password| !password.is_empty());
    let recall = Some(match with_events {
        true => Recall::Window(Window { with_events, ..Window::last(0) }),
        false => Recall::Last(0),
    });
    Some(Step::Command(Command::Join {
        room,
        password,
        stay: true,
        recall,
        list: true,
        keyless: true,
    }))
}

/// PART, from one room after the other.
pub(super) fn part<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let Some(rooms) = message.said(0) else {
        return (stage == 0).then(|| incomplete(message));
    };
    let name = item(rooms, stage, IRC_ROOMS_MAX)?;
    Some(match room(name) {
        Some(room) => Step::Command(Command::Leave {
            room: Some(room),
            reason: message.get(1).unwrap_or_default(),
        }),
        None => no_such_room(name),
    })
}

/// KICK, of one member after the other.
pub(super) fn kick<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let (Some(name), Some(members)) = (message.said(0), message.said(1)) else {
        return (stage == 0).then(|| incomplete(message));
    };
    let whom = item(members, stage, IRC_TARGETS_MAX)?;
    // One room for all of them, or one for each.
    let name = if name.contains(',') { name.split(',').nth(stage)? } else { name };
    let Some(room) = room(name) else { return Some(no_such_room(name)) };
    let command = RoomCommand::Kick { whom, reason: message.get(2).unwrap_or_default() };
    Some(Step::Command(Command::InRoom { room: Some(room), command }))
}

/// TOPIC: asks for it, or sets it.
pub(super) fn topic<'a>(message: &Message<'a>) -> Step<'a> {
    let Some(name) = message.said(0) else { return incomplete(message) };
    let Some(room) = room(name) else { return no_such_room(name) };
    let command = match message.get(1) {
        Some(text) => RoomCommand::SetTopic(text),
        None => RoomCommand::AskTopic,
    };
    Step::Command(Command::InRoom { room: Some(room), command })
}

/// RENAME (IRCv3 `draft/channel-rename`).
pub(super) fn rename<'a>(message: &Message<'a>) -> Step<'a> {
    let (Some(old), Some(new)) = (message.said(0), message.said(1)) else {
        return incomplete(message);
    };
    let Some(named) = room(old) else { return no_such_room(old) };
    let Some(name) = room(new) else {
        let text = "The name of a channel begins with #";
        return Step::Told(Told::fail("RENAME", "CANNOT_RENAME", &[old, new], text));
    };
    let command = RoomCommand::Rename { name, reason: message.get(2).unwrap_or_default() };
    Step::Command(Command::InRoom { room: Some(named), command })
}

/// NAMES, of one room after the other; the end names all of them.
pub(super) fn names<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let Some(rooms) = message.said(0) else {
        return (stage == 0).then(|| told(366, &["*"], END_OF_NAMES));
    };
    let count = rooms.split(',').count().min(IRC_NAMES_MAX);
    if stage >= count {
        return (stage == count).then(|| told(366, &[rooms], END_OF_NAMES));
    }
    let name = rooms.split(',').nth(stage)?;
    Some(match room(name) {
        Some(room) => Step::Command(Command::About(RoomsQuestion::Names { room })),
        None => Step::Blank,
    })
}
