//! What people notice of an upgrade who come encrypted, by other people's programs: nothing either.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::running::Running;
use crate::support::program::{Program, program};
use crate::support::{Client, PATIENCE, now, report, sized, timed};

const FLAGS: [&str; 4] = ["--flood", "off", "--tls", "self-signed"];
/// A client of 20 lines by Python's `ssl`, which is another way to drive OpenSSL. One thread reads
/// and writes: OpenSSL does not let two at once use a session.
const PYTHON: &str = "
import os, select, socket, ssl, sys
host, port, version = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
link = context.wrap_socket(socket.create_connection((host, int(port))))
def hear():
    link.setblocking(False)
    try:
        while heard := link.recv(4096):
            os.write(1, heard)
        sys.exit()
    except ssl.SSLWantReadError:
        link.setblocking(True)
while True:
    ready, _, _ = select.select([0, link], [], [])
    if link in ready:
        hear()
    if 0 in ready:
        link.sendall(os.read(0, 4096) or sys.exit())
";

/// Somebody who talks, by whatever program.
#[derive(Debug)]
enum Person {
    Plain(Client),
    Encrypted(Program),
}

impl Person {
    fn say(&mut self, line: &str) {
        match self {
            Self::Plain(client) => client.say(line),
            Self::Encrypted(program) => program.types(line),
        }
    }

    fn line(&mut self) -> String {
        match self {
            Self::Plain(client) => client.line(),
            Self::Encrypted(program) => program.stdout.line(),
        }
    }

    fn hear(&mut self, line: &str) {
        match self {
            Self::Plain(client) => client.hear(line),
            Self::Encrypted(program) => program.stdout.hear(line),
        }
    }
}

/// `openssl s_client`. What it says itself comes between what it hears.
fn openssl(place: SocketAddr, flags: &[&str]) -> Option<Program> {
    program("openssl")?;
    let (shell, place) = (program("sh")?, place.to_string());
    let all = ["-c", "exec openssl s_client -brief \"$@\" 2>&1", "sh", "-connect", &place];
    Some(Program::start(shell, all.iter().chain(flags)))
}

/// Has `openssl` change its keys, and with `K` ask for others of the server.
fn renew(client: &mut Program, command: &str) {
    client.types(command);
    // It takes all that it reads at once for the command.
    client.stdout.hear("KEYUPDATE");
}

fn python(place: SocketAddr, version: &str) -> Option<Program> {
    let (host, port) = (place.ip().to_string(), place.port().to_string());
    Some(Program::start(program("python3")?, ["-c", PYTHON, &host, &port, version]))
}

