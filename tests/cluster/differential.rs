//! The functions of a real engine and the maps of the simulated one: the same questions, the same
//! answers.

use std::time::Duration;

use mio_chat::cluster::answer::Answer;
use mio_chat::cluster::engine::{Addition, Move, Question};
use mio_chat::cluster::entry::{EntryId, NodeRun, Term};
use mio_chat::cluster::resp::{Value, decode};

use super::random::Random;
use super::redis::{Redis, shown};
use super::store::Store;

/// Longer than any test, and no time at all.
const LONG: Duration = Duration::from_secs(1_000_000);
const QUESTIONS: usize = 20_000;
/// Questions after which all is forgotten, so that no log is trimmed.
const SPAN: usize = 250;
const TERM: u64 = 3_000_000_000_000;

/// What questions are made of.
struct Parts {
    runs: Vec<NodeRun>,
    moves: Vec<Move>,
}

#[test]
fn the_real_functions_mean_what_the_simulated_ones_do() {
    let Some(redis) = Redis::start(&[]) else { return };
    let mut talk = redis.talk();
    talk.greet();
    let seed = super::number("MIO_CHAT_SEED").unwrap_or(1);
    let (mut random, mut store) = (Random::new(seed), Store::default());
    let runs = ["a", "b", "c"].map(|name| NodeRun::new(name, 10).unwrap()).to_vec();
    let mut kinds = std::collections::BTreeMap::<String, u64>::new();
    let mut numbers = [1; 3];
    for round in 0..QUESTIONS {
        if round % SPAN == 0 {
            talk.ask(&["FLUSHALL"]);
            (store, numbers) = (Store::default(), [1; 3]);
        }
        let moves = (0..random.below(3)).map(|_| movement(&mut random)).collect();
        let parts = Parts { runs: runs.clone(), moves };
        let question = question(&mut random, &parts, &mut numbers, round % SPAN == 0);
        let mut command = Vec::new();
        question.encode("t:", &mut command);
        let (asked, _) = decode(&command).unwrap().unwrap();
        let words: Vec<Vec<u8>> =
            asked.list().unwrap().iter().map(|word| word.bytes().unwrap().to_vec()).collect();
        let mut theirs = Vec::new();
        store.call(1, None, &words).reply.encode(&mut theirs);
        let (theirs, _) = decode(&theirs).unwrap().unwrap();
        let expected = normal(&question, &theirs);
        let seen = talk.send(&command, |value| {
            let decoded = Answer::decode(question.asked(), value);
            assert!(decoded.is_ok(), "{question:?}: {} is {decoded:?}", shown(value));
            normal(&question, value)
        });
        assert_eq!(seen, expected, "seed {seed}, round {round}: {question:?}");
        let kind = format!("{question:?}").split([' ', '{']).next().unwrap().to_owned();
        let word = seen.split([',', ']']).next().unwrap_or_default().to_owned();
        *kinds.entry(kind + " " + &word).or_default() += 1;
    }
    // That each answer there is was given.
    for kind in [
        "Open [\"open\"",
        "Open [\"term\"",
        "Open [\"behind\"",
        "Append [\"done\"",
        "Append [\"again\"",
        "Append [\"ahead\"",
        "Append [\"closed\"",
        "Append [\"term\"",
        "Change [\"done\"",
        "Change [\"conflict\"",
        "Evict [\"done\"",
        "Evict [\"again\"",
        "Evict [\"conflict\"",
        "Claim [\"done\"",
        "Claim [\"taken\"",
        "Release [\"again\"",
        "Janitor [\"done\"",
        "Janitor [\"taken\"",
        "Bury [\"done\"",
        "Seek [\"group\"",
        "Seek [\"waiting\"",
        "Unseek [\"done\"",
        "Unseek [\"again\"",
    ] {
        assert!(kinds.contains_key(kind), "{kind} was never answered: {kinds:#?}");
    }
}

fn movement(random: &mut Random) -> Move {
    let name = format!("p{}", random.below(4)).into();
    if random.below(2) == 0 { Move::In(name) } else { Move::Out(name) }
}

