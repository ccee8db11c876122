//! What the server sends, as objects of which every text is clean.
//!
//! Invariants: no line whatever is refused; no text that comes out of here steers a terminal. What
//! this program does not know is a notice if it has a text, and else nothing.

use serde::Deserialize;
use serde_json::Value;

use crate::dialect::json::{Object, VERSION};
use crate::text::clean;

/// Why nothing more is to be expected of a server that does not speak JSON.
pub(super) const TOO_OLD: &str =
    "the server is too old for this program, which needs a mio-chat that knows /format json";
/// The same of one that speaks another version.
const TOO_NEW: &str = "the server is too new for this program, which knows JSON dialect 1 only";

/// The same of one that takes encrypted connections only, which it says with the beginning of a
/// sentence that is meant for every kind of client, or with a code.
const TLS_ONLY: &str = "the server takes encrypted connections only: write tls:// before its name";
const TLS_ONLY_TOLD: &[u8] = b"the server takes encrypted connections only";
const TLS_ONLY_CODE: &str = "tls-only";

/// What one line of the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// An object, which is nearly always so.
    Object(Object<'static>),
    /// A plain notice before any object: why nobody is let in, told at the door, where it is not
    /// known yet what is understood here.
    AtTheDoor(String),
    /// The server and this program do not understand each other: why.
    Foreign(&'static str),
}

/// Reads the lines of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    has_begun: bool,
    /// An object came.
    is_json: bool,
    /// A plain notice came.
    is_refused: bool,
    /// It is told that nothing is understood here.
    is_over: bool,
}

impl Reading {
    /// Whether the server has said anything.
    pub(super) fn has_begun(self) -> bool {
        self.has_begun
    }

    /// What a line says, without its newline. The first of a connection may begin with the prompt,
    /// which has no newline of its own.
    pub(super) fn read(&mut self, line: &[u8]) -> Heard {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = if is_first { line.strip_prefix(b"NICK").unwrap_or(line) } else { line };
        let heard = self.tell_apart(line);
        self.is_over |= matches!(heard, Heard::Foreign(_));
        heard
    }

    fn tell_apart(&mut self, line: &[u8]) -> Heard {
        if self.is_over {
            return Heard::Object(Object::Unknown);
        }
        if let Some(object) = object(line) {
            self.is_json = true;
            return match object {
                Object::Format(greeting) if greeting.v != VERSION => Heard::Foreign(TOO_NEW),
                Object::Bye(bye) if bye.code == TLS_ONLY_CODE => Heard::Foreign(TLS_ONLY),
                object => Heard::Object(object),
            };
        }
        if self.is_json {
            return Heard::Object(Object::Unknown);
        }
        match line.strip_prefix(b"* ") {
            // Whoever is refused at the door reads one line. A server that goes on talking does not
            // know what it was asked for.
            _ if self.is_refused => Heard::Foreign(TOO_OLD),
            Some(notice) if notice.starts_with(TLS_ONLY_TOLD) => Heard::Foreign(TLS_ONLY),
            Some(notice) => {
                self.is_refused = true;
                Heard::AtTheDoor(clean(&String::from_utf8_lossy(notice)).into_owned())
            }
            None => Heard::Object(Object::Unknown),
        }
    }
}

/// A line as an object; `None`: it is none.
fn object(line: &[u8]) -> Option<Object<'static>> {
    let mut value: Value = serde_json::from_slice(line).ok()?;
    value.get("t")?.as_str()?;
    clean_all(&mut value);
    let text = value.get("text").and_then(Value::as_str).map(str::to_owned);
    let known = Object::deserialize(value).unwrap_or(Object::Unknown);
    Some(match (known, text) {
        (Object::Unknown, Some(text)) => Object::Notice { room: None, text: text.into() },
        (known, _) => known,
    })
}

fn clean_all(value: &mut Value) {
    match value {
        Value::String(text) => {
            let cleaned = clean(text).into_owned();
            *text = cleaned;
        }
        Value::Array(items) => items.iter_mut().for_each(clean_all),
        Value::Object(fields) => fields.values_mut().for_each(clean_all),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An object in a test, as the server would write it.
#[cfg(test)]
pub(super) fn read_one(line: &str) -> Object<'static> {
    match Reading::default().read(line.as_bytes()) {
        Heard::Object(object) => object,
        other => panic!("{line}: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned_wherever_they_are() {
        let line = r#"{"t":"names","room":"te\u001b[2Ja","names":["al\u202e","b\nob"],"total":2}"#;
        let names = vec!["al".into(), "bob".into()];
        let clean = Object::Names { room: "te[2Ja".into(), names, total: 2, next: None };
        assert_eq!(read_one(line), clean);
    }

    #[test]
    fn what_is_unknown_is_shown_if_it_can_be() {
        for (line, object) in [
            (r#"{"t":"fanfare","text":"ta"}"#, Object::Notice { room: None, text: "ta".into() }),
            (r#"{"t":"fanfare","n":7}"#, Object::Unknown),
            (r#"{"t":"joined","room":7}"#, Object::Unknown),
            (
                r#"{"t":"joined","room":"tea","nick":"al","shoes":"red"}"#,
                Object::Joined { room: "tea".into(), nick: "al".into() },
            ),
        ] {
            assert_eq!(read_one(line), object, "{line}");
        }
    }

    #[test]
    fn the_door_says_one_line_and_an_old_server_more() {
        let mut reading = Reading::default();
        let full = Heard::AtTheDoor("the server is full".into());
        assert_eq!(reading.read(b"NICK* the server is full"), full);
        assert_eq!(reading.read(b"Connected to server!"), Heard::Foreign(TOO_OLD));
        assert_eq!(reading.read(b"alice joined!"), Heard::Object(Object::Unknown));
        let mut reading = Reading::default();
        assert_eq!(reading.read(b"SSH-2.0-OpenSSH"), Heard::Object(Object::Unknown));
        let new = br#"{"t":"format","v":2,"epoch":"c77143c7","n":9,"now":7}"#;
        assert_eq!({ reading }.read(new), Heard::Foreign(TOO_NEW));
        let plain = b"NICK* the server takes encrypted connections only: use \"openssl\"";
        assert_eq!(Reading::default().read(plain), Heard::Foreign(TLS_ONLY));
        let bye = br#"{"t":"bye","code":"tls-only","text":"the server takes"}"#;
        assert_eq!({ reading }.read(bye), Heard::Foreign(TLS_ONLY));
        reading.read(br#"{"t":"prompt"}"#);
        // Once it has spoken JSON, what is none is nothing.
        assert_eq!(reading.read(b"* boo"), Heard::Object(Object::Unknown));
    }

    #[test]
    fn no_line_whatever_is_refused() {
        let deep = "[".repeat(1_000);
        for line in ["", "{", "{}", "[]", "null", "{\"t\":7}", "{\"t\":\"message\"}", &deep] {
            let bytes = line.as_bytes();
            for at in 0..=bytes.len() {
                Reading::default().read(&bytes[..at]);
            }
        }
        Reading::default().read(b"\xff\xfe{");
    }
}
