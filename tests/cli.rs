//! The command line: help, refusals and exit codes, as a person and a script meet them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::{TcpListener, UdpSocket};

use rustix::process::geteuid;
use snapbox::cmd::{Command, OutputAssert};
use support::program::program;
use support::{Client, Launch, PATIENCE, report};

/// Runs the program, which must end by itself, without what the environment says to it.
fn run(flags: &[&str]) -> OutputAssert {
    run_under(&[], flags)
}

/// The same as the child of another command.
fn run_under(wrapper: &[&str], flags: &[&str]) -> OutputAssert {
    let words = [wrapper, &[env!("CARGO_BIN_EXE_mio-chat")], flags].concat();
    let mut command = Command::new(words[0]).args(&words[1..]).timeout(PATIENCE);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MIO_CHAT_") {
            command = command.env_remove(name);
        }
    }
    command.assert()
}

/// The program must not start, with exit code 1 and exactly this sentence.
fn fails(wrapper: &[&str], flags: &[&str], sentence: &str) {
    let output = run_under(wrapper, flags).code(1).stdout_eq("");
    output.stderr_eq(format!("mio-chat: {sentence}\n"));
}

/// The flags must make no sense, with exit code 2 and a first line that begins so.
fn makes_no_sense(wrapper: &[&str], flags: &[&str], sentence: &str) {
    let output = run_under(wrapper, flags).code(2).stdout_eq("");
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(said.starts_with(&format!("error: {sentence}")), "{flags:?}: {said}");
    assert!(said.ends_with("For more information, try '--help'.\n"), "{flags:?}: {said}");
}

/// What it printed to stdout.
fn printed(output: &OutputAssert) -> String {
    String::from_utf8_lossy(&output.get_output().stdout).into_owned()
}

