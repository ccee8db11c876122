//! mio-chat: group chat over TCP and peer matchmaking over UDP, in one thread and one poll loop.
//!
//! Arrows point down only:
//!
//! ```text
//!     main, cli            flags, run, one error line, exit code
//!        |  \-----------> load           simulated clients; shares nothing with the server but
//!        |  |                             the leaves
//!        |  \-----------> client         a person at a terminal: poll loop, terminal, pipe
//!        |                  |   \------> console   what is seen and typed, without a terminal
//!        |                  \----------> peer      players of a game: a library with sockets
//!       net                the server's sockets, poll loop, clock, signals and log
//!        |  \-----------> store          the lobby on disk; uses nothing but `chat`
//!        |  \-----------> admin          what an operator sees over HTTP, without sockets
//!        |
//!     server ------------> matchmaking    UDP: datagram in, datagrams out
//!        |
//!     delivery             what each client still has to be sent
//!        |
//!     dialect              bytes <-> commands and events
//!        |
//!      chat                members, rooms, rules
//! ```
//!
//! `address`, `agenda`, `hex`, `id`, `limits`, `mc1`, `password`, `subnet`, `text` and `time` are
//! leaves that any layer may use.
//!
//! The one rule: nothing below `net` and `store` makes a syscall, reads a clock or draws a random
//! number, and neither does `peer::protocol`. The whole server can therefore be driven by a test,
//! byte by byte, and does the same each time.

#[cfg(not(target_os = "linux"))]
compile_error!("mio-chat runs on Linux only: it is built on epoll and on socket options of Linux");

pub mod address;
pub mod admin;
pub mod agenda;
pub mod chat;
pub mod client;
pub mod console;
pub mod delivery;
pub mod dialect;
pub mod hex;
pub mod id;
pub mod limits;
pub mod load;
pub mod matchmaking;
pub mod mc1;
pub mod net;
pub mod password;
pub mod peer;
pub mod server;
pub mod store;
pub mod subnet;
pub mod text;
pub mod time;
