//! What a bad network does to a connection.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::SockRef;

use super::{Dice, Proxy, STOP};
use crate::support::now;

/// Longest delay of what is carried.
const LATENCY: Duration = Duration::from_millis(500);
/// How long a stalled connection stands still.
const STALL: Duration = Duration::from_millis(1_500);
/// Bytes of a piece on a slow line, and the time it takes: 8 KiB a second.
const SLOW_PIECE: (usize, Duration) = (512, Duration::from_micros(62_500));
/// Bytes from the server after which a connection stalls or is reset: the greeting has passed.
const BROKEN_AFTER: std::ops::Range<u64> = 150..3_000;
/// Bytes from the client after which its side ends: its nickname has passed.
const ENDED_AFTER: std::ops::Range<u64> = 50..800;

/// What happens to what is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TcpFault {
    /// Each chunk takes up to half a second; their order stays.
    Latency,
    /// It arrives in pieces of one to three bytes.
    Slices,
    /// 8 KiB a second.
    SlowLine,
    /// It stands still for a while.
    Stall,
    /// Both ends get a reset.
    Reset,
    /// What the client says ends in the middle; what it hears does not.
    HalfClose,
}

impl TcpFault {
    /// Whether nothing may be lost.
    pub(crate) fn is_lossless(self) -> bool {
        !matches!(self, Self::Reset | Self::HalfClose)
    }
}

impl Proxy<()> {
    /// Carries connections to a server.
    pub(crate) fn tcp(to: SocketAddr, fault: TcpFault, seed: u64) -> Self {
        let mut listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let poll = Poll::new().unwrap();
        poll.registry().register(&mut listener, Token(0), Interest::READABLE).unwrap();
        Self::start(address, poll, move |poll| carry(poll, &listener, to, fault, seed))
    }
}

/// Carries until the test is over.
fn carry(mut poll: Poll, listener: &TcpListener, to: SocketAddr, fault: TcpFault, seed: u64) {
    let (mut events, mut dice) = (Events::with_capacity(64), Dice::new(seed));
    let mut links: Vec<Link> = Vec::new();
    loop {
        let due = links.iter().filter_map(Link::due).min();
        poll.poll(&mut events, due.map(|due| due.saturating_duration_since(now()))).unwrap();
        if events.iter().any(|event| event.token() == STOP) {
            return;
        }
        while let Ok((client, _)) = listener.accept() {
            let server = TcpStream::connect(to).unwrap();
            links.push(Link::new(&poll, [client, server], fault, dice.clone()));
            dice.below(2);
        }
        links.retain_mut(Link::turn);
    }
}

/// A client's connection and the one that it stands for.
struct Link {
    /// The client's, the server's.
    ends: [TcpStream; 2],
    /// From the client, from the server.
    flows: [Flow; 2],
    fault: TcpFault,
    /// Bytes in the flow of the fault after which it happens.
    breaks_after: usize,
    dice: Dice,
}

/// What goes one way.
#[derive(Default)]
struct Flow {
    waiting: VecDeque<(Instant, Vec<u8>)>,
    /// Bytes that were read.
    carried: usize,
    /// When the last of what waits is due.
    last_due: Option<Instant>,
    /// Nothing more comes.
    ended: bool,
    /// The other end was told so.
    closed: bool,
    /// The other end takes nothing for now.
    blocked: bool,
}

impl Link {
    fn new(poll: &Poll, mut ends: [TcpStream; 2], fault: TcpFault, mut dice: Dice) -> Self {
        for end in &mut ends {
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(end, Token(1), both).unwrap();
            let _ = end.set_nodelay(true);
        }
        let when = if fault == TcpFault::HalfClose { ENDED_AFTER } else { BROKEN_AFTER };
        let breaks_after = when.start + dice.below(when.end - when.start);
        let flows = [Flow::default(), Flow::default()];
        Self { ends, flows, fault, breaks_after: breaks_after as usize, dice }
    }

