//! Players who look for each other and then exchange lines of text, for an event loop of the
//! caller's.
//!
//! ```text
//! begin --> searching --players found--> talking <-- with(group): they were found by others
//!              `--> Failed                  `--> Ended, when nobody is left
//! ```
//!
//! Left to the caller: waiting for the socket and for deadlines, input, showing notices, and
//! leaving. `peer_set` keeps the players and their lines.
//!
//! Invariants: a turn never blocks and reads a bounded number of datagrams; after `Failed` or
//! `Ended` nothing happens.

use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::notice::Notice;
use super::peer_set::PeerSet;
use super::remote_player::RemotePlayer;
use crate::limits::{SERVER_PATIENCE, SPEECH_LINE_BYTES_MAX, SPEECH_TURN_DATAGRAMS};
use crate::peer::clock::Clock;
use crate::peer::error::MatchError;
use crate::peer::group::{Group, Incoming};
use crate::peer::protocol::{Event, JoinRequest};
use crate::peer::search;
use crate::time::Time;

/// The server's name in sentences: a player who searches by a token of the chat knows no other.
const SERVER: &str = "the server";

/// A search for players and then lines of text between them, driven by the caller's event loop.
pub(super) struct Conversation {
    group: Group,
    peers: PeerSet,
    is_searching: bool,
    /// More datagrams may have come than the last turn took.
    has_more: bool,
    is_over: bool,
    /// Notices for the next turn.
    notices: Vec<Notice>,
}

impl Conversation {
    /// Begins to look for the players of a token that the chat has given out; we want to be called
    /// so. Never blocks. The first turn is due at once.
    pub(super) fn begin(server: SocketAddr, token: u64, name: &str) -> Result<Self, MatchError> {
        let (token, patience) = (Some(token), SERVER_PATIENCE);
        let request = JoinRequest { queue: None, players: None, token, lan: Vec::new(), patience };
        let group = search::begin(server, 0, request, Clock::start())?;
        Ok(Self::new(group, name, true))
    }

    /// The socket, to be watched for reading; the same for as long as this is there.
    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.group.socket.as_fd()
    }

    /// Says a line (without its newline) to all present players; it is sent in the next turn, which
    /// is due at once. `false`: nothing was taken, because too much is under way already, the line
    /// is too long, or nobody is there.
    pub(super) fn say(&mut self, line: &str) -> bool {
        let is_short = line.len() <= SPEECH_LINE_BYTES_MAX;
        let is_taken = is_short && self.has_room() && !self.peers.is_empty();
        if is_taken {
            self.put(line.as_bytes());
        }
        is_taken
    }
}

impl Conversation {
    /// A conversation with players who have found each other.
    pub(super) fn with(group: Group, name: &str) -> Self {
        let mut conversation = Self::new(group, name, false);
        conversation.open();
        conversation
    }

    fn new(group: Group, name: &str, is_searching: bool) -> Self {
        let peers = PeerSet::new(group.clock.now(), name);
        let (has_more, is_over, notices) = (false, false, Vec::new());
        Self { group, peers, is_searching, has_more, is_over, notices }
    }

    /// Reads waiting datagrams, does whatever is due, and sends. Returns the notices, in order. To
    /// be called when the socket can be read, and when it is [`Self::due`].
    pub(super) fn turn(&mut self) -> Vec<Notice> {
        if !self.is_over {
            self.group.expire();
            self.handle_events();
            self.has_more = (0..SPEECH_TURN_DATAGRAMS).all(|_| self.take_one());
            self.send();
            if !self.is_searching && self.peers.is_empty() {
                self.is_over = true;
                self.notices.push(Notice::Ended);
            }
        }
        std::mem::take(&mut self.notices)
    }

