//! Everything a plain-line client may be told, held against what it must look like.

use std::sync::OnceLock;
use std::time::Duration;

use super::json::Object;
use super::{Encoding, Format, Situation};
use crate::chat::{
    ActiveSanction, Alphabet, Authorship, Departure, Farewell, Field, Guide, HistoryCursor,
    Message, MessageId, MessageKind, Moderation, ModerationAction, Network, Nickname, Peer,
    PeopleReply, Person, PrivateId, Rank, Recalled, Redacted, RedactionRefusal, Refusal,
    RenamedAround, Reply, RoomEvent, RoomName, RoomRenamed, Sanction, SanctionKind, Sent, SentId,
    SentKind, Ticket, Topic, Verb, Whisper,
};
use crate::limits::{
    JSON_LINE_BYTES_MAX, NAME_COLUMNS_MAX, REASON_BYTES_MAX, REGISTER_REPLY_BYTES_MAX,
};
use crate::time::UnixTime;

/// Every event and reply.
#[derive(Clone, Copy)]
enum Told<'a> {
    RoomEvent(RoomEvent<'a>),
    Reply(Reply<'a>),
}

impl<'a> From<RoomEvent<'a>> for Told<'a> {
    fn from(event: RoomEvent<'a>) -> Self {
        Self::RoomEvent(event)
    }
}

impl<'a> From<Reply<'a>> for Told<'a> {
    fn from(reply: Reply<'a>) -> Self {
        Self::Reply(reply)
    }
}

/// As plain lines. Whatever is looked at in this way is written as JSON too.
fn encoded<'a>(told: impl Into<Told<'a>>) -> String {
    let told = told.into();
    assert_is_json(&encoded_in(Encoding::JsonLine, told));
    encoded_in(Encoding::Line, told)
}

/// Panics unless this is one object of JSON dialect 1 that has a meaning and comes back the same.
fn assert_is_json(line: &str) {
    let object = line.strip_suffix('\n').unwrap();
    assert!(object.starts_with("{\"t\":\"") && !object.contains('\n'), "{object}");
    let read: Object<'_> = serde_json::from_str(object).unwrap();
    assert!(!matches!(read, Object::Unknown | Object::Notice { .. }), "{object}");
    assert_eq!(serde_json::to_string(&read).unwrap(), object);
    assert!(line.len() <= JSON_LINE_BYTES_MAX, "{} bytes: {line}", line.len());
}

fn encoded_in<'a>(encoding: Encoding, told: impl Into<Told<'a>>) -> String {
    let mut out = Vec::new();
    match told.into() {
        Told::RoomEvent(event) => encoding.room_event(&RoomName::main(), &event, &mut out),
        Told::Reply(reply) => encoding.reply(&reply, None, None, &mut out),
    }
    String::from_utf8(out).unwrap()
}

fn alice() -> Nickname {
    Nickname::parse("alice", Alphabet::Ascii).unwrap()
}

fn longest_name() -> Nickname {
    Nickname::parse(&"x".repeat(NAME_COLUMNS_MAX), Alphabet::Ascii).unwrap()
}

fn welcome(nickname: &Nickname) -> Reply<'_> {
    let cursor = HistoryCursor { epoch: 7, number: 7 };
    let room = Some(MAIN.get_or_init(RoomName::main));
    Reply::Welcome { nickname, room, cursor, now: UnixTime::default(), players: None }
}

static MAIN: OnceLock<RoomName> = OnceLock::new();

#[test]
fn the_classroom_strings_are_fixed() {
    let (alice, at) = (&alice(), UnixTime::default());
    let (who, how) = (Person::named(alice), Departure::Parted { reason: "bored" });
    let id = MessageId { number: 7, at };
    assert_eq!(encoded(Reply::Prompt), "NICK");
    assert_eq!(encoded(welcome(alice)), "Connected to server!\n");
    assert_eq!(encoded(RoomEvent::Joined { who }), "alice joined!\n");
    assert_eq!(encoded(RoomEvent::Left { who, how }), "alice left!\n");
    assert_eq!(encoded(RoomEvent::Said { who, text: "hello", id, epoch: 7 }), "alice: hello\n");
    assert_eq!(encoded(RoomEvent::Acted { who, text: "waves", id, epoch: 7 }), "* alice waves\n");
    let id = SentId::Unnumbered(PrivateId { at, count: 1 });
    for (kind, text) in [(SentKind::Said, "hi"), (SentKind::Acted, "* alice hi")] {
        let whisper = Whisper { to: who, sent: Sent { who, kind, text: "h\x02i", tags: "", id } };
        assert_eq!(encoded(Reply::Whispered(whisper)), format!("[alice] {text}\n"));
        assert_eq!(encoded(Reply::WhisperSent(whisper)), format!("[to alice] {text}\n"));
    }
}

