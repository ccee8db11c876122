//! What comes of a request, whatever way its bytes come.

use super::*;
use crate::dialect::Decoder;
use crate::dialect::http::{PostForm, WebPost, WebRequest};
use crate::time::Time;

const STRANGER: Speaker<'static> = Speaker::Stranger { could_be_nickname: &|_| true };
const POST: &[u8] = b"POST /rooms/ops/messages HTTP/1.1\r\nHost: a\r\n\
    Authorization: Bearer sesame\r\nContent-Type: text/plain\r\n";

fn spoken() -> Spoken {
    Spoken { http: true, ..Spoken::default() }
}

/// All steps of pieces that come one after the other, in words.
fn steps<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, ended: bool) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut seen = Vec::new();
    let mut hear = |decoder: &mut Decoder, piece: &[u8]| {
        let mut piece = piece.to_vec();
        let mut decoded = decoder.decode(Time::ZERO, &mut piece, &spoken());
        while decoded.due() != Due::Later {
            match decoded.next(STRANGER) {
                Step::More => break,
                Step::Switch => {
                    drop(decoded);
                    seen.push("Switch".to_owned());
                    decoded = decoder.decode(Time::ZERO, &mut [], &spoken());
                }
                Step::Finish(bytes) => seen.push(first_line(bytes)),
                Step::Answer(bytes) => seen.push(first_line(bytes)),
                Step::Web(call) => seen.push(format!("{:?}", call.request)),
                step => seen.push(format!("{step:?}")),
            }
        }
    };
    for piece in pieces {
        hear(&mut decoder, piece);
    }
    if ended {
        decoder.end();
        hear(&mut decoder, &[]);
    }
    seen
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}

/// The steps of a request, which are the same however it is cut.
fn told(bytes: &[u8]) -> Vec<String> {
    let whole = steps([bytes], false);
    for cut in 0..=bytes.len() {
        let (front, back) = bytes.split_at(cut);
        assert_eq!(steps([front, back], false), whole, "{cut} of {}", bytes.escape_ascii());
    }
    for size in [1, 2, 3, 7] {
        let words = format!("by {size}: {}", bytes.escape_ascii());
        assert_eq!(steps(bytes.chunks(size), false), whole, "{words}");
    }
    assert_eq!(whole.first().map(String::as_str), Some("Speak(Http)"), "{}", bytes.escape_ascii());
    whole[1..].to_vec()
}

fn said(text: &str) -> String {
    let said = WebPost { text: text.into(), username: None, form: PostForm::Plain };
    format!("{:?}", WebRequest::Post { room: "ops".into(), token: "sesame".into(), said })
}

