//! What a delivery costs in a room where people read in seven encodings, beside a room of as many
//! who all read plain lines.
//!
//! One server, both rooms, over real sockets on loopback. In each round one member of either room
//! keeps messages in flight for a while, one room after the other, so that whatever disturbs the
//! machine disturbs both. Prints deliveries per second and per CPU-second of the server (user and
//! kernel), and the ratio of the second to the first. Both speakers speak plain lines.
//!
//! `cargo bench --bench dialects -- [MEMBERS [IN_FLIGHT [ROUNDS]]]`: 1,000, 64 and 8.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on may stop")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Bytes of a message as plain lines deliver it, `plain0: ` and newline included.
const MESSAGE_BYTES: usize = 64;
/// Kernel clock ticks a second, in which `/proc/PID/stat` counts (`getconf CLK_TCK`).
const TICKS_PER_SECOND: f64 = 100.0;
/// How long one room talks in a round.
const SPELL: Duration = Duration::from_secs(1);
/// What IRC clients ask for, one encoding each.
const CAPABILITIES: [&str; 4] =
    ["", "server-time", "message-tags server-time", "message-tags server-time account-tag"];
const ENCODINGS: usize = 3 + CAPABILITIES.len();

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let number = |place: usize, usual| numbers.get(place).copied().unwrap_or(usual);
    let (members, in_flight, rounds) = (number(0, 1_000), number(1, 64), number(2, 8));
    let (server, address) = start_server();
    pin(Some(Pid::from_child(&server)), 0);
    pin(None, 1);
    let mut plain = Room::fill(address, "plain", members, 1);
    let mut mixed = Room::fill(address, "mixed", members, ENCODINGS);
    let (mut of_plain, mut of_mixed) = (Figures::default(), Figures::default());
    for round in 0..=rounds {
        // The first warms both up.
        let counts = round > 0;
        for (room, figures) in [(&mut plain, &mut of_plain), (&mut mixed, &mut of_mixed)] {
            let spell = room.measure(&server, in_flight);
            if counts {
                figures.add(&spell);
            }
        }
    }
    println!("{members} members, {in_flight} messages in flight, {rounds} rounds");
    println!("encodings  deliveries/s  deliveries/CPU-s  ns of CPU per delivery");
    for (encodings, figures) in [(1, &of_plain), (ENCODINGS, &of_mixed)] {
        println!(
            "{encodings:9}  {:12.0}  {:16.0}  {:22.1}",
            figures.deliveries / figures.wall,
            figures.deliveries / figures.cpu,
            figures.cpu * 1e9 / figures.deliveries
        );
    }
    let ratio = (of_mixed.deliveries / of_mixed.cpu) / (of_plain.deliveries / of_plain.cpu);
    println!("mixed : plain = {ratio:.2} in deliveries per CPU-second");
    stop(server);
}

/// What was delivered, and what that took, in seconds.
#[derive(Default)]
struct Figures {
    deliveries: f64,
    cpu: f64,
    wall: f64,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.deliveries += other.deliveries;
        self.cpu += other.cpu;
        self.wall += other.wall;
    }
}

/// Clients in one room; the first is the one that talks.
struct Room {
    name: &'static str,
    poll: Poll,
    clients: Vec<TcpStream>,
    scratch: Vec<u8>,
}

impl Room {
    fn fill(address: SocketAddr, name: &'static str, members: usize, encodings: usize) -> Self {
        let poll = Poll::new().unwrap();
        let mut clients = Vec::with_capacity(members);
        for number in 0..members {
            let stream = std::net::TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            (&stream).write_all(greeting(name, number, number % encodings).as_bytes()).unwrap();
            stream.set_nonblocking(true).unwrap();
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(number), Interest::READABLE).unwrap();
            clients.push(stream);
        }
        let mut room = Self { name, poll, clients, scratch: vec![0; 1 << 16] };
        // Everyone is seated when the room falls silent.
        while room.read(Duration::from_millis(500), |_, _| {}) {}
        room
    }

    /// Talks for a spell, while the server's time is taken.
    fn measure(&mut self, server: &Child, in_flight: usize) -> Figures {
        let (cpu_before, start) = (cpu_seconds(server), now());
        let messages = self.chat(in_flight);
        let wall = start.elapsed().as_secs_f64();
        // What is still read after the last message costs the server nothing.
        while self.read(Duration::from_millis(100), |_, _| {}) {}
        let cpu = cpu_seconds(server) - cpu_before;
        Figures { deliveries: (messages * self.clients.len()) as f64, cpu, wall }
    }

    /// Keeps messages in flight. Returns how many came back to their sender.
    fn chat(&mut self, in_flight: usize) -> usize {
        let text = "x".repeat(MESSAGE_BYTES - self.name.len() - "0: \n".len()) + "\n";
        let burst = text.repeat(in_flight);
        let (start, mut messages, mut heard) = (now(), 0, 0);
        while start.elapsed() < SPELL {
            self.clients[0].write_all(burst.as_bytes()).unwrap();
            messages += in_flight;
            let wanted = messages * MESSAGE_BYTES;
            while heard < wanted {
                let more = self.read(Duration::from_secs(10), |client, count| {
                    heard += if client == 0 { count } else { 0 };
                });
                assert!(more, "the server has fallen silent");
            }
        }
        messages
    }

    /// Reads what there is; whether anything came in time.
    fn read(&mut self, patience: Duration, mut note: impl FnMut(usize, usize)) -> bool {
        let mut events = Events::with_capacity(1_024);
        self.poll.poll(&mut events, Some(patience)).unwrap();
        for event in &events {
            let client = event.token().0;
            loop {
                match self.clients[client].read(&mut self.scratch) {
                    Ok(0) => panic!("client {client} was closed"),
                    Ok(count) => {
                        note(client, count);
                        if count < self.scratch.len() {
                            break;
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("client {client}: {error}"),
                }
            }
        }
        !events.is_empty()
    }
}

/// What a member says first, to read the room in one of the encodings.
fn greeting(room: &str, number: usize, encoding: usize) -> String {
    let name = format!("{room}{number}");
    let plain = format!("{name}\n/join {room}\n");
    match encoding {
        0 => plain,
        1 => plain + "/numbers on\n",
        2 => plain + "/format json\n",
        irc => {
            let asked = match CAPABILITIES[irc - 3] {
                "" => String::new(),
                names => format!("CAP REQ :{names}\r\n"),
            };
            let person = format!("NICK {name}\r\nUSER {name} 0 * :bench\r\n");
            format!("CAP LS 302\r\n{asked}{person}CAP END\r\nJOIN #{room}\r\n")
        }
    }
}

fn start_server() -> (Child, SocketAddr) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_mio-chat"))
        .args(["--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--flood", "off", "-q"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
    (server, address)
}

/// Keeps a process (this one, if none is named) on one core. Where there is no such core it stays
/// where it is.
fn pin(process: Option<Pid>, core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    let _ = sched_setaffinity(process, &cores);
}

fn stop(mut server: Child) {
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    server.wait().unwrap();
}

/// CPU time the server has used, user and kernel.
fn cpu_seconds(server: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<f64> =
        after_name.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    (fields[11] + fields[12]) / TICKS_PER_SECOND
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}
