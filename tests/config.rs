//! The file of settings: where it stands among flags and variables, what is said of a bad one, and
//! that a running server takes over a new one with everybody still there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rustix::fs::{FileType, Mode};
use rustix::process::Signal;
use snapbox::cmd::Command;
use support::{Client, Launch, PATIENCE, Server};

/// A file of settings in a folder of its own.
struct Config {
    folder: tempfile::TempDir,
}

impl Config {
    fn new(text: &str) -> Self {
        let config = Self { folder: tempfile::tempdir().unwrap() };
        config.write(text);
        config
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("mio-chat.toml")
    }

    /// What `--check-config` says of it with these flags: exit code and both outputs.
    fn check(&self, flags: &[&str]) -> (i32, String) {
        let path = self.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"))
            .args(["--check-config", "-c", path.to_str().unwrap()])
            .args(flags)
            .timeout(PATIENCE);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MIO_CHAT_") {
                command = command.env_remove(name);
            }
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        let place = path.to_str().unwrap();
        (output.status.code().unwrap(), said.replace(place, "FILE"))
    }

    fn serve(&self, flags: &[&str]) -> Server {
        let path = self.path();
        Launch::new(&[&["-c", path.to_str().unwrap()], flags].concat()).start()
    }
}

#[test]
fn a_good_file_is_ok_and_a_bad_one_is_told_by_its_line() {
    assert_eq!(Config::new("").check(&[]), (0, "ok\n".to_owned()));
    let all_kinds = "tcp = [55555, \"127.0.0.1:7\"]\nplain-pairing = false\nhistory = 0x10\n\
                     motd = \"\"\"\nhi\nyou\n\"\"\"\nflood = false\nreserve = []\n\
                     max-delay = \"0s\"\n";
    assert_eq!(Config::new(all_kinds).check(&[]), (0, "ok\n".to_owned()));
    for (text, line, why) in [
        ("\n\ntcp = 77777\n", 3, "invalid value '77777' for '--tcp <PORT>': not a port"),
        ("histori = 5\n", 1, "unknown setting 'histori'; did you mean 'history'?"),
        ("max-client = 5\n", 1, "unknown setting 'max-client'; did you mean 'max-clients'?"),
        ("max_clients = 5\n", 1, "unknown setting 'max_clients'; did you mean 'max-clients'?"),
        ("maxClients = 5\n", 1, "unknown setting 'maxClients'; did you mean 'max-clients'?"),
        ("port = 5000\n", 1, "unknown setting 'port'; did you mean 'tcp'?"),
        ("xyzzy = 5", 1, "unknown setting 'xyzzy' (`mio-chat manual config` lists all of them)"),
        ("verbose = 2", 1, "'verbose' is a flag of the command line, not a setting"),
        ("config = \"other.toml\"", 1, "'config' is a flag of the command line, not a setting"),
        ("# fine\nhistory = [1, 2]", 2, "'history' has one value, not a list"),
        ("tcp = []", 1, "'tcp' needs a value"),
        ("[clients]\nmax = 1", 1, "sections are not allowed"),
        ("relay = \"sometimes\"", 1, "invalid value 'sometimes' for '--relay <WHEN>' [possible"),
        ("ban = [\"192.0.2.7\", \"here\", \"2001:db8::\"]", 1, "invalid value 'here' for '--ban"),
        ("a = 1\nb 2\n", 2, ""),
        ("drain = 1979-05-27", 1, "dates and times of day are not valid"),
        ("history = 3\nhistory = 4", 2, "duplicate key"),
    ] {
        let (code, said) = Config::new(text).check(&[]);
        let expected = format!("mio-chat: cannot use line {line} of FILE: {why}");
        assert!(code == 78 && said.starts_with(&expected), "{text:?}: {code} {said}");
        assert_eq!(said.lines().count(), 1, "one sentence: {said}");
    }
    let together = Config::new("outbox-soft = \"1MiB\"").check(&[]);
    assert_eq!(together.0, 78);
    assert!(together.1.contains("the settings of FILE: --outbox-soft (1MiB), --outbox-hard"));
    // With a flag that fits, the same file does.
    let fits = Config::new("outbox-soft = \"1MiB\"").check(&["--outbox-hard", "2MiB"]);
    assert_eq!(fits, (0, "ok\n".to_owned()));
}

