//! The report for people: aligned, with units, no longer than a screen.

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

use super::report::{Latency, Load, Report, Server};
use super::settings::Scenario;

/// Columns of what stands before a value.
const LABEL: usize = 12;

/// A report as people read it.
#[derive(Debug)]
pub struct Text<'a> {
    /// What is told.
    pub report: &'a Report,
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
        }
        if let Some(server) = &report.server {
            server_rows(f, server)?;
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
        let who = format!("{clients} clients at {address} in {}", self.dialect.name());
        let rate = self.rate_per_client.unwrap_or_default();
        let scenario = self.scenario.name();
        match self.scenario {
            Scenario::FanOut => format!(
                "{scenario}: {who}, {} of them with {} messages of {} bytes in flight",
                grouped(self.senders.unwrap_or_default()),
                grouped(self.in_flight.unwrap_or_default()),
                self.message_bytes.unwrap_or_default(),
            ),
            Scenario::Chatter | Scenario::Slow | Scenario::Churn => format!(
                "{scenario}: {who}, each with {rate} messages of {} bytes a second",
                self.message_bytes.unwrap_or_default()
            ),
            Scenario::Idle | Scenario::Storm => format!("{scenario}: {who}"),
            Scenario::Pairs => format!("{scenario}: {clients} UDP endpoints at {address}"),
        }
    }

    fn rows(&self, f: &mut Formatter<'_>) -> Result {
        row(f, "measured", &format!("{:.2} s", self.seconds))?;
        let gathering = self.aside.gathering.as_secs_f64();
        let mut connections = format!(
            "{} in {gathering:.2} s, {} a second",
            grouped(self.connections),
            scaled(self.connections_per_second)
        );
        for (count, fate) in
            [(self.connections_failed, "not let in"), (self.connections_lost, "lost")]
        {
            if count > 0 {
                connections += &format!("; {} {fate}", grouped(count));
            }
        }
        row(f, "connections", &connections)?;
        for (reason, count) in self.aside.failures.by_count() {
            row(f, "", &format!("{} × {reason}", grouped(count)))?;
        }
        if let (Some(messages), Some(deliveries), Some(per_second), Some(share)) =
            (self.messages, self.deliveries, self.deliveries_per_second, self.delivered_share)
        {
            row(f, "messages", &grouped(messages))?;
            let all = match share {
                1.0 => "all arrived".to_owned(),
                _ => format!("{:.3} % arrived in the end", share * 100.0),
            };
            let rate = scaled(per_second);
            row(f, "deliveries", &format!("{}, {rate} a second; {all}", grouped(deliveries)))?;
        }
        if self.aside.held_back > 0 {
            let count = grouped(self.aside.held_back);
            row(f, "held back", &format!("{count} messages: the server did not read them"))?;
        }
        Ok(())
    }
}

fn latency_row(latency: &Latency) -> String {
    let Latency { p50, p90, p99, p99_9, max, .. } = latency;
    let times = [("p50", p50), ("p90", p90), ("p99", p99), ("p99.9", p99_9), ("max", max)];
    let times = times.map(|(name, ms)| format!("{name} {}", milliseconds(*ms)));
    format!("{} ms", times.join("  "))
}

fn server_rows(f: &mut Formatter<'_>, server: &Server) -> Result {
    let mut cpu = percent(server.cpu_share);
    if let (Some(nanos), Some(rate)) =
        (server.cpu_ns_per_delivery, server.deliveries_per_cpu_second)
    {
        cpu += &format!("; {nanos:.1} ns a delivery, {} deliveries a CPU-second", scaled(rate));
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
    memory += &format!("; {:.0} B a client", server.rss_bytes_per_client);
    row(f, "server RSS", &memory)?;
    let (voluntary, involuntary) = (server.switches_voluntary, server.switches_involuntary);
    row(f, "switches", &format!("{} voluntary, {} not", grouped(voluntary), grouped(involuntary)))
}

fn load_rows(f: &mut Formatter<'_>, report: &Report) -> Result {
    let Load { cpu_share, was_the_limit, .. } = report.load;
    let mut cpu = percent(cpu_share);
    if report.processes > 1 {
        cpu += &format!(" each of {} processes", report.processes);
    }
    let lateness = &report.aside.lateness;
    if lateness.count() > 0 {
        let late = |share| milliseconds(lateness.quantile(share).as_secs_f64() * 1e3);
        cpu += &format!("; sends late by p50 {}  p99 {} ms", late(0.5), late(0.99));
    }
    row(f, "load CPU", &cpu)?;
    if was_the_limit {
        row(
            f,
            "CAUTION",
            "the load generator was itself the limit; the server may be better than this",
        )?;
    }
    Ok(())
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three digits that count: `6.13 million`.
pub(super) fn scaled(number: f64) -> String {
    match number {
        1e9.. => format!("{} billion", three_digits(number / 1e9)),
        1e6.. => format!("{} million", three_digits(number / 1e6)),
        1e4.. => grouped(number.round() as u64),
        _ => three_digits(number),
    }
}

fn three_digits(number: f64) -> String {
    match number {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

fn milliseconds(ms: f64) -> String {
    three_digits(ms)
}

fn percent(share: f64) -> String {
    format!("{:.1} % of a core", share * 100.0)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// A time with the unit that suits it.
pub(super) fn short(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        1e6.. => format!("{} s", three_digits(micros / 1e6)),
        1e3.. => format!("{} ms", three_digits(micros / 1e3)),
        _ => format!("{} µs", three_digits(micros)),
    }
}
