//! Those we talk with: who is there, what they are called, what they say, and who has gone.
//!
//! No socket and no clock: datagrams and the time are handed in, and what has happened is added to
//! the caller's list. That what is said arrives is left to `lines`, names to `partner`.
//!
//! Invariants: a slot has one partner at most; who is gone stays gone and is sent nothing more.

use super::lines::{Heard, Lines};
use super::news::News;
use super::partner::Partner;
use crate::limits::FAREWELLS;
use crate::peer::group::Peer;
use crate::peer::protocol::Path;
use crate::text::clean;
use crate::time::Time;

/// All partners, and what holds for each of them.
pub(super) struct Company {
    own_name: String,
    partners: Vec<Partner>,
    /// We have said that we say no more.
    has_ended: bool,
    /// When anything last came from anybody, or we ended.
    pub(super) heard: Time,
}

impl Company {
    /// Nobody is there yet. We want to be called so.
    pub(super) fn new(now: Time, own_name: &str) -> Self {
        let own_name = own_name.to_owned();
        Self { own_name, partners: Vec::new(), has_ended: false, heard: now }
    }

    /// Those who are there.
    pub(super) fn present(&self) -> impl Iterator<Item = &Partner> {
        self.partners.iter().filter(|partner| !partner.is_gone)
    }

    fn present_mut(&mut self) -> impl Iterator<Item = &mut Partner> {
        self.partners.iter_mut().filter(|partner| !partner.is_gone)
    }

    /// Whether nobody is there.
    pub(super) fn is_empty(&self) -> bool {
        self.present().next().is_none()
    }

    /// Whether somebody of this slot is or was there.
    pub(super) fn knows(&self, slot: u8) -> bool {
        self.partners.iter().any(|partner| partner.slot == slot)
    }

    /// The names of those who went before they had all that was said.
    pub(super) fn lost(&self) -> impl Iterator<Item = String> {
        let lost = self.partners.iter().filter(|partner| partner.is_lost);
        lost.map(|partner| partner.name().to_owned())
    }

    /// Somebody is reached, perhaps later than the others: what is said from now on is for them,
    /// too.
    pub(super) fn greet(&mut self, now: Time, peer: Peer, news: &mut Vec<News>) {
        let Some((path, rtt)) = peer.path else { return };
        let lines = Lines::new(now, rtt, &self.own_name);
        let mut partner = Partner::new(peer.slot, peer.nickname, lines);
        news.push(News::Met { name: partner.name().to_owned(), path, rtt });
        if self.has_ended {
            partner.lines.end(now);
        }
        self.partners.push(partner);
    }

    /// Somebody who was there is reached in another way, or again.
    pub(super) fn move_to(&self, slot: u8, path: Path, news: &mut Vec<News>) {
        if let Some(partner) = self.partners.iter().find(|partner| partner.slot == slot) {
            news.push(News::Moved { name: partner.name().to_owned(), path });
        }
    }

    /// Nothing is heard of somebody any more.
    pub(super) fn miss(&mut self, slot: u8, news: &mut Vec<News>) {
        if let Some(partner) = self.present_mut().find(|partner| partner.slot == slot) {
            let lost = partner.go();
            news.push(News::Silent { name: partner.name().to_owned(), lost });
        }
    }

    /// Says a line to all who are there.
    pub(super) fn say(&mut self, now: Time, line: &[u8]) {
        self.present_mut().for_each(|partner| partner.lines.say(now, line));
    }

    /// Says that we shall say no more.
    pub(super) fn end(&mut self, now: Time) {
        (self.has_ended, self.heard) = (true, now);
        self.present_mut().for_each(|partner| partner.lines.end(now));
    }

    /// The datagrams that say that we leave, and to whom.
    pub(super) fn farewells(&self) -> Vec<(u8, Vec<u8>)> {
        let each = self.present().map(|partner| (partner.slot, partner.lines.farewell()));
        each.flat_map(|farewell| std::iter::repeat_n(farewell, FAREWELLS)).collect()
    }

    /// Takes what somebody has sent.
    pub(super) fn receive(&mut self, now: Time, slot: u8, data: &[u8], news: &mut Vec<News>) {
        let Some(at) = self.partners.iter().position(|partner| partner.slot == slot) else {
            return;
        };
        let Some(partner) = self.partners.get_mut(at) else { return };
        self.heard = now;
        partner.lines.receive(now, data);
        while let Some(heard) = self.partners.get_mut(at).and_then(|p| p.lines.hear()) {
            news.extend(self.hear(at, heard));
        }
    }

