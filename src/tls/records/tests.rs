//! Tests of the record layer against rustls's client, and against itself turned round where a
//! client would have to misbehave.

mod session;

use std::io::Write;

use self::session::{Session, hear, open_all, said, says, seal, suite, suites};
use super::*;

/// As another process reads it.
fn hand_over(layer: RecordLayer) -> RecordLayer {
    let document = serde_json::to_string(&layer.handed_over()).unwrap();
    RecordLayer::taken_over(&serde_json::from_str(&document).unwrap()).unwrap()
}

/// A client with the keys of this session.
fn turned_round(layer: &RecordLayer) -> RecordLayer {
    let RecordLayerState { version, cipher, incoming, outgoing } = layer.handed_over();
    let turned = RecordLayerState { version, cipher, incoming: outgoing, outgoing: incoming };
    RecordLayer::taken_over(&turned).unwrap()
}

/// A session with a client of ours. The first is the client.
fn pair(name: &str) -> (RecordLayer, RecordLayer) {
    let (_, layer) = Session::with(suite(name)).moved();
    (turned_round(&layer), layer)
}

/// One record that a client would not send.
fn record(client: &mut RecordLayer, kind: u8, text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    client.send(kind, text, &mut bytes).unwrap();
    bytes
}

/// What the server makes of a record, and the alert that the client gets.
fn refused(client: &mut RecordLayer, layer: &mut RecordLayer, mut bytes: Vec<u8>) -> RecordError {
    let mut outgoing = Vec::new();
    let error = layer.open(&mut bytes, &mut outgoing).unwrap_err();
    if let Some(alert) = error.alert() {
        let (kind, text) = client
            .incoming
            .open((client.version, client.cipher), &mut outgoing)
            .expect("an alert that the client can read");
        assert_eq!((kind, &outgoing[text]), (ALERT, &alert[..]));
    }
    error
}

const NAMES: [&str; 6] = [
    "TLS13_AES_128_GCM_SHA256",
    "TLS13_AES_256_GCM_SHA384",
    "TLS13_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
];

fn of_version_13() -> &'static [&'static str] {
    &NAMES[..3]
}

#[test]
fn every_suite_of_rustls_goes_on_through_any_number_of_processes() {
    assert_eq!(suites().count(), NAMES.len());
    for name in NAMES {
        let mut session = Session::with(suite(name));
        // Numbers of records are not those of a new session.
        for round in 0..3 {
            session.say(b"from rustls");
            session.client.writer().write_all(b"to rustls").unwrap();
            assert_eq!(session.pass(), b"to rustls", "{name} {round}");
        }
        let (mut client, mut layer) = session.moved();
        for length in [1, 2, 100, 16_383, 16_384, 16_385, 100_000, 0, 7] {
            let text: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let sent = seal(&mut layer, &text);
            assert_eq!(hear(&mut client, &sent), text, "{name} {length}");
            let (heard, outgoing) = open_all(&mut layer, says(&mut client, &text));
            assert_eq!((heard, outgoing), (text, Vec::new()), "{name} {length}");
            layer = hand_over(layer);
        }
    }
}

