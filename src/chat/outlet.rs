//! The outlet, to which the lobby gives events, replies and subscriptions.
//!
//! How an event looks to whom, and in which bytes, is the outlet's business: `delivery` implements
//! it, and tests do.

use super::event::RoomEvent;
use super::history::Replay;
use super::message::HistoryCursor;
use super::reply::{Recalled, Reply};
use super::room::{RoomId, RoomRef};
use crate::id::ClientId;
use crate::time::UnixTime;

/// Messages of one room that are told again to one client.
#[derive(Clone, Copy, Debug)]
pub struct Recollection<'a> {
    /// The room in which they were said.
    pub room: RoomRef<'a>,
    /// The messages, oldest first.
    pub messages: Replay<'a>,
    /// Which messages these are.
    pub which: Recalled,
    /// The last message anywhere.
    pub cursor: HistoryCursor,
    /// The client has asked for them. If not, most programs need not hear that there are none.
    pub asked: bool,
    /// The present, so that the day is told where it is another.
    pub now: UnixTime,
}

/// The receiver of events, replies and subscriptions.
pub trait Outlet {
    /// Tells one client.
    fn reply(&mut self, to: ClientId, reply: &Reply<'_>);

    /// Tells all subscribers of a room but the `deaf`, who are some of them. `source` is the client
    /// that the event is about, if it is one of these here; it may be a subscriber too.
    fn publish(
        &mut self,
        room: RoomRef<'_>,
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    );

    /// Tells all subscribers of some rooms once each, as of the first of these that they hear.
    fn tell_neighbours(
        &mut self,
        rooms: &[RoomRef<'_>],
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
    );

    /// Lets a client hear what is published to a room from now on.
    fn subscribe(&mut self, room: RoomId, client: ClientId);

    /// Lets a client hear nothing more of a room.
    fn unsubscribe(&mut self, room: RoomId, client: ClientId);

    /// Sends history to one client. Clients that are sent the same one after the other may share
    /// its bytes.
    fn replay(&mut self, to: ClientId, recollection: &Recollection<'_>);

    /// Notes that a room has closed: its id may come back as another room's.
    fn close_room(&mut self, room: RoomId);
}
