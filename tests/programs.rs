//! The programs that people really use: nc, telnet, pipes, clients of STUN and ICE, and those in
//! Python, in `tests/python`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use support::program::{Program, netcat, program};
use support::{Client, Server, skip};

const CTRL_RIGHT_BRACKET: &[u8] = b"\x1d";

/// A program of `tests/python`, for someone of this name.
fn python(python3: &Path, file: &str, name: &str, server: SocketAddr) -> Program {
    let (host, port) = (server.ip().to_string(), server.port().to_string());
    Program::start(python3, [&script(file), name, &host, &port])
}

fn script(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(file);
    path.to_str().unwrap().to_owned()
}

/// Where `scripts/install` has put Python's packages; says that the test is skipped where it has
/// not this one.
fn packages(package: &str) -> Option<String> {
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python");
    if packages.join(package).is_dir() {
        return Some(packages.to_str().unwrap().to_owned());
    }
    skip(&format!("the Python package {package} is not installed (scripts/install)"));
    None
}

fn classroom_client(python3: &Path, nickname: &str, server: SocketAddr) -> Program {
    let mut client = python(python3, "classroom_client.py", nickname, server);
    client.stdout.hear(&format!("{nickname} joined!"));
    client
}

fn nc(netcat: &Path, nickname: &str, server: SocketAddr) -> Program {
    let (host, port) = (server.ip().to_string(), server.port().to_string());
    let mut nc = Program::start(netcat, ["-N", &host, &port]);
    nc.types(nickname);
    nc.stdout.hear(&format!("{nickname} joined!"));
    nc
}

#[test]
fn two_people_talk_with_nc() {
    let Some(netcat) = netcat() else { return };
    let server = Server::start(&[]);
    let mut alice = nc(&netcat, "alice", server.tcp());
    let mut bob = nc(&netcat, "bob", server.tcp());
    alice.stdout.hear("bob joined!");
    alice.types("hello");
    bob.stdout.hear("alice: hello");
    bob.types("/me waves");
    alice.stdout.expect("alice: hello");
    alice.stdout.expect("* bob waves");
    assert_eq!(bob.finish(), "* bob waves\n");
    alice.stdout.expect("bob left!");
    alice.finish();
    server.stop();
}

#[test]
fn a_pipe_into_nc_says_its_lines_and_ends() {
    let Some(netcat) = netcat() else { return };
    let server = Server::start(&[]);
    let mut witness = Client::join(server.tcp(), "witness");
    let (host, port) = (server.tcp().ip(), server.tcp().port());
    let script =
        format!("printf 'alice\\nhello\\nlast words' | '{}' -N {host} {port}", netcat.display());
    let pipe = Program::start("sh", ["-c", &script]);
    let printed = pipe.finish();
    assert!(printed.ends_with("\nalice: hello\nalice: last words\n"), "{printed:?}");
    witness.expect("alice joined!");
    witness.expect("alice: hello");
    witness.expect("alice: last words");
    witness.expect("alice left!");
    server.stop();
}

/// Telnet on a terminal of its own, past the nickname.
fn telnet(nickname: &str, server: SocketAddr) -> Option<Program> {
    let (script, telnet) = (program("script")?, program("telnet")?);
    let (host, port) = (server.ip(), server.port());
    let command = format!("'{}' {host} {port}", telnet.display());
    let mut telnet = Program::start(script, ["-qec", &command, "/dev/null"]);
    telnet.stdout.hear_part("Escape character");
    telnet.stdout.hear_part("NICK");
    telnet.presses(format!("{nickname}\r").as_bytes());
    telnet.stdout.hear_part(&format!("\n{nickname} joined!"));
    telnet.stdout.hear_part("* you are ");
    Some(telnet)
}

#[test]
fn telnet_sends_line_by_line() {
    let server = Server::start(&[]);
    let Some(mut telnet) = telnet("tel", server.tcp()) else { return };
    let mut alice = Client::join(server.tcp(), "alice");
    telnet.stdout.hear_part("alice joined!");
    telnet.presses(b"hello from a terminal\r");
    alice.expect("tel: hello from a terminal");
    alice.say("hello telnet");
    telnet.stdout.hear_part("\nalice: hello telnet");
    telnet.presses(b"/quit\r");
    telnet.stdout.hear_part("* goodbye");
    alice.hear("tel left!");
    server.stop();
}

