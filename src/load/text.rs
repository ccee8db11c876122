//! The report for people: aligned, with units, no longer than a screen.

use std::fmt::{Display, Formatter, Result};

use super::chart::chart;
use super::figures::{grouped, mebibytes, messages, milliseconds, percent, scaled};
use super::partners::PairCount;
use super::report::{GeneratorReport, Latency, Report, ServerReport, was_late};
use super::settings::Scenario;

/// Columns of the label before a value.
const LABEL: usize = 12;

/// A report as people read it.
#[derive(Debug)]
pub struct Text<'a> {
    /// The report.
    pub report: &'a Report,
    /// Whether to draw a histogram, for a terminal.
    pub chart: bool,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let report = self.report;
        writeln!(f, "{}", report.headline())?;
        if report.interrupted {
            row(f, "interrupted", "this is what was measured up to then")?;
        }
        report.rows(f)?;
        if let Some(latency) = &report.latency_ms {
            row(f, "latency", &latency_row(latency))?;
            if self.chart {
                f.write_str(&chart(&report.details.latency))?;
            }
        }
        if let Some(server) = &report.server {
            server_rows(f, server, report.scenario)?;
        }
        load_rows(f, report)
    }
}

fn row(f: &mut Formatter<'_>, label: &str, value: &str) -> Result {
    writeln!(f, "  {label:LABEL$} {value}")
}

impl Report {
    fn headline(&self) -> String {
        let (clients, address) = (grouped(self.clients), &self.address);
        let over = if self.tls { " over TLS" } else { "" };
        let who = format!("{clients} clients at {address} in {}{over}", self.dialect.name());
        let rate = self.rate_per_client.unwrap_or_default();
        let scenario = self.scenario.name();
        match self.scenario {
            Scenario::FanOut => format!(
                "{scenario}: {who}, {} of them with {} of {} bytes in flight",
                grouped(self.senders.unwrap_or_default()),
                messages(&grouped(self.in_flight.unwrap_or_default())),
                self.message_bytes.unwrap_or_default(),
            ),
            Scenario::Chatter | Scenario::Slow | Scenario::Churn => format!(
                "{scenario}: {who}, each with {} of {} bytes a second",
                messages(&rate.to_string()),
                self.message_bytes.unwrap_or_default()
            ),
            Scenario::Idle | Scenario::Storm => format!("{scenario}: {who}"),
            Scenario::Pairs | Scenario::Matches | Scenario::Bindings | Scenario::Echoes => {
                format!("{scenario}: {clients} UDP endpoints at a time ask {address}")
            }
        }
    }

    fn rows(&self, f: &mut Formatter<'_>) -> Result {
        row(f, "measured", &format!("{:.2} s", self.seconds))?;
        if let Some(connections) = self.connections_row() {
            let label = if self.scenario.has_room() { "connections" } else { "errors" };
            row(f, label, &connections)?;
        }
        for (reason, count) in self.details.failures.by_count() {
            row(f, "", &format!("{} × {reason}", grouped(count)))?;
        }
        if let (Some(messages), Some(deliveries), Some(per_second), Some(share)) =
            (self.messages, self.deliveries, self.deliveries_per_second, self.delivered_share)
        {
            let (said, heard) = match self.scenario.has_room() {
                true => ("messages", "deliveries"),
                false => ("questions", "answers"),
            };
            row(f, said, &grouped(messages))?;
            let all = match share {
                1.0 => "all arrived".to_owned(),
                _ => format!("{:.3} % arrived in the end", share * 100.0),
            };
            let rate = scaled(per_second);
            row(f, heard, &format!("{}, {rate} a second; {all}", grouped(deliveries)))?;
        }
        if let Some(pairs) = &self.pairs {
            row(f, "pairs", &pairs_row(pairs))?;
        }
        if self.details.held_back > 0 {
            let count = grouped(self.details.held_back);
            row(f, "held back", &format!("{count} messages: the server did not read them"))?;
        }
        if self.details.slowed_down > 0 {
            row(f, "CAUTION", "the server has slowed talkers down (mio-chat: --flood off)")?;
        }
        Ok(())
    }
}