#[test]
fn help_is_grouped_and_tells_the_defaults() {
    for help in ["-h", "--help"] {
        let text = printed(&run(&[help]).success().stderr_eq(""));
        let headings: Vec<&str> = text
            .lines()
            .filter(|line| line.ends_with(':') && !line.starts_with(' '))
            .map(|line| line.trim_end_matches(':'))
            .collect();
        let groups = ["Commands", "Options", "Configuration", "Addresses", "Clients"];
        let rooms = ["Rooms and history", "Accounts"];
        let more =
            ["Web", "IRC", "Encryption", "Slow readers", "Matchmaking over UDP", "Log", "Try it"];
        assert_eq!(headings, [&groups[..], &rooms, &more].concat(), "{help}");
        for key in ["--tcp <PORT>", "[default: 55555]", "MIO_CHAT_UDP", "nc 127.0.0.1 55555"] {
            assert!(text.contains(key), "{help} lacks {key}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{help} is too wide");
    }
    let short = printed(&run(&["-h"]));
    assert!(printed(&run(&["--help"])).lines().count() > short.lines().count());
}

#[test]
fn the_version_is_the_package_s() {
    let expected = format!("mio-chat {}\n", env!("CARGO_PKG_VERSION"));
    for flag in ["-V", "--version"] {
        run(&[flag]).success().stdout_eq(&expected).stderr_eq("");
    }
}

#[test]
fn flags_that_make_no_sense_are_refused() {
    makes_no_sense(&[], &["--bogus"], "unexpected argument '--bogus' found\n");
    makes_no_sense(&[], &["-v", "-q"], "the argument '--verbose...' cannot be used with");
    for flags in [
        ["--udp", "65536"],
        ["--bind", "nowhere"],
        ["--backlog", "0"],
        ["--max-clients", "0"],
        ["--greet-after", "soon"],
        ["--flood", "10"],
        ["--outbox-soft", "64kb"],
        ["--plain-pairing", "maybe"],
        ["--log-level", "loud"],
    ] {
        let [flag, value] = flags;
        makes_no_sense(&[], &flags, &format!("invalid value '{value}' for '{flag} <"));
    }
}

#[test]
fn a_place_that_is_none_is_refused_with_examples() {
    let sentence = "invalid value 'localhost:7' for '--tcp <PORT>': not a port (0 to 65535) \
                    or address with port (127.0.0.1:55555, [::1]:55555)\n";
    makes_no_sense(&[], &["--tcp", "localhost:7"], sentence);
}

#[test]
fn limits_out_of_order_are_refused() {
    let sentence = "--outbox-soft (1MiB), --outbox-hard (256KiB) and --outbox-total (64MiB) \
                    must grow in this order\n";
    makes_no_sense(&[], &["--outbox-soft", "1MiB"], sentence);
}

#[test]
fn a_port_in_use_is_one_sentence_that_says_what_to_do() {
    let (tcp, udp) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    for (protocol, taken) in [("tcp", tcp.local_addr()), ("udp", udp.local_addr())] {
        let place = taken.unwrap().to_string();
        let sentence = format!(
            "cannot listen on {protocol} {place}: the address is in use \
             (is another mio-chat running? --{protocol} 0 picks a free port)"
        );
        let other = if protocol == "tcp" { "--udp" } else { "--tcp" };
        let flags = [&format!("--{protocol}"), &place, other, "127.0.0.1:0"];
        fails(&[], &flags, &sentence);
    }
}

#[test]
fn a_privileged_port_is_one_sentence_that_says_what_to_do() {
    let first_free = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if first_free.is_ok_and(|first| first.trim() != "1024") {
        return report("SKIPPED: a privileged port: everyone may listen on it here");
    }
    let without_the_right =
        ["setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"];
    let wrapper = match geteuid().is_root() {
        true if program("setpriv").is_none() => return,
        true => &without_the_right[..],
        false => &[],
    };
    let sentence = "cannot listen on tcp 127.0.0.1:7: permission denied \
                    (ports below 1024 need root; choose a higher one)";
    fails(wrapper, &["--tcp", "127.0.0.1:7", "--udp", "127.0.0.1:0"], sentence);
}

#[test]
fn an_address_of_another_machine_is_one_sentence_that_says_what_to_do() {
    // TEST-NET-1 (RFC 5737) is nobody's.
    let sentence = "cannot listen on tcp 192.0.2.1:0: this machine has no such address \
                    (`ip addr` shows those it has)";
    fails(&[], &["--tcp", "192.0.2.1:0"], sentence);
}

#[test]
fn a_log_file_that_cannot_be_written_is_one_sentence_that_says_what_to_do() {
    let sentence = "cannot open the log file /dev/null/log: Not a directory (os error 20); \
                    name a file this user may write, or leave out --log-file to log to stderr";
    fails(&[], &["--log-file", "/dev/null/log"], sentence);
}

#[test]
fn environment_variables_are_obeyed_and_flags_win_over_them() {
    let variables = |flags: &[&str]| {
        let places = "127.0.0.1:0,127.0.0.1:0";
        let launch = Launch::new(flags).env("MIO_CHAT_TCP", places);
        launch.env("MIO_CHAT_UDP", "127.0.0.1:0").env("MIO_CHAT_GREET_AFTER", "0s")
    };
    let server = variables(&[]).announcing(3).start();
    assert_eq!((server.all("tcp").len(), server.all("udp").len()), (2, 1));
    assert_eq!(Client::connect(server.tcp()).chunk(), b"NICK");
    server.stop();

    let flags = ["--tcp", "127.0.0.1:0", "--greet-after", "1h"];
    let server = variables(&flags).announcing(2).start();
    assert_eq!(server.all("tcp").len(), 1);
    let mut alice = Client::connect(server.tcp());
    alice.say("alice");
    alice.expect("Connected to server!");
    server.stop();
}

/// Every variable of the server.
fn variables_of_the_server() -> Vec<String> {
    let table = printed(&run(&["manual", "settings"]).success());
    let cells = table.lines().filter_map(|row| row.strip_prefix("| `--")?.split('`').nth(2));
    let names: Vec<String> = cells.map(str::to_owned).collect();
    assert!(
        names.len() > 30 && names.iter().all(|name| name.starts_with("MIO_CHAT_")),
        "{names:?}"
    );
    [names, vec!["MIO_CHAT_CONFIG".to_owned()]].concat()
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let check = ["--check-config"];
    for name in variables_of_the_server() {
        for nothing in ["", " ", "\r"] {
            let output = run_under(&["env", &format!("{name}={nothing}")], &check);
            output.success().stdout_eq("ok\n").stderr_eq("");
        }
    }
    for list in ["TCP", "UDP", "BAN", "RESERVE", "PROXY_PROTOCOL"] {
        run_under(&["env", &format!("MIO_CHAT_{list}=,")], &check).success().stdout_eq("ok\n");
    }
    // The same of other commands: this one fails later, as nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let wrapper = ["env", "MIO_CHAT_NICK=", "MIO_CHAT_THEME=", "MIO_CHAT_SERVER="];
    let output = run_under(&wrapper, &["chat", &nobody, "--nick", "bot"]).code(3);
    assert!(String::from_utf8_lossy(&output.get_output().stderr).contains(&nobody));
    let health = run_under(&["env", "MIO_CHAT_ADMIN="], &["health"]);
    let said = String::from_utf8_lossy(&health.get_output().stderr).into_owned();
    assert!(!said.contains("error: "), "{said}");
    // Nor does it cover what the file says.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "outbox-soft = \"1GiB\"\n").unwrap();
    let flags = ["--check-config", "-c", file.path().to_str().unwrap()];
    run_under(&["env", "MIO_CHAT_OUTBOX_SOFT="], &flags).code(78);
}

#[test]
fn what_is_around_the_value_of_a_variable_does_not_matter() {
    for variable in [
        "MIO_CHAT_MAX_CLIENTS=50\r",
        "MIO_CHAT_BAN= 203.0.113.0/24, 198.51.100.7 ,",
        "MIO_CHAT_RESERVE=admin, root",
        "MIO_CHAT_PLAIN_PAIRING=false",
        "MIO_CHAT_PLAIN_PAIRING=on\n",
    ] {
        let output = run_under(&["env", variable], &["--check-config"]);
        output.success().stdout_eq("ok\n").stderr_eq("");
    }
}

#[test]
fn what_is_wrong_with_a_variable_is_told_with_its_name() {
    for (variable, value, flag) in [
        ("MIO_CHAT_TCP", "here", "--tcp <PORT>"),
        ("MIO_CHAT_MAX_CLIENTS", "many", "--max-clients <N>"),
        ("MIO_CHAT_BAN", "nowhere", "--ban <NETWORKS>"),
        ("MIO_CHAT_PLAIN_PAIRING", "maybe", "--plain-pairing <ON|OFF>"),
        ("MIO_CHAT_MOTD", &"x".repeat(10_000), "--motd <TEXT>"),
    ] {
        let sentence =
            format!("cannot use the variable {variable}: invalid value '{value}' for '{flag}'");
        makes_no_sense(&["env", &format!("{variable}={value}")], &[], &sentence);
    }
    let sentence = "cannot use the variable MIO_CHAT_THEME: invalid value 'grue' for";
    makes_no_sense(&["env", "MIO_CHAT_THEME=grue"], &["chat"], sentence);
    // No single value is wrong here.
    let sentence = "--outbox-soft (1MiB), --outbox-hard (256KiB) and --outbox-total (64MiB) must \
                    grow in this order (--outbox-soft is set by the variable MIO_CHAT_OUTBOX_SOFT)";
    makes_no_sense(&["env", "MIO_CHAT_OUTBOX_SOFT=1MiB"], &[], sentence);
    let sentence = "'x y' is not a nickname: use 1 to 32 bytes without spaces (--nick is set by \
                    the variable MIO_CHAT_NICK)";
    makes_no_sense(&["env", "MIO_CHAT_NICK=x y"], &["chat"], sentence);
    for variable in ["MIO_CHAT_CONFIG", "MIO_CHAT_OPERATORS"] {
        let wrapper = ["env", &format!("{variable}=/no/such/file")];
        let output = run_under(&wrapper, &["--check-config"]).code(78).stdout_eq("");
        let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(said.ends_with(&format!("is set by the variable {variable})\n")), "{said}");
    }
    // What is not used is not looked at: another flag wins, or another command is meant.
    let wrong = ["env", "MIO_CHAT_MAX_CLIENTS=many"];
    run_under(&wrong, &["--check-config", "--max-clients", "5"]).success().stdout_eq("ok\n");
    run_under(&wrong, &["manual", "bash"]).success().stderr_eq("");
}

#[test]
fn a_misspelt_variable_is_told() {
    let wrong = ["env", "MIO_CHAT_MAX_CLIENT=5", "MIO_CHAT_XYZZY=", "MIO_CHAT_UPDATES=1"];
    let (said, listed) = ("mio-chat: warning: unknown variable", "`mio-chat manual settings`");
    let warnings = format!(
        "{said} MIO_CHAT_MAX_CLIENT is ignored; did you mean MIO_CHAT_MAX_CLIENTS?\n\
         {said} MIO_CHAT_UPDATES is ignored ({listed} lists all of them)\n\
         {said} MIO_CHAT_XYZZY is ignored ({listed} lists all of them)\n"
    );
    run_under(&wrong, &["--check-config"]).success().stdout_eq("ok\n").stderr_eq(&warnings);
    run_under(&wrong, &["manual", "config"]).success().stderr_eq(&warnings);
    let server = Launch::new(&[]).env("MIO_CHAT_MAX_CLIENT", "5").start();
    server.wait_for_log("WARN  unknown variable MIO_CHAT_MAX_CLIENT is ignored; did you mean");
    server.stop();
    // Kubernetes tells of a service of our name.
    let foreign = ["env", "MIO_CHAT_SERVICE_HOST=10.0.0.1", "MIO_CHAT_PORT=tcp://10.0.0.1:55555"];
    run_under(&foreign, &["--check-config"]).success().stdout_eq("ok\n").stderr_eq("");
}

/// What a package installs, and how it is printed.
const PRINTED: [(&str, &[&str]); 13] = [
    ("man/mio-chat.1", &["man"]),
    ("man/mio-chat-serve.1", &["man", "serve"]),
    ("man/mio-chat-chat.1", &["man", "chat"]),
    ("man/mio-chat-load.1", &["man", "load"]),
    ("man/mio-chat-match.1", &["man", "match"]),
    ("man/mio-chat-health.1", &["man", "health"]),
    ("man/mio-chat-hash-password.1", &["man", "hash-password"]),
    ("man/mio-chat-token.1", &["man", "token"]),
    ("man/mio-chat-manual.1", &["man", "manual"]),
    ("completions/mio-chat.bash", &["bash"]),
    ("completions/_mio-chat", &["zsh"]),
    ("completions/mio-chat.fish", &["fish"]),
    ("mio-chat.toml", &["config"]),
];

#[test]
fn manual_pages_and_completions_are_what_the_flags_are() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, words) in PRINTED {
        let output = run(&[&["manual"], words].concat()).success();
        let (path, printed) = (folder.join(name), &output.get_output().stdout);
        if std::env::var_os("MIO_CHAT_UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, printed).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        let again = "is not what the program prints: MIO_CHAT_UPDATE=1 cargo test --test cli";
        assert!(kept == *printed, "docs/{name} {again}");
    }
    makes_no_sense(&[], &["manual", "man", "load-worker"], "'load-worker' is not a command");
    makes_no_sense(&[], &["manual", "bash", "chat"], "only a manual page takes a command");
}

