//! Moderation: kicks, bans and mutes.
//!
//! What holds in `main` holds for the server: a kick from it ends the connection, and whoever is
//! banned there cannot register. Nobody can moderate somebody of the same rank or a higher one.

use smol_str::SmolStr;
use std::net::IpAddr;

use super::deciding::Decision;
use super::membership::Exit;
use super::owning::{changed, checked};
use super::ruling::most_in;
use super::talking::time_left;
use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::command::SanctionRequest;
use crate::chat::event::{Moderation, ModerationAction, RoomEvent};
use crate::chat::fact::{Change, Fact};
use crate::chat::kept_events::Happening;
use crate::chat::mask::Mask;
use crate::chat::name::Nickname;
use crate::chat::network::Network;
use crate::chat::outlet::Outlet;
use crate::chat::person::Person;
use crate::chat::record::Done;
use crate::chat::refusal::{Field, Rank, Refusal, quoted};
use crate::chat::reply::{Farewell, Reply};
use crate::chat::room::RoomId;
use crate::chat::sanctions::{Sanction, SanctionKind};
use crate::id::ClientId;
use crate::limits::{REASON_BYTES_MAX, SANCTIONS_LISTED_MAX};

/// The target of a ban or a mute.
struct Target {
    name: Option<Nickname>,
    network: Option<Network>,
}

