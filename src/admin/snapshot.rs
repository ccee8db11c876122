//! The numbers of one moment, as the owner of the server fills them in.
//!
//! Plain values, most of them totals since the start. `metrics` and `status` show them; `net`
//! collects them. The field names are those of `/status`.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::matchmaking::{Counters, KeyedCounters};
use crate::metrics::Histogram;

/// The source of the numbers that the admin pages show.
pub trait StatusSource {
    /// The reason why new clients should not be sent here; none if they may be.
    fn unready(&self) -> Option<Unready>;

    /// The numbers of this moment; `with_lists`: with rooms and clients, which takes longer.
    fn snapshot(&self, with_lists: bool) -> Snapshot;
}

/// Reasons why new clients should not be sent here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unready {
    /// The server stops.
    Draining,
    /// The system has no descriptors left: new connections wait.
    Descriptors,
    /// As many clients are here as may be.
    Full,
}

impl Unready {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Descriptors => "descriptors",
            Self::Full => "full",
        }
    }
}

/// Numbers that belong together, by the name of each.
#[derive(Clone, Debug, Default)]
pub struct Counts(pub Vec<(&'static str, u64)>);

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, count) in &self.0 {
            map.serialize_entry(name, count)?;
        }
        map.end()
    }
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// Of the program.
    pub version: &'static str,
    /// The commit it was built from.
    pub commit: &'static str,
    /// Since the start.
    pub uptime_seconds: f64,
    /// Why `/readyz` does not say ok, if it does not.
    pub not_ready: Option<Unready>,
    /// Connections, now and since the start.
    pub connections: ConnectionStats,
    /// Chat traffic and its readers.
    pub chat: ChatStats,
    /// Time between poll's return and its next call.
    pub turn_seconds: Histogram,
    /// Clients written to in one flush.
    pub flush_clients: Histogram,
    /// Time from reading a message to handing it to the socket of a member who hears it.
    pub delivery_latency_seconds: Histogram,
    /// Turns in which there was more to do than one turn does, by the kind of work left to the
    /// next.
    pub turns_cut: Counts,
    /// Matchmaking over UDP.
    pub udp: UdpStats,
    /// Encrypted connections, if there may be any.
    pub tls: Option<TlsStats>,
    /// Log lines dropped because nobody read the log.
    pub log_dropped: u64,
    /// The state on disk, if there is one.
    pub store: Option<StoreStats>,
    /// The process, as the system sees it.
    pub process: ProcessStats,
    /// The fullest rooms, fullest first.
    pub rooms_by_size: Vec<RoomSize>,
    /// Clients that do not read all their output, most unread bytes first.
    pub slow_clients: Vec<SlowClient>,
}

/// Connections, now and since the start.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConnectionStats {
    /// Now, including those being closed.
    pub now: u64,
    /// The most that may be.
    pub max: u64,
    /// Now, by the encoding in which they are told things.
    pub encodings: Counts,
    /// Accepted since the start: those now, and those closed.
    pub accepted: u64,
    /// Turned away at the door, by reason.
    pub rejected: Counts,
    /// Closed, by reason.
    pub closed: Counts,
}

/// Chat traffic and its readers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChatStats {
    /// Clients with a nickname.
    pub members: u64,
    /// Rooms with members, and `main`.
    pub rooms: u64,
    /// Lines taken from clients.
    pub messages_in: u64,
    /// Room events: messages, joins and departures.
    pub published: u64,
    /// Room events handed to one member each.
    pub deliveries: u64,
    /// Bytes that sockets took.
    pub sent_bytes: u64,
    /// Bytes of memory for output that waits to be written.
    pub output_queue_bytes: u64,
    /// Clients closed because they did not read.
    pub slow_consumers: u64,
    /// Comings and goings that slow readers were spared.
    pub presence_dropped: u64,
    /// Bytes that all rooms remember.
    pub remembered_bytes: u64,
    /// Lines that had to wait for flood control.
    pub flood_held: u64,
    /// Lines that had to wait for others from the same address.
    pub flood_held_address: u64,
    /// Lines that had to wait for slower readers in the same room.
    pub flood_held_room: u64,
    /// Passwords of operators that were wrong.
    pub passwords_refused: u64,
    /// Clients that a gateway has introduced.
    pub introduced: u64,
    /// Clients that said to be a gateway's and were not let in.
    pub introductions_refused: u64,
    /// Commands refused, by kind.
    pub refused: Counts,
}

/// Matchmaking over UDP.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UdpStats {
    /// Datagrams received, by outcome.
    pub datagrams: Counts,
    /// Pairs of plain datagrams.
    pub pairs: u64,
    /// STUN requests answered.
    pub stun_answered: u64,
    /// Players known now.
    pub players: u64,
    /// Players matched.
    pub matched: u64,
    /// Players by the way in which they were reached, as others report.
    pub reached: Counts,
    /// Matches that lost players who had never answered.
    pub dissolved: u64,
    /// Players who continued from another address.
    pub moved: u64,
    /// Waiting players who did not ask again in time.
    pub expired: u64,
    /// Pairs, matches and players forgotten before their time because a table was full.
    pub evicted: u64,
    /// Bytes of game data passed on.
    pub relayed_bytes: u64,
}

