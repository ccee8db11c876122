//! A simulated engine as its clients see it: connections, commands, what is published.

use std::collections::{BTreeMap, BTreeSet};

use mio_chat::cluster::resp::decode;

use super::store::{Called, Reply, Store};

/// What state an engine is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Serving,
    /// Takes nothing, and carries it out when it goes on.
    Stopped,
    /// Has no memory left for what writes.
    Full,
    /// Follows another one.
    Replica,
    Dead,
}

#[derive(Debug, Default)]
struct Client {
    input: Vec<u8>,
    channels: BTreeSet<String>,
}

/// One engine.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Store,
    pub(crate) condition: Condition,
    pub(crate) run: String,
    /// Milliseconds that its clock is ahead.
    pub(crate) ahead: u64,
    /// Entries that a log keeps.
    pub(crate) kept: Option<usize>,
    /// Whether one hears one's own entry before the answer: both kinds of engines exist.
    pub(crate) pushes_first: bool,
    /// Loses one of so many of what it publishes. No engine does; a node must see it all the same.
    pub(crate) loses_one_of: Option<u64>,
    published: u64,
    clients: BTreeMap<u64, Client>,
}

impl Engine {
    pub(crate) fn new(run: &str, kept: Option<usize>, pushes_first: bool) -> Self {
        Self {
            store: Store::default(),
            condition: Condition::Serving,
            run: run.into(),
            ahead: 0,
            kept,
            pushes_first,
            loses_one_of: None,
            published: 0,
            clients: BTreeMap::new(),
        }
    }

    pub(crate) fn forget(&mut self, client: u64) {
        self.clients.remove(&client);
    }

    /// Bytes of a client have come. Returns what is to be sent to which.
    pub(crate) fn receive(&mut self, now: u64, client: u64, bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let mut input = std::mem::take(&mut self.clients.entry(client).or_default().input);
        input.extend_from_slice(bytes);
        let (mut at, mut out) = (0, Vec::new());
        while let Some((value, used)) = decode(&input[at..]).expect("a node sends commands") {
            at += used;
            let parts = value.list().expect("a command is a list");
            let command: Vec<Vec<u8>> =
                parts.iter().map(|part| part.bytes().expect("of texts").to_vec()).collect();
            self.command(now, client, &command, &mut out);
        }
        input.drain(..at);
        self.clients.entry(client).or_default().input = input;
        out
    }

    fn command(
        &mut self,
        now: u64,
        client: u64,
        command: &[Vec<u8>],
        out: &mut Vec<(u64, Vec<u8>)>,
    ) {
        let name = String::from_utf8_lossy(&command[0]).into_owned();
        let reply = match name.as_str() {
            "HELLO" => Reply::Map(vec![Reply::text("proto"), Reply::Number(3)]),
            "PING" => Reply::Simple("PONG"),
            "FUNCTION" => Reply::text("mio_chat"),
            "ROLE" if self.condition == Condition::Replica => {
                Reply::List(vec![Reply::text("slave"), Reply::text("there"), Reply::Number(1)])
            }
            "ROLE" => Reply::List(vec![Reply::text("master"), Reply::Number(0)]),
            "INFO" => Reply::text(format!(
                "# Server\r\nredis_version:7.0.15\r\nrun_id:{}\r\ntcp_port:1\r\n",
                self.run
            )),
            "SUBSCRIBE" | "UNSUBSCRIBE" => {
                let channel = String::from_utf8_lossy(&command[1]).into_owned();
                let channels = &mut self.clients.entry(client).or_default().channels;
                if name == "SUBSCRIBE" {
                    channels.insert(channel.clone());
                } else {
                    channels.remove(&channel);
                }
                let (name, count) = (name.to_lowercase(), channels.len() as i64);
                Reply::Push(vec![Reply::text(name), Reply::text(channel), Reply::Number(count)])
            }
            _ => return self.call(now, client, command, out),
        };
        reply_to(client, &reply, out);
    }

    fn call(&mut self, now: u64, client: u64, command: &[Vec<u8>], out: &mut Vec<(u64, Vec<u8>)>) {
        match self.condition {
            Condition::Full => {
                let error = "OOM command not allowed when used memory > 'maxmemory'.".into();
                return reply_to(client, &Reply::Error(error), out);
            }
            Condition::Replica => {
                let error = "READONLY You can't write against a read only replica.".into();
                return reply_to(client, &Reply::Error(error), out);
            }
            _ => {}
        }
        let Called { reply, published } = self.store.call(now + self.ahead, self.kept, command);
        if !self.pushes_first {
            reply_to(client, &reply, out);
        }
        if let Some((channel, text)) = published {
            let push = [Reply::text("message"), Reply::text(&channel), Reply::Text(text)];
            let push = Reply::Push(push.into());
            for (other, _) in self.clients.iter().filter(|(_, it)| it.channels.contains(&channel)) {
                self.published += 1;
                if self.loses_one_of.is_none_or(|many| !self.published.is_multiple_of(many)) {
                    reply_to(*other, &push, out);
                }
            }
        }
        if self.pushes_first {
            reply_to(client, &reply, out);
        }
    }
}

fn reply_to(client: u64, reply: &Reply, out: &mut Vec<(u64, Vec<u8>)>) {
    let mut bytes = Vec::new();
    reply.encode(&mut bytes);
    out.push((client, bytes));
}
