//! What people notice of an upgrade: nothing.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::running::Running;
use crate::support::{
    Client, PATIENCE, eventually, http, now, process, receive, report, sized, timed,
};

const NO_FLOOD_CONTROL: [&str; 2] = ["--flood", "off"];

/// Everybody says the number of the round, and everybody hears it of everybody, once.
fn round(people: &mut [Client], number: u64) {
    for client in people.iter_mut() {
        client.say(&number.to_string());
    }
    let names = people.len();
    for client in people {
        let mut heard: Vec<String> = (0..names).map(|_| client.line()).collect();
        heard.sort();
        let said = (0..names).map(|name| format!("p{name}: {number}"));
        assert_eq!(heard, said.collect::<Vec<_>>());
    }
}

#[test]
fn a_conversation_goes_on_through_many_upgrades() {
    let mut running = Running::start(&NO_FLOOD_CONTROL);
    let place = running.first.tcp();
    let mut people: Vec<Client> =
        (0..8).map(|name| Client::join(place, &format!("p{name}"))).collect();
    for (name, client) in people.iter_mut().enumerate() {
        for other in name + 1..8 {
            client.expect(&format!("p{other} joined!"));
        }
    }
    let (mut number, mut worst) = (0, Duration::ZERO);
    let upgrades = sized(4, 100);
    for _ in 0..upgrades {
        running.ask();
        let asked = now();
        while !running.is_upgraded() {
            assert!(asked.elapsed() < 2 * PATIENCE, "{}", running.first.log());
            let ((), took) = timed(|| round(&mut people, number));
            (number, worst) = (number + 1, worst.max(took));
        }
        // Who comes now is served like everybody else.
        let mut late = Client::join(place, "late");
        late.say("/quit");
        late.rest();
        for client in &mut people {
            client.expect("late joined!");
            client.expect("late left!");
        }
    }
    report(&format!(
        "{upgrades} upgrades: 8 people said and heard {number} numbers, none lost or doubled; the \
         longest round took {worst:.1?}"
    ));
    running.stop();
}

#[test]
fn the_new_process_reads_the_settings_anew_and_the_admin_port_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mio-chat.toml");
    std::fs::write(&file, "motd = \"old\"\n").unwrap();
    let mut running = Running::start(&["-c", file.to_str().unwrap(), "--admin", "0"]);
    let log = running.first.wait_for_log("admin=");
    let (_, admin) = log.split_once("admin=").unwrap();
    let admin: SocketAddr = admin.split_whitespace().next().unwrap().parse().unwrap();
    let place = running.first.tcp();
    let mut alice = Client::join(place, "alice");
    for number in 0..6 {
        alice.say(&format!("word {number}"));
        alice.expect(&format!("alice: word {number}"));
    }
    std::fs::write(&file, "motd = \"new\"\nhistory = 2\n").unwrap();
    running.upgrade();
    alice.say("/history 9");
    alice.hear("* -- last 2 messages in main (UTC) --");
    let mut bob = Client::connect(place);
    bob.say("bob");
    bob.hear("* motd: new");
    let metrics = http::get(admin, "/metrics").body;
    assert!(metrics.contains("\nmio_chat_connections_accepted_total 2\n"), "{metrics}");
    running.stop();
}

#[test]
fn a_crowd_under_load_loses_nothing() {
    let (clients, rate) = sized((500, "0.2"), (5_000, "0.01"));
    if !process::may_hold(clients) {
        return;
    }
    let mut running = Running::start(&NO_FLOOD_CONTROL);
    let place = running.first.tcp().to_string();
    let mut load = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    load.args(["load", &place, "chatter", "--duration", "3s", "--rate", rate]);
    load.args(["--clients", &clients.to_string()]);
    let mut load = load.stdout(Stdio::piped()).spawn().unwrap();
    // Everybody has come, and talks.
    let lines = format!("members={clients} ");
    eventually("a crowd", || {
        rustix::process::kill_process(running.pid, Signal::HUP).unwrap();
        running.first.log().contains(&lines)
    });
    let mut upgrades = 0;
    while load.try_wait().unwrap().is_none() {
        running.upgrade();
        upgrades += 1;
    }
    let told = load.wait_with_output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("all arrived"), "{told}");
    let latency = told.lines().find(|line| line.contains("latency")).unwrap_or_default();
    let log = running.stop();
    let pauses = log.lines().filter_map(|line| line.split_once("pause_ms=")?.1.parse().ok());
    let longest: u64 = pauses.max().unwrap_or_default();
    report(&format!(
        "{upgrades} upgrades of {clients} clients under load, all arrived; the longest pause was \
         {longest} ms;{latency}"
    ));
}

