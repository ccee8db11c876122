//! The operator's view over HTTP: numbers for Prometheus, a live page for a person, and health
//! checks.
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
//! Invariants: whatever bytes come, the head alone decides the answer; only `/status` shows names
//! of people and rooms, and metrics have none as labels.

mod metrics;
mod request;
mod response;
mod snapshot;
#[cfg(test)]
mod tests;

pub use request::{Head, HttpError, HttpRequest, Page};
pub use response::answer;
pub use snapshot::{
    CertificateStats, ChatStats, ConnectionStats, Counts, ProcessStats, RoomSize, SlowClient,
    Snapshot, StatusSource, StoreStats, TlsStats, UdpStats, Unready,
};
