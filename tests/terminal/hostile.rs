//! Lines that nobody should send: what a server that hates its clients, or one that passes on what
//! others send, could do to a terminal.
//!
//! The same seed gives the same lines. None holds `\n` but at its end.

use crate::random::Random;

/// What a terminal would obey.
const ORDERS: [&str; 36] = [
    "\x07",
    "\x08\x08\x08",
    "\r",
    "\x0e",
    "\x0c",
    "\x1b[2J",
    "\x1b[77;77H",
    "\x1b[99A",
    "\x1b[3;5r",
    "\x1b[5m",
    "\x1b[8m",
    "\x1b[31;45;7m",
    "\x1b[38;2;1;2;3m",
    "\x1b[?1049l",
    "\x1b[?1049h",
    "\x1b[?2004l",
    "\x1b[?1004l",
    "\x1b[?25h",
    "\x1b[?7l",
    "\x1b[?1003;1006h",
    "\x1b[>1u",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[21t",
    "\x1b[8;5;5t",
    "\x1bc",
    "\x1b(0",
    "\x1b=",
    "\x1b]0;owned\x07",
    "\x1b]2;owned\x1b\\",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b]8;;http://owned.invalid/\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP$q\"p\x1b\\",
    "\x1b_Gowned\x1b\\",
    "\u{9b}31m",
    "\u{9d}0;owned\u{9c}",
];
/// What turns text around, hides in it or piles up.
const TRICKS: [&str; 10] = [
    "\u{202e}evil\u{202c}",
    "\u{2066}\u{2067}",
    "\u{200f}\u{061c}",
    "\u{2028}\u{2029}",
    "\u{feff}",
    "\u{e0041}\u{e007f}",
    "\u{200b}\u{200d}\u{2060}",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦",
    "日本語",
    "\u{1f3f4}\u{1f1e6}\u{1f1e7}",
];
/// Bytes that are no UTF-8.
const BROKEN: [&[u8]; 6] =
    [b"\xff\xfe", b"\xc0\x80", b"\xe2\x82", b"\xed\xa0\x80", b"\x9b31m", b"\xf4\x90\x80\x80"];
/// What a server says, up to what it could have filled in.
const BEGINNINGS: [&str; 18] = [
    "",
    "",
    "* ",
    "bob: ",
    "@7 1763855940 bob: ",
    "@99999999999999999999 1 bob: ",
    "@8 18446744073709551615 bob: ",
    "@9 1763855940 * bob ",
    "[bob] ",
    "[to bob] ",
    "* the topic is now: ",
    "* there are 2 in main: alice, ",
    "* and ",
    "* there are 2 rooms: main (1), ",
    "* the nickname bob is now ",
    "* -- last 5 messages in ",
    "* you are invited to a game by bob: type /match ~",
    "* the server is ",
];
/// What may follow.
const ENDINGS: [&str; 7] = ["", "", "", " joined!", " left!", " (by bob)", " --"];
/// Bytes of an overlong line: more than a client keeps.
const OVERLONG: usize = 20_000;

/// Lines without end, each with its newline.
#[derive(Debug)]
pub(crate) struct Hostile {
    random: Random,
}

impl Hostile {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed) }
    }

    fn some_garbage(&mut self, line: &mut Vec<u8>) {
        let random = &mut self.random;
        match random.below(12) {
            0..=4 => line.extend_from_slice(random.pick(&ORDERS).as_bytes()),
            5 | 6 => line.extend_from_slice(random.pick(&TRICKS).as_bytes()),
            7 => line.extend_from_slice(BROKEN[random.below(BROKEN.len())]),
            8 => {
                let count = random.below(60);
                line.extend((0..count).map(|_| random.next() as u8));
            }
            9 => {
                let count = 1 + random.below(40);
                line.extend_from_slice(format!("z{}", "\u{301}\u{489}".repeat(count)).as_bytes());
            }
            _ => line.extend_from_slice(b" alice words "),
        }
    }
}

impl Iterator for Hostile {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut line = self.random.pick(&BEGINNINGS).as_bytes().to_vec();
        for _ in 0..=self.random.below(6) {
            self.some_garbage(&mut line);
        }
        if self.random.below(500) == 0 {
            let piece = line.clone();
            let times = OVERLONG / piece.len().max(1);
            (0..times).for_each(|_| line.extend_from_slice(&piece));
        }
        line.extend_from_slice(self.random.pick(&ENDINGS).as_bytes());
        line.retain(|byte| *byte != b'\n');
        line.push(b'\n');
        Some(line)
    }
}
