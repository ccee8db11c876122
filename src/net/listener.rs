//! TCP listeners, and what happens when descriptors run out.
//!
//! mio reports waiting connections once and not again, so the listener remembers that not all were
//! accepted. When the system has no descriptor left the gate is shut: waiting connections stay in
//! the kernel's backlog, and accepting is tried again whenever a client was closed, and on a timer.
//! A connection that has waited long is told so through a spare descriptor that is kept for that.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry};
use rustix::io::Errno;
use socket2::{Protocol, Socket, Type};

use super::bind::{bind_all, open};
use super::error::{NetError, is_exhaustion};
use super::inherited::{BoundAt, Inherited};
use super::listen_at::ListenAt;
use super::stream_options::StreamOptions;
use super::token::Source;
use crate::dialect::Spoken;
use crate::limits::{
    ACCEPT_PATIENCE, ACCEPT_RETRY_MAX, ACCEPT_RETRY_MIN, ACCEPTS_PER_TURN, KEEPALIVE_BATCH,
};
use crate::time::Time;

/// All TCP listeners, and the gate before them.
#[derive(Debug)]
pub(super) struct Listeners {
    listeners: Vec<Listener>,
    /// Only this machine can reach them.
    on_loopback: bool,
    /// The listener that is asked first.
    first: usize,
    gate: Gate,
    /// `/dev/null`, to be closed when a descriptor is needed to turn a connection away.
    spare: Option<File>,
    /// Accepting has just failed, and the waiting connections have waited long.
    refusing: bool,
    /// Connections accepted so far.
    accepted: u64,
    options: StreamOptions,
}

#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    /// For which of the places that were asked for.
    place: usize,
    /// Connections may wait.
    pending: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Gate {
    Open,
    /// Out of descriptors.
    Shut {
        since: Time,
        retry_at: Time,
        wait: Duration,
    },
}

impl Listeners {
    /// Binds every port that another process has not bound for us, and registers it.
    pub(super) fn bind(
        places: &[ListenAt],
        inherited: &mut Inherited,
        options: StreamOptions,
        registry: &Registry,
    ) -> Result<Self, NetError> {
        let adopt = |socket: &Socket| set_up(socket, options);
        let sockets =
            bind_all("tcp", places, (inherited, adopt), |address| listen(address, options))?;
        let mut listeners = Vec::with_capacity(sockets.len());
        for (index, (place, socket)) in sockets.into_iter().enumerate() {
            let mut socket = TcpListener::from_std(socket.into());
            registry
                .register(&mut socket, Source::Listener(index as u16).into(), Interest::READABLE)
                .map_err(|source| NetError::SetUp { what: "a tcp listener", source })?;
            listeners.push(Listener { socket, place, pending: true });
        }
        let of = |listener: &Listener| listener.socket.local_addr().ok();
        let is_loopback = |at: SocketAddr| at.ip().to_canonical().is_loopback();
        let on_loopback = listeners.iter().filter_map(of).all(is_loopback);
        Ok(Self {
            listeners,
            on_loopback,
            first: 0,
            gate: Gate::Open,
            spare: open_spare(),
            refusing: false,
            accepted: 0,
            options,
        })
    }

    /// Sets the timers of connections that come from now on.
    pub(super) fn set_timers(&mut self, keepalive: Duration, user_timeout: Duration) {
        self.options = StreamOptions { keepalive, user_timeout, ..self.options };
    }

    /// Notes that connections wait at this listener.
    pub(super) fn note_pending(&mut self, index: u16) {
        if let Some(listener) = self.listeners.get_mut(usize::from(index)) {
            listener.pending = true;
        }
    }

    /// Notes that a descriptor was freed.
    pub(super) fn note_freed(&mut self, now: Time) {
        if let Gate::Shut { retry_at, .. } = &mut self.gate {
            *retry_at = now;
        }
    }

