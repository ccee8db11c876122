//! What each dialect says and hears.

use super::*;

const ALL: [Dialect; 8] = [
    Dialect::Lines,
    Dialect::Json,
    Dialect::Ws,
    Dialect::Raw,
    Dialect::RawOthers,
    Dialect::Redis,
    Dialect::Nats,
    Dialect::Irc,
];

fn codec(dialect: Dialect) -> Codec {
    Codec::new(dialect, None, 64, 0x321).unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn dialects_go_by_the_same_name_everywhere() {
    for dialect in ALL {
        let name = dialect.name();
        assert_eq!(Dialect::from_str(name, false), Ok(dialect));
        assert_eq!(serde_json::to_value(dialect).unwrap(), name);
    }
    assert_eq!(ALL.map(Dialect::echoes), [true, true, true, true, false, true, true, false]);
    assert_eq!(ALL.map(Dialect::registers), [true, true, true, false, false, true, true, true]);
}

#[test]
fn newcomers_introduce_themselves() {
    let greeting = |dialect| text(codec(dialect).greeting(42));
    assert_eq!(greeting(Dialect::Lines), "cdf000042\n");
    let hello = r#"{"t":"hello","v":1,"nick":"cdf000042","room":"main","client":"load"}"#;
    assert_eq!(greeting(Dialect::Json), format!("/format json\n{hello}\n"));
    assert!(greeting(Dialect::Ws).ends_with("\r\n\r\n"));
    assert_eq!((greeting(Dialect::Raw), greeting(Dialect::RawOthers)), Default::default());
    assert_eq!(greeting(Dialect::Redis), "*2\r\n$9\r\nSUBSCRIBE\r\n$13\r\nmio-chat-load\r\n");
    assert_eq!(
        greeting(Dialect::Nats),
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"cdf000042\"}\r\n\
         SUB mio-chat-load 1\r\nPING\r\n"
    );
    assert_eq!(greeting(Dialect::Irc), "NICK cdf000042\r\nUSER cdf000042 0 * :load test\r\n");
    let games = Codec::new(Dialect::Lines, Some("games"), 64, 0).unwrap();
    assert_eq!(text(games.greeting(1)), "bbb000001\n/join games\n");
    let asking = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        codec(Dialect::Irc).asking(&names)
    };
    assert_eq!(
        text(asking(&["server-time", "draft/multiline"]).unwrap().greeting(42)),
        "CAP LS 302\r\nNICK cdf000042\r\nUSER cdf000042 0 * :load test\r\n\
         CAP REQ :server-time draft/multiline\r\nCAP END\r\n"
    );
    assert!(asking(&["echo-message"]).is_err() && asking(&["a b"]).is_err());
    assert!(codec(Dialect::Lines).asking(&["batch".to_owned()]).is_err());
}

