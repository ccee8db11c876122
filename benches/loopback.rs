//! What one delivery costs the server, sockets included.
//!
//! Starts the server, seats a room full of clients and lets one of them keep a number of messages
//! in flight. Prints deliveries per second of wall time and of server CPU (user and kernel). The
//! server has the first core to itself and the clients the second, where there are two.
//!
//! `cargo bench --bench loopback -- [MEMBERS [IN_FLIGHT [SECONDS]]]`; without arguments the two
//! standard rows: 1,000 members with 1 and with 64 messages in flight.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on may stop")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Bytes of a message as it is delivered, `bench0: ` and newline included.
const MESSAGE_BYTES: usize = 64;
/// Kernel clock ticks a second, in which `/proc/PID/stat` counts (`getconf CLK_TCK`).
const TICKS_PER_SECOND: f64 = 100.0;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let seconds = Duration::from_secs(numbers.get(2).copied().unwrap_or(4) as u64);
    println!("members  in flight  deliveries/s  deliveries/CPU-s  ns of CPU per delivery  CPU");
    match numbers[..] {
        [] => {
            run(1_000, 1, seconds);
            run(1_000, 64, seconds);
        }
        [members] => run(members, 1, seconds),
        [members, in_flight, ..] => run(members, in_flight, seconds),
    }
}

fn run(members: usize, in_flight: usize, duration: Duration) {
    let (server, address) = start_server();
    pin(Some(Pid::from_child(&server)), 0);
    pin(None, 1);
    let mut room = Room::fill(address, members);
    room.chat(in_flight, duration / 4);
    let (cpu_before, start) = (cpu_seconds(&server), now());
    let messages = room.chat(in_flight, duration);
    let (cpu, wall) = (cpu_seconds(&server) - cpu_before, start.elapsed().as_secs_f64());
    let deliveries = (messages * members) as f64;
    println!(
        "{members:7}  {in_flight:9}  {:12.0}  {:16.0}  {:22.1}  {:3.0} %",
        deliveries / wall,
        deliveries / cpu,
        cpu * 1e9 / deliveries,
        100.0 * cpu / wall
    );
    stop(server);
}

/// Clients in one room; the first is the one that talks.
struct Room {
    poll: Poll,
    clients: Vec<TcpStream>,
    scratch: Vec<u8>,
}

impl Room {
    fn fill(address: SocketAddr, members: usize) -> Self {
        let poll = Poll::new().unwrap();
        let mut clients = Vec::with_capacity(members);
        for number in 0..members {
            let stream = std::net::TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            (&stream).write_all(format!("bench{number}\n").as_bytes()).unwrap();
            stream.set_nonblocking(true).unwrap();
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(number), Interest::READABLE).unwrap();
            clients.push(stream);
        }
        let mut room = Self { poll, clients, scratch: vec![0; 1 << 16] };
        // Everyone is seated when the last one's entrance is heard and the room falls silent.
        while room.read(Duration::from_millis(300), |_, _| {}) {}
        room
    }

    /// Keeps messages in flight for so long. Returns how many came back to their sender.
    fn chat(&mut self, in_flight: usize, duration: Duration) -> usize {
        let text = "x".repeat(MESSAGE_BYTES - "bench0: \n".len()) + "\n";
        let burst = text.repeat(in_flight);
        let (start, mut messages, mut heard) = (now(), 0, 0);
        while start.elapsed() < duration {
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
        while self.read(Duration::from_millis(100), |_, _| {}) {}
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
