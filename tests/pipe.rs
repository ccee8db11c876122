//! `mio-chat chat` in a pipe, as shell scripts use it: what goes in, what comes out, how it ends.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::fmt::Display;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use support::{Client, Server};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");

/// What a script has written, and how it has ended.
struct Outcome {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

/// Runs a shell script in which `$chat` is the client, with the server named.
fn script(server: impl Display, text: &str) -> Outcome {
    let mut shell = Command::new("sh");
    shell.args(["-c", text]).env("chat", format!("{PROGRAM} chat {server}"));
    shell.env_remove("MIO_CHAT_NICK").env("USER", "root").stdin(Stdio::null());
    let output = shell.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
}

/// A server as it is named for plain lines, and for WebSocket.
fn places(server: SocketAddr) -> [String; 3] {
    [server.to_string(), format!("ws://{server}"), format!("http://{server}/")]
}

#[test]
fn a_line_is_delivered_before_the_program_leaves() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    for place in places(server.tcp()) {
        let outcome = script(place, "echo deploy done | $chat --nick bot");
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
        assert_eq!(outcome.code, Some(0));
        alice.hear("bot: deploy done");
        alice.hear("bot left!");
    }
}

#[test]
fn what_is_no_websocket_is_said_why() {
    let server = Server::start(&[]);
    let nowhere = script(format!("ws://{}/nowhere", server.tcp()), "echo hi | $chat --nick bot");
    assert_eq!(nowhere.code, Some(0), "the subprotocol is enough: {}", nowhere.stderr);
    let off = Server::start(&["--web", "off"]);
    let refused = script(format!("ws://{}", off.tcp()), "echo hi | $chat --nick bot");
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("it speaks no WebSocket there: 400"), "{}", refused.stderr);
}

#[test]
fn everything_is_delivered_however_much_and_whatever_the_flood_control() {
    let server = Server::start(&["--flood", "5:50"]);
    let mut alice = Client::join(server.tcp(), "alice");
    for place in &places(server.tcp())[..2] {
        let outcome = script(place, "seq 1 60 | $chat --nick bot --literal");
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        (1..=60).for_each(|number| alice.hear(&format!("bot: {number}")));
    }
}

#[test]
fn a_file_is_read_to_its_end_and_its_last_line_needs_no_newline() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines");
    std::fs::write(&file, "one\r\n\n/etc/passwd\nthe last").unwrap();
    let text = format!("$chat --nick bot --literal <'{}'", file.display());
    assert_eq!(script(server.tcp(), &text).code, Some(0));
    for line in ["one", "/etc/passwd", "the last"] {
        alice.hear(&format!("bot: {line}"));
    }
}

#[test]
fn what_others_say_comes_out() {
    let server = Server::start(&[]);
    let mut child = Command::new(PROGRAM)
        .args(["chat", &server.tcp().to_string(), "--nick", "ears", "--room", "tea"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"I am here\n").unwrap();
    let mut alice = Client::join(server.tcp(), "alice");
    support::eventually("ears is in tea", || {
        alice.say("/who tea");
        alice.line().contains("in tea: ears")
    });
    alice.say("/join tea");
    alice.hear_where("the room", |line| line.starts_with("* you are in tea"));
    for line in ["hello", "/me waves", "/msg ears psst"] {
        alice.say(line);
    }
    alice.hear("[to ears] psst");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told, "alice: hello\n* alice waves\n[alice] psst\n");
    assert!(output.status.success());
}

#[test]
fn json_is_for_programs() {
    let server = Server::start(&[]);
    let outcome =
        script(server.tcp(), "printf 'say \"hi\"\\n/me waves\\n' | $chat -n bot --format json");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let objects: Vec<serde_json::Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = objects.iter().find(|object| object["kind"] == "message").unwrap();
    assert_eq!((&said["from"], &said["text"]), (&"bot".into(), &"say \"hi\"".into()));
    assert!(said["own"] == true && said["room"] == "main" && said["time"].is_u64());
    assert!(objects.iter().any(|object| object["kind"] == "action" && object["text"] == "waves"));
}

