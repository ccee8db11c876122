//! One process's part in a load test, from the first connection to the last.
//!
//! ```text
//!     gather --> settle --> warm up --> measure --> drain --> leave
//!     everybody  silence    traffic     traffic     what is
//!     is let in                                     on its way
//! ```
//!
//! Where several processes take part, the [`Barrier`] has them wait for each other between these.

use std::time::Duration;

use super::barrier::Barrier;
use super::client_pool::ClientPool;
use super::clock::own_cpu;
use super::dialect::Dialect;
use super::error::LoadError;
use super::membership_probe::MembershipProbe;
use super::performance::{Performance, RunSample};
use super::progress::{ProgressReporter, RunPhase};
use super::recorder::Cells;
use super::settings::{LoadSettings, Scenario};
use super::tally::ProgressCounts;
use super::traffic::{Times, Traffic, silence, traffic};
use super::usage::{Watch, farewell};
use super::worker_plan::{RoleAssignment, WorkerPlan};
use crate::limits::{
    LOAD_ADMISSION_PATIENCE, LOAD_CONNECTING_MAX, LOAD_DRAIN, LOAD_SILENCE, LOAD_SILENCE_PATIENCE,
};
use crate::time::Time;

/// Time between two checks of a condition that causes no event.
const LOOK: Duration = Duration::from_millis(50);

/// A run under way.
pub(super) struct Run<'a> {
    settings: &'a LoadSettings,
    plan: &'a WorkerPlan,
    barrier: &'a mut Barrier,
    pool: ClientPool,
    watch: Watch,
    progress: ProgressReporter,
    /// When the first message was due.
    start: Time,
}

impl<'a> Run<'a> {
    /// A run without connections.
    pub(super) fn new(
        settings: &'a LoadSettings,
        plan: &'a WorkerPlan,
        barrier: &'a mut Barrier,
        pool: ClientPool,
        progress: ProgressReporter,
    ) -> Result<Self, LoadError> {
        let watch = Watch::new(&settings.server_pids)?;
        Ok(Self { settings, plan, barrier, pool, watch, progress, start: Time::NEVER })
    }

    /// Carries it out.
    pub(super) fn perform(mut self) -> Result<Performance, LoadError> {
        let before = self.watch.sample();
        let mut performance = match self.settings.scenario {
            Scenario::Storm => self.storm()?,
            _ => self.conversation()?,
        };
        if let Some(signal) = self.pool.events.stop_at_once() {
            return Err(LoadError::AtOnce { signal });
        }
        self.barrier.drained(&mut self.pool)?;
        let tally = std::mem::take(&mut self.pool.tally);
        performance.messages = tally.said_in_window;
        performance.held_back = tally.held_back;
        performance.slowed_down = tally.slowed_down;
        performance.heard = tally.heard_by_listeners;
        performance.connections = tally.admitted;
        performance.failed = tally.failed;
        performance.lost = tally.lost;
        performance.failures = tally.failures;
        performance.interrupted = self.is_stopped();
        self.pool.leave_all();
        performance.server.before = before;
        performance.server.after = farewell(&mut self.pool.events, &mut self.watch)?;
        Ok(performance)
    }

    /// A conversation: all clients connect, talk, and hear everything.
    fn conversation(&mut self) -> Result<Performance, LoadError> {
        let begun = self.pool.clock.now();
        self.gather()?;
        let gathering = self.pool.clock.now().since(begun);
        self.barrier.gathered(&mut self.pool)?;
        let seated = self.pool.take_seated();
        let roles = RoleAssignment::new(seated, self.plan.voices > 0, |seat| self.pool.role(seat));
        if roles.listeners.is_empty() && !self.is_stopped() {
            return Err(self.nobody());
        }
        self.settle(&roles)?;
        let start = self.barrier.start(&mut self.pool)?;
        let (from, until, lateness) = self.converse(&roles, start)?;
        let unheard_echoes = if self.pool.codec().echoes() { 0 } else { self.pool.tally.said };
        let said_by_all = self.barrier.said_by_all(&mut self.pool)?;
        let listeners = roles.listeners.len() as u64;
        let to_be_heard = said_by_all.saturating_mul(listeners).saturating_sub(unheard_echoes);
        self.drain(to_be_heard)?;
        if self.pool.is_unheard() && !self.is_stopped() {
            return Err(self.unheard(self.pool.clock.now().since(self.start)));
        }
        let silent_self = unheard_echoes > 0 && self.plan.index == 0;
        Ok(Performance {
            deliveries: until.heard - from.heard,
            hearers: (listeners + roles.passers.len() as u64)
                .saturating_sub(u64::from(silent_self)),
            to_be_heard,
            gathering_seconds: gathering.as_secs_f64(),
            stalled: roles.stalled.len() as u64,
            latency: self.pool.latency.cells(),
            lateness,
            ..Performance::between(&from, &until)
        })
    }

