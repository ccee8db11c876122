//! Connections of trusted balancers whose PROXY header has not arrived yet.
//!
//! Until its header is complete a connection is no client: it has no id, and the server does not
//! know of it. At most `PROXY_HEADERS_PENDING_MAX` wait, each for `PROXY_HEADER_TIMEOUT`. Exactly
//! the header is read; the client's bytes behind it stay in the socket for its session.
//!
//! A balancer that speaks for itself (LOCAL) is admitted as if it came from loopback, which is how
//! the rest of the server treats clients behind a proxy: it counts against no limit of an address.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mio::net::TcpStream;
use mio::{Interest, Registry};
use slab::Slab;

use super::token::Source;

use crate::dialect::{Proxied, proxy_header_bytes, read_proxy_header};
use crate::limits::{PROXY_HEADER_BYTES_MAX, PROXY_HEADER_TIMEOUT, PROXY_HEADERS_PENDING_MAX};
use crate::subnet::{Subnet, SubnetSet};
use crate::time::Time;

/// Totals of balancers' connections since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProxyCounters {
    /// Headers that named a client.
    pub clients: u64,
    /// Headers of a balancer that spoke for itself.
    pub balancers: u64,
    /// Connections closed because no header came, but something else, or the end.
    pub bad: u64,
    /// Connections closed because the header was not whole in time.
    pub late: u64,
    /// Connections closed because too many waited.
    pub crowded: u64,
}

/// All pending connections.
#[derive(Debug)]
pub(super) struct ProxyConnections {
    trusted: SubnetSet,
    pending: Slab<PendingConnection>,
    /// The deadline of each, the earliest first. Entries of connections that do not wait any more
    /// are skipped.
    late: VecDeque<(Time, usize, u64)>,
    /// The number of connections that have waited since the start.
    count: u64,
    /// The most that may wait at once.
    most: usize,
    counters: ProxyCounters,
    /// Whether the log has a warning about a balancer that sends no headers, since the flag last
    /// changed.
    warned: bool,
}

#[derive(Debug)]
struct PendingConnection {
    stream: TcpStream,
    peer: SocketAddr,
    header: Vec<u8>,
    number: u64,
}

/// Why a connection brought no header.
#[derive(Debug, thiserror::Error)]
enum HeaderError {
    #[error("something else came")]
    OtherBytes,
    #[error("it ended")]
    End,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The result of reading on.
#[derive(Debug)]
pub(super) enum HeaderRead {
    /// The header is not whole yet.
    Incomplete,
    /// The connection, no longer registered, and the address that it is for.
    Complete(TcpStream, SocketAddr),
    /// No header, but something else, or the end: it was closed.
    Invalid,
}

impl ProxyConnections {
    /// Connections from these addresses must begin with a header.
    pub(super) fn new(trusted: Vec<Subnet>) -> Self {
        Self {
            trusted: trusted.into_iter().collect(),
            pending: Slab::new(),
            late: VecDeque::new(),
            count: 0,
            most: PROXY_HEADERS_PENDING_MAX,
            counters: ProxyCounters::default(),
            warned: false,
        }
    }

    /// Replaces the trusted addresses; pending connections go on waiting.
    pub(super) fn trust(&mut self, trusted: Vec<Subnet>) {
        self.trusted = trusted.into_iter().collect();
        self.warned = false;
    }

    /// Whether a connection from this address must begin with a header.
    pub(super) fn trusts(&self, peer: SocketAddr) -> bool {
        self.trusted.contains(peer.ip())
    }

    /// The number of pending connections.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Totals since the start.
    pub(super) fn counters(&self) -> ProxyCounters {
        self.counters
    }