#[test]
fn what_a_script_has_asked_for_is_told_beside_what_others_say() {
    for place in 0..2 {
        let server = Server::start(&["--motd", "be kind"]);
        asks_for_all_sorts(&places(server.tcp())[place]);
    }
}

fn asks_for_all_sorts(place: &str) {
    let said = "/topic cups\n/topic\n/who\n/rooms\n/match duel\n/history 5\n/nick bob\nhi\n";
    let text = format!("printf '{}' | $chat --nick bot --room tea", said.replace('\n', "\\n"));
    let outcome = script(place, &text);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "");
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    for told in [
        "* motd: be kind",
        "* you own tea (/help rooms); keep this, it makes you its owner again when you come back: ",
        "* the topic is now: cups (by bot)",
        "* the topic of tea: cups (by bot)",
        "* there is 1 in tea: bot",
        "* there are 2 rooms: ",
        "* your token for duel (2 players) is ",
        "* -- no messages in tea yet --",
        "* the nickname bot is now bob",
    ] {
        assert_eq!(
            lines.iter().filter(|line| line.starts_with(told)).count(),
            1,
            "{told}: {lines:#?}"
        );
    }
    for noise in ["joined!", "numbers", "NICK", "Connected", "you are alone in", "will not be read"]
    {
        assert!(!outcome.stderr.contains(noise), "{noise}: {lines:#?}");
    }
}

#[test]
fn answers_are_objects_that_a_program_can_take_apart() {
    let server = Server::start(&[]);
    let _alice = Client::join(server.tcp(), "alice");
    let text = "printf '/who\\n/rooms\\n/match duel\\n/who den\\n/join den\\n' | \
                $chat -n bot --format json";
    let outcome = script(server.tcp(), text);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let objects: Vec<serde_json::Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| objects.iter().find(|object| object["kind"] == kind).unwrap().clone();
    let names = serde_json::json!({
        "kind": "who", "room": "main", "count": 2, "names": ["alice", "bot"],
    });
    assert_eq!(of("who"), names);
    let rooms = serde_json::json!({
        "kind": "rooms", "count": 1, "rooms": [{"name": "main", "members": 2}],
    });
    assert_eq!(of("rooms"), rooms);
    let token = of("token");
    assert_eq!((&token["queue"], &token["port"]), (&"duel".into(), &server.udp().port().into()));
    let digits = token["token"].as_str().unwrap();
    assert!(
        digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{digits}"
    );
    assert!(
        of("owns")["text"].as_str().is_some_and(|key| key.len() == 16)
            && of("owns")["room"] == "den"
    );
}

#[test]
fn what_follows_a_login_waits_until_the_password_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("operators");
    // `password`, in so many rounds that it takes a moment.
    let hash = "pbkdf2-sha256:4096:73616c74:\
                c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";
    std::fs::write(&file, format!("olga {hash}\n")).unwrap();
    let server = Server::start(&["--operators", file.to_str().unwrap(), "--flood", "off"]);
    let mut bob = Client::join(server.tcp(), "bob");
    let text = "printf '/oper olga password\\n/kick bob bye\\nhi\\n' | $chat --nick bot";
    let outcome = script(server.tcp(), text);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    bob.hear_where("the kick", |line| line.starts_with("* you were put out of main by bot: bye"));
    // Nothing comes behind it, and the answer is told all the same.
    for (text, told) in [
        ("echo /oper olga password | $chat --nick bot", "* you look after the server now"),
        ("echo /oper olga wrong | $chat --nick bot", "* no one who looks after the server"),
        ("printf '/oper olga\\nhi\\n' | $chat --nick bot", "* usage: /oper"),
        ("printf '/join\\n/leave\\n/leave den\\nhi\\n' | $chat --nick bot", "* usage: /join ROOM"),
    ] {
        let outcome = script(server.tcp(), text);
        assert_eq!(outcome.code, Some(0), "{text}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(told), "{text}: {}", outcome.stderr);
    }
}

