//! What an operator sees: numbers for Prometheus, a live page for a person, and whether the server
//! is well, over HTTP.
//!
//! ```text
//!     bytes --> request --> response --> bytes
//!                              |
//!                snapshot --> metrics, JSON, page.html
//! ```
//!
//! One request per connection, GET and HEAD alone, nothing that changes anything. Sockets, clocks,
//! budgets and `/proc` are left to `net`, which fills in a [`Snapshot`] when it is asked to.
//!
//! Invariants: whatever bytes come, an answer is decided by the head alone; names of people and
//! rooms are told by `/status` alone, and never as labels of metrics.

mod metrics;
mod request;
mod response;
mod snapshot;
#[cfg(test)]
mod tests;

pub use request::{Head, HttpError, HttpRequest, Page};
pub use response::answer;
pub use snapshot::{
    ChatStats, ConnectionStats, Counts, ProcessStats, RoomSize, SlowClient, Snapshot, StatusSource,
    StoreStats, UdpStats, Unready,
};