#[test]
fn telnet_sends_key_by_key() {
    let server = Server::start(&[]);
    let Some(mut telnet) = telnet("tel", server.tcp()) else { return };
    let mut alice = Client::join(server.tcp(), "alice");
    for command in ["mode character\r", "status\r"] {
        telnet.presses(CTRL_RIGHT_BRACKET);
        telnet.stdout.hear_part("telnet> ");
        telnet.presses(command.as_bytes());
    }
    telnet.stdout.hear_part("single character mode");
    // In this mode Enter is a carriage return and NUL.
    for key in b"typed\rkey by key\r" {
        telnet.presses(&[*key]);
    }
    alice.expect("tel: typed");
    alice.expect("tel: key by key");
    telnet.stdout.hear_part("tel: key by key");
    server.stop();
}

#[test]
fn a_stun_client_learns_its_address() {
    let Some(stun_client) = program("turnutils_stunclient") else { return };
    let server = Server::start(&[]);
    let (ip, port) = (server.udp().ip().to_string(), server.udp().port().to_string());
    let printed = Program::start(stun_client, ["-p", &port, &ip]).finish();
    assert!(printed.contains("UDP reflexive addr: 127.0.0.1:"), "{printed:?}");
    server.stop();
}

#[test]
fn a_discoverer_of_nats_learns_its_address_and_that_there_is_no_other_server() {
    let Some(discovery) = program("turnutils_natdiscovery") else { return };
    let server = Server::start(&[]);
    let (ip, port) = (server.udp().ip().to_string(), server.udp().port().to_string());
    let printed = Program::start(discovery, ["-m", "-f", "-p", &port, &ip]).finish();
    // Mapping asks twice, filtering once; for more it would need an OTHER-ADDRESS.
    assert_eq!(printed.matches("UDP reflexive addr: 127.0.0.1:").count(), 3, "{printed:?}");
    for kind in ["Mapping", "Filtering"] {
        assert!(printed.contains(&format!("-= {kind} Behavior Discovery =-")), "{printed:?}");
    }
    assert!(!printed.contains("Other addr"), "{printed:?}");
    server.stop();
}

#[test]
fn an_ice_agent_gathers_its_server_reflexive_candidate() {
    let (Some(python3), Some(packages)) = (program("python3"), packages("aioice")) else { return };
    let server = Server::start(&[]);
    let (host, port) = (server.udp().ip().to_string(), server.udp().port().to_string());
    let agent = Program::start(python3, [&script("ice_gather.py"), &packages, &host, &port]);
    let printed = agent.finish();
    let field = |line: &str, name: &str| {
        let mut words = line.split(' ').skip_while(|word| *word != name);
        words.nth(1).unwrap_or_default().to_owned()
    };
    let of_kind = |kind: &str| {
        let line = printed.lines().find(|line| field(line, "typ") == kind);
        line.unwrap_or_else(|| panic!("no {kind} in {printed:?}"))
    };
    let (own, told) = (of_kind("host"), of_kind("srflx"));
    // Foundation, component, protocol, priority; then address and port, on loopback as they are.
    let place = |line: &str| line.split(' ').skip(4).take(2).collect::<Vec<_>>().join(":");
    assert_eq!(place(told), place(own));
    assert_eq!(field(told, "rport"), own.split(' ').nth(5).unwrap());
    server.stop();
}

/// One who types datagrams, each a line.
fn udp_typist(netcat: &Path, server: SocketAddr) -> Program {
    let (host, port) = (server.ip().to_string(), server.port().to_string());
    Program::start(netcat, ["-u", &host, &port])
}

/// Asks to be let into a queue as a person would, and copies the cookie out of the answer; what is
/// answered to that.
fn joins_by_hand(nc: &mut Program, id: &str) -> String {
    nc.types(&format!("MC1 JOIN id={id} q=duel n=2 pad=xxxxx"));
    let answer = nc.stdout.line();
    let cookie = answer.strip_prefix(&format!("MC1 COOKIE id={id} c="));
    let cookie = cookie.unwrap_or_else(|| panic!("no cookie but {answer:?}"));
    nc.types(&format!("MC1 JOIN id={id} q=duel n=2 c={cookie}"));
    nc.stdout.line()
}

