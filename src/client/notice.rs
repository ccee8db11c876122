//! Notices: events of a search and a conversation, and their words for a person.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::peer::protocol::{Event, Path};
use crate::peer::search::reason;

/// Something that has happened. Shown, it is one line without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// This server is being asked.
    Asking(SocketAddr),
    /// The server has us wait for others.
    Waiting {
        /// Players that are there, ourselves included.
        have: u8,
        /// Players that are needed.
        need: u8,
    },
    /// The server does not let us in at present, and will be asked again.
    Retry { why: &'static str, seconds: u64 },
    /// All players are there: this many others.
    Matched { others: usize },
    /// One of them was never there, and so we wait again.
    Dissolved,
    /// A way to each of them is looked for.
    Punching,
    /// No path to this player was found; it may still turn up.
    Unreached { slot: u8 },
    /// A player is there to talk with.
    Met { name: String, path: Path, rtt: Duration },
    /// A player has chosen another name.
    Renamed { was: String, name: String },
    /// A line of a player; it is cleaned for a terminal.
    Said { name: String, text: String },
    /// A player has left, perhaps (`lost`) before it had all our lines.
    Left { name: String, lost: bool },
    /// A player has been silent for so long that it is taken to have left.
    Silent { name: String, lost: bool },
    /// A player confirms nothing of our lines any more, and is given up.
    Mute { name: String },
    /// A player is reached by another path, or again.
    Moved { name: String, path: Path },
    /// The search has come to nothing, for this reason. Nothing more will happen.
    Failed(String),
    /// Nobody is left. Nothing more will happen.
    Ended,
}

impl Notice {
    /// The notice of a step of the search at a server, if it is worth one. Others report how the
    /// search ends.
    pub(super) fn of_search(server: SocketAddr, event: &Event) -> Option<Self> {
        Some(match event {
            Event::Asking => Self::Asking(server),
            Event::Waiting { have, need } => Self::Waiting { have: *have, need: *need },
            Event::Refused { code, retry: Some(retry) } => {
                Self::Retry { why: reason(*code), seconds: retry.as_secs() }
            }
            Event::Matched { peers, .. } => Self::Matched { others: peers.len() },
            Event::Dissolved => Self::Dissolved,
            Event::Punching => Self::Punching,
            Event::PeerFailed { slot } => Self::Unreached { slot: *slot },
            _ => return None,
        })
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asking(server) => write!(f, "asking {server}"),
            Self::Waiting { have, need } => write!(f, "waiting for others ({have} of {need})"),
            Self::Retry { why, seconds } => {
                write!(f, "not now: {why}; asking again in {seconds} s")
            }
            Self::Matched { others: 1 } => write!(f, "player found"),
            Self::Matched { others } => write!(f, "{others} players found"),
            Self::Dissolved => write!(f, "a player does not answer; looking for another"),
            Self::Punching => write!(f, "looking for the best path"),
            Self::Unreached { slot } => write!(f, "no path to player {slot} was found"),
            Self::Met { name, path, rtt } => {
                write!(f, "{}, {}", way(*path, name), there_and_back(*rtt))
            }
            Self::Renamed { was, name } => {
                write!(f, "{was} is now called {name} (a name of their own choice)")
            }
            Self::Said { name, text } => write!(f, "{name}: {text}"),
            Self::Left { name, .. } => write!(f, "{name} has left"),
            Self::Silent { name, .. } => write!(f, "{name} is silent and taken to have left"),
            Self::Mute { name } => write!(f, "{name} does not answer any more"),
            Self::Moved { name, path } => write!(f, "now {}", way(*path, name)),
            Self::Failed(why) => f.write_str(why),
            Self::Ended => write!(f, "nobody is left"),
        }
    }
}

fn way(path: Path, name: &str) -> String {
    match path {
        Path::Lan(address) => format!("on the local network to {name} at {address}"),
        Path::Direct(address) => format!("direct to {name} at {address}"),
        Path::Relay => format!("through the relay to {name}"),
    }
}

fn there_and_back(rtt: Duration) -> String {
    match rtt.as_millis() {
        0 => "in less than 1 ms".to_owned(),
        millis => format!("in {millis} ms"),
    }
}
