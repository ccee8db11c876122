//! What the server says, and what names and times are like: copies of the model's own, which share
//! nothing with the server.

/// Words that cannot be nicknames.
const RESERVED: &str = "admin administrator and capa ehlo everyone exit goodbye helo help here \
    info matched mio-chat moderator motd nickserv no nobody noop operator ping quit ruok server \
    stat stats system that the there too type usage version you your";
pub(crate) const HELP: &str = "\
* Type a line and press Enter: everyone in the room reads it. Commands:
* /nick NAME       be called something else
* /who             who is in the room
* /msg NAME TEXT   say something to one person
* /me TEXT         say what you do: * alice waves
* /ignore NAME     hear nothing of somebody (/unignore NAME: hear them again)
* /history         what was said here before (/history 5: the last five)
* /rooms           which rooms there are
* /join ROOM       go to another room, or make a new one, which is yours
* /leave           go back to main
* /help rooms      how to look after a room: topic, password, order
* /match QUEUE     a token to find another player (/match QUEUE 4: three others)
* /invite NAME     the same with one friend, in a queue of your own
* /register PASSWORD     keep your name and private messages (/history @NAME)
* /login NAME PASSWORD   have it again (/logout; /password-change OLD NEW)
* /quit            leave the chat
* //TEXT           a line that begins with /
";
pub(crate) const HELP_ROOMS: &str = "\
* There is more to a room than who is in it. Operators and the owner may type:
* /topic TEXT      what the room is about (/topic asks, /topic - takes it away)
* /kick NAME WHY   put somebody out (WHY and TIME can be left out, here and below)
* /ban NAME TIME WHY     keep a nickname out, for 10m, 2h or 7d (/unban NAME)
* /ban-ip NAME TIME WHY  the same for all from where NAME is connected from
* /mute NAME TIME WHY    let somebody read and not write (/unmute NAME)
* /bans            who is banned or muted
* /voice NAME      let somebody speak where not everybody may (/unvoice NAME)
* /mode +im        rules: i by invitation, m voices only, s not listed (/mode tells)
* The owner, who has made the room or was given it, may also type:
* /password WORD   let in only who types /join ROOM WORD (/password off)
* /op NAME         let somebody keep order while they are here (/deop NAME)
* /give NAME       give the room away
* /rename-room NAME WHY  give the room another name
* /own KEY         be its owner again, by the key that you were told
* /oper NAME PASSWORD    for those who look after the server, and main
";
/// The refusal of a name that has other characters than names may have.
pub(crate) const NAME_CHARACTERS: &str =
    "* that is no name: use letters, digits and _-^|{} without spaces, such as max_7\n";
const NAME_TOO_LONG: &str = "* that name is too long: use at most 16 characters (32 bytes)\n";
const ROOM_NAME_TOO_LONG: &str =
    "* that name is too long: rooms have at most 50 characters (64 bytes)\n";
const LINE_TOO_LONG: &str = "* that line was too long; send at most 1022 bytes\n";
const NOT_UTF8: &str = "* that line was not UTF-8 and nobody saw it; set your terminal to UTF-8\n";

/// Names that look the same have the same key.
pub(crate) fn key(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.replace('m', "rn").replace('0', "o").replace(['i', '1', '|'], "l")
}

/// Whether two names look the same.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    key(one) == key(other)
}

/// What is wrong with a nickname, if anything.
pub(crate) fn fault(name: &str) -> Option<&'static str> {
    fault_of(name, "_-^|{}", (32, 16), NAME_TOO_LONG)
}

/// What a room is called that somebody types, without what is habit.
pub(crate) fn bare_room(typed: &str) -> &str {
    typed.strip_prefix('#').filter(|rest| !rest.starts_with('#')).unwrap_or(typed)
}

/// What is wrong with the name of a room, if anything.
pub(crate) fn room_fault(name: &str) -> Option<&'static str> {
    fault_of(name, "_-^|{}.+#", (64, 50), ROOM_NAME_TOO_LONG)
}

fn fault_of(
    name: &str,
    signs: &str,
    (bytes, columns): (usize, usize),
    too_long: &'static str,
) -> Option<&'static str> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || signs.contains(character);
    if name.len() > bytes {
        return Some(too_long);
    }
    if !name.chars().all(allowed) {
        return Some(NAME_CHARACTERS);
    }
    if !name.contains(|character: char| character.is_ascii_alphanumeric()) {
        return Some("* that name needs a letter or digit; try another\n");
    }
    (name.len() > columns).then_some(too_long)
}

/// What is wrong with a name for a person, whoever else there is.
pub(crate) fn nickname_fault(name: &str) -> Option<String> {
    if let Some(fault) = fault(name) {
        return Some(fault.into());
    }
    let reserved = RESERVED.split(' ').any(|reserved| alike(reserved, name));
    reserved.then(|| kept_for_the_server(name))
}

pub(crate) fn kept_for_the_server(name: &str) -> String {
    format!("* the nickname {name} is kept for the server; try /nick NAME\n")
}

/// Why nobody hears a line, whatever it says.
pub(crate) fn unheard(line: Option<&[u8]>) -> Option<&'static str> {
    match line {
        None => Some(LINE_TOO_LONG),
        Some(bytes) => std::str::from_utf8(bytes).is_err().then_some(NOT_UTF8),
    }
}

/// What is relayed of a text.
pub(crate) fn clean(text: &str) -> String {
    let spaced = text.replace('\t', " ");
    let hidden = ['\u{200b}', '\u{feff}'];
    spaced.chars().filter(|it| !it.is_control() && !hidden.contains(it)).collect()
}

/// The beginning of what was typed, as a refusal quotes it.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(16).collect()
}

/// A time in milliseconds as people say it, in its two largest units.
pub(crate) fn rounded(millis: u64) -> String {
    let mut left = millis.div_ceil(1_000);
    let mut said = Vec::new();
    for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        said.push((left / seconds, unit));
        left %= seconds;
    }
    let first = said.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let units = said.iter().skip(first).take(2).filter(|(count, _)| *count > 0);
    let said: String = units.map(|(count, unit)| format!("{count}{unit}")).collect();
    if said.is_empty() { "0s".into() } else { said }
}

/// When something was said, as it is told at `now`: the day only where it is another.
pub(crate) fn dated(at: u64, now: u64) -> String {
    let (day, minute) = (at / 86_400_000, at / 60_000 % 1_440);
    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
    if day == now / 86_400_000 { time } else { format!("{} {time}", date(day)) }
}

/// The same as the tags of IRC have it.
pub(crate) fn stamp(at: u64) -> String {
    let (day, left) = (at / 86_400_000, at % 86_400_000);
    let (hours, minutes) = (left / 3_600_000, left / 60_000 % 60);
    let (seconds, millis) = (left / 1_000 % 60, left % 1_000);
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z", date(day))
}

/// The date so many days after the beginning of 1970, by counting.
fn date(mut day: u64) -> String {
    let is_each = |year: u64, count: u64| year.is_multiple_of(count);
    let leaps = |year: u64| is_each(year, 4) && (!is_each(year, 100) || is_each(year, 400));
    let mut year = 1970;
    while day >= 365 + u64::from(leaps(year)) {
        day -= 365 + u64::from(leaps(year));
        year += 1;
    }
    let february = 28 + u64::from(leaps(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", day + 1)
}
