//! What simulated people say.

use std::net::IpAddr;

use crate::irc_people;
use crate::random::Random;

/// What people have heard of: who is here, and what proves something.
#[derive(Debug, Default)]
pub(crate) struct Lore {
    /// The server speaks HTTP.
    pub(crate) has_web: bool,
    /// Whoever asks may keep order where it is.
    pub(crate) governs: bool,
    /// Who else is there.
    pub(crate) names: Vec<String>,
    /// Who is banned or muted there, who keeps order, and whom the one who asks ignores.
    pub(crate) sentenced: Vec<String>,
    pub(crate) operators: Vec<String>,
    pub(crate) ignored: Vec<String>,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) keys: Vec<String>,
    pub(crate) epoch: String,
    pub(crate) last: u64,
    /// Its nickname, and it is in these rooms where it speaks IRC.
    pub(crate) own_name: Option<String>,
    pub(crate) rooms: Vec<String>,
}

/// What kind of program somebody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Lines with newlines.
    Lines,
    /// The same, told things in JSON.
    Json,
    /// A program that speaks IRC.
    Irc,
    /// The classroom client: no newline, but a pause.
    Classroom,
    /// Lines with telnet commands in between.
    Telnet,
    /// A web page, a TLS client, a port scanner.
    Foreign,
    /// Says nothing.
    Silent,
}

pub(crate) const NAMES: [&str; 21] = [
    "alice",
    "Alice",
    "a1ice",
    "bob",
    "b0b",
    "carol",
    "dave",
    "erin",
    "mallory",
    "rnallory",
    "max",
    "zoe_7",
    "{x}",
    "admin",
    "root_7",
    "Y0u",
    "^_^",
    "with space",
    "much-too-long-for-a-name",
    "main",
    "caf\u{e9}",
];
/// Most of them one room, where people meet.
pub(crate) const ROOMS: [&str; 12] = [
    "games", "Games", "GAMES", "garnes", "games", "games", "#go", "g0", "main", "^_^", "a room",
    "tea",
];
const SAYINGS: [&str; 19] = [
    "hello",
    "/help",
    "/who",
    "/rooms",
    "/leave",
    "//slash",
    " /help",
    "",
    "   ",
    "caf\u{e9} \u{1F600}",
    "tab\there \x1b[31mred\x07",
    "/frobnicate now",
    "/nick",
    "/msg bob",
    "\u{feff}marked",
    "\u{feff}/me waves",
    "hex\x08\x7f\x08hello",
    "wrong\x15right",
    "\u{200b}",
];
const TIMES: [&str; 11] =
    ["", "", "5s", "10s", "40s", "1m30s", "2h", "3d4h", "0s", "3 times", "10 m"];
const REASONS: [&str; 5] = ["", "", "no spam", "  because \t I can ", "caf\u{e9}"];
const NOISE: [&[u8]; 5] = [b"\xff\xfb\x01", b"\xff\xf1", b"\xff\xfd\x03", b"\xff\xf7", b"\xff\xf8"];
const FOREIGN: [&[u8]; 11] = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\nPOST /x HTTP/1.1\r\n\r\n/nick evil\n",
    b"user x 0 * :x\r\n",
    b"\n\nCAPS LS 302\r\n",
    b"Nick Smith\r\n",
    b"USERS 1\n",
    b"\xef\xbb\xbf",
    b"FOO / HTTP/1.1\r\n\r\nmallory\nhello\n",
    LONG_REQUEST,
    b"\x16\x03\x01\x02\x00",
    b"\r\n\r\n",
];

/// Bytes of another language; where HTTP is spoken, what looks like it and is not.
fn foreign(bytes: &[u8], has_web: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    if !has_web || !text.contains("HTTP/") {
        return bytes.to_vec();
    }
    let text = text.replace("HTTP/", "RTSP/").replace("GET ", "PLAY ").replace("POST ", "SETUP ");
    text.into_bytes()
}

/// A request with a line that is longer than a line may be.
const LONG_REQUEST: &[u8] = &long_request();

const fn long_request() -> [u8; 1_200] {
    let (start, end) = (b"FOO /", b" HTTP/1.1\r\nmallory\nhello\n");
    let mut request = [b'x'; 1_200];
    let mut at = 0;
    while at < start.len() {
        request[at] = start[at];
        at += 1;
    }
    at = 0;
    while at < end.len() {
        request[1_200 - end.len() + at] = end[at];
        at += 1;
    }
    request
}