#[test]
fn messages_are_numbered_for_those_who_want_that() {
    let at = UnixTime::from_millis(1_763_820_125_900);
    let (alice_here, id) = (alice(), MessageId { number: 1_234, at });
    let who = Person::named(&alice_here);
    let said = RoomEvent::Said { who, text: "hello", id, epoch: 7 };
    let acted = RoomEvent::Acted { who, text: "waves", id, epoch: 7 };
    assert_eq!(encoded_in(Encoding::NumberedLine, said), "@1234 1763820125 alice: hello\n");
    assert_eq!(encoded_in(Encoding::NumberedLine, acted), "@1234 1763820125 * alice waves\n");
    for (kind, text, dated) in [
        (MessageKind::Said, "hello", "* [14:02] alice: hello\n"),
        (MessageKind::Acted, "waves", "* [14:02] * alice waves\n"),
    ] {
        let message =
            &Message { id, kind, who: alice(), text: text.into(), author: Authorship::Unknown };
        let live = if kind == MessageKind::Said { said } else { acted };
        let again = Reply::Remembered { room: &RoomName::main(), message, epoch: 7, now: at };
        assert_eq!(encoded(again), dated);
        assert_eq!(
            encoded_in(Encoding::NumberedLine, again),
            encoded_in(Encoding::NumberedLine, live)
        );
    }
}

/// Refusals about talking and names.
fn refusals() -> Vec<Refusal> {
    let (name, room) = (longest_name(), RoomName::parse("games", Alphabet::Ascii).unwrap());
    vec![
        Refusal::NicknameFirst,
        Refusal::NameEmpty,
        Refusal::NameTooLong,
        Refusal::RoomNameTooLong,
        Refusal::NameCharacter,
        Refusal::NameMixesScripts,
        Refusal::NicknameReserved(name.clone()),
        Refusal::NicknameTaken(name.clone()),
        Refusal::AlreadyCalled(name.clone()),
        Refusal::NobodyNamed(name.as_str().into()),
        Refusal::NoRoomNamed(room.clone()),
        Refusal::NotInRoom(room.clone()),
        Refusal::AlreadyInRoom(room),
        Refusal::NowhereToLeaveTo,
        Refusal::InNoRoom,
        Refusal::TooManyRooms,
        Refusal::InTooManyRooms,
        Refusal::ToYourself,
        Refusal::InvitesSelf,
        Refusal::NotSeeking,
        Refusal::UnknownCommand("x".repeat(16)),
        Refusal::NotATime,
        Refusal::LineTooLong,
        Refusal::NotUtf8,
    ]
}

/// Refusals about rooms and order in them.
fn refusals_about_order() -> Vec<Refusal> {
    let (name, room) = (longest_name(), RoomName::parse("games", Alphabet::Ascii).unwrap());
    vec![
        Refusal::ThatIsYou,
        Refusal::NotAllowed { room: room.clone(), needs: Rank::Operator },
        Refusal::NotAllowed { room: room.clone(), needs: Rank::Owner },
        Refusal::NotAllowed { room: room.clone(), needs: Rank::ServerOperator },
        Refusal::Outranked(name.clone()),
        Refusal::NotHere { name: "x".repeat(16), room: room.clone() },
        Refusal::Banned(active_sanction(None)),
        Refusal::Banned(active_sanction(Some(59))),
        Refusal::Muted(active_sanction(Some(7_000))),
        Refusal::MutedName(room.clone()),
        Refusal::PasswordNeeded(room.clone()),
        Refusal::PasswordWrong(room.clone()),
        Refusal::PasswordPaused { room: room.clone(), lasts: Duration::from_secs(4) },
        Refusal::FieldLength(Field::Topic),
        Refusal::FieldLength(Field::Password),
        Refusal::FieldLength(Field::Reason),
        Refusal::TooManySanctions(room.clone()),
        Refusal::NoSuchSanction { kind: SanctionKind::Ban, name: "x".repeat(16) },
        Refusal::NoSuchSanction { kind: SanctionKind::Mute, name: "7".into() },
        Refusal::NoAddress(name.clone()),
        Refusal::AddressNamed,
        Refusal::TooManyOperators,
        Refusal::AlreadySo(name.clone()),
        Refusal::MainIsEverybodys,
        Refusal::KeyWrong(room),
        Refusal::Ignored(name),
        Refusal::TooManyIgnored,
        Refusal::NotIgnored("x".repeat(16)),
        Refusal::HistoryOff,
        Refusal::Redaction(RedactionRefusal::NoSuchMessage),
        Refusal::Redaction(RedactionRefusal::NotYours),
        Refusal::Redaction(RedactionRefusal::TooMany),
        Refusal::OperWrong,
        Refusal::OperBusy,
        Refusal::QueueName,
        Refusal::MatchPlayers,
    ]
}

