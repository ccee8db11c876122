//! How lines that begin with a slash are taken apart, and what they cost.

use mio_chat::limits;

/// The first word and what follows it.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim())
}

/// The refusal of a command that there is not, or that lacks what it needs.
pub(crate) fn refusal(verb: &str, argument: &str) -> Option<String> {
    let known = "help h ? nick join j leave part rooms list who names msg w me history numbers \
        format ignore unignore match invite quit exit topic password own give op deop kick ban \
        ban-ip mute unban unmute bans oper mode voice unvoice rename-room";
    if !known.split(' ').any(|other| other == verb.to_lowercase()) {
        let verb = crate::texts::quoted(verb);
        return Some(format!(
            "* there is no command /{verb} (/help lists them, //{verb} says it)\n"
        ));
    }
    let verb = verb.to_lowercase();
    if ["ban", "ban-ip", "mute"].contains(&verb.as_str()) && is_no_time(argument) {
        return Some("* that is no time: use 90s, 10m, 2h or 7d, without a space\n".into());
    }
    let usage = usage(&verb, argument)?;
    Some(format!("* usage: {usage}\n"))
}

fn usage(verb: &str, argument: &str) -> Option<&'static str> {
    let (first, second) = split(argument);
    let two = !second.is_empty();
    match verb {
        "msg" | "w" if !two => Some("/msg NAME TEXT"),
        "oper" if !two => Some("/oper NAME PASSWORD"),
        "numbers" if argument != "on" && argument != "off" => Some("/numbers on or /numbers off"),
        "format" if argument != "json" && argument != "text" => {
            Some("/format json or /format text")
        }
        "history" => {
            let fine = match first {
                "" | "on" | "off" => true,
                "after" => place(second).is_some(),
                count => count.parse::<usize>().is_ok(),
            };
            let usage = "/history, /history COUNT, /history @NAME, /history after EPOCH:NUMBER, \
                         or on or off";
            (!fine).then_some(usage)
        }
        _ if !argument.is_empty() => None,
        "nick" => Some("/nick NAME"),
        "join" | "j" => Some("/join ROOM"),
        "me" => Some("/me TEXT"),
        "unignore" => Some("/unignore NAME"),
        "password" => Some("/password WORD or /password off"),
        "own" => Some("/own KEY"),
        "give" => Some("/give NAME"),
        "rename-room" => Some("/rename-room NAME, with a reason if you like"),
        "op" => Some("/op NAME"),
        "deop" => Some("/deop NAME"),
        "kick" => Some("/kick NAME, with a reason if you like"),
        "ban" => Some("/ban NAME, with a time such as 2h and a reason if you like"),
        "ban-ip" => Some("/ban-ip NAME, with a time such as 2h and a reason if you like"),
        "mute" => Some("/mute NAME, with a time such as 10m and a reason if you like"),
        "unban" => Some("/unban NAME, or the number of the ban"),
        "unmute" => Some("/unmute NAME, or the number of the mute"),
        _ => None,
    }
}

/// `EPOCH:NUMBER`.
pub(crate) fn place(written: &str) -> Option<(String, u64)> {
    let (epoch, number) = written.split_once(':')?;
    let hex = !epoch.is_empty() && epoch.chars().all(|digit| digit.is_ascii_hexdigit());
    Some((epoch.to_owned(), number.parse().ok()?)).filter(|_| hex)
}

/// Whether what follows a name begins as a time does and is none.
fn is_no_time(argument: &str) -> bool {
    let (word, _) = split(split(argument).1);
    word.starts_with(|first: char| first.is_ascii_digit()) && time(word).is_none()
}

/// A time such as `2h30m`, in milliseconds, and what follows it: a reason.
pub(crate) fn time_and_reason(text: &str) -> (Option<u64>, &str) {
    let (first, reason) = split(text);
    match time(first) {
        Some(time) => (Some(time), reason),
        None => (None, text),
    }
}

fn time(mut word: &str) -> Option<u64> {
    if word == "0" {
        return Some(0);
    }
    let (mut millis, some) = (0, !word.is_empty());
    while !word.is_empty() {
        let unit = word.find(|character: char| !character.is_ascii_digit())?;
        let count: u64 = word[..unit].parse().ok()?;
        let seconds = match &word[unit..=unit] {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        millis += count * seconds * 1_000;
        word = &word[unit + 1..];
    }
    some.then_some(millis)
}

/// What flood control charges for a line.
pub(crate) fn cost(text: &str) -> u64 {
    let words = |text: &str| 1 + (text.len() / limits::FLOOD_BYTES_PER_LINE) as u64;
    let Some(request) = text.strip_prefix('/') else { return words(text) };
    if request.starts_with('/') {
        return words(request);
    }
    let (verb, argument) = split(request);
    // Who is logged in might need no password: that is for the server to find out.
    let may_prove = verb.to_lowercase() == "oper" && !argument.is_empty();
    if refusal(verb, argument).is_some() && !may_prove {
        return 1;
    }
    match verb.to_lowercase().as_str() {
        "help" | "h" | "?" | "quit" | "exit" | "numbers" | "format" | "ignore" | "unignore" => 1,
        "history" if ["on", "off"].contains(&split(argument).0) => 1,
        "topic" if argument.is_empty() => 1,
        "match" if split(argument).0 == "off" => 1,
        "me" => words(argument),
        "msg" | "w" => words(split(argument).1),
        _ => 3,
    }
}
