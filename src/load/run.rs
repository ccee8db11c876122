//! One process's part in a load test, from the first connection to the last.
//!
//! ```text
//!     gather --> settle --> warm up --> measure --> drain --> leave
//!     everybody  silence    traffic     traffic     what is
//!     is let in                                     on its way
//! ```
//!
//! Where several processes take part, the [`Conductor`] has them wait for each other between these.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::own_cpu;
use super::conductor::Conductor;
use super::crowd::Crowd;
use super::error::LoadError;
use super::progress::{Phase, Progress};
use super::recorder::Cells;
use super::settings::Settings;
use super::share::{Cast, Share};
use super::tally::Failures;
use super::traffic::{Times, Traffic, traffic};
use super::usage::{Usage, Watch};
use crate::limits::{
    LOAD_ADMISSION_PATIENCE, LOAD_CONNECTING_MAX, LOAD_DRAIN, LOAD_FAREWELL, LOAD_FAREWELL_LOOK,
    LOAD_SILENCE, LOAD_SILENCE_PATIENCE,
};
use crate::time::Time;

/// Time between two looks at whether something has come to pass that no event tells.
const LOOK: Duration = Duration::from_millis(50);
/// What somebody says where only hearing it shows that all are in the room.
const ROLL_CALL: &[u8] = b"?\n";

/// What one process has measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Performance {
    /// Length of the measured span, in seconds.
    pub(super) seconds: f64,
    /// Messages that were due in it and were said.
    pub(super) messages: u64,
    /// Messages that were due in the whole run and could not be said.
    pub(super) held_back: u64,
    /// Messages heard in the measured span, each time that one was heard.
    pub(super) deliveries: u64,
    /// How many clients there were to hear each message.
    pub(super) hearers: u64,
    /// Of the whole run, drain included: what those who listen all the time heard, and should have.
    pub(super) heard: u64,
    pub(super) to_be_heard: u64,
    /// Clients that were let in, and how long that took all of them, in seconds.
    pub(super) connections: u64,
    pub(super) gathering_seconds: f64,
    /// Clients that were not let in, and clients that were and were lost.
    pub(super) failed: u64,
    pub(super) lost: u64,
    pub(super) failures: Failures,
    /// Clients that did not read.
    pub(super) stalled: u64,
    pub(super) latency: Cells,
    pub(super) lateness: Cells,
    /// CPU that the load generator used in the measured span.
    pub(super) cpu: Duration,
    pub(super) server: ServerUsage,
    /// Whether the user ended it before its time.
    pub(super) interrupted: bool,
}

/// What the server used.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct ServerUsage {
    /// Before the first connection.
    pub(super) before: Usage,
    /// At the beginning and the end of the measured span.
    pub(super) from: Usage,
    pub(super) until: Usage,
    /// After everybody had left; nothing if the server did not come to rest.
    pub(super) after: Option<Usage>,
}

/// What was counted up to a moment.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Time,
    heard: u64,
    cpu: Duration,
    server: Usage,
}

/// A run under way.
pub(super) struct Run<'a> {
    settings: &'a Settings,
    share: &'a Share,
    conductor: &'a mut Conductor,
    crowd: Crowd,
    watch: Watch,
    progress: Progress,
}

impl<'a> Run<'a> {
    /// Nobody is connected yet.
    pub(super) fn new(
        settings: &'a Settings,
        share: &'a Share,
        conductor: &'a mut Conductor,
        crowd: Crowd,
        progress: Progress,
    ) -> Result<Self, LoadError> {
        let watch = Watch::new(&settings.server_pids)?;
        Ok(Self { settings, share, conductor, crowd, watch, progress })
    }

