//! The rules of a room: what is switched, who has a voice, and the lists of masks.
//!
//! Operators change them. What only the owner may do (password, operators), operators may where the
//! room belongs to nobody who could come back with a key.

use smol_str::{SmolStr, format_smolstr};

use super::deciding::Decision;
use super::owning::changed;
use super::{Context, Lobby};
use crate::chat::event::RoomEvent;
use crate::chat::fact::{Author, Change};
use crate::chat::kept_events::{Happening, KeptRule};
use crate::chat::mask::Mask;
use crate::chat::name::Nickname;
use crate::chat::outlet::Outlet;
use crate::chat::record::Done;
use crate::chat::refusal::{Rank, Refusal, quoted};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::chat::room_modes::{ListedMask, ModeRequest, RoomAnswer, RuleChange};
use crate::chat::room_refusal::RoomRefusal;
use crate::chat::room_rules::{RoomModes, RoomRule};
use crate::chat::sanctions::{Sanction, SanctionKind};
use crate::id::ClientId;
use crate::limits::{MASKS_MAX, SANCTIONS_MAX, SANCTIONS_OF_MAIN_MAX, VOICED_MAX};
use crate::time::UnixTime;

/// What a mask begins with that is on mutes.
const MUTE: &str = "m:";

impl Lobby {
    /// Decides on a request about the rules of a room.
    pub(super) fn decide_mode<'a>(
        &self,
        id: ClientId,
        named: Option<&str>,
        request: ModeRequest<'a>,
        context: &Context<'_>,
    ) -> Result<Decision<'a>, Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(Decision::Nothing) };
        if let (ModeRequest::Ask | ModeRequest::Masks(_), Some(named)) = (request, named) {
            let room = self.room_named(named)?;
            if let Some(open) = self.rooms.get(room).filter(|open| !self.may_see(id, room, open)) {
                return Err(Refusal::NoRoomNamed(open.name.clone()));
            }
            return Ok(Decision::TellRules(room, request));
        }
        let (room, by) = (self.own_room(member, named)?, &member.nickname);
        match request {
            ModeRequest::Ask | ModeRequest::Masks(_) => Ok(Decision::TellRules(room, request)),
            ModeRequest::Office { whom, may } => {
                let found = self.find_member(whom)?;
                let is_officer = self.rank_as_officer(room, by) >= Rank::Operator;
                if !may && found == id && is_officer {
                    return Ok(changed(room, by, Change::Resigned));
                }
                self.decide_operator(id, room, by, (whom, may))
            }
            ModeRequest::Invite { whom } => self.decide_to_invite(id, room, whom),
            ModeRequest::Voice { whom, may } => self.decide_voice(id, room, by, (whom, may)),
            ModeRequest::AddMask { kind, mask } => {
                self.decide_mask(id, room, by, (kind, mask), context)
            }
            ModeRequest::RemoveMask { kind, mask } => {
                self.decide_unmask(id, room, by, (kind, mask), context.now)
            }
            ModeRequest::Rules { set, unset } => self.decide_rules(id, room, by, (set, unset)),
            ModeRequest::Limit(limit) => {
                self.check_rank(id, room, Rank::Operator)?;
                let now = self.rooms.get(room).and_then(|open| open.settings.limit);
                let is_so = now == limit;
                Ok(if is_so { Decision::Nothing } else { changed(room, by, Change::Limit(limit)) })
            }
        }
    }

    /// Whether a rule holds in a room.
    pub(super) fn has_rule(&self, room: RoomId, rule: RoomRule) -> bool {
        self.rooms.get(room).is_some_and(|open| open.settings.modes.has(rule))
    }

    /// The rank that a room gives somebody.
    fn rank_as_officer(&self, room: RoomId, who: &Nickname) -> Rank {
        self.rooms.get(room).map_or(Rank::Member, |open| open.officers.rank(&who.key()))
    }

    /// What holds already, and what does not, is left out.
    fn decide_rules(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (set, unset): (RoomModes, RoomModes),
    ) -> Result<Decision<'static>, Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let modes = self.rooms.get(room).map(|open| open.settings.modes).unwrap_or_default();
        let set = set.without(modes);
        let unset = unset.without(unset.without(modes));
        if set.is_empty() && unset.is_empty() {
            return Ok(Decision::Nothing);
        }
        Ok(changed(room, by, Change::Rules { set, unset }))
    }

    fn decide_voice(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (whom, may): (&str, bool),
    ) -> Result<Decision<'static>, Refusal> {
        self.find_member(whom)?;
        let target = self.find_in_room(whom, room);
        let is_own = !may && target == Ok(id);
        if !is_own {
            self.check_rank(id, room, Rank::Operator)?;
        }
        let (Some(whom), Some(open)) = (self.nickname(target?).cloned(), self.rooms.get(room))
        else {
            return Ok(Decision::Nothing);
        };
        if open.officers.has_voice(&whom.key()) == may {
            return Err(Refusal::AlreadySo(whom));
        }
        if may && open.officers.voiced() >= VOICED_MAX {
            return Err(RoomRefusal::TooManyVoiced(open.name.clone()).into());
        }
        Ok(changed(room, by, Change::Voice { whom, may }))
    }

    /// A mask that is one nickname is a ban on the nickname, and on what looks like it.
    fn decide_mask(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (kind, typed): (SanctionKind, &str),
        context: &Context<'_>,
    ) -> Result<Decision<'static>, Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let (kind, typed) = kind_of(kind, typed);
        let malformed = || RoomRefusal::MaskMalformed(quoted(typed));
        let mask = Mask::parse(typed).ok_or_else(malformed)?;
        let Some(open) = self.rooms.get(room) else { return Ok(Decision::Nothing) };
        let sanctions = &open.settings.sanctions;
        let bars = matches!(kind, SanctionKind::Ban | SanctionKind::Mute);
        let name = mask.nickname().filter(|_| bars);
        let name = name.and_then(|name| Nickname::parse(name, self.settings.alphabet).ok());
        let sanction = Sanction {
            number: 0,
            kind,
            mask: name.is_none().then_some(mask),
            name,
            network: None,
            is_quiet: kind == SanctionKind::Ban,
            at: context.now,
            until: None,
            by: by.clone(),
            reason: SmolStr::default(),
        };
        if sanctions.find_like(&sanction, context.now).is_some() {
            return Ok(Decision::Nothing);
        }
        let too_many_masks = sanction.mask.is_some() && sanctions.masks_on(kind) >= MASKS_MAX;
        if too_many_masks || !sanctions.has_place(&sanction, context.now, most_in(room, kind)) {
            return Err(Refusal::TooManySanctions(open.name.clone()));
        }
        // Whoever is there stays.
        let (sanction, rank) = (Box::new(sanction), Rank::Member);
        Ok(changed(room, by, Change::Imposed { sanction, rank }))
    }

    fn decide_unmask(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (kind, typed): (SanctionKind, &str),
        now: UnixTime,
    ) -> Result<Decision<'static>, Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let (kind, typed) = kind_of(kind, typed);
        let Some(mask) = Mask::parse(typed) else { return Ok(Decision::Nothing) };
        let Some(open) = self.rooms.get(room) else { return Ok(Decision::Nothing) };
        let mut in_force = open.settings.sanctions.in_force(now);
        let found = in_force.find(|it| it.kind == kind && self.mask_of(it).is_like(&mask));
        let Some(revoked) = found else { return Ok(Decision::Nothing) };
        let is_own = revoked.name.as_ref().is_some_and(|name| name.key() == by.key());
        if is_own && self.rank(id, room) < Rank::ServerOperator {
            return Err(Refusal::ThatIsYou);
        }
        let named = format_smolstr!("{}", revoked.number);
        Ok(changed(room, by, Change::Revoked { kind, named }))
    }

    /// Answers a question about the rules of a room.
    pub(super) fn tell_rules(
        &self,
        id: ClientId,
        room: RoomId,
        request: ModeRequest<'_>,
        now: UnixTime,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get(room) else { return };
        let (room, settings) = (&open.name, &open.settings);
        let ModeRequest::Masks(kind) = request else {
            let answer = RoomAnswer::Rules {
                room,
                modes: settings.modes,
                limit: settings.limit,
                has_password: settings.password.is_some(),
                founded: UnixTime::from_millis(open.standing.founded),
            };
            return outlet.reply(id, &Reply::Room(answer));
        };
        let entries = settings.sanctions.in_force(now);
        let list: Vec<ListedMask<'_>> = entries
            .filter(|entry| entry.kind.letter() == kind.letter())
            .map(|entry| ListedMask { mask: self.shown_mask(entry), by: &entry.by, at: entry.at })
            .collect();
        outlet.reply(id, &Reply::Room(RoomAnswer::Masks { room, kind, list: &list }));
    }

    /// Whom a sanction is on, as a mask. No address is shown.
    fn mask_of(&self, sanction: &Sanction) -> Mask {
        let cloak = sanction.network.map(|network| self.profiles.cloaks().cloak(Some(network)));
        match (&sanction.mask, &sanction.name, cloak) {
            (Some(mask), ..) => mask.clone(),
            (None, Some(name), None) => Mask::of_nickname(name.as_str()),
            (None, Some(name), Some(cloak)) => Mask::of_both(name.as_str(), cloak.as_str()),
            (None, None, cloak) => Mask::of_cloak(cloak.as_ref().map_or("*", |it| it.as_str())),
        }
    }

    /// The same as lists show it: a mute with what tells it from a ban.
    pub(super) fn shown_mask(&self, sanction: &Sanction) -> SmolStr {
        let mask = self.mask_of(sanction);
        match sanction.kind {
            SanctionKind::Mute => format_smolstr!("{MUTE}{}", mask.as_str()),
            _ => mask.as_str().into(),
        }
    }

    /// Switches rules, and tells those who are there.
    pub(super) fn change_rules(
        &mut self,
        room: RoomId,
        author: Author,
        by: &Nickname,
        (set, unset): (RoomModes, RoomModes),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        open.settings.modes = open.settings.modes.and(set).without(unset);
        let shuts = set.has(RoomRule::InvitedOnly) || set.has(RoomRule::AccountsOnly);
        self.note_settings_changed(room);
        let rule = KeptRule::Rules { set, unset };
        let kept = self.keep(room, context.now, || Happening::Ruled { by: by.clone(), rule });
        let by = self.person_by(author, by, context);
        let change = RuleChange::Rules { by, set, unset };
        self.publish_kept(room, author, (kept, &RoomEvent::Ruled(change)), outlet);
        self.note_done(author, room, Done::Rules, |record| record);
        if shuts {
            self.put_out_listeners(room, outlet);
        }
    }

    /// Sets how many may be in a room, and tells those who are there.
    pub(super) fn change_limit(
        &mut self,
        room: RoomId,
        author: Author,
        by: &Nickname,
        limit: Option<u32>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        open.settings.limit = limit;
        self.note_settings_changed(room);
        let rule = KeptRule::Limit(limit);
        let kept = self.keep(room, context.now, || Happening::Ruled { by: by.clone(), rule });
        let by = self.person_by(author, by, context);
        let change = RuleChange::Limit { by, limit };
        self.publish_kept(room, author, (kept, &RoomEvent::Ruled(change)), outlet);
        self.note_done(author, room, Done::Rules, |record| record);
    }

    /// Gives somebody a voice or takes it away, and tells those who are there.
    pub(super) fn change_voice(
        &mut self,
        room: RoomId,
        author: Author,
        by: &Nickname,
        (whom, may): (&Nickname, bool),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        open.officers.set_voice(whom.key(), may);
        let kept = self.keep(room, context.now, || {
            let rule = KeptRule::Voice { whom: whom.clone(), may };
            Happening::Ruled { by: by.clone(), rule }
        });
        let by = self.person_by(author, by, context);
        let change = RuleChange::Voice { by, whom, may };
        self.publish_kept(room, author, (kept, &RoomEvent::Ruled(change)), outlet);
        self.note_done(author, room, Done::Rules, |record| record.to(whom));
    }

    /// Tells a room that a mask is on a list of exceptions, or no longer.
    pub(super) fn tell_exception(
        &mut self,
        room: RoomId,
        author: Author,
        sanction: &Sanction,
        added: bool,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let mask = self.shown_mask(sanction);
        let kind = sanction.kind;
        let kept = self.keep(room, context.now, || {
            let rule = KeptRule::Exception { kind, mask: mask.clone(), added };
            Happening::Ruled { by: sanction.by.clone(), rule }
        });
        let by = self.person_named(&sanction.by, context);
        let change = RuleChange::Exception { by, kind, mask: &mask, added };
        self.publish_kept(room, author, (kept, &RoomEvent::Ruled(change)), outlet);
        self.note_done(author, room, Done::Rules, |record| record.of(sanction, None));
    }
}

/// A mask with the kind that it says itself: `m:MASK` is a mute, and an exception is from both.
fn kind_of(kind: SanctionKind, typed: &str) -> (SanctionKind, &str) {
    match (kind, typed.strip_prefix(MUTE)) {
        (SanctionKind::Ban, Some(rest)) => (SanctionKind::Mute, rest),
        (SanctionKind::BanException, Some(rest)) => (kind, rest),
        _ => (kind, typed),
    }
}

/// The most entries that there may be on a list of a room.
pub(super) fn most_in(room: RoomId, kind: SanctionKind) -> usize {
    match kind {
        SanctionKind::BanException | SanctionKind::InviteException => MASKS_MAX,
        _ if room == RoomId::MAIN => SANCTIONS_OF_MAIN_MAX,
        _ => SANCTIONS_MAX,
    }
}
