//! The progress of a run: a line on a person's terminal, or messages to the parent process.
//!
//! It is drawn by the loop itself, some times a second; nothing ticks in the background.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::barrier::tell;
use super::figures::scaled;
use super::settings::LoadSettings;
use super::tally::ProgressCounts;
use super::wire::WorkerMessage;
use crate::limits::LOAD_PROGRESS_INTERVAL;
use crate::time::Time;

/// Steps of the bar.
const STEPS: u64 = 1_000;

/// The phases of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunPhase {
    /// Clients connect and register.
    Gathering,
    /// The room falls silent.
    Settling,
    /// Traffic that does not count yet.
    WarmingUp,
    /// Traffic that counts.
    Measuring,
    /// Clients come and go.
    Storming,
    /// Messages are still on their way.
    Draining,
}

impl RunPhase {
    fn name(self) -> &'static str {
        match self {
            Self::Gathering => "connecting",
            Self::Settling => "waiting for silence",
            Self::WarmingUp => "warming up",
            Self::Measuring => "measuring",
            Self::Storming => "coming and going",
            Self::Draining => "draining",
        }
    }
}

/// Shows or reports progress.
#[derive(Debug)]
pub(super) struct ProgressReporter {
    sink: Sink,
    /// The last report: its time, phase and numbers.
    told: (Time, Option<RunPhase>, ProgressCounts),
    /// When the phase began.
    since: Time,
}

#[derive(Debug)]
enum Sink {
    Nobody,
    Parent,
    Person { bar: ProgressBar, clients: u64, warm_up: Duration, duration: Duration },
}

impl ProgressReporter {
    /// A progress bar for a person, if stderr is a terminal and it is wanted.
    pub(super) fn for_person(settings: &LoadSettings) -> Self {
        let sink = match !settings.quiet && std::io::stderr().is_terminal() {
            true => Sink::Person {
                bar: bar(),
                clients: settings.clients as u64,
                warm_up: settings.warm_up,
                duration: settings.duration,
            },
            false => Sink::Nobody,
        };
        Self::to(sink)
    }

    /// For the process that has started this one.
    pub(super) fn for_parent() -> Self {
        Self::to(Sink::Parent)
    }

    fn to(sink: Sink) -> Self {
        Self { sink, told: (Time::ZERO, None, ProgressCounts::default()), since: Time::ZERO }
    }

    /// Shows it, not too often.
    pub(super) fn show(&mut self, phase: RunPhase, now_is: ProgressCounts, now: Time) {
        let (told_at, told_phase, before) = self.told;
        let elapsed = now.since(told_at);
        if matches!(self.sink, Sink::Nobody) || elapsed < LOAD_PROGRESS_INTERVAL {
            return;
        }
        if told_phase != Some(phase) {
            self.since = now;
        }
        match &self.sink {
            Sink::Nobody => {}
            // A parent that is gone is noticed elsewhere.
            Sink::Parent => drop(tell(&WorkerMessage::Progress(now_is))),
            Sink::Person { bar, clients, warm_up, duration } => {
                let part = |time: &Duration| {
                    now.since(self.since).as_secs_f64() / time.as_secs_f64().max(1e-9)
                };
                let share = match phase {
                    RunPhase::Gathering | RunPhase::Storming => {
                        now_is.admitted as f64 / (*clients).max(1) as f64
                    }
                    RunPhase::WarmingUp => part(warm_up),
                    RunPhase::Measuring => part(duration),
                    RunPhase::Settling | RunPhase::Draining => 1.0,
                };
                bar.set_position((share.min(1.0) * STEPS as f64) as u64);
                bar.set_message(message(phase, before, now_is, elapsed));
                bar.tick();
            }
        }
        self.told = (now, Some(phase), now_is);
    }
}

impl Drop for ProgressReporter {
    fn drop(&mut self) {
        if let Sink::Person { bar, .. } = &self.sink {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(STEPS);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar
}

fn message(
    phase: RunPhase,
    before: ProgressCounts,
    now_is: ProgressCounts,
    elapsed: Duration,
) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-9);
    let mut message = format!("{}: {} clients", phase.name(), now_is.admitted);
    if now_is.failed > 0 {
        message += &format!(", {} failed", now_is.failed);
    }
    if matches!(phase, RunPhase::Gathering | RunPhase::Storming) {
        let rate = now_is.admitted.saturating_sub(before.admitted) as f64 / seconds;
        message += &format!(", {} a second", scaled(rate));
    }
    if matches!(phase, RunPhase::WarmingUp | RunPhase::Measuring | RunPhase::Draining) {
        let rate = now_is.heard.saturating_sub(before.heard) as f64 / seconds;
        message += &format!(", {} deliveries a second", scaled(rate));
    }
    message
}
