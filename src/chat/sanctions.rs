//! Bans and mutes of one room.
//!
//! A ban is on a nickname, and on everything that looks like it, on a network, or on both; a mute
//! is on a nickname. Each has a number by which it can be revoked, since the address of a person is
//! shown to nobody. Who may impose one is left to the lobby.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::name::{NameKey, Nickname};
use super::network::Network;
use crate::time::UnixTime;

/// The kind of a sanction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SanctionKind {
    /// Its target may not be in the room.
    Ban,
    /// Its target may say nothing in the room.
    Mute,
}

/// One ban or mute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    /// The number by which it can be revoked; unique in its room.
    pub number: u32,
    /// Ban or mute.
    pub kind: SanctionKind,
    /// The nickname that it is on.
    pub name: Option<Nickname>,
    /// The network that it is on.
    pub network: Option<Network>,
    /// The moment at which it ends; `None`: never.
    pub until: Option<UnixTime>,
    /// The nickname of whoever imposed it.
    pub by: Nickname,
    /// The reason; may be empty.
    pub reason: SmolStr,
}

/// A sanction with the key of the name that it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeyedSanction {
    sanction: Sanction,
    key: Option<NameKey>,
}

impl KeyedSanction {
    fn of(sanction: Sanction) -> Self {
        let key = sanction.name.as_ref().map(Nickname::key);
        Self { sanction, key }
    }

    /// Whether both are of the same kind on the same name and network.
    fn is_like(&self, other: &Self) -> bool {
        self.key == other.key
            && self.sanction.kind == other.sanction.kind
            && self.sanction.network == other.sanction.network
    }
}