    fn hear(&mut self, at: usize, heard: Heard) -> Option<News> {
        let others = self.partners.iter().enumerate().filter(|(other, _)| *other != at);
        let taken: Vec<String> = others.map(|(_, other)| other.name().to_owned()).collect();
        let partner = self.partners.get_mut(at)?;
        match heard {
            Heard::Name(name) => {
                let was = partner.call(&name, &taken)?;
                Some(News::Renamed { was, name: partner.name().to_owned() })
            }
            Heard::Line(text) => {
                let text = clean(&String::from_utf8_lossy(&text)).into_owned();
                Some(News::Said { name: partner.name().to_owned(), text })
            }
            Heard::End => {
                partner.has_ended = true;
                None
            }
            Heard::Gone if partner.is_gone => None,
            Heard::Gone => {
                let lost = partner.go();
                Some(News::Left { name: partner.name().to_owned(), lost })
            }
        }
    }

    /// When [`Self::expire`] is due.
    pub(super) fn due(&self) -> Time {
        self.present().map(|partner| partner.lines.due()).min().unwrap_or(Time::NEVER)
    }

    /// Sends what is due, and gives up who confirms nothing.
    pub(super) fn expire(&mut self, now: Time, news: &mut Vec<News>) {
        for partner in self.partners.iter_mut().filter(|partner| !partner.is_gone) {
            partner.lines.expire(now);
            if partner.lines.is_hopeless(now) {
                (partner.is_gone, partner.is_lost) = (true, true);
                news.push(News::Mute { name: partner.name().to_owned() });
            }
        }
    }

    /// The next datagram to send, and to whom.
    pub(super) fn transmit(&mut self) -> Option<(u8, Vec<u8>)> {
        for partner in &mut self.partners {
            while let Some(bytes) = partner.lines.transmit() {
                // Whoever leaves and talks on is not answered; that must not pile up.
                if !partner.is_gone {
                    return Some((partner.slot, bytes));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limits::SPEECH_PATIENCE;

    fn peer(slot: u8, nickname: &str) -> Peer {
        let path = Some((Path::Relay, Duration::from_millis(20)));
        Peer { slot, nickname: Some(nickname.to_owned()), path }
    }

    /// We and two others, who have been greeted.
    fn of_three() -> Company {
        let (mut company, mut news) = (Company::new(Time::ZERO, "ann"), vec![]);
        company.greet(Time::ZERO, peer(2, "ben"), &mut news);
        company.greet(Time::ZERO, peer(3, "cid"), &mut news);
        assert!(matches!(&news[..], [News::Met { .. }, News::Met { .. }]), "{news:?}");
        company
    }

    /// What we send now, and to whom.
    fn sent(company: &mut Company, now: Time) -> Vec<(u8, Vec<u8>)> {
        company.expire(now, &mut vec![]);
        std::iter::from_fn(|| company.transmit()).collect()
    }

    #[test]
    fn who_has_left_and_talks_on_is_sent_nothing() {
        let (mut company, mut news) = (of_three(), vec![]);
        let mut ben = Lines::new(Time::ZERO, Duration::ZERO, "");
        company.receive(Time::ZERO, 2, &ben.farewell(), &mut news);
        ben.expire(Time::ZERO);
        company.receive(Time::ZERO, 2, &ben.transmit().unwrap(), &mut news);
        assert_eq!(news, [News::Left { name: "ben".to_owned(), lost: false }]);
        assert!(sent(&mut company, Time::ZERO).iter().all(|(slot, _)| *slot == 3));
        assert!(company.farewells().iter().all(|(slot, _)| *slot == 3));
        assert!(company.knows(2) && !company.is_empty());
    }

    #[test]
    fn who_is_silent_or_confirms_nothing_is_given_up_once() {
        let (mut company, mut news) = (of_three(), vec![]);
        company.say(Time::ZERO, b"hello?");
        company.miss(2, &mut news);
        company.miss(2, &mut news);
        assert_eq!(news, [News::Silent { name: "ben".to_owned(), lost: true }]);
        news.clear();
        let late = Time::at(SPEECH_PATIENCE);
        company.expire(late, &mut news);
        company.expire(late, &mut news);
        assert_eq!(news, [News::Mute { name: "cid".to_owned() }]);
        assert!(company.is_empty() && company.due() == Time::NEVER);
        assert_eq!(company.lost().collect::<Vec<_>>(), ["ben", "cid"]);
    }

    #[test]
    fn who_comes_late_learns_that_we_have_ended() {
        let mut company = of_three();
        company.end(Time::ZERO);
        company.greet(Time::ZERO, peer(4, "dan"), &mut vec![]);
        let mut dan = Lines::new(Time::ZERO, Duration::ZERO, "");
        for (_, bytes) in sent(&mut company, Time::ZERO).iter().filter(|(slot, _)| *slot == 4) {
            assert!(dan.receive(Time::ZERO, bytes));
        }
        let heard: Vec<Heard> = std::iter::from_fn(|| dan.hear()).collect();
        assert_eq!(heard, [Heard::Name(b"ann".to_vec()), Heard::End]);
    }
}