    /// Clients come and go, as fast as it goes.
    fn storm(&mut self) -> Result<Performance, LoadError> {
        self.barrier.gathered(&mut self.pool)?;
        let start = self.barrier.start(&mut self.pool)?;
        self.pool.admission.open(start, Time::NEVER);
        self.pool.pass_through();
        // Others may still be on their way to the start.
        while self.pool.clock.now() < start {
            self.pool.wait(start)?;
        }
        let from = self.take_sample();
        let at_once = self.plan.at_once;
        self.let_in(
            RunPhase::Storming,
            |pool| pool.len() < at_once,
            |pool| {
                for seat in pool.take_seated() {
                    pool.leave(seat);
                }
            },
        )?;
        let until = self.take_sample();
        if self.pool.tally.admitted == 0 && !self.is_stopped() {
            return Err(self.nobody());
        }
        self.barrier.said_by_all(&mut self.pool)?;
        Ok(Performance {
            gathering_seconds: until.at.since(from.at).as_secs_f64(),
            latency: self.pool.admission.cells(),
            ..Performance::between(&from, &until)
        })
    }

    /// Connects all clients, a limited number at a time.
    fn gather(&mut self) -> Result<(), LoadError> {
        self.let_in(RunPhase::Gathering, |pool| pool.opening() < LOAD_CONNECTING_MAX, |_| {})
    }

    /// Connects all clients, each when there is room, and waits until all are admitted or given up.
    fn let_in(
        &mut self,
        phase: RunPhase,
        has_room: impl Fn(&ClientPool) -> bool,
        mut after_turn: impl FnMut(&mut ClientPool),
    ) -> Result<(), LoadError> {
        let mut roles = self.plan.roles();
        let mut coming = roles.next();
        let mut patience = StallDetector::new(self.pool.clock.now());
        while (coming.is_some() || self.pool.opening() > 0) && self.goes_on()? {
            while has_room(&self.pool)
                && let Some((number, role)) = coming
            {
                self.pool.open(number, role);
                coming = roles.next();
            }
            let now = self.pool.clock.now();
            self.pool.wait(now + LOOK)?;
            self.pool.serve_all();
            after_turn(&mut self.pool);
            self.progress.show(phase, self.pool.tally.progressed(), now);
            if patience.is_over(self.pool.tally.progressed(), now) {
                self.pool.give_up_opening();
                break;
            }
        }
        Ok(())
    }

    /// The error when no client was admitted.
    fn nobody(&self) -> LoadError {
        let told = self.pool.tally.failures.most_frequent();
        let why = told.map_or("nobody tried".to_owned(), advice);
        LoadError::Nobody { address: self.settings.address, why }
    }

