//! Stories of the connection: what is heard, and what is asked for then.

use super::super::reading::read_one;
use super::super::samples::{bye, end, error, format, owner, put_out, room, said, taken, welcome};
use super::*;

fn here<T: AsRef<str>>(link: &mut Link, told: &[T]) -> String {
    let objects = told.iter().map(|told| read_one(told.as_ref()));
    let asked = objects.flat_map(|object| link.hear(Time::ZERO, &object));
    let sent = asked.map(|ask| match ask {
        Ask::Send(text) => text,
        other => panic!("{other:?}"),
    });
    sent.collect()
}

#[test]
fn who_comes_back_asks_for_what_was_missed_in_the_same_room() {
    let mut link = Link::new("al", None, "tea", 7);
    assert_eq!(link.try_again(), [Ask::Connect]);
    let hello = Ask::Send("/format json\n/history off\nal\n".into());
    assert_eq!(link.connected(Time::ZERO), std::slice::from_ref(&hello));
    let alone = room("main", 1);
    let asked = here(&mut link, &[&format(9), &welcome("al"), &alone]);
    assert_eq!(asked, "/join tea\n");
    let tea = room("tea", 3);
    assert_eq!(here(&mut link, &[&tea]), "/history 20\n/who\n");
    here(&mut link, &[said(12, 5, "bob", "hi"), said(11, 5, "bob", "earlier")]);
    link.closed(Time::ZERO, "the connection broke");
    assert!(
        matches!(link.phase(), LinkPhase::Waiting(until) if until <= Time::ZERO + COME_BACK_MIN)
    );
    assert_eq!(link.tick(Time::ZERO + COME_BACK_MIN), [Ask::Connect]);
    assert_eq!(link.connected(Time::ZERO), [hello]);
    assert_eq!(here(&mut link, &[&welcome("al"), &alone]), "/join tea\n");
    assert_eq!(here(&mut link, &[&tea]), "/history after c77143c7:12\n/who\n");
}

#[test]
fn the_server_s_wish_when_to_come_back_is_obeyed() {
    for (told, waits) in [
        (bye("going", "come back in 7 s", Some(7)), Duration::from_secs(7)),
        (bye("going", "come back in 86400000 s", Some(86_400_000)), COME_BACK_TOLD_MAX),
    ] {
        let mut link = Link::new("al", None, MAIN, 7);
        link.connected(Time::ZERO);
        here(&mut link, &[&welcome("al"), &told]);
        link.closed(Time::ZERO, "the connection broke");
        assert_eq!(link.phase(), LinkPhase::Waiting(Time::ZERO + waits));
        assert_eq!(link.tick(Time::ZERO + waits), [Ask::Connect]);
        // What comes of it is no longer the server's to say.
        link.closed(Time::ZERO, "refused");
        assert!(matches!(link.phase(), LinkPhase::Waiting(at) if at <= Time::ZERO + COME_BACK_MAX));
    }
}

#[test]
fn a_name_that_the_lost_connection_still_holds_is_asked_for_again() {
    let taken = taken();
    let mut link = Link::new("al", None, MAIN, 7);
    link.connected(Time::ZERO);
    here(&mut link, &[&taken]);
    assert_eq!(link.phase(), LinkPhase::Naming, "somebody else has it");
    assert_eq!(link.choose_name("bo"), [Ask::Send("bo\n".into())]);
    here(&mut link, &[welcome("bo")]);
    link.closed(Time::ZERO, "");
    link.try_again();
    link.connected(Time::ZERO);
    let mut now = Time::ZERO;
    for _ in 1..NAME_TRIES {
        assert!(link.hear(now, &read_one(&taken)).is_empty());
        now = link.due().unwrap();
        assert_eq!(link.tick(now), [Ask::Send("bo\n".into())]);
    }
    assert_eq!(link.hear(now, &read_one(&taken)), [Ask::Disconnect]);
    link.closed(now, "");
    assert!(matches!(link.phase(), LinkPhase::Waiting(_)) && link.why().contains("taken"));
    // Somebody else has it now.
    while link.phase() != LinkPhase::Naming {
        link.try_again();
        link.connected(now);
        link.hear(now, &read_one(&taken));
        while let Some(due) = link.due().filter(|_| link.phase() == LinkPhase::Registering) {
            link.tick(due);
            if link.hear(due, &read_one(&taken)) == [Ask::Disconnect] {
                link.closed(due, "");
            }
        }
    }
    assert_eq!(link.choose_name("co"), [Ask::Send("co\n".into())]);
}

#[test]
fn who_has_no_name_is_asked_before_anything_is_sent() {
    let mut link = Link::new("", None, MAIN, 7);
    assert!(link.try_again().is_empty());
    assert_eq!(link.phase(), LinkPhase::Naming);
    assert_eq!(link.choose_name("al"), [Ask::Connect]);
    assert_eq!(link.connected(Time::ZERO), [Ask::Send("/format json\n/history off\nal\n".into())]);
    here(&mut link, &[error("name-bad", "that name needs a letter or digit; try another")]);
    link.closed(Time::ZERO, "");
    assert_eq!(link.phase(), LinkPhase::Naming, "the server did not wait, and we do");
    assert_eq!(link.choose_name("bo"), [Ask::Connect]);
}

#[test]
fn who_may_not_come_into_the_room_stays_where_everybody_starts() {
    let main = room("main", 4);
    for refusal in ["room-password", "banned", "name-bad", "room-same", "password-paused"] {
        let mut link = Link::new("al", None, "tea", 7);
        link.connected(Time::ZERO);
        let asked = here(&mut link, &[&welcome("Al"), &main]);
        assert_eq!((asked.as_str(), link.nickname()), ("/join tea\n", "Al"));
        assert_eq!(link.take_entered(), None);
        assert_eq!(here(&mut link, &[error(refusal, "no")]), "/history 20\n/who\n", "{refusal}");
        assert_eq!(link.take_entered(), Some(("main".into(), 3)));
        assert_eq!(link.room(), "main");
        link.closed(Time::ZERO, "");
        assert!(matches!(link.phase(), LinkPhase::Waiting(_)), "{refusal}");
    }
}

