//! Greetings, questions and answers, silence and pauses, against an engine that is typed in.

use std::time::Duration;

use super::*;
use crate::cluster::answer::Outcome;
use crate::cluster::entry::NodeRun;

fn at(millis: u64) -> Time {
    Time::at(Duration::from_millis(millis))
}

fn link(addresses: usize) -> Link<u32> {
    let settings = LinkSettings {
        addresses,
        user: None,
        password: Some("secret".into()),
        name: "a".into(),
        prefix: "t:".into(),
    };
    Link::new(at(0), settings, 7, Term(5))
}

const HELLO: &str = "%1\r\n$5\r\nproto\r\n:3\r\n";
const MASTER: &str = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
const INFO: &str = "=46\r\ntxt:redis_version:7.0.15\r\nrun_id:abc\r\nport:1\r\n\r\n";
const LOADED: &str = "$17\r\nmio_chat_rooms_v1\r\n-ERR Library 'x' already exists\r\n";
const TERM: &str = "*2\r\n$4\r\nterm\r\n$1\r\n9\r\n";

/// What is written, and written it is.
fn written(link: &mut Link<u32>) -> String {
    let text = String::from_utf8_lossy(link.output()).into_owned();
    link.wrote(text.len());
    text
}

fn events(link: &mut Link<u32>) -> Vec<LinkEvent<u32>> {
    std::iter::from_fn(|| link.event()).collect()
}

/// A link whose greeting is over.
fn up() -> Link<u32> {
    let mut link = link(1);
    link.expire(at(0));
    link.connected(at(0));
    for text in [HELLO, MASTER, INFO, LOADED, TERM] {
        link.receive(at(1), text.as_bytes());
    }
    assert_eq!(events(&mut link), [LinkEvent::Up { term: Term(9), is_same_run: false }]);
    written(&mut link);
    link
}

/// What comes of a greeting that is answered so.
fn greeted(answers: &[&str]) -> Vec<LinkEvent<u32>> {
    let mut link = link(1);
    link.expire(at(0));
    link.connected(at(0));
    answers.iter().for_each(|answer| link.receive(at(1), answer.as_bytes()));
    events(&mut link)
}

#[test]
fn a_greeting_logs_in_and_asks_for_the_term() {
    let mut link = link(1);
    assert_eq!((link.stage(), link.poll_timeout()), (Stage::Waiting, at(0)));
    link.expire(at(0));
    assert_eq!(link.stage(), Stage::Connecting(0));
    link.connected(at(1));
    let hello = written(&mut link);
    assert!(hello.contains("HELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$6\r\nsecret\r\n"));
    let answers = [HELLO, MASTER, INFO, LOADED].concat();
    // Byte by byte is as good.
    answers.bytes().for_each(|byte| link.receive(at(2), &[byte]));
    let asked = written(&mut link);
    assert!(asked.contains("ROLE") && asked.contains("mio1_open") && !link.is_up());
    assert!(asked.ends_with("t:term\r\n$3\r\nabc\r\n$1\r\n5\r\n"), "{asked}");
    link.receive(at(2), TERM.as_bytes());
    assert!(link.is_up() && link.term() == Term(9));
}

