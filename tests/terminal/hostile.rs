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
/// What a server says, around what it could have filled in; nothing around it: no object at all.
const OBJECTS: [(&str, &str); 20] = [
    ("", ""),
    ("", ""),
    ("", " joined!"),
    ("* ", ""),
    (r#"{"t":"message","n":7,"at":1763855940,"room":"main","nick":"bob","text":""#, r#""}"#),
    (r#"{"t":"message","n":8,"at":1763855940,"room":"main","text":"hi","nick":""#, r#""}"#),
    (
        r#"{"t":"message","n":99999999999999999999,"at":1,"room":"main","nick":"bob","text":""#,
        r#""}"#,
    ),
    (r#"{"t":"message","n":9,"at":18446744073709551615,"room":"","nick":"bob","text":""#, r#""}"#),
    (r#"{"t":"message","n":10,"at":1,"me":true,"room":"main","nick":"bob","text":""#, r#""}"#),
    (r#"{"t":"private","at":1,"text":"hi","from":""#, r#""}"#),
    (r#"{"t":"private","at":1,"to":"bob","text":""#, r#""}"#),
    (r#"{"t":"topic","room":"main","changed":true,"by":"bob","text":""#, r#""}"#),
    (r#"{"t":"names","room":"main","total":2,"names":["alice",""#, r#""]}"#),
    (r#"{"t":"rooms","rooms":[{"total":1,"room":""#, r#""}]}"#),
    (r#"{"t":"renamed","room":"main","nick":"bob","new":""#, r#""}"#),
    (r#"{"t":"history","gap":true,"count":5,"after":3,"room":""#, r#""}"#),
    (r#"{"t":"invited","from":"bob","queue":""#, r#""}"#),
    (r#"{"t":"joined","room":"main","nick":""#, r#""}"#),
    (r#"{"t":"bye","code":"going","text":""#, r#""}"#),
    (r#"{"t":"fanfare","text":""#, r#""}"#),
];
/// Bytes of an overlong line: more than a client keeps.
const OVERLONG: usize = 40_000;

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
        let (beginning, ending) = *self.random.pick(&OBJECTS);
        let mut filled = Vec::new();
        for _ in 0..=self.random.below(6) {
            self.some_garbage(&mut filled);
        }
        if self.random.below(500) == 0 {
            let piece = filled.clone();
            let times = OVERLONG / piece.len().max(1);
            (0..times).for_each(|_| filled.extend_from_slice(&piece));
        }
        // As an object would hold it, so that a client reads it; or as it is, which may break it.
        if beginning.starts_with('{') && self.random.below(4) > 0 {
            filled = escaped(&filled);
        }
        let ending = if self.random.below(16) == 0 { "" } else { ending };
        let mut line = [beginning.as_bytes(), &filled, ending.as_bytes()].concat();
        line.retain(|byte| *byte != b'\n');
        line.push(b'\n');
        Some(line)
    }
}

/// What is between the quotes of a JSON string: control characters by their numbers.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let quoted = serde_json::to_string(&text).expect("a string");
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}
