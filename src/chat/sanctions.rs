//! Bans and mutes of one room, and exceptions from what keeps people out.
//!
//! A ban is on a nickname, and on everything that looks like it, on a network, or on both; a mute
//! is on a nickname. Either may be on a mask instead, and exceptions always are. Each has a number
//! by which it can be revoked, since the address of a person is shown to nobody. Who may impose one
//! is left to the lobby.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::mask::{Looks, Mask, Pattern};
use super::name::{NameKey, Nickname};
use super::network::Network;
use super::person::Person;
use crate::time::UnixTime;

/// The kind of a sanction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SanctionKind {
    /// Its target may not be in the room.
    Ban,
    /// Its target may say nothing in the room.
    Mute,
    /// No ban or mute is on its target.
    BanException,
    /// Its target may come in where one has to be invited.
    InviteException,
}

impl SanctionKind {
    /// The letter of the list that it is on: bans and mutes are on one.
    pub fn letter(self) -> char {
        match self {
            Self::Ban | Self::Mute => 'b',
            Self::BanException => 'e',
            Self::InviteException => 'I',
        }
    }
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
    /// The mask that it is on; then there is neither name nor network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<Mask>,
    /// A ban that has put nobody out: who is there stays, and may not speak.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_quiet: bool,
    /// The moment at which it was imposed; 0: it is not known.
    #[serde(default)]
    pub at: UnixTime,
    /// The moment at which it ends; `None`: never.
    pub until: Option<UnixTime>,
    /// The nickname of whoever imposed it.
    pub by: Nickname,
    /// The reason; may be empty.
    pub reason: SmolStr,
}

/// A sanction with the key of the name, or the pattern of the mask, that it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeyedSanction {
    sanction: Sanction,
    key: Option<NameKey>,
    pattern: Option<Pattern>,
}

impl KeyedSanction {
    fn of(sanction: Sanction) -> Self {
        let key = sanction.name.as_ref().map(Nickname::key);
        let pattern = sanction.mask.as_ref().map(Mask::pattern);
        Self { sanction, key, pattern }
    }

