//! Stories about clients that do not read, told on the whole server in memory.

mod common;

use std::time::Duration;

use common::{World, settings};
use mio_chat::chat::Farewell;
use mio_chat::chat::LobbySettings;
use mio_chat::delivery::OutboxLimits;
use mio_chat::limits;
use mio_chat::server::{CloseReason, Settings};

fn small() -> Settings {
    let outbox = OutboxLimits { soft: 200, hard: 1_000, total: 3_000, ..settings().outbox };
    Settings { outbox, ..settings() }
}

/// Whole lines only, then the reason.
fn cut_off_politely(heard: &str) -> bool {
    let mut lines = heard.lines().rev();
    let reason = lines.next().is_some_and(|last| last.starts_with("* you were cut off: "));
    reason && heard.ends_with('\n') && lines.all(|line| line.starts_with("alice: "))
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_the_others_hear_everything() {
    let mut world = World::new(small());
    for name in ["alice", "bob", "deaf"] {
        world.join(name);
    }
    world.reads_only("deaf", 25);
    for number in 0..100 {
        world.types("alice", &format!("line {number}"));
    }
    let heard = world.hears("bob");
    assert_eq!(heard.lines().filter(|line| line.starts_with("alice: ")).count(), 100);
    assert!(heard.contains("deaf left!\n"), "{heard}");
    assert!(world.person("deaf").closed.is_none(), "it may still read why");
    world.reads_only("deaf", usize::MAX);
    let heard = world.hears("deaf");
    assert!(cut_off_politely(&heard), "{heard}");
    let closed = world.person("deaf").closed.unwrap();
    assert!(matches!(closed, CloseReason::Told(Farewell::SlowReader { backlog: 1_000.. })));
}

#[test]
fn a_client_that_never_reads_is_freed_all_the_same() {
    let mut world = World::new(small());
    world.join("alice");
    world.join("deaf");
    world.reads_only("deaf", 0);
    for _ in 0..20 {
        world.types("alice", &"x".repeat(100));
    }
    assert_eq!(world.turn.server.status().clients(), 2);
    world.wait(limits::CLOSE_TIMEOUT);
    assert_eq!(world.turn.server.status().clients(), 1);
}

#[test]
fn little_that_waits_for_long_is_too_much_too() {
    let mut world = World::new(small());
    world.join("alice");
    world.join("deaf");
    world.reads_only("deaf", 0);
    world.types("alice", "anybody?");
    world.wait(limits::OUTBOX_AGE - Duration::from_millis(1));
    assert_eq!(world.turn.server.status().lobby().members(), 2);
    world.wait(Duration::from_millis(1));
    assert_eq!(world.turn.server.status().lobby().members(), 1);
    assert_eq!(world.hears("alice"), "alice: anybody?\ndeaf left!\n");
}

#[test]
fn a_steady_reader_is_never_too_old() {
    let mut world = World::new(small());
    world.join("alice");
    world.join("steady");
    world.reads_only("steady", 0);
    for _ in 0..120 {
        world.types("alice", "0123456789");
        world.wait(Duration::from_secs(1));
        world.reads_only("steady", 18);
    }
    assert_eq!(world.turn.server.status().lobby().members(), 2);
    assert!(world.hears("steady").lines().count() >= 118);
}

#[test]
fn slow_readers_are_spared_who_comes_and_goes() {
    let mut world = World::new(small());
    world.join("alice");
    world.join("slow");
    world.reads_only("slow", 0);
    for _ in 0..3 {
        world.types("alice", &"x".repeat(80));
    }
    for number in 0..100 {
        world.join(&format!("p{number}"));
    }
    assert_eq!(
        world.turn.server.status().lobby().members(),
        102,
        "a hundred joins did not overflow it"
    );
    world.types("alice", "still there?");
    world.reads_only("slow", usize::MAX);
    let heard = world.hears("slow");
    assert!(!heard.contains("joined!"), "{heard}");
    assert!(heard.ends_with("alice: still there?\n"), "{heard}");
    assert!(world.turn.server.status().delivery_counters().presence_dropped >= 100);
}

#[test]
fn cutting_one_off_never_cuts_off_the_next() {
    let mut world = World::new(Settings {
        lobby: LobbySettings { digest_above: usize::MAX, ..LobbySettings::default() },
        outbox: OutboxLimits { total: usize::MAX, ..small().outbox },
        ..small()
    });
    world.join("alice");
    let crowd: Vec<String> = (0..200).map(|number| format!("d{number}")).collect();
    for name in &crowd {
        world.join(name);
    }
    for name in &crowd {
        world.reads_only(name, 0);
    }
    // Close to the limit: a few leaves more would be too much for all of them.
    for _ in 0..9 {
        world.types("alice", &"x".repeat(100));
    }
    for name in &crowd[..10] {
        world.vanishes(name);
    }
    assert_eq!(
        world.turn.server.status().lobby().members(),
        191,
        "leaves are not queued for slow readers"
    );
    world.types("alice", &"x".repeat(100));
    assert_eq!(world.turn.server.status().lobby().members(), 1);
    let heard = world.hears("alice");
    assert_eq!(heard.matches(" left!\n").count(), 200);
}

#[test]
fn memory_for_all_together_is_bounded_and_those_with_most_waiting_go_first() {
    let outbox = OutboxLimits { hard: 10_000, total: 25_000, ..small().outbox };
    let mut world = World::new(Settings { outbox, ..small() });
    world.join("alice");
    for number in 0..10 {
        world.join(&format!("d{number}"));
        world.reads_only(&format!("d{number}"), if number < 5 { 0 } else { 2_000 });
    }
    for _ in 0..4 {
        for number in 0..10 {
            world.types("alice", &format!("/msg d{number} {}", "x".repeat(800)));
        }
    }
    let mut here = Vec::new();
    for number in 0..10 {
        let id = world.person(&format!("d{number}")).id;
        here.push(world.turn.server.status().lobby().is_member(id));
    }
    assert!(here[..5].iter().any(|here| !here), "{here:?}");
    assert!(here[5..].iter().all(|here| *here), "{here:?}");
    assert!(world.turn.server.status().held() <= 25_000);
}

#[test]
fn who_refuses_nothing_is_never_owed_much_either() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    // Bob stops reading for a moment, and is offered little at a time from then on.
    world.reads_only("bob", 0);
    world.types("alice", &"x".repeat(1_000));
    world.person("bob").window = usize::MAX;
    let id = world.person("bob").id;
    world.turn.note_writable(id);
    let mut most = 0;
    for _ in 0..100 {
        world.person("alice").says(&("x".repeat(1_000) + "\n").repeat(60));
        world.turn();
        let waiting = world.turn.server.status().slowest_readers(1);
        most = most.max(waiting.first().map_or(0, |bob| bob.bytes));
    }
    assert!(most < 3 * limits::OUTBOX_SOFT_BYTES, "{most} bytes waited");
    world.run();
    assert!(world.person("bob").closed.is_none());
    assert_eq!(world.hears("bob").lines().count(), 6_001);
}

