//! The numbers as Prometheus reads them: its text format, version 0.0.4.
//!
//! Label values are our own words, or hosts of the operator's certificates; never a nickname, a
//! room or an address: clients could make up any number of those.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::snapshot::{
    CertificateStats, ChatStats, ConnectionStats, Counts, ProcessStats, Snapshot, StoreStats,
    TlsStats, UdpStats,
};
use crate::metrics::Histogram;

/// Bytes that all of it takes, about.
const TEXT_BYTES: usize = 24 * 1_024;

/// Everything, as text.
pub(super) fn text(snapshot: &Snapshot) -> String {
    let mut out = Exposition(String::with_capacity(TEXT_BYTES));
    out.family("mio_chat_build_info", "gauge", "What runs here; always 1.");
    let (version, commit) = (snapshot.version, snapshot.commit);
    out.line("mio_chat_build_info", &[("version", version), ("commit", commit)], 1.0);
    connections(&mut out, &snapshot.connections, snapshot.not_ready.is_none());
    chat(&mut out, &snapshot.chat);
    speed(&mut out, snapshot);
    udp(&mut out, &snapshot.udp);
    if let Some(encrypted) = &snapshot.tls {
        tls(&mut out, encrypted);
    }
    let dropped = "Log lines dropped because nobody read them, or the disk was full.";
    out.counter("mio_chat_log_dropped_total", dropped, snapshot.log_dropped);
    if let Some(kept) = &snapshot.store {
        store(&mut out, kept);
    }
    process(&mut out, &snapshot.process);
    out.0
}

fn connections(out: &mut Exposition, connections: &ConnectionStats, is_ready: bool) {
    let ConnectionStats { now, max, encodings, accepted, rejected, closed } = connections;
    let ready = "Whether /readyz says ok: 0 while stopping, full or out of descriptors.";
    out.gauge("mio_chat_ready", ready, u64::from(is_ready));
    out.gauge("mio_chat_connections", "Clients connected, those being closed included.", *now);
    out.gauge("mio_chat_connections_limit", "Clients that may be connected.", *max);
    let text = "Clients connected, by the form in which they are told things.";
    out.gauges("mio_chat_connections_by_encoding", text, "encoding", encodings);
    let text = "Clients let in since the start.";
    out.counter("mio_chat_connections_accepted_total", text, *accepted);
    let text = "Clients turned away at the door, by reason.";
    out.counters("mio_chat_connections_rejected_total", text, "reason", rejected);
    let text = "Clients closed after they were let in, by reason.";
    out.counters("mio_chat_connections_closed_total", text, "reason", closed);
}

fn chat(out: &mut Exposition, chat: &ChatStats) {
    out.gauge("mio_chat_members", "Clients with a nickname.", chat.members);
    out.gauge("mio_chat_rooms", "Rooms that somebody is in, and main.", chat.rooms);
    let text = "Lines taken from clients, commands and refused ones included.";
    out.counter("mio_chat_messages_in_total", text, chat.messages_in);
    let text = "Room events: what is said to all in a room, who comes and who goes.";
    out.counter("mio_chat_published_total", text, chat.published);
    let text = "Room events handed to one member each.";
    out.counter("mio_chat_deliveries_total", text, chat.deliveries);
    out.counter("mio_chat_sent_bytes_total", "Bytes that sockets took.", chat.sent_bytes);
    let text = "Memory for all that waits to be written; what many wait for counts once.";
    out.gauge("mio_chat_output_queue_bytes", text, chat.output_queue_bytes);
    let text = "Clients closed because they read too slowly.";
    out.counter("mio_chat_slow_consumers_total", text, chat.slow_consumers);
    let text = "Comings and goings that slow readers were spared (--outbox-soft).";
    out.counter("mio_chat_presence_dropped_total", text, chat.presence_dropped);
    let text = "What all rooms remember.";
    out.gauge("mio_chat_remembered_bytes", text, chat.remembered_bytes);
    let text = "Lines that had to wait for flood control (--flood).";
    out.counter("mio_chat_flood_held_total", text, chat.flood_held);
    let text = "Lines that had to wait for others from the same address (--flood-address).";
    out.counter("mio_chat_flood_held_address_total", text, chat.flood_held_address);
    let text = "Lines that had to wait until those who read in the same room had caught up.";
    out.counter("mio_chat_flood_held_room_total", text, chat.flood_held_room);
    let text = "Passwords of operators that were wrong.";
    out.counter("mio_chat_passwords_refused_total", text, chat.passwords_refused);
    let text = "Clients that a gateway has introduced (WEBIRC).";
    out.counter("mio_chat_gateway_clients_total", text, chat.introduced);
    let text = "Clients that were closed because the gateway was none, or its password wrong.";
    out.counter("mio_chat_gateway_refusals_total", text, chat.introductions_refused);
    let text = "Commands and names that were answered with a refusal, by kind.";
    out.counters("mio_chat_refusals_total", text, "kind", &chat.refused);
}

