//! The resource usage of the server's processes, from `/proc`: CPU, memory, context switches.
//!
//! The system reports CPU twice: in nanoseconds for each thread that is alive, and in ticks of 10
//! ms for the process as a whole, threads that have ended included. The first misses most of the
//! usage of a server that has a thread for each client; the second does not show small usage. So
//! from each sample to the next the larger difference counts.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::AddAssign;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::LoadError;
use super::event_loop::EventLoop;
use crate::limits::{LOAD_FAREWELL, LOAD_FAREWELL_LOOK};

/// Milliseconds of the ticks in which `/proc/PID/stat` counts.
const TICK_MILLIS: u64 = 10;

/// The usage of some processes up to a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Usage {
    /// CPU time, user and kernel.
    pub(super) cpu: Duration,
    /// Memory that is resident.
    pub(super) rss_bytes: u64,
    /// Times that a thread waited for something. Of a thread that has ended only the samples of its
    /// life count.
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
    processes: Vec<ServerProcess>,
    last: Usage,
}

impl Watch {
    /// Fails if one of them is not there.
    pub(super) fn new(pids: &[u32]) -> Result<Self, LoadError> {
        let mut processes = Vec::new();
        let mut last = Usage::default();
        for pid in pids {
            let now = read(*pid).map_err(|source| LoadError::Watch { pid: *pid, source })?;
            let (unread, unused) = (ProcessSample::default(), Usage::default());
            let mut process = ServerProcess { pid: *pid, last: unread, used: unused };
            last += process.go_on(now);
            processes.push(process);
        }
        Ok(Self { processes, last })
    }

    /// Their usage so far; the last known one of a process that is gone.
    pub(super) fn sample(&mut self) -> Usage {
        let mut sum = Usage::default();
        for process in &mut self.processes {
            match read(process.pid) {
                Ok(now) => sum += process.go_on(now),
                Err(_) => return self.last,
            }
        }
        self.last = sum;
        sum
    }

    /// Whether there is anything to look at.
    pub(super) fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }
}

/// A process of a server, and its usage from sample to sample.
#[derive(Clone, Debug)]
struct ServerProcess {
    pid: u32,
    last: ProcessSample,
    used: Usage,
}

impl ServerProcess {
    /// Adds the usage since the last sample.
    fn go_on(&mut self, now: ProcessSample) -> Usage {
        let last = &self.last;
        let mut alive = Duration::ZERO;
        for (id, task) in &now.tasks {
            let before = last.tasks.get(id).copied().unwrap_or_default();
            alive += task.cpu.saturating_sub(before.cpu);
            let voluntary = task.voluntary.saturating_sub(before.voluntary);
            let involuntary = task.involuntary.saturating_sub(before.involuntary);
            self.used.switches_voluntary += voluntary;
            self.used.switches_involuntary += involuntary;
        }
        self.used.cpu += alive.max(now.cpu().saturating_sub(last.cpu()));
        self.used.rss_bytes = now.rss_bytes;
        self.last = now;
        self.used
    }
}

/// The numbers of one process in `/proc` at one moment.
#[derive(Clone, Debug, Default)]
struct ProcessSample {
    rss_bytes: u64,
    /// CPU time of the whole process, ended threads included, in coarse steps.
    whole: Duration,
    /// The threads that are alive, in fine steps.
    tasks: BTreeMap<OsString, Task>,
}

/// One thread.
#[derive(Clone, Copy, Debug, Default)]
struct Task {
    cpu: Duration,
    voluntary: u64,
    involuntary: u64,
}

impl ProcessSample {
    /// CPU time so far, as exactly as it is known. Where no thread has ended the fine sum is the
    /// larger, because the coarse one is rounded down.
    fn cpu(&self) -> Duration {
        self.whole.max(self.tasks.values().map(|task| task.cpu).sum())
    }
}

/// Waits, within bounds, until the server has noticed that all clients are gone and has come to
/// rest; returns its usage then.
pub(super) fn farewell(
    events: &mut EventLoop,
    watch: &mut Watch,
) -> Result<Option<Usage>, LoadError> {
    if watch.is_empty() {
        return Ok(None);
    }
    let end = events.clock().now() + LOAD_FAREWELL;
    let mut last = watch.sample();
    while events.clock().now() < end {
        let look = events.clock().now() + LOAD_FAREWELL_LOOK;
        while events.clock().now() < look {
            events.wait(look)?;
            while events.take_ready().is_some() {}
        }
        let usage = watch.sample();
        // A hundredth of a core may be the server's clockwork.
        if usage.cpu.saturating_sub(last.cpu) < LOAD_FAREWELL_LOOK / 100 {
            return Ok(Some(usage));
        }
        last = usage;
    }
    Ok(None)
}

