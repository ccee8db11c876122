//! What simulated people say.

use crate::random::Random;

/// What kind of program somebody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Lines with newlines.
    Lines,
    /// The classroom client: no newline, but a pause.
    Classroom,
    /// Lines with telnet commands in between.
    Telnet,
    /// A web page, an IRC client, a TLS client, a port scanner.
    Foreign,
    /// Says nothing.
    Silent,
}

const NAMES: [&str; 20] = [
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
    "Y0u",
    "^_^",
    "with space",
    "much-too-long-for-a-name",
    "main",
    "caf\u{e9}",
];
const ROOMS: [&str; 8] = ["games", "Games", "#go", "g0", "main", "MAIN", "^_^", "a room"];
const SAYINGS: [&str; 14] = [
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
];
const NOISE: [&[u8]; 3] = [b"\xff\xfb\x01", b"\xff\xf1", b"\xff\xfd\x03"];
const FOREIGN: [&[u8]; 6] = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\nPOST /x HTTP/1.1\r\n\r\n/nick evil\n",
    b"NICK x\r\nUSER x 0 * :x\r\n",
    b"\n\ncap ls 302\r\n",
    b"\x16\x03\x01\x02\x00",
    b"\r\n\r\n",
];

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

/// What somebody says without line end. `talkative`: long and broken lines too.
fn saying(random: &mut Random, talkative: bool) -> Vec<u8> {
    let name = pick(random, &NAMES);
    let text = match random.below(24) {
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
    text.into_bytes()
}

/// What somebody sends in one go.
pub(crate) fn speech(
    random: &mut Random,
    program: Program,
    nickname: &str,
    is_first: bool,
    talkative: bool,
) -> Vec<u8> {
    if is_first && random.below(8) > 0 && program != Program::Foreign {
        let end: &[u8] = if program == Program::Classroom { b"" } else { b"\n" };
        return [nickname.as_bytes(), end].concat();
    }
    match program {
        Program::Silent => Vec::new(),
        Program::Foreign => random.pick(&FOREIGN).to_vec(),
        Program::Classroom => {
            let prefix: &[u8] = if random.below(8) > 0 { b": " } else { b" " };
            [nickname.as_bytes(), prefix, &saying(random, talkative)].concat()
        }
        Program::Lines | Program::Telnet => {
            let mut bytes = Vec::new();
            for _ in 0..=random.below(3) {
                bytes.extend(saying(random, talkative));
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
