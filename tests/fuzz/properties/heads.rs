//! A request by HTTP is answered once, the same however its bytes come, and nothing in it or behind
//! it is ever a line of the chat.

use mio_chat::dialect::{Decoder, Due, Speaker, Spoken, Step};
use mio_chat::limits::HTTP_REQUEST_BYTES_MAX;
use mio_chat::time::Time;

/// What comes before the bytes, by the first of them: a verb, a head that begins well, and some
/// whose body is to be read.
const STARTS: [&[u8]; 4] = [
    b"GET ",
    b"GET /rooms/main/messages HTTP/1.1\r\nHost: a\r\n",
    b"POST /hooks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /rooms/main/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n",
];

/// The first byte picks how the request begins, the others are the rest of it.
pub fn check(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let start = STARTS[usize::from(*first) % STARTS.len()];
    let mut bytes = [start, rest].concat();
    bytes.truncate(HTTP_REQUEST_BYTES_MAX);
    let whole = steps([&bytes[..]]);
    let (front, back) = bytes.split_at(bytes.len() / 2);
    assert_eq!(steps([front, back]), whole, "cut in two");
    let (front, back) = bytes.split_at(usize::from(*first).min(bytes.len()));
    assert_eq!(steps([front, back]), whole, "cut at {first}");
    if bytes.len() < 2_048 {
        assert_eq!(steps(bytes.chunks(1)), whole, "byte by byte");
    }
}

/// All that a stranger's bytes mean until it ends its side, in words.
fn steps<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let spoken = Spoken { http: true, ..Spoken::default() };
    let (mut decoder, mut seen) = (Decoder::default(), Vec::new());
    // Behind an upgrade there are frames, which have a target of their own.
    let is_upgraded = pieces.into_iter().any(|piece| hear(&mut decoder, piece, &spoken, &mut seen));
    if !is_upgraded {
        decoder.end();
        hear(&mut decoder, &[], &spoken, &mut seen);
    }
    let ends = |step: &&String| step.starts_with("Web") || step.starts_with("HTTP/1.1 ");
    let ended = seen.iter().filter(ends).count();
    let awaited = seen.iter().filter(|step| step.starts_with("HTTP/1.1 100 ")).count();
    assert_eq!(ended - awaited, 1, "answered once: {seen:?}");
    seen.retain(|step| !step.starts_with("HTTP/1.1 100 "));
    seen
}

/// Whether what follows is in another language.
fn hear(decoder: &mut Decoder, piece: &[u8], spoken: &Spoken, seen: &mut Vec<String>) -> bool {
    let mut piece = piece.to_vec();
    let stranger = Speaker::Stranger { could_be_nickname: &|_| true };
    let mut decoded = decoder.decode(Time::ZERO, &mut piece, spoken);
    while decoded.due() != Due::Later {
        match decoded.next(stranger) {
            Step::More => break,
            Step::Switch => return true,
            Step::Finish(bytes) | Step::Answer(bytes) => seen.push(response(bytes)),
            Step::Web(call) => seen.push(format!("Web {call:?}")),
            step @ Step::Speak(_) => seen.push(format!("{step:?}")),
            step => panic!("{step:?} comes of a request"),
        }
    }
    false
}

/// The first line of a response, which is well formed.
fn response(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let (first, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    for header in headers.lines() {
        let (name, value) = header.split_once(": ").expect("a name and a value");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{header}");
        assert!(!value.contains(char::is_control), "{header}");
        if name == "Content-Length" {
            assert!(body.is_empty() || value == body.len().to_string(), "{text}");
        }
    }
    first.to_owned()
}