#[test]
fn tokens_are_printed_once_and_known_to_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens");
    let tokens = ["--tokens", file.to_str().unwrap()];
    let token = |words: &[&str]| run(&[&["token"], words, &tokens].concat());
    let added = token(&["add", "deploy-bot", "--room", "ops"]).success();
    let secret = printed(&added);
    let said = "mio-chat: this is the token, which is shown this once\n";
    added.stderr_eq(said);
    assert_eq!(secret.trim().len(), 40);
    let hook = printed(&token(&["add", "alerts", "--room", "ops", "--hook"]).success());
    assert!(hook.starts_with("/hooks/"), "{hook}");
    token(&["list"]).success().stdout_eq("deploy-bot ops token\nalerts ops hook\n").stderr_eq("");
    run(&[&["--check-config"], &tokens[..]].concat()).success().stdout_eq("ok\n");
    token(&["remove", "alerts"]).success().stdout_eq("removed: 1\n");
    token(&["remove", "alerts"]).code(1).stdout_eq("");
    for (words, why) in [
        (&["add"][..], "add needs the NAME"),
        (&["add", "bot"], "add needs --room"),
        (&["remove"], "remove needs the NAME"),
        (&["list", "bot"], "list takes neither"),
        (&["remove", "bot", "--hook"], "only add takes --hook"),
        (&["add", "b:t"], "invalid value 'b:t' for '[NAME]'"),
        (&["add", "admin"], "invalid value 'admin' for '[NAME]'"),
    ] {
        makes_no_sense(&[], &[&["token"], words, &tokens].concat(), why);
    }
    makes_no_sense(&[], &["token", "list"], "--tokens must name the file");
    run_under(&["env", &format!("MIO_CHAT_TOKENS={}", tokens[1])], &["token", "list"]).success();
    std::fs::write(&file, "deploy-bot ops\n").unwrap();
    let refused = run(&[&["--check-config"], &tokens[..]].concat()).code(78).stdout_eq("");
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.starts_with("mio-chat: cannot understand line 1 of "), "{said}");
}

