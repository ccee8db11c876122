//! Playing with others over UDP: a blocking library for games, and the protocol without a socket
//! for games that have an event loop of their own.
//!
//! ```text
//!     matching ---> search ---> group     finds players, carries the game's datagrams
//!                     |           |
//!                  socket, clock  '---> protocol     asks and punches: neither socket nor clock
//!
//!     check ---> verdict                  the kind of NAT
//! ```
//!
//! Invariants: one thread; nothing blocks but the poll, which is bounded by what is due.
//!
//! One player, which greets the other and reads its greeting:
//!
//! ```
//! use mio_chat::peer::{Match, MatchError};
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
//! # use mio_chat::matchmaking::{Input, Matchmaker, Output, MatchmakerSettings, SocketIndex};
//! # let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
//! # let server = socket.local_addr().unwrap().to_string();
//! # std::thread::spawn(move || {
//! #     let mut matchmaker = Matchmaker::new(MatchmakerSettings::default(), *b"sixteen secrets!");
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

mod check;
pub(crate) mod clock;
pub(crate) mod error;
pub(crate) mod group;
mod matching;
mod nat_report;
pub mod protocol;
pub(crate) mod search;
mod socket;

pub use check::{NatCheck, check};
pub use error::MatchError;
pub use group::{Group, Peer};
pub use matching::Match;
pub use nat_report::{Filter, Mapping, NatReport};
pub use protocol::{Event, JoinRefusal, Path};
pub use socket::AddressFamily;