#[test]
fn every_refusal_is_one_short_ascii_notice() {
    let verbs = [
        Verb::Nick,
        Verb::Join,
        Verb::Msg,
        Verb::Me,
        Verb::Match,
        Verb::Invite,
        Verb::History,
        Verb::Numbers,
        Verb::Format,
        Verb::Password,
        Verb::Own,
        Verb::Give,
        Verb::Op,
        Verb::Deop,
        Verb::Kick,
        Verb::Ban,
        Verb::BanIp,
        Verb::Unban,
        Verb::Mute,
        Verb::Unmute,
        Verb::Redact,
        Verb::Unignore,
        Verb::Oper,
    ];
    let usages = verbs.map(Refusal::Incomplete);
    let refusals = refusals().into_iter().chain(refusals_about_order()).chain(usages);
    for refusal in refusals {
        let text = encoded(Reply::Refused(&refusal));
        assert_is_an_error(&refusal, &text);
        assert!(text.starts_with("* ") && text.ends_with('\n') && text.is_ascii(), "{text:?}");
        assert_eq!(text.lines().count(), 1, "{text:?}");
        assert!(text.len() <= REGISTER_REPLY_BYTES_MAX, "{text:?}");
        assert_cannot_be_forged(&text);
    }
}

#[test]
fn every_farewell_is_one_ascii_notice_that_nobody_can_forge() {
    for farewell in [
        Farewell::Quit,
        Farewell::RegisterTimeout,
        Farewell::TooManyTries,
        Farewell::LineTimeout,
        Farewell::SlowReader { backlog: 7 },
        Farewell::Shutdown { back_in: 0 },
        Farewell::Shutdown { back_in: 7 },
        Farewell::AddressBanned,
        Farewell::ServerFull,
        Farewell::AddressFull,
        Farewell::NetworkFull,
        Farewell::MadeWay,
        Farewell::Banned,
        Farewell::Kicked,
        Farewell::TlsOnly,
    ] {
        let text = encoded(Reply::Farewell(farewell));
        let json = encoded_in(Encoding::JsonLine, Reply::Farewell(farewell));
        let Ok(Object::Bye(bye)) = serde_json::from_str(&json) else { panic!("{json}") };
        assert_eq!(format!("* {}\n", bye.text), text);
        assert_is_documented(&bye.code);
        assert!(text.starts_with("* ") && text.ends_with('\n') && text.is_ascii(), "{text:?}");
        assert_cannot_be_forged(&text);
    }
}

/// A refusal says the same as JSON, and why by a word.
fn assert_is_an_error(refusal: &Refusal, text: &str) {
    let json = encoded_in(Encoding::JsonLine, Reply::Refused(refusal));
    let Ok(Object::Error(error)) = serde_json::from_str(&json) else { panic!("{json}") };
    assert_eq!(format!("* {}\n", error.text), text);
    assert!(json.len() <= REGISTER_REPLY_BYTES_MAX, "{json}");
    assert_is_documented(&error.code);
}

fn assert_is_documented(code: &str) {
    let protocol = include_str!("../../docs/PROTOCOL.md");
    let chapter = protocol.split("\n## ").find(|part| part.starts_with("JSON dialect 1"));
    assert!(chapter.unwrap().contains(&format!("`{code}`")), "docs/PROTOCOL.md: {code}");
}

fn active_sanction(seconds: Option<u64>) -> ActiveSanction {
    ActiveSanction {
        room: RoomName::parse("games", Alphabet::Ascii).unwrap(),
        lasts: seconds.map(Duration::from_secs),
        reason: "x".repeat(REASON_BYTES_MAX).into(),
    }
}

/// An action is `* nickname ...`: nobody may be called by the first word of a notice.
fn assert_cannot_be_forged(notice: &str) {
    for line in notice.lines() {
        let word = line[2..].split([' ', ':']).next().unwrap();
        let name = Nickname::parse(word, Alphabet::Unicode);
        assert!(name.is_err(), "somebody may be called {word:?}: {line:?}");
    }
}