    /// Waits for the header of a new connection, to be read at once. `None`: it was closed.
    pub(super) fn wait_for(
        &mut self,
        now: Time,
        mut stream: TcpStream,
        peer: SocketAddr,
        registry: &Registry,
    ) -> Option<usize> {
        if self.pending.len() >= self.most {
            self.counters.crowded += 1;
            log::debug!("balancer {peer}: closed, too many wait for their header");
            return None;
        }
        let entry = self.pending.vacant_entry();
        let index = entry.key();
        let token = Source::Proxied(index as u16).into();
        if let Err(error) = registry.register(&mut stream, token, Interest::READABLE) {
            log::warn!("balancer {peer}: cannot be polled, {error}");
            return None;
        }
        self.count += 1;
        entry.insert(PendingConnection { stream, peer, header: Vec::new(), number: self.count });
        self.late.push_back((now + PROXY_HEADER_TIMEOUT, index, self.count));
        Some(index)
    }

    /// Reads on.
    pub(super) fn read(&mut self, index: usize, registry: &Registry) -> HeaderRead {
        let told = match self.pending.get_mut(index).map(PendingConnection::read) {
            None | Some(Ok(None)) => return HeaderRead::Incomplete,
            Some(told) => told,
        };
        let PendingConnection { mut stream, peer, .. } = self.pending.remove(index);
        let _ = registry.deregister(&mut stream);
        match told {
            Ok(Some(Proxied::For(client))) => {
                self.counters.clients += 1;
                log::debug!("balancer {peer}: comes for {client}");
                HeaderRead::Complete(stream, client)
            }
            Ok(_) => {
                self.counters.balancers += 1;
                log::debug!("balancer {peer}: comes for itself");
                let client = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), peer.port());
                HeaderRead::Complete(stream, client)
            }
            Err(why) => {
                self.counters.bad += 1;
                log::debug!("balancer {peer}: closed, no header: {why}");
                if matches!(why, HeaderError::OtherBytes) {
                    self.warn_of(peer, "it sent something other than a PROXY header");
                }
                HeaderRead::Invalid
            }
        }
    }

    /// Warns once that a balancer is not set up as `--proxy-protocol` expects: no client gets in
    /// through it, and clients are not told why. A balancer that only connects is checking our
    /// health.
    fn warn_of(&mut self, peer: SocketAddr, why: &str) {
        if !std::mem::replace(&mut self.warned, true) {
            log::warn!(
                "balancer {peer}: closed, {why}; every connection from an address of \
                 --proxy-protocol must begin with a PROXY header (more such are only counted)"
            );
        }
    }

    /// When the next of them is late.
    pub(super) fn due(&mut self) -> Option<Time> {
        while let Some(&(due, index, number)) = self.late.front() {
            if self.pending.get(index).is_some_and(|pending| pending.number == number) {
                return Some(due);
            }
            self.late.pop_front();
        }
        None
    }

    /// Closes connections whose header is late. Returns whether there were any.
    pub(super) fn expire(&mut self, now: Time) -> bool {
        let mut any = false;
        while self.due().is_some_and(|due| due <= now) {
            let Some((_, index, _)) = self.late.pop_front() else { break };
            let late = self.pending.remove(index);
            self.counters.late += 1;
            any = true;
            log::debug!("balancer {}: closed, its header is late", late.peer);
            self.warn_of(late.peer, "its PROXY header did not come in time");
        }
        any
    }

    /// Closes all pending connections: nobody is admitted any more.
    pub(super) fn close(&mut self) {
        self.pending.clear();
        self.late.clear();
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.pending.shrink_to_fit();
        self.late.shrink_to_fit();
    }
}