impl Sanction {
    fn is_over(&self, now: UnixTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// Numbers of sanctions, the oldest first.
type Numbers = SmallVec<[u32; 2]>;

/// The sanctions in force in one room, and maybe some that are over.
///
/// They are looked up for each message and for each newcomer, so they are indexed by the key of the
/// name and by network. The key of a name is costly: a look-up makes it once.
///
/// Invariant: `by_name` and `by_network` hold the number of each that is on a name or a network.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Sanction>", into = "Vec<Sanction>")]
pub struct Sanctions {
    /// By number, and so from the oldest on.
    all: BTreeMap<u32, KeyedSanction>,
    by_name: BTreeMap<NameKey, Numbers>,
    by_network: BTreeMap<Network, Numbers>,
    /// The number of mutes.
    mutes: usize,
}

impl Sanctions {
    /// Restores stored sanctions.
    pub fn restored(mut kept: Vec<Sanction>) -> Self {
        let mut sanctions = Self::default();
        kept.sort_by_key(|sanction| sanction.number);
        kept.into_iter().for_each(|sanction| sanctions.insert(KeyedSanction::of(sanction)));
        sanctions
    }

    /// Imposes one, instead of any of the same kind on the same name and network, and gives it the
    /// next number. `None`: so many are in force already.
    pub(super) fn impose(
        &mut self,
        mut sanction: Sanction,
        now: UnixTime,
        most: usize,
    ) -> Option<&Sanction> {
        let number = self.all.last_key_value().map_or(0, |(last, _)| *last).checked_add(1)?;
        sanction.number = number;
        let new = KeyedSanction::of(sanction);
        let makes_way = |(_, known): &(&u32, &KeyedSanction)| {
            known.is_like(&new) || known.sanction.is_over(now)
        };
        let gone: Vec<u32> = self.all.iter().filter(makes_way).map(|(number, _)| *number).collect();
        gone.into_iter().for_each(|number| self.remove(number));
        if self.all.len() >= most {
            return None;
        }
        self.insert(new);
        self.all.get(&number).map(|known| &known.sanction)
    }

    /// Whether this one could be imposed.
    pub(super) fn has_place(&self, sanction: &Sanction, now: UnixTime, most: usize) -> bool {
        let new = KeyedSanction::of(sanction.clone());
        let stays = |known: &&KeyedSanction| !known.is_like(&new) && !known.sanction.is_over(now);
        let is_last = self.all.contains_key(&u32::MAX);
        !is_last && self.all.values().filter(stays).count() < most
    }

    /// Finds a sanction of this kind in force, by the name it is on or by its number.
    pub(super) fn meant(
        &self,
        kind: SanctionKind,
        named: &str,
        now: UnixTime,
    ) -> Option<&Sanction> {
        self.first(kind, now, &self.numbers_meant(kind, named))
    }

    /// Revokes all of one kind that are on this name, or the one of this number.
    pub(super) fn revoke(&mut self, kind: SanctionKind, named: &str) {
        self.numbers_meant(kind, named).into_iter().for_each(|number| self.remove(number));
    }

    /// The ban on this name or this network.
    pub(super) fn ban_on(
        &self,
        name: &Nickname,
        network: Option<Network>,
        now: UnixTime,
    ) -> Option<&Sanction> {
        if self.all.len() == self.mutes {
            return None;
        }
        let by_network = network.and_then(|network| self.by_network.get(&network));
        let from_there = by_network.and_then(|numbers| self.first(SanctionKind::Ban, now, numbers));
        let by_name = self.first(SanctionKind::Ban, now, self.numbers_on(&name.key()));
        by_name.into_iter().chain(from_there).min_by_key(|ban| ban.number)
    }

    /// Whether somebody from this network is banned, whatever the name.
    pub(super) fn keeps_out(&self, network: Network, now: UnixTime) -> bool {
        let numbers = self.by_network.get(&network);
        numbers.is_some_and(|numbers| self.first(SanctionKind::Ban, now, numbers).is_some())
    }

    /// The mute on this name.
    pub(super) fn mute_on(&self, name: &Nickname, now: UnixTime) -> Option<&Sanction> {
        if self.mutes == 0 {
            return None;
        }
        self.first(SanctionKind::Mute, now, self.numbers_on(&name.key()))
    }

    /// The number of sanctions, those that are over included.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The sanctions in force, oldest first.
    pub fn in_force(&self, now: UnixTime) -> impl Iterator<Item = &Sanction> {
        self.iter().filter(move |known| !known.is_over(now))
    }

    /// All sanctions, those that are over included: to be stored.
    pub fn iter(&self) -> impl Iterator<Item = &Sanction> {
        self.all.values().map(|known| &known.sanction)
    }

    /// The oldest of these that is in force and of this kind.
    fn first(&self, kind: SanctionKind, now: UnixTime, numbers: &[u32]) -> Option<&Sanction> {
        let known = numbers.iter().filter_map(|number| self.all.get(number));
        let mut known = known.map(|known| &known.sanction);
        known.find(|known| known.kind == kind && !known.is_over(now))
    }

    fn numbers_on(&self, key: &NameKey) -> &[u32] {
        self.by_name.get(key).map_or(&[], SmallVec::as_slice)
    }

    /// The numbers of the sanctions that are named so: the one of this number or, if there is none,
    /// those on this name.
    fn numbers_meant(&self, kind: SanctionKind, named: &str) -> Numbers {
        let is_of_kind =
            |number: &u32| self.all.get(number).is_some_and(|it| it.sanction.kind == kind);
        match named.parse().ok().filter(is_of_kind) {
            Some(number) => smallvec![number],
            None => {
                let on_name = self.numbers_on(&NameKey::of(named)).iter().copied();
                on_name.filter(is_of_kind).collect()
            }
        }
    }

    /// Takes one in whose number is higher than that of all others. Of two with one number, which
    /// nobody can have imposed, the first counts.
    fn insert(&mut self, known: KeyedSanction) {
        let Sanction { number, kind, network, .. } = known.sanction;
        let Entry::Vacant(place) = self.all.entry(number) else { return };
        if let Some(key) = &known.key {
            self.by_name.entry(key.clone()).or_default().push(number);
        }
        if let Some(network) = network {
            self.by_network.entry(network).or_default().push(number);
        }
        self.mutes += usize::from(kind == SanctionKind::Mute);
        place.insert(known);
    }

    fn remove(&mut self, number: u32) {
        let Some(KeyedSanction { sanction, key }) = self.all.remove(&number) else { return };
        self.mutes -= usize::from(sanction.kind == SanctionKind::Mute);
        if let Some(key) = key {
            forget(&mut self.by_name, &key, number);
        }
        if let Some(network) = sanction.network {
            forget(&mut self.by_network, &network, number);
        }
    }

    /// Panics where the invariant does not hold. For tests.
    pub(super) fn check_invariants(&self) {
        let named = self.by_name.values().map(SmallVec::len).sum::<usize>();
        let networks = self.by_network.values().map(SmallVec::len).sum::<usize>();
        assert_eq!(named, self.iter().filter(|known| known.name.is_some()).count());
        assert_eq!(networks, self.iter().filter(|known| known.network.is_some()).count());
        let mutes = self.iter().filter(|known| known.kind == SanctionKind::Mute).count();
        assert_eq!(self.mutes, mutes);
    }
}

/// Takes a number off a list; a list without numbers is none.
fn forget<K: Ord>(lists: &mut BTreeMap<K, Numbers>, key: &K, number: u32) {
    let Some(numbers) = lists.get_mut(key) else { return };
    numbers.retain(|other| *other != number);
    if numbers.is_empty() {
        lists.remove(key);
    }
}

impl PartialEq for Sanctions {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl Eq for Sanctions {}

impl From<Vec<Sanction>> for Sanctions {
    fn from(kept: Vec<Sanction>) -> Self {
        Self::restored(kept)
    }
}

impl From<Sanctions> for Vec<Sanction> {
    fn from(sanctions: Sanctions) -> Self {
        sanctions.all.into_values().map(|known| known.sanction).collect()
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
            kind: SanctionKind::Ban,
            name: (!name.is_empty()).then(|| nickname(name)),
            network: network.and_then(|network| Network::of(network.parse().unwrap())),
            until: until.map(UnixTime::from_millis),
            by: nickname("olga"),
            reason: SmolStr::default(),
        }
    }

    fn at(millis: u64) -> UnixTime {
        UnixTime::from_millis(millis)
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
    fn sanctions_are_revoked_by_name_or_number() {
        let mut sanctions = Sanctions::default();
        sanctions.impose(ban("bob", Some("192.0.2.7"), None), at(0), 9);
        sanctions.impose(ban("", Some("192.0.2.9"), None), at(0), 9);
        assert!(sanctions.meant(SanctionKind::Mute, "bob", at(0)).is_none());
        for named in ["Bob", "2"] {
            assert!(sanctions.meant(SanctionKind::Ban, named, at(0)).is_some());
            sanctions.revoke(SanctionKind::Ban, named);
            assert!(sanctions.meant(SanctionKind::Ban, named, at(0)).is_none());
        }
        assert_eq!(sanctions, Sanctions::default());
    }

    /// A name that nobody else here has, in an alphabet whose keys are dear.
    fn cyrillic(number: u32) -> Nickname {
        let letter = |at: u32| char::from_u32(0x430 + (number >> (4 * at) & 15)).unwrap();
        Nickname::parse(&(0..4).map(letter).collect::<String>(), Alphabet::Unicode).unwrap()
    }

    #[test]
    fn however_many_there_are_one_look_makes_one_key() {
        for kind in [SanctionKind::Ban, SanctionKind::Mute] {
            let mut sanctions = Sanctions::default();
            for number in 0..2_000 {
                let name = Some(cyrillic(number));
                let sanction = Sanction { kind, name, ..ban("", None, None) };
                assert!(sanctions.impose(sanction, at(0), 2_000).is_some());
            }
            let (known, unknown) = (cyrillic(1_234), cyrillic(5_000));
            let before = NameKey::made();
            assert!(sanctions.ban_on(&unknown, None, at(0)).is_none());
            assert!(sanctions.mute_on(&unknown, at(0)).is_none());
            assert!(sanctions.meant(kind, known.as_str(), at(0)).is_some());
            sanctions.revoke(kind, known.as_str());
            assert!(sanctions.meant(kind, known.as_str(), at(0)).is_none());
            assert!(NameKey::made() - before <= 5, "{} keys were made", NameKey::made() - before);
            sanctions.check_invariants();
        }
    }

    #[test]
    fn the_oldest_counts_and_what_is_handed_over_is_the_same_list() {
        let mut sanctions = Sanctions::default();
        let from = Network::of("192.0.2.7".parse().unwrap());
        sanctions.impose(ban("bob", None, Some(9)), at(0), 9);
        sanctions.impose(ban("", Some("192.0.2.7"), None), at(0), 9);
        sanctions.impose(ban("bob", Some("192.0.2.7"), None), at(0), 9);
        sanctions.impose(Sanction { kind: SanctionKind::Mute, ..ban("bob", None, None) }, at(0), 9);
        let found = |who: &str, network, millis| {
            sanctions.ban_on(&nickname(who), network, at(millis)).map(|known| known.number)
        };
        assert_eq!((found("bob", from, 0), found("bob", None, 0)), (Some(1), Some(1)));
        assert_eq!((found("bob", from, 9), found("bob", None, 9)), (Some(2), Some(3)));
        assert_eq!((found("eve", from, 0), found("eve", None, 0)), (Some(2), None));
        let written = serde_json::to_string(&sanctions).unwrap();
        assert!(written.starts_with(r#"[{"number":1,"kind":"Ban","name":"bob","#), "{written}");
        let read: Sanctions = serde_json::from_str(&written).unwrap();
        assert_eq!(read, sanctions);
        read.check_invariants();
        assert!(read.mute_on(&nickname("B0B"), at(0)).is_some());
    }
}
