//! The result of a load test, merged from the measurements of its processes. Programs get one JSON
//! object; [`text`](super::text) is for people.

use std::time::Duration;

use serde::Serialize;

use super::error::LoadError;
use super::partners::PairCount;
use super::performance::{Performance, ServerUsage};
use super::recorder::Recorder;
use super::settings::{LoadSettings, Scenario};
use super::tally::Failures;
use crate::limits::{LOAD_CPU_SHARE_MAX, LOAD_LATENESS_MAX};

/// The result of a load test. The names of the fields are those of the JSON object.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub(super) scenario: Scenario,
    pub(super) dialect: super::dialect::Dialect,
    pub(super) address: String,
    pub(super) tls: bool,
    pub(super) clients: u64,
    pub(super) senders: Option<u64>,
    pub(super) in_flight: Option<u64>,
    pub(super) message_bytes: Option<u64>,
    pub(super) rate_per_client: Option<f64>,
    pub(super) stalled: Option<u64>,
    pub(super) processes: usize,
    pub(super) seconds: f64,
    pub(super) messages: Option<u64>,
    pub(super) deliveries: Option<u64>,
    pub(super) deliveries_expected: Option<u64>,
    pub(super) delivered_share: Option<f64>,
    pub(super) deliveries_per_second: Option<f64>,
    pub(super) pairs: Option<PairCount>,
    pub(super) connections: u64,
    pub(super) connections_failed: u64,
    pub(super) connections_lost: u64,
    pub(super) connections_per_second: Option<f64>,
    pub(super) latency_ms: Option<Latency>,
    pub(super) server: Option<ServerReport>,
    pub(super) load: GeneratorReport,
    pub(super) interrupted: bool,
    /// Details for people only.
    #[serde(skip)]
    pub(super) details: TextDetails,
}

/// Details that are not in the JSON object.
#[derive(Clone, Debug)]
pub(super) struct TextDetails {
    pub(super) latency: Recorder,
    pub(super) lateness: Recorder,
    pub(super) failures: Failures,
    pub(super) held_back: u64,
    pub(super) slowed_down: u64,
    pub(super) gathering: Duration,
}

/// Latencies of messages, in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Latency {
    pub(super) count: u64,
    pub(super) min: f64,
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) p99_9: f64,
    pub(super) max: f64,
}

/// The server's resource usage in the measured span.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ServerReport {
    pub(super) cpu_seconds: f64,
    pub(super) cpu_share: f64,
    pub(super) cpu_ns_per_delivery: Option<f64>,
    pub(super) deliveries_per_cpu_second: Option<f64>,
    pub(super) pairs_per_cpu_second: Option<f64>,
    pub(super) connections_per_cpu_second: Option<f64>,
    pub(super) rss_before_bytes: u64,
    pub(super) rss_bytes: u64,
    pub(super) rss_after_bytes: Option<u64>,
    pub(super) rss_bytes_per_client: Option<f64>,
    pub(super) switches_voluntary: u64,
    pub(super) switches_involuntary: u64,
}

/// The load generator's own resource usage.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GeneratorReport {
    pub(super) cpu_seconds: f64,
    /// Of one core, the mean over the processes.
    pub(super) cpu_share: f64,
    /// Whether the numbers say more about the load generator than about the server.
    pub(super) was_the_limit: bool,
}

impl Report {
    /// Merges the measurements of all processes.
    pub(super) fn new(settings: &LoadSettings, parts: &[Performance]) -> Result<Self, LoadError> {
        let sum = |count: fn(&Performance) -> u64| parts.iter().map(count).sum::<u64>();
        let longest = |time: fn(&Performance) -> f64| parts.iter().map(time).fold(0.0, f64::max);
        let (mut latency, mut lateness) = (Recorder::new()?, Recorder::new()?);
        let mut failures = Failures::default();
        for part in parts {
            latency.add(&part.latency);
            lateness.add(&part.lateness);
            failures.add(&part.failures);
        }
        let seconds = longest(|part| part.seconds);
        let (messages, deliveries) = (sum(|part| part.messages), sum(|part| part.deliveries));
        let connections = sum(|part| part.connections);
        let gathering = longest(|part| part.gathering_seconds);
        let talks = settings.scenario.talks();
        let is_storm = settings.scenario == Scenario::Storm;
        let has_room = settings.scenario.has_room();
        let open_loop = settings.scenario.is_open_loop();
        let only = |condition: bool, count: u64| condition.then_some(count);
        let usage = parts.first().map(|part| part.server).unwrap_or_default();
        // Endpoints are all in one process.
        let pairs = parts.first().and_then(|part| part.pairs);
        let server = (!settings.server_pids.is_empty()).then(|| {
            ServerReport::new(
                &usage,
                seconds,
                (talks && deliveries > 0).then_some(deliveries),
                pairs.map(|_| deliveries),
                is_storm.then_some(connections),
                // In a storm all clients have left; over UDP there are no connections.
                (has_room && !is_storm).then_some(settings.clients as u64),
            )
        });
        Ok(Self {
            scenario: settings.scenario,
            dialect: settings.dialect,
            address: settings.address.to_string(),
            tls: settings.tls.is_some(),
            clients: settings.clients as u64,
            senders: only(settings.scenario == Scenario::FanOut, settings.senders as u64),
            in_flight: only(settings.scenario == Scenario::FanOut, settings.in_flight as u64),
            message_bytes: only(settings.scenario.has_room(), settings.size as u64)
                .filter(|_| talks),
            rate_per_client: open_loop.then_some(settings.rate),
            stalled: only(settings.scenario == Scenario::Slow, sum(|part| part.stalled)),
            processes: parts.len(),
            seconds,
            messages: only(talks, messages),
            deliveries: only(talks, deliveries),
            deliveries_expected: only(talks, messages.saturating_mul(sum(|part| part.hearers))),
            delivered_share: talks.then(|| {
                let to_be_heard = sum(|part| part.to_be_heard);
                ratio(sum(|part| part.heard), to_be_heard).unwrap_or(0.0)
            }),
            deliveries_per_second: talks.then(|| rate(deliveries as f64, seconds)),
            pairs,
            connections,
            connections_failed: sum(|part| part.failed),
            connections_lost: sum(|part| part.lost),
            connections_per_second: has_room.then(|| rate(connections as f64, gathering)),
            latency_ms: Latency::new(&latency),
            server,
            load: GeneratorReport::new(parts, &lateness),
            interrupted: parts.iter().any(|part| part.interrupted),
            details: TextDetails {
                latency,
                lateness,
                failures,
                held_back: sum(|part| part.held_back),
                slowed_down: sum(|part| part.slowed_down),
                gathering: Duration::from_secs_f64(gathering),
            },
        })
    }

