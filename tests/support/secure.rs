//! A client that encrypts, over a socket that blocks.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};

use mio_chat::limits::TLS_ROOM_BYTES;
use mio_chat::tls::client::{ClientChannel, ClientError, Connector, Heard, Target, Trust};

use super::PATIENCE;

/// An encrypted connection.
pub(crate) struct Secure {
    stream: TcpStream,
    channel: ClientChannel,
    room: Vec<u8>,
    heard: String,
}

impl Secure {
    /// Connects to the server, which is to be the one of this name, and shakes hands.
    pub(crate) fn connect(
        server: SocketAddr,
        name: &str,
        trust: Trust,
        protocol: Option<&str>,
    ) -> Result<Self, ClientError> {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let connector = Connector::new(&Target { name, protocol, resumes: false }, trust)?;
        let channel = ClientChannel::new(&connector)?;
        let mut secure =
            Self { stream, channel, room: vec![0; TLS_ROOM_BYTES], heard: String::new() };
        while !secure.channel.is_secured() {
            secure.channel.read(&mut secure.stream, &mut secure.room)?;
        }
        Ok(secure)
    }

    /// Says this, as it is.
    pub(crate) fn say(&mut self, text: &str) {
        let mut said = 0;
        while said < text.len() {
            said += self.channel.write(&mut self.stream, &text.as_bytes()[said..]).unwrap();
        }
        self.stream.flush().unwrap();
    }

    /// Waits until this was heard, and returns all that was heard until then.
    pub(crate) fn hear(&mut self, part: &str) -> String {
        while !self.heard.contains(part) {
            assert!(self.listen(), "the end instead of {part:?}, after {:?}", self.heard);
        }
        std::mem::take(&mut self.heard)
    }

    /// Everything to the end.
    pub(crate) fn rest(&mut self) -> String {
        while self.listen() {}
        std::mem::take(&mut self.heard)
    }

    /// Whether anything was heard before the end.
    fn listen(&mut self) -> bool {
        match self.channel.read(&mut self.stream, &mut self.room).unwrap() {
            Heard::Bytes { count, .. } => {
                self.heard.push_str(std::str::from_utf8(&self.room[..count]).unwrap());
                true
            }
            Heard::Secured(_) => true,
            Heard::Nothing => panic!("nothing within {PATIENCE:?}, after {:?}", self.heard),
            Heard::End => false,
        }
    }
}
