//! What the engine of a cluster sends: however it is cut, the same comes of it, and nothing panics;
//! nor does a node that is told it.

use mio_chat::cluster::engine::Move;
use mio_chat::cluster::entry::NodeRun;
use mio_chat::cluster::link::{LinkSettings, Stage};
use mio_chat::cluster::node::{Change, Node};
use mio_chat::cluster::resp::{RespError, Value, decode};
use mio_chat::limits::{RESP_DEPTH_MAX, RESP_VALUES_MAX};
use mio_chat::time::Time;

/// An engine's part of a greeting, up to the term.
const GREETING: &str = "%0\r\n*1\r\n$6\r\nmaster\r\n\
    $37\r\nredis_version:7.0.15\r\nrun_id:a\r\nx:1\r\n\r\n+OK\r\n+OK\r\n\
    *2\r\n$4\r\nterm\r\n$1\r\n9\r\n";
/// And to the subscription that follows.
const SUBSCRIBED: &[u8] = b">3\r\n$9\r\nsubscribe\r\n$6\r\n{m}log\r\n:1\r\n";

/// Whatever is said of a beginning is said of all of it.
pub fn check(data: &[u8]) {
    tell(data);
    let mut rest = data;
    loop {
        let whole = decode(rest);
        // Each cut of what is short, some of what is long.
        let step = rest.len() / 64 + 1;
        for end in (0..rest.len()).step_by(step) {
            match decode(&rest[..end]) {
                Ok(None) => {}
                early => assert!(is_same(&early, &whole), "{early:?}, then {whole:?}"),
            }
        }
        let Ok(Some((value, used))) = whole else { return };
        assert!(used > 0 && used <= rest.len());
        assert!(depth(&value) <= RESP_DEPTH_MAX && count(&value) <= RESP_VALUES_MAX);
        rest = &rest[used..];
    }
}

type Decoded<'a> = Result<Option<(Value<'a>, usize)>, RespError>;

/// As text, since one number that is none is not the same as another.
fn is_same(one: &Decoded<'_>, other: &Decoded<'_>) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

fn depth(value: &Value<'_>) -> usize {
    1 + value.list().into_iter().flatten().map(depth).max().unwrap_or(0)
}

fn count(value: &Value<'_>) -> usize {
    1 + value.list().into_iter().flatten().map(count).sum::<usize>()
}

/// A node with a room, something to say there and something to change, is told the bytes.
fn tell(data: &[u8]) {
    let (prefix, name) = (String::new(), "a".to_owned());
    let settings = LinkSettings { addresses: 1, user: None, password: None, name, prefix };
    let run = NodeRun::new("a", 1).expect("a name");
    let mut node = Node::new(Time::ZERO, run, settings, 1);
    let room = node.open("m");
    let moves = [Move::In("bob".into())];
    node.append(room, 1, b"hello", &moves).expect("there is room");
    let (body, charter) = (b"body".as_slice().into(), b"charter".as_slice().into());
    let change = Change { count: 1, body, version: 0, charter, officers: Vec::new() };
    node.change(room, change).expect("the first");
    node.expire(Time::ZERO);
    node.connected(Time::ZERO);
    node.receive(Time::ZERO, GREETING.as_bytes());
    node.receive(Time::ZERO, SUBSCRIBED);
    assert_eq!(node.stage(), Stage::Connected);
    node.receive(Time::ZERO, data);
    node.append(room, 1, b"again", &[]).expect("there is room");
    node.receive(Time::ZERO, data);
    while node.event().is_some() {}
    node.wrote(node.output().len());
    node.expire(node.poll_timeout());
}
