//! Whatever a crowd does in many languages, no client of IRC is told what it has not taken, or in a
//! line that is too long. Each run replays by its seed (`MIO_CHAT_SEED`).

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::exact::ExactReader;
use common::random::Random;
use common::{World, governed};
use mio_chat::chat::LobbySettings;
use mio_chat::dialect::{AccountOffer, Spoken};
use mio_chat::server::Settings;

const SEEDS: u64 = 150;
const STEPS: usize = 250;
const CLIENTS: usize = 8;

/// All that a client may ask for.
const CAPABILITIES: [&str; 25] = [
    "message-tags",
    "server-time",
    "echo-message",
    "labeled-response",
    "batch",
    "draft/multiline",
    "draft/chathistory",
    "draft/read-marker",
    "draft/metadata-3",
    "draft/message-redaction",
    "draft/channel-rename",
    "draft/event-playback",
    "cap-notify",
    "multi-prefix",
    "userhost-in-names",
    "no-implicit-names",
    "away-notify",
    "invite-notify",
    "setname",
    "extended-monitor",
    "draft/account-registration",
    "account-tag",
    "account-notify",
    "extended-join",
    "sasl",
];

/// What somebody says over IRC; `%n` is somebody, `%r` a room, `%t` some text.
const LINES: [&str; 63] = [
    "JOIN %r",
    "JOIN %r",
    "JOIN %r,%r",
    "PART %r :%t",
    "PRIVMSG %r :%t",
    "PRIVMSG %r :%t",
    "PRIVMSG %r :%t",
    "PRIVMSG %r,%n :%t",
    "PRIVMSG %n :%t",
    "PRIVMSG @%r :%t",
    "PRIVMSG +%r :%t",
    "PRIVMSG %r :\x01ACTION %t\x01",
    "PRIVMSG %r :\x01VERSION\x01",
    "NOTICE %r :%t",
    "NOTICE %n :%t",
    "TAGMSG %r",
    "TAGMSG %n",
    "AWAY :%t",
    "AWAY",
    "SETNAME :%t",
    "INVITE %n %r",
    "INVITE",
    "KICK %r %n :%t",
    "MODE %r",
    "MODE %r +o %n",
    "MODE %r +v %n",
    "MODE %r -o+b %n %n!*@*",
    "MODE %r +m-nt",
    "MODE %r -m+i",
    "MODE %r -i",
    "MODE %r +beI %n!*@* *!~x@* a:%n",
    "MODE %r +b",
    "MODE %n +iB",
    "TOPIC %r :%t",
    "TOPIC %r",
    "NICK %n",
    "RENAME %r %r :%t",
    "NAMES %r",
    "NAMES",
    "WHO %r",
    "WHO %r %%tcuihsnfdlaor,42",
    "WHOIS %n",
    "WHOWAS %n",
    "LIST",
    "USERHOST %n %n",
    "MONITOR + %n,%n",
    "MONITOR S",
    "CHATHISTORY LATEST %r * 5",
    "CHATHISTORY LATEST %n * 5",
    "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 9",
    "MARKREAD %r timestamp=2020-01-01T00:00:00.000Z",
    "MARKREAD %r",
    "METADATA * SET display-name :%t",
    "METADATA * SUB display-name avatar",
    "METADATA %r LIST",
    "METADATA %n GET display-name",
    concat!(
        "BATCH +1 draft/multiline %r|@batch=1 PRIVMSG %r :%t|",
        "@batch=1;draft/multiline-concat PRIVMSG %r :%t|BATCH -1"
    ),
    "REGISTER * * sesame1234",
    "PRIVMSG NickServ :IDENTIFY alice sesame1234",
    "HISTORY %r 5",
    "OPER root_7 password",
    "WALLOPS :%t",
    "LUSERS",
];

/// What somebody types in plain lines.
const TYPED: [&str; 20] = [
    "%t",
    "%t",
    "%t",
    "/me %t",
    "/msg %n %t",
    "/join %r",
    "/leave",
    "/topic %t",
    "/nick %n",
    "/who",
    "/kick %n",
    "/mute %n 1s",
    "/ban %n 1s",
    "/mode +m",
    "/mode -m",
    "/invite %n",
    "/op %n",
    "/ignore %n",
    "/history 3",
    "/away %t",
];