    /// Carries it out.
    pub(super) fn perform(mut self) -> Result<Performance, LoadError> {
        let before = self.watch.look();
        let begun = self.crowd.clock.now();
        self.gather()?;
        let gathering = self.crowd.clock.now().since(begun);
        self.conductor.gathered(&mut self.crowd)?;
        let seated = self.crowd.take_seated();
        let cast = Cast::new(seated, |seat| self.crowd.part(seat));
        self.settle(&cast)?;
        let connections = self.crowd.tally.admitted;
        let start = self.conductor.start(&mut self.crowd)?;
        let (from, until, lateness) = self.converse(&cast, start)?;
        let own_echoes = if self.crowd.language().echoes() { 0 } else { self.crowd.tally.said };
        let said_by_all = self.conductor.said_by_all(&mut self.crowd)?;
        let listeners = cast.listeners.len() as u64;
        let to_be_heard = (said_by_all * listeners).saturating_sub(own_echoes);
        self.drain(to_be_heard)?;
        if let Some(signal) = self.crowd.events.stop_at_once() {
            return Err(LoadError::AtOnce { signal });
        }
        self.conductor.drained(&mut self.crowd)?;
        let tally = std::mem::take(&mut self.crowd.tally);
        let interrupted = self.crowd.events.is_stopped() || self.conductor.is_stopped();
        self.crowd.leave_all();
        let after = farewell(&mut self.crowd, &mut self.watch)?;
        let hearers = listeners + cast.passers.len() as u64;
        Ok(Performance {
            seconds: until.at.since(from.at).as_secs_f64(),
            messages: tally.said_in_window,
            held_back: tally.held_back,
            deliveries: until.heard - from.heard,
            hearers: hearers - u64::from(own_echoes > 0 && self.share.processes == 1),
            heard: tally.heard_by_listeners,
            to_be_heard,
            connections,
            gathering_seconds: gathering.as_secs_f64(),
            failed: tally.failed,
            lost: tally.lost,
            failures: tally.failures,
            stalled: cast.stalled.len() as u64,
            latency: self.crowd.latency.cells(),
            lateness,
            cpu: until.cpu.saturating_sub(from.cpu),
            server: ServerUsage { before, from: from.server, until: until.server, after },
            interrupted,
        })
    }

    /// Connects everybody, not too many at a time.
    fn gather(&mut self) -> Result<(), LoadError> {
        let mut roles = self.share.roles();
        let mut coming = roles.next();
        let mut progress = (0, self.crowd.clock.now());
        while (coming.is_some() || self.crowd.opening() > 0) && !self.is_stopped() {
            while self.crowd.opening() < LOAD_CONNECTING_MAX
                && let Some((number, part)) = coming
            {
                self.crowd.open(number, part);
                coming = roles.next();
            }
            let now = self.crowd.clock.now();
            self.crowd.wait(now + LOOK)?;
            self.crowd.serve_all();
            self.progress.show(Phase::Gathering, &self.crowd, now);
            let decided = self.crowd.tally.admitted + self.crowd.tally.failed;
            if decided != progress.0 {
                progress = (decided, now);
            } else if now.since(progress.1) > LOAD_ADMISSION_PATIENCE {
                self.crowd.give_up_opening();
                break;
            }
        }
        let told = self.crowd.tally.failures.by_count();
        if self.crowd.tally.admitted == 0 && !self.is_stopped() {
            let why = told.first().map_or("nobody tried".to_owned(), |(why, _)| advice(why));
            return Err(LoadError::Nobody { address: self.settings.address, why });
        }
        Ok(())
    }

    /// Waits until everybody can hear and nobody says anything more.
    fn settle(&mut self, cast: &Cast) -> Result<(), LoadError> {
        let begun = self.crowd.clock.now();
        let mut silent_since = begun;
        let mut heard = self.crowd.tally.bytes;
        while !self.is_stopped() {
            let now = self.crowd.clock.now();
            let all_hear = self.crowd.language().registers() || self.crowd.all_spoken_to();
            if let Some(caller) = cast.listeners.first()
                && !all_hear
                && now.since(silent_since) >= LOOK
            {
                self.crowd.send_as_it_is(*caller, ROLL_CALL);
            }
            let silence = now.since(silent_since) >= LOAD_SILENCE;
            if (silence && all_hear) || now.since(begun) >= LOAD_SILENCE_PATIENCE {
                break;
            }
            self.crowd.wait(now + LOOK)?;
            self.crowd.serve_all();
            self.progress.show(Phase::Settling, &self.crowd, now);
            if self.crowd.tally.bytes != heard {
                heard = self.crowd.tally.bytes;
                silent_since = self.crowd.clock.now();
            }
        }
        Ok(())
    }

