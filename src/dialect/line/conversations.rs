//! Conversations that were before, on plain lines: all of it is notices, so that no program takes
//! what was said then for something that is said now.

use std::io::Write;

use super::date::Dated;
use super::writing::{Listing, line, notice};
use crate::chat::{ConversationReply, Nickname, PrivateMessage, SentKind};
use crate::text::lines::shown_lines;
use crate::text::without_formatting;
use crate::time::UnixTime;

/// Appends an answer.
pub(in crate::dialect) fn write(reply: &ConversationReply<'_>, out: &mut Vec<u8>) {
    match *reply {
        ConversationReply::Begins { with, count: 0 } => {
            notice(out, format_args!("-- no messages with {with} are remembered --"));
        }
        ConversationReply::Begins { with, count: 1 } => {
            notice(out, format_args!("-- last message with {with} (UTC) --"));
        }
        ConversationReply::Begins { with, count } => {
            notice(out, format_args!("-- last {count} messages with {with} (UTC) --"));
        }
        ConversationReply::Message { message, you, now } => remembered(out, message, you, now),
        ConversationReply::Ends { .. } => line(out, &["* -- end of history --"]),
        ConversationReply::List { list: &[], .. } => {
            line(out, &["* you have talked with nobody alone, as far as is remembered"]);
        }
        ConversationReply::List { list, now } => {
            let heading = format_args!("you have talked with (/history @NAME, UTC): ");
            let mut listing = Listing::begin(out, heading);
            for it in list {
                listing.add(format_args!("{} ({})", it.name(), Dated { at: it.last, now }));
            }
            listing.end(0);
        }
        ConversationReply::Forgotten { with, count } => forgotten(out, with, count),
    }
}

/// A message as it was read then, behind its date.
fn remembered(out: &mut Vec<u8>, message: &PrivateMessage, you: &Nickname, now: UnixTime) {
    let partner = message.partner.as_str();
    let (heading, who) = match message.is_own {
        true => ("[to ", you.as_str()),
        false => ("[", partner),
    };
    let text = without_formatting(&message.text);
    for text in shown_lines(&text) {
        // Writing to memory does not fail.
        let _ = write!(out, "* [{}] ", Dated { at: message.id.at, now });
        match message.kind {
            SentKind::Acted => line(out, &[heading, partner, "] * ", who, " ", &text]),
            _ => line(out, &[heading, partner, "] ", &text]),
        }
    }
}

fn forgotten(out: &mut Vec<u8>, with: Option<&str>, count: usize) {
    let messages = if count == 1 { "message" } else { "messages" };
    match with {
        Some(with) => notice(
            out,
            format_args!("{count} {messages} with {with} forgotten; {with} may still have them"),
        ),
        None => notice(
            out,
            format_args!("{count} private {messages} forgotten; the others may still have them"),
        ),
    }
}
