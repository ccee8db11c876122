//! `mio-chat chat` and `mio-chat load` by TLS, against the real server and against one that is
//! not the one that was meant: what is delivered, what is remembered, and what is never sent.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Client, Server, free_port};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");
const SELF_SIGNED: [&str; 4] = ["--tls", "self-signed", "--flood", "off"];

/// The fingerprint of a server's certificate, as its log tells.
fn fingerprint(server: &Server) -> String {
    let log = server.wait_for_log(" sha256=");
    log.split(" sha256=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

/// Somebody's home, in which servers are remembered.
struct Home(TempDir);

/// What a client has told, and how it has ended.
struct Outcome {
    told: String,
    code: Option<i32>,
}

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn known_servers(&self) -> PathBuf {
        self.0.path().join("mio-chat/known_servers")
    }

    fn remembered(&self) -> String {
        std::fs::read_to_string(self.known_servers()).unwrap_or_default()
    }

    /// Says a line to a server, as a script does.
    fn say(&self, server: &str, flags: &[&str], line: &str) -> Outcome {
        let mut command = Command::new(PROGRAM);
        command.args(["chat", server, "--nick", "bot"]).args(flags);
        command.env("XDG_STATE_HOME", self.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Whoever is not let in reads nothing.
        let _ = writeln!(child.stdin.take().unwrap(), "{line}");
        let output = child.wait_with_output().unwrap();
        Outcome { told: String::from_utf8(output.stderr).unwrap(), code: output.status.code() }
    }
}

#[test]
fn a_line_is_delivered_by_tls_and_its_server_remembered_once() {
    let server = Server::start(&SELF_SIGNED);
    let (found, home, at) = (fingerprint(&server), Home::new(), server.tcp());
    let mut alice = Client::join(at, "alice");
    let place = at.to_string();
    for (scheme, is_first) in [("tls", true), ("tls", false), ("wss", false), ("https", false)] {
        let outcome = home.say(&format!("{scheme}://{place}"), &[], "deploy done");
        assert_eq!(outcome.code, Some(0), "{}", outcome.told);
        let first = format!(
            "* this is the first connection to {place}, and its certificate is self-signed"
        );
        assert_eq!(outcome.told.starts_with(&format!("{first}: {found}")), is_first);
        assert_eq!(outcome.told.is_empty(), !is_first, "{}", outcome.told);
        alice.hear("bot: deploy done");
        alice.hear("bot left!");
    }
    assert_eq!(home.remembered(), format!("{place} {found}\n"));
    server.stop();
}

#[test]
fn a_server_with_another_certificate_is_told_nothing() {
    let (home, place) = (Home::new(), free_port().to_string());
    let flags = [&["--tcp", &place][..], &SELF_SIGNED].concat();
    let url = format!("tls://{place}");
    let first = Server::start(&flags);
    let before = fingerprint(&first);
    assert_eq!(home.say(&url, &[], "hello").code, Some(0));
    first.stop();
    let second = Server::start(&flags);
    let found = fingerprint(&second);
    let mut alice = Client::join(second.tcp(), "alice");
    let outcome = home.say(&url, &[], "my secret");
    assert_eq!(outcome.code, Some(3), "{}", outcome.told);
    let file = home.known_servers();
    for words in [
        format!("not connected to {place}: WARNING: its certificate has changed"),
        format!("it was {before}, and now it is {found}"),
        format!("delete the lines of {place} from {}", file.display()),
    ] {
        assert!(outcome.told.contains(&words), "{}", outcome.told);
    }
    // Whoever knows better says so, for once or by the file.
    assert_eq!(home.say(&url, &["--pin", &found], "pinned").code, Some(0));
    alice.hear("bot joined!");
    alice.hear("bot: pinned");
    alice.hear("bot left!");
    assert_eq!(home.say(&url, &[], "my secret").code, Some(3));
    std::fs::remove_file(file).unwrap();
    assert_eq!(home.say(&url, &[], "anew").code, Some(0));
    alice.hear("bot joined!");
    alice.hear("bot: anew");
    second.stop();
}

/// A certificate that the server keeps in its folder.
fn kept(state: &Path) -> String {
    state.join("tls-cert.pem").to_str().unwrap().to_owned()
}

#[test]
fn who_is_to_be_trusted_can_be_named() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().to_str().unwrap();
    let server = Server::start(&[&["--state", folder][..], &SELF_SIGNED].concat());
    let (found, home, port) = (fingerprint(&server), Home::new(), server.tcp().port());
    let (by_address, by_name) =
        (format!("tls://127.0.0.1:{port}"), format!("tls://localhost:{port}"));
    let ca = kept(state.path());
    let plain = found.replace(':', "").to_lowercase();
    let other = "00".repeat(32);
    for (place, flags, code, told) in [
        (&by_address, ["--ca", &ca], 0, ""),
        (&by_name, ["--ca", &ca], 0, ""),
        (&by_name, ["--pin", &found], 0, ""),
        (&by_name, ["--pin", &plain], 0, ""),
        (&by_name, ["--pin", &other], 3, "is not the one that --pin names, but "),
        (
            &by_name,
            ["--ca", "Cargo.toml"],
            2,
            "'Cargo.toml' for '--ca <FILE>': it has no certificate",
        ),
        (&by_name, ["--ca", "nowhere.pem"], 2, "No such file"),
        (&by_name, ["--pin", "AB:CD"], 2, "a fingerprint is a SHA-256"),
    ] {
        let outcome = home.say(place, &flags, "hello");
        assert_eq!(outcome.code, Some(code), "{place} {flags:?}: {}", outcome.told);
        assert!(outcome.told.contains(told), "{}", outcome.told);
        assert!(code > 0 || outcome.told.is_empty(), "{}", outcome.told);
    }
    assert_eq!(home.remembered(), "", "whoever is named need not be remembered");
    std::fs::create_dir(home.known_servers().parent().unwrap()).unwrap();
    std::fs::write(home.known_servers(), "what is this\n").unwrap();
    let outcome = home.say(&by_name, &[], "hello");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.told.contains("line 1 makes no sense; mend or move"), "{}", outcome.told);
    server.stop();
}

