//! The load generator: many simulated clients in one thread, and a report of how the server fared.
//!
//! ```text
//!     settings ---> worker_plan ---> run -----> client_pool ---> event_loop, socket
//!     the order     a worker's share phases     connections      waiting, opening
//!                                      |             |
//!                                   traffic       dialect, payload   bytes (pure)
//!                          send_schedule (pure)   recorder, tally    counters
//!                                      |
//!                                   report, text  the result
//! ```
//!
//! A run over UDP is simpler: `udp_run` holds endpoints and phases, `udp_session` says what is
//! asked and answered (with `mc1` and `binding`), and `partners` checks that paired endpoints name
//! each other.
//!
//! It knows nothing of the server's insides and works with any server that speaks one of its
//! dialects. Measuring costs less than serving does: one shared read buffer, one read per event,
//! messages counted by their marker; a few probes read them and take latencies.
//!
//! Invariants: one thread; nothing blocks but the poll; every byte of the server is counted or
//! refused and never ends the run, unless all clients are gone; every wait is bounded.

mod admission;
mod barrier;
mod binding;
mod chart;
mod client;
mod client_pool;
mod clock;
mod connection;
mod dialect;
mod error;
mod event_loop;
mod figures;
mod json;
mod mc1;
mod membership_probe;
mod partners;
mod payload;
mod performance;
mod progress;
mod recorder;
mod report;
mod run;
mod send_schedule;
mod settings;
mod socket;
mod tally;
mod text;
mod timer;
mod traffic;
mod udp_run;
mod udp_session;
mod usage;
mod wire;
mod worker_plan;
mod workers;

use barrier::{Barrier, Parent};
use client_pool::ClientPool;
use clock::Clock;
use dialect::Codec;
use event_loop::EventLoop;
use performance::Performance;
use progress::ProgressReporter;
use run::Run;
use udp_run::UdpRun;
use udp_session::UdpRequest;
use wire::{Assignment, WorkerMessage};
use worker_plan::WorkerPlan;

pub use dialect::Dialect;
pub use error::LoadError;
pub use report::Report;
pub use settings::{LoadSettings, LoadTls, Scenario};
pub use text::Text;

/// Says why settings make no sense together.
pub fn check(settings: &LoadSettings) -> Result<(), String> {
    settings.check()?;
    settings.connector()?;
    codec(settings, 0).map(drop)
}

/// Carries a load test out, in processes that may open this many `descriptors` each.
pub fn run(settings: &LoadSettings, descriptors: u64) -> Result<Report, LoadError> {
    let processes = workers::processes(settings, descriptors)?;
    if processes > 1 {
        return workers::run(settings, processes);
    }
    let progress = ProgressReporter::for_person(settings);
    let clock = Clock::start();
    let performance = match UdpRequest::of(settings.scenario) {
        Some(request) => {
            UdpRun::new(settings, request, EventLoop::new(clock)?, progress)?.perform()?
        }
        None => {
            let codec = codec(settings, std::process::id()).map_err(LoadError::Settings)?;
            let plan = WorkerPlan::new(settings, 0, 1);
            let connector = settings.connector().map_err(LoadError::Settings)?;
            let pool = ClientPool::new(settings.address, connector, codec, clock)?;
            Run::new(settings, &plan, &mut Barrier::Alone, pool, progress)?.perform()?
        }
    };
    Report::new(settings, &[performance])
}

/// Works for another process of this program: its orders come on stdin, the results go to stdout.
/// Returns whether it succeeded.
pub fn work() -> bool {
    let Ok((parent, assignment)) = Parent::meet() else { return false };
    let word = match work_for(parent, &assignment) {
        Ok(performance) => WorkerMessage::Done(Box::new(performance)),
        Err(error) => WorkerMessage::Failed(error.to_string()),
    };
    barrier::tell(&word).is_ok() && matches!(word, WorkerMessage::Done(_))
}

fn work_for(parent: Parent, assignment: &Assignment) -> Result<Performance, LoadError> {
    let Assignment { settings, plan, epoch, run } = assignment;
    let codec = codec(settings, *run).map_err(LoadError::Settings)?;
    let connector = settings.connector().map_err(LoadError::Settings)?;
    let pool = ClientPool::new(settings.address, connector, codec, Clock::since(*epoch))?;
    let mut barrier = Barrier::Parent(parent);
    barrier.register(&pool)?;
    Run::new(settings, plan, &mut barrier, pool, ProgressReporter::for_parent())?.perform()
}

fn codec(settings: &LoadSettings, run: u32) -> Result<Codec, String> {
    let codec = Codec::new(settings.dialect, settings.room.as_deref(), settings.size, run)?;
    codec.asking(&settings.capabilities)
}