    /// The time until a turn is wanted even if nothing comes; `None`: for ever.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.is_over {
            return None;
        }
        if self.has_more || !self.notices.is_empty() {
            return Some(Duration::ZERO);
        }
        let due = self.peers.due().min(self.group.due());
        (due != Time::NEVER).then(|| due.since(self.group.clock.now()))
    }

    /// Waits, for a caller without an event loop, until a turn is wanted, `other` may be read, or
    /// this much time has passed. Returns whether `other` may be read.
    pub(super) fn wait(
        &mut self,
        other: Option<BorrowedFd<'_>>,
        most: Duration,
    ) -> Result<bool, MatchError> {
        let time = self.due().map_or(most, |due| due.min(most));
        self.group.wait(other, self.group.clock.now() + time)
    }

    /// Whether more should be said at present.
    pub(super) fn has_room(&self) -> bool {
        self.peers.present().all(|player| player.lines.has_room())
    }

    /// Says a line to all present players, whether there is room or not.
    pub(super) fn put(&mut self, line: &[u8]) {
        self.peers.say(self.group.clock.now(), line);
    }

    /// Says that we shall say no more, also to players that are reached later.
    pub(super) fn end(&mut self) {
        self.peers.end(self.group.clock.now());
    }

    /// Tells players and server that we are gone. Nobody confirms that; a player that misses it
    /// will notice our silence.
    pub(super) fn leave(mut self) {
        for (slot, farewell) in self.peers.farewells() {
            let _ = self.group.send_to(slot, &farewell);
        }
        self.group.leave();
    }

    /// The players who are there.
    pub(super) fn present(&self) -> impl Iterator<Item = &RemotePlayer> {
        self.peers.present()
    }

    /// For how long nothing has come from anybody, at the most since we [ended](Self::end).
    pub(super) fn quiet(&self) -> Duration {
        self.group.clock.now().since(self.peers.heard)
    }

    /// The names of players who did not get all our lines.
    pub(super) fn left_out(&self) -> Vec<String> {
        let peers = self.group.peers().into_iter();
        let never_reached = peers.filter(|peer| !self.peers.knows(peer.slot));
        let never_reached = never_reached.map(|peer| format!("player {}", peer.slot));
        self.peers.lost().chain(never_reached).collect()
    }

    /// The players have found each other.
    fn open(&mut self) {
        self.is_searching = false;
        let now = self.group.clock.now();
        for peer in self.group.peers() {
            self.peers.add(now, peer, &mut self.notices);
        }
    }

    /// Takes one datagram. `false`: none is there.
    fn take_one(&mut self) -> bool {
        if self.is_searching {
            let Some(came) = self.group.receive_one() else { return false };
            self.group.keep(came);
            self.handle_events();
            return true;
        }
        let Some(came) = self.group.take_one() else { return false };
        self.handle_events();
        if let Incoming::Game(slot, data) = came {
            self.peers.receive(self.group.clock.now(), slot, &data, &mut self.notices);
        }
        true
    }

    /// Handles the events of the matchmaking client.
    fn handle_events(&mut self) {
        while !self.is_over
            && let Some(event) = self.group.next_event()
        {
            if self.is_searching {
                self.handle_search_event(&event);
            } else {
                self.handle_match_event(&event);
            }
        }
    }

    fn handle_search_event(&mut self, event: &Event) {
        self.notices.extend(Notice::of_search(self.group.client.server(), event));
        match search::outcome(&mut self.group, SERVER, event) {
            None => {}
            Some(Ok(())) => self.open(),
            Some(Err(error)) => {
                self.is_over = true;
                self.notices.push(Notice::Failed(error.to_string()));
            }
        }
    }

    fn handle_match_event(&mut self, event: &Event) {
        match event {
            Event::PeerSilent { slot } => self.peers.mark_silent(*slot, &mut self.notices),
            Event::PeerReached { slot, path, .. } if self.peers.knows(*slot) => {
                self.peers.move_to(*slot, *path, &mut self.notices);
            }
            Event::PeerReached { slot, .. } => {
                let now = self.group.clock.now();
                for peer in self.group.peers().into_iter().filter(|peer| peer.slot == *slot) {
                    self.peers.add(now, peer, &mut self.notices);
                }
            }
            _ => {}
        }
    }

    fn send(&mut self) {
        self.peers.expire(self.group.clock.now(), &mut self.notices);
        while let Some((slot, bytes)) = self.peers.transmit() {
            let _ = self.group.send_to(slot, &bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    use mio::unix::SourceFd;
    use mio::{Events, Interest, Poll, Token};

    use super::*;
    use crate::id::ClientId;
    use crate::limits::SPEECH_QUEUE_MAX;
    use crate::matchmaking::{Input, Matchmaker, MatchmakerSettings, Output, SocketIndex};

    /// The patience of these tests.
    const PATIENCE: Duration = Duration::from_secs(20);
    const SERVER: Token = Token(usize::MAX);

    /// A server and some players, in one event loop that wakes for each event.
    struct Table {
        clock: Clock,
        poll: Poll,
        socket: UdpSocket,
        matchmaker: Matchmaker,
        seats: Vec<Option<Conversation>>,
        told: Vec<Vec<Notice>>,
    }

    impl Table {
        fn new() -> Self {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_nonblocking(true).unwrap();
            let matchmaker = Matchmaker::new(MatchmakerSettings::default(), *b"sixteen secrets!");
            let (clock, poll) = (Clock::start(), Poll::new().unwrap());
            let fd = socket.as_raw_fd();
            poll.registry().register(&mut SourceFd(&fd), SERVER, Interest::READABLE).unwrap();
            Self { clock, poll, socket, matchmaker, seats: vec![], told: vec![] }
        }

        fn seat(&mut self, conversation: Conversation) {
            let (fd, token) = (conversation.socket().as_raw_fd(), Token(self.seats.len()));
            self.poll.registry().register(&mut SourceFd(&fd), token, Interest::READABLE).unwrap();
            self.seats.push(Some(conversation));
            self.told.push(vec![]);
        }

        fn place(&self) -> SocketAddr {
            self.socket.local_addr().unwrap()
        }

        /// A member of the chat looks for one other player.
        fn begin(&mut self, nickname: &str) {
            let person = (ClientId::from_bits(self.seats.len() as u64), nickname);
            let token = self.matchmaker.reserve(self.clock.now(), person, "duel", 2).unwrap();
            self.seat(Conversation::begin(self.place(), token, "not this").unwrap());
        }

        /// A stranger, who is not in the chat, looks for one.
        fn begin_as_stranger(&mut self, name: &str) {
            let (queue, players, patience) = (Some("duel".to_owned()), Some(2), SERVER_PATIENCE);
            let request = JoinRequest { queue, players, token: None, lan: vec![], patience };
            let group = search::begin(self.place(), 0, request, Clock::start()).unwrap();
            self.seat(Conversation::new(group, name, true));
        }

        fn of(&mut self, seat: usize) -> &mut Conversation {
            self.seats[seat].as_mut().unwrap()
        }

        fn serve(&mut self) {
            let mut room = [0; 1_500];
            loop {
                let (length, source) = match self.socket.recv_from(&mut room) {
                    Ok(come) => come,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                    Err(error) => panic!("{error}"),
                };
                let input = Input::Datagram { via: SocketIndex(0), source, bytes: &room[..length] };
                self.matchmaker.handle(self.clock.now(), input, &mut |output| {
                    if let Output::Send(transmit) = output {
                        self.socket.send_to(transmit.payload, transmit.to).unwrap();
                    }
                });
            }
        }

        /// Runs until each player's notices are as expected.
        fn until(&mut self, what: &str, done: impl Fn(&[Vec<Notice>]) -> bool) {
            let end = self.clock.now() + PATIENCE;
            let mut events = Events::with_capacity(16);
            while !done(&self.told) {
                let left = end.since(self.clock.now());
                assert!(!left.is_zero(), "not within patience: {what}; told: {:#?}", self.told);
                let due = self.seats.iter().flatten().filter_map(Conversation::due).min();
                self.poll.poll(&mut events, Some(due.unwrap_or(left).min(left))).unwrap();
                if events.iter().any(|event| event.token() == SERVER) {
                    self.serve();
                }
                for (seat, conversation) in self.seats.iter_mut().enumerate() {
                    let Some(conversation) = conversation else { continue };
                    let comes = events.iter().any(|event| event.token() == Token(seat));
                    if comes || conversation.due() == Some(Duration::ZERO) {
                        self.told[seat].extend(conversation.turn());
                    }
                }
            }
        }

        /// Two players who have met, with these names.
        fn of_two(names: [&str; 2]) -> Self {
            let mut table = Self::new();
            names.iter().for_each(|name| table.begin(name));
            table.until("both have met", |told| told.iter().all(|told| has_met(told)));
            table
        }
    }

    fn has_met(told: &[Notice]) -> bool {
        told.iter().any(|notices| matches!(notices, Notice::Met { .. }))
    }

    fn said(told: &[Notice]) -> Vec<&str> {
        let texts = told.iter().map(|notices| match notices {
            Notice::Said { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.flatten().collect()
    }

    #[test]
    fn two_meet_and_talk_until_one_leaves() {
        let mut table = Table::new();
        table.begin("ann");
        assert_eq!(table.of(0).due(), Some(Duration::ZERO));
        assert!(!table.of(0).say("nobody is there"));
        let waiting = Notice::Waiting { have: 1, need: 2 };
        table.until("ann waits", |told| told[0].contains(&waiting));
        table.begin("ben");
        table.until("both have met", |told| told.iter().all(|told| has_met(told)));
        let place = table.place();
        for (told, other) in table.told.iter().zip(["ben", "ann"]) {
            assert_eq!(told.first(), Some(&Notice::Asking(place)));
            let rest: Vec<&Notice> = told
                .iter()
                .skip_while(|notices| !matches!(notices, Notice::Matched { .. }))
                .collect();
            assert_eq!(rest[..2], [&Notice::Matched { others: 1 }, &Notice::Punching]);
            assert!(matches!(rest[2], Notice::Met { name, .. } if name == other), "{rest:?}");
        }
        let long = "x".repeat(3_000);
        for line in ["hello", "\u{1b}[31mred", "", &long] {
            assert!(table.of(0).say(line));
        }
        assert!(table.of(1).say("hello, too"));
        table.until("all is said", |told| (said(&told[0]).len(), said(&told[1]).len()) == (1, 4));
        assert_eq!(said(&table.told[0]), ["hello, too"]);
        assert_eq!(said(&table.told[1]), ["hello", "[31mred", "", &long]);
        table.seats[0].take().unwrap().leave();
        table.until("ann has left", |told| told[1].contains(&Notice::Ended));
        let left = Notice::Left { name: "ann".to_owned(), lost: false };
        assert!(table.told[1].ends_with(&[left, Notice::Ended]), "{:?}", table.told[1]);
        let ben = table.of(1);
        assert_eq!((ben.due(), ben.turn(), ben.say("ann?")), (None, vec![], false));
    }

    #[test]
    fn who_leaves_before_a_line_has_come_is_lost() {
        let mut table = Table::of_two(["ann", "ben"]);
        assert!(table.of(1).say("wait!"));
        table.seats[0].take().unwrap().leave();
        let left = Notice::Left { name: "ann".to_owned(), lost: true };
        table.until("ann has left", |told| told[1].contains(&left));
        assert_eq!(table.of(1).left_out(), ["ann"]);
    }

    #[test]
    fn an_unknown_token_is_one_sentence() {
        let mut table = Table::new();
        table.seat(Conversation::begin(table.place(), 7, "ann").unwrap());
        table.until("it has failed", |told| matches!(told[0].last(), Some(Notice::Failed(_))));
        let why = table.told[0].last().unwrap().to_string();
        assert!(why.starts_with("the server refuses: the token is unknown, too old"), "{why}");
        assert!(!why.contains('\n') && !table.told[0].contains(&Notice::Ended));
        let ann = table.of(0);
        assert_eq!((ann.due(), ann.turn(), ann.say("?")), (None, vec![], false));
    }

    #[test]
    fn a_stranger_is_called_as_it_wishes() {
        let mut table = Table::new();
        table.begin("ann");
        table.begin_as_stranger("ben");
        let is_ben =
            |notices: &Notice| matches!(notices, Notice::Renamed { name, .. } if name == "ben");
        table.until("the stranger has a name", |told| told[0].iter().any(is_ben));
        assert!(table.of(1).say("it is me"));
        let text = "it is me".to_owned();
        let me = Notice::Said { name: "ben".to_owned(), text };
        table.until("and speaks by it", |told| told[0].contains(&me) && has_met(&told[1]));
        // A nickname that the chat vouches for is not the player's own word.
        assert!(!table.told[1].iter().any(|notices| matches!(notices, Notice::Renamed { .. })));
    }

    #[test]
    fn too_much_is_not_taken_and_what_was_taken_arrives() {
        let mut table = Table::of_two(["ann", "ben"]);
        assert!(!table.of(0).say(&"x".repeat(SPEECH_LINE_BYTES_MAX + 1)));
        let lines: Vec<String> = (0..=SPEECH_QUEUE_MAX).map(|number| number.to_string()).collect();
        let taken = lines.iter().take_while(|line| table.of(0).say(line)).count();
        assert!((1..=SPEECH_QUEUE_MAX).contains(&taken), "{taken}");
        table.until("what was taken is heard", |told| said(&told[1]).len() == taken);
        assert_eq!(said(&table.told[1]), lines[..taken]);
        assert!(table.of(0).say("there is room again"));
    }

    #[test]
    fn a_flood_is_taken_in_portions() {
        let mut table = Table::new();
        table.begin("ann");
        let waiting = Notice::Waiting { have: 1, need: 2 };
        table.until("ann waits", |told| told[0].contains(&waiting));
        let port = table.of(0).group.socket.local_addr().unwrap().port();
        for _ in 0..SPEECH_TURN_DATAGRAMS + 1 {
            table.socket.send_to(b"noise", ("127.0.0.1", port)).unwrap();
        }
        assert_eq!((table.of(0).turn(), table.of(0).due()), (vec![], Some(Duration::ZERO)));
        assert_eq!(table.of(0).turn(), []);
        assert!(!table.of(0).has_more);
    }
}
