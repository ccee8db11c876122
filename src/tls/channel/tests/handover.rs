//! Connections that other processes go on with, at any moment.

use super::*;
use crate::tls::channel::ChannelState;

impl Pair {
    /// Whether the connection is one that another process can go on with, and does.
    fn hand_over(&mut self) -> bool {
        let Some(state) = self.channel.as_mut().unwrap().handed_over() else { return false };
        let document = serde_json::to_string(&state).unwrap();
        let state: ChannelState = serde_json::from_str(&document).unwrap();
        self.channel = Channel::taken_over(state, Some(&self.acceptor)).unwrap();
        self.channel.is_some()
    }

    fn client_says(&mut self, text: &[u8]) {
        self.client.writer().write_all(text).unwrap();
    }

    /// One read. What it brings is text, if anything.
    fn server_reads_once(&mut self, room: usize) {
        let mut room = vec![0; room];
        let channel = self.channel.as_mut().unwrap();
        match channel.read(&mut self.pipe, &mut room, &mut self.scratch) {
            Received::Bytes { count, .. } => self.heard.extend_from_slice(&room[..count]),
            Received::Noise(_) | Received::Nothing => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Numbers from 0 to below the limit, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A play of both sides with hand-overs in between. Returns how many there were.
fn play(acceptor: &Acceptor, version: &'static SupportedProtocolVersion, seed: u64) -> usize {
    let mut dice = Dice(seed);
    let mut pair = Pair::secured(acceptor, version);
    pair.client.set_buffer_limit(None);
    pair.pipe.each = [1, 7, 100, 5_000, usize::MAX][dice.below(5) as usize];
    let (mut said, mut replied, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    let (mut moved, mut renewed) = (0, 0);
    for _ in 0..200 {
        match dice.below(9) {
            0 => {
                let text: Vec<u8> = (0..1 + dice.below(20_000)).map(|at| at as u8).collect();
                pair.client_says(&text);
                said.extend(text);
            }
            1 => pair.client_sends(),
            2 | 3 => pair.server_reads_once(1 + dice.below(3_000) as usize),
            4 => {
                let text: Vec<u8> = (0..1 + dice.below(30_000)).map(|at| at as u8 ^ 0x55).collect();
                waiting.extend_from_slice(&text);
                replied.extend(text);
            }
            5 => {
                let (taken, sealed) = pair.server_writes(&[&waiting]);
                assert!(taken + sealed <= waiting.len());
                waiting.drain(..taken);
            }
            6 => pair.pipe.window = dice.below(20_000) as usize,
            7 => {
                pair.client_reads();
                if renewed < 2 && version.version == TLS13.version && dice.below(4) == 0 {
                    pair.client.refresh_traffic_keys().unwrap();
                    renewed += 1;
                }
            }
            // Another process goes on, or this one after all.
            _ if dice.below(4) == 0 => drop(pair.channel.as_mut().unwrap().handed_over()),
            _ => {
                assert!(pair.hand_over());
                moved += 1;
            }
        }
    }
    pair.client_sends();
    (pair.pipe.each, pair.pipe.window) = (usize::MAX, usize::MAX);
    while !pair.pipe.came.is_empty() || pair.heard.len() < said.len() {
        pair.server_reads_once(60_000);
    }
    while !waiting.is_empty() {
        let (taken, _) = pair.server_writes(&[&waiting]);
        waiting.drain(..taken);
    }
    pair.client_reads();
    assert!(pair.heard == said && pair.told == replied, "seed {seed}");
    moved
}

#[test]
fn nobody_notices_that_other_processes_go_on() {
    let acceptor = acceptor();
    for version in BOTH {
        let moved: usize = (0..20).map(|seed| play(&acceptor, version, seed)).sum();
        assert!(moved > 150, "{moved}");
    }
}

#[test]
fn a_connection_within_its_handshake_stays_behind_and_one_before_it_begins_elsewhere() {
    let acceptor = acceptor();
    for version in BOTH {
        let mut pair = Pair::new(&acceptor, client(&[version], &[]), usize::MAX);
        pair.client_sends();
        let first: Vec<u8> = pair.pipe.came.drain(..1).collect();
        pair.channel = Some(Channel::accept(&acceptor, &first).unwrap());
        assert!(pair.channel.as_ref().unwrap().has_unread());
        assert!(pair.hand_over(), "it begins elsewhere");
        while pair.client.is_handshaking() {
            pair.server_reads(1_000).unwrap();
            pair.client_reads();
            if !pair.channel.as_ref().unwrap().is_secured() {
                assert!(!pair.hand_over());
            }
            pair.client_sends();
        }
        pair.client_says(b"still here");
        pair.client_sends();
        pair.server_reads(1_000).unwrap();
        assert_eq!(pair.heard, b"still here", "it was asked whether it can, and goes on");
    }
    // Nobody accepts it.
    let mut begun = Channel::accept(&acceptor, &[FIRST_BYTE]).unwrap();
    let state = begun.handed_over().unwrap();
    assert!(Channel::taken_over(state, None).unwrap().is_none());
}

#[test]
fn an_end_is_handed_over_too() {
    let acceptor = acceptor();
    for version in BOTH {
        let mut pair = Pair::secured(&acceptor, version);
        pair.client_says(b"last words");
        pair.client.send_close_notify();
        pair.client_sends();
        let mut room = [0; 4];
        let channel = pair.channel.as_mut().unwrap();
        // The record is longer than the room, and comes in two reads.
        let read = loop {
            match channel.read(&mut pair.pipe, &mut room, &mut pair.scratch) {
                Received::Noise(0) => {}
                read => break read,
            }
        };
        assert!(matches!(read, Received::Bytes { count: 4, more: true }));
        assert!(pair.hand_over() && pair.channel.as_ref().unwrap().has_unread());
        assert_eq!(pair.server_reads(100), Ok(true));
        assert_eq!(pair.heard, b" words");
        assert_eq!(pair.server_writes(&[b"goodbye"]), (7, 0));
        assert!(pair.hand_over());
        pair.channel.take().unwrap().close(&mut pair.pipe);
        pair.client_reads();
        assert_eq!(pair.told, b"goodbye");
        assert!(pair.client.process_new_packets().unwrap().peer_has_closed());
    }
}

#[test]
fn what_is_forged_is_told_once_and_ends_the_connection() {
    let acceptor = acceptor();
    for version in BOTH {
        for is_moved in [false, true] {
            let mut pair = Pair::secured(&acceptor, version);
            assert!(!is_moved || pair.hand_over());
            pair.client_says(b"hello");
            pair.client_sends();
            *pair.pipe.came.back_mut().unwrap() ^= 1;
            assert!(pair.server_reads(100).is_err());
            let told = pair.pipe.sent.len();
            assert!(told > 0, "an alert");
            assert!(pair.channel.as_mut().unwrap().handed_over().is_none());
            pair.channel.take().unwrap().close(&mut pair.pipe);
            assert_eq!(pair.pipe.sent.len(), told, "nothing behind it");
        }
    }
}

#[test]
fn a_handshake_that_breaks_off_within_a_message_fails_in_order() {
    // The beginning of a message, in a whole record, and then what is no record.
    let begun = [FIRST_BYTE, 3, 1, 0, 6, 1, 0, 1, 0, 3, 3];
    for bad in
        [[0x99, 3, 3, 0, 1, 0], [21, 3, 3, 0, 1, 0], [23, 3, 3, 0, 1, 0], [22, 9, 9, 0, 1, 0]]
    {
        for cut in 1..begun.len() {
            let mut pair = Pair::new(&acceptor(), client(&BOTH, &[]), usize::MAX);
            pair.channel = Some(Channel::accept(&pair.acceptor, &begun[..cut]).unwrap());
            pair.pipe.came.extend(begun[cut..].iter().chain(&bad));
            assert!(pair.server_reads(100).is_err(), "{bad:?} {cut}");
            pair.channel.take().unwrap().close(&mut pair.pipe);
        }
    }
}

#[test]
fn the_longest_record_goes_out_behind_the_answer_to_a_request_for_other_keys() {
    let acceptor = acceptor();
    for is_moved in [false, true] {
        let mut pair = Pair::secured(&acceptor, &TLS13);
        pair.client.refresh_traffic_keys().unwrap();
        pair.client_sends();
        assert_eq!(pair.server_reads(100), Ok(false));
        assert!(!is_moved || pair.hand_over());
        assert_eq!(pair.server_writes(&[&[b'x'; 40_000]]), (40_000, 0));
        pair.client_reads();
        assert_eq!(pair.told.len(), 40_000);
    }
}
