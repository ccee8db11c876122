//! Notices for plain-line clients about people.

use std::io::Write;

use super::date::Dated;
use super::redaction;
use super::rounded::Rounded;
use super::writing::{Listing, line, notice};
use crate::chat::{Census, Found, Gone, News, PeopleReply, Portrait, Rank, UserMode, UserModes};

/// Appends an answer about people.
pub(in crate::dialect) fn write(reply: &PeopleReply<'_>, out: &mut Vec<u8>) {
    match *reply {
        PeopleReply::YouAreAway(true) => line(out, &["* you are away (/back ends that)"]),
        PeopleReply::YouAreAway(false) => line(out, &["* you are back"]),
        PeopleReply::IsAway(who, "") => line(out, &["* away now: ", who.as_str()]),
        PeopleReply::IsAway(who, text) => line(out, &["* away now: ", who.as_str(), ": ", text]),
        PeopleReply::Modes(modes) => own_modes(out, modes),
        PeopleReply::NotYourModes => line(out, &["* that can be changed by that person alone"]),
        PeopleReply::ModeChanged(mode, on) => mode_changed(out, mode, on),
        PeopleReply::News(who, News::Away(Some(text))) => {
            line(
                out,
                &["* away now: ", who.as_str(), if text.is_empty() { "" } else { ": " }, text],
            );
        }
        PeopleReply::News(who, News::Away(None)) => line(out, &["* back again: ", who.as_str()]),
        PeopleReply::News(who, News::Account) => match who.account() {
            Some(name) => line(out, &["* logged in now: ", who.as_str(), " (", name.as_str(), ")"]),
            None => line(out, &["* logged out now: ", who.as_str()]),
        },
        PeopleReply::News(who, News::RealName(real)) => {
            line(out, &["* the real name of ", who.as_str(), " is now: ", real]);
        }
        PeopleReply::WhoIs(ref portrait) => who_is(out, portrait),
        PeopleReply::WhoWas(name, list) => who_was(out, name, list),
        PeopleReply::Found(list) => found(out, list),
        PeopleReply::Located(list) => found(out, list),
        PeopleReply::Present(list) => {
            names(out, "here of these: ", list.iter().map(|who| who.as_str()));
        }
        PeopleReply::Online(list) => {
            names(out, "here now: ", list.iter().map(|who| who.as_str()));
        }
        PeopleReply::Offline(list) => names(out, "not here: ", list.iter().copied()),
        PeopleReply::Watched(list) => names(out, "you watch: ", list.iter().copied()),
        PeopleReply::WatchesFull(list) => {
            names(out, "you watch as many as you can, so not these: ", list.iter().copied());
        }
        PeopleReply::ToldAll(from, text) => {
            line(out, &["* to everybody, from ", from.as_str(), ": ", text]);
        }
        PeopleReply::TakenBack { from, to, id, reason } => {
            redaction::private(out, (from, to), (id, reason));
        }
        PeopleReply::Killed { by, reason: "" } => {
            line(out, &["* you were put out of the server by ", by.as_str()]);
        }
        PeopleReply::Killed { by, reason } => {
            line(out, &["* you were put out of the server by ", by.as_str(), ": ", reason]);
        }
        PeopleReply::Motd(motd) => motd.lines().for_each(|text| line(out, &["* motd: ", text])),
        PeopleReply::Time(now) => {
            notice(out, format_args!("it is {} UTC", Dated { at: now, now }));
        }
        PeopleReply::Census(census) => count(out, census),
    }
}

fn names<'a>(out: &mut Vec<u8>, heading: &str, names: impl Iterator<Item = &'a str>) {
    let mut listing = Listing::begin(out, format_args!("{heading}"));
    names.for_each(|name| listing.add(format_args!("{name}")));
    listing.end(0);
}

fn own_modes(out: &mut Vec<u8>, modes: UserModes) {
    let mut listing = Listing::begin(out, format_args!("about you: "));
    listing.add(format_args!("{}", if modes.is_hidden { "hidden" } else { "to be found" }));
    if modes.hears_operators {
        listing.add(format_args!("hears what is told to everybody"));
    }
    if modes.is_bot {
        listing.add(format_args!("a program"));
    }
    if modes.is_operator {
        listing.add(format_args!("looks after the server"));
    }
    listing.end(0);
}

fn mode_changed(out: &mut Vec<u8>, mode: UserMode, on: bool) {
    let text = match (mode, on) {
        (UserMode::Hidden, true) => "you are found by your name alone now",
        (UserMode::Hidden, false) => "everybody can find you now",
        (UserMode::HearsOperators, true) => "you hear what is told to everybody",
        (UserMode::HearsOperators, false) => "you do not hear what is told to everybody",
        (UserMode::Bot, true) => "you are shown as a program",
        (UserMode::Bot, false) => "you are shown as a person",
        (UserMode::Operator, _) => "you do not look after the server any more",
    };
    line(out, &["* ", text]);
}

fn who_is(out: &mut Vec<u8>, portrait: &Portrait<'_>) {
    let &Portrait { who, rooms, is_operator, now, .. } = portrait;
    let _ = write!(out, "* {} is {}@{}", who.as_str(), who.user(), who.cloak());
    if !who.real().is_empty() {
        let _ = write!(out, " ({})", who.real());
    }
    if let Some(account) = who.account() {
        let _ = write!(out, ", logged in as {}", account.as_str());
    }
    if is_operator {
        let _ = write!(out, ", looks after the server");
    }
    if who.is_bot() {
        let _ = write!(out, ", a program");
    }
    if !rooms.is_empty() {
        let _ = write!(out, ", in");
        for (place, (room, rank)) in rooms.iter().enumerate() {
            let mark = if place == 0 { " " } else { ", " };
            let _ = write!(out, "{mark}{}{}", room.as_str(), title(*rank));
        }
    }
    if let Some((_, spoke)) = who.seen() {
        let _ = write!(out, ", silent for {}", Rounded(now.since(spoke)));
    }
    match who.away() {
        Some("") => out.extend_from_slice(b", away"),
        Some(text) => {
            let _ = write!(out, ", away: {text}");
        }
        None => {}
    }
    out.push(b'\n');
}

/// What a rank is called behind the room's name.
fn title(rank: Rank) -> &'static str {
    match rank {
        Rank::Owner => " (owner)",
        Rank::Operator => " (operator)",
        _ => "",
    }
}

fn who_was(out: &mut Vec<u8>, name: &str, list: &[&Gone]) {
    let Some(last) = list.first() else {
        return line(out, &["* nobody called ", &crate::chat::quoted(name), " is remembered"]);
    };
    let Gone { nickname, user, cloak, .. } = last;
    line(out, &["* ", nickname.as_str(), " was ", user, "@", cloak]);
}

fn found(out: &mut Vec<u8>, list: &[Found<'_>]) {
    names(out, "found: ", list.iter().map(|found| found.who.as_str()));
}

fn count(out: &mut Vec<u8>, census: Census) {
    let Census { members, operators, rooms, strangers, .. } = census;
    notice(
        out,
        format_args!(
            "here are {members} people in {rooms} rooms; {operators} look after the server, and \
             {strangers} have no nickname yet"
        ),
    );
}
