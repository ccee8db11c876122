//! Plain lines about the rules of rooms: what holds, what was changed, and what that forbids.

use std::io::Write;

use super::writing::{Listing, line, notice};
use crate::chat::{
    Nickname, RoomAnswer, RoomModes, RoomName, RoomRefusal, RoomRule, RuleChange, SanctionKind,
};

/// Appends what was changed about the rules of a room; nothing where people are told otherwise, or
/// need not know.
pub(in crate::dialect) fn changed(out: &mut Vec<u8>, change: &RuleChange<'_>) {
    match *change {
        RuleChange::Rules { by, set, unset } => {
            listed(out, "from now on", set, by.nickname());
            listed(out, "no longer", unset, by.nickname());
        }
        RuleChange::Limit { by, limit: Some(limit) } => {
            notice(out, format_args!("at most {limit} may be here now, by {}", by.as_str()));
        }
        RuleChange::Limit { by, limit: None } => {
            line(out, &["* any number may be here again, by ", by.as_str()]);
        }
        RuleChange::Voice { by, whom, may } => {
            let has = if may { " has a voice now, by " } else { " has no voice any more, by " };
            line(out, &["* ", whom.as_str(), has, by.as_str()]);
        }
        RuleChange::Exception { by, kind, mask, added } => {
            let holds = match kind {
                SanctionKind::InviteException => "who need no invitation",
                _ => "whom no ban or mute is on",
            };
            let how = if added { "exception" } else { "end of the exception" };
            line(out, &["* ", how, " for ", mask, ", ", holds, ", by ", by.as_str()]);
        }
        RuleChange::Password { .. } | RuleChange::Invited { .. } => {}
    }
}

/// Appends an answer about rooms.
pub(in crate::dialect) fn answer(out: &mut Vec<u8>, answer: &RoomAnswer<'_>) {
    match *answer {
        RoomAnswer::Rules { room, modes, limit, has_password, .. } => {
            rules(out, room, modes, limit, has_password);
        }
        RoomAnswer::Masks { room, list, .. } => {
            let mut listing = Listing::begin(out, format_args!("masks in {}: ", room.as_str()));
            list.iter().for_each(|entry| listing.add(format_args!("{}", entry.mask)));
            listing.end(0);
        }
        RoomAnswer::YouAreInvited { by, room } => {
            let (by, room) = (by.as_str(), room.as_str());
            line(out, &["* you are invited to the room ", room, " by ", by, ": /join ", room]);
        }
        RoomAnswer::InvitationSent { to, room } => {
            line(out, &["* you have invited ", to.as_str(), " to the room ", room.as_str()]);
        }
        RoomAnswer::Invitations([]) => line(out, &["* nobody has invited you to a room"]),
        RoomAnswer::Invitations(rooms) => {
            let mut listing = Listing::begin(out, format_args!("you are invited to "));
            rooms.iter().for_each(|room| listing.add(format_args!("{}", room.as_str())));
            listing.end(0);
        }
        RoomAnswer::Listed { room, members, .. } => {
            notice(out, format_args!("{} ({members})", room.as_str()));
        }
        RoomAnswer::Names { room, people, .. } => {
            let mut listing = Listing::begin(out, format_args!("in {}: ", room.as_str()));
            people.iter().for_each(|seat| listing.add(format_args!("{}", seat.who.as_str())));
            listing.end(0);
        }
        RoomAnswer::NamesOfNone { room } => {
            line(out, &["* there is no room ", room, " (/rooms lists them)"]);
        }
        RoomAnswer::ListBegins | RoomAnswer::ListEnds => {}
    }
}

/// Appends why the rules of a room forbid something.
pub(in crate::dialect) fn refusal(out: &mut Vec<u8>, refusal: &RoomRefusal) {
    match refusal {
        RoomRefusal::Moderated(room) => {
            let how = " now; an operator can give you one";
            line(out, &["* only who has a voice may speak in ", room.as_str(), how]);
        }
        RoomRefusal::NoRequests(room) => {
            line(out, &["* requests of programs are not passed on in ", room.as_str()]);
        }
        RoomRefusal::InvitedOnly(room) => {
            let how = " is entered by invitation only; ask somebody who looks after it";
            line(out, &["* the room ", room.as_str(), how]);
        }
        RoomRefusal::Full(room) => {
            let how = " is full; try again later, or ask for an invitation";
            line(out, &["* the room ", room.as_str(), how]);
        }
        RoomRefusal::AccountsOnly(room) => {
            let how = " is for people with accounts only; /login NAME PASSWORD first";
            line(out, &["* the room ", room.as_str(), how]);
        }
        RoomRefusal::AlreadyThere(name, room) => {
            line(out, &["* ", name.as_str(), " is in ", room.as_str(), " already"]);
        }
        RoomRefusal::MaskMalformed(_) => {
            line(out, &["* that is no mask: use NICK!USER@HOST, with * and ?"]);
        }
        RoomRefusal::LimitMalformed(_) => {
            line(out, &["* that is no number of people: use /mode +l 20"]);
        }
        RoomRefusal::UnknownRule(letter) => {
            notice(out, format_args!("there is no rule {letter} (/mode tells which hold)"));
        }
        RoomRefusal::TooManyVoiced(room) => {
            let how = " as may; /unvoice one first";
            line(out, &["* as many people have a voice in ", room.as_str(), how]);
        }
    }
}

/// What a rule says.
fn says(rule: RoomRule) -> &'static str {
    match rule {
        RoomRule::NoRequests => "requests of programs are not passed on",
        RoomRule::AccountsOnly => "only people with accounts may come in",
        RoomRule::InvitedOnly => "only who is invited may come in",
        RoomRule::Moderated => "only who has a voice may speak",
        RoomRule::MembersOnly => "only who is in the room may speak",
        RoomRule::Secret => "the room is not listed",
        RoomRule::TopicLocked => "only operators may set the topic",
    }
}

fn listed(out: &mut Vec<u8>, how: &str, rules: RoomModes, by: &Nickname) {
    if !rules.is_empty() {
        let _ = write!(out, "* {how}, by {}: ", by.as_str());
        write_rules(out, rules);
        out.push(b'\n');
    }
}

fn write_rules(out: &mut Vec<u8>, rules: RoomModes) {
    for (index, rule) in rules.rules().enumerate() {
        let gap = if index > 0 { "; " } else { "" };
        let _ = write!(out, "{gap}{} ({})", says(rule), rule.letter());
    }
}

fn rules(
    out: &mut Vec<u8>,
    room: &RoomName,
    modes: RoomModes,
    limit: Option<u32>,
    has_password: bool,
) {
    let _ = write!(out, "* the rules of {}: ", room.as_str());
    if modes.is_empty() && limit.is_none() && !has_password {
        let _ = write!(out, "none");
    }
    write_rules(out, modes);
    let mut gap = if modes.is_empty() { "" } else { "; " };
    if let Some(limit) = limit {
        let _ = write!(out, "{gap}at most {limit} may be here (l)");
        gap = "; ";
    }
    if has_password {
        let _ = write!(out, "{gap}a password is needed");
    }
    out.push(b'\n');
}
