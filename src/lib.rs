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
//!        |  \-----------> cluster        what several nodes tell each other by way of an engine;
//!        |                               pure, and not used by anything yet
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
//! `address`, `hex`, `http`, `id`, `limits`, `mc1`, `metrics`, `password`, `scram`, `subnet`,
//! `text`, `time` and `timer_queue` are leaves that any layer may use.
//!
//! The one rule: nothing below `net` and `store` makes a syscall, reads a clock or draws a random
//! number, and neither does `peer::protocol`. The whole server can therefore be driven by a test,
//! byte by byte, and does the same each time.

#[cfg(all(not(target_os = "linux"), any(feature = "server", feature = "load")))]
compile_error!(
    "the server and the load generator run on Linux only: they are built on epoll and on socket \
     options of Linux; `default-features = false, features = [\"peer\"]` is for every system"
);

pub mod address;
#[cfg(feature = "server")]
pub mod admin;
#[cfg(feature = "chat")]
pub mod chat;
#[cfg(all(feature = "terminal", unix))]
pub mod client;
#[cfg(feature = "server")]
pub mod cluster;
#[cfg(feature = "terminal")]
pub mod console;
#[cfg(feature = "server")]
pub mod delivery;
#[cfg(feature = "chat")]
pub mod dialect;
#[cfg(feature = "chat")]
pub mod hex;
#[cfg(feature = "chat")]
pub mod http;
#[cfg(feature = "chat")]
pub mod id;
pub mod limits;
#[cfg(feature = "load")]
pub mod load;
#[cfg(feature = "server")]
pub mod matchmaking;
pub mod mc1;
#[cfg(feature = "server")]
pub mod metrics;
#[cfg(feature = "server")]
pub mod net;
#[cfg(feature = "chat")]
pub mod password;
#[cfg(feature = "peer")]
pub mod peer;
#[cfg(feature = "chat")]
pub mod scram;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "store")]
pub mod store;
#[cfg(all(feature = "server", not(feature = "store")))]
#[path = "store/absent.rs"]
pub mod store;
#[cfg(feature = "chat")]
pub mod subnet;
pub mod text;
pub mod time;
#[cfg(feature = "server")]
pub mod timer_queue;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(all(
    any(feature = "server", feature = "load", all(feature = "terminal", unix)),
    not(feature = "tls")
))]
#[path = "tls/absent.rs"]
pub mod tls;
