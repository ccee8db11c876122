//! That the numbers are what really happened, and that Prometheus reads them.

use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::http::{get, metric};
use crate::support::program::program;
use crate::support::{Client, PATIENCE, Server, eventually, receive, report, timed};
use crate::watched;

const STUN_REQUEST: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42mio-chat-doc";

fn status(admin: SocketAddr) -> Value {
    serde_json::from_str(&get(admin, "/status").body).unwrap()
}

/// All series of a family together.
fn sum(metrics: &str, family: &str) -> f64 {
    let of_family = metrics.lines().filter_map(|line| line.strip_prefix(family));
    let values = of_family.filter(|rest| rest.starts_with('{'));
    values.map(|rest| rest.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

#[test]
fn counters_agree_with_what_clients_did() {
    let folder = tempfile::tempdir().unwrap();
    let (server, admin) = watched(&["--state", folder.path().to_str().unwrap()]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.hear("bob joined!");
    for number in 0..5 {
        alice.say(&format!("word {number}"));
        bob.expect(&format!("alice: word {number}"));
    }
    let carol = Client::join(server.tcp(), "carol");
    bob.hear("carol joined!");
    for (refused, part) in
        [("/xyzzy", "/help"), ("/nick carol", "is taken"), ("/msg dave hi", "dave")]
    {
        alice.say(refused);
        alice.hear_part(part);
    }
    bob.say("/quit");
    bob.rest();
    let asker = UdpSocket::bind("127.0.0.1:0").unwrap();
    for datagram in [STUN_REQUEST, &STUN_REQUEST[..19], b"x", STUN_REQUEST] {
        asker.send_to(datagram, server.udp()).unwrap();
    }
    let answers = (0..2).filter_map(|_| receive(&asker, PATIENCE)).count();
    assert_eq!(answers, 2);
    let mut metrics = String::new();
    eventually("all is counted", || {
        metrics = get(admin, "/metrics").body;
        metric(&metrics, "mio_chat_connections_closed_total{reason=\"quit\"}") == 1.0
            && sum(&metrics, "mio_chat_udp_datagrams_total") == 4.0
            && metric(&metrics, "mio_chat_store_commit_seconds_count") > 0.0
    });
    let value = |series| metric(&metrics, series);
    assert_eq!(value("mio_chat_connections"), 2.0);
    assert_eq!(value("mio_chat_members"), 2.0);
    assert_eq!(value("mio_chat_connections_accepted_total"), 3.0);
    assert_eq!(sum(&metrics, "mio_chat_connections_closed_total"), 1.0);
    assert_eq!(sum(&metrics, "mio_chat_connections_rejected_total"), 0.0);
    // Three nicknames, five words, three that are refused and a goodbye.
    assert_eq!(value("mio_chat_messages_in_total"), 12.0);
    for kind in ["usage", "nickname-taken", "nobody-there"] {
        let series = format!("mio_chat_refusals_total{{kind=\"{kind}\"}}");
        assert_eq!(metric(&metrics, &series), 1.0, "{kind}");
    }
    // Comings, words and a departure; each is heard by those who are there, the speaker not.
    assert_eq!(value("mio_chat_published_total"), 3.0 + 5.0 + 1.0);
    assert!(value("mio_chat_deliveries_total") >= 5.0 + 3.0);
    assert!(value("mio_chat_delivery_latency_seconds_count") >= 5.0);
    assert!(value("mio_chat_delivery_latency_seconds_sum") > 0.0);
    assert!(value("mio_chat_flush_clients_count") >= 8.0);
    assert!(value("mio_chat_loop_turn_seconds_count") >= 8.0);
    assert!(value("mio_chat_sent_bytes_total") > 100.0);
    assert_eq!(value("mio_chat_udp_datagrams_total{result=\"stun-answered\"}"), 2.0);
    assert_eq!(value("mio_chat_store_failing"), 0.0);
    assert!(value("process_open_fds") > 5.0 && value("process_resident_memory_bytes") > 1e6);
    let version = env!("CARGO_PKG_VERSION");
    let info = format!("mio_chat_build_info{{version=\"{version}\",commit=");
    assert!(metrics.contains(&info), "{metrics}");
    drop(carol);
    server.stop();
}

#[test]
fn the_status_tells_rooms_and_slow_clients_by_name() {
    let (server, admin) = watched(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("/join den");
    alice.hear_where("the room", |line| line.starts_with("* you are ") && line.contains("den"));
    let slow = Client::join_with_small_window(server.tcp(), "slowpoke");
    let mut bob = Client::join(server.tcp(), "bob");
    let word = "x".repeat(1_000);
    let mut seen = Value::Null;
    eventually("somebody is slow", || {
        for _ in 0..20 {
            bob.say(&word);
        }
        seen = status(admin);
        seen["slow_clients"].as_array().is_some_and(|slow| !slow.is_empty())
    });
    assert_eq!(seen["slow_clients"][0]["nickname"], "slowpoke");
    assert!(seen["slow_clients"][0]["bytes"].as_u64().unwrap() > 0);
    let rooms = seen["rooms_by_size"].as_array().unwrap();
    let sizes: Vec<_> =
        rooms.iter().map(|room| (room["name"].as_str(), &room["members"])).collect();
    assert!(sizes.iter().all(|(_, members)| members.as_u64().is_some_and(|count| count > 0)));
    assert!(sizes.iter().any(|(name, _)| *name == Some("main")), "{sizes:?}");
    assert!(sizes.iter().any(|(name, _)| *name == Some("den")), "{sizes:?}");
    assert_eq!(seen["chat"]["members"], 3);
    let metrics = get(admin, "/metrics").body;
    assert!(!metrics.contains("slowpoke") && !metrics.contains("den\""), "{metrics}");
    drop(slow);
    server.stop();
}

#[test]
fn who_is_turned_away_is_counted_and_a_full_server_is_not_ready() {
    let (server, admin) = watched(&["--max-clients", "1"]);
    assert_eq!(get(admin, "/readyz").code, 200);
    let alice = Client::join(server.tcp(), "alice");
    assert!(Client::connect(server.tcp()).rest().starts_with("* the server is full"));
    let ready = get(admin, "/readyz");
    assert_eq!((ready.code, ready.body.as_str()), (503, "full\n"));
    let metrics = get(admin, "/metrics").body;
    assert_eq!(metric(&metrics, "mio_chat_connections_rejected_total{reason=\"full\"}"), 1.0);
    assert_eq!(metric(&metrics, "mio_chat_connections_accepted_total"), 1.0);
    assert_eq!(metric(&metrics, "mio_chat_ready"), 0.0);
    drop(alice);
    eventually("there is room", || get(admin, "/readyz").code == 200);
    server.stop();
}

#[test]
fn a_server_that_stops_is_healthy_and_not_ready() {
    let (server, admin) = watched(&["--drain", "8s", "--flood", "off"]);
    // Somebody who reads nothing keeps the server from stopping at once.
    let slow = Client::join_with_small_window(server.tcp(), "slowpoke");
    let mut bob = Client::join(server.tcp(), "bob");
    eventually("somebody is slow", || {
        for _ in 0..20 {
            bob.say(&"x".repeat(1_000));
        }
        !status(admin)["slow_clients"].as_array().unwrap().is_empty()
    });
    server.ask_to_stop();
    eventually("it is draining", || {
        let ready = get(admin, "/readyz");
        (ready.code, ready.body.as_str()) == (503, "draining\n")
    });
    assert_eq!(get(admin, "/healthz").code, 200);
    assert_eq!(status(admin)["not_ready"], "draining");
    drop((slow, bob));
    server.expect_good_end();
}

/// The examples in this language in the document for operators.
fn examples(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ADMIN.md");
    let document = std::fs::read_to_string(path).unwrap();
    let opening = format!("```{language}\n");
    let blocks = document.split(&opening).skip(1);
    blocks.map(|block| block.split_once("```").expect("an end").0.to_owned()).collect()
}

/// A server that has every metric there is.
fn watched_in_full(state: &Path) -> (Server, SocketAddr) {
    let tls = if cfg!(feature = "tls") { &["--tls", "self-signed"][..] } else { &[] };
    watched(&[&["--state", state.to_str().unwrap()], tls].concat())
}

#[test]
fn documented_rules_and_configurations_are_what_prometheus_takes() {
    let examples = examples("yaml");
    let [config, rules] = &examples[..] else { panic!("{examples:?}") };
    let folder = tempfile::tempdir().unwrap();
    let (server, admin) = watched_in_full(folder.path());
    let metrics = get(admin, "/metrics").body;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let names = rules.split(|letter| !is_name(letter)).filter(|word| word.starts_with("mio_chat_"));
    for name in names.filter(|name| cfg!(feature = "tls") || !name.contains("_tls_")) {
        assert!(metrics.contains(&format!("\n{name}")), "{name} is no metric");
    }
    server.stop();
    let Some(promtool) = program("promtool") else { return };
    for (kind, text) in [("config", config), ("rules", rules)] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let output = Command::new(&promtool).args(["check", kind]).arg(file.path()).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{kind}: {said}");
    }
}

#[test]
fn prometheus_own_tool_finds_nothing_to_complain_of() {
    let Some(promtool) = program("promtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (server, admin) = watched_in_full(folder.path());
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("hello");
    alice.say("/who");
    alice.hear_where("who is here", |line| line.contains("alice"));
    let (metrics, took) = timed(|| get(admin, "/metrics").body);
    let mut check = Command::new(promtool);
    check.args(["check", "metrics"]).stdin(Stdio::piped());
    check.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = check.spawn().unwrap();
    check.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{said}");
    report(&format!("a scrape: {} bytes in {took:.1?}, promtool finds nothing", metrics.len()));
    server.stop();
}
