//! Answers about rooms: their rules, lists of masks, invitations, who is in them.

use crate::chat::{Nickname, RoomAnswer, RoomModes, RoomName, SanctionKind, Seat, Topic};
use crate::dialect::irc::addressee::Addressee;
use crate::dialect::irc::capability::Capabilities;
use crate::dialect::irc::numeric::pack;
use crate::dialect::irc::source::{Source, by, channel, write_account};
use crate::limits::IRC_LIST_BYTES;
use crate::time::UnixTime;

/// Appends an answer about rooms.
pub(super) fn write(reader: &Addressee, answer: &RoomAnswer<'_>, out: &mut Vec<u8>) {
    match *answer {
        RoomAnswer::Rules { room, modes, limit, has_password, founded } => {
            rules(reader, room, (modes, limit, has_password), founded, out);
        }
        RoomAnswer::Masks { room, kind, list } => {
            let room = channel(room);
            let (entry, end, text) = match kind {
                SanctionKind::Ban | SanctionKind::Mute => (367, 368, "End of channel ban list"),
                SanctionKind::BanException => (348, 349, "End of channel exception list"),
                SanctionKind::InviteException => (346, 347, "End of channel invite exception list"),
            };
            for listed in list {
                let line = reader.numeric(entry, out).word(&room).word(&listed.mask);
                line.word(listed.by.as_str()).number(listed.at.millis() / 1_000).end();
            }
            reader.numeric(end, out).word(&room).text(text);
        }
        RoomAnswer::YouAreInvited { by: who, room } => {
            write_account(reader.capabilities.form(), who, out);
            let line = by(who, out).word("INVITE").word(reader.nickname());
            line.word(&channel(room)).end();
        }
        RoomAnswer::InvitationSent { to, room } => invited(reader, to, room, out),
        RoomAnswer::Invitations(rooms) => {
            rooms.iter().for_each(|room| reader.numeric(336, out).word(&channel(room)).end());
            reader.numeric(337, out).text("End of /INVITE list");
        }
        RoomAnswer::ListBegins => reader.numeric(321, out).word("Channel").text("Users  Name"),
        RoomAnswer::Listed { room, members, topic } => {
            let line = reader.numeric(322, out).word(&channel(room)).number(members as u64);
            line.text(topic.map_or("", |topic| topic.text.as_str()));
        }
        RoomAnswer::ListEnds => reader.numeric(323, out).text("End of /LIST"),
        // The client asks when it wants to know.
        RoomAnswer::Names { .. }
            if reader.verb() != "NAMES"
                && reader.capabilities.has(Capabilities::NO_IMPLICIT_NAMES) => {}
        RoomAnswer::Names { room, is_secret, people, has_more } => {
            names(reader, room, (is_secret, people), out);
            if reader.verb() != "NAMES" && !has_more {
                end_of_names(reader, room, out);
            }
        }
        // The end of the list tells.
        RoomAnswer::NamesOfNone { .. } => {}
    }
}

/// Appends who is in a room.
pub(super) fn names(
    reader: &Addressee,
    room: &RoomName,
    (is_secret, people): (bool, &[Seat<'_>]),
    out: &mut Vec<u8>,
) {
    let sign = if is_secret { "@" } else { "=" };
    let room = channel(room);
    let names = people.iter().map(|seat| name(reader, seat));
    pack(names, ' ', IRC_LIST_BYTES, |names| {
        reader.numeric(353, out).word(sign).word(&room).text(names);
    });
}

/// Appends that all of those were told.
pub(super) fn end_of_names(reader: &Addressee, room: &RoomName, out: &mut Vec<u8>) {
    reader.numeric(366, out).word(&channel(room)).text("End of /NAMES list");
}

/// Appends the topic of a room, and who has set it when.
pub(super) fn topic(reader: &Addressee, room: &RoomName, topic: Option<&Topic>, out: &mut Vec<u8>) {
    let room = channel(room);
    let Some(topic) = topic else {
        return reader.numeric(331, out).word(&room).text("No topic is set");
    };
    reader.numeric(332, out).word(&room).text(&topic.text);
    let line = reader.numeric(333, out).word(&room).word(topic.by.as_str());
    line.number(topic.at.millis() / 1_000).end();
}

fn rules(
    reader: &Addressee,
    room: &RoomName,
    (modes, limit, has_password): (RoomModes, Option<u32>, bool),
    founded: UnixTime,
    out: &mut Vec<u8>,
) {
    let room = channel(room);
    let (key, most) = (if has_password { "k" } else { "" }, limit.map_or("", |_| "l"));
    let mut line = reader.numeric(324, out).word(&room).word(&format!("+{modes}{key}{most}"));
    if has_password {
        // The key itself is not known, only its hash.
        line = line.word("*");
    }
    if let Some(limit) = limit {
        line = line.number(limit);
    }
    line.end();
    reader.numeric(329, out).word(&room).number(founded.millis() / 1_000).end();
}

fn invited(reader: &Addressee, to: &Nickname, room: &RoomName, out: &mut Vec<u8>) {
    reader.numeric(341, out).word(to.as_str()).word(&channel(room)).end();
}

/// Somebody in a room, with what shows the rank.
fn name(reader: &Addressee, seat: &Seat<'_>) -> String {
    let mut name = String::new();
    if seat.keeps_order {
        name.push('@');
    }
    if seat.has_voice && (!seat.keeps_order || reader.capabilities.has(Capabilities::MULTI_PREFIX))
    {
        name.push('+');
    }
    if reader.capabilities.has(Capabilities::USERHOST_IN_NAMES) {
        return format!("{name}{}", Source(seat.who));
    }
    name + seat.who.as_str()
}
