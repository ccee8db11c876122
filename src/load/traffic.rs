//! The traffic of each scenario with a conversation: which client speaks when.
//!
//! A turn serves some sockets, asks the traffic to act if a message is due, and goes on; at its end
//! the traffic may answer to everything that was heard in it.

use std::collections::VecDeque;

use super::client::{ClientRef, ClientRole};
use super::client_pool::ClientPool;
use super::error::LoadError;
use super::recorder::Recorder;
use super::send_schedule::SendSchedule;
use super::settings::{LoadSettings, Scenario};
use super::tally::Tally;
use super::worker_plan::{RoleAssignment, WorkerPlan};
use crate::time::Time;

/// The clients' behaviour once they are all connected.
pub(super) trait Traffic {
    /// When it has to act next.
    fn next(&self) -> Time;

    /// Does what is due.
    fn act(&mut self, pool: &mut ClientPool, now: Time);

    /// Everything that was ready was read.
    fn after_turn(&mut self, _crowd: &mut ClientPool, _now: Time) {}

    /// The lateness of messages in an open loop.
    fn lateness(&self) -> Option<&Recorder> {
        None
    }
}

/// The traffic of a scenario, which begins at `start` and says nothing that is due at `end`.
pub(super) fn traffic(
    settings: &LoadSettings,
    plan: &WorkerPlan,
    roles: &RoleAssignment,
    pool: &mut ClientPool,
    times: Times,
) -> Result<Box<dyn Traffic>, LoadError> {
    Ok(match settings.scenario {
        Scenario::FanOut => Box::new(FanOut::new(settings, plan, roles, pool, times.start)?),
        scenario if scenario.is_open_loop() => {
            if !roles.speakers.iter().any(|seat| pool.is_seated(*seat)) {
                return Err(mute(settings, &pool.tally));
            }
            Box::new(Chatter::new(settings, plan, roles, times)?)
        }
        _ => silence(),
    })
}

/// Traffic without any message.
pub(super) fn silence() -> Box<dyn Traffic> {
    Box::new(Silence)
}

fn mute(settings: &LoadSettings, tally: &Tally) -> LoadError {
    let why = tally.failures.most_frequent().unwrap_or("nobody was to speak").to_owned();
    LoadError::Mute { address: settings.address, why }
}

/// When a conversation begins, when it is measured, and when it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// The first message.
    pub(super) start: Time,
    /// The beginning of the measured span.
    pub(super) from: Time,
    /// Its end.
    pub(super) until: Time,
}

/// No client says anything.
struct Silence;

impl Traffic for Silence {
    fn next(&self) -> Time {
        Time::NEVER
    }

    fn act(&mut self, _crowd: &mut ClientPool, _now: Time) {}
}

/// A closed loop: a few senders keep their windows full. A message is out of its window when the
/// sender's witness has heard it.
struct FanOut {
    start: Time,
    in_flight: usize,
    /// Each sender, and the index of its credits in the pool.
    senders: Vec<(ClientRef, usize)>,
}

impl FanOut {
    fn new(
        settings: &LoadSettings,
        plan: &WorkerPlan,
        roles: &RoleAssignment,
        pool: &mut ClientPool,
        start: Time,
    ) -> Result<Self, LoadError> {
        let echoes = pool.codec().echoes();
        // Some may have been cut off since they were let in.
        let there = |seats: &[ClientRef]| -> Vec<ClientRef> {
            seats.iter().copied().filter(|seat| pool.is_seated(*seat)).collect()
        };
        let (speakers, ears) = (there(&roles.speakers), there(&roles.listeners));
        let mut senders = Vec::new();
        for (place, speaker) in speakers.into_iter().take(plan.senders).enumerate() {
            let own_ears = echoes && pool.role(speaker) == Some(ClientRole::Listener);
            let others = ears.iter().cycle().skip(place + 1).take(ears.len());
            let witness = match own_ears {
                true => Some(speaker),
                false => others.copied().find(|scanner| *scanner != speaker),
            };
            // A client that is alone says nothing: no other could hear it.
            if let Some(witness) = witness {
                senders.push((speaker, pool.make_witness(witness, speaker.number)));
            }
        }
        if senders.is_empty() && plan.senders > 0 {
            return Err(mute(settings, &pool.tally));
        }
        Ok(Self { start, in_flight: settings.in_flight, senders })
    }
}

impl Traffic for FanOut {
    fn next(&self) -> Time {
        self.start
    }

    fn act(&mut self, pool: &mut ClientPool, now: Time) {
        for (sender, _) in &self.senders {
            pool.say(*sender, sender.number, now, self.in_flight);
        }
        self.start = Time::NEVER;
    }

    fn after_turn(&mut self, pool: &mut ClientPool, now: Time) {
        for (sender, place) in &self.senders {
            // A server that says everything twice must not have us say ever more.
            let heard = std::mem::take(&mut pool.credits()[*place]).min(self.in_flight);
            if heard > 0 {
                pool.say(*sender, sender.number, now, heard);
            }
        }
    }
}

/// An open loop: clients speak in turn, each message when it is due. Others may come and go
/// meanwhile.
struct Chatter {
    schedule: SendSchedule,
    until: Time,
    speakers: Vec<ClientRef>,
    lateness: Recorder,
    churn: SendSchedule,
    passers: VecDeque<ClientRef>,
    /// Number of the next newcomer, and how far its successor's is.
    newcomer: u32,
    step: u32,
}

impl Chatter {
    fn new(
        settings: &LoadSettings,
        plan: &WorkerPlan,
        roles: &RoleAssignment,
        times: Times,
    ) -> Result<Self, LoadError> {
        let Times { start, from, until } = times;
        let mut lateness = Recorder::new()?;
        lateness.open(from, until);
        let (index, processes) = (plan.index, plan.processes);
        // Where others speak for them, the listeners still set the rate.
        let per_second = settings.rate * roles.listeners.len() as f64;
        let churn = match settings.scenario {
            Scenario::Churn => settings.churn * plan.clients as f64 / settings.clients as f64,
            _ => 0.0,
        };
        Ok(Self {
            schedule: SendSchedule::new(start, per_second, index, processes),
            until,
            speakers: roles.speakers.clone(),
            lateness,
            churn: SendSchedule::new(start, churn, index, processes),
            passers: roles.passers.iter().copied().collect(),
            newcomer: plan.newcomer,
            step: processes as u32,
        })
    }

    fn replace_passer(&mut self, pool: &mut ClientPool) {
        self.passers.extend(pool.take_seated());
        if let Some(seat) = self.passers.pop_front() {
            pool.leave(seat);
        }
        pool.open(self.newcomer, ClientRole::Passer);
        self.newcomer = self.newcomer.wrapping_add(self.step);
    }
}

impl Traffic for Chatter {
    fn next(&self) -> Time {
        self.schedule.next().min(self.churn.next()).min(self.until)
    }

    fn act(&mut self, pool: &mut ClientPool, now: Time) {
        while let Some((number, due)) = self.schedule.take(now) {
            if due >= self.until || self.speakers.is_empty() {
                break;
            }
            let speaker = self.speakers[(number % self.speakers.len() as u64) as usize];
            if pool.say(speaker, speaker.number, due, 1) {
                self.lateness.record(due, pool.clock.now(), 1);
            }
        }
        while self.churn.take(now.min(self.until)).is_some() {
            self.replace_passer(pool);
        }
    }

    fn lateness(&self) -> Option<&Recorder> {
        Some(&self.lateness)
    }
}