#[test]
fn every_cut_of_a_request_is_understood_alike() {
    for (bytes, expected) in [
        (&b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"[..], "Health"),
        (b"GET /healthz?x=y HTTP/1.0\r\n\r\nmallory\r\nspam\r\n", "Health"),
        (b"HEAD / HTTP/1.1\nHost: a\n\n", "Page { kept: None }"),
        (b"GET http://a/rooms HTTP/1.1\r\nHost: A\r\n\r\nGET / HTTP/1.1\r\n\r\n", "Rooms"),
        (b"FOO /health HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 Not Implemented"),
        (b"NICK /health HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 Not Implemented"),
        (b"PUT /health HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"),
        (b"GET mallory\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"GET /health HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"x http/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"alice bob HTTP/7.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"),
        (b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 Not Found"),
        (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 Bad Request"),
    ] {
        assert_eq!(told(bytes), [expected], "{}", bytes.escape_ascii());
    }
}

#[test]
fn every_cut_of_a_body_is_put_together_alike() {
    let with = |more: &[u8]| told(&[POST, more].concat());
    assert_eq!(with(b"Content-Length: 5\r\n\r\nhello"), [said("hello")]);
    assert_eq!(with(b"Content-Length: 5\r\n\r\nhello, mallory\r\nspam\r\n"), [said("hello")]);
    assert_eq!(with(b"Content-Length: 0\r\n\r\n"), [said("")]);
    let chunks = b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n/quit\r\n";
    assert_eq!(with(chunks), [said("hello")]);
    let bad = b"Transfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n";
    assert_eq!(with(bad), ["HTTP/1.1 400 Bad Request"]);
    assert_eq!(with(b"\r\nmallory\r\n"), ["HTTP/1.1 411 Length Required"]);
    assert_eq!(with(b"Content-Length: 8193\r\n\r\n"), ["HTTP/1.1 413 Content Too Large"]);
    let both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(with(both), ["HTTP/1.1 400 Bad Request"]);
}

#[test]
fn who_waits_for_a_word_before_the_body_gets_it_once() {
    let head = [POST, b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"].concat();
    let awaited = "HTTP/1.1 100 Continue";
    let pieces = [&head[..], b"he", b"llo"];
    assert_eq!(steps(pieces, false), ["Speak(Http)", awaited, &said("hello")]);
    let at_once = [&head[..], b"hello"].concat();
    assert_eq!(steps([&at_once[..]], false), ["Speak(Http)", &said("hello")], "it came already");
    let other = [POST, b"Content-Length: 5\r\nExpect: tea\r\n\r\n"].concat();
    assert_eq!(told(&other), ["HTTP/1.1 417 Expectation Failed"]);
}

#[test]
fn a_request_that_ends_too_early_is_refused() {
    for bytes in [
        &b"GET /health HTTP/1.1\r\nHost: a\r\n"[..],
        b"GET ",
        b"FOO / HTTP/1.1",
        &[POST, b"Content-Length: 5\r\n\r\nhell"].concat(),
        &[POST, b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r"].concat(),
    ] {
        let refused = ["Speak(Http)", "HTTP/1.1 400 Bad Request"];
        for cut in 0..=bytes.len() {
            let (front, back) = bytes.split_at(cut);
            assert_eq!(steps([front, back], true), refused, "{cut} of {}", bytes.escape_ascii());
        }
    }
}

#[test]
fn heads_have_a_size() {
    let long = |first: usize, more: usize| {
        let mut head = format!("GET /{} HTTP/1.1\r\nHost: a\r\n", "x".repeat(first)).into_bytes();
        head.extend_from_slice(format!("X: {}\r\n", "x".repeat(more)).as_bytes());
        head
    };
    for (head, status) in [
        (long(HTTP_HEAD_BYTES_MAX, 0), "HTTP/1.1 414 URI Too Long"),
        (long(0, HTTP_HEAD_BYTES_MAX), "HTTP/1.1 431 Request Header Fields Too Large"),
    ] {
        for whole in [head.clone(), [&head[..], b"\r\n"].concat()] {
            for size in [1, 1_000, whole.len()] {
                let seen = steps(whole.chunks(size), false);
                assert_eq!(seen, ["Speak(Http)", status], "by {size}");
            }
        }
    }
    let most = long(0, HTTP_HEAD_BYTES_MAX - 32);
    let whole = [&most[..], b"\r\n"].concat();
    assert_eq!(whole.len(), HTTP_HEAD_BYTES_MAX);
    assert_eq!(steps([&whole[..]], false)[1], "Page { kept: None }");
}

#[test]
fn a_prompted_client_is_told_so_first() {
    let mut decoder = Decoder::default();
    decoder.note_prompt();
    let mut input = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    let mut decoded = decoder.decode(Time::ZERO, &mut input, &spoken());
    assert_eq!(decoded.next(STRANGER), Step::Speak(Encoding::Http));
    let Step::Finish(bytes) = decoded.next(STRANGER) else { panic!("not refused") };
    let answer = std::str::from_utf8(bytes).unwrap();
    let start = "HTTP/1.1 404 Not Found\r\nX-Note: opened too early, press F5\r\n";
    assert!(answer.starts_with(start), "{answer}");
}

#[test]
fn deadlines_are_for_the_whole_head_and_the_whole_body() {
    let at = |seconds| Time::at(Duration::from_secs(seconds));
    let patience = Duration::from_secs(99);
    let mut decoder = Decoder::default();
    let hear = |decoder: &mut Decoder, now, bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let mut decoded = decoder.decode(now, &mut bytes, &spoken());
        while decoded.due() != Due::Later && decoded.next(STRANGER) != Step::More {}
    };
    hear(&mut decoder, at(1), b"PO");
    hear(&mut decoder, at(2), b"ST /rooms/ops");
    assert_eq!(decoder.whole_by(patience), at(1) + HTTP_HEAD_PATIENCE);
    hear(&mut decoder, at(7), &POST[b"POST /rooms/ops".len()..]);
    assert_eq!(decoder.whole_by(patience), at(1) + HTTP_HEAD_PATIENCE);
    hear(&mut decoder, at(9), b"Content-Length: 5\r\n\r\nh");
    assert_eq!(decoder.whole_by(patience), at(9) + HTTP_BODY_PATIENCE);
    hear(&mut decoder, at(10), b"ell");
    assert_eq!(decoder.whole_by(patience), at(9) + HTTP_BODY_PATIENCE);
    hear(&mut decoder, at(11), b"o");
    assert_eq!(decoder.whole_by(patience), Time::NEVER);
}

#[test]
fn a_request_that_is_half_read_goes_on_in_another_process() {
    let mut decoder = Decoder::default();
    let bytes = [POST, b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"].concat();
    for cut in 1..bytes.len() {
        let mut front = bytes[..cut].to_vec();
        decoder = Decoder::default();
        let mut decoded = decoder.decode(Time::ZERO, &mut front, &spoken());
        while decoded.due() != Due::Later && decoded.next(STRANGER) != Step::More {}
        drop(decoded);
        let document = serde_json::to_string(&decoder).unwrap();
        decoder = serde_json::from_str(&document).unwrap();
        let mut back = bytes[cut..].to_vec();
        let mut decoded = decoder.decode(Time::ZERO, &mut back, &spoken());
        let mut step = decoded.next(STRANGER);
        if matches!(step, Step::Speak(_)) {
            step = decoded.next(STRANGER);
        }
        let Step::Web(call) = step else { panic!("{cut}: {step:?}") };
        assert_eq!(format!("{:?}", call.request), said("hello"), "{cut}");
    }
    assert!(decoder.is_drained());
}

#[test]
fn where_http_is_not_spoken_it_is_refused_as_ever() {
    let mut decoder = Decoder::default();
    let mut input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    let mut decoded = decoder.decode(Time::ZERO, &mut input, &Spoken::default());
    let step = decoded.next(STRANGER);
    assert!(matches!(step, Step::Close(..)), "{step:?}");
}

/// A text frame as a client sends it, masked by zeros.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[test]
fn what_comes_behind_a_handshake_is_frames_however_it_is_cut() {
    let mut bytes = b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\
        Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .to_vec();
    bytes.extend_from_slice(&frame("{\"t\":\"nick\",\"nick\":\"alice\"}"));
    bytes.extend_from_slice(&frame("{\"t\":\"ping\"}"));
    let seen = told(&bytes);
    let begin = ["HTTP/1.1 101 Switching Protocols", "Speak(JsonFrame)", "Switch"];
    assert_eq!(seen[..3], begin, "{seen:?}");
    assert!(seen.iter().any(|step| step.contains("alice")), "{seen:?}");
    assert!(seen.iter().any(|step| step == "Ping"), "{seen:?}");
}
