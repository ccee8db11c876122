//! Small networks inside this machine: hosts of their own, joined by cables, that nothing outside
//! can reach or be reached from. Here addresses may be made up, and cables pulled; a host may also
//! be a router, a firewall or a NAT. What networks are made of hosts is up to the tests.
//!
//! A host is a network namespace, made by `ip netns` and gone with its value, after a panic too.

use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsFd;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::program::program;
use super::{eventually, skip, test_name};

/// What each host calls its end of its only cable.
pub(crate) const CABLE: &str = "cable";
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
        one.configure(&other.cable_from(CABLE, CABLE));
        for (host, address) in hosts.iter().zip(addresses) {
            host.add_address(address);
            host.set_cable("up");
        }
        Some(hosts)
    }

    /// What another host is to be told ([`Self::configure_all`]) so that a cable leads from there
    /// to this one, with what each calls its end. Both ends are pulled out at first.
    pub(crate) fn cable_from(&self, there: &str, here: &str) -> String {
        format!("link add {there} type veth peer name {here} netns {}", self.name)
    }

    /// Waits until these ends of cables take packets. They drop what they are given until the
    /// kernel has noticed, a moment later, that the other end is in as well.
    pub(crate) fn wait_for(&self, ends: &[&str]) {
        eventually(&format!("{ends:?} in"), || {
            let mut ip = Command::new(&self.ip);
            ip.args(["-n", &self.name, "-brief", "link", "show"]);
            let links = feed(ip, "").unwrap();
            let is_up = |end: &&str| {
                links.lines().any(|line| {
                    let mut words = line.split(['@', ' ']);
                    words.next() == Some(end) && words.any(|word| word == "UP")
                })
            };
            ends.iter().all(is_up)
        });
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
        let host = File::open(self.place()).unwrap();
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

    /// Where this host is found as long as it is there.
    pub(crate) fn place(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.name)
    }

    /// Sets switches of the network stack, `ipv4/ip_forward` and the like below `/proc/sys/net`,
    /// as far as this kernel has them.
    pub(crate) fn set(&self, switches: &[&str], value: &str) {
        let files = switches.iter().map(|switch| Path::new("/proc/sys/net").join(switch));
        self.within(|| {
            let there = files.filter(|file| file.exists());
            there.for_each(|file| std::fs::write(file, value).unwrap());
        });
    }

    /// What `nft` says to these words (`-f -`) and this input; or why it refuses.
    pub(crate) fn nft(&self, words: &[&str], input: &str) -> Result<String, String> {
        let mut nft = Command::new("nft");
        nft.args(words);
        self.within(move || feed(nft, input))
    }

    /// `ip` with these words, on this host.
    fn configure(&self, words: &str) {
        let mut ip = Command::new(&self.ip);
        ip.args(["-n", &self.name]).args(words.split(' '));
        feed(ip, "").unwrap_or_else(|complaint| panic!("ip {words}: {complaint}"));
    }

    /// `ip` with many lines of words at once.
    pub(crate) fn configure_all(&self, lines: &str) {
        let mut ip = Command::new(&self.ip);
        ip.args(["-n", &self.name, "-batch", "-"]);
        feed(ip, lines).unwrap_or_else(|complaint| panic!("{complaint} in:\n{lines}"));
    }
}

/// What a program prints about this input; or what it complains of when it fails.
fn feed(mut program: Command, input: &str) -> Result<String, String> {
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    // Who does not read to the end complains, and that is what should be seen.
    let _ = child.stdin.take().expect("stdin is piped").write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    if status.success() { Ok(text(stdout)) } else { Err(text(stderr)) }
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
