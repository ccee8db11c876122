//! Several processes for one load test: starts them, keeps them in step, merges their results.
//!
//! One process may hold only so many descriptors (20,000 is usual), and no flag can change that.
//! More clients than that need more processes; each is this program again, with a share of the
//! clients.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use mio::unix::pipe::Receiver;

use super::clock::Clock;
use super::error::LoadError;
use super::event_loop::EventLoop;
use super::performance::{Performance, ServerUsage};
use super::progress::{ProgressReporter, RunPhase};
use super::report::Report;
use super::settings::{LoadSettings, Scenario};
use super::tally::ProgressCounts;
use super::usage::{Watch, farewell};
use super::wire::{Assignment, LineReader, Order, WorkerMessage, line};
use super::worker_plan::WorkerPlan;
use crate::limits::{DESCRIPTORS_RESERVED, LOAD_PROGRESS_INTERVAL, LOAD_START_DELAY};
use crate::time::Time;

/// The subcommand by which this program becomes a worker.
pub(super) const WORKER_COMMAND: &str = "load-worker";

/// The number of processes that a load test needs.
pub(super) fn processes(settings: &LoadSettings, descriptors: u64) -> Result<usize, LoadError> {
    let usable = descriptors.saturating_sub(DESCRIPTORS_RESERVED).max(1);
    let connections = |processes| {
        let plan = WorkerPlan::new(settings, 0, processes);
        match settings.scenario {
            Scenario::Storm => plan.at_once,
            _ => plan.clients + plan.voices,
        }
    };
    let fits = |processes| connections(processes) as u64 <= usable;
    let needed = (1..=settings.clients).find(|processes| fits(*processes)).unwrap_or(1);
    match (settings.scenario, settings.processes) {
        (scenario, _) if !scenario.has_room() => Ok(1),
        (_, Some(processes)) if processes < needed => {
            Err(LoadError::Descriptors { clients: settings.clients, processes, descriptors })
        }
        (_, Some(processes)) => {
            Ok(processes.min(settings.clients / settings.least_together()).max(1))
        }
        (_, None) => Ok(needed),
    }
}

/// A process of ours.
struct Worker {
    child: Child,
    orders: ChildStdin,
    messages: Receiver,
    lines: LineReader,
    /// Its last answers that were not taken yet.
    answers: Vec<WorkerMessage>,
    progressed: ProgressCounts,
}

/// All workers, and their events.
struct Workers {
    all: Vec<Worker>,
    events: EventLoop,
    progress: ProgressReporter,
    phase: RunPhase,
    told_to_stop: bool,
}

/// Carries a load test out in several processes.
pub(super) fn run(settings: &LoadSettings, processes: usize) -> Result<Report, LoadError> {
    let clock = Clock::start();
    let mut watch = Watch::new(&settings.server_pids)?;
    let before = watch.sample();
    let mut workers = Workers::start(settings, processes, clock)?;
    workers.await_all(|word| matches!(word, WorkerMessage::Gathered))?;
    workers.order(&Order::Settle, RunPhase::Settling);
    workers.await_all(|word| matches!(word, WorkerMessage::Silent))?;
    let start = clock.now() + LOAD_START_DELAY;
    let nanos = u64::try_from(start.since(Time::ZERO).as_nanos()).unwrap_or(u64::MAX);
    let storm = settings.scenario == Scenario::Storm;
    workers
        .order(&Order::Start(nanos), if storm { RunPhase::Storming } else { RunPhase::WarmingUp });
    let begun = start + if storm { Duration::ZERO } else { settings.warm_up };
    workers.wait_until(begun)?;
    workers.phase = if storm { RunPhase::Storming } else { RunPhase::Measuring };
    let from = watch.sample();
    let mut until = None;
    if !storm {
        workers.wait_until(begun + settings.duration)?;
        until = Some(watch.sample());
    }
    let said = workers.await_all(|word| matches!(word, WorkerMessage::Said(_)))?;
    // A storm is over when all have left; there is no second look, as each rounds.
    let until = until.unwrap_or_else(|| watch.sample());
    let total =
        said.iter().map(|word| if let WorkerMessage::Said(count) = word { *count } else { 0 });
    workers.order(&Order::Total(total.sum()), RunPhase::Draining);
    workers.await_all(|word| matches!(word, WorkerMessage::Drained))?;
    workers.order(&Order::Leave, RunPhase::Draining);
    let mut parts = workers.performances()?;
    let after = farewell(&mut workers.events, &mut watch)?;
    if let Some(first) = parts.first_mut() {
        first.server = ServerUsage { before, from, until, after };
        first.interrupted |= workers.told_to_stop;
    }
    Report::new(settings, &parts)
}

impl Workers {
    fn start(settings: &LoadSettings, processes: usize, clock: Clock) -> Result<Self, LoadError> {
        let mut workers = Self {
            all: Vec::new(),
            events: EventLoop::new(clock)?,
            progress: ProgressReporter::for_person(settings),
            phase: RunPhase::Gathering,
            told_to_stop: false,
        };
        for index in 0..processes {
            let assignment = Assignment {
                settings: LoadSettings { server_pids: Vec::new(), quiet: true, ..settings.clone() },
                plan: WorkerPlan::new(settings, index, processes),
                epoch: clock.epoch(),
                run: std::process::id(),
            };
            let mut worker = Worker::start(&assignment).map_err(|error| failed(index, error))?;
            let watched = workers.events.watch_readable(&mut worker.messages, index);
            watched.map_err(|error| failed(index, error))?;
            workers.all.push(worker);
        }
        Ok(workers)
    }

