//! What strangers, and a server gone mad, cannot make a client do.

use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::peer::protocol::{Client, Event, Input, JoinRefusal, JoinRequest};
use mio_chat::time::Time;

use crate::FINE;
use crate::network::{Nat, SERVER};
use crate::random::Random;
use crate::world::World;

const STRANGER: ([u8; 4], u16) = ([203, 0, 113, 66], 6_666);

fn client() -> Client {
    let request = JoinRequest {
        queue: Some("duel".to_owned()),
        players: Some(2),
        token: None,
        lan: vec![],
        patience: Duration::from_secs(10),
    };
    Client::new(Time::ZERO, SERVER, request, 7)
}

/// Its first question, and the id in it.
fn asked(client: &mut Client) -> (String, String) {
    client.handle(Time::ZERO, Input::Timeout);
    let text = String::from_utf8(client.poll_transmit().unwrap().bytes).unwrap();
    let id = text.split("id=").nth(1).unwrap()[..16].to_owned();
    (text, id)
}

fn tell(client: &mut Client, millis: u64, from: SocketAddr, text: &str) -> Vec<String> {
    let now = Time::at(Duration::from_millis(millis));
    client.handle(now, Input::Datagram { from, bytes: text.as_bytes() });
    std::iter::from_fn(|| client.poll_transmit())
        .map(|transmit| String::from_utf8(transmit.bytes).unwrap())
        .collect()
}

#[test]
fn the_first_question_is_long_enough_to_be_answered() {
    let (text, id) = asked(&mut client());
    assert!(text.starts_with(&format!("MC1 JOIN id={id} q=duel n=2 pad=")) && text.len() >= 50);
    assert!(text.ends_with(".\n"), "{text}");
}

#[test]
fn lines_count_only_from_the_server_and_for_this_client() {
    let mut client = client();
    let (_, id) = asked(&mut client);
    let cookie = format!("MC1 COOKIE id={id} c=00000000000000aa\n");
    assert!(tell(&mut client, 1, STRANGER.into(), &cookie).is_empty());
    let other = "MC1 COOKIE id=0000000000000001 c=00000000000000aa\n";
    assert!(tell(&mut client, 1, SERVER, other).is_empty());
    let again = tell(&mut client, 1, SERVER, &cookie);
    assert!(again[0].contains(" c=00000000000000aa"), "{again:?}");
    assert!(tell(&mut client, 2, SERVER, &cookie).is_empty(), "once");
    let another = cookie.replace("aa", "bb");
    assert!(tell(&mut client, 3, SERVER, &another).is_empty(), "not at the server's pace");
}

#[test]
fn a_refusal_ends_it_or_has_it_wait() {
    let mut client = client();
    let (_, id) = asked(&mut client);
    tell(&mut client, 1, SERVER, &format!("MC1 ERR id={id} code=full retry=10\n"));
    assert_eq!(client.poll_timeout(), Time::at(Duration::from_millis(10_001)));
    tell(&mut client, 2, SERVER, &format!("MC1 ERR id={id} code=players retry=0\n"));
    assert!(client.has_ended());
    let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
    let retry = Some(Duration::from_secs(10));
    assert_eq!(events[1], Event::Refused { code: JoinRefusal::Full, retry });
    assert_eq!(events[2], Event::Refused { code: JoinRefusal::Players, retry: None });
}

#[test]
fn a_match_that_makes_no_sense_is_none() {
    let good = "m=0000000000000001 k=00000000000000000000000000000002 you=1@203.0.113.1:5 \
                peer=2@203.0.113.2:6+192.168.1.2:7 at=10 relay=0000000000000003";
    for (from, to) in [
        ("you=1", "you=0"),
        ("you=1", "you=17"),
        ("you=1", "you=2"),
        ("peer=2@", "peer=+2@"),
        ("peer=2@", "peer=2@203.0.113.2:6 peer=2@"),
        ("203.0.113.2:6+", "host+"),
        ("192.168.1.2:7", "[::ffff:192.168.1.2]:7"),
        ("k=0", "k=x"),
        ("k=0", "k="),
        ("m=0000000000000001", "m=1"),
        ("peer", "pear"),
    ] {
        let mut client = client();
        let (_, id) = asked(&mut client);
        let bad = format!("MC1 MATCH id={id} {}\n", good.replacen(from, to, 1));
        assert!(tell(&mut client, 1, SERVER, &bad).is_empty(), "{bad}");
        assert_eq!(client.you(), None, "{bad}");
        let said = tell(&mut client, 1, SERVER, &format!("MC1 MATCH id={id} {good}\n"));
        assert_eq!(said, [format!("MC1 ACK id={id} m=0000000000000001\n")]);
        assert_eq!(client.you(), Some(1));
    }
}

