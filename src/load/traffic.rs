//! Who speaks when: the traffic of each scenario in which there is a conversation.
//!
//! A turn serves some sockets, asks the traffic to act if something is due, and goes on; at its end
//! the traffic may answer to what was heard in all of it.

use std::collections::VecDeque;

use super::client::{Part, Seat};
use super::crowd::Crowd;
use super::error::LoadError;
use super::plan::Schedule;
use super::recorder::Recorder;
use super::settings::{Scenario, Settings};
use super::share::{Cast, Share};
use super::tally::Tally;
use crate::time::Time;

/// What a scenario has the clients do once they are all there.
pub(super) trait Traffic {
    /// When it has to act next.
    fn next(&self) -> Time;

    /// Does what is due.
    fn act(&mut self, crowd: &mut Crowd, now: Time);

    /// Everything that was ready was read.
    fn after_turn(&mut self, _crowd: &mut Crowd, _now: Time) {}

    /// How late messages of an open loop were said.
    fn lateness(&self) -> Option<&Recorder> {
        None
    }
}

/// The traffic of a scenario, which begins at `start` and says nothing that is due at `end`.
pub(super) fn traffic(
    settings: &Settings,
    share: &Share,
    cast: &Cast,
    crowd: &mut Crowd,
    times: Times,
) -> Result<Box<dyn Traffic>, LoadError> {
    Ok(match settings.scenario {
        Scenario::FanOut => Box::new(FanOut::new(settings, share, cast, crowd, times.start)?),
        scenario if scenario.is_open_loop() => {
            if !cast.speakers.iter().any(|seat| crowd.is_seated(*seat)) {
                return Err(mute(settings, &crowd.tally));
            }
            Box::new(Chatter::new(settings, share, cast, times)?)
        }
        _ => silence(),
    })
}

/// That of nobody.
pub(super) fn silence() -> Box<dyn Traffic> {
    Box::new(Silence)
}

fn mute(settings: &Settings, tally: &Tally) -> LoadError {
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

/// Nobody says anything.
struct Silence;

impl Traffic for Silence {
    fn next(&self) -> Time {
        Time::NEVER
    }

    fn act(&mut self, _crowd: &mut Crowd, _now: Time) {}
}

/// A closed loop: a few senders keep their windows full. A message is out of its window when the
/// sender's witness has heard it.
struct FanOut {
    start: Time,
    in_flight: usize,
    /// Each sender and where the crowd counts what its witness hears.
    senders: Vec<(Seat, usize)>,
}

impl FanOut {
    fn new(
        settings: &Settings,
        share: &Share,
        cast: &Cast,
        crowd: &mut Crowd,
        start: Time,
    ) -> Result<Self, LoadError> {
        let echoes = crowd.language().echoes();
        // Some may have been cut off since they were let in.
        let there = |seats: &[Seat]| -> Vec<Seat> {
            seats.iter().copied().filter(|seat| crowd.is_seated(*seat)).collect()
        };
        let (speakers, ears) = (there(&cast.speakers), there(&cast.listeners));
        let mut senders = Vec::new();
        for (place, speaker) in speakers.into_iter().take(share.senders).enumerate() {
            let own_ears = echoes && crowd.part(speaker) == Some(Part::Listener);
            let others = ears.iter().cycle().skip(place + 1).take(ears.len());
            let witness = match own_ears {
                true => Some(speaker),
                false => others.copied().find(|ear| *ear != speaker),
            };
            // Who is alone says nothing: nobody could tell that it was heard.
            if let Some(witness) = witness {
                senders.push((speaker, crowd.make_witness(witness, speaker.number)));
            }
        }
        if senders.is_empty() && share.senders > 0 {
            return Err(mute(settings, &crowd.tally));
        }
        Ok(Self { start, in_flight: settings.in_flight, senders })
    }
}

impl Traffic for FanOut {
    fn next(&self) -> Time {
        self.start
    }

    fn act(&mut self, crowd: &mut Crowd, now: Time) {
        for (sender, _) in &self.senders {
            crowd.say(*sender, sender.number, now, self.in_flight);
        }
        self.start = Time::NEVER;
    }

    fn after_turn(&mut self, crowd: &mut Crowd, now: Time) {
        for (sender, place) in &self.senders {
            // A server that says everything twice must not have us say ever more.
            let heard = std::mem::take(&mut crowd.credits()[*place]).min(self.in_flight);
            if heard > 0 {
                crowd.say(*sender, sender.number, now, heard);
            }
        }
    }
}

/// An open loop: everybody in turn, each message when it is due. Others may come and go meanwhile.
struct Chatter {
    schedule: Schedule,
    until: Time,
    speakers: Vec<Seat>,
    lateness: Recorder,
    churn: Schedule,
    passers: VecDeque<Seat>,
    /// Number of the next newcomer, and how far its successor's is.
    newcomer: u32,
    step: u32,
}

impl Chatter {
    fn new(
        settings: &Settings,
        share: &Share,
        cast: &Cast,
        times: Times,
    ) -> Result<Self, LoadError> {
        let Times { start, from, until } = times;
        let mut lateness = Recorder::new()?;
        lateness.open(from, until);
        let (index, processes) = (share.index, share.processes);
        // Where others speak for them, the listeners still set the rate.
        let per_second = settings.rate * cast.listeners.len() as f64;
        let churn = match settings.scenario {
            Scenario::Churn => settings.churn * share.clients as f64 / settings.clients as f64,
            _ => 0.0,
        };
        Ok(Self {
            schedule: Schedule::new(start, per_second, index, processes),
            until,
            speakers: cast.speakers.clone(),
            lateness,
            churn: Schedule::new(start, churn, index, processes),
            passers: cast.passers.iter().copied().collect(),
            newcomer: share.newcomer,
            step: processes as u32,
        })
    }

    fn replace_passer(&mut self, crowd: &mut Crowd) {
        self.passers.extend(crowd.take_seated());
        if let Some(seat) = self.passers.pop_front() {
            crowd.leave(seat);
        }
        crowd.open(self.newcomer, Part::Passer);
        self.newcomer = self.newcomer.wrapping_add(self.step);
    }
}

impl Traffic for Chatter {
    fn next(&self) -> Time {
        self.schedule.next().min(self.churn.next()).min(self.until)
    }

    fn act(&mut self, crowd: &mut Crowd, now: Time) {
        while let Some((number, due)) = self.schedule.take(now) {
            if due >= self.until || self.speakers.is_empty() {
                break;
            }
            let speaker = self.speakers[(number % self.speakers.len() as u64) as usize];
            if crowd.say(speaker, speaker.number, due, 1) {
                self.lateness.record(due, crowd.clock.now(), 1);
            }
        }
        while self.churn.take(now.min(self.until)).is_some() {
            self.replace_passer(crowd);
        }
    }

    fn lateness(&self) -> Option<&Recorder> {
        Some(&self.lateness)
    }
}
