//! The terminal client without terminal, sockets and clock: what happens goes in, what is to be
//! done comes out, and what is to be seen is drawn into a buffer.
//!
//! ```text
//!     keys        bytes of a terminal -> keys
//!     composer    keys -> the line being typed         completion, commands: what Tab and / offer
//!     tunnel      lines <-> frames of WebSocket
//!     reading     a line of the server -> an object of JSON dialect 1, every text clean
//!     wording     objects -> English
//!     link        connecting, coming back, what to ask    roster: who is here
//!     pane        one conversation                     talks: those with players, over UDP
//!     hearing     objects -> panes                      typing: keys -> effects
//!     view, rows  all of it -> a frame                 palette, wrap
//! ```
//!
//! `client::chat` is the shell around it. The pipe (`script`) uses `reading` and `wording` alone.
//!
//! Invariants: everything that is kept has a limit; all text from the network is cleaned before it
//! is kept, so that nothing drawn can steer the terminal.

mod account;
mod commands;
mod completion;
mod composer;
mod hearing;
mod keys;
mod link;
mod object;
mod palette;
mod pane;
mod reading;
mod roster;
mod rows;
#[cfg(test)]
mod samples;
mod script;
mod talks;
mod tunnel;
mod typing;
mod view;
mod wording;
mod wrap;

pub use account::Account;
pub use keys::{Key, Keys};
pub use palette::Theme;
pub use script::{Ending, Script, ScriptFormat, ScriptStep};
pub use talks::News;
pub use tunnel::Tunnel;

use crate::limits::ROOM_PANES_MAX;
use crate::time::Time;
use composer::Composer;
use link::{Ask, Link, LinkPhase, MAIN};
use pane::{Entry, Kind, Pane};
use reading::Reading;
use roster::Roster;
use talks::Talks;

