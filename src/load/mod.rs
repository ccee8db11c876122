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
//! It knows nothing of the server's insides and works with any server that speaks one of its
//! dialects. What it measures costs less than what the server does: one shared read buffer, one
//! read per event, messages counted by their marker; a few probes read them and take latencies.
//!
//! Invariants: one thread; nothing blocks but the poll; whatever a server sends is counted or
//! refused and never ends the run but by everybody's absence; every wait is bounded.

#![allow(dead_code, clippy::needless_pass_by_ref_mut, reason = "several processes come next")]

mod clock;
mod conductor;
mod crowd;
mod dialect;
mod error;
mod event_loop;
mod payload;
mod plan;
mod progress;
mod recorder;
mod report;
mod run;
mod settings;
mod share;
mod socket;
mod tally;
mod text;
mod timer;
mod traffic;
mod usage;

use clock::Clock;
use conductor::Conductor;
use crowd::Crowd;
use dialect::Language;
use progress::Progress;
use run::Run;
use share::Share;

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

/// Carries a load test out.
pub fn run(settings: &Settings) -> Result<Report, LoadError> {
    socket::descriptor_limit();
    let clock = Clock::start();
    let language = language(settings, std::process::id()).map_err(LoadError::Settings)?;
    let share = Share::new(settings, 0, 1);
    let crowd = Crowd::new(settings.address, language, clock)?;
    let mut conductor = Conductor::Alone;
    let run = Run::new(settings, &share, &mut conductor, crowd, Progress)?;
    Report::new(settings, &[run.perform()?])
}

fn language(settings: &Settings, run: u32) -> Result<Language, String> {
    Language::new(settings.dialect, settings.room.as_deref(), settings.size, run)
}
