//! A second lobby, which is told the facts of the first and nothing else, and must have the same
//! rooms: as another node of a cluster would.

use mio_chat::chat::{
    Context, Lobby, Outlet, Recollection, Reply, RoomEvent, RoomId, RoomName, RoomRef, StoredLobby,
};
use mio_chat::id::ClientId;
use mio_chat::server::Server;
use mio_chat::time::UnixTime;

use crate::rules::Rules;

/// The second lobby.
#[derive(Debug)]
pub(crate) struct Replica(Lobby);

/// Nobody listens there.
struct Nobody;

impl Replica {
    /// Begins as that server does, which tells it what happens from now on.
    pub(crate) fn beginning(
        rules: &Rules,
        secret: u8,
        snapshot: Option<StoredLobby>,
        server: &mut Server,
    ) -> Self {
        server.storage().keep_journal();
        let mut lobby = Lobby::new(rules.settings().lobby, [secret; 16]);
        if let Some(snapshot) = snapshot {
            lobby.restore(snapshot);
        }
        Self(lobby)
    }

    /// Applies what has happened since, and compares.
    pub(crate) fn follow(&mut self, server: &mut Server) {
        let mut rooms: Vec<RoomName> = Vec::new();
        for entry in server.storage().take_journal() {
            if !rooms.contains(&entry.room) {
                rooms.push(entry.room.clone());
            }
            let context =
                Context { now: UnixTime::default(), network_of: &|_| None, players: None };
            self.0.apply(entry, &context, &mut Nobody);
        }
        for room in rooms {
            alike(self.0.compare_room(&room, server.status().lobby()));
        }
    }

    /// The same, and compares all rooms: one may have changed of which nothing was told.
    pub(crate) fn follow_closely(&mut self, server: &mut Server) {
        self.follow(server);
        alike(self.0.compare_rooms(server.status().lobby()));
    }
}

fn alike(compared: Result<(), String>) {
    if let Err(difference) = compared {
        panic!("the same facts lead to other rooms: {difference}");
    }
}

impl Outlet for Nobody {
    fn reply(&mut self, to: ClientId, _: &Reply<'_>) {
        panic!("{to} is not here");
    }

    fn publish(
        &mut self,
        _: RoomRef<'_>,
        source: Option<ClientId>,
        _: &RoomEvent<'_>,
        _: &[ClientId],
    ) {
        assert_eq!(source, None, "nobody is here");
    }

    fn tell_neighbours(&mut self, _: &[RoomRef<'_>], _: Option<ClientId>, _: &RoomEvent<'_>) {
        panic!("nobody is here who could leave");
    }

    fn subscribe(&mut self, _: RoomId, client: ClientId) {
        panic!("{client} is not here");
    }

    fn unsubscribe(&mut self, _: RoomId, client: ClientId) {
        panic!("{client} is not here");
    }

    fn replay(&mut self, to: ClientId, _: &Recollection<'_>) {
        panic!("{to} is not here");
    }

    fn close_room(&mut self, _: RoomId) {}
}