    /// Why a closed loop stands still.
    fn unheard(&self, within: Duration) -> LoadError {
        let name = self.settings.dialect.name();
        let cut_off = self.pool.tally.failures.most_frequent();
        let why = match (self.settings.dialect, cut_off) {
            (_, Some(why)) if self.pool.tally.lost > 0 => format!("clients were cut off: {why}"),
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

    /// Waits until all clients can hear and the room is silent.
    fn settle(&mut self, roles: &RoleAssignment) -> Result<(), LoadError> {
        let begun = self.pool.clock.now();
        let mut silent_since = begun;
        let mut heard = self.pool.tally.bytes;
        let mut membership = MembershipProbe::new(&self.pool, roles, begun);
        while self.goes_on()? {
            let now = self.pool.clock.now();
            let over = membership.is_over(&self.pool, now);
            let closed_loop = self.settings.scenario == Scenario::FanOut;
            if closed_loop && membership.lacks_its_echo(&self.pool, now) {
                return Err(self.unheard(now.since(begun)));
            }
            if !over && now.since(silent_since) >= LOOK {
                membership.send_probe(&mut self.pool);
            }
            let silence = now.since(silent_since) >= LOAD_SILENCE;
            if (silence && over) || now.since(begun) >= LOAD_SILENCE_PATIENCE {
                break;
            }
            self.pool.wait(now + LOOK)?;
            self.pool.serve_all();
            self.progress.show(RunPhase::Settling, self.pool.tally.progressed(), now);
            if self.pool.tally.bytes != heard {
                heard = self.pool.tally.bytes;
                silent_since = self.pool.clock.now();
            }
        }
        Ok(())
    }

    /// The measured conversation. Returns the counters at both ends of the measured span.
    fn converse(
        &mut self,
        roles: &RoleAssignment,
        start: Time,
    ) -> Result<(RunSample, RunSample, Cells), LoadError> {
        let from = start + self.settings.warm_up;
        let times = Times { start, from, until: from + self.settings.duration };
        for seat in &roles.stalled {
            self.pool.stall(*seat);
        }
        for seat in roles.probes(self.plan.probes) {
            self.pool.make_probe(seat);
        }
        self.pool.measure(times.from, times.until);
        self.start = start;
        let found = traffic(self.settings, self.plan, roles, &mut self.pool, times);
        let mut traffic = match found {
            // A run that was stopped while the room filled still gets a report.
            Err(_) if self.is_stopped() => silence(),
            found => found?,
        };
        self.talk(traffic.as_mut(), RunPhase::WarmingUp, times.from)?;
        let from = self.take_sample();
        self.talk(traffic.as_mut(), RunPhase::Measuring, times.until)?;
        let until = self.take_sample();
        let lateness = traffic.lateness().map(|recorder| recorder.cells()).unwrap_or_default();
        Ok((from, until, lateness))
    }

    /// Lets the traffic run up to a moment.
    fn talk(
        &mut self,
        traffic: &mut dyn Traffic,
        phase: RunPhase,
        until: Time,
    ) -> Result<(), LoadError> {
        while self.pool.len() > 0 && self.goes_on()? {
            let mut wake = traffic.next().min(until);
            if self.pool.is_unheard() {
                let end = self.start + LOAD_SILENCE_PATIENCE;
                if self.pool.clock.now() >= end {
                    return Err(self.unheard(LOAD_SILENCE_PATIENCE));
                }
                wake = wake.min(end);
            }
            self.pool.wait(wake)?;
            loop {
                let more = self.pool.serve_some();
                let now = self.pool.clock.now();
                if traffic.next() <= now {
                    traffic.act(&mut self.pool, now);
                }
                if !more {
                    // Also when the time is over: later, nothing that was heard would be answered.
                    traffic.after_turn(&mut self.pool, now);
                    self.progress.show(phase, self.pool.tally.progressed(), now);
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
        let end = self.pool.clock.now() + LOAD_DRAIN;
        while self.pool.tally.heard_by_listeners < to_be_heard && self.pool.len() > 0 {
            let now = self.pool.clock.now();
            if now >= end || self.pool.events.stop_at_once().is_some() {
                break;
            }
            self.pool.wait(now + LOOK)?;
            self.pool.serve_all();
            self.progress.show(RunPhase::Draining, self.pool.tally.progressed(), now);
        }
        Ok(())
    }

    /// Whether to wait for more. An order may have come with the last event of the previous phase,
    /// and no event may follow: so orders are read before each wait, not after.
    fn goes_on(&mut self) -> Result<bool, LoadError> {
        self.barrier.poll_orders(&mut self.pool)?;
        Ok(!self.is_stopped())
    }

    fn is_stopped(&self) -> bool {
        self.pool.events.is_stopped() || self.barrier.is_stopped()
    }

    fn take_sample(&mut self) -> RunSample {
        RunSample {
            at: self.pool.clock.now(),
            heard: self.pool.tally.heard(),
            cpu: own_cpu(),
            server: self.watch.sample(),
        }
    }
}

/// Notices that no client is admitted any more.
struct StallDetector {
    decided: u64,
    since: Time,
}

impl StallDetector {
    fn new(now: Time) -> Self {
        Self { decided: 0, since: now }
    }

    fn is_over(&mut self, progressed: ProgressCounts, now: Time) -> bool {
        let decided = progressed.admitted + progressed.failed;
        if decided != self.decided {
            *self = Self { decided, since: now };
        }
        now.since(self.since) > LOAD_ADMISSION_PATIENCE
    }
}

/// A failure together with advice.
fn advice(why: &str) -> String {
    match why {
        "connection refused" => format!("{why} (is a server listening there?)"),
        // Whoever has named one need not be told how.
        why if why.starts_with("its certificate") && !why.contains("--pin") => {
            format!("{why} (--ca FILE or --pin FINGERPRINT names one to trust)")
        }
        "no answer from the server" => format!("{why} (does it speak this --dialect?)"),
        _ => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use mio::unix::pipe;

    use super::super::client::ClientRole;
    use super::super::clock::Clock;
    use super::super::dialect::Codec;
    use super::super::wire::{Order, line};
    use super::*;

    #[test]
    fn a_stop_that_comes_with_the_end_of_a_phase_is_heeded_in_the_next() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let settings =
            LoadSettings { address, quiet: true, ..LoadSettings::example(Scenario::FanOut) };
        let plan = WorkerPlan::new(&settings, 1, 2);
        let codec = Codec::new(Dialect::Lines, None, 64, 0).unwrap();
        let mut pool = ClientPool::new(address, None, codec, Clock::start()).unwrap();
        pool.open(0, ClientRole::Listener);
        let (mut orders, pipe) = pipe::new().unwrap();
        let mut barrier = Barrier::following(pipe);
        barrier.register(&pool).unwrap();
        let progress = ProgressReporter::for_person(&settings);
        let mut run = Run::new(&settings, &plan, &mut barrier, pool, progress).unwrap();
        orders.write_all(&line(&Order::Stop)).unwrap();
        let begun = run.pool.clock.now();
        run.talk(silence().as_mut(), RunPhase::WarmingUp, begun).unwrap();
        run.talk(silence().as_mut(), RunPhase::Measuring, begun + 4 * LOAD_SILENCE_PATIENCE)
            .unwrap();
        assert!(run.is_stopped() && run.pool.clock.now() < begun + LOAD_SILENCE_PATIENCE);
    }
}
