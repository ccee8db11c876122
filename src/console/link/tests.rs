//! Stories of the connection: what is heard, and what is asked for then.

use super::*;

fn here(link: &mut Link, lines: &[&str]) -> String {
    let asked = lines.iter().flat_map(|line| link.hear(Time::ZERO, &Heard::parse(line)));
    let sent = asked.map(|ask| match ask {
        Ask::Send(text) => text,
        other => panic!("{other:?}"),
    });
    sent.collect()
}

const NUMBERS: &str =
    "* -- numbers are on: each message begins with @NUMBER SECONDS; now at c77143c7:9 --";

#[test]
fn who_comes_back_asks_for_what_was_missed_in_the_same_room() {
    let mut link = Link::new("al", "tea", 7);
    assert_eq!(link.try_again(), [Ask::Connect]);
    let hello = Ask::Send("/numbers on\n/history off\nal\n".into());
    assert_eq!(link.connected(Time::ZERO), std::slice::from_ref(&hello));
    let alone = "* you are alone in main (/help tells what you can do)";
    let asked = here(&mut link, &[NUMBERS, "Connected to server!", alone]);
    assert_eq!(asked, "/join tea\n");
    let tea = "* you are in tea with 2 others (/help, /who)";
    assert_eq!(here(&mut link, &[tea]), "/history 20\n/who\n");
    here(&mut link, &["@12 5 bob: hi", "@11 5 bob: earlier"]);
    link.closed(Time::ZERO, "the connection broke");
    assert!(matches!(link.phase(), Phase::Waiting(until) if until <= Time::ZERO + COME_BACK_MIN));
    assert_eq!(link.tick(Time::ZERO + COME_BACK_MIN), [Ask::Connect]);
    assert_eq!(link.connected(Time::ZERO), [hello]);
    assert_eq!(here(&mut link, &["Connected to server!", alone]), "/join tea\n");
    assert_eq!(here(&mut link, &[tea]), "/history after c77143c7:12\n/who\n");
}

#[test]
fn the_server_s_wish_when_to_come_back_is_obeyed() {
    for (told, waits) in [
        ("* the server is shutting down; come back in 7 s", Duration::from_secs(7)),
        ("* the server is shutting down; come back in 86400000 s", COME_BACK_TOLD_MAX),
    ] {
        let mut link = Link::new("al", MAIN, 7);
        link.connected(Time::ZERO);
        here(&mut link, &["Connected to server!", told]);
        link.closed(Time::ZERO, "the connection broke");
        assert_eq!(link.phase(), Phase::Waiting(Time::ZERO + waits));
        assert_eq!(link.tick(Time::ZERO + waits), [Ask::Connect]);
        // What comes of it is no longer the server's to say.
        link.closed(Time::ZERO, "refused");
        assert!(matches!(link.phase(), Phase::Waiting(at) if at <= Time::ZERO + COME_BACK_MAX));
    }
    assert_eq!(back_in("the server is shutting down; come back later"), None);
}

#[test]
fn a_name_that_the_lost_connection_still_holds_is_asked_for_again() {
    let taken = "* the nickname al is taken, or looks like one that is; try /nick NAME";
    let mut link = Link::new("al", MAIN, 7);
    link.connected(Time::ZERO);
    here(&mut link, &[taken]);
    assert_eq!(link.phase(), Phase::Naming, "somebody else has it");
    assert_eq!(link.choose_name("bo"), [Ask::Send("bo\n".into())]);
    here(&mut link, &["Connected to server!"]);
    link.closed(Time::ZERO, "");
    link.try_again();
    link.connected(Time::ZERO);
    let mut now = Time::ZERO;
    for _ in 1..NAME_TRIES {
        assert!(link.hear(now, &Heard::parse(taken)).is_empty());
        now = link.due().unwrap();
        assert_eq!(link.tick(now), [Ask::Send("bo\n".into())]);
    }
    assert_eq!(link.hear(now, &Heard::parse(taken)), [Ask::Disconnect]);
    link.closed(now, "");
    assert!(matches!(link.phase(), Phase::Waiting(_)) && link.why().contains("taken"));
    // Somebody else has it now.
    while link.phase() != Phase::Naming {
        link.try_again();
        link.connected(now);
        link.hear(now, &Heard::parse(taken));
        while let Some(due) = link.due().filter(|_| link.phase() == Phase::Registering) {
            link.tick(due);
            if link.hear(due, &Heard::parse(taken)) == [Ask::Disconnect] {
                link.closed(due, "");
            }
        }
    }
    assert_eq!(link.choose_name("co"), [Ask::Send("co\n".into())]);
}

#[test]
fn who_has_no_name_is_asked_before_anything_is_sent() {
    let mut link = Link::new("", MAIN, 7);
    assert!(link.try_again().is_empty());
    assert_eq!(link.phase(), Phase::Naming);
    assert_eq!(link.choose_name("al"), [Ask::Connect]);
    assert_eq!(link.connected(Time::ZERO), [Ask::Send("/numbers on\n/history off\nal\n".into())]);
    here(&mut link, &["* that name needs a letter or digit; try another"]);
    link.closed(Time::ZERO, "");
    assert_eq!(link.phase(), Phase::Naming, "the server did not wait, and we do");
    assert_eq!(link.choose_name("bo"), [Ask::Connect]);
}

