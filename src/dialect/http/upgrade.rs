//! The handshake of WebSocket (RFC 6455, section 4.2): from an HTTP request to frames.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::body::Framing;
use super::error::HttpError;
use super::head::Head;

/// What is spoken behind the handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::dialect) enum Subprotocol {
    /// JSON dialect 1, one object a text frame.
    #[default]
    Json,
    /// IRC, one line a text frame (IRCv3 `websocket`).
    IrcTexts,
    /// IRC, one line a binary frame.
    IrcBytes,
}

impl Subprotocol {
    /// All, by name.
    const ALL: [(Self, &str); 3] = [
        (Self::Json, "mio-chat.1"),
        (Self::IrcTexts, "text.ircv3.net"),
        (Self::IrcBytes, "binary.ircv3.net"),
    ];
}

/// The path on which that is spoken by those who ask for no subprotocol.
const PATH: &str = "/ws";
/// Fixed by the RFC.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION: &str = "13";
/// Bytes of a client's key.
const KEY_BYTES: usize = 16;

/// A handshake that is to be answered by an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upgrade {
    accept: String,
    pub(super) subprotocol: Subprotocol,
    /// The name by which the client has asked for it.
    name: Option<&'static str>,
}

impl Upgrade {
    /// The answer; `note` are headers that come first.
    pub(super) fn answer(&self, note: &str) -> Vec<u8> {
        let mut answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\n\
             {note}Upgrade: websocket\r\n\
             Connection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n",
            self.accept
        );
        if let Some(name) = self.name {
            answer.push_str(&format!("Sec-WebSocket-Protocol: {name}\r\n"));
        }
        answer.push_str("\r\n");
        answer.into_bytes()
    }
}

/// Reads the handshake of a GET request that asks for WebSocket.
pub(super) fn read(
    head: &Head<'_>,
    path: &str,
    framing: Option<Framing>,
) -> Result<Upgrade, HttpError> {
    if head.one("sec-websocket-version")? != Some(VERSION) {
        return Err(HttpError::UpgradeRequired);
    }
    if !head.is_current || !head.lists("connection", "upgrade") {
        return Err(HttpError::Malformed("a handshake is HTTP/1.1 with Connection: Upgrade"));
    }
    if framing.is_some_and(|framing| framing != Framing::Length(0)) {
        return Err(HttpError::Malformed("a handshake has no body"));
    }
    let key = head.one("sec-websocket-key")?.unwrap_or_default();
    let is_key = BASE64.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == KEY_BYTES);
    if !is_key {
        return Err(HttpError::Malformed("Sec-WebSocket-Key is not 16 bytes in base64"));
    }
    let (subprotocol, name) = subprotocol(head, path)?;
    Ok(Upgrade { accept: accept(key), subprotocol, name })
}

/// Proof that the key was read by somebody who speaks WebSocket.
pub fn accept(key: &str) -> String {
    BASE64.encode(&Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// The first subprotocol that both sides know.
fn subprotocol(
    head: &Head<'_>,
    path: &str,
) -> Result<(Subprotocol, Option<&'static str>), HttpError> {
    let mut offered = head.list("sec-websocket-protocol").peekable();
    if offered.peek().is_some() {
        let known = |offer| Subprotocol::ALL.into_iter().find(|(_, name)| *name == offer);
        return match offered.find_map(known) {
            Some((subprotocol, name)) => Ok((subprotocol, Some(name))),
            None => Err(HttpError::Malformed(
                "the subprotocols of this chat are mio-chat.1, text.ircv3.net and binary.ircv3.net",
            )),
        };
    }
    match path == PATH {
        true => Ok((Subprotocol::Json, None)),
        false => Err(HttpError::NotFound(
            "games do not meet here yet; the chat is at /ws, or subprotocol mio-chat.1",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    fn handshake(path: &str, headers: &str) -> Result<String, String> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        let head = Head::parse(head.as_bytes()).unwrap();
        let framing = head.framing().unwrap();
        let upgrade = read(&head, path, framing).map_err(|error| error.status()[..3].to_owned());
        upgrade.map(|upgrade| String::from_utf8(upgrade.answer("")).unwrap())
    }

    fn usual(more: &str) -> String {
        format!("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n{more}")
    }

    #[test]
    fn the_example_of_the_rfc_is_answered_as_there() {
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let answer = "HTTP/1.1 101 Switching Protocols\r\n\
            Upgrade: websocket\r\n\
            Connection: Upgrade\r\n\
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
        assert_eq!(handshake("/ws", &usual(KEY)), Ok(format!("{answer}\r\n")));
        let offers = "Sec-WebSocket-Protocol: x, mio-chat.1\r\nSec-WebSocket-Protocol: y\r\n";
        assert_eq!(
            handshake("/any", &usual(&format!("{KEY}{offers}"))),
            Ok(format!("{answer}Sec-WebSocket-Protocol: mio-chat.1\r\n\r\n"))
        );
        let offers = "Sec-WebSocket-Protocol: binary.ircv3.net, text.ircv3.net\r\n";
        assert_eq!(
            handshake("/", &usual(&format!("{KEY}{offers}"))),
            Ok(format!("{answer}Sec-WebSocket-Protocol: binary.ircv3.net\r\n\r\n"))
        );
    }

    #[test]
    fn every_other_handshake_is_refused() {
        let with_key = usual(KEY);
        for (path, headers, code) in [
            ("/", with_key.clone(), "404"),
            ("/ws/", with_key.clone(), "404"),
            ("/ws", with_key.replace("13", "8"), "426"),
            ("/ws", with_key.replace("Sec-WebSocket-Version: 13\r\n", ""), "426"),
            ("/ws", with_key.replace("Connection: Upgrade", "Connection: close"), "400"),
            ("/ws", usual(""), "400"),
            ("/ws", usual("Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n"), "400"),
            ("/ws", usual("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n"), "400"),
            ("/ws", usual(&format!("{KEY}{KEY}")), "400"),
            ("/ws", format!("{with_key}Sec-WebSocket-Protocol: soap\r\n"), "400"),
            ("/ws", format!("{with_key}Content-Length: 5\r\n"), "400"),
            ("/ws", format!("{with_key}Transfer-Encoding: chunked\r\n"), "400"),
        ] {
            assert_eq!(handshake(path, &headers), Err(code.to_owned()), "{headers}");
        }
        assert!(handshake("/ws", &format!("{with_key}Content-Length: 0\r\n")).is_ok());
    }
}
