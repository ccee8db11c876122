//! Conversations with players within the poll loop of a terminal.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use super::FIRST_PLAYER;
use crate::client::conversation::Conversation;
use crate::client::notice::Notice;
use crate::console;
use crate::limits::UDP_PORT;
use crate::peer::protocol::Path;

/// Those that go on, by the number under which the console knows them.
#[derive(Default)]
pub(super) struct Players {
    talks: BTreeMap<u64, PlayerLink>,
}

struct PlayerLink {
    conversation: Conversation,
    is_ready: bool,
}

impl Players {
    /// Begins to look for the players of a token. What went wrong at once, if something did.
    pub(super) fn begin(
        &mut self,
        registry: &Registry,
        talk: u64,
        (server, port, token): (Option<SocketAddr>, Option<u16>, u64),
        name: &str,
    ) -> Option<console::News> {
        let Some(mut server) = server else {
            return Some(console::News::Over("the connection to the server is lost".into()));
        };
        server.set_port(port.unwrap_or(UDP_PORT));
        let conversation = match Conversation::begin(server, token, name) {
            Ok(conversation) => conversation,
            Err(error) => return Some(console::News::Over(error.to_string())),
        };
        let socket = conversation.socket().as_raw_fd();
        let token = Token(FIRST_PLAYER.0 + talk as usize);
        if let Err(error) = registry.register(&mut SourceFd(&socket), token, Interest::READABLE) {
            return Some(console::News::Over(error.to_string()));
        }
        self.talks.insert(talk, PlayerLink { conversation, is_ready: true });
        None
    }

    /// The poll loop says that something has come for this one.
    pub(super) fn note_ready(&mut self, token: Token) {
        let talk = token.0.checked_sub(FIRST_PLAYER.0).map(|talk| talk as u64);
        if let Some(talk) = talk.and_then(|talk| self.talks.get_mut(&talk)) {
            talk.is_ready = true;
        }
    }

    /// How long until [`Self::turn`] is wanted.
    pub(super) fn due(&self) -> Option<Duration> {
        self.talks.values().filter_map(|talk| talk.conversation.due()).min()
    }

    /// Does what can be done and is due. What has happened, and in which of them.
    pub(super) fn turn(&mut self, registry: &Registry) -> Vec<(u64, console::News)> {
        let (mut told, mut over) = (Vec::new(), Vec::new());
        for (id, talk) in &mut self.talks {
            let is_due = talk.conversation.due() == Some(Duration::ZERO);
            if !std::mem::take(&mut talk.is_ready) && !is_due {
                continue;
            }
            for notice in talk.conversation.turn() {
                if matches!(notice, Notice::Failed(_) | Notice::Ended) {
                    over.push(*id);
                }
                told.push((*id, tell(notice)));
            }
        }
        over.into_iter().for_each(|id| self.hang_up(registry, id));
        told
    }

    /// Says something. Whether it was taken.
    pub(super) fn say(&mut self, talk: u64, text: &str) -> bool {
        self.talks.get_mut(&talk).is_some_and(|talk| talk.conversation.say(text))
    }

    /// Leaves one of them.
    pub(super) fn hang_up(&mut self, registry: &Registry, talk: u64) {
        if let Some(talk) = self.talks.remove(&talk) {
            let _ = registry.deregister(&mut SourceFd(&talk.conversation.socket().as_raw_fd()));
            talk.conversation.leave();
        }
    }

    /// Leaves all of them.
    pub(super) fn leave(&mut self) {
        for talk in std::mem::take(&mut self.talks).into_values() {
            talk.conversation.leave();
        }
    }
}

/// What the console is told of it.
fn tell(notice: Notice) -> console::News {
    match notice {
        Notice::Met { name, path, .. } => {
            let way = match path {
                Path::Lan(_) => "in your own network",
                Path::Direct(_) => "directly connected",
                Path::Relay => "through the server",
            };
            console::News::Met(name, way.to_owned())
        }
        Notice::Said { name, text } => console::News::Said(name, text),
        Notice::Failed(why) => console::News::Over(why),
        Notice::Ended => console::News::Over("nobody is left here; /close closes this".into()),
        Notice::Renamed { .. }
        | Notice::Left { .. }
        | Notice::Silent { .. }
        | Notice::Mute { .. }
        | Notice::Moved { .. }
        | Notice::Unreached { .. } => console::News::Told(notice.to_string()),
        step => console::News::Step(step.to_string()),
    }
}
