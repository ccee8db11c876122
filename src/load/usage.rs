//! What the server's processes use, as `/proc` tells: CPU, memory, context switches.

use std::fs;
use std::io;
use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::LoadError;
use super::event_loop::EventLoop;
use crate::limits::{LOAD_FAREWELL, LOAD_FAREWELL_LOOK};

/// Length of the ticks in which `/proc/PID/stat` counts, where nothing finer is told.
const TICK: Duration = Duration::from_millis(10);

/// What some processes have used up to a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Usage {
    /// CPU time, user and kernel.
    pub(super) cpu: Duration,
    /// Memory that is resident.
    pub(super) rss_bytes: u64,
    /// Times that a thread waited for something.
    pub(super) switches_voluntary: u64,
    /// Times that a thread was made to wait for another.
    pub(super) switches_involuntary: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.rss_bytes += other.rss_bytes;
        self.switches_voluntary += other.switches_voluntary;
        self.switches_involuntary += other.switches_involuntary;
    }
}

/// The processes of a server.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pids: Vec<u32>,
    last: Usage,
}

impl Watch {
    /// Fails if one of them is not there.
    pub(super) fn new(pids: &[u32]) -> Result<Self, LoadError> {
        let mut last = Usage::default();
        for pid in pids {
            last += usage(*pid).map_err(|source| LoadError::Watch { pid: *pid, source })?;
        }
        Ok(Self { pids: pids.to_vec(), last })
    }

    /// What they have used so far; the last that was seen if one is there no more.
    pub(super) fn look(&mut self) -> Usage {
        let mut sum = Usage::default();
        for pid in &self.pids {
            match usage(*pid) {
                Ok(usage) => sum += usage,
                Err(_) => return self.last,
            }
        }
        self.last = sum;
        sum
    }

    /// Whether there is anything to look at.
    pub(super) fn is_empty(&self) -> bool {
        self.pids.is_empty()
    }
}

/// Waits, within bounds, until the server has noticed that nobody is there any more and has come to
/// rest; then what it used.
pub(super) fn farewell(
    events: &mut EventLoop,
    watch: &mut Watch,
) -> Result<Option<Usage>, LoadError> {
    if watch.is_empty() {
        return Ok(None);
    }
    let end = events.clock().now() + LOAD_FAREWELL;
    let mut last = watch.look();
    while events.clock().now() < end {
        let look = events.clock().now() + LOAD_FAREWELL_LOOK;
        while events.clock().now() < look {
            events.wait(look)?;
            while events.take_ready().is_some() {}
        }
        let usage = watch.look();
        // A hundredth of a core may be the server's clockwork.
        if usage.cpu.saturating_sub(last.cpu) < LOAD_FAREWELL_LOOK / 100 {
            return Ok(Some(usage));
        }
        last = usage;
    }
    Ok(None)
}

fn usage(pid: u32) -> io::Result<Usage> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mut sum = Usage { rss_bytes: field(&status, "VmRSS") * 1_024, ..Usage::default() };
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        // A thread may end while we look.
        let Ok(status) = fs::read_to_string(task.join("status")) else { continue };
        sum.switches_voluntary += field(&status, "voluntary_ctxt_switches");
        sum.switches_involuntary += field(&status, "nonvoluntary_ctxt_switches");
        let schedule = fs::read_to_string(task.join("schedstat"));
        let nanos = schedule.ok().and_then(|text| scheduled_nanos(&text));
        sum.cpu += match nanos {
            Some(nanos) => Duration::from_nanos(nanos),
            None => ticks(&fs::read_to_string(task.join("stat"))?),
        };
    }
    Ok(sum)
}

/// A number in a file of lines such as `VmRSS:   1234 kB`; 0 if it is not told.
fn field(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The first number of `schedstat`; it stays 0 where the kernel does not count.
fn scheduled_nanos(schedule: &str) -> Option<u64> {
    schedule.split(' ').next()?.parse().ok().filter(|nanos| *nanos > 0)
}

/// User and system time of `stat`, after the name in parentheses, which may hold anything.
fn ticks(stat: &str) -> Duration {
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    let ticks: u32 = fields.filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_process_can_be_watched() {
        let mut watch = Watch::new(&[std::process::id()]).unwrap();
        let usage = watch.look();
        assert!(usage.cpu > Duration::ZERO && usage.rss_bytes > 100_000, "{usage:?}");
        assert!(Watch::new(&[u32::MAX]).is_err());
    }

    #[test]
    fn files_of_the_kernel_are_read() {
        let status = "Name:\tx\nVmRSS:\t    1234 kB\nvoluntary_ctxt_switches:\t5\n";
        assert_eq!((field(status, "VmRSS"), field(status, "voluntary_ctxt_switches")), (1_234, 5));
        assert_eq!(field(status, "VmSwap"), 0);
        assert_eq!(scheduled_nanos("123456789 5 6\n"), Some(123_456_789));
        assert_eq!(scheduled_nanos("0 0 0\n"), None);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0\n";
        assert_eq!(ticks(stat), Duration::from_secs(3));
    }
}