impl Report {
    /// The number of connections, and of those that were lost. Over UDP there are none, and only
    /// errors are shown.
    fn connections_row(&self) -> Option<String> {
        let came = self.connections_per_second.map(|per_second| {
            let gathering = self.details.gathering.as_secs_f64();
            let (count, rate) = (grouped(self.connections), scaled(per_second));
            format!("{count} in {gathering:.2} s, {rate} a second")
        });
        let failed = if came.is_some() { "not let in" } else { "answered with an error" };
        let fates = [(self.connections_failed, failed), (self.connections_lost, "lost")];
        let met = fates.into_iter().filter(|(count, _)| *count > 0);
        let told = met.map(|(count, fate)| format!("{} {fate}", grouped(count)));
        let all: Vec<String> = came.into_iter().chain(told).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

fn pairs_row(pairs: &PairCount) -> String {
    let many = |count: u64| if count == 0 { "none".to_owned() } else { grouped(count) };
    let PairCount { made, wrong, one_sided } = *pairs;
    let (wrong, one_sided) = (many(wrong), many(one_sided));
    format!("{} in all, {wrong} of them wrong; {one_sided} told to one side only", grouped(made))
}

fn latency_row(latency: &Latency) -> String {
    let Latency { p50, p90, p99, p99_9, max, .. } = latency;
    let times = [("p50", p50), ("p90", p90), ("p99", p99), ("p99.9", p99_9), ("max", max)];
    let times = times.map(|(name, ms)| format!("{name} {}", milliseconds(*ms)));
    format!("{} ms", times.join("  "))
}

fn server_rows(f: &mut Formatter<'_>, server: &ServerReport, scenario: Scenario) -> Result {
    let mut cpu = percent(server.cpu_share);
    let [one, many] = match scenario.has_room() {
        true => ["a delivery", "deliveries"],
        false => ["an answer", "answers"],
    };
    if let Some(rate) = server.pairs_per_cpu_second {
        cpu += &format!("; {} pairs a CPU-second", scaled(rate));
    } else if let (Some(nanos), Some(rate)) =
        (server.cpu_ns_per_delivery, server.deliveries_per_cpu_second)
    {
        cpu += &format!("; {nanos:.1} ns {one}, {} {many} a CPU-second", scaled(rate));
    }
    if let Some(rate) = server.connections_per_cpu_second {
        cpu += &format!("; {} connections a CPU-second", scaled(rate));
    }
    row(f, "server CPU", &cpu)?;
    let mut memory = format!(
        "{}, {} before anybody came",
        mebibytes(server.rss_bytes),
        mebibytes(server.rss_before_bytes)
    );
    if let Some(after) = server.rss_after_bytes {
        memory += &format!(", {} after all had left", mebibytes(after));
    }
    if let Some(bytes) = server.rss_bytes_per_client.filter(|bytes| *bytes >= 1.0) {
        memory += &format!("; {bytes:.0} B a client");
    }
    row(f, "server RSS", &memory)?;
    let (voluntary, involuntary) = (server.switches_voluntary, server.switches_involuntary);
    row(f, "switches", &format!("{} voluntary, {} not", grouped(voluntary), grouped(involuntary)))
}

fn load_rows(f: &mut Formatter<'_>, report: &Report) -> Result {
    let GeneratorReport { cpu_share, was_the_limit, .. } = report.load;
    let mut cpu = percent(cpu_share);
    if report.processes > 1 {
        cpu += &format!(" each of {} processes", report.processes);
    }
    let lateness = &report.details.lateness;
    if lateness.count() > 0 {
        let late = |share| milliseconds(lateness.quantile(share).as_secs_f64() * 1e3);
        cpu += &format!("; sends late by p50 {}  p99 {} ms", late(0.5), late(0.99));
    }
    row(f, "load CPU", &cpu)?;
    if was_the_limit {
        let why = match was_late(lateness) {
            true => "it said too much too late, which latencies include",
            false => "it had no CPU left",
        };
        row(f, "CAUTION", &format!("the load generator was itself the limit: {why}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::performance::{Performance, ServerUsage};
    use crate::load::recorder::{Cells, Recorder};
    use crate::load::settings::LoadSettings;
    use crate::load::tally::Failures;
    use crate::load::usage::Usage;
    use crate::time::Time;

    fn cells(micros: impl Iterator<Item = u64>) -> Cells {
        let mut recorder = Recorder::new().unwrap();
        recorder.open(Time::ZERO, Time::NEVER);
        micros.for_each(|micros| {
            recorder.record(Time::ZERO, Time::at(Duration::from_micros(micros)), 1);
        });
        recorder.cells()
    }

    fn usage(millis: u64, mebibytes: u64) -> Usage {
        Usage {
            cpu: Duration::from_millis(millis),
            rss_bytes: mebibytes << 20,
            switches_voluntary: millis,
            switches_involuntary: millis / 10,
        }
    }

    fn performance() -> Performance {
        Performance {
            seconds: 5.0,
            messages: 40_000,
            deliveries: 39_900_000,
            hearers: 999,
            heard: 49_950_000,
            to_be_heard: 49_950_000,
            connections: 999,
            gathering_seconds: 0.1,
            failed: 1,
            latency: cells((1..=100).map(|step| step * 100)),
            cpu: Duration::from_millis(2_500),
            server: ServerUsage {
                before: usage(10, 4),
                from: usage(1_000, 6),
                until: usage(5_990, 6),
                after: Some(usage(6_000, 5)),
            },
            ..Performance::default()
        }
    }

    fn told(scenario: Scenario, parts: &[Performance]) -> String {
        let report = Report::new(&LoadSettings::example(scenario), parts).unwrap();
        Text { report: &report, chart: false }.to_string()
    }

    #[test]
    fn one_message_is_no_messages() {
        let told = ["1", "0.5", "64"].map(messages);
        assert_eq!(told, ["1 message", "0.5 messages", "64 messages"]);
    }

    #[test]
    fn a_report_is_told_with_units() {
        let mut part = performance();
        part.failures = Failures::default();
        part.failures.note("connection refused");
        let expected = "\
fan-out: 1,000 clients at 127.0.0.1:55555 in lines, 1 of them with 64 messages of 64 bytes in flight
  measured     5.00 s
  connections  999 in 0.10 s, 9990 a second; 1 not let in
               1 × connection refused
  messages     40,000
  deliveries   39,900,000, 7.98 million a second; all arrived
  latency      p50 5.00  p90 9.00  p99 9.90  p99.9 10.0  max 10.0 ms
  server CPU   99.8 % of a core; 125.1 ns a delivery, 8.00 million deliveries a CPU-second
  server RSS   6.0 MiB, 4.0 MiB before anybody came, 5.0 MiB after all had left; 2097 B a client
  switches     4,990 voluntary, 499 not
  load CPU     50.0 % of a core
";
        assert_eq!(told(Scenario::FanOut, &[part]), expected);
    }

    #[test]
    fn it_is_told_when_the_load_generator_was_the_limit() {
        let late = Performance {
            lateness: cells([10, 20, 5_000].into_iter()),
            held_back: 7,
            heard: 40_000_000,
            interrupted: true,
            ..performance()
        };
        let text = told(Scenario::Chatter, &[late, performance()]);
        for line in [
            "chatter: 1,000 clients at 127.0.0.1:55555 in lines, each with 0.5 messages of",
            "  interrupted  this is what was measured up to then",
            "; 90.040 % arrived in the end",
            "  held back    7 messages: the server did not read them",
            " 50.0 % of a core each of 2 processes; sends late by p50 0.02  p99 5.00 ms",
            "  CAUTION      the load generator was itself the limit: it said too much too late",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        let busy = Performance { cpu: Duration::from_millis(4_800), ..performance() };
        assert!(told(Scenario::FanOut, &[busy]).contains("the limit: it had no CPU left"));
        assert!(!told(Scenario::FanOut, &[performance()]).contains("CAUTION"));
    }

    #[test]
    fn a_storm_is_told_by_connections() {
        let report =
            Report::new(&LoadSettings::example(Scenario::Storm), &[performance()]).unwrap();
        let server = report.server.as_ref().unwrap();
        // 999 connections; from 1.00 to 5.99 seconds of CPU, whatever was used before and after.
        assert_eq!(
            (server.cpu_seconds, server.connections_per_cpu_second),
            (4.99, Some(999.0 / 4.99))
        );
        assert_eq!((server.cpu_ns_per_delivery, server.deliveries_per_cpu_second), (None, None));
        let text = told(Scenario::Storm, &[performance()]);
        let line = "  server CPU   99.8 % of a core; 200 connections a CPU-second\n";
        assert!(text.contains(line), "{text}");
        let idle = Performance { server: ServerUsage::default(), ..performance() };
        let report = Report::new(&LoadSettings::example(Scenario::Storm), &[idle]).unwrap();
        let told: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        let server = told["server"].as_object().unwrap();
        assert!(server["connections_per_cpu_second"].is_null(), "no CPU was seen: {told:#}");
    }

    #[test]
    fn pairs_are_told_with_what_was_wrong_with_them() {
        let pairs = PairCount { made: 1_000_000, wrong: 0, one_sided: 1 };
        let part = Performance { pairs: Some(pairs), ..performance() };
        let text = told(Scenario::Matches, &[part]);
        // 39.9 million were told, two of a pair, in 4.99 s of CPU.
        for line in [
            "  pairs        1,000,000 in all, none of them wrong; 1 told to one side only\n",
            "; 4.00 million pairs a CPU-second\n",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        assert!(!told(Scenario::Bindings, &[performance()]).contains("pairs"));
    }

    #[test]
    fn rows_that_say_nothing_over_udp_are_left_out() {
        let text = told(Scenario::Bindings, &[Performance { failed: 0, ..performance() }]);
        for line in [
            "bindings: 1,000 UDP endpoints at a time ask 127.0.0.1:55555\n",
            "  questions ",
            "  answers ",
            " ns an answer, 8.00 million answers a CPU-second\n",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        for words in ["connections", "deliver", "B a client", "messages"] {
            assert!(!text.contains(words), "{words:?} is in\n{text}");
        }
        let part = Performance { failed: 3, ..performance() };
        let text = told(Scenario::Matches, &[part]);
        assert!(text.contains("  errors       3 answered with an error\n"), "{text}");
        assert!(!told(Scenario::Storm, &[performance()]).contains("B a client"));
    }

    #[test]
    fn who_was_not_served_is_told_unless_nothing_else_was_meant() {
        let check = |scenario, part: Performance| {
            let report = Report::new(&LoadSettings::example(scenario), &[part]).unwrap();
            report.check().map_err(|error| (error.code(), error.to_string()))
        };
        let good = || Performance { failed: 0, ..performance() };
        assert_eq!(check(Scenario::FanOut, good()), Ok(()));
        let part = || Performance { failed: 2, lost: 1, ..performance() };
        let sentence = "127.0.0.1:55555 did not serve all clients: 2 not let in, 1 lost; the \
                        report says why";
        assert_eq!(check(Scenario::FanOut, part()), Err((3, sentence.to_owned())));
        assert_eq!(check(Scenario::FanOut, Performance { interrupted: true, ..part() }), Ok(()));
        let slow = |lost| Performance { stalled: 2, lost, ..good() };
        assert_eq!(check(Scenario::Slow, slow(2)), Ok(()));
        assert!(check(Scenario::Slow, slow(3)).unwrap_err().1.contains(": 1 lost;"));
        let pairs = Some(PairCount { made: 1, wrong: 1, one_sided: 0 });
        let wrong = check(Scenario::Pairs, Performance { pairs, ..good() });
        assert!(wrong.unwrap_err().1.contains(": 1 paired wrongly;"));
    }
}
