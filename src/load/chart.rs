//! A histogram of latencies, drawn with characters.

use std::fmt::Write;
use std::time::Duration;

use super::figures::short;
use super::recorder::Recorder;

/// Columns of the longest bar.
const COLUMNS: f64 = 50.0;
/// Rows of a chart with fine steps; with more it has coarse ones.
const ROWS_MAX: usize = 14;
/// A row is drawn if it holds at least this share of all, or lies between two that do; percentiles
/// show rarer latencies.
const SHARE_MIN: f64 = 0.0001;
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// Rows such as `  1.00 ms – 2.00 ms  12.34 % ██████▍`.
pub(super) fn chart(latency: &Recorder) -> String {
    let rows = rows(latency);
    let most = rows.iter().map(|row| row.2).fold(f64::MIN_POSITIVE, f64::max);
    let mut text = String::new();
    for (from, to, share) in rows {
        let span = format!("{} – {}", short(from), short(to));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {span:>20} {:6.2} % {}",
            share * 100.0,
            bar(share / most * COLUMNS).trim_end()
        );
    }
    text
}

/// A span of time, and the share of all latencies that falls into it.
type Row = (Duration, Duration, f64);

/// Rows as fine as fit.
fn rows(latency: &Recorder) -> Vec<Row> {
    let fine = rows_by(latency, &[100, 125, 160, 200, 250, 320, 400, 500, 640, 800]);
    if fine.len() <= ROWS_MAX { fine } else { rows_by(latency, &[100, 200, 500]) }
}

/// Rows of steps that are repeated in every power of ten: of 10 ns, a thousand times, and so on.
fn rows_by(latency: &Recorder, steps: &[u64]) -> Vec<Row> {
    let all = latency.count().max(1) as f64;
    let powers = (1..9).map(|power| 10_u64.pow(power));
    let ends: Vec<Duration> = powers
        .flat_map(|power| steps.iter().map(move |step| Duration::from_nanos(step * power)))
        .collect();
    let spans = ends.windows(2).map(|pair| {
        let count = latency.count_between(pair[0], pair[1] - Duration::from_nanos(1));
        (pair[0], pair[1], count as f64 / all)
    });
    let rows: Vec<Row> = spans.collect();
    let drawn = |row: &Row| row.2 >= SHARE_MIN;
    let first = rows.iter().position(drawn).unwrap_or(0);
    let last = rows.iter().rposition(drawn).map_or(first, |last| last + 1);
    rows[first..last].to_vec()
}

fn bar(columns: f64) -> String {
    let whole = columns.floor();
    let rest = EIGHTHS[((columns - whole) * 8.0) as usize % 8];
    let mut bar = "█".repeat(whole as usize);
    bar.push(rest);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn a_chart_shows_where_most_latencies_are() {
        let mut latency = Recorder::new().unwrap();
        latency.open(Time::ZERO, Time::NEVER);
        for (micros, count) in [(1_500, 60), (3_000, 30), (70_000, 10)] {
            latency.record(Time::ZERO, Time::at(Duration::from_micros(micros)), count);
        }
        let expected = [
            "     1.00 ms – 2.00 ms  60.00 % ██████████████████████████████████████████████████",
            "     2.00 ms – 5.00 ms  30.00 % █████████████████████████",
            "     5.00 ms – 10.0 ms   0.00 %",
            "     10.0 ms – 20.0 ms   0.00 %",
            "     20.0 ms – 50.0 ms   0.00 %",
            "      50.0 ms – 100 ms  10.00 % ████████▎",
        ];
        let drawn = chart(&latency);
        let lines: Vec<&str> = drawn.lines().map(str::trim_end).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn nothing_measured_is_nothing_drawn() {
        assert_eq!(chart(&Recorder::new().unwrap()), "");
    }
}
