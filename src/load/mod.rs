//! Many simulated clients in one thread: loads a chat server and tells how it fared.
//!
//! ```text
//!     settings ---> share ----> run --------> crowd ---------> event_loop, socket
//!     what to do    whose part  phases        connections      waiting, opening
//!                                 |             |
//!                              traffic        dialect, payload     bytes (pure)
//!                              plan (pure)    recorder, tally      what was counted
//!                                 |
//!                              report, text   what it comes to
//! ```
//!
//! Over UDP it is less: `asking` has endpoints and phases, `talk` says what is asked and answered
//! (with `mc1` and `binding`), and `partners` whether those who were paired name each other.
//!
//! It knows nothing of the server's insides and works with any server that speaks one of its
//! dialects. What it measures costs less than what the server does: one shared read buffer, one
//! read per event, messages counted by their marker; a few probes read them and take latencies.
//!
//! Invariants: one thread; nothing blocks but the poll; whatever a server sends is counted or
//! refused and never ends the run but by everybody's absence; every wait is bounded.

mod asking;
mod binding;
mod chart;
mod client;
mod clock;
mod conductor;
mod crowd;
mod dialect;
mod error;
mod event_loop;
mod figures;
mod mc1;
mod partners;
mod payload;
mod performance;
mod plan;
mod progress;
mod recorder;
mod report;
mod roll_call;
mod run;
mod settings;
mod share;
mod socket;
mod talk;
mod tally;
mod text;
mod timer;
mod traffic;
mod usage;
mod wire;
mod workers;

use asking::Asking;
use clock::Clock;
use conductor::{Conductor, Parent};
use crowd::Crowd;
use dialect::Language;
use event_loop::EventLoop;
use performance::Performance;
use progress::Progress;
use run::Run;
use share::Share;
use talk::Wish;
use wire::{Assignment, Word};

pub use dialect::Dialect;
pub use error::LoadError;
pub use report::Report;
pub use settings::{Scenario, Settings};
pub use text::Text;

/// Says why settings make no sense together.
pub fn check(settings: &Settings) -> Result<(), String> {
    settings.check()?;
    language(settings, 0).map(drop)
}

/// Carries a load test out, in processes that may open so many `descriptors` each.
pub fn run(settings: &Settings, descriptors: u64) -> Result<Report, LoadError> {
    let processes = workers::processes(settings, descriptors)?;
    if processes > 1 {
        return workers::run(settings, processes);
    }
    let progress = Progress::for_person(settings);
    let clock = Clock::start();
    let performance = match Wish::of(settings.scenario) {
        Some(wish) => Asking::new(settings, wish, EventLoop::new(clock)?, progress)?.perform()?,
        None => {
            let language = language(settings, std::process::id()).map_err(LoadError::Settings)?;
            let share = Share::new(settings, 0, 1);
            let crowd = Crowd::new(settings.address, language, clock)?;
            Run::new(settings, &share, &mut Conductor::Alone, crowd, progress)?.perform()?
        }
    };
    Report::new(settings, &[performance])
}

/// Does what another process of this program says on stdin, and tells it on stdout what came of
/// it. Returns whether that was anything.
pub fn work() -> bool {
    let Ok((parent, assignment)) = Parent::meet() else { return false };
    let word = match work_for(parent, &assignment) {
        Ok(performance) => Word::Done(Box::new(performance)),
        Err(error) => Word::Failed(error.to_string()),
    };
    conductor::tell(&word).is_ok() && matches!(word, Word::Done(_))
}

fn work_for(parent: Parent, assignment: &Assignment) -> Result<Performance, LoadError> {
    let Assignment { settings, share, epoch, run } = assignment;
    let language = language(settings, *run).map_err(LoadError::Settings)?;
    let crowd = Crowd::new(settings.address, language, Clock::since(*epoch))?;
    let mut conductor = Conductor::Parent(parent);
    conductor.register(&crowd)?;
    Run::new(settings, share, &mut conductor, crowd, Progress::for_parent())?.perform()
}

fn language(settings: &Settings, run: u32) -> Result<Language, String> {
    Language::new(settings.dialect, settings.room.as_deref(), settings.size, run)
}