    fn order(&mut self, order: &Order, phase: RunPhase) {
        for worker in &mut self.all {
            worker.order(order);
        }
        self.phase = phase;
    }

    /// Waits until every worker has said this.
    fn await_all(
        &mut self,
        wanted: fn(&WorkerMessage) -> bool,
    ) -> Result<Vec<WorkerMessage>, LoadError> {
        while !self.all.iter().all(|worker| worker.answers.iter().any(wanted)) {
            let look = self.events.clock().now() + LOAD_PROGRESS_INTERVAL;
            self.turn(look)?;
        }
        let take = |worker: &mut Worker| {
            let at = worker.answers.iter().position(wanted);
            at.map(|at| worker.answers.swap_remove(at))
        };
        Ok(self.all.iter_mut().filter_map(take).collect())
    }

    /// Waits until a moment, or until the user has had enough.
    fn wait_until(&mut self, moment: Time) -> Result<(), LoadError> {
        while self.events.clock().now() < moment && !self.events.is_stopped() {
            self.turn(moment.min(self.events.clock().now() + LOAD_PROGRESS_INTERVAL))?;
        }
        Ok(())
    }

    fn turn(&mut self, until: Time) -> Result<(), LoadError> {
        self.events.wait(until)?;
        while let Some(ready) = self.events.take_ready() {
            let index = ready.key;
            self.all[index].read().map_err(|why| LoadError::Worker { number: index + 1, why })?;
        }
        if let Some(signal) = self.events.stop_at_once() {
            return Err(LoadError::AtOnce { signal });
        }
        if self.events.is_stopped() && !self.told_to_stop {
            self.told_to_stop = true;
            self.order(&Order::Stop, self.phase);
        }
        let mut sum = ProgressCounts::default();
        self.all.iter().for_each(|worker| sum += worker.progressed);
        self.progress.show(self.phase, sum, self.events.clock().now());
        Ok(())
    }

    fn performances(&mut self) -> Result<Vec<Performance>, LoadError> {
        let done = self.await_all(|word| matches!(word, WorkerMessage::Done(_)))?;
        let performances = done.into_iter().filter_map(|word| match word {
            WorkerMessage::Done(performance) => Some(*performance),
            _ => None,
        });
        Ok(performances.collect())
    }
}

impl Worker {
    fn start(assignment: &Assignment) -> std::io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(WORKER_COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let (Some(mut orders), Some(messages)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::from(ErrorKind::BrokenPipe));
        };
        orders.write_all(&line(assignment))?;
        let messages = Receiver::from(messages);
        messages.set_nonblocking(true)?;
        let (lines, answers) = (LineReader::default(), Vec::new());
        Ok(Self { child, orders, messages, lines, answers, progressed: ProgressCounts::default() })
    }

    /// A worker that is gone is noticed when it is read.
    fn order(&mut self, order: &Order) {
        let _ = self.orders.write_all(&line(order));
    }

    /// Reads its messages; an error says why it is of no more use.
    fn read(&mut self) -> Result<(), String> {
        let mut piece = [0; 16_384];
        let mut ended = false;
        loop {
            match self.messages.read(&mut piece) {
                Ok(0) => ended = true,
                Ok(count) if self.lines.push(&piece[..count]) => continue,
                Ok(_) => return Err("it said too much".to_owned()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.to_string()),
            }
            break;
        }
        while let Some(word) = self.lines.next() {
            match word? {
                WorkerMessage::Failed(why) => return Err(why),
                WorkerMessage::Progress(progressed) => self.progressed = progressed,
                answer => self.answers.push(answer),
            }
        }
        let is_done = self.answers.iter().any(|word| matches!(word, WorkerMessage::Done(_)));
        if ended && !is_done { Err("it has ended early".to_owned()) } else { Ok(()) }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // One that is done ends by itself, and is not disturbed by this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn failed(index: usize, error: std::io::Error) -> LoadError {
    LoadError::Worker { number: index + 1, why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::Dialect;
    use super::*;

    fn settings(scenario: Scenario, clients: usize, processes: Option<usize>) -> LoadSettings {
        LoadSettings { clients, processes, ..LoadSettings::example(scenario) }
    }

    #[test]
    fn there_are_as_many_processes_as_descriptors_make_necessary() {
        for (scenario, clients, wanted, taken) in [
            (Scenario::Idle, 1_000, None, 1),
            (Scenario::Idle, 19_936, None, 1),
            (Scenario::Idle, 19_937, None, 2),
            (Scenario::Idle, 100_000, None, 6),
            (Scenario::Storm, 100_000, None, 1),
            (Scenario::Idle, 1_000, Some(3), 3),
            (Scenario::Idle, 2, Some(3), 2),
            (Scenario::Pairs, 1_000, Some(3), 1),
        ] {
            let settings = settings(scenario, clients, wanted);
            let found = processes(&settings, 20_000).unwrap();
            assert_eq!(found, taken, "{scenario:?} {clients} {wanted:?}");
        }
        let irc = LoadSettings { dialect: Dialect::Irc, ..settings(Scenario::FanOut, 5, Some(5)) };
        assert_eq!(processes(&irc, 20_000).unwrap(), 2, "nobody is alone with its messages");
        let error = processes(&settings(Scenario::Idle, 50_000, Some(2)), 20_000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot hold 50000 connections with 2 processes of 20000 descriptors; use more \
             --processes, or fewer --clients"
        );
    }
}