#[test]
fn other_notices_cannot_be_forged_either() {
    let (old, new) = (&alice(), &longest_name());
    let room = &RoomName::parse("games", Alphabet::Ascii).unwrap();
    let names = vec!["somebody"; 200];
    let rooms = vec![(room, 3); 200];
    let queue = "duel";
    let ticket = Ticket { queue, players: 2, token: 1, port: Some(50_000) };
    let peers = &[Peer { nickname: Some(old), address: None }; 15];
    let all: [Told<'_>; 20] = [
        Reply::TooFast.into(),
        Reply::TooFastTogether.into(),
        Reply::TooFastForSome.into(),
        Reply::TicketGiven(ticket).into(),
        Reply::TicketReturned.into(),
        Reply::Invited { from: old, queue }.into(),
        Reply::InvitationSent { to: old, queue }.into(),
        Reply::Matched { peers }.into(),
        RoomEvent::Renamed { old: old.into(), new }.into(),
        Reply::Renamed { old: old.into(), new }.into(),
        Reply::Entered { room, others: 0 }.into(),
        Reply::Entered { room, others: 1 }.into(),
        Reply::Entered { room, others: 2 }.into(),
        Reply::Who { room, names: &names, count: 200, page: (1, 1) }.into(),
        Reply::Who { room, names: &names, count: 450, page: (2, 3) }.into(),
        Reply::Who { room, names: &names[..1], count: 1, page: (1, 1) }.into(),
        Reply::Help(Guide::Talking).into(),
        Reply::Help(Guide::Rooms).into(),
        Reply::Rooms { rooms: &rooms, more: 0 }.into(),
        Reply::Rooms { rooms: &rooms[..1], more: 0 }.into(),
    ];
    for told in all {
        assert_cannot_be_forged(&encoded(told));
    }
}

fn waves(id: MessageId) -> Message {
    let (kind, who, author) = (MessageKind::Acted, alice(), Authorship::Unknown);
    Message { id, kind, who, text: "waves".into(), author }
}

#[test]
fn notices_about_history_and_order_cannot_be_forged_either() {
    let (alice_here, room) = (alice(), &RoomName::parse("games", Alphabet::Ascii).unwrap());
    let by = Person::named(&alice_here);
    let now = UnixTime::from_millis(1_763_820_125_900);
    let id = MessageId { number: 7, at: UnixTime::default() };
    let message = &waves(id);
    let topic = &Topic { text: "chess".into(), by: alice(), at: UnixTime::default() };
    let cursor = HistoryCursor { epoch: 7, number: 7 };
    let network = Network::of("192.0.2.7".parse().unwrap());
    let ban = |name: Option<Nickname>, network, until| Sanction {
        mask: None,
        is_quiet: false,
        at: UnixTime::default(),
        number: 3,
        kind: SanctionKind::Ban,
        name,
        network,
        until,
        by: alice(),
        reason: "spam".into(),
    };
    let (one, other) = (ban(Some(alice()), network, None), ban(None, network, Some(now)));
    let mut events: Vec<Told<'_>> = vec![
        RoomEvent::PresenceSummary { joined: 37, left: 12, here: 1_204 }.into(),
        RoomEvent::PresenceSummary { joined: 0, left: 12, here: 1_204 }.into(),
        Reply::Remembered { room, message, epoch: 7, now }.into(),
        Reply::HearsHistory(true).into(),
        Reply::HearsHistory(false).into(),
        Reply::RecallEnds { room, cursor }.into(),
        Reply::Topic { room, topic: None }.into(),
        Reply::Topic { room, topic: Some(topic) }.into(),
        RoomEvent::TopicChanged { by, text: "" }.into(),
        RoomEvent::TopicChanged { by, text: "chess" }.into(),
        Reply::Owns { room, key: 7 }.into(),
        Reply::PasswordSet { room, needed: true }.into(),
        Reply::PasswordSet { room, needed: false }.into(),
        Reply::Sanctions { room, list: &[], page: (1, 1), now }.into(),
        Reply::Ignores(&[]).into(),
        Reply::Ignores(&["bob", "carol"]).into(),
        Reply::IgnoreChanged { name: "bob", ignored: true }.into(),
        Reply::IgnoreChanged { name: "bob", ignored: false }.into(),
        Reply::IsServerOperator.into(),
        Reply::Checking.into(),
    ];
    let list = [&one, &other];
    events.push(Reply::Sanctions { room, list: &list, page: (1, 2), now }.into());
    for which in [Recalled::Last, Recalled::Since(7), Recalled::Gap(7)] {
        events
            .extend([0, 1, 2].map(|count| Told::Reply(Reply::RecallBegins { room, count, which })));
    }
    for action in [
        ModerationAction::Kicked,
        ModerationAction::Banned,
        ModerationAction::Unbanned,
        ModerationAction::Muted,
        ModerationAction::Unmuted,
        ModerationAction::Promoted,
        ModerationAction::Demoted,
        ModerationAction::MadeOwner,
    ] {
        let lasts = Some(Duration::from_secs(90));
        let moderation =
            Moderation { action, room, mask: "", whom: Some("bob"), by, lasts, reason: "spam" };
        events.push(RoomEvent::Moderated(moderation).into());
        events.push(
            RoomEvent::Moderated(Moderation { whom: None, lasts: None, ..moderation }).into(),
        );
        events.push(Reply::YouWere(moderation).into());
    }
    let numbered = encoded_in(Encoding::NumberedLine, Reply::RecallEnds { room, cursor });
    assert_are_notices(events.into_iter().map(encoded).chain([numbered]));
}

