//! mio-chat's JSON dialect 1 as a program speaks it, in lines or in frames of WebSocket.

use memchr::memmem;

use super::admission::AdmissionState;

/// What a newcomer over WebSocket asks for first.
pub(super) const UPGRADE: &str = "GET /ws HTTP/1.1\r\nHost: localhost\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: bWlvLWNoYXQgbG9hZCB0Lg==\r\nSec-WebSocket-Protocol: mio-chat.1\r\n\r\n";
const SWITCHED: &[u8] = b"HTTP/1.1 101 ";
const HEAD_END: &[u8] = b"\r\n\r\n";
/// What a server of JSON is asked for in plain lines.
pub(super) const FORMAT: &str = "/format json\n";
/// The beginning of what a client is told whose lines have to wait.
pub(super) const TOO_FAST: &[u8] = br#"{"t":"held","#;
/// What every frame is masked with. A browser draws another for each, which costs a server nothing
/// more.
const MASK: [u8; 4] = [0x6D, 0xA3, 0x1F, 0xC5];
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const MASKED: u8 = 0x80;

/// The request of a newcomer who comes into this room.
pub(super) fn hello(nickname: &str, room: &str) -> String {
    format!(r#"{{"t":"hello","v":1,"nick":"{nickname}","room":"{room}","client":"load"}}"#)
}

/// What is before the text of a message for this room, and what is behind it.
pub(super) fn around_text(room: &str) -> (String, &'static [u8]) {
    (format!(r#"{{"t":"say","room":"{room}","text":""#), br#""}"#)
}

/// Appends what `write` appends as one masked frame.
pub(super) fn frame(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    const HEADER: usize = 8;
    let start = bytes.len();
    bytes.extend_from_slice(&[TEXT, MASKED | 126, 0, 0]);
    bytes.extend_from_slice(&MASK);
    write(bytes);
    for (byte, key) in bytes[start + HEADER..].iter_mut().zip(MASK.into_iter().cycle()) {
        *byte ^= key;
    }
    let length = bytes.len() - start - HEADER;
    if length < 126 {
        bytes[start + 1] = MASKED | length as u8;
        bytes.drain(start + 2..start + 4);
    } else {
        bytes[start + 2..start + 4].copy_from_slice(&(length as u16).to_be_bytes());
    }
}

/// What one object says of a newcomer to this room.
pub(super) fn hear(object: &[u8], room: &str) -> AdmissionState {
    let begins = |start: &str| object.starts_with(start.as_bytes());
    if begins(&format!(r#"{{"t":"room","room":"{room}","#)) {
        AdmissionState::Admitted
    } else if begins(r#"{"t":"error","#) || begins(r#"{"t":"bye","#) {
        refused(object)
    } else {
        AdmissionState::Waiting
    }
}

/// Reads frames in `heard`, removes those that were understood, and appends `hello` to `reply` when
/// the connection has become one of WebSocket.
pub(super) fn hear_frames(
    heard: &mut Vec<u8>,
    reply: &mut Vec<u8>,
    hello: &str,
    room: &str,
) -> AdmissionState {
    // Nothing that the server sends begins as its head does.
    if heard.first() == Some(&b'H') {
        let Some(end) = memmem::find(heard, HEAD_END) else { return AdmissionState::Waiting };
        if !heard.starts_with(SWITCHED) {
            let line = heard.split(|byte| *byte == b'\r').next().unwrap_or_default();
            return refused(line);
        }
        heard.drain(..end + HEAD_END.len());
        frame(reply, |out| out.extend_from_slice(hello.as_bytes()));
    }
    let (mut used, mut answer) = (0, AdmissionState::Waiting);
    while let Some((opcode, payload, length)) = next_frame(&heard[used..]) {
        answer = match opcode {
            CLOSE => refused(payload.get(2..).unwrap_or_default()),
            _ => hear(payload, room),
        };
        used += length;
        if answer != AdmissionState::Waiting {
            break;
        }
    }
    heard.drain(..used);
    answer
}

fn refused(words: &[u8]) -> AdmissionState {
    AdmissionState::Refused(String::from_utf8_lossy(words).into_owned())
}

/// The first frame of a server: its first byte, its payload, and its length in all.
fn next_frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (start, length): (usize, usize) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => (10, usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?),
        length => (2, usize::from(length)),
    };
    let end = start.checked_add(length)?;
    Some((bytes[0], bytes.get(start..end)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmasked(frame: &[u8], header: usize) -> Vec<u8> {
        let payload = frame[header..].iter().zip(MASK.into_iter().cycle());
        payload.map(|(byte, key)| byte ^ key).collect()
    }

    #[test]
    fn frames_have_the_shortest_header_and_a_mask() {
        for (length, header) in [(0, 6), (125, 6), (126, 8), (1_000, 8)] {
            let mut bytes = Vec::new();
            frame(&mut bytes, |out| out.resize(out.len() + length, b'x'));
            assert_eq!(bytes.len(), header + length);
            assert_eq!(bytes[header - 4..header], MASK);
            assert_eq!(unmasked(&bytes, header), vec![b'x'; length]);
        }
    }

    #[test]
    fn a_newcomer_says_hello_when_the_connection_has_switched() {
        let hello = hello("bcd000042", "main");
        let said = r#"{"t":"welcome","v":1}"#;
        let room = r#"{"t":"room","room":"main","total":1}"#;
        let mut stream = b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n".to_vec();
        for object in [said, room] {
            stream.extend([&[TEXT, object.len() as u8], object.as_bytes()].concat());
        }
        for cut in 0..stream.len() {
            let (mut heard, mut reply) = (stream[..cut].to_vec(), Vec::new());
            let first = hear_frames(&mut heard, &mut reply, &hello, "main");
            assert_eq!(first, AdmissionState::Waiting, "cut at {cut}");
            heard.extend_from_slice(&stream[cut..]);
            let end = hear_frames(&mut heard, &mut reply, &hello, "main");
            assert_eq!(end, AdmissionState::Admitted, "cut at {cut}");
            assert_eq!(unmasked(&reply, 6), hello.as_bytes());
        }
        for (answer, words) in [
            (b"HTTP/1.1 403 Forbidden\r\n\r\nx".to_vec(), "HTTP/1.1 403 Forbidden"),
            (b"\x88\x06\x03\xF5full".to_vec(), "full"),
            (br#"..{"t":"error","#.to_vec(), r#"{"t":"error","#),
        ] {
            let mut heard = answer.clone();
            if heard[0] == b'.' {
                heard[..2].copy_from_slice(&[TEXT, answer.len() as u8 - 2]);
            }
            let end = hear_frames(&mut heard, &mut Vec::new(), &hello, "main");
            assert_eq!(end, AdmissionState::Refused(words.to_owned()));
        }
    }
}