/// Somebody called steady has hung up while 200 lines of Alice wait for it.
fn with_somebody_who_leaves_and_is_owed_much() -> World {
    let mut world = World::default();
    world.join("alice");
    world.join("steady");
    world.reads_only("steady", 0);
    for _ in 0..200 {
        world.types("alice", &"x".repeat(1_000));
    }
    world.ends("steady");
    world
}

#[test]
fn at_shutdown_who_was_leaving_already_has_no_more_time_than_others() {
    let mut world = with_somebody_who_leaves_and_is_owed_much();
    world.turn.server.shutdown(world.now, limits::DRAIN_TIMEOUT);
    for _ in 0..10 {
        world.reads_only("steady", 8_192);
        world.wait(limits::DRAIN_TIMEOUT / 10);
    }
    assert_eq!(world.turn.server.status().clients(), 0);
}

#[test]
fn what_many_wait_for_is_kept_once() {
    let outbox = OutboxLimits { total: 20_000, ..small().outbox };
    let mut world = World::new(Settings { outbox, ..small() });
    world.join("alice");
    for number in 0..100 {
        world.join(&format!("d{number}"));
    }
    for number in 0..100 {
        world.reads_only(&format!("d{number}"), 0);
    }
    for _ in 0..4 {
        world.types("alice", &"x".repeat(100));
    }
    assert_eq!(
        world.turn.server.status().lobby().members(),
        101,
        "40 KB wait, and 500 bytes are kept"
    );
    assert!(
        world.turn.server.status().held() < 500 + 100 * 150,
        "{}",
        world.turn.server.status().held()
    );
    for number in 0..100 {
        world.reads_only(&format!("d{number}"), usize::MAX);
    }
    assert_eq!(world.turn.server.status().held(), 0);
}