#[test]
fn who_may_not_come_into_the_room_stays_where_everybody_starts() {
    let main = "* you are in main with 3 others (/help, /who)";
    for refusal in [
        "* the room tea needs a password: /join tea PASSWORD",
        "* you are banned from tea for 2h more: spam",
        "* that name needs a letter or digit; try another",
        "* you are in main already (/rooms lists others)",
    ] {
        let mut link = Link::new("al", "tea", 7);
        link.connected(Time::ZERO);
        let asked = here(&mut link, &["Connected to server!", "Al joined!", main]);
        assert_eq!((asked.as_str(), link.nickname()), ("/join tea\n", "Al"));
        assert_eq!(link.take_entered(), None);
        assert_eq!(here(&mut link, &[refusal]), "/history 20\n/who\n", "{refusal}");
        assert_eq!(link.take_entered(), Some(("main".into(), 3)));
        assert_eq!(link.room(), "main");
        link.closed(Time::ZERO, "");
        assert!(matches!(link.phase(), Phase::Waiting(_)), "{refusal}");
    }
}

#[test]
fn a_room_that_was_forgotten_with_its_key_is_made_again() {
    let mut link = Link::new("al", "tea", 7);
    link.note_word("Tea", "4a04639a5f3e51ae");
    link.connected(Time::ZERO);
    let main = "* you are in main with 3 others (/help, /who)";
    let asked = here(&mut link, &["Connected to server!", "al joined!", main]);
    assert_eq!(asked, "/join tea 4a04639a5f3e51ae\n");
    let refusal = "* that is no name: use letters, digits and _-^|{} without spaces, such as max_7";
    assert_eq!(here(&mut link, &[refusal]), "/join tea\n");
    let alone = "* you are alone in tea (/help tells what you can do)";
    assert_eq!(here(&mut link, &["al joined!", alone]), "/history 20\n");
    assert_eq!(link.room(), "tea");
}

#[test]
fn each_try_waits_longer_and_not_all_alike() {
    let waits = |seed| {
        let mut link = Link::new("al", MAIN, seed);
        link.try_again();
        (0..12).map(move |_| {
            link.closed(Time::ZERO, "refused");
            let Phase::Waiting(until) = link.phase() else { panic!("not waiting") };
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
    for lines in [
        &["Connected to server!", "* you were banned from main by al for 2h", "* goodbye"][..],
        &["* you are banned from main for 2h", "* goodbye"],
    ] {
        let mut link = Link::new("bo", MAIN, 7);
        link.connected(Time::ZERO);
        here(&mut link, lines);
        link.closed(Time::ZERO, "closed");
        assert_eq!((link.phase(), link.due()), (Phase::Down, None), "{lines:?}");
        assert!(link.why().contains("banned"));
        assert_eq!(link.try_again(), [Ask::Connect]);
    }
}

#[test]
fn whoever_does_not_answer_is_no_server() {
    let mut link = Link::new("al", MAIN, 7);
    link.try_again();
    link.connected(Time::ZERO);
    let due = link.due().unwrap();
    assert_eq!(due, Time::ZERO + ANSWER_PATIENCE);
    assert_eq!(link.tick(due), [Ask::Disconnect]);
    link.closed(due, "");
    assert!(matches!(link.phase(), Phase::Waiting(_)) && link.why().contains("does not answer"));
}

#[test]
fn what_is_said_on_the_way_is_not_said_where_one_goes() {
    let mut link = Link::new("al", "tea", 7);
    link.connected(Time::ZERO);
    let main = "* you are in main with 3 others (/help, /who)";
    here(
        &mut link,
        &[NUMBERS, "Connected to server!", "al joined!", main, "@200 5 bob: elsewhere"],
    );
    let tea = "* you are in tea with 2 others (/help, /who)";
    assert_eq!(here(&mut link, &[tea]), "/history 20\n/who\n");
}

#[test]
fn a_word_is_kept_when_it_has_opened_the_room() {
    let mut link = Link::new("al", MAIN, 7);
    link.connected(Time::ZERO);
    let tea = "* you are in tea with 2 others (/help, /who)";
    let main = "* you are in main with 3 others (/help, /who)";
    here(&mut link, &["Connected to server!", main]);
    link.note_typed_word("#Tea", "kettle");
    here(&mut link, &[tea]);
    link.note_typed_word("tea", "wrong");
    here(&mut link, &["* you are in tea already (/rooms lists others)"]);
    // What is said of a nickname is not said of the room.
    here(&mut link, &["* that name needs a letter or digit; try another"]);
    link.closed(Time::ZERO, "");
    link.try_again();
    link.connected(Time::ZERO);
    assert_eq!(here(&mut link, &["Connected to server!", main]), "/join tea kettle\n");
}