fn speed(out: &mut Exposition, snapshot: &Snapshot) {
    let text = "Turns of the loop, without the wait for events: how long everybody waits.";
    out.histogram("mio_chat_loop_turn_seconds", text, &snapshot.turn_seconds);
    let text = "Clients that one flush writes to.";
    out.histogram("mio_chat_flush_clients", text, &snapshot.flush_clients);
    let text = "From the beginning of the turn that read a room event until a socket took it; the \
                oldest event of a flush counts for each client written to.";
    let name = "mio_chat_delivery_latency_seconds";
    out.histogram(name, text, &snapshot.delivery_latency_seconds);
    let text = "Turns with more to be done than one turn does, by what was left to the next.";
    out.counters("mio_chat_turns_cut_total", text, "work", &snapshot.turns_cut);
}

fn udp(out: &mut Exposition, udp: &UdpStats) {
    let text = "Datagrams received, by what came of them.";
    out.counters("mio_chat_udp_datagrams_total", text, "result", &udp.datagrams);
    out.counter("mio_chat_udp_pairs_total", "Pairs of plain datagrams.", udp.pairs);
    out.counter("mio_chat_udp_stun_answered_total", "STUN requests answered.", udp.stun_answered);
    out.gauge("mio_chat_udp_players", "Players who wait or play.", udp.players);
    out.counter("mio_chat_udp_matched_total", "Players matched.", udp.matched);
    let text = "How players were reached, as the others report.";
    out.counters("mio_chat_udp_reached_total", text, "how", &udp.reached);
    let text = "Matches that lost players who were never there.";
    out.counter("mio_chat_udp_dissolved_total", text, udp.dissolved);
    let text = "Players who went on from another address.";
    out.counter("mio_chat_udp_moved_total", text, udp.moved);
    let text = "Players who waited and did not ask again in time.";
    out.counter("mio_chat_udp_expired_total", text, udp.expired);
    let text = "Pairs, matches and players forgotten before their time because a table was full.";
    out.counter("mio_chat_udp_evicted_total", text, udp.evicted);
    let text = "Game data passed on for players who do not reach each other.";
    out.counter("mio_chat_udp_relayed_bytes_total", text, udp.relayed_bytes);
}

fn tls(out: &mut Exposition, tls: &TlsStats) {
    let text = "Clients connected that come encrypted, those that shake hands included.";
    out.gauge("mio_chat_tls_connections", text, tls.connections);
    let text = "Handshakes completed: full ones, and those resumed by a ticket.";
    out.counters("mio_chat_tls_handshakes_total", text, "kind", &tls.handshakes);
    let text = "Connections that failed in the handshake, or by a broken record.";
    out.counter("mio_chat_tls_failures_total", text, tls.failed);
    let text = "Handshakes that waited for a later turn, since one turn begins only so many.";
    out.counter("mio_chat_tls_put_off_total", text, tls.put_off);
    if tls.certificates.is_empty() {
        return;
    }
    let name = "mio_chat_tls_certificate_expires_seconds";
    let text = "When the certificate for a host ends, in seconds since 1970.";
    out.family(name, "gauge", text);
    for (host, ends_at) in first_ends(&tls.certificates) {
        out.line(name, &[("name", &host)], ends_at);
    }
}

/// When the first certificate of each name ends. There may be two, with keys of different kinds.
fn first_ends(certificates: &[CertificateStats]) -> BTreeMap<String, u64> {
    let mut ends = BTreeMap::new();
    for certificate in certificates {
        // Nobody keeps an authority from issuing one with a quote in it.
        let is_plain = |char: &char| char.is_ascii_graphic() && !matches!(char, '"' | '\\' | ',');
        let name: String = certificate.name.chars().filter(is_plain).collect();
        let end = ends.entry(name).or_insert(certificate.ends_at);
        *end = certificate.ends_at.min(*end);
    }
    ends
}