    /// The conversation. Returns what was counted at both ends of the measured span.
    fn converse(&mut self, cast: &Cast, start: Time) -> Result<(Mark, Mark, Cells), LoadError> {
        let from = start + self.settings.warm_up;
        let times = Times { start, from, until: from + self.settings.duration };
        for seat in &cast.stalled {
            self.crowd.stall(*seat);
        }
        for seat in cast.probes(self.share.probes) {
            self.crowd.make_probe(seat);
        }
        self.crowd.measure(times.from, times.until);
        let mut traffic = traffic(self.settings, self.share, cast, &mut self.crowd, times)?;
        self.talk(traffic.as_mut(), Phase::WarmingUp, times.from)?;
        let from = self.mark();
        self.talk(traffic.as_mut(), Phase::Measuring, times.until)?;
        let until = self.mark();
        let lateness = traffic.lateness().map(|recorder| recorder.cells()).unwrap_or_default();
        Ok((from, until, lateness))
    }

    /// Lets the traffic run up to a moment.
    fn talk(
        &mut self,
        traffic: &mut dyn Traffic,
        phase: Phase,
        until: Time,
    ) -> Result<(), LoadError> {
        while !self.is_stopped() && self.crowd.len() > 0 {
            self.crowd.wait(traffic.next().min(until))?;
            loop {
                let more = self.crowd.serve_some();
                let now = self.crowd.clock.now();
                if traffic.next() <= now {
                    traffic.act(&mut self.crowd, now);
                }
                if now >= until {
                    return Ok(());
                }
                if !more {
                    traffic.after_turn(&mut self.crowd, now);
                    self.progress.show(phase, &self.crowd, now);
                    break;
                }
            }
            self.conductor.heed(&mut self.crowd)?;
        }
        Ok(())
    }

    /// Waits, within bounds, until all that was said was heard.
    fn drain(&mut self, to_be_heard: u64) -> Result<(), LoadError> {
        let end = self.crowd.clock.now() + LOAD_DRAIN;
        while self.crowd.tally.heard_by_listeners < to_be_heard && self.crowd.len() > 0 {
            let now = self.crowd.clock.now();
            if now >= end || self.crowd.events.stop_at_once().is_some() {
                break;
            }
            self.crowd.wait(now + LOOK)?;
            self.crowd.serve_all();
            self.progress.show(Phase::Draining, &self.crowd, now);
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.crowd.events.is_stopped() || self.conductor.is_stopped()
    }

    fn mark(&mut self) -> Mark {
        Mark {
            at: self.crowd.clock.now(),
            heard: self.crowd.tally.heard(),
            cpu: own_cpu(),
            server: self.watch.look(),
        }
    }
}

/// Waits, within bounds, until the server has noticed that nobody is there any more and has come to
/// rest; then what it used.
pub(super) fn farewell(crowd: &mut Crowd, watch: &mut Watch) -> Result<Option<Usage>, LoadError> {
    if watch.is_empty() {
        return Ok(None);
    }
    let end = crowd.clock.now() + LOAD_FAREWELL;
    let mut last = watch.look();
    while crowd.clock.now() < end {
        let look = crowd.clock.now() + LOAD_FAREWELL_LOOK;
        while crowd.clock.now() < look {
            crowd.wait(look)?;
            crowd.serve_all();
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

/// A reason together with what to do about it.
fn advice(why: &str) -> String {
    match why {
        "connection refused" => format!("{why} (is a server listening there?)"),
        "no answer from the server" => format!("{why} (does it speak this --dialect?)"),
        _ => why.to_owned(),
    }
}