    /// Checks that all clients were served: none refused, none lost that reads, no answer wrong.
    ///
    /// # Errors
    /// The number of clients that were not. An interrupted run is not judged.
    pub fn check(&self) -> Result<(), LoadError> {
        // Clients that do not read are expected to be cut off.
        let lost = self.connections_lost.saturating_sub(self.stalled.unwrap_or_default());
        let is_udp = !self.scenario.has_room();
        let failed = if is_udp { "answered with an error" } else { "not let in" };
        let wrong = self.pairs.map_or(0, |pairs| pairs.wrong);
        let all = [(self.connections_failed, failed), (lost, "lost"), (wrong, "paired wrongly")];
        let those = all.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = those.map(|(count, fate)| format!("{count} {fate}")).collect();
        if told.is_empty() || self.interrupted {
            return Ok(());
        }
        Err(LoadError::Unserved { address: self.address.clone(), told: told.join(", ") })
    }

    /// One JSON object and a newline.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("numbers, strings and options can always be written as JSON") + "\n"
    }
}

impl Latency {
    fn new(recorder: &Recorder) -> Option<Self> {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        (recorder.count() > 0).then(|| Self {
            count: recorder.count(),
            min: ms(recorder.min()),
            mean: ms(recorder.mean()),
            p50: ms(recorder.quantile(0.5)),
            p90: ms(recorder.quantile(0.9)),
            p99: ms(recorder.quantile(0.99)),
            p99_9: ms(recorder.quantile(0.999)),
            max: ms(recorder.max()),
        })
    }
}

impl ServerReport {
    fn new(
        usage: &ServerUsage,
        seconds: f64,
        deliveries: Option<u64>,
        paired: Option<u64>,
        connections: Option<u64>,
        clients: Option<u64>,
    ) -> Self {
        let ServerUsage { before, from, until, after } = usage;
        let cpu = until.cpu.saturating_sub(from.cpu).as_secs_f64();
        let per_cpu_second = |count: u64| (cpu > 0.0).then(|| count as f64 / cpu);
        let grown = until.rss_bytes as f64 - before.rss_bytes as f64;
        Self {
            cpu_seconds: cpu,
            cpu_share: rate(cpu, seconds),
            cpu_ns_per_delivery: deliveries.map(|count| cpu * 1e9 / count as f64),
            deliveries_per_cpu_second: deliveries.and_then(per_cpu_second),
            // A pair is two answers.
            pairs_per_cpu_second: paired.and_then(per_cpu_second).map(|rate| rate / 2.0),
            connections_per_cpu_second: connections.and_then(per_cpu_second),
            rss_before_bytes: before.rss_bytes,
            rss_bytes: until.rss_bytes,
            rss_after_bytes: after.map(|usage| usage.rss_bytes),
            rss_bytes_per_client: clients.map(|clients| grown / clients as f64),
            switches_voluntary: until.switches_voluntary.saturating_sub(from.switches_voluntary),
            switches_involuntary: until
                .switches_involuntary
                .saturating_sub(from.switches_involuntary),
        }
    }
}

impl GeneratorReport {
    fn new(parts: &[Performance], lateness: &Recorder) -> Self {
        let share = |part: &Performance| rate(part.cpu.as_secs_f64(), part.seconds);
        let busiest = parts.iter().map(share).fold(0.0, f64::max);
        Self {
            cpu_seconds: parts.iter().map(|part| part.cpu.as_secs_f64()).sum(),
            cpu_share: parts.iter().map(share).sum::<f64>() / parts.len().max(1) as f64,
            was_the_limit: busiest >= LOAD_CPU_SHARE_MAX || was_late(lateness),
        }
    }
}

/// Whether too many sends were late for the latencies to be the server's.
pub(super) fn was_late(lateness: &Recorder) -> bool {
    lateness.quantile(0.99) > LOAD_LATENESS_MAX
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// An amount a second; nothing if there was hardly any time to measure.
fn rate(amount: f64, seconds: f64) -> f64 {
    if seconds > 1e-6 { amount / seconds } else { 0.0 }
}
