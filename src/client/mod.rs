//! Playing with others over UDP: a blocking library for games, and the command `mio-chat match`.
//!
//! ```text
//!     matching ---> search ---> group     (library)  finds players, carries the game's datagrams
//!                     ^           ^
//!     command ---> conversation --'       (command)  a search, and then lines of text
//!                     |
//!                  company ---> lines (pure)         who is there; lines that arrive
//! ```
//!
//! All that is decided is decided by `matchmaking::client`, which knows neither socket nor clock.
//!
//! Invariants: one thread; nothing blocks but the poll, which is bounded by what is due.
//!
//! One player, who greets the other and hears what it says:
//!
//! ```
//! use mio_chat::client::{Match, MatchError};
//!
//! fn play(server: &str) -> Result<String, MatchError> {
//!     let mut group = Match::new(server).players(2).join("duel")?;
//!     for peer in group.peers() {
//!         group.send_to(peer.slot, b"hello")?;
//!     }
//!     let mut buffer = [0; 1_400];
//!     let (slot, length) = group.receive(&mut buffer)?.expect("it waits until something comes");
//!     Ok(format!("player {slot}: {}", String::from_utf8_lossy(&buffer[..length])))
//! }
//! # // A server for the two: the matchmaker of ours, and a socket.
//! # use mio_chat::matchmaking::{Input, Matchmaker, Output, Settings, SocketIndex};
//! # let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
//! # let server = socket.local_addr().unwrap().to_string();
//! # std::thread::spawn(move || {
//! #     let mut matchmaker = Matchmaker::new(Settings::default(), *b"sixteen secrets!");
//! #     let mut room = [0; 1_500];
//! #     while let Ok((length, source)) = socket.recv_from(&mut room) {
//! #         let bytes = &room[..length];
//! #         let input = Input::Datagram { via: SocketIndex(0), source, bytes };
//! #         matchmaker.handle(mio_chat::time::Time::ZERO, input, &mut |output| {
//! #             if let Output::Send(transmit) = output {
//! #                 socket.send_to(transmit.payload, transmit.to).unwrap();
//! #             }
//! #         });
//! #     }
//! # });
//!
//! let other = std::thread::spawn({
//!     let server = server.clone();
//!     move || play(&server)
//! });
//! let heard = [play(&server)?, other.join().unwrap()?];
//! assert!(heard.contains(&"player 1: hello".to_owned()));
//! assert!(heard.contains(&"player 2: hello".to_owned()));
//! # Ok::<(), MatchError>(())
//! ```

pub mod chat;
mod check;
mod clock;
mod command;
mod company;
mod conversation;
mod error;
mod group;
mod health;
mod lines;
mod matching;
mod news;
mod partner;
mod search;
mod socket;
mod verdict;

pub use crate::matchmaking::client::{Event, Path, Refusal};
pub use check::{Check, check};
pub use command::{Ended, Talk};
pub use error::MatchError;
pub use group::{Group, Peer};
pub use health::{HealthCheck, HealthError};
pub use matching::Match;
pub use socket::Family;
pub use verdict::{Filter, Mapping, Verdict};