#[test]
fn a_line_that_is_half_typed_and_a_name_that_is_not_chosen_survive() {
    let mut running = Running::start(&["--greet-after", "0s"]);
    let place = running.first.tcp();
    let mut stranger = Client::connect(place);
    assert_eq!(stranger.chunk(), b"NICK");
    let mut alice = Client::join(place, "alice");
    alice.say("/join den");
    alice.hear_where("the den", |line| line.contains("alone in den"));
    alice.say("/topic tea");
    alice.hear_where("a topic", |line| line.contains("tea"));
    alice.say("/numbers on");
    alice.hear_where("numbers", |line| line.contains("number"));
    alice.send(b"half a l");
    running.upgrade();
    alice.send(b"ine\n");
    stranger.say("bob");
    let line = alice.hear_where("a message", |line| line.starts_with('@'));
    assert!(line.ends_with("alice: half a line"), "{line}");
    stranger.hear("Connected to server!");
    stranger.say("/join den");
    stranger.hear_where("the topic", |line| line.contains("tea"));
    stranger.say("/topic coffee");
    stranger.hear_where("a refusal", |line| line.contains("owner") || line.contains("operator"));
    // Nor is anybody's name free.
    let mut other = Client::connect(place);
    other.say("ALICE");
    other.hear_where("a refusal", |line| line.contains("taken") || line.contains("alice"));
    running.stop();
}

#[test]
fn what_waits_for_a_slow_reader_arrives_whole() {
    let mut running = Running::start(&["--flood", "off", "--outbox-hard", "4MiB"]);
    let place = running.first.tcp();
    let mut slow = Client::join_with_small_window(place, "slow");
    let mut talker = Client::join(place, "talker");
    let words = "x".repeat(900);
    for number in 0..2_000 {
        talker.say(&format!("{number} {words}"));
        talker.hear_where("an echo", |line| line.starts_with(&format!("talker: {number} ")));
    }
    running.upgrade();
    talker.say("the end");
    slow.expect("talker joined!");
    for number in 0..2_000 {
        slow.expect(&format!("talker: {number} {words}"));
    }
    slow.expect("talker: the end");
    running.stop();
}

#[test]
fn the_state_on_disk_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--flood", "off", "--state", folder.path().to_str().unwrap()];
    let mut running = Running::start(&flags);
    let mut alice = Client::join(running.first.tcp(), "alice");
    for number in 0..3 {
        alice.say(&format!("word {number}"));
        alice.expect(&format!("alice: word {number}"));
        // At once: nothing of it need be committed yet.
        running.upgrade();
    }
    // A successor that dies when the state is closed for it.
    running.replace_by_script("printf R >&0; exit 1");
    running.ask();
    running.first.wait_for_log("upgrade: not done");
    alice.say("word 3");
    alice.expect("alice: word 3");
    drop(alice);
    running.stop();
    let server = crate::support::Launch::new(&flags).start();
    server.wait_for_log("complete=true");
    let mut bob = Client::connect(server.tcp());
    bob.say("bob");
    for number in 0..4 {
        bob.hear_where("a word", |line| line.ends_with(&format!("alice: word {number}")));
    }
    server.stop();
}

#[test]
fn datagrams_go_on_and_who_waits_is_still_waiting() {
    let mut running = Running::start(&[]);
    let peers = ["one", "other"].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
    peers[0].send_to(b"hello", running.first.udp()).unwrap();
    // Answered in order: what came before was received.
    let mut stun = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    stun.extend([7; 12]);
    let asker = UdpSocket::bind("127.0.0.1:0").unwrap();
    asker.send_to(&stun, running.first.udp()).unwrap();
    assert!(receive(&asker, PATIENCE).is_some());
    running.upgrade();
    peers[1].send_to(b"hello", running.first.udp()).unwrap();
    for (peer, other) in [(0, 1), (1, 0)] {
        let (told, _) = receive(&peers[peer], PATIENCE).expect("a pair");
        let port = peers[other].local_addr().unwrap().port().to_string();
        assert!(String::from_utf8_lossy(&told).contains(&port), "{told:?}");
    }
    running.stop();
}

#[test]
fn nothing_is_left_open_in_the_new_process() {
    let mut running = Running::start(&[]);
    let _alice = Client::join(running.first.tcp(), "alice");
    running.upgrade();
    let before = process::descriptors(running.pid);
    for _ in 0..3 {
        running.upgrade();
    }
    eventually("as many descriptors as before", || process::descriptors(running.pid) == before);
    assert_eq!(process::status_field(running.pid, "Threads"), "1");
    // A report goes to the same log.
    rustix::process::kill_process(running.pid, Signal::HUP).unwrap();
    running.first.wait_for_log("members=1");
    running.stop();
}