/// Names of people and of rooms.
const NAMES: [&str; 9] =
    ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "somebody_else"];
const ROOMS: [&str; 4] = ["main", "games", "a.very.long.room.name.of.fifty.letters", "tea"];

/// How somebody is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Irc,
    Plain,
    Json,
}

#[derive(Debug)]
struct Crowd {
    random: Random,
    world: World,
    languages: BTreeMap<String, Language>,
    readers: BTreeMap<String, ExactReader>,
    connected: usize,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        let governed = governed();
        let digest_above = if seed.is_multiple_of(3) { 3 } else { governed.lobby.digest_above };
        let lobby = LobbySettings { digest_above, ..governed.lobby.clone() };
        let accounts = AccountOffer { is_there: true, ..AccountOffer::default() };
        let spoken = Spoken { accounts, ..governed.spoken.clone() };
        let world = World::new(Settings { lobby, spoken, ..governed });
        Self {
            random: Random::new(seed),
            world,
            languages: BTreeMap::new(),
            readers: BTreeMap::new(),
            connected: 0,
        }
    }

    fn connect(&mut self) {
        let nick = *self.random.pick(&NAMES);
        let person = format!("{nick}-{}", self.connected);
        self.connected += 1;
        self.world.connect(&person);
        let language = match self.random.below(4) {
            0 => Language::Plain,
            1 => Language::Json,
            _ => Language::Irc,
        };
        self.languages.insert(person.clone(), language);
        match language {
            Language::Plain => self.world.types(&person, nick),
            Language::Json => self.world.types(&person, &format!("/format json\n{nick}")),
            Language::Irc => {
                self.readers.insert(person.clone(), ExactReader::new(&person));
                let version = *self.random.pick(&["", " 302"]);
                let wanted = self.some_capabilities();
                let lines = format!(
                    "CAP LS{version}\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick} it is\r\n\
                     {wanted}CAP END\r\n"
                );
                self.world.sends(&person, lines.as_bytes());
            }
        }
    }

    /// Requests of some capabilities, or for them to be taken back.
    fn some_capabilities(&mut self) -> String {
        let share = self.random.below(5);
        let mut lines = String::new();
        for name in CAPABILITIES {
            if self.random.below(4) < share {
                let back = if self.random.below(8) == 0 { "-" } else { "" };
                lines.push_str(&format!("CAP REQ :{back}{name}\r\n"));
            }
        }
        lines
    }

    fn text(&mut self) -> String {
        let length = *self.random.pick(&[1, 5, 20, 80, 300, 410, 470]);
        let word =
            *self.random.pick(&["tea ", "ü", "漢字", "\x02bold\x0f ", "x", ":) ", "alice, "]);
        let mut text = word.repeat(length / word.len() + 1);
        let end = (0..=length.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
        text
    }

    fn filled(&mut self, pattern: &str, is_irc: bool) -> String {
        let mut filled = String::new();
        let mut rest = pattern;
        while let Some((before, behind)) = rest.split_once('%') {
            filled.push_str(before);
            let hash = if is_irc { "#" } else { "" };
            match behind.as_bytes().first() {
                Some(b'n') => filled.push_str(self.random.pick::<&str>(&NAMES)),
                Some(b'r') => filled.push_str(&format!("{hash}{}", self.random.pick(&ROOMS))),
                Some(b't') => filled.push_str(&self.text()),
                _ => filled.push('%'),
            }
            rest = &behind[1..];
        }
        filled + rest
    }

    fn speak(&mut self, person: &str, language: Language) {
        if language != Language::Irc {
            let pattern = *self.random.pick(&TYPED);
            let typed = self.filled(pattern, false);
            return self.world.types(person, &typed);
        }
        if self.random.below(25) == 0 {
            let lines = self.some_capabilities();
            return self.world.sends(person, lines.as_bytes());
        }
        let pattern = *self.random.pick(&LINES);
        let mut line = self.filled(pattern, true).replace('|', "\r\n");
        let tag = match self.random.below(6) {
            0 => format!("label=L{}", self.random.below(100)),
            1 => "+typing=active".to_owned(),
            2 => format!("+draft/react={}", "y".repeat(self.random.below(4_000))),
            3 => format!("label=M;+draft/reply={};time=x", self.random.below(9)),
            _ => String::new(),
        };
        if !tag.is_empty() && !line.starts_with('@') {
            line = format!("@{tag} {line}");
        }
        self.world.sends(person, format!("{line}\r\n").as_bytes());
    }

    fn step(&mut self) {
        let present: Vec<(String, Language)> = self
            .languages
            .iter()
            .map(|(name, language)| (name.clone(), *language))
            .filter(|(name, _)| self.world.person(name).closed.is_none())
            .collect();
        if present.len() < CLIENTS && self.random.below(6) == 0 || present.is_empty() {
            return self.connect();
        }
        let (person, language) = self.random.pick(&present).clone();
        match self.random.below(60) {
            0 => self.world.ends(&person),
            1 => self.world.vanishes(&person),
            2 => self.world.reads_only(&person, self.random.below(3_000)),
            3 | 4 => self.world.reads_only(&person, usize::MAX),
            5 => self.world.wait(Duration::from_millis(self.random.below(2_000) as u64)),
            _ => self.speak(&person, language),
        }
    }

    fn listen(&mut self) {
        for (person, reader) in &mut self.readers {
            reader.read(&self.world.hears_bytes(person));
        }
    }
}

