//! NATs of all kinds between peers, and the server on an internet that loses packets.
//!
//! All of it is made of network namespaces and nftables (`lab`, with `host`, `router` and `nat`),
//! and is gone with the test. First each part is shown to be what it says (`kinds`, `networks`);
//! then peers find each other through it (`pairing`, `matching`, `opener`), and are told
//! which kind of NAT is theirs (`check`); some change their address (`moving`). `meeting` starts
//! the programs of two players.
//! `MIO_CHAT_SIZE=long` takes the sizes for a night.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod check;
mod host;
mod kinds;
mod lab;
mod matching;
mod meeting;
mod moving;
mod nat;
mod networks;
mod opener;
mod pairing;
mod probe;
mod router;

#[path = "../punching/model.rs"]
mod model;
#[path = "../support/mod.rs"]
mod support;
