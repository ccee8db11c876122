//! Two players who meet at a server and tell each other where they are, ten times a second.
//!
//! Run it twice: `cargo run --example duel -- chat.example duel`

use std::error::Error;
use std::time::{Duration, Instant};

use mio_chat::peer::{Event, Match};

/// Ten times a second.
const FRAME: Duration = Duration::from_millis(100);

#[expect(clippy::disallowed_methods, reason = "a game has a clock")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(server), Some(queue)) = (words.next(), words.next()) else {
        return Err("usage: duel SERVER QUEUE".into());
    };
    let mut group = Match::new(&server).players(2).timeout(Duration::from_secs(60)).join(&queue)?;
    for peer in group.peers() {
        println!("player {} is reached by {:?}", peer.slot, peer.path);
    }
    let mut room = [0; 1_400];
    let started = Instant::now();
    for frame in 0..100_u32 {
        for peer in group.peers() {
            // Like all UDP it may get lost: each datagram has all that is to be known.
            group.send_to(peer.slot, &frame.to_be_bytes())?;
        }
        // Hears the others until the next frame is due.
        loop {
            let left = (FRAME * (frame + 1)).saturating_sub(started.elapsed());
            group.set_timeout(Some(left));
            let Some((slot, length)) = group.receive(&mut room)? else { break };
            println!("player {slot}: {:?}", &room[..length]);
        }
        if let Some(Event::PeerSilent { slot }) = group.next_event() {
            println!("player {slot} is gone");
            break;
        }
    }
    group.leave();
    Ok(())
}
