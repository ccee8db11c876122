//! The system's numbers of this process: memory, processor time, descriptors.
//!
//! A number that cannot be had is left out. Reading them costs some ten microseconds, whatever the
//! server holds: descriptors are counted by the system, not listed, because there may be thousands.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::admin::ProcessStats;

/// Facts about the process that are known from its start.
#[derive(Debug)]
pub(super) struct ProcessGauge {
    /// Descriptors that are not clients', for systems that do not count descriptors.
    others: u64,
    /// Seconds since 1970.
    started_at: f64,
}

impl ProcessGauge {
    /// Before any client comes.
    pub(super) fn new(started_at: f64) -> Self {
        let others = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
        Self { others, started_at }
    }

    /// Corrects for clients that were connected before this process started.
    pub(super) fn came_with(&mut self, clients: u64) {
        self.others = self.others.saturating_sub(clients);
    }

    /// All numbers, while this many clients are connected.
    pub(super) fn read(&self, clients: u64) -> ProcessStats {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        let used = Duration::try_from(used).ok();
        // A size of zero: Linux before 6.2, which does not count.
        let counted = fs::metadata("/proc/self/fd").ok().map(|folder| folder.size());
        ProcessStats {
            resident_bytes: resident_bytes(),
            cpu_seconds: used.map(|used| used.as_secs_f64()),
            open_descriptors: counted
                .map(|count| if count > 0 { count } else { self.others + clients }),
            max_descriptors: getrlimit(Resource::Nofile).current,
            started_at: self.started_at,
        }
    }
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let field = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = field.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        let gauge = ProcessGauge::new(1.5);
        let process = gauge.read(0);
        assert!(process.resident_bytes.is_some_and(|bytes| bytes > 100_000), "{process:?}");
        assert!(process.cpu_seconds.is_some_and(|seconds| seconds > 0.0), "{process:?}");
        assert!(process.open_descriptors.is_some_and(|count| count >= 3), "{process:?}");
        assert!(process.max_descriptors >= process.open_descriptors, "{process:?}");
        assert_eq!(process.started_at, 1.5);
    }
}