#[test]
fn a_record_that_is_cut_anywhere_waits_for_its_rest() {
    for name in NAMES {
        let (mut client, mut layer) = Session::with(suite(name)).moved();
        let first = says(&mut client, b"first");
        let sent = [first.clone(), says(&mut client, b"second")].concat();
        for cut in 0..sent.len() {
            let mut layer = hand_over(layer.duplicate());
            let (mut begun, mut outgoing) = (sent[..cut].to_vec(), Vec::new());
            let opened = layer.open(&mut begun, &mut outgoing).unwrap();
            assert_eq!(opened.is_some(), cut >= first.len(), "{name} {cut}");
            let begin = opened.map_or(0, |opened| opened.length);
            let (heard, _) = open_all(&mut layer, sent[begin..].to_vec());
            let expected: &[u8] = if begin > 0 { b"second" } else { b"firstsecond" };
            assert_eq!(heard, expected, "{name} {cut}");
        }
        assert_eq!(open_all(&mut layer, sent).0, b"firstsecond");
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    for name in NAMES {
        let (mut client, layer) = Session::with(suite(name)).moved();
        let sent = says(&mut client, b"hello");
        for bit in 0..sent.len() * 8 {
            let (mut layer, mut forged) = (layer.duplicate(), sent.clone());
            forged[bit / 8] ^= 1 << (bit % 8);
            // A longer record may be announced, which is then never whole; its rest is forged.
            forged.resize(HEADER_BYTES + usize::from(u16::MAX), 0);
            let mut outgoing = Vec::new();
            let error = layer.open(&mut forged, &mut outgoing).unwrap_err();
            assert!(error.alert().is_some() && !outgoing.is_empty(), "{name} {bit} {error}");
        }
    }
}

#[test]
fn a_record_is_taken_once_and_in_order() {
    for name in NAMES {
        let (mut client, layer) = pair(name);
        let records = [1, 2].map(|text| seal(&mut client, &[text]));
        let (mut again, mut early) = (layer.duplicate(), layer);
        open_all(&mut again, records[0].clone());
        let error = refused(&mut client.duplicate(), &mut again, records[0].clone());
        assert_eq!(error, RecordError::Forged, "{name}");
        let error = refused(&mut client, &mut early, records[1].clone());
        assert_eq!(error, RecordError::Forged, "{name}");
    }
}

#[test]
fn both_sides_may_end_in_order() {
    for name in NAMES {
        let (mut client, mut layer) = Session::with(suite(name)).moved();
        client.send_close_notify();
        let mut sent = said(&mut client);
        let opened = layer.open(&mut sent, &mut Vec::new()).unwrap().unwrap();
        assert!(opened.is_end && opened.text.is_empty());
        // It may still listen.
        let bytes = seal(&mut layer, b"* goodbye");
        assert_eq!(hear(&mut client, &bytes), b"* goodbye");
        let mut outgoing = Vec::new();
        layer.close(&mut outgoing);
        client.read_tls(&mut outgoing.as_slice()).unwrap();
        assert!(client.process_new_packets().unwrap().peer_has_closed(), "{name}");
    }
}

#[test]
fn other_keys_follow_as_often_as_there_are_any() {
    for name in of_version_13() {
        let (mut client, mut layer) = Session::with(suite(name)).moved();
        for round in 0..TLS_KEYS_AHEAD {
            client.refresh_traffic_keys().unwrap();
            let (_, outgoing) = open_all(&mut layer, said(&mut client));
            assert!(!outgoing.is_empty(), "the client wants other keys of ours, too");
            hear(&mut client, &outgoing);
            layer = hand_over(layer);
            let sent = seal(&mut layer, b"to client");
            assert_eq!(hear(&mut client, &sent), b"to client", "{name} {round}");
            let (heard, _) = open_all(&mut layer, says(&mut client, b"to server"));
            assert_eq!(heard, b"to server", "{name} {round}");
        }
        client.refresh_traffic_keys().unwrap();
        let (mut sent, mut outgoing) = (said(&mut client), Vec::new());
        let used_up = layer.open(&mut sent, &mut outgoing);
        assert_eq!(used_up, Err(RecordError::UsedUp));
        client.read_tls(&mut outgoing.as_slice()).unwrap();
        assert!(client.process_new_packets().unwrap().peer_has_closed(), "{name}");
    }
}

#[test]
fn an_answer_that_rustls_keeps_back_is_sent() {
    for name in of_version_13() {
        let mut session = Session::with(suite(name));
        session.say(b"before");
        session.client.refresh_traffic_keys().unwrap();
        session.pass();
        let (mut client, mut layer) = session.moved();
        let sent = seal(&mut layer, b"after");
        assert_eq!(hear(&mut client, &sent), b"after", "{name}");
    }
}

#[test]
fn what_has_come_in_part_stays() {
    for name in NAMES {
        let mut session = Session::with(suite(name));
        let mut sent = says(&mut session.client, b"hello");
        let rest = sent.split_off(sent.len() / 2);
        let status = session.server.process_tls_records(&mut sent);
        assert!(status.discard == 0 && status.state.is_ok());
        let mut layer = RecordLayer::of(session.server, &mut sent, &mut Vec::new()).unwrap();
        sent.extend(rest);
        assert_eq!(open_all(&mut layer, sent).0, b"hello", "{name}");
    }
}

#[test]
fn a_key_is_used_no_more_often_than_it_may_be() {
    for name in NAMES {
        let (mut client, mut layer) = Session::with(suite(name)).moved();
        layer.outgoing.wear_out_after(2);
        let sent = seal(&mut layer, b"one");
        assert_eq!(hear(&mut client, &sent), b"one");
        if of_version_13().contains(&name) {
            let sent = seal(&mut layer, b"two");
            assert_eq!(hear(&mut client, &sent), b"two");
            assert_eq!(layer.outgoing.sequence(), 1, "{name}");
        } else {
            let mut outgoing = Vec::new();
            assert_eq!(layer.seal(b"two", &mut outgoing), Err(RecordError::UsedUp));
            layer.close(&mut outgoing);
            client.read_tls(&mut outgoing.as_slice()).unwrap();
            assert!(client.process_new_packets().unwrap().peer_has_closed(), "{name}");
        }
    }
}

#[test]
fn records_hold_as_much_as_they_may_and_no_more() {
    for name in NAMES {
        let (mut client, mut layer) = pair(name);
        let most = vec![7; TLS_RECORD_PLAIN_MAX];
        let bytes = record(&mut client, APPLICATION_DATA, &most);
        assert_eq!(open_all(&mut layer, bytes).0, most);
        let more = vec![7; TLS_RECORD_PLAIN_MAX + 1];
        let bytes = record(&mut client, APPLICATION_DATA, &more);
        assert_eq!(refused(&mut client, &mut layer, bytes), RecordError::TooLong, "{name}");
        // The header alone shows it, in both versions.
        let (mut client, mut layer) = pair(name);
        let bytes = [APPLICATION_DATA, 3, 3, 0x48, 1].to_vec();
        assert_eq!(refused(&mut client, &mut layer, bytes), RecordError::TooLong, "{name}");
    }
}

#[test]
fn padding_is_taken_off() {
    for name in of_version_13() {
        let (mut client, mut layer) = pair(name);
        // The last byte is taken for the type by `send`: so nothing but padding is behind the text.
        let bytes =
            record(&mut client, 0, &[b"text".as_slice(), &[APPLICATION_DATA, 0, 0]].concat());
        assert_eq!(open_all(&mut layer, bytes).0, b"text");
        let bytes = record(&mut client, 0, &[APPLICATION_DATA]);
        assert_eq!(open_all(&mut layer, bytes).0, b"");
        let bytes = record(&mut client, 0, &[0; 100]);
        assert_eq!(refused(&mut client, &mut layer, bytes), RecordError::Unexpected, "{name}");
    }
}

#[test]
fn who_wants_to_begin_anew_is_refused() {
    for name in &NAMES[3..] {
        let (mut client, mut layer) = pair(name);
        let bytes = record(&mut client, HANDSHAKE, &[CLIENT_HELLO, 0, 0, 2, 3, 3]);
        let (_, mut outgoing) = open_all(&mut layer, bytes);
        let (kind, text) =
            client.incoming.open((client.version, client.cipher), &mut outgoing).unwrap();
        assert_eq!((kind, &outgoing[text]), (ALERT, &[WARNING, NO_RENEGOTIATION][..]));
        let bytes = seal(&mut client, b"well then");
        assert_eq!(open_all(&mut layer, bytes).0, b"well then", "{name}");
    }
}

#[test]
fn what_does_not_belong_here_ends_the_session() {
    use RecordError::{Alert, Malformed, Unexpected};
    for name in NAMES {
        let is_13 = of_version_13().contains(&name);
        let of = |tls12, tls13| if is_13 { tls13 } else { tls12 };
        for (kind, text, error) in [
            (20, &[1][..], Unexpected),
            (24, &[1], Unexpected),
            (HANDSHAKE, &[], Unexpected),
            (HANDSHAKE, &[0, 0, 0, 0], Unexpected),
            (HANDSHAKE, &[CLIENT_HELLO + 1], Unexpected),
            (HANDSHAKE, &[KEY_UPDATE, 0, 0, 1, 2], of(Unexpected, Malformed)),
            (HANDSHAKE, &[KEY_UPDATE, 0, 0, 1], of(Unexpected, Malformed)),
            (
                HANDSHAKE,
                &[KEY_UPDATE, 0, 0, 1, 0, KEY_UPDATE, 0, 0, 1, 0],
                of(Unexpected, Malformed),
            ),
            (ALERT, &[], Malformed),
            (ALERT, &[WARNING], Malformed),
            (ALERT, &[3, CLOSE_NOTIFY], Malformed),
            (ALERT, &[WARNING, CLOSE_NOTIFY, 0], Malformed),
            (ALERT, &[FATAL, 40], Alert(40)),
        ] {
            let (mut client, mut layer) = pair(name);
            let bytes = record(&mut client, kind, text);
            assert_eq!(refused(&mut client, &mut layer, bytes), error, "{name} {kind} {text:?}");
        }
    }
}

#[test]
fn records_without_text_are_few() {
    for name in NAMES {
        let (mut client, mut layer) = pair(name);
        for _ in 0..2 {
            for _ in 0..TLS_SILENT_RECORDS_MAX {
                let bytes = record(&mut client, ALERT, &[WARNING, USER_CANCELED]);
                assert_eq!(open_all(&mut layer, bytes).0, b"");
            }
            let bytes = seal(&mut client, b"text");
            assert_eq!(open_all(&mut layer, bytes).0, b"text");
        }
        for _ in 0..TLS_SILENT_RECORDS_MAX {
            let bytes = record(&mut client, APPLICATION_DATA, &[]);
            assert_eq!(open_all(&mut layer, bytes).0, b"");
        }
        let bytes = record(&mut client, APPLICATION_DATA, &[]);
        assert_eq!(refused(&mut client, &mut layer, bytes), RecordError::Unexpected, "{name}");
    }
}

#[test]
fn a_document_with_other_keys_is_refused() {
    let (_, layer) = Session::with(suite(NAMES[0])).moved();
    let document = serde_json::to_value(layer.handed_over()).unwrap();
    let read = |document| {
        let state: RecordLayerState = serde_json::from_value(document).unwrap();
        RecordLayer::taken_over(&state).map(|_| ())
    };
    assert_eq!(read(document.clone()), Ok(()));
    for secrets in ["", "00", &"00".repeat(27), &"00".repeat(29)] {
        let mut document = document.clone();
        document["incoming"]["secrets"] = secrets.into();
        assert_eq!(read(document), Err(RecordError::Keys), "{secrets}");
    }
    let mut other = document;
    other["cipher"] = "Aes256Gcm".into();
    assert_eq!(read(other), Err(RecordError::Keys));
}

#[test]
fn no_key_is_shown() {
    let (_, layer) = Session::with(suite(NAMES[0])).moved();
    let shown = format!("{layer:?}");
    assert!(shown.contains("Tls13") && shown.len() < 200, "{shown}");
}
