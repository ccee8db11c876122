//! A request in JSON is a few steps, and nothing that it asks others to be told holds a control
//! character.

use mio_chat::chat::Command;
use mio_chat::dialect::websocket::WebSocketDecoder;
use mio_chat::dialect::websocket::frame::mask;
use mio_chat::dialect::{Decoder, Due, Speaker, Spoken, Step};
use mio_chat::limits::{LINES_PER_TURN, WEBSOCKET_MESSAGE_BYTES_MAX};
use mio_chat::time::Time;

const KEY: [u8; 4] = [0x5A, 0, 0xFF, 0x13];

/// The bytes are one request.
pub fn check(data: &[u8]) {
    let data = &data[..data.len().min(WEBSOCKET_MESSAGE_BYTES_MAX)];
    if std::str::from_utf8(data).is_err() {
        return;
    }
    let steps = steps(&frame(data));
    assert!(!steps.is_empty(), "a whole message is no step");
    assert!(steps.len() <= 4, "one request is {} steps: {steps:?}", steps.len());
    let is_numbered = steps[0].starts_with("BeginRequest");
    assert_eq!(is_numbered, steps.last().is_some_and(|last| last == "EndRequest"), "{steps:?}");
}

/// A text frame as a client sends it.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = match payload.len() {
        length @ ..=125 => vec![0x81, 0x80 | length as u8],
        length => [&[0x81, 0xFE][..], &(length as u16).to_be_bytes()].concat(),
    };
    frame.extend(KEY);
    let start = frame.len();
    frame.extend(payload);
    mask(&mut frame[start..], KEY);
    frame
}

/// All that a member's bytes mean, in words.
fn steps(bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::WebSocket(WebSocketDecoder::default());
    let mut input = bytes.to_vec();
    let mut decoded = decoder.decode(Time::ZERO, &mut input, &Spoken::default());
    let mut steps = Vec::new();
    while decoded.due() != Due::Later && steps.len() < LINES_PER_TURN {
        let step = decoded.next(Speaker::MEMBER);
        if let Step::Command(
            Command::Say { text, .. } | Command::Act { text, .. } | Command::Whisper { text, .. },
        ) = &step
        {
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        match step {
            Step::More => break,
            step => steps.push(format!("{step:?}")),
        }
    }
    drop(decoded);
    assert!(decoder.is_idle(), "something is kept");
    steps
}
