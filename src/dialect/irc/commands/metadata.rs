//! METADATA: what people say of themselves and of rooms for programs. Source: IRCv3
//! `draft/metadata-3`.

use super::{room, verb};
use crate::chat::{Command, Conversation, MetadataCommand, MetadataSubject};
use crate::dialect::irc::message::Message;
use crate::dialect::irc::note::Told;
use crate::dialect::steps::Step;

/// What METADATA asks for.
pub(in crate::dialect::irc) fn step<'a>(message: &Message<'a>) -> Step<'a> {
    let (Some(target), Some(subcommand)) = (message.said(0), message.said(1)) else {
        return malformed("*", "Say whose, and GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS or SYNC");
    };
    let name = verb(subcommand);
    let command = match (name.as_str(), message.parameters.len()) {
        ("GET", 3..) => MetadataCommand::Get(keys(message)),
        ("SUB", 3..) => MetadataCommand::Subscribe(keys(message)),
        ("UNSUB", 3..) => MetadataCommand::Unsubscribe(keys(message)),
        ("SET", 3 | 4) => MetadataCommand::Set {
            key: message.get(2).unwrap_or_default(),
            value: message.get(3).unwrap_or_default(),
        },
        ("LIST", 2) => MetadataCommand::List,
        ("CLEAR", 2) => MetadataCommand::Clear,
        ("SUBS", 2) => MetadataCommand::ListSubscribed,
        ("SYNC", 2) => MetadataCommand::Sync,
        ("GET" | "SUB" | "UNSUB" | "SET" | "LIST" | "CLEAR" | "SUBS" | "SYNC", _) => {
            return malformed(subcommand, "Too few parameters, or too many");
        }
        _ => return malformed("*", "Unknown subcommand"),
    };
    let of = match target {
        "*" => MetadataSubject::Own,
        "*ALL" => MetadataSubject::All,
        target => MetadataSubject::Of(match room(target) {
            Some(room) => Conversation::Room(room),
            None => Conversation::Person(target),
        }),
    };
    Step::Command(Command::Metadata { of, command })
}

/// The words behind target and subcommand; the last may have a colon before it.
fn keys<'a>(message: &Message<'a>) -> &'a str {
    (0..3).fold(message.words, |words, _| {
        words.split_once(' ').map_or("", |(_, rest)| rest.trim_start_matches(' '))
    })
}

fn malformed<'a>(subcommand: &'a str, text: &'a str) -> Step<'a> {
    Step::Told(Told::fail("METADATA", "INVALID_PARAMS", &[subcommand], text))
}