fn store(out: &mut Exposition, store: &StoreStats) {
    let text = "Time that the loop spent in commits of the state.";
    out.histogram("mio_chat_store_commit_seconds", text, &store.commit_seconds);
    out.counter("mio_chat_store_rows_total", "Messages and rooms written.", store.rows);
    let text = "Commits and checkpoints of the state that failed.";
    out.counter("mio_chat_store_failures_total", text, store.failures);
    let text = "Failures since the last success: the disk fails while this is not 0.";
    out.gauge("mio_chat_store_failing", text, store.failing);
    let text = "Checkpoints of the state.";
    out.counter("mio_chat_store_checkpoints_total", text, store.checkpoints);
    let text = "What waits in the log of the state to be moved into the database.";
    out.gauge("mio_chat_store_log_bytes", text, store.log_bytes);
}

fn process(out: &mut Exposition, process: &ProcessStats) {
    if let Some(bytes) = process.resident_bytes {
        out.gauge("process_resident_memory_bytes", "Memory in use.", bytes);
    }
    if let Some(seconds) = process.cpu_seconds {
        out.family("process_cpu_seconds_total", "counter", "Processor time used.");
        out.line("process_cpu_seconds_total", &[], seconds);
    }
    if let Some(count) = process.open_descriptors {
        out.gauge("process_open_fds", "Descriptors in use.", count);
    }
    if let Some(count) = process.max_descriptors {
        out.gauge("process_max_fds", "Descriptors that may be in use.", count);
    }
    let text = "When the server was started, in seconds since 1970.";
    out.family("process_start_time_seconds", "gauge", text);
    out.line("process_start_time_seconds", &[], process.started_at);
}

/// Text that grows family by family.
struct Exposition(String);

impl Exposition {
    /// Begins a family. Our own words need no escapes.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        debug_assert!(!help.contains(['\\', '\n']), "{name}: the text would need escapes");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "gauge", help);
        self.line(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.line(name, &[], value);
    }

    /// A gauge with one label.
    fn gauges(&mut self, name: &str, help: &str, label: &str, counts: &Counts) {
        self.family(name, "gauge", help);
        self.labelled(name, label, counts);
    }

    /// A counter with one label.
    fn counters(&mut self, name: &str, help: &str, label: &str, counts: &Counts) {
        self.family(name, "counter", help);
        self.labelled(name, label, counts);
    }

