//! How long the turns of a running server took, as it tells its log on SIGHUP.

use std::fmt;
use std::time::Duration;

use rustix::process::Signal;

use super::Server;

/// What the server's gauge shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    pub(crate) count: u64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
    pub(crate) max: Duration,
}

impl Server {
    /// The turns since the last call, or since the start.
    pub(crate) fn turns(&self) -> Turns {
        Turns::last_in(&self.report())
    }

    /// A number of the report, such as how many `members` are here. The gauge begins anew.
    pub(crate) fn reported(&self, name: &str) -> u64 {
        let log = self.report();
        let (_, report) = log.rsplit_once(" here: ").expect("a report in the log");
        field(report, name)
    }

    /// A number of what it says of its state on disk, such as how many `commits` it has made. The
    /// gauge begins anew.
    pub(crate) fn kept(&self, name: &str) -> u64 {
        let log = self.report();
        let at = log.rfind(" state: commits=").expect("a state in the report");
        field(&log[at..], name)
    }

    /// The log with a new report at its end.
    fn report(&self) -> String {
        let before = self.log().matches(" turns: ").count();
        self.signal(Signal::HUP);
        self.wait_for_log_times(" turns: ", before + 1)
    }
}

/// The first `name=number` of a report.
fn field(report: &str, name: &str) -> u64 {
    let mut fields = report.split_whitespace().filter_map(|field| field.split_once('='));
    let (_, value) = fields.find(|(field, _)| *field == name).expect("a whole report");
    value.parse().unwrap()
}

impl Turns {
    /// From the last report in this log, such as the one at the end of the server.
    pub(crate) fn last_in(log: &str) -> Self {
        let (_, report) = log.rsplit_once(" turns: ").expect("a report in the log");
        Self::read(report)
    }

    /// From that report in this log which has the longest turn.
    pub(crate) fn worst_in(log: &str) -> Self {
        let reports = log.split(" turns: ").skip(1).map(Self::read);
        reports.max_by_key(|turns| turns.max).expect("a report in the log")
    }

    fn read(report: &str) -> Self {
        let number = |name| field(report, name);
        let micros = |name| Duration::from_micros(number(name));
        Self {
            count: number("count"),
            p50: micros("p50_us"),
            p99: micros("p99_us"),
            p999: micros("p999_us"),
            max: micros("max_us"),
        }
    }
}

impl fmt::Display for Turns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, p50, p99, p999, max } = self;
        write!(formatter, "{count} turns, p50 {p50:?}, p99 {p99:?}, p99.9 {p999:?}, max {max:?}")
    }
}