    /// The next waiting connection, if there is one and a descriptor for it.
    pub(super) fn accept(&mut self, now: Time) -> Option<(TcpStream, SocketAddr)> {
        if matches!(self.gate, Gate::Shut { retry_at, .. } if now < retry_at) {
            return None;
        }
        // A failed accept concerns one connection only; but a loop has a bound.
        for _ in 0..ACCEPTS_PER_TURN {
            let (front, back) = self.listeners.split_at_mut(self.first);
            let mut in_turn = back.iter_mut().chain(front);
            let listener = in_turn.find(|listener| listener.pending)?;
            match listener.socket.accept() {
                Ok(accepted) => {
                    self.open_gate(now);
                    self.spread_keepalive(&accepted.0);
                    // The next one from the next listener, so that none keeps the others waiting.
                    self.first = (self.first + 1) % self.listeners.len();
                    return Some(accepted);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    listener.pending = false;
                    self.open_gate(now);
                }
                Err(error) if is_exhaustion(&error) => {
                    self.shut_gate(now, &error);
                    return None;
                }
                Err(error) => log::debug!("a connection was gone before it was accepted: {error}"),
            }
        }
        None
    }

    /// After `accept` has found no descriptor: a connection that has waited too long, to be turned
    /// away at once. The spare descriptor is used for that; [`Listeners::restore_spare`] takes it
    /// back.
    pub(super) fn accept_to_refuse(&mut self) -> Option<TcpStream> {
        if !self.refusing {
            return None;
        }
        self.spare = None;
        loop {
            let listener = self.listeners.iter_mut().find(|listener| listener.pending)?;
            match listener.socket.accept() {
                Ok((stream, _)) => return Some(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => listener.pending = false,
                Err(_) => return None,
            }
        }
    }

    /// Keeps a descriptor back again.
    pub(super) fn restore_spare(&mut self) {
        if std::mem::take(&mut self.refusing) {
            self.spare = open_spare();
        }
    }

    /// When accepting must be tried again; `Time::ZERO`: now.
    pub(super) fn poll_timeout(&self) -> Option<Time> {
        let pending = self.listeners.iter().any(|listener| listener.pending);
        pending.then_some(match self.gate {
            Gate::Open => Time::ZERO,
            Gate::Shut { retry_at, .. } => retry_at,
        })
    }

    /// Whether waiting connections find no descriptor.
    pub(super) fn is_short_of_descriptors(&self) -> bool {
        matches!(self.gate, Gate::Shut { .. })
    }

    /// Where connections are accepted.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners.iter().filter_map(|listener| listener.socket.local_addr().ok())
    }

    /// Notes where we can be reached: whether only this machine can, and the port that clients are
    /// told if no other was chosen.
    pub(super) fn note_places(&self, spoken: &mut Spoken) {
        spoken.loopback_only = self.on_loopback;
        if let Some(chosen) = &mut spoken.strict_transport
            && chosen.port.is_none()
        {
            let first = self.listeners.first();
            let first = first.and_then(|listener| listener.socket.local_addr().ok());
            chosen.port = first.map(|address| address.port());
        }
    }

    /// The sockets, and where they are bound.
    pub(super) fn handed_over(&self) -> impl Iterator<Item = (BoundAt, BorrowedFd<'_>)> {
        self.listeners.iter().filter_map(|listener| {
            let address = listener.socket.local_addr().ok()?;
            Some((BoundAt { place: listener.place, address }, listener.socket.as_fd()))
        })
    }

    /// Stops listening.
    pub(super) fn close(&mut self) {
        self.listeners.clear();
        self.first = 0;
    }

    /// Gives each batch of clients another keepalive time: otherwise the system would probe a crowd
    /// that came together all at once, and lose answers.
    fn spread_keepalive(&mut self, stream: &TcpStream) {
        let idle = self.options.keepalive_idle(self.accepted / KEEPALIVE_BATCH);
        self.accepted += 1;
        if idle != self.options.keepalive
            && let Err(error) = rustix::net::sockopt::set_tcp_keepidle(stream, idle)
        {
            log::debug!("keepalive is not spread: {error}");
        }
    }

    fn open_gate(&mut self, now: Time) {
        if let Gate::Shut { since, .. } = std::mem::replace(&mut self.gate, Gate::Open) {
            let shut_ms = now.since(since).as_millis();
            log::warn!("descriptors are free again: accepting after shut_ms={shut_ms}");
        }
    }

