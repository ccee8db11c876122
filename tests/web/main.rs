//! HTTP on the chat port, in memory and over sockets: what is answered, what is never carried out,
//! who waits.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod browsers;
mod crowd;
mod hostile;
mod limits;
mod live;
mod upgrade;

use common::World;

/// What a request is answered whose bytes come at once.
fn asked(world: &mut World, name: &str, request: &str) -> String {
    world.connect(name);
    world.sends(name, request.as_bytes());
    let answer = world.hears(name);
    let closed = world.person(name).closed.map(|reason| reason.name());
    assert_eq!(closed, Some("finished"), "{request:?}: {answer}");
    answer
}

/// The same for GET of a target.
fn got(world: &mut World, target: &str) -> String {
    asked(world, "visitor", &format!("GET {target} HTTP/1.1\r\nHost: chat.test\r\n\r\n"))
}

/// The code of an answer.
fn code(answer: &str) -> &str {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or(answer)
}

/// The body of an answer, which is as long as its head says.
fn body(answer: &str) -> &str {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = format!("\r\nContent-Length: {}\r\n", body.len());
    assert!(head.contains(&length), "{answer}");
    body
}