#[test]
fn a_file_that_cannot_be_read_is_one_sentence_that_says_what_to_do() {
    let config = Config::new("");
    std::fs::remove_file(config.path()).unwrap();
    let said = config.check(&[]);
    let sentence = "mio-chat: cannot read the configuration FILE: No such file or directory (os \
                    error 2); name another file with -c\n";
    assert_eq!(said, (78, sentence.to_owned()));
    std::fs::create_dir(config.path()).unwrap();
    assert!(config.check(&[]).1.contains("is a directory"));
    std::fs::remove_dir(config.path()).unwrap();
    // Nobody would ever write into it, and the server would wait.
    rustix::fs::mknodat(rustix::fs::CWD, config.path(), FileType::Fifo, Mode::RWXU, 0).unwrap();
    assert!(config.check(&[]).1.contains("not a regular file"));
    let (code, said) = Config::new("operators = \"/nonexistent\"").check(&[]);
    assert!(code == 78 && said.contains("cannot read the operators in /nonexistent"), "{said}");
}

#[test]
fn every_file_may_have_been_saved_by_any_editor() {
    let hash =
        Command::new(env!("CARGO_BIN_EXE_mio-chat")).arg("hash-password").stdin("secret\r\n");
    let hash = String::from_utf8(hash.output().unwrap().stdout).unwrap();
    let operators = format!("# us\n\nchief {hash}");
    let settings = "# ours\n\nmax-clients = 50\nhistory = 5\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("operators");
    let file = file.to_str().unwrap();
    let empty = Config::new("");
    let saved = |text: &str, change: &dyn Fn(&str) -> Vec<u8>| {
        let config = Config::new("");
        std::fs::write(config.path(), change(text)).unwrap();
        config.check(&[])
    };
    let both = |change: &dyn Fn(&str) -> Vec<u8>| {
        std::fs::write(file, change(&operators)).unwrap();
        let (code, said) = empty.check(&["--operators", file]);
        [saved(settings, change), (code, said.replace(file, "FILE"))]
    };
    for change in [
        &|text: &str| text.as_bytes().to_vec() as Vec<u8>,
        &|text: &str| text.replace('\n', "\r\n").into_bytes(),
        &|text: &str| text.replace('\n', "\r").into_bytes(),
        &|text: &str| format!("\u{FEFF}{text}").into_bytes(),
        &|text: &str| format!("\u{FEFF}{}", text.replace('\n', " \t\r\n")).into_bytes(),
        &|text: &str| format!("\u{FEFF}\u{FEFF}{text}\u{FEFF}\n\u{1A}").into_bytes(),
    ] as [&dyn Fn(&str) -> Vec<u8>; 6]
    {
        assert_eq!(both(change), [(0, "ok\n".to_owned()), (0, "ok\n".to_owned())]);
    }
    let utf16 = |text: &str, mark: bool| -> Vec<u8> {
        let mark = mark.then_some('\u{FEFF}');
        let text: String = mark.into_iter().chain(text.chars()).collect();
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    for (change, why) in [
        (&|text: &str| utf16(text, true) as Vec<u8>, "it is text in UTF-16; save it as UTF-8"),
        (&|text: &str| utf16(text, false), "it is text in UTF-16; save it as UTF-8"),
        (
            &|text: &str| [text.as_bytes(), b"# caf\xe9\n"].concat(),
            "is not UTF-8; save it as UTF-8",
        ),
        (
            &|text: &str| [text.as_bytes(), b"\0"].concat(),
            "holds a NUL byte, so it is not a text file",
        ),
    ] as [(&dyn Fn(&str) -> Vec<u8>, &str); 4]
    {
        for (code, said) in both(change) {
            assert!(code == 78 && said.contains("FILE: ") && said.contains(why), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
    // A mistake is told with its line, as the editor counts.
    let marked = |text: &str| format!("\u{FEFF}{}", text.replace('\n', "\r\n")).into_bytes();
    let (code, said) = saved("max-clients = 50\nmax-klients = 3\n", &marked);
    assert!(code == 78 && said.contains("line 2 of FILE: unknown setting 'max-klients'"), "{said}");
}

#[test]
fn places_that_could_not_be_used_are_told_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("file"), "").unwrap();
    let state = |place: &str| Config::new(&format!("state = \"{place}\"")).check(&[]);
    let log = |place: &str| Config::new(&format!("log-file = \"{place}\"")).check(&[]);
    for place in [at("state"), at("one/two"), folder.path().to_str().unwrap().to_owned()] {
        assert_eq!(state(&place), (0, "ok\n".to_owned()), "{place}");
    }
    for place in [at("log"), at("file"), "/dev/null".to_owned()] {
        assert_eq!(log(&place), (0, "ok\n".to_owned()), "{place}");
    }
    for place in [at("file"), at("file/state"), "/proc/state".to_owned()] {
        let (code, said) = state(&place);
        let sentence = format!("mio-chat: cannot keep the state in {place}: ");
        assert!(code == 78 && said.starts_with(&sentence), "{said}");
        assert!(said.ends_with("or name another with --state\n"), "{said}");
    }
    for place in [at("no/log"), at("file/log"), "/".to_owned(), "/proc/log".to_owned()] {
        let (code, said) = log(&place);
        let sentence = format!("mio-chat: cannot open the log file {place}: ");
        assert!(code == 78 && said.starts_with(&sentence), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["file"], "nothing was made");
    if rustix::process::geteuid().is_root() {
        return;
    }
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    assert!(state(&at("state")).1.contains("Permission denied"));
}

/// How many clients a server with these settings lets in.
fn clients_max(server: Server) -> String {
    let log = server.stop();
    let (_, rest) = log.split_once("max_clients=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file_and_the_file_over_what_is_built_in() {
    let config = Config::new("max-clients = 7\n");
    let path = config.path();
    let flags = ["-c", path.to_str().unwrap()];
    let by_variable = || Launch::new(&flags).env("MIO_CHAT_MAX_CLIENTS", "8");
    assert_eq!(clients_max(config.serve(&[])), "7");
    assert_eq!(clients_max(by_variable().start()), "8");
    let more = [&flags[..], &["--max-clients", "9"]].concat();
    assert_eq!(clients_max(Launch::new(&more).env("MIO_CHAT_MAX_CLIENTS", "8").start()), "9");
    let named = Launch::new(&[]).env("MIO_CHAT_CONFIG", path.to_str().unwrap());
    assert_eq!(clients_max(named.start()), "7");
    // The command may be named, too.
    let named = ["serve", "-c", path.to_str().unwrap()];
    let free = "127.0.0.1:0";
    let named = Launch::new(&named).env("MIO_CHAT_TCP", free).env("MIO_CHAT_UDP", free);
    assert_eq!(clients_max(named.start()), "7");
}

#[test]
fn sighup_takes_over_a_new_file_and_everybody_stays() {
    let config = Config::new("motd = \"old\"\nhistory = 5\n");
    let server = config.serve(&[]);
    let mut alice = Client::connect(server.tcp());
    alice.say("alice");
    alice.hear("* motd: old");
    alice.hear_part("you are alone in main");
    config.write("motd = \"new\"\nlog-level = \"debug\"\nbacklog = 100\n");
    server.signal(Signal::HUP);
    server.wait_for_log("reloaded: changed=history,log-level,motd");
    server.wait_for_log("what was chosen anew needs a restart: backlog");
    let mut bob = Client::connect(server.tcp());
    bob.say("bob");
    bob.hear("* motd: new");
    server.wait_for_log("DEBUG");
    alice.hear("bob joined!");
    bob.say("hello");
    alice.expect("bob: hello");
    // Nothing is said of what did not change, and what needs a restart still does.
    server.signal(Signal::HUP);
    server.wait_for_log("reloaded: changed=nothing");
    server.wait_for_log_times("needs a restart: backlog", 2);
    server.stop();
}

#[test]
fn a_bad_file_changes_nothing_and_says_why() {
    let config = Config::new("motd = \"old\"\n");
    let server = config.serve(&[]);
    let mut alice = Client::join(server.tcp(), "alice");
    for (bad, why) in [
        ("motd = \"new\"\nhistroy = 1\n", "cannot use line 2 of"),
        ("motd = \"new\"\noutbox-soft = \"1GiB\"\n", "cannot use the settings of"),
    ] {
        config.write(bad);
        server.signal(Signal::HUP);
        server.wait_for_log(&format!("not reloaded, all is as it was: {why}"));
    }
    std::fs::remove_file(config.path()).unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("not reloaded, all is as it was: cannot read the configuration");
    let mut bob = Client::connect(server.tcp());
    bob.say("bob");
    bob.hear("* motd: old");
    alice.hear("bob joined!");
    server.stop();
}

#[test]
fn a_lame_duck_lets_nobody_in_and_ends_when_everybody_has_left() {
    let server = Launch::new(&["--lame-duck", "300ms", "--come-back", "0s"]).start();
    let mut people: Vec<Client> =
        ["alice", "bob", "carol"].map(|name| Client::join(server.tcp(), name)).into();
    server.signal(Signal::USR2);
    for person in &mut people {
        person.hear_part("the server is shutting down; come back later");
    }
    let log = server.expect_good_end();
    assert!(log.contains("sending away: clients=3 within=300ms"), "{log}");
}

#[test]
fn a_lame_duck_can_be_hurried() {
    let mut server = Launch::new(&["--lame-duck", "1h"]).start();
    let mut people: Vec<Client> =
        ["alice", "bob", "carol"].map(|name| Client::join(server.tcp(), name)).into();
    server.signal(Signal::USR2);
    people[0].hear_part("the server is shutting down");
    people[1].hear("alice left!");
    people[1].say("still here");
    people[2].hear("bob: still here");
    assert!(std::net::TcpStream::connect(server.tcp()).is_err(), "nobody is let in");
    server.signal(Signal::TERM);
    assert!(server.wait().success());
}