/// Picks one of them.
pub(crate) fn pick<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    from[random.below(from.len())]
}

pub(crate) fn program(random: &mut Random) -> Program {
    match random.below(10) {
        0..=4 => Program::Lines,
        5 | 6 => Program::Classroom,
        7 => Program::Telnet,
        8 => Program::Foreign,
        _ => Program::Silent,
    }
}

pub(crate) fn nickname(random: &mut Random) -> String {
    pick(random, &NAMES).to_owned()
}

/// What somebody says without line end. `talkative`: long and broken lines too, and what puts out
/// all from one address: the others may share theirs.
fn saying(random: &mut Random, talkative: bool, lore: &Lore) -> Vec<u8> {
    let name = pick(random, &NAMES);
    let text = match random.below(32) {
        _ if lore.governs && !lore.operators.is_empty() && random.below(8) == 0 => {
            format!("/deop {}", random.pick(&lore.operators))
        }
        _ if lore.governs && random.below(3) == 0 => order(random, lore),
        _ if lore.governs && !lore.names.is_empty() && random.below(2) == 0 => {
            let name = random.pick(&lore.names).clone();
            match random.below(10) {
                0..=2 => format!("/op {name}"),
                3 => format!("/deop {name}"),
                4 => format!("/kick {name} {}", pick(random, &REASONS)),
                5..=7 => format!("/ban {name} {}", pick(random, &TIMES)),
                _ => format!("/give {name}"),
            }
        }
        24..=28 => order(random, lore),
        29 => recollection(random, lore),
        0..=6 => pick(random, &SAYINGS).to_owned(),
        7 => format!("/nick {name}"),
        8 => format!("/JOIN {}", pick(random, &ROOMS)),
        9 => format!("/j {}", pick(random, &ROOMS)),
        10 => format!("/who {}", pick(random, &ROOMS)),
        11 => format!("/msg {name} psst {}", random.below(1_000)),
        12 => format!("/me waves {}", random.below(1_000)),
        13 if random.below(8) == 0 => "/quit".to_owned(),
        14 | 15 if talkative => "x".repeat(random.below(1_010)),
        16 if talkative => "y".repeat(1_000 + random.below(2_000)),
        17 if talkative => return b"not \xfe UTF-8".to_vec(),
        _ => format!("message {}", random.next() % 1_000_000),
    };
    let text = if talkative { text } else { text.replace("/ban-ip", "/mute") };
    text.into_bytes()
}

/// Somebody that there most likely is.
fn whom(random: &mut Random, lore: &Lore) -> String {
    if lore.names.is_empty() || random.below(4) == 0 {
        return pick(random, &NAMES).to_owned();
    }
    random.pick(&lore.names).clone()
}

/// What keeps order, or would.
fn order(random: &mut Random, lore: &Lore) -> String {
    let name = whom(random, lore);
    let why = match random.below(40) {
        0 => "x".repeat(121),
        _ => pick(random, &REASONS).to_owned(),
    };
    let time = pick(random, &TIMES);
    match random.below(39) {
        0 => "/topic".into(),
        1 | 2 => format!("/topic the number {}", random.below(1_000)),
        3 => format!("/TOPIC {}", "x".repeat(random.below(300))),
        4 => "/topic -".into(),
        5 => format!("/password {}", pick(random, &["sesame", "sesame", "o p e n", "off"])),
        6 => "/password off".into(),
        7 => format!("/password {}", "x".repeat(60 + random.below(8))),
        8 => {
            format!("/join {} {}", pick(random, &ROOMS), pick(random, &["sesame", "o p e n", "x"]))
        }
        9 => format!("/join {} sesame", pick(random, &ROOMS)),
        10 | 11 if !lore.keys.is_empty() => format!("/own {}", random.pick(&lore.keys)),
        12 => "/own 0123456789abcdef".into(),
        13 | 35 => format!("/give {name}"),
        14 | 15 => format!("/op {name}"),
        16 | 17 if !lore.operators.is_empty() => {
            format!("/deop {}", random.pick(&lore.operators))
        }
        16 => format!("/deop {name}"),
        17 | 18 => format!("/kick {name} {why}"),
        19 | 20 => format!("/ban {name} {time} {why}"),
        21 => format!("/ban-ip {name} {time} {why}"),
        22 if !lore.addresses.is_empty() => {
            format!("/ban-ip {} {time} {why}", random.pick(&lore.addresses))
        }
        23 | 24 => format!("/mute {name} {time} {why}"),
        25 if !lore.sentenced.is_empty() => format!("/unban {}", random.pick(&lore.sentenced)),
        25 => format!("/unban {name}"),
        26 => format!("/unban {}", 1 + random.below(4)),
        27 if !lore.sentenced.is_empty() => format!("/unmute {}", random.pick(&lore.sentenced)),
        27 => format!("/unmute {name}"),
        28 => format!("/unmute {}", 1 + random.below(4)),
        29 => "/bans".into(),
        30 => format!("/ignore {name}"),
        31 => "/ignore".into(),
        32 if !lore.ignored.is_empty() => format!("/unignore {}", random.pick(&lore.ignored)),
        32 => format!("/unignore {name}"),
        33 if random.below(3) == 0 => "/oper ROOT_7 password".into(),
        33 => format!("/oper root_7 {}", pick(random, &["", "guess", "password1"])),
        34 => format!("/{}", pick(random, &["ban", "kick", "op", "own", "mute", "give", "unban"])),
        37 | 38 => format!("/rename-room {} {why}", pick(random, &ROOMS)),
        _ => "/help rooms".into(),
    }
}

