//! Echoes WebSocket messages with the server's own codec, for the Autobahn suite and for people
//! who want to see the codec at work. Not a part of the server.
//!
//! Run it: `cargo run --example websocket_echo -- 127.0.0.1:9001`

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use mio_chat::dialect::http::accept;
use mio_chat::dialect::websocket::frame::{Opcode, write_close, write_frame};
use mio_chat::dialect::websocket::message::{Bounds, Incoming, Messages};

/// What the suite sends, and more.
const BOUNDS: Bounds =
    Bounds { bytes: 16 * 1_024 * 1_024, fragments: u16::MAX, is_binary_understood: true };
/// Bytes of a read.
const READ: usize = 64 * 1_024;
/// How long a client may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let Some(address) = std::env::args().nth(1) else { return Err("usage: ADDRESS".into()) };
    let listener = TcpListener::bind(address)?;
    println!("listening {}", listener.local_addr()?);
    serve(&listener)?;
    Ok(())
}

/// Serves one client after the other, for as long as the listener lives.
pub fn serve(listener: &TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        if let Err(error) = echo(stream) {
            eprintln!("a connection broke: {error}");
        }
    }
}

/// Sends back all that a client sends, until it closes or breaks a rule.
fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut unread = upgrade(&mut stream)?;
    let (mut messages, mut room) = (Messages::default(), vec![0; READ]);
    loop {
        let (mut used, mut out) = (0, Vec::new());
        let is_over = loop {
            match messages.next(&mut unread, &mut used, BOUNDS) {
                Ok(Incoming::More) => break false,
                Ok(Incoming::Text(text)) => {
                    write_frame(Opcode::Text, &mut out, |out| out.extend(text.bytes()));
                }
                Ok(Incoming::Binary(bytes)) => {
                    write_frame(Opcode::Binary, &mut out, |out| out.extend(bytes));
                }
                Ok(Incoming::Ping(answer)) => out.extend(answer),
                Ok(Incoming::Fragment { .. } | Incoming::Pong) => {}
                Ok(Incoming::Close(answer)) => {
                    out.extend(answer);
                    break true;
                }
                Err(violation) => {
                    write_close(violation.code(), &violation.to_string(), &mut out);
                    break true;
                }
            }
        };
        unread.drain(..used);
        stream.write_all(&out)?;
        if is_over {
            return say_goodbye(stream, &mut room);
        }
        let count = stream.read(&mut room)?;
        if count == 0 {
            return Ok(());
        }
        unread.extend_from_slice(&room[..count]);
    }
}

/// Answers the request for WebSocket. Returns what came behind it.
fn upgrade(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut read, mut room) = (Vec::new(), [0; 4_096]);
    let end = loop {
        let found = read.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(end) = found {
            break end + 4;
        }
        match stream.read(&mut room)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => read.extend_from_slice(&room[..count]),
        }
    };
    let head = String::from_utf8_lossy(&read[..end]);
    let key = head.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("Sec-WebSocket-Key").then(|| value.trim())
    });
    let key = key.ok_or(io::ErrorKind::InvalidData)?;
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept(key)
    )?;
    Ok(read.split_off(end))
}

/// Lets the client read the last frame, whatever it still sends.
fn say_goodbye(mut stream: TcpStream, room: &mut [u8]) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    while stream.read(room)? > 0 {}
    Ok(())
}
