//! A TLS client by rustls over a real socket, blocking, as simple as `openssl s_client -quiet`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Protocol, Socket, Type};

use crate::support::PATIENCE;
use crate::trusting;

/// Receive buffer of a client that is going to stall: the system takes little in its stead.
const SMALL_WINDOW: usize = 4_096;

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The server has said that nothing follows (close_notify).
    Told,
    /// Its stream ended all the same.
    Torn,
    /// It was reset, or what came made no sense.
    Broken,
}

/// Somebody who is connected.
pub(crate) struct Peer {
    pub(crate) tls: ClientConnection,
    pub(crate) tcp: TcpStream,
    /// Received and not handed out yet.
    heard: Vec<u8>,
    end: Option<End>,
}

impl Peer {
    /// Connects and says nothing yet.
    pub(crate) fn connect(to: SocketAddr, config: ClientConfig) -> Self {
        Self::over(TcpStream::connect(to).unwrap(), config)
    }

    /// Goes over a connection that exists.
    pub(crate) fn over(tcp: TcpStream, config: ClientConfig) -> Self {
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        tcp.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        Self { tls, tcp, heard: Vec::new(), end: None }
    }

    /// Connects, shakes hands, chooses a nickname, and reads on to the end of the greeting.
    pub(crate) fn join(to: SocketAddr, nickname: &str) -> Self {
        Self::connect(to, trusting::client(&TLS13, &["mio-chat"])).register(nickname)
    }

    /// The same with a machine that takes only a few KiB while its user does not read.
    pub(crate) fn join_with_small_window(to: SocketAddr, nickname: &str) -> Self {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP));
        let socket = socket.unwrap();
        socket.set_recv_buffer_size(SMALL_WINDOW).unwrap();
        socket.connect(&to.into()).unwrap();
        Self::over(socket.into(), trusting::client(&TLS13, &["mio-chat"])).register(nickname)
    }

    pub(crate) fn register(mut self, nickname: &str) -> Self {
        self.shake_hands().unwrap();
        self.say(nickname);
        assert_eq!(self.line(), "Connected to server!");
        self.hear(&format!("{nickname} joined!"));
        self.hear_where("the room", |line| line.starts_with("* you are "));
        self
    }

    /// Goes through the handshake.
    pub(crate) fn shake_hands(&mut self) -> io::Result<()> {
        while self.tls.is_handshaking() {
            self.tls.complete_io(&mut self.tcp)?;
        }
        // What answers the server's last words, where it has the last.
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.tcp)?;
        }
        Ok(())
    }

    /// Sends a line.
    pub(crate) fn say(&mut self, line: &str) {
        self.send(format!("{line}\n").as_bytes());
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.tls.writer().write_all(bytes).unwrap();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.tcp).unwrap();
        }
    }

    /// What would be sent to say this, as it would lie on the wire.
    pub(crate) fn sealed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut record = Vec::new();
        self.tls.writer().write_all(bytes).unwrap();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut record).unwrap();
        }
        record
    }

    /// Will say no more, and says so (close_notify), but still listens.
    pub(crate) fn finish(&mut self) {
        self.tls.send_close_notify();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.tcp).unwrap();
        }
    }

    /// The next line without its newline; none at the end.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return Some(String::from_utf8(line[..end].to_vec()).unwrap());
            }
            if self.end.is_some() {
                return None;
            }
            self.fill();
        }
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> String {
        self.next_line().unwrap_or_else(|| panic!("the end ({:?}) instead of a line", self.end))
    }

    /// Reads on until a line is this one.
    pub(crate) fn hear(&mut self, expected: &str) {
        self.hear_where(expected, |line| line == expected);
    }

    /// Reads on until a line is as `matches` says, and returns it.
    pub(crate) fn hear_where(&mut self, what: &str, matches: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.next_line().unwrap_or_else(|| panic!("{:?}, no {what:?}", self.end));
            if matches(&line) {
                return line;
            }
        }
    }

    /// Everything to the end, and what kind of end it is.
    pub(crate) fn rest(&mut self) -> (String, End) {
        while self.end.is_none() {
            self.fill();
        }
        let text = String::from_utf8(std::mem::take(&mut self.heard)).unwrap();
        (text, self.end.unwrap())
    }

    /// Reads once.
    fn fill(&mut self) {
        match self.tls.read_tls(&mut self.tcp) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let heard = String::from_utf8_lossy(&self.heard);
                panic!("nothing came for {PATIENCE:?} after {heard:?}")
            }
            Err(_) => return self.end = Some(End::Broken),
        }
        let is_sound = self.tls.process_new_packets().is_ok();
        self.end = match self.tls.reader().read_to_end(&mut self.heard) {
            Ok(_) => Some(End::Told),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Some(End::Torn),
            Err(_) if is_sound => None,
            Err(_) => Some(End::Broken),
        };
    }
}