#[test]
fn two_people_are_matched_by_hand_with_nc() {
    let Some(netcat) = netcat() else { return };
    let server = Server::start(&[]);
    let [mut alice, mut bob] = [(); 2].map(|()| udp_typist(&netcat, server.udp()));
    let (hers, his) = ("000000000000a11c", "0000000000000b0b");
    let waits = format!("MC1 WAIT id={hers} have=1 need=2 ttl=30");
    assert_eq!(joins_by_hand(&mut alice, hers), waits);
    let told = [joins_by_hand(&mut bob, his), alice.stdout.line()];
    let field = |line: &str, key: &str| {
        let value = line.split(' ').find_map(|field| field.strip_prefix(key)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {key} in {line:?}")).to_owned()
    };
    let [to_bob, to_alice] = &told;
    assert!(to_bob.starts_with(&format!("MC1 MATCH id={his} m=")), "{to_bob}");
    assert!(to_alice.starts_with(&format!("MC1 MATCH id={hers} m=")), "{to_alice}");
    for common in ["m", "k"] {
        assert_eq!(field(to_alice, common), field(to_bob, common));
    }
    // Each one's peer is the other.
    for (line, other) in [(to_alice, to_bob), (to_bob, to_alice)] {
        assert_eq!(field(line, "peer"), field(other, "you"));
    }
    for (typist, id) in [(&mut alice, hers), (&mut bob, his)] {
        typist.types(&format!("MC1 LEAVE id={id}"));
        typist.stdout.hear(&format!("MC1 LEFT id={id}"));
    }
    server.stop();
}

#[test]
fn two_peers_in_plain_python_meet_by_queue_and_greet_each_other() {
    let Some(python3) = program("python3") else { return };
    let server = Server::start(&[]);
    let (host, port) = (server.udp().ip().to_string(), server.udp().port().to_string());
    let peers = ["one", "other"]
        .map(|name| Program::start(&python3, [&script("mc1_peer.py"), name, &host, &port, "duel"]));
    for (peer, greeting) in peers.into_iter().zip(["hello from other", "hello from one"]) {
        let printed = peer.finish();
        let facts: Vec<&str> = printed.lines().collect();
        let [cookie, matched, heard] = facts[..] else { panic!("{printed:?}") };
        assert_eq!(cookie, "told a cookie");
        assert!(matched.starts_with("matched as "), "{printed:?}");
        assert!(matched.contains(" with 127.0.0.1:"), "{printed:?}");
        assert_eq!(heard, format!("heard {greeting}"));
    }
    server.stop();
}

#[test]
fn two_classroom_clients_talk() {
    let Some(python3) = program("python3") else { return };
    let server = Server::start(&[]);
    let mut alice = classroom_client(&python3, "alice", server.tcp());
    let mut bob = classroom_client(&python3, "bob", server.tcp());
    alice.stdout.hear("bob joined!");
    for round in 1..=3 {
        let (from_alice, from_bob) = (format!("question {round}"), format!("answer {round}"));
        alice.types(&from_alice);
        bob.stdout.hear(&format!("alice: {from_alice}"));
        bob.types(&from_bob);
        alice.stdout.hear(&format!("alice: {from_alice}"));
        alice.stdout.hear(&format!("bob: {from_bob}"));
    }
    drop(bob);
    alice.stdout.hear("bob left!");
    drop(alice);
    server.stop();
}

#[test]
fn a_classroom_client_and_nc_share_a_room() {
    let (Some(python3), Some(netcat)) = (program("python3"), netcat()) else { return };
    let server = Server::start(&[]);
    let mut carol = classroom_client(&python3, "carol", server.tcp());
    let mut dave = nc(&netcat, "dave", server.tcp());
    carol.stdout.hear("dave joined!");
    carol.types("hello from python");
    dave.stdout.hear("carol: hello from python");
    dave.types("hello from nc");
    carol.stdout.hear("carol: hello from python");
    carol.stdout.hear("dave: hello from nc");
    carol.types("/who");
    carol.stdout.hear("* there are 2 in main: carol, dave");
    carol.types("dave: not forged");
    dave.stdout.expect("dave: hello from nc");
    dave.stdout.expect("carol: dave: not forged");
    drop(carol);
    dave.stdout.expect("carol left!");
    dave.finish();
    server.stop();
}

/// Runs curl to its end, and returns what it printed.
fn curl(curl: &Path, words: &[&str]) -> String {
    Program::start(curl, [&["-s"], words].concat()).finish()
}

#[test]
fn a_script_speaks_and_listens_with_curl() {
    let Some(program) = program("curl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let [tokens, state] =
        ["tokens", "state"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let token = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mio-chat"));
        let command = command.arg("token").args(words).args(["--tokens", &tokens]);
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim_end().to_owned()
    };
    let bearer =
        format!("Authorization: Bearer {}", token(&["add", "deploy-bot", "--room", "ops"]));
    let flags = ["--tokens", &tokens, "--state", &state];
    let server = Server::start(&flags);
    let at = |server: &Server, path: &str| format!("http://{}{path}", server.tcp());
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("/join ops");
    alice.hear_part("you own ops");

    let mut stream = Program::start(&program, ["-sN", &at(&server, "/rooms/ops/events")]);
    stream.stdout.hear("retry: 2000");
    let messages = at(&server, "/rooms/ops/messages");
    let answer = curl(&program, &["-H", &bearer, "-d", "deploy 7 is done", &messages]);
    assert!(answer.starts_with("{\"n\":1,\"at\":"), "{answer}");
    alice.hear("deploy-bot: deploy 7 is done");
    let place = stream.stdout.hear_where("an event", |line| line.ends_with(":1"));
    let event = stream.stdout.line();
    assert!(event.starts_with("data: {\"t\":\"message\",\"n\":1,"), "{event}");

    // A hook that is made meanwhile is known after SIGHUP.
    let hook = token(&["add", "alerts", "--room", "ops", "--hook"]);
    let code = ["-o", "/dev/null", "-w", "%{http_code}"];
    let call = |server: &Server, body: &str| {
        curl(&program, &[&code[..], &["-d", body, &at(server, &hook)]].concat())
    };
    assert_eq!(call(&server, "too early"), "404");
    server.signal(rustix::process::Signal::HUP);
    server.wait_for_log("reloaded");
    assert_eq!(call(&server, "fire"), "200");
    alice.hear("alerts: fire");
    stream.stdout.hear_part("\"text\":\"fire\"");
    let secrets = [&bearer[22..], &hook[7..]];
    let log = server.stop();
    assert!(!secrets.iter().any(|secret| log.contains(secret)), "a secret is logged: {log}");
    assert!(log.contains("bot refused: address=127.0.0.1 with=hook"), "{log}");
    stream.stdout.hear("event: bye");

    // The next server has what was missed, from where the stream was.
    let server = Server::start(&flags);
    assert_eq!(call(&server, "again"), "200");
    let last = place.replace("id: ", "Last-Event-ID: ");
    let again = at(&server, "/rooms/ops/events");
    let mut stream = Program::start(&program, ["-sN", "-H", &last, &again]);
    let mut texts = Vec::new();
    while texts.len() < 2 {
        let data = stream.stdout.hear_where("a message", |line| line.contains("\"message\""));
        texts.push(data.split("\"text\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned());
    }
    assert_eq!(texts, ["fire", "again"]);
    drop(stream);
    server.stop();
}

#[test]
fn two_python_peers_meet_over_udp_and_greet_each_other() {
    let Some(python3) = program("python3") else { return };
    let server = Server::start(&[]);
    let mut peers =
        ["one", "other"].map(|name| python(&python3, "udp_peer.py", name, server.udp()));
    let asked = peers.each_mut().map(|peer| {
        let asked = peer.stdout.line();
        asked.strip_prefix("asked from port ").expect("the first fact").to_owned()
    });
    for (peer, (other_port, greeting)) in
        peers.into_iter().zip([(&asked[1], "hello from other"), (&asked[0], "hello from one")])
    {
        let mut facts: Vec<String> = peer.finish().lines().map(str::to_owned).collect();
        facts.sort();
        assert_eq!(facts, [format!("heard {greeting}"), format!("told 127.0.0.1:{other_port}")]);
    }
    server.stop();
}