    fn labelled(&mut self, name: &str, label: &str, counts: &Counts) {
        for (value, count) in &counts.0 {
            self.line(name, &[(label, value)], *count);
        }
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.family(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        for (bound, count) in histogram.bounds().zip(histogram.counts()) {
            below += count;
            self.line(&bucket, &[("le", &bound.to_string())], below);
        }
        self.line(&bucket, &[("le", "+Inf")], histogram.count());
        self.line(&format!("{name}_sum"), &[], histogram.sum());
        self.line(&format!("{name}_count"), &[], histogram.count());
    }

    /// One sample.
    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (place, (label, value)) in labels.iter().enumerate() {
            debug_assert!(!value.contains(['"', '\\', '\n']), "{name}: {value}");
            let before = if place == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"{value}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::admin::tests::sample;

    /// One family: name, kind, help, and its labels but `le`.
    #[derive(Debug, Default)]
    struct Family {
        name: String,
        kind: String,
        help: String,
        labels: BTreeSet<String>,
        samples: usize,
    }

    /// The name and labels of a sample, whose value must be a number.
    fn sample_of(line: &str) -> (&str, Vec<(&str, &str)>) {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let Some((name, labels)) = series.split_once('{') else { return (series, Vec::new()) };
        let pairs = labels.strip_suffix('}').expect("closed").split(',');
        let split = pairs.map(|pair| {
            let (label, value) = pair.split_once('=').expect("a label");
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            (label, value.expect("quoted"))
        });
        (name, split.collect())
    }

    /// Every family of a text, each line of which must parse.
    fn families(text: &str) -> Vec<Family> {
        let mut found: Vec<Family> = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a help");
                assert!(found.iter().all(|family| family.name != name), "{name} twice");
                let (name, help) = (name.to_owned(), help.to_owned());
                found.push(Family { name, help, ..Family::default() });
                continue;
            }
            let family = found.last_mut().expect("HELP comes first");
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                assert!(name == family.name && family.kind.is_empty(), "{line}");
                kind.clone_into(&mut family.kind);
                continue;
            }
            let (name, labels) = sample_of(line);
            let suffix = name.strip_prefix(&family.name).expect("samples follow their family");
            let suffixes =
                if family.kind == "histogram" { &["_bucket", "_sum", "_count"][..] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line}");
            let others = labels.iter().map(|(label, _)| *label).filter(|label| *label != "le");
            family.labels.extend(others.map(str::to_owned));
            family.samples += 1;
        }
        found
    }

    #[test]
    fn every_line_parses_and_every_family_is_told_once() {
        let text = text(&sample());
        let all = families(&text);
        assert!(all.len() > 40, "{}", all.len());
        for family in &all {
            let Family { name, kind, help, samples, .. } = family;
            assert!(name.starts_with("mio_chat_") || name.starts_with("process_"), "{name}");
            assert!(help.ends_with('.') && *samples > 0, "{family:?}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{family:?}");
        }
        let mut seen = BTreeSet::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (series, _) = line.rsplit_once(' ').unwrap();
            assert!(seen.insert(series), "{series} twice");
        }
    }

    #[test]
    fn labels_are_words_of_ours() {
        let known =
            ["commit", "encoding", "how", "kind", "name", "reason", "result", "version", "work"];
        let text = text(&sample());
        let all = families(&text);
        let labels: BTreeSet<&String> = all.iter().flat_map(|family| &family.labels).collect();
        assert!(labels.iter().all(|label| known.contains(&label.as_str())), "{labels:?}");
        for secret in ["<b>alice</b>", "the room"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    #[test]
    fn the_first_end_of_each_certificate_is_told() {
        let text = text(&sample());
        let family = "mio_chat_tls_certificate_expires_seconds";
        let told: Vec<&str> = text.lines().filter(|line| line.starts_with(family)).collect();
        let expected = [
            format!("{family}{{name=\"*.chat.example\"}} 1799999986"),
            format!("{family}{{name=\"chat.example\"}} 1799999988"),
        ];
        assert_eq!(told, expected);
        let odd =
            CertificateStats { name: "a\"b\\c\n,d".to_owned(), ends_at: 7, ends_on: String::new() };
        assert_eq!(first_ends(&[odd]), BTreeMap::from([("abcd".to_owned(), 7)]));
    }

    #[test]
    fn buckets_count_all_that_are_not_above() {
        let text = text(&sample());
        let counts: Vec<u64> = text
            .lines()
            .filter(|line| line.starts_with("mio_chat_flush_clients_bucket"))
            .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
            .collect();
        assert!(counts.is_sorted() && counts.last() == Some(&2), "{counts:?}");
        assert!(text.contains("mio_chat_flush_clients_bucket{le=\"5\"} 1\n"), "{text}");
        assert!(text.contains("mio_chat_flush_clients_count 2\n"), "{text}");
    }

    /// `docs/ADMIN.md` has this table; `MIO_CHAT_UPDATE=1` writes it there.
    #[test]
    fn the_documented_metrics_are_those_there_are() {
        const MARKS: [&str; 2] = ["<!-- metrics: begin -->\n", "<!-- metrics: end -->"];
        let mut table = "| metric | type | labels | what it is |\n|---|---|---|---|\n".to_owned();
        for Family { name, kind, help, labels, .. } in families(&text(&sample())) {
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            let labels = labels.join(", ");
            table.push_str(&format!("| `{name}` | {kind} | {labels} | {help} |\n"));
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ADMIN.md");
        let document = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = document.split_once(MARKS[0]).expect("a table begins");
        let (_, after) = rest.split_once(MARKS[1]).expect("a table ends");
        let right = format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1]);
        if std::env::var_os("MIO_CHAT_UPDATE").is_some() {
            std::fs::write(&path, &right).unwrap();
        } else {
            let again = "MIO_CHAT_UPDATE=1 cargo test --lib admin writes it anew";
            assert!(document == right, "docs/ADMIN.md tells other metrics: {again}");
        }
    }
}