#[test]
fn nothing_is_changed_or_left_out_without_a_word() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    for (bytes, code, told, said) in [
        ("caf\\351\\nplain\\n", 5, "* not sent, it is not UTF-8: caf", "plain"),
        ("\\200\\n/nick \\351\\nplain\\n", 5, "2 of 3 lines", "plain"),
        ("caf\\303\\251\\n", 0, "", "caf\u{e9}"),
        ("a\\tb\\033[31mc\\nd\\te\\n", 0, "* not all characters are passed on", "a b[31mc"),
        ("\\342\\200\\256\\nplain\\n", 5, "* not sent, nothing of it can be seen", "plain"),
        ("\\n  \\nplain\\n", 0, "", "plain"),
    ] {
        let outcome = script(server.tcp(), &format!("printf '{bytes}' | $chat --nick bot"));
        assert_eq!(outcome.code, Some(code), "{bytes}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(told), "{bytes}: {}", outcome.stderr);
        let times = usize::from(!told.is_empty());
        assert_eq!(outcome.stderr.matches("passed on").count().max(times), times, "{bytes}");
        assert!(!told.is_empty() || outcome.stderr.is_empty(), "{bytes}: {}", outcome.stderr);
        alice.hear(&format!("bot: {said}"));
    }
}

#[test]
fn the_exit_code_says_how_it_ended() {
    let server = Server::start(&["--reserve", "boss"]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (place, text, code, told) in [
        (server.tcp(), "echo hi | $chat --nick boss", 4, "the nickname boss is kept"),
        (server.tcp(), "echo hi | $chat", 4, "give one with --nick"),
        (server.tcp(), "echo hi | $chat --nick 'a b'", 2, "is not a nickname"),
        (nobody, "echo hi | $chat --nick bot", 3, "is mio-chat running there?"),
        (
            server.tcp(),
            "head -c 2000 /dev/zero | tr '\\0' x | $chat --nick bot",
            5,
            "1 line of 1 was",
        ),
        (server.tcp(), "echo hi | $chat --nick bot --format json >/dev/full", 1, "cannot write"),
    ] {
        let outcome = script(place, text);
        assert_eq!(outcome.code, Some(code), "{text}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(told), "{text}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    }
}

#[test]
fn a_server_that_knows_no_json_is_too_old() {
    let old = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["chat", &old.local_addr().unwrap().to_string(), "--nick", "bot"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut client, _) = old.accept().unwrap();
    let told = "* type a nickname first: /nick NAME (/quit leaves)\n* you will not be read\n";
    client.write_all(told.as_bytes()).unwrap();
    // Its input goes on, and is of no use.
    let stdin = child.stdin.take();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    assert_eq!(said, "/format json\n/history off\nbot\n");
    drop(client);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("the server is too old"), "{told}");
    drop(stdin);
}

#[test]
fn who_is_muted_or_cut_off_is_told_so() {
    let server = Server::start(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("/join tea");
    alice.hear_where("the key", |line| line.starts_with("* you own tea"));
    let mut child = Command::new(PROGRAM)
        .args(["chat", &server.tcp().to_string(), "--nick", "bot", "--room", "tea"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    alice.hear("bot joined!");
    alice.say("/mute bot");
    alice.hear_where("the mute", |line| line.contains("bot was muted"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"can you hear me?\n").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("you are muted in tea") && told.contains("1 line of 1 was"), "{told}");
}

#[test]
fn a_server_that_ends_ends_it() {
    let mut server = Server::start(&[]);
    let child = Command::new(PROGRAM)
        .args(["chat", &server.tcp().to_string(), "--nick", "bot", "--stay"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut alice = Client::join(server.tcp(), "alice");
    support::eventually("bot is here", || {
        alice.say("/who");
        alice.line().contains("bot")
    });
    server.signal(rustix::process::Signal::TERM);
    server.wait();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("the server is shutting down"), "{told}");
}
