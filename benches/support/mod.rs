//! What the benches without sockets share: the median time of a piece of work, and the instructions
//! that it takes.
//!
//! Instructions are counted by valgrind (callgrind), where it is installed: the bench runs itself
//! again with the work done a number of times and with twice that number; the difference belongs to
//! the work alone. Such counts are the same in every run, whatever else the machine does.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on may stop")]

use std::process::Command;
use std::time::{Duration, Instant};

/// Timed runs of one piece of work; their median counts.
const RUNS: usize = 9;
/// How long one timed run takes at least.
const RUN_TIME: Duration = Duration::from_millis(30);
/// Says that the bench was started to be counted: the name of the work and a number follow.
const COUNTED: &str = "--counted";

/// The present, which only benches and `net` may read.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

/// The work that this process was started to do under valgrind, and how often.
pub(crate) fn counted_work() -> Option<(String, usize)> {
    let mut words = std::env::args().skip_while(|word| word != COUNTED).skip(1);
    Some((words.next()?, words.next()?.parse().ok()?))
}

/// Median nanoseconds that `work` takes.
pub(crate) fn median_nanoseconds(mut work: impl FnMut()) -> f64 {
    let start = now();
    let mut rounds = 0;
    while start.elapsed() < RUN_TIME {
        work();
        rounds += 1;
    }
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = now();
            (0..rounds).for_each(|_| work());
            start.elapsed().as_nanos() as f64 / f64::from(rounds)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// Instructions that the work of this name takes, if valgrind is there to count them.
pub(crate) fn instructions(work: &str, rounds: usize) -> Option<f64> {
    let (some, twice) = (run_counted(work, rounds)?, run_counted(work, 2 * rounds)?);
    Some((twice - some) / rounds as f64)
}

fn run_counted(work: &str, rounds: usize) -> Option<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args([COUNTED, work, &rounds.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, count) = report.split_once("Collected : ")?;
    count.split_whitespace().next()?.parse().ok()
}

/// A count as a column of a table.
pub(crate) fn shown(count: Option<f64>) -> String {
    count.map_or("-".to_owned(), |count| format!("{count:.1}"))
}
