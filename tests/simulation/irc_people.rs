//! What programs that speak IRC say.

use crate::people::{Lore, NAMES, ROOMS, pick};
use crate::random::Random;
use crate::texts::alike;

/// What they ask for at the beginning: nothing, or some of what there is.
const CAPABILITIES: [&str; 6] = [
    "",
    "",
    "server-time",
    "message-tags server-time batch draft/channel-rename",
    "message-tags server-time echo-message batch labeled-response",
    "message-tags server-time account-tag extended-join echo-message away-notify account-notify \
     batch labeled-response invite-notify draft/channel-rename",
];

/// What one sends in one go.
pub(crate) fn speech(random: &mut Random, nickname: &str, is_first: bool, lore: &Lore) -> Vec<u8> {
    let lines = match (is_first, lore.own_name.is_some()) {
        (true, _) => beginning(random, nickname),
        (false, false) => vec![format!("NICK {}", name(random))],
        (false, true) => (0..=random.below(3)).map(|_| line(random, lore)).collect(),
    };
    let mut bytes = Vec::new();
    for line in lines {
        let label = lore.own_name.is_some()
            && !is_first
            && !line.starts_with("QUIT")
            && !line.starts_with("CHAT");
        let label = if label && random.below(4) == 0 {
            format!("@label=l{} ", random.below(100))
        } else {
            String::new()
        };
        bytes.extend(format!("{label}{line}\r\n").into_bytes());
    }
    bytes
}

/// A nickname without a space, and not empty.
fn name(random: &mut Random) -> String {
    pick(random, &NAMES).replace(' ', "_")
}

fn room(random: &mut Random) -> String {
    format!("#{}", pick(random, &ROOMS).replace(' ', "_").trim_start_matches('#'))
}

fn beginning(random: &mut Random, nickname: &str) -> Vec<String> {
    let capabilities = CAPABILITIES[random.below(CAPABILITIES.len())];
    let nick = format!("NICK {}", nickname.replace(' ', "_"));
    let user = format!("USER u{} 0 * :Somebody {}", random.below(9), random.below(9));
    if capabilities.is_empty() {
        return vec![nick, user];
    }
    let asked = format!("CAP REQ :{capabilities}");
    match random.below(3) {
        0 => vec![nick, user, asked, "CAP END".into()],
        1 => vec!["CAP LS 302".into(), asked, nick, user, "CAP END".into()],
        _ => vec![asked, user, nick, "CAP END".into()],
    }
}

fn line(random: &mut Random, lore: &Lore) -> String {
    let text = match random.below(8) {
        0 => "caf\u{e9} \u{1F600}".to_owned(),
        1 => format!("\x01ACTION waves {}\x01", random.below(1_000)),
        _ => format!("message {}", random.next() % 1_000_000),
    };
    let here = if lore.rooms.is_empty() || random.below(8) == 0 {
        room(random)
    } else {
        format!("#{}", random.pick(&lore.rooms).trim_start_matches('#'))
    };
    let whom = if lore.names.is_empty() || random.below(4) == 0 {
        name(random)
    } else {
        random.pick(&lore.names).clone()
    };
    // What is said to oneself is for stories.
    let is_own = lore.own_name.as_ref().is_some_and(|own| alike(own, &whom));
    let whom = if is_own { "nobody".to_owned() } else { whom };
    if lore.governs && random.below(4) == 0 {
        return order(random, &here, &whom);
    }
    match random.below(32) {
        0..=4 => format!("JOIN {}", room(random)),
        5 => format!("JOIN {},{} sesame", room(random), room(random)),
        6 => format!("PART {here}"),
        7 => format!("PART {here} :enough {}", random.below(10)),
        8 => format!("NICK {}", name(random)),
        9 => format!("NOTICE {here} :{}", text.replace('\x01', "")),
        10 => format!("TOPIC {here}"),
        11 => format!("TOPIC {here} :the number {}", random.below(1_000)),
        12 => format!("NAMES {here}"),
        13 | 14 => format!("CHATHISTORY LATEST {here} * {}", 1 + random.below(12)),
        15 => "PING token".into(),
        16 if random.below(4) == 0 => format!("QUIT :bye {}", random.below(10)),
        17 | 18 => format!("PRIVMSG {whom} :{text}"),
        19 => format!("NOTICE {whom} :{}", text.replace('\x01', "")),
        21 | 22 => order(random, &here, &whom),
        20 => format!("PRIVMSG {here},{whom} :{text}"),
        _ => format!("PRIVMSG {here} :{text}"),
    }
}

/// What changes the rules of a room.
fn order(random: &mut Random, here: &str, whom: &str) -> String {
    let rules = ["+m", "-m", "-m", "+i", "-i", "-i", "-n", "+n", "-t", "+t", "+l 3", "-l", "+l 9"];
    match random.below(4) {
        0 => format!("INVITE {whom} {here}"),
        1 => format!("MODE {here} {}v {whom}", pick(random, &["+", "+", "-"])),
        _ => format!("MODE {here} {}", pick(random, &rules)),
    }
}
