//! Bans and mutes of one room.
//!
//! A ban is on a nickname, and on everything that looks like it, on a network, or on both; a mute
//! is on a nickname. Each has a number by which it can be lifted, since the address of a person is
//! shown to nobody. Who may impose one is left to the lobby.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::name::{NameKey, Nickname};
use super::network::Network;
use crate::time::Wall;

/// What is forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// To be in the room.
    Ban,
    /// To say anything there.
    Mute,
}

/// One ban or mute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    /// By which it is called; unique in its room.
    pub number: u32,
    /// What is forbidden.
    pub measure: Measure,
    /// Whom it is on, by name.
    pub name: Option<Nickname>,
    /// Whom it is on, by address.
    pub network: Option<Network>,
    /// When it ends, if ever.
    pub until: Option<Wall>,
    /// Who imposed it.
    pub by: Nickname,
    /// Why; may be empty.
    pub reason: SmolStr,
}

impl Sanction {
    fn is_over(&self, now: Wall) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    fn is_on(&self, key: &NameKey) -> bool {
        self.name.as_ref().is_some_and(|name| name.key() == *key)
    }
}

/// All that are in force in one room, and maybe some that are over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanctions(Vec<Sanction>);

impl Sanctions {
    /// What was kept of them.
    pub fn restored(kept: Vec<Sanction>) -> Self {
        Self(kept)
    }

    /// Imposes one, instead of any of the same kind on the same name and network, and gives it the
    /// next number. `None`: so many are in force already.
    pub(super) fn impose(
        &mut self,
        mut sanction: Sanction,
        now: Wall,
        most: usize,
    ) -> Option<&Sanction> {
        sanction.number = self.0.iter().map(|known| known.number).max().unwrap_or(0) + 1;
        let key = sanction.name.as_ref().map(Nickname::key);
        self.0.retain(|known| {
            let same = known.measure == sanction.measure
                && known.network == sanction.network
                && known.name.as_ref().map(Nickname::key) == key;
            !same && !known.is_over(now)
        });
        if self.0.len() >= most {
            return None;
        }
        self.0.push(sanction);
        self.0.last()
    }

    /// One in force of this kind, by the name it is on or by its number.
    pub(super) fn meant(&self, measure: Measure, named: &str, now: Wall) -> Option<&Sanction> {
        let is_meant = self.is_meant(measure, named);
        self.in_force(now).find(|known| is_meant(known))
    }

    /// Lifts all of one kind that are on this name, or the one of this number.
    pub(super) fn lift(&mut self, measure: Measure, named: &str) {
        let is_meant = self.is_meant(measure, named);
        self.0.retain(|known| !is_meant(known));
    }

    /// Whether somebody who names a sanction so means this one: that of this number or, if there is
    /// none, those on this name.
    fn is_meant(&self, measure: Measure, named: &str) -> impl Fn(&Sanction) -> bool + use<> {
        let number = named.parse::<u32>().ok();
        let numbered = |known: &Sanction| known.measure == measure && Some(known.number) == number;
        let is_number = self.0.iter().any(numbered);
        let key = NameKey::of(named);
        move |known| {
            known.measure == measure
                && if is_number { Some(known.number) == number } else { known.is_on(&key) }
        }
    }

    /// The ban on this name or this network.
    pub(super) fn ban_on(
        &self,
        name: &Nickname,
        network: Option<Network>,
        now: Wall,
    ) -> Option<&Sanction> {
        let from_there = |known: &Sanction| known.network.is_some() && known.network == network;
        self.find(Measure::Ban, now, name, from_there)
    }

    /// The mute on this name.
    pub(super) fn mute_on(&self, name: &Nickname, now: Wall) -> Option<&Sanction> {
        self.find(Measure::Mute, now, name, |_| false)
    }

    /// All that are in force, oldest first.
    pub fn in_force(&self, now: Wall) -> impl Iterator<Item = &Sanction> {
        self.0.iter().filter(move |known| !known.is_over(now))
    }

    /// All of them, those that are over included: to be kept.
    pub fn iter(&self) -> impl Iterator<Item = &Sanction> {
        self.0.iter()
    }

