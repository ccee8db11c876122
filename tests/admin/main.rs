//! The admin listener of a real server: what Prometheus, a container engine, a browser and those
//! who mean harm find there, and that the chat does not notice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../faults/pair.rs"]
mod pair;
#[path = "../support/mod.rs"]
mod support;

mod health;
mod hostile;
mod numbers;
mod page;

use std::net::SocketAddr;

use support::{Launch, Server};

/// A server with an admin listener on a free port.
fn watched(flags: &[&str]) -> (Server, SocketAddr) {
    let flags = [&["--admin", "127.0.0.1:0"], flags].concat();
    let server = Launch::new(&flags).announcing(3).start();
    let admin = server.all("admin")[0];
    (server, admin)
}
