//! Small networks inside this machine: hosts of their own, joined by cables, that nothing outside
//! can reach or be reached from. Here addresses may be made up, and cables pulled.
//!
//! A host is a network namespace, made by `ip netns` and gone with its value, after a panic too.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsFd;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::program::program;
use super::{skip, test_name};

/// What each host calls its end of a cable.
const CABLE: &str = "cable";
/// Protocol number of a raw socket whose packets bring their own IP header.
const IP_HEADER_INCLUDED: i32 = 255;
const UDP: u8 = 17;
const HEADERS: usize = 28;

static MADE: AtomicUsize = AtomicUsize::new(0);

/// A host with a loopback, and a cable once it has been joined to another.
#[derive(Debug)]
pub(crate) struct Namespace {
    ip: PathBuf,
    name: String,
}

impl Namespace {
    /// A new one. Says that the test is skipped where none may be made.
    pub(crate) fn new() -> Option<Self> {
        let ip = program("ip")?;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("mio-chat-{}-{number}", std::process::id());
        let Output { status, stderr, .. } =
            Command::new(&ip).args(["netns", "add", &name]).output().unwrap();
        if !status.success() {
            skip(&format!("no network namespace: {}", String::from_utf8_lossy(&stderr).trim()));
            return None;
        }
        let namespace = Self { ip, name };
        namespace.configure("link set lo up");
        Some(namespace)
    }

    /// Two hosts with these addresses (`10.77.0.1/24`) on one cable.
    pub(crate) fn pair(addresses: [&str; 2]) -> Option<[Self; 2]> {
        let hosts = [Self::new()?, Self::new()?];
        let [one, other] = &hosts;
        let ends = format!("link add {CABLE} type veth peer name {CABLE} netns {}", other.name);
        one.configure(&ends);
        for (host, address) in hosts.iter().zip(addresses) {
            host.add_address(address);
            host.set_cable("up");
        }
        Some(hosts)
    }

    /// One more address at the cable.
    pub(crate) fn add_address(&self, address: &str) {
        // An IPv6 address may be used a second later if others were to be asked for it first.
        let at_once = if address.contains(':') { " nodad" } else { "" };
        self.configure(&format!("address add {address} dev {CABLE}{at_once}"));
    }

    /// What is meant for everybody else goes through the cable to this neighbour.
    pub(crate) fn route_all_to(&self, gateway: &str) {
        self.configure(&format!("route add default via {gateway} dev {CABLE}"));
    }

    /// Pulls the cable out (`down`) or puts it in (`up`).
    pub(crate) fn set_cable(&self, state: &str) {
        self.configure(&format!("link set {CABLE} {state}"));
    }

    /// Does something on this host. Sockets that it opens and programs that it starts stay there.
    pub(crate) fn within<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let host = File::open(format!("/run/netns/{}", self.name)).unwrap();
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name(test_name());
            let result = thread.spawn_scoped(scope, || {
                move_into_link_name_space(host.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                act()
            });
            result.unwrap().join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    /// What this host's IP has counted so far.
    pub(crate) fn traffic(&self) -> Traffic {
        self.within(Traffic::read)
    }

    /// `ip` with these words, on this host.
    fn configure(&self, words: &str) {
        let mut ip = Command::new(&self.ip);
        ip.args(["-n", &self.name]).args(words.split(' '));
        let Output { status, stderr, .. } = ip.output().unwrap();
        assert!(status.success(), "ip {words}: {}", String::from_utf8_lossy(&stderr));
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new(&self.ip).args(["netns", "delete", &self.name]).status();
    }
}

/// What a host's IP layer counts; loopback included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic {
    /// Datagrams that programs have received.
    pub(crate) received: u64,
    /// Datagrams lost because programs were too slow for them.
    pub(crate) lost: u64,
    /// Datagrams that programs have sent; made-up ones do not count.
    pub(crate) sent: u64,
    /// Bytes of packets that came in, IP headers included.
    pub(crate) bytes_in: u64,
    /// Bytes of packets that went out, IP headers included.
    pub(crate) bytes_out: u64,
}

impl Traffic {
    fn read() -> Self {
        let file = |name| std::fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap();
        let [udp, ip] = [file("snmp"), file("netstat")];
        Self {
            received: number(&udp, "Udp", "InDatagrams"),
            lost: number(&udp, "Udp", "RcvbufErrors"),
            sent: number(&udp, "Udp", "OutDatagrams"),
            bytes_in: number(&ip, "IpExt", "InOctets"),
            bytes_out: number(&ip, "IpExt", "OutOctets"),
        }
    }

    /// What was counted since then.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            received: self.received - earlier.received,
            lost: self.lost - earlier.lost,
            sent: self.sent - earlier.sent,
            bytes_in: self.bytes_in - earlier.bytes_in,
            bytes_out: self.bytes_out - earlier.bytes_out,
        }
    }
}

/// One number of a table that has its names in one line and its numbers in the next.
fn number(table: &str, protocol: &str, name: &str) -> u64 {
    let prefix = format!("{protocol}: ");
    let mut lines = table.lines().filter_map(|line| line.strip_prefix(&prefix));
    let (names, numbers) = (lines.next().unwrap(), lines.next().unwrap());
    let mut columns = names.split(' ').zip(numbers.split(' '));
    let (_, number) = columns.find(|(column, _)| *column == name).expect(name);
    number.parse().unwrap()
}

/// Sends IPv4 datagrams in anybody's name, within the networks of its namespace.
#[derive(Debug)]
pub(crate) struct Forger(Socket);

impl Forger {
    /// One on this host.
    pub(crate) fn on(host: &Namespace) -> Self {
        let protocol = Some(Protocol::from(IP_HEADER_INCLUDED));
        Self(host.within(|| Socket::new(Domain::IPV4, Type::RAW, protocol).unwrap()))
    }

    /// Sends a datagram. Whether it left is not told: a flood is more than some queues take.
    ///
    /// The kernel writes its own address over the source 0.0.0.0, so that one cannot be forged.
    pub(crate) fn send(&self, from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) {
        assert_ne!(*from.ip(), Ipv4Addr::UNSPECIFIED);
        let length = ((HEADERS + payload.len()) as u16).to_be_bytes();
        let udp_length = ((8 + payload.len()) as u16).to_be_bytes();
        // The kernel fills in the identification and the checksum; UDP's own may be left out.
        let mut packet = vec![0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, UDP, 0, 0];
        packet.extend(from.ip().octets());
        packet.extend(to.ip().octets());
        packet.extend(from.port().to_be_bytes());
        packet.extend(to.port().to_be_bytes());
        packet.extend(udp_length);
        packet.extend([0, 0]);
        packet.extend(payload);
        let _ = self.0.send_to(&packet, &SockAddr::from(SocketAddrV4::new(*to.ip(), 0)));
    }
}