#[test]
fn what_no_waiting_cures_is_told_apart_from_what_it_does() {
    let unfit = |answers: &[&str], expected: fn(&Unfit) -> bool| {
        let events = greeted(answers);
        let [LinkEvent::Unfit(unfit), LinkEvent::Down(_)] = &events[..] else {
            panic!("{answers:?}: {events:?}");
        };
        assert!(expected(unfit), "{answers:?}: {unfit}");
    };
    unfit(&["HTTP/1.1 400 Bad Request\r\n"], |it| *it == Unfit::NotRedis);
    unfit(&["+Welcome\r\n"], |it| *it == Unfit::NotRedis);
    unfit(&["-WRONGPASS invalid\r\n"], |it| matches!(it, Unfit::Password(_)));
    unfit(&["-NOAUTH HELLO must\r\n"], |it| matches!(it, Unfit::Password(_)));
    unfit(&["-ERR unknown command `HELLO`\r\n"], |it| *it == Unfit::TooOld);
    unfit(&[HELLO, "-NOPERM role\r\n"], |it| matches!(it, Unfit::Permission(_)));
    let old = INFO.replace("7.0.15", "6.0.16");
    unfit(&[HELLO, MASTER, &old], |it| *it == Unfit::TooOld);
    let denied = "-NOPERM function\r\n-NOPERM function\r\n-ERR Function not found\r\n";
    unfit(&[HELLO, MASTER, INFO, denied], |it| *it == Unfit::NoFunctions);
    let denied = ["-NOPERM function\r\n-NOPERM function\r\n", TERM].concat();
    assert!(matches!(greeted(&[HELLO, MASTER, INFO, &denied])[..], [LinkEvent::Up { .. }]));

    let down = |answers: &[&str], expected: fn(&Gone) -> bool| {
        let events = greeted(answers);
        let [LinkEvent::Down(gone)] = &events[..] else { panic!("{answers:?}: {events:?}") };
        assert!(expected(gone), "{answers:?}: {gone}");
    };
    down(&["-LOADING in memory\r\n"], |it| matches!(it, Gone::Busy(_)));
    down(&["-ERR max number of clients reached\r\n"], |it| matches!(it, Gone::Refused(_)));
    down(&[HELLO, "*2\r\n$5\r\nslave\r\n:1\r\n"], |it| *it == Gone::Replica);
    down(&[HELLO, MASTER, INFO, "-READONLY replica\r\n"], |it| matches!(it, Gone::Busy(_)));
    down(&[HELLO, MASTER, INFO, LOADED, ":1\r\n"], |it| matches!(it, Gone::Nonsense(_)));
}

#[test]
fn answers_belong_to_questions_in_their_order() {
    let mut link = up();
    let run = NodeRun::new("a", 1).unwrap();
    for tag in 1..=3 {
        link.ask(&Question::Release { name: "bob", run: &run }, tag, false).unwrap();
    }
    link.subscribe("{m}log", true);
    let push = ">3\r\n$7\r\nmessage\r\n$8\r\nt:{m}log\r\n$2\r\nhi\r\n";
    let subscribed = ">3\r\n$9\r\nsubscribe\r\n$8\r\nt:{m}log\r\n:1\r\n";
    let answers = ["*2\r\n$4\r\ndone\r\n$0\r\n\r\n", push, "-OOM full\r\n*1\r\n$5\r\nagain\r\n"];
    link.receive(at(5), [&answers[..], &[subscribed]].concat().concat().as_bytes());
    let done = |outcome| Ok(Answer::Outcome(outcome));
    let expected = [
        LinkEvent::Answer(1, done(Outcome::Done(None))),
        LinkEvent::Published(b"{m}log".as_slice().into(), b"hi".as_slice().into()),
        LinkEvent::Answer(2, Err(Failure::Refused("OOM full".into()))),
        LinkEvent::Answer(3, done(Outcome::Again)),
    ];
    assert_eq!(events(&mut link), expected);
    // One that nobody has asked for.
    link.receive(at(6), b"+OK\r\n");
    assert!(matches!(events(&mut link)[..], [LinkEvent::Down(Gone::Nonsense(_))]));
}

#[test]
fn an_engine_that_lies_ends_the_connection_and_nothing_else() {
    let run = NodeRun::new("a", 1).unwrap();
    for lie in ["+OK\r\n", ":1\r\n", "*0\r\n", "*1\r\n$4\r\ndone\r\n", "*1\r\n*0\r\n", "_\r\n", "X"]
    {
        let mut link = up();
        link.ask(&Question::Release { name: "bob", run: &run }, 1, false).unwrap();
        link.receive(at(5), lie.as_bytes());
        let events = events(&mut link);
        let is_gone = |event: &LinkEvent<u32>| matches!(event, LinkEvent::Down(Gone::Nonsense(_)));
        assert!(events.contains(&LinkEvent::Answer(1, Err(Failure::Gone))), "{lie}: {events:?}");
        assert!(events.iter().any(is_gone) && link.stage() == Stage::Waiting, "{lie}: {events:?}");
    }
}