#[test]
fn a_server_without_tls_gets_no_text_and_is_reported() {
    let home = Home::new();
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    let outcome = home.say(&format!("tls://{}", server.tcp()), &[], "my secret");
    assert_eq!(outcome.code, Some(3));
    let told = "instead of agreeing on TLS, or it speaks no TLS: try without tls://";
    assert!(outcome.told.contains(told), "{}", outcome.told);
    alice.say("nobody came");
    alice.hear("alice: nobody came");
    server.stop();
    // Something else that listens there.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let http = listener.local_addr().unwrap();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut guest, _) = listener.accept().unwrap();
            let _ = guest.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            // Until the guest has left: a reset would take the answer with it.
            let _ = guest.read_to_end(&mut Vec::new());
        });
        home.say(&format!("https://{http}"), &[], "my secret")
    });
    assert!(outcome.told.contains("it does not speak TLS"), "{}", outcome.told);
    assert_eq!((outcome.code, home.remembered().as_str()), (Some(3), ""));
}

#[test]
fn a_full_server_is_reported_as_full_though_it_says_so_without_tls() {
    let home = Home::new();
    let server = Server::start(&[&["--max-clients", "1"][..], &SELF_SIGNED].concat());
    let mut alice = Client::join(server.tcp(), "alice");
    let outcome = home.say(&format!("tls://{}", server.tcp()), &[], "my secret");
    let told = "it answers without TLS: \"the server is full; try again in a minute\"";
    assert!(outcome.told.contains(told), "{}", outcome.told);
    assert_eq!((outcome.code, home.remembered().as_str()), (Some(3), ""));
    alice.say("nobody came");
    alice.hear("alice: nobody came");
    server.stop();
}

/// A load test of a server, briefly, its report, and what people are told.
fn load(place: &str, flags: &[&str]) -> (Option<i32>, Value, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["load", place]).args(flags).args(["--warm-up", "50ms", "--duration", "300ms"]);
    let output = command.arg("--json").arg(file.path()).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let report = serde_json::from_reader(file).unwrap_or_default();
    (output.status.code(), report, String::from_utf8(told).unwrap())
}

#[test]
fn a_server_is_loaded_by_tls_in_its_languages() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().to_str().unwrap();
    let server = Server::start(&[&["--state", folder][..], &SELF_SIGNED].concat());
    let (place, pin) = (server.tcp().to_string(), fingerprint(&server));
    let url = format!("tls://{place}");
    let ca = kept(state.path());
    let fan_out = ["fan-out", "--clients", "8", "--in-flight", "3"];
    for (dialect, place, trust) in [
        ("lines", &url, &["--pin", &pin][..]),
        ("lines", &place, &["--tls", "--ca", &ca]),
        ("json", &url, &["--ca", &ca, "--processes", "2"]),
        ("ws", &url, &["--pin", &pin]),
    ] {
        let flags = [&fan_out[..], &["--dialect", dialect], trust].concat();
        let (code, report, told) = load(place, &flags);
        assert_eq!(code, Some(0), "{dialect}: {told}");
        assert!(told.contains(&format!("in {dialect} over TLS")), "{told}");
        assert_eq!((&report["tls"], &report["delivered_share"]), (&true.into(), &1.0.into()));
        assert_eq!(report["connections_lost"], 0, "{report:#}");
    }
    let storm = ["storm", "--clients", "40", "--at-once", "8", "--pin", &pin];
    let (code, report, told) = load(&url, &storm);
    assert_eq!((code, &report["connections"]), (Some(0), &40.into()), "{told}");
    // What it is instead is told as a whole.
    let (code, _, told) = load(&url, &[&fan_out[..], &["--pin", &"00".repeat(32)]].concat());
    assert_eq!(code, Some(1));
    assert!(told.contains(&format!("--pin names, but {pin}")) && !told.contains("(--ca"), "{told}");
    let (code, report, _) = load(&place, &fan_out);
    assert_eq!((code, &report["tls"]), (Some(0), &false.into()));
    // Nobody vouches for it.
    let (code, _, told) = load(&url, &fan_out);
    assert_eq!(code, Some(1));
    assert!(
        told.contains("is self-signed, and not one that you named (--ca FILE or --pin"),
        "{told}"
    );
    server.stop();
}