    /// The key of a name is dear, so it is made only where something is looked for.
    fn find(
        &self,
        measure: Measure,
        now: Wall,
        name: &Nickname,
        otherwise: impl Fn(&Sanction) -> bool,
    ) -> Option<&Sanction> {
        if self.0.iter().all(|known| known.measure != measure) {
            return None;
        }
        let key = name.key();
        let mut all = self.in_force(now).filter(|known| known.measure == measure);
        all.find(|known| known.is_on(&key) || otherwise(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::name::Alphabet;

    fn nickname(name: &str) -> Nickname {
        Nickname::parse(name, Alphabet::Ascii).unwrap()
    }

    fn ban(name: &str, network: Option<&str>, until: Option<u64>) -> Sanction {
        Sanction {
            number: 0,
            measure: Measure::Ban,
            name: (!name.is_empty()).then(|| nickname(name)),
            network: network.and_then(|network| Network::of(network.parse().unwrap())),
            until: until.map(Wall::from_millis),
            by: nickname("olga"),
            reason: SmolStr::default(),
        }
    }

    fn at(millis: u64) -> Wall {
        Wall::from_millis(millis)
    }

    #[test]
    fn a_ban_is_on_a_name_and_what_looks_like_it() {
        let mut sanctions = Sanctions::default();
        assert!(sanctions.impose(ban("modem", None, Some(10)), at(0), 3).is_some());
        assert!(sanctions.ban_on(&nickname("MODEM"), None, at(9)).is_some());
        assert!(sanctions.ban_on(&nickname("rnodem"), None, at(9)).is_some());
        assert!(sanctions.ban_on(&nickname("modern"), None, at(9)).is_some(), "rn looks like m");
        assert!(sanctions.ban_on(&nickname("model"), None, at(9)).is_none());
        assert!(sanctions.mute_on(&nickname("modem"), at(9)).is_none());
        assert!(sanctions.ban_on(&nickname("modem"), None, at(10)).is_none(), "it is over");
    }

    #[test]
    fn a_ban_on_an_address_is_on_its_subscriber() {
        let mut sanctions = Sanctions::default();
        let four = Network::of("::ffff:192.0.2.7".parse().unwrap());
        let six = Network::of("2001:db8::99".parse().unwrap());
        sanctions.impose(ban("", Some("192.0.2.7"), None), at(0), 3);
        sanctions.impose(ban("", Some("2001:db8::1"), None), at(0), 3);
        assert!(sanctions.ban_on(&nickname("bob"), four, at(0)).is_some());
        assert!(sanctions.ban_on(&nickname("bob"), six, at(0)).is_some());
        assert!(sanctions.ban_on(&nickname("bob"), None, at(0)).is_none());
    }

    #[test]
    fn a_second_ban_takes_the_place_of_the_first_and_the_list_is_bounded() {
        let mut sanctions = Sanctions::default();
        for name in ["bob", "carol", "BOB"] {
            assert!(sanctions.impose(ban(name, None, Some(5)), at(0), 2).is_some(), "{name}");
        }
        assert_eq!(sanctions.in_force(at(0)).count(), 2);
        assert!(sanctions.impose(ban("dave", None, None), at(0), 2).is_none());
        assert!(sanctions.impose(ban("dave", None, None), at(5), 2).is_some(), "two are over");
        let numbers: Vec<u32> = sanctions.iter().map(|known| known.number).collect();
        assert_eq!(numbers.len(), 1);
    }

    #[test]
    fn sanctions_are_lifted_by_name_or_number() {
        let mut sanctions = Sanctions::default();
        sanctions.impose(ban("bob", Some("192.0.2.7"), None), at(0), 9);
        sanctions.impose(ban("", Some("192.0.2.9"), None), at(0), 9);
        assert!(sanctions.meant(Measure::Mute, "bob", at(0)).is_none());
        for named in ["Bob", "2"] {
            assert!(sanctions.meant(Measure::Ban, named, at(0)).is_some());
            sanctions.lift(Measure::Ban, named);
            assert!(sanctions.meant(Measure::Ban, named, at(0)).is_none());
        }
        assert_eq!(sanctions, Sanctions::default());
    }
}