#[test]
fn messages_are_framed_and_as_long_as_asked_for() {
    let said = |dialect| {
        let mut bytes = Vec::new();
        codec(dialect).say(&mut bytes, 7, Time::ZERO);
        text(bytes)
    };
    let padded = |bytes: usize| format!("00007000000000000{}^", "x".repeat(bytes - 18));
    assert_eq!(said(Dialect::Lines), format!("{}\n", padded(52)));
    assert_eq!("cdf000042: ".len() + said(Dialect::Lines).len(), 64);
    let object = format!(r#"{{"t":"say","room":"main","text":"{}"}}"#, padded(52));
    assert_eq!(said(Dialect::Json), format!("{object}\n"));
    assert_eq!(said(Dialect::Raw), format!("{}\n", padded(63)));
    assert_eq!(said(Dialect::RawOthers), said(Dialect::Raw));
    assert_eq!(
        said(Dialect::Redis),
        format!("*3\r\n$7\r\nPUBLISH\r\n$13\r\nmio-chat-load\r\n$52\r\n{}\r\n", padded(52))
    );
    assert_eq!(said(Dialect::Nats), format!("PUB mio-chat-load 52\r\n{}\r\n", padded(52)));
    assert_eq!(said(Dialect::Irc), format!("PRIVMSG #mio-chat-load :{}\r\n", padded(52)));
}

/// Hands an answer over in two pieces, cut at every place; the end must not depend on it.
fn every_cut(codec: &Codec, answer: &str) -> (AdmissionState, String) {
    let mut ends = (0..=answer.len()).map(|cut| {
        let (mut heard, mut reply) = (Vec::new(), Vec::new());
        let mut end = AdmissionState::Waiting;
        for piece in [&answer[..cut], &answer[cut..]] {
            heard.extend_from_slice(piece.as_bytes());
            if end == AdmissionState::Waiting {
                end = codec.hear_answer(42, &mut heard, &mut reply);
            }
        }
        (end, text(reply))
    });
    let first = ends.next().unwrap();
    for end in ends {
        assert_eq!(end, first, "{answer:?}");
    }
    first
}

#[test]
fn the_server_lets_newcomers_in() {
    for (dialect, answer, reply) in [
        (Dialect::Lines, "Connected to server!\n", ""),
        (Dialect::Lines, "NICKConnected to server!\ncdf000042 joined!\n", ""),
        (Dialect::Json, "NICK{\"t\":\"room\",\"room\":\"main\",\"total\":1}\n", ""),
        (Dialect::Redis, "*3\r\n$9\r\nsubscribe\r\n$13\r\nmio-chat-load\r\n:1\r\n", ""),
        (Dialect::Nats, "INFO {\"a\":1}\r\nPING\r\nPONG\r\n", "PONG\r\n"),
        (
            Dialect::Irc,
            "PING :x1\r\n:s 001 a :Hi\r\n:s 422 a :no motd\r\n:s 366 a #m :End\r\n",
            "PONG :x1\r\nJOIN #mio-chat-load\r\n",
        ),
        (
            Dialect::Irc,
            "@time=x :s 001 a :Hi\r\n@a=b;time=x :s 366 a #m :End\r\n",
            "JOIN #mio-chat-load\r\n",
        ),
    ] {
        let end = every_cut(&codec(dialect), answer);
        assert_eq!(end, (AdmissionState::Admitted, reply.to_owned()), "{dialect:?}");
    }
    let games = Codec::new(Dialect::Lines, Some("games"), 64, 0).unwrap();
    let main = "Connected to server!\na joined!\n* you are alone in main (/help)\n";
    assert_eq!(every_cut(&games, main).0, AdmissionState::Waiting);
    let joined = format!("{main}a joined!\n* you are alone in games (/help, /who)\n");
    assert_eq!(every_cut(&games, &joined).0, AdmissionState::Admitted);
}

#[test]
fn the_server_turns_newcomers_away() {
    for (dialect, answer) in [
        (Dialect::Lines, "* the server is full; try again in a minute\n"),
        (Dialect::Json, "{\"t\":\"bye\",\"code\":\"full\",\"text\":\"the server is full\"}\n"),
        (Dialect::Redis, "-ERR max number of clients reached\r\n"),
        (Dialect::Nats, "-ERR 'maximum connections exceeded'\r\n"),
        (Dialect::Irc, ":s 433 * cdf000042 :Nickname is already in use\r\n"),
        (Dialect::Irc, "ERROR :Closing link\r\n"),
        (Dialect::Irc, ":s CAP * NAK :server-time\r\n"),
    ] {
        let words = answer.trim_end().to_owned();
        assert_eq!(every_cut(&codec(dialect), answer).0, AdmissionState::Refused(words));
    }
}

#[test]
fn a_question_is_answered_wherever_it_is_cut() {
    for (dialect, answer) in [(Dialect::Nats, "PONG\r\n"), (Dialect::Irc, "PONG :abc\r\n")] {
        let codec = codec(dialect);
        let stream = b"MSG a 1\r\nPINGU\r\nx\r\nPI\r\nPING :abc\r\nMSG a 1\r\nP\r\n";
        let stream = stream.strip_suffix(b"").unwrap_or(stream);
        for cut in 0..=stream.len() {
            let (mut begun, mut reply) = (Vec::new(), Vec::new());
            codec.hear_member(&stream[..cut], &mut begun, &mut reply);
            codec.hear_member(&stream[cut..], &mut begun, &mut reply);
            assert!(text(reply).ends_with(answer), "{dialect:?}, cut at {cut}");
            assert!(begun.is_empty());
        }
    }
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    for dialect in ALL {
        assert!(Codec::new(dialect, None, 18, 0).is_err());
        assert!(Codec::new(dialect, None, 20_000, 0).is_err());
        assert!(Codec::new(dialect, Some("a b"), 64, 0).is_err());
    }
}
