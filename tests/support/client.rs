//! A client over a real socket, blocking, as simple as `nc`.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::Lines;

/// Somebody who is connected.
pub(crate) type Client = Lines<TcpStream>;

/// Receive buffer of a client that is going to stall: the kernel takes little in its stead.
const SMALL_WINDOW: usize = 4_096;

impl Client {
    /// Connects and says nothing.
    pub(crate) fn connect(to: SocketAddr) -> Self {
        Self::new(TcpStream::connect(to).unwrap())
    }

    /// Connects, chooses a nickname, and reads on to the end of the greeting.
    pub(crate) fn join(to: SocketAddr, nickname: &str) -> Self {
        Self::connect(to).register(nickname)
    }

    /// The same with a machine that takes only a few KiB while its user does not read.
    pub(crate) fn join_with_small_window(to: SocketAddr, nickname: &str) -> Self {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP));
        let socket = socket.unwrap();
        socket.set_recv_buffer_size(SMALL_WINDOW).unwrap();
        socket.connect(&to.into()).unwrap();
        Self::new(socket.into()).register(nickname)
    }

    /// Sends a line.
    pub(crate) fn say(&mut self, line: &str) {
        self.send(format!("{line}\n").as_bytes());
    }

    /// Sends bytes if the other side still takes them.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.source.write_all(bytes).is_ok()
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.source.write_all(bytes).unwrap();
    }

    /// Sends bytes out of band, as telnet sends Ctrl-C.
    pub(crate) fn send_urgent(&self, bytes: &[u8]) {
        SockRef::from(&self.source).send_out_of_band(bytes).unwrap();
    }

    /// Will say no more, but still listens.
    pub(crate) fn finish(&self) {
        self.source.shutdown(Shutdown::Write).unwrap();
    }

    /// Goes without a goodbye: the server gets a reset.
    pub(crate) fn reset(self) {
        SockRef::from(&self.source).set_linger(Some(Duration::ZERO)).unwrap();
    }

    fn register(mut self, nickname: &str) -> Self {
        self.say(nickname);
        let welcome = self.line();
        // On a busy machine the prompt may come before we have said a word.
        let welcome = welcome.strip_prefix("NICK").unwrap_or(&welcome);
        assert_eq!(welcome, "Connected to server!");
        // What was said before comes first where there is any.
        self.hear(&format!("{nickname} joined!"));
        self.hear_where("the room", |line| line.starts_with("* you are "));
        self
    }
}
