//! Delivery: the bytes that each client still has to be sent.
//!
//! [`Fanout`] implements the lobby's `Outlet`: it encodes an event once and queues the bytes in the
//! [`Outbox`] of every client concerned. Nothing here writes to a socket: `net` gathers what is
//! queued, once per turn, and reports how much was taken.

mod answering;
mod backlog;
mod batch;
mod broadcast;
mod classroom;
mod fanout;
mod feeds;
mod handover;
mod outbox;
mod outlet;
mod readers;
mod replay;
mod request;
mod small_writes;
mod subscriptions;
mod transcript;

pub use backlog::OutboxLimits;
pub(crate) use fanout::as_many_as_were_known;
pub use fanout::{DeliveryCounters, Fanout, SendStatus};
pub use handover::FanoutState;
pub use outbox::{Outbox, Slices};

#[cfg(test)]
mod tests;
