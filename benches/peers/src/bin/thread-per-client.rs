//! A chat server with a thread per client: standard library only, lines sent on under one lock.
//!
//! No names and no limits: a line goes to everyone, its sender included, in one order for all.
//!
//! `thread-per-client PORT`; 0 picks a free port.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "threads are the point")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Enough for reading a line, and little enough for thousands of threads.
const STACK_BYTES: usize = 64 * 1024;

/// Everyone connected. A stream is shared by the list and the thread that reads from it.
#[derive(Default)]
struct Room(Mutex<Vec<Arc<TcpStream>>>);

impl Room {
    fn enter(&self, client: Arc<TcpStream>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    }

    fn leave(&self, client: &Arc<TcpStream>) {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|other| !Arc::ptr_eq(other, client));
    }

    /// Who can't be written to is leaving: its own thread will notice.
    fn broadcast(&self, line: &[u8]) {
        for client in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = client.as_ref().write_all(line);
        }
    }
}

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("listening tcp {}", listener.local_addr()?);
    let room = Arc::new(Room::default());
    loop {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let client = Arc::new(stream);
        room.enter(client.clone());
        let room = room.clone();
        thread::Builder::new().stack_size(STACK_BYTES).spawn(move || serve(&client, &room))?;
    }
}

/// Passes on what one client says until it leaves.
fn serve(client: &Arc<TcpStream>, room: &Room) {
    let mut reader = BufReader::new(client.as_ref());
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
        room.broadcast(&line);
        line.clear();
    }
    room.leave(client);
}