#[test]
fn the_latest_match_counts_until_somebody_is_reached() {
    let mut client = client();
    let (_, id) = asked(&mut client);
    let text = |m: u64, you: u8, at: u64| {
        let peer = 3 - you;
        format!(
            "MC1 MATCH id={id} m={m:016x} k={m:032x} you={you}@203.0.113.1:5 \
             peer={peer}@203.0.113.2:6 at={at}\n"
        )
    };
    let ack = |m: u64| format!("MC1 ACK id={id} m={m:016x}\n");
    assert_eq!(tell(&mut client, 1, SERVER, &text(1, 1, 100)), [ack(1)]);
    let wait = format!("MC1 WAIT id={id} have=1 need=2 ttl=30\n");
    assert!(tell(&mut client, 2, SERVER, &wait).is_empty(), "the MATCH has overtaken it");
    assert_eq!(client.you(), Some(1));
    assert_eq!(tell(&mut client, 3, SERVER, &text(2, 2, 100)), [ack(2)]);
    assert_eq!(client.you(), Some(2));
    assert!(tell(&mut client, 4, SERVER, &text(1, 1, 100)).is_empty(), "that one is over");
    client.handle(Time::at(Duration::from_millis(5)), Input::Timeout);
    let opened = client.poll_transmit().unwrap();
    assert_eq!((&opened.bytes[..], opened.hops), (&b"MC1 OPEN\n"[..], Some(2)));
    let again = tell(&mut client, 150, SERVER, &wait);
    assert!(matches!(&again[..], [join] if join.starts_with("MC1 JOIN ")), "{again:?}");
    assert_eq!(client.you(), None);
    assert_eq!(tell(&mut client, 151, SERVER, &text(2, 2, 0)), [ack(2)], "it was no ghost");
    assert_eq!(client.you(), Some(2));
    let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
    let matched = |you| Event::Matched { you, peers: vec![3 - you] };
    assert_eq!(
        events,
        [
            Event::Asking,
            matched(1),
            Event::Dissolved,
            matched(2),
            Event::Dissolved,
            Event::Waiting { have: 1, need: 2 },
            matched(2),
        ]
    );
}

#[test]
fn noise_changes_nothing() {
    let mut quiet = World::new(&[Nat::Open, Nat::Cone], FINE, 9);
    let mut noisy = World::new(&[Nat::Open, Nat::Cone], FINE, 9);
    let mut random = Random::new(9);
    for step in 1..200 {
        quiet.run_until(step * 25);
        noisy.run_until(step * 25);
        for _ in 0..20 {
            let bytes = noise(&mut random);
            let from = *random.pick(&[SERVER, STRANGER.into()]);
            noisy.deliver(random.below(2), from, &bytes);
        }
    }
    assert_eq!(noisy.trace, quiet.trace);
    assert!(noisy.players.iter().all(|player| player.data.is_empty()));
    noisy.check_all_reached();
}

/// Lines that are nearly right.
fn noise(random: &mut Random) -> Vec<u8> {
    let text = *random.pick(&[
        "MC1 MATCH id=0123456789abcdef m=000000000000002a k=00000000000000000000000000001092 you=1",
        "MC1 PING m=000000000000002a by=1 to=2 x=00000001 ok=1 h=0000000000000001\n",
        "MC1 PONG m=000000000000002a by=2 to=1 x=00000001 ok=1 h=0000000000000001\n",
        "MC1 DATA m=0000000000000777 by=2\nMC1 PING m=000000000000002a by=2 to=1 x=1 ok=1 h=2\n",
        "MC1 DATA m=0000000000000777 by=2\nhello",
        "MC1 WAIT id=0123456789abcdef have=1 need=2 ttl=30\n",
        "MC1 ERR id=0123456789abcdef code=full retry=99999999999999999999\n",
        "hello",
        "",
    ]);
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..random.below(4) {
        let Some(last) = bytes.len().checked_sub(1) else { break };
        let at = random.below(last + 1);
        match random.below(3) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes.truncate(at),
            _ => bytes.insert(at, b' '),
        }
    }
    bytes
}