/// What asks for what was said before.
fn recollection(random: &mut Random, lore: &Lore) -> String {
    let Lore { epoch, last, .. } = lore;
    match random.below(12) {
        0 => "/history".into(),
        1 | 2 => format!("/history {}", random.below(12)),
        3 => format!("/history {}", pick(random, &["on", "off", "five", "after", "after 7"])),
        4 => "/history on".into(),
        5 => "/history after 12345678:3".into(),
        6..=8 if !epoch.is_empty() => {
            format!("/history after {epoch}:{}", (last + 2).saturating_sub(random.below(20) as u64))
        }
        9 => "/numbers off".into(),
        _ => "/numbers on".into(),
    }
}

/// What somebody sends in one go. Programs that read JSON begin no line with a brace, which would
/// make it a request in JSON.
pub(crate) fn speech(
    random: &mut Random,
    program: Program,
    nickname: &str,
    is_first: bool,
    talkative: bool,
    lore: &Lore,
) -> Vec<u8> {
    let mut bytes = words(random, program, nickname, is_first, talkative, lore);
    if program == Program::Json {
        bytes.iter_mut().filter(|byte| **byte == b'{').for_each(|byte| *byte = b'|');
    }
    bytes
}

fn words(
    random: &mut Random,
    program: Program,
    nickname: &str,
    is_first: bool,
    talkative: bool,
    lore: &Lore,
) -> Vec<u8> {
    let form: &[u8] = match program {
        Program::Json if is_first => b"/format json\n",
        Program::Json => match random.below(40) {
            0 => b"/format text\n",
            1 => b"/format json\n",
            _ => b"",
        },
        _ => b"",
    };
    let is_other = matches!(program, Program::Foreign | Program::Irc);
    if is_first && random.below(8) > 0 && !is_other {
        let end: &[u8] = if program == Program::Classroom { b"" } else { b"\n" };
        return [form, nickname.as_bytes(), end].concat();
    }
    match program {
        Program::Silent => Vec::new(),
        Program::Irc => irc_people::speech(random, nickname, is_first, lore),
        Program::Foreign => foreign(random.pick::<&[u8]>(&FOREIGN), lore.has_web),
        Program::Classroom => {
            let prefix: &[u8] =
                [&b": "[..], b": ", b": ", b" > ", b":", b" : ", b" "][random.below(7)];
            [nickname.as_bytes(), prefix, &saying(random, talkative, lore)].concat()
        }
        Program::Lines | Program::Json | Program::Telnet => {
            let mut bytes = form.to_vec();
            for _ in 0..=random.below(3) {
                bytes.extend(saying(random, talkative, lore));
                bytes.extend_from_slice(if random.below(4) == 0 { b"\r\n" } else { b"\n" });
            }
            if random.below(16) == 0 {
                bytes.pop();
            }
            if program == Program::Telnet {
                let at = random.below(bytes.len() + 1);
                let noise = random.pick(&NOISE);
                bytes.splice(at..at, noise.iter().copied());
            }
            bytes
        }
    }
}