#[test]
fn a_room_that_was_forgotten_with_its_key_is_made_again() {
    let mut link = Link::new("al", None, "tea", 7);
    link.note_word("Tea", "4a04639a5f3e51ae");
    link.connected(Time::ZERO);
    let main = room("main", 4);
    let asked = here(&mut link, &[&welcome("al"), &main]);
    assert_eq!(asked, "/join tea 4a04639a5f3e51ae\n");
    assert_eq!(here(&mut link, &[error("name-bad", "that is no name")]), "/join tea\n");
    assert_eq!(here(&mut link, &[room("tea", 1)]), "/history 20\n");
    assert_eq!(link.room(), "tea");
}

#[test]
fn each_try_waits_longer_and_not_all_alike() {
    let waits = |seed| {
        let mut link = Link::new("al", None, MAIN, seed);
        link.try_again();
        (0..12).map(move |_| {
            link.closed(Time::ZERO, "refused");
            let LinkPhase::Waiting(until) = link.phase() else { panic!("not waiting") };
            until.since(Time::ZERO)
        })
    };
    let all: Vec<_> = waits(3).collect();
    assert!(all[0] <= COME_BACK_MIN && all[5] > all[0] * 4);
    assert!(all.iter().all(|wait| *wait <= COME_BACK_MAX));
    assert!(waits(99).zip(&all).any(|(one, other)| one != *other));
}

#[test]
fn who_was_put_out_does_not_come_back_by_itself() {
    let goodbye = bye("banned", "goodbye", None);
    let banned = put_out("banned", MAIN, "you were banned from main by al for 2h");
    for lines in [
        vec![welcome("bo"), banned, goodbye.clone()],
        vec![error("banned", "you are banned from main for 2h"), goodbye],
    ] {
        let mut link = Link::new("bo", None, MAIN, 7);
        link.connected(Time::ZERO);
        here(&mut link, &lines);
        link.closed(Time::ZERO, "closed");
        assert_eq!((link.phase(), link.due()), (LinkPhase::Down, None), "{lines:?}");
        assert!(link.why().contains("banned"));
        assert_eq!(link.try_again(), [Ask::Connect]);
    }
}

#[test]
fn whoever_does_not_answer_is_no_server() {
    let mut link = Link::new("al", None, MAIN, 7);
    link.try_again();
    link.connected(Time::ZERO);
    let due = link.due().unwrap();
    assert_eq!(due, Time::ZERO + ANSWER_PATIENCE);
    assert_eq!(link.tick(due), [Ask::Disconnect]);
    link.closed(due, "");
    assert!(
        matches!(link.phase(), LinkPhase::Waiting(_)) && link.why().contains("does not answer")
    );
}

#[test]
fn a_refusal_at_the_door_is_the_reason_and_an_old_server_the_end() {
    let mut link = Link::new("al", None, MAIN, 7);
    link.connected(Time::ZERO);
    link.refused_at_the_door("the server is full");
    link.closed(Time::ZERO, "the server has closed it");
    assert!(matches!(link.phase(), LinkPhase::Waiting(_)) && link.why() == "the server is full");
    link.try_again();
    link.connected(Time::ZERO);
    assert_eq!(link.give_up("too old"), [Ask::Disconnect]);
    link.closed(Time::ZERO, "");
    assert_eq!((link.phase(), link.due(), link.why()), (LinkPhase::Down, None, "too old"));
}

#[test]
fn only_a_place_is_sent_back() {
    let mut link = Link::new("al", None, MAIN, 7);
    link.connected(Time::ZERO);
    here(&mut link, &[&format(9), &welcome("al"), &room(MAIN, 1), &end(MAIN, 12)]);
    here(&mut link, &[end(MAIN, 12).replace("c77143c7:", "quit")]);
    here(&mut link, &[format(9).replace("c77143c7", "1\\n/quit")]);
    here(&mut link, &[owner("tea", "4a04639a5f3e51ae")]);
    assert_eq!(link.epoch(), "c77143c7");
    assert_eq!(here(&mut link, &[room(MAIN, 1)]), "/history after c77143c7:12\n");
}

#[test]
fn what_is_said_on_the_way_is_not_said_where_one_goes() {
    let mut link = Link::new("al", None, "tea", 7);
    link.connected(Time::ZERO);
    let main = room("main", 4);
    here(&mut link, &[&format(9), &welcome("al"), &main, &said(200, 5, "bob", "elsewhere")]);
    let tea = room("tea", 3);
    assert_eq!(here(&mut link, &[&tea]), "/history 20\n/who\n");
}

#[test]
fn a_word_is_kept_when_it_has_opened_the_room() {
    let mut link = Link::new("al", None, MAIN, 7);
    link.connected(Time::ZERO);
    let tea = room("tea", 3);
    let main = room("main", 4);
    here(&mut link, &[&welcome("al"), &main]);
    link.note_typed_word("#Tea", "kettle");
    here(&mut link, &[&tea]);
    link.note_typed_word("tea", "wrong");
    here(&mut link, &[error("room-same", "you are in tea already")]);
    // What is said of a nickname is not said of the room.
    here(&mut link, &[error("name-bad", "that name needs a letter or digit; try another")]);
    link.closed(Time::ZERO, "");
    link.try_again();
    link.connected(Time::ZERO);
    assert_eq!(here(&mut link, &[&welcome("al"), &main]), "/join tea kettle\n");
}
