//! The only syscalls of the server: sockets, poll, clock, signals, log.
//!
//! A thin shell around [`Server`](crate::server::Server). It decides nothing about chat; it knows
//! when a descriptor may be read or written, and how to go on when the system has no more of them.
//!
//! Invariants: nothing here blocks but `poll`; ids are freed in `reap` and nowhere else; an event
//! for an id that was freed finds nothing.

mod activated;
mod admin;
mod admin_stream;
mod audit;
mod bind;
mod certificates;
mod clock;
mod connection;
mod datagram;
mod datagram_socket;
mod descriptors;
mod encryption;
mod error;
mod gauges;
mod handover;
mod handover_state;
mod inherited;
mod listen_at;
mod listener;
mod log_journal;
mod log_output;
mod log_ring;
mod log_writer;
mod persistence;
mod process;
mod proxy_protocol;
mod reactor;
mod signals;
mod stream_options;
mod supervisor;
mod token;
mod turn_gauge;

pub use clock::calendar;
pub use descriptors::{clients_for, descriptor_limit};
pub use error::NetError;
pub use handover::{HandoverError, Predecessor};
pub use listen_at::ListenAt;
pub use log_writer::{Drained, LogError, LogSettings, LogSink, start as start_log};
pub use proxy_protocol::ProxyCounters;
pub use reactor::{Config, Exit, NetSettings, Reactor};
pub use supervisor::is_supervised;