fn play(seed: u64) -> usize {
    let mut crowd = Crowd::new(seed);
    for _ in 0..STEPS {
        crowd.step();
        crowd.listen();
    }
    for person in crowd.world.names() {
        if crowd.world.person(&person).closed.is_none() {
            crowd.world.reads_only(&person, usize::MAX);
        }
    }
    crowd.world.wait(Duration::from_secs(20));
    crowd.listen();
    for (person, reader) in &crowd.readers {
        if crowd.world.person(person).closed.is_none() {
            reader.expect_whole();
        }
    }
    crowd.readers.values().map(|reader| reader.lines).sum()
}

#[test]
fn nobody_is_told_what_it_has_not_taken() {
    match std::env::var("MIO_CHAT_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => assert!(play(seed) > 0),
        None => {
            let lines: usize = (1..=SEEDS).map(play).sum();
            assert!(lines > 100 * SEEDS as usize, "only {lines} lines were told");
        }
    }
}

#[test]
fn the_reader_sees_what_is_wrong() {
    let wrong = [
        "@time=x :a!b@c PRIVMSG #r :hi\r\n",
        "@msgid=x :a!b@c PRIVMSG #r :hi\r\n",
        ":a!b@c JOIN #r * :a\r\n",
        ":a!b@c AWAY :tea\r\n",
        ":a!b@c TAGMSG #r\r\n",
        "@batch=1 :a!b@c PRIVMSG #r :hi\r\n",
        ":s BATCH -1\r\n",
        ":s 353 me = #r :a!b@c\r\n",
        ":a!b@c INVITE other #r\r\n",
        ":a!b@c PRIVMSG #r :hi\n",
        "\r:a!b@c PRIVMSG #r :hi\r\n",
    ];
    let long = format!(":a!b@c PRIVMSG #r :{}\r\n", "x".repeat(500));
    for line in wrong.into_iter().chain([&*long]) {
        let read = std::panic::catch_unwind(|| ExactReader::new("one").read(line.as_bytes()));
        assert!(read.is_err(), "{line:?} passes");
    }
    let mut reader = ExactReader::new("one");
    reader.read(b":s CAP * ACK :server-time batch\r\n@time=x :a!b@c PRIVMSG #r :hi\r\n");
    reader.read(b":s BATCH +1 x\r\n@batch=1 :a!b@c PRIVMSG #r :hi\r\n:s BATCH -1\r\n");
    reader.expect_whole();
    assert_eq!(reader.lines, 5);
}