#[test]
fn the_manual_alone_says_what_there_is() {
    let text = printed(&run(&["manual"]).success().stderr_eq(""));
    for words in ["manual man ", "COMMAND", "chat, load, match", "bash", "zsh", "fish", "config"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn manual_pages_have_the_usual_sections() {
    let all = ["SIGNALS", "EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES", "SEE ALSO"];
    for (page, words) in PRINTED.iter().filter(|(name, _)| name.starts_with("man/")) {
        let text = printed(&run(&[&["manual"], *words].concat()).success());
        let headings = text.lines().filter_map(|line| line.strip_prefix(".SH "));
        let headings: Vec<&str> = headings.map(|heading| heading.trim_matches('"')).collect();
        let is_servers = ["man/mio-chat.1", "man/mio-chat-serve.1"].contains(page);
        for section in all.into_iter().filter(|name| {
            ["EXIT STATUS", "SEE ALSO"].contains(name)
                || is_servers && (*name != "EXAMPLES" || *page == "man/mio-chat.1")
        }) {
            let times = headings.iter().filter(|heading| **heading == section).count();
            assert_eq!(times, 1, "{section} in {page}: {headings:?}");
        }
        assert!(!text.contains("help(1)") && !headings.contains(&"EXTRA"), "{page}");
    }
    let server = printed(&run(&["manual", "man"]));
    for words in ["MIO_CHAT_MAX_CLIENTS", "USR1", "\\fB78", "mio\\-chat.db", "NO_COLOR"] {
        assert!(server.contains(words), "{words}");
    }
}

/// After this line, `docs/OPERATIONS.md` is what the program prints.
const TABLE: &str = "## Every setting\n\n";

#[test]
fn the_table_of_settings_is_what_the_flags_are() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (by_hand, kept) = text.split_once(TABLE).unwrap();
    let table = printed(&run(&["manual", "settings"]).success());
    if std::env::var_os("MIO_CHAT_UPDATE").is_some() {
        return std::fs::write(&path, format!("{by_hand}{TABLE}{table}")).unwrap();
    }
    assert!(kept == table, "docs/OPERATIONS.md: MIO_CHAT_UPDATE=1 cargo test --test cli");
}

#[test]
fn bash_completes_commands_and_their_flags() {
    let script = "source docs/completions/mio-chat.bash
        COMP_WORDS=(mio-chat ch); COMP_CWORD=1; _mio__chat mio-chat ch mio-chat
        echo ${COMPREPLY[@]}
        COMP_WORDS=(mio-chat chat --fo); COMP_CWORD=2; _mio__chat mio-chat --fo chat
        echo ${COMPREPLY[@]}";
    let bash = Command::new("bash").args(["-c", script]).current_dir(env!("CARGO_MANIFEST_DIR"));
    bash.assert().success().stdout_eq("chat\n--format\n");
}
