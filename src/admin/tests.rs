//! A server that is not there, for tests of how its numbers are told.

use std::time::Duration;

use super::{
    CertificateStats, ChatStats, ConnectionStats, Counts, ProcessStats, RoomSize, SlowClient,
    Snapshot, StatusSource, StoreStats, TlsStats, UdpStats, Unready,
};
use crate::matchmaking::{Counters, Dropped, KeyedCounters};
use crate::metrics::Histogram;
use crate::server::CloseReason;

/// Answers with [`sample`].
pub(super) struct Sample {
    pub(super) unready: Option<Unready>,
}

impl StatusSource for Sample {
    fn unready(&self) -> Option<Unready> {
        self.unready
    }

    fn snapshot(&self, _with_lists: bool) -> Snapshot {
        sample()
    }
}

/// Some of everything.
pub(super) fn sample() -> Snapshot {
    let (mut times, mut sizes) = (Histogram::of_times(), Histogram::of_sizes());
    times.record_time(Duration::from_millis(3));
    sizes.record_size(3);
    sizes.record_size(30);
    let closed = CloseReason::NAMES.iter().map(|name| (*name, 7)).collect();
    Snapshot {
        version: "1.2.3",
        commit: "unknown",
        uptime_seconds: 12.5,
        not_ready: None,
        connections: ConnectionStats {
            now: 4,
            max: 1_000,
            encodings: Counts(vec![("lines", 3), ("json-lines", 1)]),
            accepted: 101,
            rejected: Counts(vec![("full", 1), ("address", 2), ("descriptors", 3)]),
            closed: Counts(closed),
        },
        chat: ChatStats { members: 2, refused: Counts(vec![("usage", 8)]), ..ChatStats::default() },
        turn_seconds: times.clone(),
        flush_clients: sizes,
        delivery_latency_seconds: times.clone(),
        turns_cut: Counts(vec![("reads", 4)]),
        udp: UdpStats::of(&Counters::default(), &KeyedCounters::default(), 5),
        tls: Some(TlsStats {
            connections: 2,
            handshakes: Counts(vec![("full", 2), ("resumed", 1)]),
            failed: 3,
            put_off: 0,
            certificates: ["chat.example", "*.chat.example", "chat.example"]
                .map(|name| CertificateStats {
                    name: name.to_owned(),
                    ends_at: 1_800_000_000 - name.len() as u64,
                    ends_on: "2027-01-15".to_owned(),
                })
                .into(),
        }),
        log_dropped: 6,
        store: Some(StoreStats {
            commits: 1,
            rows: 2,
            failures: 3,
            failing: 0,
            checkpoints: 4,
            log_bytes: 5,
            commit_seconds: times,
        }),
        process: ProcessStats {
            resident_bytes: Some(1),
            cpu_seconds: Some(0.25),
            open_descriptors: Some(9),
            max_descriptors: Some(1_024),
            started_at: 1_763_844_000.5,
        },
        rooms_by_size: vec![RoomSize { name: "the room".to_owned(), members: 2 }],
        slow_clients: vec![SlowClient {
            nickname: Some("<b>alice</b>".to_owned()),
            bytes: 100,
            age_seconds: 0.5,
        }],
    }
}

#[test]
fn each_datagram_is_told_in_one_place() {
    let dropped = Dropped { too_long: 1, over_rate: 2, too_soon: 4, ..Dropped::default() };
    let all = Counters { waiting: 8, paired: 16, evicted: 1_000, dropped, ..Counters::default() };
    let keyed = KeyedCounters { cookies: 32, relayed: 64, matched: 1_000, ..Default::default() };
    let udp = UdpStats::of(&all, &keyed, 0);
    let told: u64 = udp.datagrams.0.iter().map(|(_, count)| count).sum();
    assert_eq!((told, udp.evicted), (127, 1_000));
}