    /// When something is to be carried on; who is blocked is waited for.
    fn due(&self) -> Option<Instant> {
        let waiting = self.flows.iter().filter(|flow| !flow.blocked);
        waiting.filter_map(|flow| flow.waiting.front()).map(|(due, _)| *due).min()
    }

    /// Takes what has come and carries what is due. Returns whether the link goes on.
    fn turn(&mut self) -> bool {
        for from in [0, 1] {
            self.take(from);
            if self.fault == TcpFault::Reset && from == 1 && self.is_broken(from) {
                for end in &self.ends {
                    let _ = SockRef::from(end).set_linger(Some(Duration::ZERO));
                }
                return false;
            }
            self.deliver(from);
        }
        !self.flows.iter().all(|flow| flow.closed)
    }

    fn is_broken(&self, from: usize) -> bool {
        self.flows[from].carried >= self.breaks_after
    }

    /// Reads what there is from one end, and decides what becomes of it.
    fn take(&mut self, from: usize) {
        let mut room = [0; 16 * 1_024];
        while !self.flows[from].ended {
            match self.ends[from].read(&mut room) {
                Ok(0) => self.flows[from].ended = true,
                Ok(count) => self.decide(from, &room[..count]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) =>
                {
                    return;
                }
                Err(_) => self.flows[from].ended = true,
            }
        }
    }

    fn decide(&mut self, from: usize, bytes: &[u8]) {
        let now = now();
        let was_whole = !self.is_broken(from);
        self.flows[from].carried += bytes.len();
        let breaks = was_whole && self.is_broken(from);
        match self.fault {
            TcpFault::Latency => self.flows[from].push(now + self.dice.delay(LATENCY), bytes),
            TcpFault::Slices => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let size = 1 + self.dice.below(3) as usize;
                    let (piece, behind) = rest.split_at(size.min(rest.len()));
                    self.flows[from].push(now, piece);
                    rest = behind;
                }
            }
            TcpFault::SlowLine => {
                for piece in bytes.chunks(SLOW_PIECE.0) {
                    let free = self.flows[from].last_due.map_or(now, |last| last.max(now));
                    self.flows[from].push(free + SLOW_PIECE.1, piece);
                }
            }
            TcpFault::Stall if breaks => self.flows[from].push(now + STALL, bytes),
            TcpFault::HalfClose if from == 0 && self.is_broken(0) => {
                let beyond = self.flows[0].carried - self.breaks_after;
                self.flows[0].push(now, &bytes[..bytes.len() - beyond]);
                self.flows[0].ended = true;
            }
            TcpFault::Stall | TcpFault::Reset | TcpFault::HalfClose => {
                self.flows[from].push(now, bytes);
            }
        }
    }

    /// Writes what is due to the other end, and ends it when all is written.
    fn deliver(&mut self, from: usize) {
        let (flow, to) = (&mut self.flows[from], &mut self.ends[1 - from]);
        flow.blocked = false;
        while let Some((due, bytes)) = flow.waiting.front_mut() {
            if *due > now() {
                return;
            }
            match to.write(bytes) {
                Ok(count) if count < bytes.len() => {
                    bytes.drain(..count);
                }
                Ok(_) => {
                    flow.waiting.pop_front();
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) =>
                {
                    flow.blocked = true;
                    return;
                }
                // Nobody hears it any more.
                Err(_) => flow.waiting.clear(),
            }
        }
        if flow.ended && !std::mem::replace(&mut flow.closed, true) {
            let _ = to.shutdown(Shutdown::Write);
        }
    }
}

impl Flow {
    /// Not before what came before it.
    fn push(&mut self, due: Instant, bytes: &[u8]) {
        let due = self.last_due.map_or(due, |last| last.max(due));
        self.last_due = Some(due);
        self.waiting.push_back((due, bytes.to_vec()));
    }
}