    fn shut_gate(&mut self, now: Time, error: &io::Error) {
        let (since, wait) = match self.gate {
            Gate::Open => {
                log::warn!("out of descriptors ({error}): new connections wait; raise the limit");
                (now, ACCEPT_RETRY_MIN)
            }
            Gate::Shut { since, wait, .. } => (since, (wait * 2).min(ACCEPT_RETRY_MAX)),
        };
        self.refusing = now.since(since) >= ACCEPT_PATIENCE;
        self.gate = Gate::Shut { since, retry_at: now + wait, wait };
    }
}

pub(super) fn open_spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// A TCP listener. Its options hold for every stream that it accepts (Linux copies them), which
/// saves four syscalls a connection.
pub(super) fn listen(address: SocketAddr, options: StreamOptions) -> io::Result<Socket> {
    let socket = open(address, Type::STREAM, Protocol::TCP)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    set_up(&socket, options)?;
    Ok(socket)
}

/// A TCP listener for IPv4 and IPv6 in one socket, if `address` is `[::]`: for connections whose
/// address does not matter. Without IPv6 it listens on IPv4.
pub(super) fn listen_to_both(address: SocketAddr, options: StreamOptions) -> io::Result<Socket> {
    if address.ip() != Ipv6Addr::UNSPECIFIED {
        return listen(address, options);
    }
    let both = || {
        let socket = open(address, Type::STREAM, Protocol::TCP)?;
        socket.set_only_v6(false)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        Ok(socket)
    };
    let socket = both();
    match socket {
        Err(error) if is_without_ipv6(&error) => {
            listen((Ipv4Addr::UNSPECIFIED, address.port()).into(), options)
        }
        socket => {
            let socket = socket?;
            set_up(&socket, options)?;
            Ok(socket)
        }
    }
}

/// Whether the system has no IPv6, or none that is switched on.
fn is_without_ipv6(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error())
}