/// When something happens.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// By a clock that is never set.
    pub time: Time,
    /// Seconds since the beginning of 1970.
    pub wall: u64,
    /// Seconds by which people here are ahead of UTC.
    pub offset: i32,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The program begins.
    Start,
    /// Somebody typed.
    Key(Key),
    /// There is a connection.
    Connected,
    /// The server says this, without its newline.
    Line(&'a [u8]),
    /// Nobody is to be connected to by itself: what answers is not the server that was meant.
    Distrusted(&'a str),
    /// Nobody is to be connected to by itself: it would come to the same.
    Hopeless(&'a str),
    /// There is no connection any more, or none could be made: why.
    Closed(&'a str),
    /// The terminal has so many columns and rows.
    Resized(u16, u16),
    /// What [`Console::due`] told is due.
    Timeout,
    /// Something of a conversation with players.
    Talk(u64, News),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connect to the server.
    Connect,
    /// Close the connection.
    Disconnect,
    /// Send these lines.
    Send(String),
    /// Look for players with this token, at this UDP port of the server.
    Play {
        /// By which the conversation is known from now on.
        talk: u64,
        /// What the server has given out.
        token: u64,
        /// Where it listens for datagrams; `None`: where it usually does.
        port: Option<u16>,
    },
    /// Say this to the players of a conversation.
    Say {
        /// Which one.
        talk: u64,
        /// A line.
        text: String,
    },
    /// End a conversation with players.
    HangUp {
        /// Which one.
        talk: u64,
    },
    /// Draw everything anew: something else has written to the terminal.
    Redraw,
    /// Let the shell have the terminal.
    Suspend,
    /// End the program, when what was sent has arrived.
    Leave,
}

/// What the line at the bottom is for.
#[derive(Debug)]
enum Mode {
    /// To talk.
    Talking,
    /// To look for words.
    Searching(Composer),
    /// To say whether these lines are to be sent.
    Confirming(Vec<String>),
}

/// How somebody wants it.
#[derive(Clone, Debug, Default)]
pub struct ConsoleSettings {
    /// What to be called; empty to be asked.
    pub nickname: String,
    /// The account to log in to.
    pub account: Option<Account>,
    /// Where to go first; `None`: where everybody starts.
    pub room: Option<String>,
    /// Colours.
    pub theme: Theme,
    /// How the server is called.
    pub server: String,
    /// Something that nobody knows.
    pub random: u64,
}

/// The whole of it.
#[derive(Debug)]
pub struct Console {
    settings: ConsoleSettings,
    link: Link,
    roster: Roster,
    /// Rooms that were looked at, the current one last.
    rooms: Vec<Pane>,
    talks: Talks,
    composer: Composer,
    mode: Mode,
    /// Something to be told once, until the next key.
    hint: String,
    size: (u16, u16),
    has_focus: bool,
    reading: Reading,
    /// Histories that were asked for without the user's doing.
    silent_pasts: u32,
    /// What is to be told before the first message of a history that is news.
    past: Option<String>,
    rooms_asked: Option<Time>,
    /// Why we are not any more where we were; to be told where we are next.
    put_out: Option<String>,
    /// Queues that we were invited to.
    invitations: Vec<String>,
    asked_to_leave: bool,
    /// It was told that the terminal sends what is not UTF-8.
    told_of_bytes: bool,
    now: Moment,
}

impl Console {
    /// A client that has not begun.
    pub fn new(settings: ConsoleSettings, now: Moment) -> Self {
        let room = settings.room.clone().unwrap_or_else(|| MAIN.to_owned());
        Self {
            link: Link::new(&settings.nickname, settings.account.clone(), &room, settings.random),
            settings,
            roster: Roster::default(),
            rooms: vec![Pane::new(&room)],
            talks: Talks::default(),
            composer: Composer::default(),
            mode: Mode::Talking,
            hint: String::new(),
            size: (80, 24),
            has_focus: true,
            reading: Reading::default(),
            silent_pasts: 0,
            past: None,
            rooms_asked: None,
            put_out: None,
            invitations: Vec::new(),
            asked_to_leave: false,
            told_of_bytes: false,
            now,
        }
    }

    /// Takes what happens, and tells what is to be done.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Vec<Effect> {
        self.now = now;
        let effects = match input {
            Input::Start => self.start(),
            Input::Key(key) => self.press(key),
            Input::Connected => {
                self.reading = Reading::default();
                self.silent_pasts = 0;
                effects(self.link.connected(now.time))
            }
            Input::Line(line) => self.hear(line),
            Input::Closed(why) => self.lost(why),
            Input::Hopeless(why) => {
                let told = format!("cannot talk to {}: {why}", self.settings.server);
                self.tell(Kind::Alarm, &told);
                self.link.distrust();
                self.lost(why)
            }
            Input::Distrusted(why) => {
                self.tell(Kind::Alarm, why);
                self.link.distrust();
                self.lost("the server is not trusted")
            }
            Input::Resized(columns, rows) => {
                self.size = (columns, rows);
                vec![Effect::Redraw]
            }
            Input::Timeout => effects(self.link.tick(now.time)),
            Input::Talk(talk, news) => self.hear_talk(talk, news),
        };
        self.note_seen();
        effects
    }

    /// What we are called, or want to be.
    pub fn nickname(&self) -> &str {
        self.link.nickname()
    }

    fn start(&mut self) -> Vec<Effect> {
        if self.settings.nickname.is_empty() {
            let text = "Welcome. What do you want to be called? Type a nickname and press Enter.";
            self.tell(Kind::Own, text);
        }
        effects(self.link.try_again())
    }

    fn lost(&mut self, why: &str) -> Vec<Effect> {
        let was_here = self.link.phase() == LinkPhase::Here;
        self.link.closed(self.now.time, why);
        // What is told of the connection counts more.
        self.hint.clear();
        if was_here {
            let why = self.link.why().to_owned();
            self.tell(Kind::Alarm, &format!("connection lost: {why}"));
            self.roster.clear();
        }
        Vec::new()
    }

    /// When [`Input::Timeout`] is due: to do something, or to show another number of seconds.
    pub fn due(&self) -> Option<Time> {
        let second = std::time::Duration::from_secs(1);
        match self.link.phase() {
            LinkPhase::Waiting(until) => Some(until.min(self.now.time + second)),
            _ => self.link.due(),
        }
    }

    // ---- What is looked at ----

    /// The room where we are.
    fn room(&self) -> &Pane {
        self.rooms.last().expect("there is always a room")
    }

    fn room_mut(&mut self) -> &mut Pane {
        self.rooms.last_mut().expect("there is always a room")
    }

    /// What is in view.
    fn pane(&self) -> &Pane {
        self.talks.shown().map_or(self.room(), |talk| &talk.pane)
    }

    fn pane_mut(&mut self) -> &mut Pane {
        match self.talks.shown_mut() {
            Some(talk) => &mut talk.pane,
            None => self.rooms.last_mut().expect("there is always a room"),
        }
    }

    /// Goes to a room, and keeps what was said in the others for when we are back.
    fn show_room(&mut self, room: &str) {
        let found = self.rooms.iter().position(|pane| pane.title == room);
        let pane = found.map_or_else(|| Pane::new(room), |at| self.rooms.remove(at));
        // The room that nothing happened in yet was only there to have one.
        self.rooms.retain(|pane| !pane.is_empty());
        if self.rooms.len() >= ROOM_PANES_MAX {
            self.rooms.remove(0);
        }
        self.rooms.push(pane);
    }

    /// Tells the user something, where they look.
    fn tell(&mut self, kind: Kind, text: &str) {
        let entry = Entry::told(kind, self.now.wall, text);
        self.pane_mut().push(entry, true);
    }

    /// Adds to the room.
    fn add(&mut self, entry: Entry) {
        let is_seen = self.has_focus && self.talks.shown().is_none();
        self.room_mut().push(entry, is_seen);
    }

    fn note_seen(&mut self) {
        if self.has_focus && self.pane().is_at_end() {
            self.pane_mut().note_seen();
        }
    }
}

/// What is to be done for the connection, among everything else.
fn effects(asked: Vec<Ask>) -> Vec<Effect> {
    let effect = |ask| match ask {
        Ask::Connect => Effect::Connect,
        Ask::Disconnect => Effect::Disconnect,
        Ask::Send(text) => Effect::Send(text),
    };
    asked.into_iter().map(effect).collect()
}