/// People who come by every cipher there is, and one who does not. None: a program is missing.
fn people(place: SocketAddr) -> Option<Vec<Person>> {
    let encrypted = [
        openssl(place, &["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"])?,
        openssl(place, &["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"])?,
        openssl(place, &["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"])?,
        openssl(place, &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"])?,
        openssl(place, &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"])?,
        openssl(place, &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"])?,
        python(place, "TLSv1_3")?,
        python(place, "TLSv1_2")?,
    ];
    let mut people = vec![Person::Plain(Client::join(place, "p0"))];
    for (number, program) in encrypted.into_iter().enumerate() {
        let (name, mut person) = (format!("p{}", number + 1), Person::Encrypted(program));
        person.say(&name);
        person.hear(&format!("{name} joined!"));
        for other in people.iter_mut() {
            other.hear(&format!("{name} joined!"));
        }
        people.push(person);
    }
    Some(people)
}

/// Everybody says the number of the round, and everybody hears it of everybody, once.
fn round(people: &mut [Person], number: u64) {
    for person in people.iter_mut() {
        person.say(&number.to_string());
    }
    for listener in 0..people.len() {
        let mut heard: Vec<String> = Vec::new();
        while heard.len() < people.len() {
            let line = people[listener].line();
            // Rather than what comes of a greeting, or from a program itself.
            if line.starts_with('p') && line.contains(": ") {
                heard.push(line);
            }
        }
        heard.sort();
        let said: Vec<String> =
            (0..people.len()).map(|name| format!("p{name}: {number}")).collect();
        assert_eq!(heard, said, "by p{listener}");
    }
}

/// Rounds without a pause until an upgrade is done. Returns how long the longest took.
fn talk_through_an_upgrade(
    running: &mut Running,
    people: &mut [Person],
    number: &mut u64,
) -> Duration {
    let mut worst = Duration::ZERO;
    running.ask();
    let asked = now();
    while !running.is_upgraded() {
        assert!(asked.elapsed() < 2 * PATIENCE, "{}", running.first.log());
        let ((), took) = timed(|| round(people, *number));
        (*number, worst) = (*number + 1, worst.max(took));
    }
    worst
}

#[test]
fn whoever_comes_encrypted_talks_through_many_upgrades() {
    let mut running = Running::start(&FLAGS);
    let Some(mut people) = people(running.first.tcp()) else { return };
    let (mut number, mut worst) = (0, Duration::ZERO);
    let upgrades = sized(3, 50);
    for upgrade in 0..upgrades {
        worst = worst.max(talk_through_an_upgrade(&mut running, &mut people, &mut number));
        // As often as there are other keys to be had.
        if let (0 | 1, [_, Person::Encrypted(first), Person::Encrypted(second), ..]) =
            (upgrade, &mut people[..])
        {
            renew(first, if upgrade == 0 { "k" } else { "K" });
            renew(second, "K");
        }
        round(&mut people, number);
        number += 1;
    }
    report(&format!(
        "{upgrades} upgrades: 9 people, 8 of them encrypted, said and heard {number} numbers; the \
         longest round took {worst:.1?}"
    ));
    let log = running.stop();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

#[test]
fn who_has_used_up_its_keys_is_told_goodbye_in_order_and_who_begins_anew_is_refused() {
    let mut running = Running::start(&FLAGS);
    let place = running.first.tcp();
    let Some(mut eager) = openssl(place, &["-tls1_3"]) else { return };
    let Some(mut old) = openssl(place, &["-tls1_2", "-legacy_renegotiation"]) else { return };
    eager.types("eager");
    eager.stdout.hear("eager joined!");
    old.types("old");
    old.stdout.hear("old joined!");
    running.upgrade();
    for _ in 0..2 {
        renew(&mut eager, "K");
        eager.types("hello");
        eager.stdout.hear("eager: hello");
    }
    renew(&mut eager, "K");
    eager.stdout.rest();
    old.stdout.hear("eager left!");
    old.types("R");
    assert!(old.stdout.rest().contains("no renegotiation"));
    let mut alice = Client::join(place, "alice");
    alice.say("hello");
    alice.hear("alice: hello");
    running.stop();
}

#[test]
fn an_old_process_whose_successor_fails_goes_on() {
    let mut running = Running::start(&FLAGS);
    let Some(mut people) = people(running.first.tcp()) else { return };
    for script in ["printf R >&0; exit 1", "printf R >&0; head -c 20 <&0 >/dev/null; exit 1"] {
        let failures = running.first.log().matches("upgrade: not done").count();
        running.replace_by_script(script);
        running.ask();
        let asked = now();
        let mut number = 0;
        while running.first.log().matches("upgrade: not done").count() == failures {
            assert!(asked.elapsed() < 2 * PATIENCE, "{}", running.first.log());
            round(&mut people, number);
            number += 1;
        }
        round(&mut people, number);
    }
    running.replace_by_server();
    talk_through_an_upgrade(&mut running, &mut people, &mut 100);
    round(&mut people, 999);
    running.stop();
}

#[test]
fn what_is_encrypted_and_waits_for_a_slow_reader_arrives_whole() {
    let mut running =
        Running::start(&[&FLAGS[..], &["--outbox-hard", "4MiB", "--outbox-age", "60s"]].concat());
    let place = running.first.tcp();
    for version in ["-tls1_3", "-tls1_2"] {
        let Some(mut slow) = openssl(place, &[version]) else { return };
        slow.types("slow");
        slow.stdout.hear("slow joined!");
        // Who does not take what it prints does not read either.
        let mut talker = Client::join(place, "talker");
        let words = "x".repeat(900);
        let say = |talker: &mut Client, number: usize| {
            talker.say(&format!("{number} {words}"));
            talker.hear_where("an echo", |line| line.starts_with(&format!("talker: {number} ")));
        };
        (0..1_500).for_each(|number| say(&mut talker, number));
        running.upgrade();
        (1_500..3_000).for_each(|number| say(&mut talker, number));
        running.upgrade();
        talker.say("the end");
        slow.stdout.hear("talker joined!");
        for number in 0..3_000 {
            slow.stdout.expect(&format!("talker: {number} {words}"));
        }
        slow.stdout.expect("talker: the end");
        talker.say("/quit");
        talker.rest();
        slow.types("/quit");
        slow.stdout.rest();
    }
    running.stop();
}

#[test]
fn a_handshake_is_begun_before_or_after_an_upgrade_and_not_across_it() {
    let mut running = Running::start(&[&FLAGS[..], &["--greet-after", "10s"]].concat());
    let place = running.first.tcp();
    let mut plain = Client::join(place, "plain");
    let mut silent = TcpStream::connect(place).unwrap();
    let mut halfway = TcpStream::connect(place).unwrap();
    // The beginning of a ClientHello, of which something was read before the next one is served.
    halfway.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).unwrap();
    let mut served = Client::join(place, "served");
    served.say("/quit");
    served.rest();
    running.upgrade();
    halfway.set_read_timeout(Some(PATIENCE)).unwrap();
    let closed = halfway.read(&mut [0; 10]);
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    // The first byte of who has said nothing still counts: a handshake does not begin so, and an
    // alert says that.
    silent.write_all(&[0x16, 3, 1, 0, 5, 2, 0, 0, 1, 0]).unwrap();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut alert = Vec::new();
    let _ = silent.read_to_end(&mut alert);
    assert_eq!(alert.first(), Some(&0x15), "{alert:?}");
    // That of somebody who talks does not.
    plain.send(b"\x16hello\n");
    plain
        .hear_where("what was said", |line| line.starts_with("plain: ") && line.ends_with("hello"));
    running.stop();
}

/// Asks `openssl` for a connection and nothing else. What it prints of it.
fn look(place: SocketAddr, flags: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-tls1_3", "-connect", &place.to_string()]).args(flags);
    command.stdin(std::process::Stdio::null());
    String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
}

/// The certificate in what `openssl` prints.
fn certificate(printed: &str) -> &str {
    let begin = printed.find("-----BEGIN CERTIFICATE").expect("a certificate");
    let end = printed.find("-----END CERTIFICATE").expect("its end");
    &printed[begin..end]
}

/// Comes, and keeps the ticket.
fn keep_ticket(place: SocketAddr, file: &Path) -> String {
    let path = program("openssl").unwrap();
    let file = file.to_str().unwrap();
    let place = place.to_string();
    let mut client = Program::start(
        path,
        ["s_client", "-tls1_3", "-connect", &place, "-sess_out", file, "-ign_eof"],
    );
    // The ticket comes before anything that is said.
    client.types("ann");
    client.stdout.hear("ann joined!");
    client.types("/quit");
    client.finish()
}

#[test]
fn a_certificate_that_is_kept_nowhere_and_the_tickets_stay_good() {
    if program("openssl").is_none() {
        return;
    }
    let mut running = Running::start(&FLAGS);
    let place = running.first.tcp();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session");
    keep_ticket(place, &file);
    let before = look(place, &[]);
    running.upgrade();
    running.upgrade();
    let after = look(place, &["-sess_in", file.to_str().unwrap()]);
    assert!(after.contains("\nReused, TLSv1.3"), "{after}");
    let after = look(place, &[]);
    assert!(after.contains("\nNew, TLSv1.3"), "{after}");
    assert_eq!(certificate(&after), certificate(&before));
    running.stop();
}