impl Lobby {
    pub(super) fn decide_to_kick(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (whom, reason): (&str, &str),
    ) -> Result<Decision<'static>, Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let reason = checked(reason, REASON_BYTES_MAX, Field::Reason)?;
        let target = match room {
            RoomId::MAIN => self.find_member(whom)?,
            _ => self.find_in_room(whom, room)?,
        };
        self.check_outranks(id, target, room)?;
        let Some(whom) = self.nickname(target).cloned() else { return Ok(Decision::Nothing) };
        Ok(Decision::Fact(room, Fact::PutOut { whom, by: by.clone(), reason }))
    }

    pub(super) fn decide_sanction(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        asked: SanctionRequest<'_>,
        context: &Context<'_>,
    ) -> Result<Decision<'static>, Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let reason = checked(asked.reason, REASON_BYTES_MAX, Field::Reason)?;
        let Target { name, network } = self.target(id, room, asked, context)?;
        let until = asked.lasts.map(|lasts| context.now + lasts);
        let (kind, by_name) = (asked.kind, by.clone());
        let sanction = Sanction {
            number: 0,
            kind,
            name,
            network,
            mask: None,
            is_quiet: false,
            at: context.now,
            until,
            by: by_name,
            reason,
        };
        let sanctions = self.rooms.get(room).map(|open| &open.settings.sanctions);
        if !sanctions.is_some_and(|all| all.has_place(&sanction, context.now, most_in(room, kind)))
        {
            return Err(Refusal::TooManySanctions(self.room_name(room)));
        }
        let (sanction, rank) = (Box::new(sanction), self.rank(id, room));
        Ok(changed(room, by, Change::Imposed { sanction, rank }))
    }

    pub(super) fn decide_to_revoke(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (kind, whom): (SanctionKind, &str),
        context: &Context<'_>,
    ) -> Result<Decision<'static>, Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let sanctions = self.rooms.get(room).map(|open| &open.settings.sanctions);
        let Some(revoked) = sanctions.and_then(|all| all.meant(kind, whom, context.now)) else {
            return Err(Refusal::NoSuchSanction { kind, name: quoted(whom) });
        };
        // A member cannot revoke its own mute, which somebody of a higher rank imposed.
        let is_own = revoked.name.as_ref().is_some_and(|name| name.key() == by.key());
        if is_own && self.rank(id, room) < Rank::ServerOperator {
            return Err(Refusal::ThatIsYou);
        }
        Ok(changed(room, by, Change::Revoked { kind, named: whom.into() }))
    }

    /// Kicks somebody from a room, or from the server, and tells those who stay.
    pub(super) fn put_out_by_name(
        &mut self,
        room: RoomId,
        author: Author,
        (whom, by, reason): (Nickname, Nickname, SmolStr),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let target = self.nicknames.find(&whom.key(), &self.members);
        let sanction = Sanction {
            number: 0,
            kind: SanctionKind::Ban,
            name: Some(whom),
            network: None,
            mask: None,
            is_quiet: false,
            at: context.now,
            until: Some(context.now),
            by,
            reason,
        };
        if let Some(target) = target.filter(|target| self.is_within(*target, room)) {
            self.put_out(target, room, ModerationAction::Kicked, &sanction, context, outlet);
        }
        self.tell_sanction(author, room, ModerationAction::Kicked, &sanction, context, outlet);
    }

    /// Bans or mutes somebody, and tells those who are there.
    pub(super) fn impose(
        &mut self,
        room: RoomId,
        author: Author,
        sanction: Sanction,
        rank: Rank,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        let most = most_in(room, sanction.kind);
        let imposed = open.settings.sanctions.impose(sanction, context.now, most).cloned();
        let Some(sanction) = imposed else { return };
        self.note_settings_changed(room);
        let action = match sanction.kind {
            SanctionKind::Ban => ModerationAction::Banned,
            SanctionKind::Mute => ModerationAction::Muted,
            SanctionKind::BanException | SanctionKind::InviteException => {
                return self.tell_exception(room, author, &sanction, true, context, outlet);
            }
        };
        if sanction.kind == SanctionKind::Ban {
            for whom in self.banned_members(room, &sanction, rank, context) {
                self.put_out(whom, room, action, &sanction, context, outlet);
            }
            if let Some(network) = sanction.network {
                self.ban_listeners(room, network, context, outlet);
            }
        }
        self.tell_sanction(author, room, action, &sanction, context, outlet);
    }

    /// Revokes a ban or a mute, and tells those who are there.
    pub(super) fn revoke(
        &mut self,
        room: RoomId,
        author: Author,
        by: Nickname,
        (kind, named): (SanctionKind, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        let sanctions = &mut open.settings.sanctions;
        let Some(revoked) = sanctions.meant(kind, named, context.now).cloned() else { return };
        sanctions.revoke(kind, named);
        self.note_settings_changed(room);
        let revoked = Sanction { by, until: None, reason: SmolStr::default(), ..revoked };
        let action = match kind {
            SanctionKind::Ban => ModerationAction::Unbanned,
            SanctionKind::Mute => ModerationAction::Unmuted,
            SanctionKind::BanException | SanctionKind::InviteException => {
                return self.tell_exception(room, author, &revoked, false, context, outlet);
            }
        };
        self.tell_sanction(author, room, action, &revoked, context, outlet);
    }

    /// Finds the target of a ban or a mute that a member asks for.
    fn target(
        &self,
        id: ClientId,
        room: RoomId,
        asked: SanctionRequest<'_>,
        context: &Context<'_>,
    ) -> Result<Target, Refusal> {
        if asked.by_address
            && let Ok(address) = asked.whom.parse::<IpAddr>()
        {
            if self.rank(id, room) < Rank::ServerOperator {
                return Err(Refusal::AddressNamed);
            }
            let network = Network::of(address);
            let network = network.ok_or_else(|| Refusal::NobodyNamed(quoted(asked.whom)))?;
            return Ok(Target { name: None, network: Some(network) });
        }
        let name = Nickname::parse(asked.whom, self.settings.alphabet)?;
        let present = self.find_member(asked.whom).ok();
        if let Some(present) = present {
            self.check_outranks(id, present, room)?;
        }
        let network = if asked.by_address {
            // It has to be here for its address to be known.
            let present = self.find_member(asked.whom)?;
            Some((context.network_of)(present).ok_or(Refusal::NoAddress(name.clone()))?)
        } else {
            None
        };
        Ok(Target { name: Some(name), network })
    }

    /// The members of a room whom a ban is on, but for those of the same rank as whoever imposed it
    /// or a higher one. For `main`, wherever they are.
    fn banned_members(
        &self,
        room: RoomId,
        ban: &Sanction,
        rank: Rank,
        context: &Context<'_>,
    ) -> Vec<ClientId> {
        let is_here = |id: &ClientId| self.is_within(*id, room) && self.rank(*id, room) < rank;
        let key = ban.name.as_ref().map(Nickname::key);
        // Nobody else has that name: keys of thousands of names would take a while.
        let named = key.and_then(|key| self.nicknames.find(&key, &self.members));
        let mut banned: Vec<ClientId> = named.into_iter().filter(is_here).collect();
        if ban.network.is_some() {
            let from_there = |id: &ClientId| {
                Some(*id) != named && (context.network_of)(*id) == ban.network && is_here(id)
            };
            banned.extend(self.members.iter().map(|(id, _)| id).filter(from_there));
        }
        banned
    }

    /// Whether somebody is in a room; everybody is within `main`, which stands for the server.
    fn is_within(&self, id: ClientId, room: RoomId) -> bool {
        self.is_in(id, room) || (room == RoomId::MAIN && self.is_member(id))
    }

    pub(super) fn list_sanctions(
        &self,
        id: ClientId,
        room: RoomId,
        page: usize,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(room) = self.rooms.get(room) else { return };
        let list: Vec<&Sanction> = room.settings.sanctions.in_force(context.now).collect();
        let pages = list.len().div_ceil(SANCTIONS_LISTED_MAX).max(1);
        let page = page.clamp(1, pages);
        let list = list.chunks(SANCTIONS_LISTED_MAX).nth(page - 1).unwrap_or_default();
        let (room, page, now) = (&room.name, (page, pages), context.now);
        outlet.reply(id, &Reply::Sanctions { room, list, page, now });
    }

    fn check_outranks(&self, id: ClientId, whom: ClientId, room: RoomId) -> Result<(), Refusal> {
        if whom == id {
            return Err(Refusal::ThatIsYou);
        }
        match self.nickname(whom) {
            // Where nobody could prove to own a room, its operators are equals.
            Some(_)
                if self.is_ownerless(room)
                    && self.keeps_order(id, room)
                    && !self.is_server_operator(whom) =>
            {
                Ok(())
            }
            Some(name) if self.rank(whom, room) >= self.rank(id, room) => {
                Err(Refusal::Outranked(name.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Removes somebody from a room, or from the server.
    fn put_out(
        &mut self,
        whom: ClientId,
        room: RoomId,
        action: ModerationAction,
        sanction: &Sanction,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let name = self.room_name(room);
        let by = self.person_named(&sanction.by, context);
        outlet.reply(whom, &Reply::YouWere(moderation(action, &name, (sanction, ""), by, context)));
        let how = Exit::PutOut { by: &sanction.by, reason: &sanction.reason };
        if room == RoomId::MAIN {
            self.take_out(whom, how, context, outlet);
            self.expelled.push((whom, Farewell::Kicked));
        } else {
            self.move_out(whom, room, how, context, outlet);
        }
    }

    fn tell_sanction(
        &mut self,
        author: Author,
        room: RoomId,
        action: ModerationAction,
        sanction: &Sanction,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let name = self.room_name(room);
        let (mask, kept) = match action {
            // That the target has left is kept.
            ModerationAction::Kicked => (SmolStr::default(), None),
            _ => {
                let mask = self.shown_mask(sanction);
                let kept = self.keep(room, context.now, || {
                    let (by, mask) = (sanction.by.clone(), mask.clone());
                    let whom = shown_target(sanction).map(SmolStr::from);
                    Happening::Moderated { by, action, whom, mask }
                });
                (mask, kept)
            }
        };
        let by = self.person_named(&sanction.by, context);
        let moderation = moderation(action, &name, (sanction, &mask), by, context);
        self.publish_kept(room, author, (kept, &RoomEvent::Moderated(moderation)), outlet);
        let lasts = time_left(sanction, context.now).filter(|_| action != ModerationAction::Kicked);
        self.note_done(author, room, Done::Moderated(action), |record| record.of(sanction, lasts));
    }
}

/// The target as everybody may see it: an address is shown to nobody.
fn shown_target(sanction: &Sanction) -> Option<&str> {
    let by_mask = sanction.mask.as_ref().map(Mask::as_str);
    sanction.name.as_ref().map(Nickname::as_str).or(by_mask)
}

fn moderation<'a>(
    action: ModerationAction,
    room: &'a crate::chat::RoomName,
    (sanction, mask): (&'a Sanction, &'a str),
    by: Person<'a>,
    context: &Context<'_>,
) -> Moderation<'a> {
    Moderation {
        action,
        room,
        whom: shown_target(sanction),
        mask,
        by,
        lasts: time_left(sanction, context.now),
        reason: &sanction.reason,
    }
}
