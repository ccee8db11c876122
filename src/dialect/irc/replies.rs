//! What one client is told.

mod conversations;
mod marks;
pub(super) mod metadata;
mod people;
mod renaming;
mod rooms;

use super::accounts;
use super::addressee::Addressee;
use super::capability::Capabilities;
use super::events;
use super::numeric::Line;
use super::refusals;
use super::server;
use super::source::channel;
use crate::chat::{
    Circle, Farewell, MessageKind, Reply, RoomEvent, RoomName, Sent, SentId, SentKind, Whisper,
};
use crate::dialect::line;
use crate::dialect::line::writing::sentence;

/// Appends what one client is told.
pub(super) fn write(reader: &Addressee, reply: &Reply<'_>, out: &mut Vec<u8>) {
    match *reply {
        Reply::Welcome { nickname, .. } => welcome(reader, nickname.as_str(), out),
        Reply::Joined { room, who } => {
            events::write(reader.capabilities.form(), room, &RoomEvent::Joined { who }, out);
        }
        Reply::Left { room, who, how } => events::left(who, how, &channel(room), out),
        Reply::Renamed { old, new } => events::renamed(old, new, out),
        Reply::Whispered(Whisper { ref sent, .. }) => {
            events::sent(reader.capabilities.form(), sent, reader.nickname(), out);
        }
        Reply::WhisperSent(Whisper { to, ref sent }) => {
            if reader.capabilities.has(Capabilities::ECHO_MESSAGE) {
                events::sent(reader.capabilities.form(), sent, to.as_str(), out);
            }
        }
        Reply::SentToRank { room, circle, ref sent } => {
            events::sent(reader.capabilities.form(), sent, &ranked(room, circle), out);
        }
        Reply::SentToRankByYou { room, circle, ref sent } => {
            if reader.capabilities.has(Capabilities::ECHO_MESSAGE) {
                events::sent(reader.capabilities.form(), sent, &ranked(room, circle), out);
            }
        }
        Reply::RenamedAround(ref around) => renaming::write(reader, around, out),
        Reply::Metadata(ref answer) => metadata::write(reader, answer, out),
        Reply::ReadUpTo { conversation, at } => marks::write(reader, conversation, at, out),
        Reply::Topic { room, topic } => rooms::topic(reader, room, topic, out),
        Reply::Room(ref answer) => rooms::write(reader, answer, out),
        // Whoever has typed HISTORY reads who said what, and when.
        Reply::Remembered { .. } if reader.verb() != "CHATHISTORY" => {
            reader.as_notices(out, |out| line::wording::reply(reply, false, out));
        }
        Reply::Remembered { room, message, epoch, .. } => {
            let kind = match message.kind {
                MessageKind::Said => SentKind::Said,
                MessageKind::Acted => SentKind::Acted,
                MessageKind::Noticed => SentKind::Noticed,
            };
            let id = SentId::Numbered(message.id, epoch);
            let sent = Sent { who: (&message.who).into(), kind, text: &message.text, tags: "", id };
            events::sent(reader.capabilities.form(), &sent, &channel(room), out);
        }
        Reply::Happened { room, event: kept } => {
            let event = RoomEvent::Kept { id: kept.id, event: &kept.event(room) };
            events::write(reader.capabilities.form(), room, &event, out);
        }
        Reply::Conversation(ref about) => conversations::write(reader, about, out),
        Reply::YouWere(ref moderation) => {
            events::put_out(moderation, reader.nickname(), out);
        }
        Reply::People(ref about) => people::write(reader, about, out),
        Reply::IsServerOperator => {
            reader.numeric(381, out).text("You are now an IRC operator");
            let nickname = reader.nickname();
            Line::begin(out, nickname).word("MODE").word(nickname).word("+o").end();
        }
        Reply::Account(ref answer) => accounts::answer(reader, answer, out),
        Reply::Refused(refusal) => refusals::write(reader, refusal, out),
        Reply::Farewell(farewell) => self::farewell(reader, farewell, out),
        // Programs know all that.
        Reply::Prompt
        | Reply::MessageOfTheDay { .. }
        | Reply::Entered { .. }
        | Reply::RecallBegins { .. }
        | Reply::RecallEnds { .. }
        | Reply::PasswordSet { .. }
        | Reply::HearsHistory(_)
        | Reply::Checking => {}
        ref other => reader.as_notices(out, |out| line::wording::reply(other, false, out)),
    }
}

fn welcome(reader: &Addressee, nickname: &str, out: &mut Vec<u8>) {
    let name = reader.server();
    reader.numeric(1, out).text(&format!("Welcome to {name}, {nickname}"));
    let version = server::VERSION;
    reader.numeric(2, out).text(&format!("Your host is {name}, running version {version}"));
    reader.numeric(3, out).text("This server keeps running through its upgrades");
    reader.numeric(4, out).word(name).word(version).word("Biow").word("CRbeIiklmnostv").end();
    server::write_limits(reader, out);
}

/// Some of those in a room, as they are addressed.
fn ranked(room: &RoomName, circle: Circle) -> String {
    let prefix = match circle {
        Circle::Everybody => "",
        Circle::Voiced => "+",
        Circle::Operators => "@",
    };
    format!("{prefix}{}", channel(room))
}

fn farewell(reader: &Addressee, farewell: Farewell, out: &mut Vec<u8>) {
    let words = sentence(|out| line::wording::reply(&Reply::Farewell(farewell), false, out));
    let start = out.len();
    out.extend_from_slice(b"ERROR");
    Line::behind(out, start).text(&format!("Closing link ({}): {words}", reader.nickname()));
}
