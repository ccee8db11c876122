//! Keeping order: who is put out, kept out, or made to be quiet.
//!
//! What holds in `main` holds for the server: who is put out of it is put out of the server, and
//! who is banned there cannot come in. Nobody can do anything to somebody of the same rank.

use smol_str::SmolStr;
use std::net::IpAddr;

use super::owning::checked;
use super::talking::time_left;
use super::{Context, Lobby};
use crate::chat::command::Sentencing;
use crate::chat::event::{Deed, Moderation, RoomEvent};
use crate::chat::name::Nickname;
use crate::chat::network::Network;
use crate::chat::outlet::Outlet;
use crate::chat::record::Done;
use crate::chat::refusal::{Field, Rank, Refusal, quoted};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::chat::sanctions::{Measure, Sanction};
use crate::id::ClientId;
use crate::limits::{REASON_BYTES_MAX, SANCTIONS_LISTED_MAX, SANCTIONS_MAX, SANCTIONS_OF_MAIN_MAX};

/// Whom a ban or a mute is meant for.
struct Target {
    name: Option<Nickname>,
    network: Option<Network>,
}

impl Lobby {
    pub(super) fn kick(
        &mut self,
        id: ClientId,
        room: RoomId,
        whom: &str,
        reason: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let reason = checked(reason, REASON_BYTES_MAX, Field::Reason)?;
        let target = match room {
            RoomId::MAIN => self.find_member(whom)?,
            _ => self.find_in_room(whom, room)?,
        };
        self.check_outranks(id, target, room)?;
        let Some(by) = self.nickname(id).cloned() else { return Ok(()) };
        let sentence = Sanction {
            number: 0,
            measure: Measure::Ban,
            name: self.nickname(target).cloned(),
            network: None,
            until: Some(context.now),
            by,
            reason,
        };
        self.put_out(target, room, Deed::Kicked, &sentence, context, outlet);
        self.tell_sentence(id, room, Deed::Kicked, &sentence, context, outlet);
        Ok(())
    }

    pub(super) fn sanction(
        &mut self,
        id: ClientId,
        room: RoomId,
        asked: Sentencing<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let reason = checked(asked.reason, REASON_BYTES_MAX, Field::Reason)?;
        let Target { name, network } = self.target(id, room, asked, context)?;
        let Some(by) = self.nickname(id).cloned() else { return Ok(()) };
        let until = asked.lasts.map(|lasts| context.now + lasts);
        let sanction =
            Sanction { number: 0, measure: asked.measure, name, network, until, by, reason };
        let most = if room == RoomId::MAIN { SANCTIONS_OF_MAIN_MAX } else { SANCTIONS_MAX };
        let Some(open) = self.rooms.get_mut(room) else { return Ok(()) };
        let imposed = open.charter.sanctions.impose(sanction, context.now, most).cloned();
        let Some(sanction) = imposed else {
            return Err(Refusal::TooManySanctions(self.room_name(room)));
        };
        self.note_charter_changed(room);
        let deed = match asked.measure {
            Measure::Ban => Deed::Banned,
            Measure::Mute => Deed::Muted,
        };
        if asked.measure == Measure::Ban {
            for whom in self.banned_members(id, room, &sanction, context) {
                self.put_out(whom, room, deed, &sanction, context, outlet);
            }
        }
        self.tell_sentence(id, room, deed, &sanction, context, outlet);
        Ok(())
    }

    /// Whom a member may ban or mute, who has typed this.
    fn target(
        &self,
        id: ClientId,
        room: RoomId,
        asked: Sentencing<'_>,
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

    /// Those in a room whom somebody has just banned, but for those who may do as much there. For
    /// `main`, wherever they are.
    fn banned_members(
        &self,
        by: ClientId,
        room: RoomId,
        ban: &Sanction,
        context: &Context<'_>,
    ) -> Vec<ClientId> {
        let rank = self.rank(by, room);
        let is_here = |id: &ClientId| {
            let member = self.members.get(*id);
            let sits = member.is_some_and(|member| member.seat_in(room).is_some());
            (room == RoomId::MAIN || sits) && self.rank(*id, room) < rank
        };
        let key = ban.name.as_ref().map(Nickname::key);
        // Nobody else has that name: keys of thousands of names would take a while.
        let named = key.and_then(|key| self.names.find(&key, &self.members));
        let mut banned: Vec<ClientId> = named.into_iter().filter(is_here).collect();
        if ban.network.is_some() {
            let from_there = |id: &ClientId| {
                Some(*id) != named && (context.network_of)(*id) == ban.network && is_here(id)
            };
            banned.extend(self.members.iter().map(|(id, _)| id).filter(from_there));
        }
        banned
    }

    pub(super) fn lift(
        &mut self,
        id: ClientId,
        room: RoomId,
        (measure, whom): (Measure, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let Some(by) = self.nickname(id).cloned() else { return Ok(()) };
        let is_bound = self.rank(id, room) < Rank::ServerOperator;
        let Some(open) = self.rooms.get_mut(room) else { return Ok(()) };
        let sanctions = &mut open.charter.sanctions;
        let Some(lifted) = sanctions.meant(measure, whom, context.now).cloned() else {
            return Err(Refusal::NoSuchSanction { measure, name: quoted(whom) });
        };
        // Who was muted by somebody of a higher rank cannot undo that.
        let key = by.key();
        if is_bound && lifted.name.as_ref().is_some_and(|name| name.key() == key) {
            return Err(Refusal::ThatIsYou);
        }
        sanctions.lift(measure, whom);
        self.note_charter_changed(room);
        let deed = match measure {
            Measure::Ban => Deed::Unbanned,
            Measure::Mute => Deed::Unmuted,
        };
        let lifted = Sanction { by, until: None, reason: SmolStr::default(), ..lifted };
        self.tell_sentence(id, room, deed, &lifted, context, outlet);
        Ok(())
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
        let list: Vec<&Sanction> = room.charter.sanctions.in_force(context.now).collect();
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
            Some(name) if self.rank(whom, room) >= self.rank(id, room) => {
                Err(Refusal::Outranked(name.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Takes somebody out of a room, or out of the server.
    fn put_out(
        &mut self,
        whom: ClientId,
        room: RoomId,
        deed: Deed,
        sentence: &Sanction,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let name = self.room_name(room);
        outlet.reply(whom, &Reply::YouWere(moderation(deed, &name, sentence, context)));
        if room == RoomId::MAIN {
            self.leave(whom, outlet);
            self.expelled.push(whom);
        } else {
            self.move_out(whom, room, context, outlet);
        }
    }

    fn tell_sentence(
        &mut self,
        by: ClientId,
        room: RoomId,
        deed: Deed,
        sentence: &Sanction,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let name = self.room_name(room);
        let moderation = moderation(deed, &name, sentence, context);
        self.publish(room, by, &RoomEvent::Moderated(moderation), outlet);
        let lasts = time_left(sentence, context.now).filter(|_| deed != Deed::Kicked);
        let record = self.note_done(by, room, Done::Deed(deed));
        self.record = record.map(|record| record.of(sentence, lasts));
    }
}

fn moderation<'a>(
    deed: Deed,
    room: &'a crate::chat::RoomName,
    sentence: &'a Sanction,
    context: &Context<'_>,
) -> Moderation<'a> {
    Moderation {
        deed,
        room,
        whom: sentence.name.as_ref().map(Nickname::as_str),
        by: &sentence.by,
        lasts: time_left(sentence, context.now),
        reason: &sentence.reason,
    }
}
