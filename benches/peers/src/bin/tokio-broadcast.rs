//! A chat server on tokio: a task per client, and a broadcast channel that carries lines.
//!
//! No names and no limits: a line goes to everyone, its sender included. A task that falls too far
//! behind loses the oldest lines, as `tokio::sync::broadcast` has it.
//!
//! `tokio-broadcast PORT`; 0 picks a free port.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// Lines that the channel keeps for those who are behind.
const LINES_KEPT: usize = 1024;

type Line = Arc<str>;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port: u16 = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening tcp {}", listener.local_addr()?);
    let (room, _) = broadcast::channel(LINES_KEPT);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (said, heard) = (room.clone(), room.subscribe());
        tokio::spawn(async move {
            // An error of one connection ends that one alone.
            let _ = serve(stream, said, heard).await;
        });
    }
}

/// Passes on what one client says, and tells it what others say, until it leaves.
async fn serve(
    mut stream: TcpStream,
    said: Sender<Line>,
    mut heard: Receiver<Line>,
) -> std::io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(mut line) = line? else { return Ok(()) };
                line.push('\n');
                let _ = said.send(line.into());
            }
            line = heard.recv() => match line {
                Ok(line) => writer.write_all(line.as_bytes()).await?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }
}
