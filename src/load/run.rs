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

use super::clock::own_cpu;
use super::conductor::Conductor;
use super::crowd::Crowd;
use super::dialect::Dialect;
use super::error::LoadError;
use super::performance::{Mark, Performance};
use super::progress::{Phase, Progress};
use super::recorder::Cells;
use super::roll_call::RollCall;
use super::settings::{Scenario, Settings};
use super::share::{Cast, Share};
use super::tally::Progressed;
use super::traffic::{Times, Traffic, silence, traffic};
use super::usage::{Watch, farewell};
use crate::limits::{
    LOAD_ADMISSION_PATIENCE, LOAD_CONNECTING_MAX, LOAD_DRAIN, LOAD_SILENCE, LOAD_SILENCE_PATIENCE,
};
use crate::time::Time;

/// Time between two looks at whether something has come to pass that no event tells.
const LOOK: Duration = Duration::from_millis(50);

/// A run under way.
pub(super) struct Run<'a> {
    settings: &'a Settings,
    share: &'a Share,
    conductor: &'a mut Conductor,
    crowd: Crowd,
    watch: Watch,
    progress: Progress,
    /// When the first message was due.
    start: Time,
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
        Ok(Self { settings, share, conductor, crowd, watch, progress, start: Time::NEVER })
    }

    /// Carries it out.
    pub(super) fn perform(mut self) -> Result<Performance, LoadError> {
        let before = self.watch.look();
        let mut performance = match self.settings.scenario {
            Scenario::Storm => self.storm()?,
            _ => self.conversation()?,
        };
        if let Some(signal) = self.crowd.events.stop_at_once() {
            return Err(LoadError::AtOnce { signal });
        }
        self.conductor.drained(&mut self.crowd)?;
        let tally = std::mem::take(&mut self.crowd.tally);
        performance.messages = tally.said_in_window;
        performance.held_back = tally.held_back;
        performance.slowed_down = tally.slowed_down;
        performance.heard = tally.heard_by_listeners;
        performance.connections = tally.admitted;
        performance.failed = tally.failed;
        performance.lost = tally.lost;
        performance.failures = tally.failures;
        performance.interrupted = self.is_stopped();
        self.crowd.leave_all();
        performance.server.before = before;
        performance.server.after = farewell(&mut self.crowd.events, &mut self.watch)?;
        Ok(performance)
    }

    /// Everybody comes, they talk, and everything is heard.
    fn conversation(&mut self) -> Result<Performance, LoadError> {
        let begun = self.crowd.clock.now();
        self.gather()?;
        let gathering = self.crowd.clock.now().since(begun);
        self.conductor.gathered(&mut self.crowd)?;
        let seated = self.crowd.take_seated();
        let cast = Cast::new(seated, self.share.voices > 0, |seat| self.crowd.part(seat));
        if cast.listeners.is_empty() && !self.is_stopped() {
            return Err(self.nobody());
        }
        self.settle(&cast)?;
        let start = self.conductor.start(&mut self.crowd)?;
        let (from, until, lateness) = self.converse(&cast, start)?;
        let unheard_echoes = if self.crowd.language().echoes() { 0 } else { self.crowd.tally.said };
        let said_by_all = self.conductor.said_by_all(&mut self.crowd)?;
        let listeners = cast.listeners.len() as u64;
        let to_be_heard = said_by_all.saturating_mul(listeners).saturating_sub(unheard_echoes);
        self.drain(to_be_heard)?;
        if self.crowd.is_unheard() && !self.is_stopped() {
            return Err(self.unheard(self.crowd.clock.now().since(self.start)));
        }
        let silent_self = unheard_echoes > 0 && self.share.index == 0;
        Ok(Performance {
            deliveries: until.heard - from.heard,
            hearers: (listeners + cast.passers.len() as u64).saturating_sub(u64::from(silent_self)),
            to_be_heard,
            gathering_seconds: gathering.as_secs_f64(),
            stalled: cast.stalled.len() as u64,
            latency: self.crowd.latency.cells(),
            lateness,
            ..Performance::between(&from, &until)
        })
    }

    /// Clients come and go, as fast as it goes.
    fn storm(&mut self) -> Result<Performance, LoadError> {
        self.conductor.gathered(&mut self.crowd)?;
        let start = self.conductor.start(&mut self.crowd)?;
        self.crowd.admission.open(start, Time::NEVER);
        self.crowd.pass_through();
        // Others may still be on their way to the start.
        while self.crowd.clock.now() < start {
            self.crowd.wait(start)?;
        }
        let from = self.mark();
        let at_once = self.share.at_once;
        self.let_in(
            Phase::Storming,
            |crowd| crowd.len() < at_once,
            |crowd| {
                for seat in crowd.take_seated() {
                    crowd.leave(seat);
                }
            },
        )?;
        let until = self.mark();
        if self.crowd.tally.admitted == 0 && !self.is_stopped() {
            return Err(self.nobody());
        }
        self.conductor.said_by_all(&mut self.crowd)?;
        Ok(Performance {
            gathering_seconds: until.at.since(from.at).as_secs_f64(),
            latency: self.crowd.admission.cells(),
            ..Performance::between(&from, &until)
        })
    }

    /// Connects everybody, not too many at a time.
    fn gather(&mut self) -> Result<(), LoadError> {
        self.let_in(Phase::Gathering, |crowd| crowd.opening() < LOAD_CONNECTING_MAX, |_| {})
    }

    /// Connects everybody, each when there is room, and waits until all are let in or given up.
    fn let_in(
        &mut self,
        phase: Phase,
        has_room: impl Fn(&Crowd) -> bool,
        mut after_turn: impl FnMut(&mut Crowd),
    ) -> Result<(), LoadError> {
        let mut roles = self.share.roles();
        let mut coming = roles.next();
        let mut patience = Patience::new(self.crowd.clock.now());
        while (coming.is_some() || self.crowd.opening() > 0) && self.goes_on()? {
            while has_room(&self.crowd)
                && let Some((number, part)) = coming
            {
                self.crowd.open(number, part);
                coming = roles.next();
            }
            let now = self.crowd.clock.now();
            self.crowd.wait(now + LOOK)?;
            self.crowd.serve_all();
            after_turn(&mut self.crowd);
            self.progress.show(phase, self.crowd.tally.progressed(), now);
            if patience.is_over(self.crowd.tally.progressed(), now) {
                self.crowd.give_up_opening();
                break;
            }
        }
        Ok(())
    }

    /// Why nobody is there.
    fn nobody(&self) -> LoadError {
        let told = self.crowd.tally.failures.most_frequent();
        let why = told.map_or("nobody tried".to_owned(), advice);
        LoadError::Nobody { address: self.settings.address, why }
    }

    /// Why a closed loop stands still.
    fn unheard(&self, within: Duration) -> LoadError {
        let name = self.settings.dialect.name();
        let cut_off = self.crowd.tally.failures.most_frequent();
        let why = match (self.settings.dialect, cut_off) {
            (_, Some(why)) if self.crowd.tally.lost > 0 => format!("clients were cut off: {why}"),
            (Dialect::Raw, _) => "the server does not send to the sender what it has said, or \
                does not speak raw; try --dialect raw-others, or the server's own"
                .to_owned(),
            _ => format!(
                "the server does not speak {name}, or does not pass messages on; \
                 try another --dialect"
            ),
        };
        LoadError::Unheard { address: self.settings.address, within, why }
    }

    /// Waits until everybody can hear and nobody says anything more.
    fn settle(&mut self, cast: &Cast) -> Result<(), LoadError> {
        let begun = self.crowd.clock.now();
        let mut silent_since = begun;
        let mut heard = self.crowd.tally.bytes;
        let mut roll_call = RollCall::new(&self.crowd, cast, begun);
        while self.goes_on()? {
            let now = self.crowd.clock.now();
            let over = roll_call.is_over(&self.crowd, now);
            let closed_loop = self.settings.scenario == Scenario::FanOut;
            if closed_loop && roll_call.lacks_its_echo(&self.crowd, now) {
                return Err(self.unheard(now.since(begun)));
            }
            if !over && now.since(silent_since) >= LOOK {
                roll_call.call(&mut self.crowd);
            }
            let silence = now.since(silent_since) >= LOAD_SILENCE;
            if (silence && over) || now.since(begun) >= LOAD_SILENCE_PATIENCE {
                break;
            }
            self.crowd.wait(now + LOOK)?;
            self.crowd.serve_all();
            self.progress.show(Phase::Settling, self.crowd.tally.progressed(), now);
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
        self.start = start;
        let found = traffic(self.settings, self.share, cast, &mut self.crowd, times);
        let mut traffic = match found {
            // Who was stopped while the room filled still gets a report.
            Err(_) if self.is_stopped() => silence(),
            found => found?,
        };
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
        while self.crowd.len() > 0 && self.goes_on()? {
            let mut wake = traffic.next().min(until);
            if self.crowd.is_unheard() {
                let end = self.start + LOAD_SILENCE_PATIENCE;
                if self.crowd.clock.now() >= end {
                    return Err(self.unheard(LOAD_SILENCE_PATIENCE));
                }
                wake = wake.min(end);
            }
            self.crowd.wait(wake)?;
            loop {
                let more = self.crowd.serve_some();
                let now = self.crowd.clock.now();
                if traffic.next() <= now {
                    traffic.act(&mut self.crowd, now);
                }
                if !more {
                    // Also when the time is over: what was heard is answered now or never.
                    traffic.after_turn(&mut self.crowd, now);
                    self.progress.show(phase, self.crowd.tally.progressed(), now);
                }
                if now >= until {
                    return Ok(());
                }
                if !more {
                    break;
                }
            }
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
            self.progress.show(Phase::Draining, self.crowd.tally.progressed(), now);
        }
        Ok(())
    }

    /// Whether to wait for more. An order may have come with the last event of what went before,
    /// and none may follow: so it is heeded before each wait, not after.
    fn goes_on(&mut self) -> Result<bool, LoadError> {
        self.conductor.heed(&mut self.crowd)?;
        Ok(!self.is_stopped())
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

/// Notices that nobody is let in any more.
struct Patience {
    decided: u64,
    since: Time,
}

impl Patience {
    fn new(now: Time) -> Self {
        Self { decided: 0, since: now }
    }

    fn is_over(&mut self, progressed: Progressed, now: Time) -> bool {
        let decided = progressed.admitted + progressed.failed;
        if decided != self.decided {
            *self = Self { decided, since: now };
        }
        now.since(self.since) > LOAD_ADMISSION_PATIENCE
    }
}

/// A reason together with what to do about it.
fn advice(why: &str) -> String {
    match why {
        "connection refused" => format!("{why} (is a server listening there?)"),
        "no answer from the server" => format!("{why} (does it speak this --dialect?)"),
        _ => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use mio::unix::pipe;

    use super::super::client::Part;
    use super::super::clock::Clock;
    use super::super::dialect::Language;
    use super::super::wire::{Order, line};
    use super::*;

    #[test]
    fn a_stop_that_comes_with_the_end_of_a_phase_is_heeded_in_the_next() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let settings = Settings { address, quiet: true, ..Settings::example(Scenario::FanOut) };
        let share = Share::new(&settings, 1, 2);
        let language = Language::new(Dialect::Lines, None, 64, 0).unwrap();
        let mut crowd = Crowd::new(address, language, Clock::start()).unwrap();
        crowd.open(0, Part::Listener);
        let (mut orders, pipe) = pipe::new().unwrap();
        let mut conductor = Conductor::obeying(pipe);
        conductor.register(&crowd).unwrap();
        let progress = Progress::for_person(&settings);
        let mut run = Run::new(&settings, &share, &mut conductor, crowd, progress).unwrap();
        orders.write_all(&line(&Order::Stop)).unwrap();
        let begun = run.crowd.clock.now();
        run.talk(silence().as_mut(), Phase::WarmingUp, begun).unwrap();
        run.talk(silence().as_mut(), Phase::Measuring, begun + 4 * LOAD_SILENCE_PATIENCE).unwrap();
        assert!(run.is_stopped() && run.crowd.clock.now() < begun + LOAD_SILENCE_PATIENCE);
    }
}