fn read(pid: u32) -> io::Result<ProcessSample> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    // Before the threads: so their sum is not the smaller one for being older.
    let whole = ticks(&fs::read_to_string(format!("/proc/{pid}/stat"))?);
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))?;
    // A thread may end meanwhile; the process's total includes its usage.
    let tasks = tasks.filter_map(|task| {
        let task = task.ok()?;
        Some((task.file_name(), read_task(&task.path()).ok()?))
    });
    Ok(ProcessSample { rss_bytes: field(&status, "VmRSS") * 1_024, whole, tasks: tasks.collect() })
}

fn read_task(task: &Path) -> io::Result<Task> {
    let status = fs::read_to_string(task.join("status"))?;
    let schedule = fs::read_to_string(task.join("schedstat"));
    let cpu = match schedule.ok().and_then(|text| scheduled_nanos(&text)) {
        Some(nanos) => Duration::from_nanos(nanos),
        None => ticks(&fs::read_to_string(task.join("stat"))?),
    };
    let voluntary = field(&status, "voluntary_ctxt_switches");
    let involuntary = field(&status, "nonvoluntary_ctxt_switches");
    Ok(Task { cpu, voluntary, involuntary })
}

/// A number in a file of lines such as `VmRSS:   1234 kB`; 0 if it is missing.
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
    let ticks = fields.filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.fold(0, u64::saturating_add).saturating_mul(TICK_MILLIS))
}

#[cfg(test)]
mod tests {
    use rustix::time::{ClockId, clock_gettime};

    use super::*;

    #[test]
    fn our_own_process_can_be_watched() {
        let mut watch = Watch::new(&[std::process::id()]).unwrap();
        let usage = watch.sample();
        assert!(usage.cpu > Duration::ZERO && usage.rss_bytes > 100_000, "{usage:?}");
        assert!(Watch::new(&[u32::MAX]).is_err());
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn reading(whole: u64, tasks: &[(&str, u64)]) -> ProcessSample {
        let task = |(id, cpu): &(&str, u64)| {
            (id.into(), Task { cpu: millis(*cpu), voluntary: *cpu, involuntary: 1 })
        };
        ProcessSample {
            whole: millis(whole),
            tasks: tasks.iter().map(task).collect(),
            rss_bytes: 7,
        }
    }

    #[test]
    fn the_larger_of_two_differences_counts() {
        for (before, after, used) in [
            // No thread ended: the ticks are too coarse.
            (reading(40, &[("1", 43)]), reading(40, &[("1", 48)]), 5),
            (reading(40, &[("1", 43)]), reading(50, &[("1", 51)]), 8),
            // All but one ended, or came and ended between the looks.
            (reading(40, &[("1", 3), ("2", 39)]), reading(90, &[("1", 4)]), 48),
            (reading(0, &[("1", 1)]), reading(500, &[("1", 2)]), 499),
            // Much has ended long ago.
            (reading(900, &[("1", 3)]), reading(900, &[("1", 9)]), 6),
            // Nothing goes backwards.
            (reading(40, &[("1", 60)]), reading(40, &[]), 0),
        ] {
            let mut process =
                ServerProcess { pid: 0, last: ProcessSample::default(), used: Usage::default() };
            let first = process.go_on(before);
            let second = process.go_on(after.clone());
            assert_eq!(second.cpu - first.cpu, millis(used), "{after:?}");
            assert!(second.switches_voluntary >= first.switches_voluntary, "{after:?}");
        }
    }

    #[test]
    fn what_ended_threads_have_used_is_not_lost() {
        let mut watch = Watch::new(&[std::process::id()]).unwrap();
        let before = watch.sample();
        let busy = || clock_gettime(ClockId::ThreadCPUTime).tv_nsec < 60_000_000;
        std::thread::scope(|scope| scope.spawn(|| while busy() {}).join()).unwrap();
        let used = watch.sample().cpu - before.cpu;
        // Up to two ticks are rounded away.
        assert!(used >= millis(40), "{used:?}");
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