impl PendingConnection {
    /// Reads as much of the header as has arrived, and nothing behind it: the header's own bytes
    /// say how long it is, so they are peeked at before they are taken.
    fn read(&mut self) -> Result<Option<Proxied>, HeaderError> {
        loop {
            let mut room = [0; PROXY_HEADER_BYTES_MAX];
            let had = self.header.len();
            let seen = match self.stream.peek(&mut room[had..]) {
                Ok(0) => return Err(HeaderError::End),
                Ok(count) => &room[had..had + count],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            self.header.extend_from_slice(seen);
            let whole = proxy_header_bytes(&self.header).map_err(|_| HeaderError::OtherBytes)?;
            self.header.truncate(whole);
            self.stream.read_exact(&mut self.header[had..])?;
            let header = read_proxy_header(&self.header).map_err(|_| HeaderError::OtherBytes)?;
            if header.is_some() {
                return Ok(header);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::Poll;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream as StdStream};
    use std::time::Duration;

    const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

    struct Fixture {
        listener: TcpListener,
        poll: Poll,
        proxies: ProxyConnections,
    }

    impl Fixture {
        fn new() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let proxies = ProxyConnections::new(vec!["127.0.0.0/8".parse().unwrap()]);
            Self { listener, poll: Poll::new().unwrap(), proxies }
        }

        /// A balancer that has sent this, its end here, and its index.
        fn connect(&mut self, now: Time, sent: &[u8]) -> (StdStream, Option<usize>) {
            let mut balancer = StdStream::connect(self.listener.local_addr().unwrap()).unwrap();
            balancer.write_all(sent).unwrap();
            let (stream, peer) = self.listener.accept().unwrap();
            stream.set_nonblocking(true).unwrap();
            assert!(self.proxies.trusts(peer));
            let stream = TcpStream::from_std(stream);
            let index = self.proxies.wait_for(now, stream, peer, self.poll.registry());
            (balancer, index)
        }

        fn read(&mut self, index: usize) -> Option<SocketAddr> {
            match self.proxies.read(index, self.poll.registry()) {
                HeaderRead::Complete(_, client) => Some(client),
                HeaderRead::Incomplete | HeaderRead::Invalid => None,
            }
        }
    }

    #[test]
    fn who_is_late_is_closed_and_nobody_else() {
        let mut fixture = Fixture::new();
        let (_slow, slow) = fixture.connect(Time::ZERO, &LOCAL[..15]);
        let (_quick, quick) = fixture.connect(Time::ZERO, LOCAL);
        let soon = Time::ZERO + Duration::from_secs(1);
        let (mut patient, third) = fixture.connect(soon, b"");
        assert_eq!(fixture.read(slow.unwrap()), None);
        assert!(fixture.read(quick.unwrap()).is_some_and(|client| client.ip().is_loopback()));
        // The place of one that is gone is given to another, which has its own time.
        let (_next, next) = fixture.connect(soon, b"");
        assert_eq!(next, quick);
        let due = Time::ZERO + PROXY_HEADER_TIMEOUT;
        assert_eq!(fixture.proxies.due(), Some(due));
        assert!(fixture.proxies.expire(due) && !fixture.proxies.expire(due));
        assert_eq!((fixture.proxies.len(), fixture.proxies.counters().late), (2, 1));
        assert_eq!(fixture.proxies.due(), Some(soon + PROXY_HEADER_TIMEOUT));
        patient.write_all(LOCAL).unwrap();
        assert!(fixture.read(third.unwrap()).is_some());
        fixture.proxies.close();
        assert_eq!((fixture.proxies.len(), fixture.proxies.due()), (0, None));
    }

    #[test]
    fn no_more_than_the_limit_wait() {
        let mut fixture = Fixture::new();
        fixture.proxies.most = 3;
        let kept: Vec<_> = (0..3).map(|_| fixture.connect(Time::ZERO, b"")).collect();
        assert!(kept.iter().all(|(_, index)| index.is_some()));
        let (_refused, index) = fixture.connect(Time::ZERO, LOCAL);
        assert_eq!((index, fixture.proxies.counters().crowded), (None, 1));
    }

    #[test]
    fn other_bytes_and_the_end_are_bad_at_once() {
        let mut fixture = Fixture::new();
        for (count, bytes) in [&b"alice\n"[..], b"\r\n\r\nhello", b""].iter().enumerate() {
            let (balancer, index) = fixture.connect(Time::ZERO, bytes);
            balancer.shutdown(std::net::Shutdown::Write).unwrap();
            assert_eq!(fixture.read(index.unwrap()), None);
            assert_eq!(
                (fixture.proxies.len(), fixture.proxies.counters().bad),
                (0, count as u64 + 1)
            );
        }
    }
}