/// Some question. Numbers of own entries mostly go on, and sometimes do not.
fn question<'a>(
    random: &mut Random,
    parts: &'a Parts,
    numbers: &mut [u64; 3],
    is_first: bool,
) -> Question<'a> {
    let at = random.below(3) as usize;
    let (run, dead) = (&parts.runs[at], &parts.runs[random.below(3) as usize]);
    let room = ["r0", "r1"][usize::from(random.below(8) == 0)];
    // A later term now and then, so that what goes on in the former is refused.
    let term = Term(TERM + u64::from(random.below(30) == 0));
    let name = ["n0", "n1", "n2"][random.below(3) as usize];
    let player = ["p0", "p1", "p2", "p3"][random.below(4) as usize];
    let number =
        (numbers[at] + random.below(3)).saturating_sub(u64::from(random.below(4) > 0)).max(1);
    let body = [b"".as_slice(), b"a body", b" \r\n\0 7 ", b"1 2 3 4 5 6"][random.below(4) as usize];
    let add = Addition { number, count: random.below(4) as u32, body };
    let first = number.min(numbers[at]);
    match if is_first { 0 } else { random.below(22) } {
        0 => Question::Term { engine_run: ["x", "y"][at % 2], least: Term(TERM + random.below(3)) },
        1..=3 => {
            let after = match random.below(3) {
                0 => EntryId::default(),
                _ => EntryId { term, number: random.below(12) },
            };
            Question::Open { room, run, term, first, first_change: 1, after }
        }
        4..=9 => {
            numbers[at] = number + 1;
            Question::Append { room, run, term, add, moves: &parts.moves }
        }
        10 => {
            let officers: &[(&str, Option<&NodeRun>)] =
                [[("p1", None)].as_slice(), &[]][random.below(2) as usize];
            let version = random.below(4);
            let add = Addition { number: 1 + random.below(3), ..add };
            Question::Change { room, run, term, add, version, charter: body, officers }
        }
        11 => {
            let people = random.below(3);
            Question::Evict { room, dead, term: Term(TERM), count: 1, body, people }
        }
        12 => Question::Names { room, run, most: 100 },
        13 => {
            let dead = (random.below(2) == 0).then_some(dead);
            Question::Claim { name, run, shown: "Shown Name", lasts: LONG, dead }
        }
        14 => Question::Release { name, run },
        15 => Question::Holder { name },
        16 => {
            let lasts = if random.below(2) == 0 { LONG } else { Duration::ZERO };
            Question::Beat { run, lasts }
        }
        17 => Question::Visit { run, room },
        18 if random.below(2) == 0 => Question::Depart { run, room },
        18 => Question::Rooms { run, cursor: 0 },
        19 => Question::Janitor { run, dead, lasts: LONG },
        20 => Question::Bury { run, dead },
        _ if random.below(4) == 0 => Question::Unseek { queue: "q", player, lasts: LONG },
        _ => {
            let need = 2 + random.below(2) as u32;
            Question::Seek { queue: "q", player, need, lasts: LONG, data: body }
        }
    }
}

/// An answer in words, without what depends on clocks and on no order.
fn normal(question: &Question<'_>, value: &Value<'_>) -> String {
    let Some(values) = value.list() else { return shown(value) };
    let mut words: Vec<String> = values.iter().map(words).collect();
    let sorted = |values: &[Value<'_>], each: usize| {
        let mut parts: Vec<String> = values.chunks(each).map(|part| format!("{part:?}")).collect();
        parts.sort();
        format!("{parts:?}")
    };
    match question {
        Question::Open { .. } if words.len() == 11 => {
            words[8] = sorted(values[8].list().unwrap(), 2);
            words[9] = sorted(values[9].list().unwrap(), 2);
            let entries = values[10].list().unwrap().iter().map(|entry| timeless(&words_of(entry)));
            words[10] = format!("{:?}", entries.collect::<Vec<_>>());
        }
        Question::Beat { .. } => {
            let mut leases: Vec<String> = values[3..]
                .chunks(2)
                .map(|lease| format!("{} {}", words_of(&lease[0]), words_of(&lease[1]).len() > 6))
                .collect();
            leases.sort();
            words = [vec![words[0].clone(), words[2].clone()], leases].concat();
        }
        Question::Janitor { .. } => {
            for word in words.iter_mut().skip(1) {
                *word = word.trim_start_matches(|c: char| c.is_ascii_digit()).into();
            }
        }
        Question::Names { .. } => words.sort(),
        Question::Rooms { .. } => words[1] = sorted(values[1].list().unwrap(), 1),
        _ => {}
    }
    format!("{words:?}")
}

fn words(value: &Value<'_>) -> String {
    value.bytes().map_or_else(|| shown(value), |_| words_of(value))
}

fn words_of(value: &Value<'_>) -> String {
    value.bytes().unwrap_or_default().escape_ascii().to_string()
}

/// An entry without its time, and without the number that is a time too.
fn timeless(entry: &str) -> String {
    let mut words: Vec<&str> = entry.splitn(6, ' ').collect();
    words[4] = "";
    if words[2].ends_with("/x") {
        words[3] = "";
    }
    words.join(" ")
}