    /// Whether both are of the same kind on the same name and network, or on the same mask.
    fn is_like(&self, other: &Self) -> bool {
        let masks = match (&self.sanction.mask, &other.sanction.mask) {
            (Some(one), Some(other)) => one.is_like(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        self.key == other.key
            && self.sanction.kind == other.sanction.kind
            && self.sanction.network == other.sanction.network
            && masks
    }
}

impl Sanction {
    fn is_over(&self, now: UnixTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether it has somebody stay and be silent.
    fn silences(&self) -> bool {
        self.is_quiet || self.kind == SanctionKind::Mute
    }
}

/// Numbers of sanctions, the oldest first.
type Numbers = SmallVec<[u32; 2]>;

/// The sanctions in force in one room, and maybe some that are over.
///
/// They are looked up for each message and for each newcomer, so they are indexed by the key of the
/// name and by network. The key of a name is costly: a look-up makes it once. Who is muted is asked
/// for each message, so what was found is remembered.
///
/// Invariant: `by_name`, `by_network` and `by_mask` hold the number of each that is on a name, a
/// network or a mask.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Sanction>", into = "Vec<Sanction>")]
pub struct Sanctions {
    /// By number, and so from the oldest on.
    all: BTreeMap<u32, KeyedSanction>,
    by_name: BTreeMap<NameKey, Numbers>,
    by_network: BTreeMap<Network, Numbers>,
    /// Those that are on masks, oldest first. They are looked through one by one.
    by_mask: Vec<u32>,
    /// How many are of each kind.
    counts: [usize; 4],
    /// The number of those that silence somebody who is there.
    silencing: usize,
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
        if self.on_list(new.sanction.kind) >= most {
            return None;
        }
        self.insert(new);
        self.all.get(&number).map(|known| &known.sanction)
    }

    /// Whether this one could be imposed.
    pub(super) fn has_place(&self, sanction: &Sanction, now: UnixTime, most: usize) -> bool {
        let new = KeyedSanction::of(sanction.clone());
        let list = sanction.kind.letter();
        let stays = |known: &&KeyedSanction| {
            let is_there = known.sanction.kind.letter() == list;
            is_there && !known.is_like(&new) && !known.sanction.is_over(now)
        };
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
        self.first(|known| known.kind == kind, now, &self.numbers_meant(kind, named))
    }

    /// Revokes all of one kind that are on this name, or the one of this number.
    pub(super) fn revoke(&mut self, kind: SanctionKind, named: &str) {
        self.numbers_meant(kind, named).into_iter().for_each(|number| self.remove(number));
    }

    /// The one of this number.
    fn numbered(&self, number: u32) -> Option<&Sanction> {
        self.all.get(&number).map(|known| &known.sanction)
    }

    /// The ban on this person, who comes from there.
    pub(super) fn ban_on(
        &self,
        person: Person<'_>,
        network: Option<Network>,
        now: UnixTime,
    ) -> Option<&Sanction> {
        if self.counts[SanctionKind::Ban as usize] == 0 {
            return None;
        }
        let by_network = network.and_then(|network| self.by_network.get(&network));
        let is_ban = |known: &Sanction| known.kind == SanctionKind::Ban;
        let from_there = by_network.and_then(|numbers| self.first(is_ban, now, numbers));
        let by_name = self.first(is_ban, now, self.numbers_on(&person.nickname().key()));
        let by_mask = self.on_masks(is_ban, person, now);
        let ban = by_name.into_iter().chain(from_there).chain(by_mask).min_by_key(|it| it.number);
        ban.filter(|_| !self.is_excepted(SanctionKind::BanException, person, now))
    }

    /// The ban on this network, whatever the name.
    pub(super) fn ban_from(&self, network: Network, now: UnixTime) -> Option<&Sanction> {
        let is_ban = |known: &Sanction| known.kind == SanctionKind::Ban;
        self.first(is_ban, now, self.by_network.get(&network)?)
    }

    /// Whether anybody who is here may be silenced.
    pub(super) fn silence_somebody(&self) -> bool {
        self.silencing > 0
    }

    /// The mute on this person, or the ban on it that has let it stay.
    pub(super) fn mute_on(&self, person: Person<'_>, now: UnixTime) -> Option<&Sanction> {
        if self.silencing == 0 {
            return None;
        }
        let by_name =
            self.first(Sanction::silences, now, self.numbers_on(&person.nickname().key()));
        let by_mask = self.on_masks(Sanction::silences, person, now);
        let mute = by_name.into_iter().chain(by_mask).min_by_key(|it| it.number);
        mute.filter(|_| !self.is_excepted(SanctionKind::BanException, person, now))
    }

    /// Whether an exception of this kind is on this person.
    pub(super) fn is_excepted(
        &self,
        kind: SanctionKind,
        person: Person<'_>,
        now: UnixTime,
    ) -> bool {
        let is_kind = |known: &Sanction| known.kind == kind;
        self.counts[kind as usize] > 0 && self.on_masks(is_kind, person, now).is_some()
    }

    /// How many are on the list of this kind, those that are over included.
    pub(super) fn on_list(&self, kind: SanctionKind) -> usize {
        match kind {
            SanctionKind::Ban | SanctionKind::Mute => {
                self.counts[SanctionKind::Ban as usize] + self.counts[SanctionKind::Mute as usize]
            }
            SanctionKind::BanException | SanctionKind::InviteException => {
                self.counts[kind as usize]
            }
        }
    }

    /// How many on the list of this kind are on masks, those that are over included.
    pub(super) fn masks_on(&self, kind: SanctionKind) -> usize {
        let known = self.by_mask.iter().filter_map(|number| self.numbered(*number));
        known.filter(|known| known.kind.letter() == kind.letter()).count()
    }

    /// The one in force of the same kind on the same name and network, or mask.
    pub(super) fn find_like(&self, sanction: &Sanction, now: UnixTime) -> Option<&Sanction> {
        let new = KeyedSanction::of(sanction.clone());
        let mut known = self.all.values().filter(|known| !known.sanction.is_over(now));
        known.find(|known| known.is_like(&new)).map(|known| &known.sanction)
    }

    /// The oldest of those with this quality that is on a mask of this person.
    fn on_masks(
        &self,
        has_quality: impl Fn(&Sanction) -> bool,
        person: Person<'_>,
        now: UnixTime,
    ) -> Option<&Sanction> {
        let known = self.by_mask.iter().filter_map(|number| self.all.get(number));
        let mut known =
            known.filter(|it| has_quality(&it.sanction) && !it.sanction.is_over(now)).peekable();
        known.peek()?;
        let looks = Looks::of(person);
        let fits = |it: &&KeyedSanction| it.pattern.as_ref().is_some_and(|it| it.fits(&looks));
        known.find(fits).map(|known| &known.sanction)
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

    /// The oldest of these that is in force and has this quality.
    fn first(
        &self,
        has_quality: impl Fn(&Sanction) -> bool,
        now: UnixTime,
        numbers: &[u32],
    ) -> Option<&Sanction> {
        let known = numbers.iter().filter_map(|number| self.all.get(number));
        let mut known = known.map(|known| &known.sanction);
        known.find(|known| has_quality(known) && !known.is_over(now))
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
        if known.sanction.mask.is_some() {
            self.by_mask.push(number);
        }
        self.counts[kind as usize] += 1;
        self.silencing += usize::from(known.sanction.silences());
        place.insert(known);
    }

    fn remove(&mut self, number: u32) {
        let Some(KeyedSanction { sanction, key, .. }) = self.all.remove(&number) else { return };
        self.counts[sanction.kind as usize] -= 1;
        self.silencing -= usize::from(sanction.silences());
        if sanction.mask.is_some() {
            self.by_mask.retain(|other| *other != number);
        }
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
        assert_eq!(self.by_mask.len(), self.iter().filter(|known| known.mask.is_some()).count());
        assert_eq!(self.silencing, self.iter().filter(|known| known.silences()).count());
        assert_eq!(self.counts.iter().sum::<usize>(), self.all.len());
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
mod tests;
