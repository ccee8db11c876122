//! A bad network between people and the server: what is late or in pieces is heard as it was said,
//! what breaks has an end, and datagrams that get lost are asked for again.

use std::net::SocketAddr;
use std::time::Duration;

use crate::NO_FLOOD_CONTROL;
use crate::proxy::{Proxy, TcpFault};
use crate::support::{Client, Server, report, sized, timed};

mod datagrams;

/// What each of the two says, in turn.
const ROUNDS: usize = 6;
/// Long enough for the slowest network.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tries of a conversation that loses nothing. A machine that stands still for 50 ms in the middle
/// of a word ends a line of those who send no newline.
const TRIES: usize = 3;
const FAULTS: [TcpFault; 6] = [
    TcpFault::Latency,
    TcpFault::Slices,
    TcpFault::SlowLine,
    TcpFault::Stall,
    TcpFault::Reset,
    TcpFault::HalfClose,
];
const LANGUAGES: [Language; 2] = [Language::Lines, Language::Classroom];

/// How the guest speaks.
#[derive(Clone, Copy, Debug)]
enum Language {
    Lines,
    /// Waits for the prompt, and ends nothing with a newline.
    Classroom,
}

/// What both have heard, line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Transcript {
    guest: Vec<String>,
    host: Vec<String>,
}

/// Somebody behind a bad network.
struct Guest {
    client: Client,
    language: Language,
    heard: Vec<String>,
}

impl Guest {
    fn enter(to: SocketAddr, language: Language) -> Self {
        let mut client = Client::connect(to).patient(PATIENCE);
        match language {
            Language::Lines => client.say("guest"),
            Language::Classroom => {
                client.hear_part("NICK");
                client.send(b"guest");
            }
        }
        Self { client, language, heard: Vec::new() }
    }

    /// Says this, if anybody is there.
    fn say(&mut self, text: &str) {
        match self.language {
            Language::Lines => self.client.try_send(format!("{text}\n").as_bytes()),
            Language::Classroom => self.client.try_send(format!("guest: {text}").as_bytes()),
        };
    }

    /// Listens until it has heard this. Returns whether it has.
    fn hear(&mut self, expected: &str) -> bool {
        while let Some(line) = self.client.line_or_end() {
            // The prompt has no newline, and who spoke at once may get it all the same.
            let is_first = self.heard.is_empty();
            let line = line.strip_prefix("NICK").filter(|_| is_first).unwrap_or(&line);
            self.heard.push(line.to_owned());
            if line == expected {
                return true;
            }
        }
        false
    }
}

/// Host and guest talk in turn until the guest has said all, or is gone.
fn converse(server: SocketAddr, guest_to: SocketAddr, language: Language) -> Transcript {
    let mut host = Client::join(server, "host").patient(PATIENCE);
    let mut heard = Vec::new();
    // Each line is heard once, and that somebody left perhaps before it is waited for.
    let mut listen = |host: &mut Client, expected: &[&str]| {
        while !heard.iter().any(|line: &String| expected.contains(&line.as_str())) {
            heard.push(host.line());
        }
        heard.iter().all(|line| line != "guest left!")
    };
    let mut guest = Guest::enter(guest_to, language);
    listen(&mut host, &["guest joined!"]);
    for number in 0..ROUNDS {
        let [said, reply] = [("y", 150), ("x", 900)]
            .map(|(letter, times)| format!("{number} {}", letter.repeat(times)));
        guest.say(&said);
        if !listen(&mut host, &[&format!("guest: {said}"), "guest left!"]) {
            break;
        }
        host.say(&reply);
        let here = listen(&mut host, &[&format!("host: {reply}")]);
        if !guest.hear(&format!("host: {reply}")) || !here {
            break;
        }
    }
    guest.say("/quit");
    guest.hear("until the end");
    listen(&mut host, &["guest left!"]);
    host.say("alone");
    listen(&mut host, &["host: alone"]);
    Transcript { guest: guest.heard, host: heard }
}

/// One conversation through a network with a fault, with a server of its own.
fn converse_through(fault: Option<TcpFault>, language: Language, seed: u64) -> Transcript {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let proxy = fault.map(|fault| Proxy::tcp(server.tcp(), fault, seed));
    let guest_to = proxy.as_ref().map_or(server.tcp(), |proxy| proxy.address);
    let transcript = converse(server.tcp(), guest_to, language);
    server.stop();
    transcript
}

/// What was heard is what was said, to some point; then comes the end. The server may hear the last
/// line to its middle, if the guest's side ended there.
fn check_broken(heard: &Transcript, said: &Transcript, fault: TcpFault) {
    let begins = |heard_lines: &[String], said_lines: &[String]| {
        let Some((last, before)) = heard_lines.split_last() else { return };
        assert!(said_lines.starts_with(before), "{heard:#?}");
        let whole = &said_lines[before.len()];
        let torn = fault == TcpFault::HalfClose && whole.starts_with(last);
        assert!(last == whole || torn, "{heard:#?}");
    };
    let by_guest = |transcript: &Transcript| -> Vec<String> {
        transcript.host.iter().filter(|line| line.starts_with("guest: ")).cloned().collect()
    };
    begins(&heard.guest, &said.guest);
    begins(&by_guest(heard), &by_guest(said));
    assert_eq!(heard.host.iter().filter(|line| *line == "guest left!").count(), 1, "{heard:#?}");
}

/// One case, until it went well. Returns the number of tries.
fn case(fault: TcpFault, language: Language, seed: u64, said: &Transcript) -> usize {
    for number in 1..=TRIES {
        let heard = converse_through(Some(fault), language, seed);
        if !fault.is_lossless() {
            check_broken(&heard, said, fault);
            return number;
        }
        if heard == *said {
            return number;
        }
        assert!(number < TRIES, "{fault:?}, {language:?}, seed {seed}: {heard:#?}");
    }
    unreachable!("the last try has failed or succeeded")
}

#[test]
fn whatever_the_network_does_to_a_connection_it_ends_in_a_known_state() {
    for seed in 1..=sized(1, 20) {
        let (tries, took) = timed(|| {
            std::thread::scope(|scope| {
                let cases = LANGUAGES.iter().flat_map(|language| {
                    let said = converse_through(None, *language, seed);
                    FAULTS.iter().map(move |fault| (*fault, *language, said.clone()))
                });
                let cases: Vec<_> = cases
                    .map(|(fault, language, said)| {
                        scope.spawn(move || case(fault, language, seed, &said))
                    })
                    .collect();
                cases.into_iter().map(|case| case.join().unwrap()).sum::<usize>()
            })
        });
        let cases = FAULTS.len() * LANGUAGES.len();
        report(&format!("bad network, seed {seed}: {cases} cases, {tries} tries, {took:.1?}"));
    }
}
