//! A stranger's messages of SCRAM are read without a panic, and none proves a password that is not
//! known.

use mio_chat::scram::{ClientFirst, Exchange, Verifier, prepared};

/// Separates the two messages.
const BETWEEN: u8 = 0;

/// The bytes are the client's first message, a NUL, and its last one.
pub fn check(data: &[u8]) {
    let mut messages = data.splitn(2, |byte| *byte == BETWEEN);
    let (first, last) = (messages.next().unwrap_or_default(), messages.next().unwrap_or_default());
    if let Ok(text) = std::str::from_utf8(first)
        && let Ok(once) = prepared(text)
    {
        assert_eq!(prepared(&once).as_deref(), Ok(&*once), "prepared twice");
    }
    let Ok(first) = ClientFirst::parse(first) else { return };
    assert!(!first.name.is_empty());
    let exchange = Exchange::begin(&first, Verifier::of(&[1; 32], [2; 16], 4_096), "drawn");
    let challenge = exchange.challenge();
    assert!(challenge.starts_with("r=") && challenge.ends_with("i=4096"), "{challenge}");
    assert!(exchange.finish(last).is_err(), "a guess proves a password");
}
