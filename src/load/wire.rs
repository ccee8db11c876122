//! Messages between the processes of one load test: JSON, one object a line, over pipes.
//!
//! ```text
//!     worker:  Gathered ...... Silent ....... Said ....... Drained ...... Done
//!     parent:          Settle ...... Start ........ Total ........ Leave
//! ```
//!
//! A worker waits for the parent's word, and the parent for all workers: so they begin, measure and
//! end together.

use serde::{Deserialize, Serialize};

use super::performance::Performance;
use super::settings::LoadSettings;
use super::tally::ProgressCounts;
use super::worker_plan::WorkerPlan;
use crate::limits::LOAD_LINE_BYTES_MAX;

/// The first message to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Assignment {
    /// The settings of the test.
    pub(super) settings: LoadSettings,
    /// Which part of it.
    pub(super) plan: WorkerPlan,
    /// When the run began, on the system's monotonic clock.
    pub(super) epoch: u64,
    /// The number that distinguishes this run's nicknames from those of others.
    pub(super) run: u32,
}

/// A later message to a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// All clients were admitted everywhere: wait for silence.
    Settle,
    /// Begin at this many nanoseconds of the run.
    Start(u64),
    /// The number of messages that all processes have sent: hear them.
    Total(u64),
    /// Everything was heard everywhere: go.
    Leave,
    /// Come to an end before the time.
    Stop,
}

/// A message from a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum WorkerMessage {
    /// All clients here were admitted.
    Gathered,
    /// It has fallen silent here.
    Silent,
    /// The number of messages sent here.
    Said(u64),
    /// Everything was heard here.
    Drained,
    /// The worker's progress.
    Progress(ProgressCounts),
    /// The measurements of this worker.
    Done(Box<Performance>),
    /// Why nothing was.
    Failed(String),
}

/// One line.
pub(super) fn line(message: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Lines that come in pieces.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    begun: Vec<u8>,
}

impl LineReader {
    /// Takes the next piece. Returns whether it is still within bounds.
    pub(super) fn push(&mut self, piece: &[u8]) -> bool {
        self.begun.extend_from_slice(piece);
        self.begun.len() <= LOAD_LINE_BYTES_MAX
    }

    /// The next whole line, or the reason why it is invalid.
    pub(super) fn next<T: for<'a> Deserialize<'a>>(&mut self) -> Option<Result<T, String>> {
        let end = memchr::memchr(b'\n', &self.begun)?;
        let message = serde_json::from_slice(&self.begun[..end]).map_err(|why| why.to_string());
        self.begun.drain(..=end);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_arrive_whole_however_they_are_cut() {
        let mut stream = line(&Order::Settle);
        stream.extend(line(&Order::Start(1_234)));
        stream.extend(line(&Order::Total(u64::MAX)));
        for cut in 0..=stream.len() {
            let (mut lines, mut orders) = (LineReader::default(), Vec::new());
            for piece in [&stream[..cut], &stream[cut..]] {
                assert!(lines.push(piece));
                while let Some(order) = lines.next::<Order>() {
                    orders.push(order.unwrap());
                }
            }
            assert_eq!(orders, [Order::Settle, Order::Start(1_234), Order::Total(u64::MAX)]);
        }
    }

    #[test]
    fn what_makes_no_sense_is_an_error_and_not_a_panic() {
        let mut lines = LineReader::default();
        lines.push(b"{\"Start\":-1}\n\xff\n");
        assert!(lines.next::<Order>().unwrap().is_err());
        assert!(lines.next::<Order>().unwrap().is_err());
        assert!(lines.next::<Order>().is_none());
        assert!(!lines.push(&vec![b' '; LOAD_LINE_BYTES_MAX + 1]));
    }
}