/// Encrypted connections.
#[derive(Clone, Debug, Serialize)]
pub struct TlsStats {
    /// Now, including those that shake hands.
    pub connections: u64,
    /// Handshakes that were completed, by kind.
    pub handshakes: Counts,
    /// Connections that failed in the handshake, or later by a record that was not what it should
    /// be.
    pub failed: u64,
    /// Handshakes that waited for a later turn.
    pub put_off: u64,
    /// What clients are shown.
    pub certificates: Vec<CertificateStats>,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateStats {
    /// The first host that it is for.
    pub name: String,
    /// When it ends, in seconds since the beginning of 1970.
    pub ends_at: u64,
    /// The day on which it ends.
    pub ends_on: String,
}

/// The state on disk.
#[derive(Clone, Debug, Serialize)]
pub struct StoreStats {
    /// Commits that succeeded.
    pub commits: u64,
    /// Messages and rooms written.
    pub rows: u64,
    /// Commits and checkpoints that failed.
    pub failures: u64,
    /// Failures since the last success: the disk fails while this is not zero.
    pub failing: u64,
    /// Checkpoints that succeeded.
    pub checkpoints: u64,
    /// Bytes that wait in the log to be moved into the database.
    pub log_bytes: u64,
    /// Time that the loop spent in commits.
    pub commit_seconds: Histogram,
}

/// The process, as the system sees it; fields that the system does not report are empty.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProcessStats {
    /// Bytes of memory in use.
    pub resident_bytes: Option<u64>,
    /// Processor time used.
    pub cpu_seconds: Option<f64>,
    /// Descriptors in use.
    pub open_descriptors: Option<u64>,
    /// Descriptors that may be.
    pub max_descriptors: Option<u64>,
    /// When it was started, in seconds since the beginning of 1970.
    pub started_at: f64,
}

/// A room and its number of members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomSize {
    /// The room's name.
    pub name: String,
    /// Its members.
    pub members: u64,
}

/// A client that does not read all its output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlowClient {
    /// The nickname, if there is one.
    pub nickname: Option<String>,
    /// Bytes that wait.
    pub bytes: u64,
    /// The age of the oldest of them.
    pub age_seconds: f64,
}

impl UdpStats {
    /// Converts the matchmaker's counters.
    pub fn of(all: &Counters, keyed: &KeyedCounters, players: usize) -> Self {
        let reached = vec![
            ("lan", keyed.lan),
            ("direct", keyed.direct),
            ("relay", keyed.relay),
            ("failed", keyed.failed),
        ];
        Self {
            datagrams: datagrams(all, keyed),
            pairs: all.paired,
            stun_answered: all.stun_answered,
            players: players as u64,
            matched: keyed.matched,
            reached: Counts(reached),
            dissolved: keyed.dissolved,
            moved: keyed.moved,
            expired: keyed.expired,
            evicted: all.evicted + keyed.evicted + keyed.displaced,
            relayed_bytes: keyed.relayed_bytes,
        }
    }
}

/// Every datagram received, each in one place.
fn datagrams(all: &Counters, keyed: &KeyedCounters) -> Counts {
    let dropped = &all.dropped;
    Counts(vec![
        ("stun-answered", all.stun_answered),
        ("stun-refused", all.stun_refused),
        ("waiting", all.waiting),
        ("paired", all.paired),
        ("answer-repeated", all.repeated_answers),
        ("checked", all.checked),
        ("keyed-cookie", keyed.cookies),
        ("keyed-waiting", keyed.waits),
        ("keyed-matched", keyed.completed),
        ("keyed-told-again", keyed.retold),
        ("keyed-refused", keyed.refused),
        ("keyed-confirmed", keyed.acks),
        ("keyed-report", keyed.reports),
        ("keyed-left", keyed.left),
        ("relayed", keyed.relayed),
        ("dropped-too-long", dropped.too_long),
        ("dropped-bad-source", dropped.bad_source),
        ("dropped-stun-malformed", dropped.stun_malformed),
        ("dropped-stun-not-request", dropped.stun_not_request),
        ("dropped-keyed-malformed", dropped.keyed_malformed),
        ("dropped-unpadded", dropped.unpadded),
        ("dropped-no-player", dropped.no_player),
        ("dropped-over-relay", dropped.over_relay),
        ("dropped-gone", dropped.gone),
        ("dropped-plain-off", dropped.plain_off),
        ("dropped-server-answer", dropped.server_answer),
        ("dropped-over-rate", dropped.over_rate),
        ("dropped-too-soon", dropped.too_soon),
        ("dropped-banned", dropped.banned),
    ])
}
