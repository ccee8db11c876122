//! Asking the admin listener, as plainly as can be.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Takes an answer apart, which must be whole.
    fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let code = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).expect("a code");
        Self { code: code.parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
    }
}

/// Asks for a page.
pub(crate) fn get(admin: SocketAddr, path: &str) -> Answer {
    send(admin, format!("GET {path} HTTP/1.1\r\nHost: {admin}\r\n\r\n").as_bytes())
}

/// Sends bytes and reads to the end.
pub(crate) fn send(admin: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = visit(admin);
    stream.write_all(bytes).unwrap();
    Answer::of(&rest(&mut stream))
}

/// Connects and says nothing.
pub(crate) fn visit(admin: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything to the end.
pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// One number of the metrics; `series` with its labels, if it has any.
pub(crate) fn metric(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{series} is not in {metrics}")).parse().unwrap()
}