#[test]
fn who_is_leaving_already_is_not_cut_off_as_well() {
    for leave in ["/quit", "shutdown", "end"] {
        let mut world = World::new(small());
        world.join("alice");
        world.join("deaf");
        world.reads_only("deaf", 3);
        for _ in 0..9 {
            world.types("alice", &"x".repeat(101));
        }
        match leave {
            "/quit" => world.types("deaf", "/quit"),
            "end" => world.ends("deaf"),
            _ => {
                world.turn.server.shutdown(world.now, limits::DRAIN_TIMEOUT);
                world.run();
            }
        }
        world.reads_only("deaf", usize::MAX);
        let heard = world.hears("deaf");
        assert_eq!(heard.matches("alice: ").count(), 9, "{leave}: {heard}");
        assert!(!heard.contains("cut off"), "{leave}: {heard}");
        assert!(world.person("deaf").closed.is_some(), "{leave}");
    }
}

#[test]
fn who_hangs_up_and_reads_on_steadily_gets_all_it_is_owed() {
    let mut world = with_somebody_who_leaves_and_is_owed_much();
    for _ in 0..40 {
        world.wait(Duration::from_millis(500));
        world.reads_only("steady", 8_192);
    }
    assert_eq!(world.hears("steady").lines().count(), 200);
    assert_eq!(world.person("steady").closed, Some(CloseReason::Ended));
}

#[test]
fn who_hangs_up_and_reads_no_more_is_lost() {
    let mut world = World::default();
    world.join("alice");
    world.join("deaf");
    world.reads_only("deaf", 0);
    world.types("alice", "hello");
    world.ends("deaf");
    world.wait(limits::CLOSE_TIMEOUT);
    assert_eq!(world.person("deaf").closed, Some(CloseReason::Lost));
}

#[test]
fn bytes_come_whole_through_any_keyhole() {
    for keyhole in [1, 2, 3, 7, 64] {
        let mut world = World::default();
        world.join("alice");
        world.join("bob");
        world.reads_only("bob", 0);
        let mut said = String::new();
        for number in 0..50 {
            world.types("alice", &format!("number {number}"));
            said.push_str(&format!("alice: number {number}\n"));
            world.reads_only("bob", keyhole);
        }
        let mut heard = world.hears("bob");
        while heard.len() < said.len() {
            world.reads_only("bob", keyhole);
            let more = world.hears("bob");
            assert!(!more.is_empty(), "the rest never came");
            heard.push_str(&more);
        }
        assert_eq!(heard, said, "through {keyhole} bytes at a time");
    }
}

#[test]
fn a_flood_of_lines_in_one_turn_is_flushed_before_it_is_too_much() {
    let mut world = World::default();
    world.join("alice");
    world.join("bob");
    let lines = "x\n".repeat(400_000);
    world.sends("alice", lines.as_bytes());
    assert_eq!(world.hears("bob").lines().count(), 400_000, "who reads is never slow");
}