#[test]
fn what_is_taken_back_cannot_be_forged_either() {
    let (author, at) = (&alice(), UnixTime::from_millis(1_763_820_125_900));
    let (by, id) = (Person::named(author), SentId::Numbered(MessageId { number: 7, at }, 7));
    for (is_own, reason) in [(true, ""), (false, "spam")] {
        let redacted = RoomEvent::Redacted(Redacted { by, author, is_own, id, reason });
        let numbered = encoded_in(Encoding::NumberedLine, redacted);
        let private = Reply::People(PeopleReply::TakenBack { from: by, to: author, id, reason });
        let private = encoded_in(Encoding::Line, private);
        assert_are_notices([encoded(redacted), numbered, private].into_iter());
    }
}

#[test]
fn another_name_of_a_room_cannot_be_forged_either() {
    let [old, new] = ["games", "chess"].map(|name| RoomName::parse(name, Alphabet::Ascii).unwrap());
    let alice = alice();
    let by = Person::named(&alice);
    let renamed = |reason| RoomRenamed { by, old: &old, new: &new, reason };
    let events = ["", "typo"].map(|reason| encoded(RoomEvent::RoomRenamed(renamed(reason))));
    assert_are_notices(events.into_iter());
    // What is for programs that know of no other names is told to nobody else.
    let (who, renamed) = (by, renamed(""));
    let (topic, is_secret, people, read) = (None, false, &[][..], None);
    let around = RenamedAround { who, renamed, topic, is_secret, people, read };
    for encoding in Encoding::ALL {
        assert_eq!(encoded_in(*encoding, Reply::RenamedAround(around)), "", "{encoding:?}");
    }
}

#[test]
fn answers_about_the_form_cannot_be_forged_either() {
    let cursor = HistoryCursor { epoch: 0xc771_43c7, number: 1_200 };
    let now = UnixTime::from_millis(1_763_820_125_900);
    let situation = Situation { nickname: None, room: None, cursor, now, udp: None };
    let answer = |from: Encoding, format| {
        let mut out = Vec::new();
        from.with(format).announce(format, &situation, &mut out);
        String::from_utf8(out).unwrap()
    };
    let line = Encoding::Line;
    let formats = [Format::Numbers(true), Format::Numbers(false), Format::Text];
    assert_are_notices(formats.map(|format| answer(line, format)).into_iter());
    assert_eq!(answer(line, Format::Numbers(false)), "* no numbers any more\n");
    // JSON has numbers in any case, and says the same again.
    let json = answer(line, Format::Json);
    assert_eq!(answer(Encoding::JsonLine, Format::Numbers(false)), json);
    assert_eq!(Encoding::JsonLine.with(Format::Text), line);
}

fn assert_are_notices(texts: impl Iterator<Item = String>) {
    for text in texts {
        assert!(text.starts_with("* ") && text.ends_with('\n') && text.is_ascii(), "{text:?}");
        assert!(!text.contains("192.0.2"), "an address is told: {text:?}");
        assert_cannot_be_forged(&text);
    }
}

#[test]
fn a_long_listing_is_told_in_readable_lines() {
    let names = vec!["somebody"; 200];
    let room = RoomName::parse("main", Alphabet::Ascii).unwrap();
    let who = Reply::Who { room: &room, names: &names, count: 434, page: (1, 3) };
    let text = encoded(who);
    assert!(text.starts_with("* there are 434 in main, page 1 of 3: somebody, somebody"));
    assert!(text.ends_with(", somebody\n* there are more: /who main 2\n"), "{text:?}");
    assert!(text.lines().all(|line| line.starts_with("* ") && line.len() < 450));
    assert_eq!(text.matches("somebody").count(), 200);
    let nobody = encoded(Reply::Who { room: &room, names: &[], count: 0, page: (1, 1) });
    assert_eq!(nobody, "* there is nobody in main\n");
}