#[test]
fn silence_is_noticed_and_any_byte_breaks_it() {
    let mut link = up();
    assert_eq!(link.poll_timeout(), at(1_001));
    link.expire(at(1_001));
    assert_eq!(written(&mut link), "*1\r\n$4\r\nPING\r\n");
    link.receive(at(2_000), b"+");
    for due in [2_001, 3_001, 4_001] {
        assert_eq!(link.poll_timeout(), at(due));
        link.expire(at(due));
    }
    assert_eq!(link.poll_timeout(), at(5_000));
    link.expire(at(5_000));
    assert_eq!(events(&mut link), [LinkEvent::Down(Gone::Silent)]);
    assert!(link.output().is_empty() && link.stage() == Stage::Waiting);
}

#[test]
fn a_greeting_that_trickles_is_slow() {
    let mut link = link(1);
    link.expire(at(0));
    link.connected(at(100));
    for (index, byte) in HELLO.bytes().take(20).enumerate() {
        link.receive(at(200 + 100 * index as u64), &[byte]);
    }
    assert_eq!(link.poll_timeout(), at(3_000));
    link.expire(at(3_000));
    assert_eq!(events(&mut link), [LinkEvent::Down(Gone::Slow)]);
}

#[test]
fn pauses_double_up_to_a_second_and_addresses_take_turns() {
    let (mut link, mut now) = (link(3), 0);
    for (round, pause) in [50, 100, 200, 400, 800, 1_000, 1_000].into_iter().enumerate() {
        link.expire(at(now));
        assert_eq!(link.stage(), Stage::Connecting(round % 3));
        link.closed(at(now));
        let waits = link.poll_timeout().since(at(now)).as_millis();
        assert!((pause / 2..=pause * 3 / 2).contains(&waits), "{waits} ms, not {pause}");
        now += u64::try_from(waits).unwrap() + 1;
    }
}

#[test]
fn questions_are_refused_when_too_much_waits() {
    let mut link = up();
    let run = NodeRun::new("a", 1).unwrap();
    let data = vec![b'x'; 60_000];
    let lasts = Duration::from_secs(1);
    let question = Question::Seek { queue: "q", player: "p", need: 2, lasts, data: &data };
    let mut taken = 0;
    while link.ask(&question, taken, false).is_ok() {
        taken += 1;
    }
    assert_eq!((taken, link.ask(&question, 0, false)), (5, Err(Unasked::Full)));
    link.ask(&Question::Beat { run: &run, lasts }, 99, true).unwrap();
    link.closed(at(9));
    assert_eq!(link.ask(&question, 0, false), Err(Unasked::Down));
    // All that was taken is answered.
    let gone = events(&mut link);
    assert_eq!(gone.len(), 1 + 5 + 1);
    assert_eq!(gone[6], LinkEvent::Answer(99, Err(Failure::Gone)));
}

#[test]
fn a_term_is_asked_for_again_until_it_is_late_enough() {
    let mut link = up();
    link.renew(Term(10));
    link.renew(Term(11));
    assert_eq!(link.term(), Term(9), "until the engine says so");
    link.receive(at(2), b"*2\r\n$4\r\nterm\r\n$2\r\n10\r\n");
    assert!(events(&mut link).is_empty());
    link.receive(at(2), b"*2\r\n$4\r\nterm\r\n$2\r\n11\r\n");
    assert_eq!(events(&mut link), [LinkEvent::Up { term: Term(11), is_same_run: true }]);
}