/// Sets the options, and listens. A socket that listens already gets the new backlog.
fn set_up(socket: &Socket, options: StreamOptions) -> io::Result<()> {
    options.set_on(socket)?;
    socket.listen(options.backlog)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{KEEPALIVE_PROBES, KERNEL_UNSENT_BYTES};
    use socket2::SockRef;
    use std::io::Read;
    use std::net::TcpStream as StdStream;

    const OPTIONS: StreamOptions = StreamOptions {
        backlog: 256,
        keepalive: Duration::from_secs(20),
        user_timeout: Duration::from_secs(30),
    };

    fn local() -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
    }

    #[test]
    fn a_crowd_is_not_asked_all_at_once() {
        let idle = |batch| OPTIONS.keepalive_idle(batch).as_secs();
        let all: Vec<u64> = (0..12).map(idle).collect();
        assert_eq!(all, [20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 20]);
        let shortest = StreamOptions { keepalive: Duration::from_secs(1), ..OPTIONS };
        assert_eq!(shortest.keepalive_idle(7).as_secs(), 1);

        let poll = mio::Poll::new().unwrap();
        let places = [ListenAt::Address(local())];
        let mut listeners =
            Listeners::bind(&places, &mut Inherited::default(), OPTIONS, poll.registry()).unwrap();
        let place = listeners.addresses().next().unwrap();
        let mut idle_times = std::collections::BTreeSet::new();
        let connect = |_| StdStream::connect(place).unwrap();
        let clients: Vec<StdStream> = (0..3 * KEEPALIVE_BATCH).map(connect).collect();
        for _ in &clients {
            let (accepted, _) = listeners.accept(Time::ZERO).unwrap();
            idle_times.insert(SockRef::from(&accepted).tcp_keepalive_time().unwrap().as_secs());
        }
        assert_eq!(idle_times, [18, 19, 20].into());
    }

    #[test]
    fn what_is_set_on_a_listener_holds_for_what_it_accepts() {
        let listener: std::net::TcpListener = listen(local(), OPTIONS).unwrap().into();
        listener.set_nonblocking(false).unwrap();
        let _client = StdStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let socket = SockRef::from(&accepted);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), OPTIONS.keepalive);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(3));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), KEEPALIVE_PROBES);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(OPTIONS.user_timeout));
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), KERNEL_UNSENT_BYTES);
    }

    fn bind_new(places: &[ListenAt]) -> Result<Vec<(usize, Socket)>, NetError> {
        let nothing = (&mut Inherited::default(), |_: &Socket| Ok(()));
        bind_all("tcp", places, nothing, |at| listen(at, OPTIONS))
    }

    #[test]
    fn a_bare_port_is_the_same_for_both_families() {
        let sockets = bind_new(&[ListenAt::Everywhere(0)]).unwrap();
        let ports: Vec<u16> = sockets
            .iter()
            .map(|(_, socket)| socket.local_addr().unwrap().as_socket().unwrap().port())
            .collect();
        assert!(ports.iter().all(|port| *port == ports[0] && *port != 0), "{ports:?}");
    }

    #[test]
    fn a_taken_port_is_explained() {
        let taken = listen(local(), OPTIONS).unwrap();
        let address = taken.local_addr().unwrap().as_socket().unwrap();
        let places = [ListenAt::Address(address)];
        let error = bind_new(&places).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "cannot listen on tcp {address}: the address is in use \
                 (is another mio-chat running? --tcp 0 picks a free port)"
            )
        );
    }

    #[test]
    fn whichever_listener_somebody_waits_at_it_is_served_or_refused() {
        let poll = mio::Poll::new().unwrap();
        let places = [ListenAt::Address(local()); 2];
        let mut listeners =
            Listeners::bind(&places, &mut Inherited::default(), OPTIONS, poll.registry()).unwrap();
        let addresses: Vec<SocketAddr> = listeners.addresses().collect();
        let _clients: Vec<StdStream> =
            [0, 0, 1, 1, 1].map(|listener| StdStream::connect(addresses[listener]).unwrap()).into();
        let served_by = |peer: (TcpStream, SocketAddr)| peer.0.local_addr().unwrap();
        let first = listeners.accept(Time::ZERO).map(served_by);
        let second = listeners.accept(Time::ZERO).map(served_by);
        assert_eq!([first, second], [Some(addresses[0]), Some(addresses[1])], "each in turn");
        listeners.refusing = true;
        let refused = std::iter::from_fn(|| listeners.accept_to_refuse()).count();
        assert_eq!(refused, 3, "those at the second listener too");
    }

    #[test]
    fn out_of_descriptors_the_gate_waits_longer_each_time_and_then_refuses() {
        let poll = mio::Poll::new().unwrap();
        let places = [ListenAt::Address(local())];
        let mut listeners =
            Listeners::bind(&places, &mut Inherited::default(), OPTIONS, poll.registry()).unwrap();
        let mut client = StdStream::connect(listeners.addresses().next().unwrap()).unwrap();
        let exhausted = io::Error::from(Errno::MFILE);
        let mut now = Time::ZERO;
        listeners.shut_gate(now, &exhausted);
        assert!(listeners.accept(now).is_none(), "the gate is shut");
        assert_eq!(listeners.poll_timeout(), Some(now + ACCEPT_RETRY_MIN));
        while now.since(Time::ZERO) < ACCEPT_PATIENCE {
            assert!(listeners.accept_to_refuse().is_none(), "patience is not over");
            now = listeners.poll_timeout().unwrap();
            listeners.shut_gate(now, &exhausted);
            assert!(listeners.poll_timeout().unwrap().since(now) <= ACCEPT_RETRY_MAX);
        }
        let refused = listeners.accept_to_refuse().unwrap();
        assert!(listeners.spare.is_none(), "the spare descriptor was lent");
        listeners.restore_spare();
        assert!(listeners.spare.is_some());
        drop(refused);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        listeners.note_freed(now);
        assert!(listeners.accept(now).is_none(), "nobody waits any more");
        assert_eq!(listeners.gate, Gate::Open);
    }
}
