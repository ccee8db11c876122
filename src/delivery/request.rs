//! The request that is being carried out: what its client is told of it bears the request's number.
//!
//! Invariant: at most one request is open, and only while its client is heard.

use super::fanout::Fanout;
use super::outbox::Flag;
use crate::dialect::Acknowledgement;
use crate::id::ClientId;

/// A request that bears a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    client: ClientId,
    number: u64,
    /// Something of it was refused, and its client was told so.
    is_refused: bool,
}

impl Fanout {
    /// A client's request of this number begins.
    pub fn begin_request(&mut self, client: ClientId, number: u64) {
        self.request = Some(Request { client, number, is_refused: false });
    }

    /// The request ends. Its client is told so, unless it was refused; `message` is the number of
    /// the message that came of it.
    pub fn end_request(&mut self, message: Option<u64>) {
        let Some(request) = self.request.take().filter(|request| !request.is_refused) else {
            return;
        };
        self.acknowledge(
            request.client,
            Acknowledgement::Done { request: request.number, message },
        );
    }

    /// Tells a program about its request, unless it is being closed.
    pub fn acknowledge(&mut self, client: ClientId, what: Acknowledgement) {
        let ending = self.outbox(client).is_none_or(|outbox| outbox.flags.has(Flag::Ending));
        if !ending {
            let mut told = Vec::new();
            self.encoding(client).acknowledge(what, &mut told);
            self.push(client, &told);
        }
    }

    /// Notes that a client is refused something. The number of its request, if that bears one.
    pub(super) fn refuse_request(&mut self, client: ClientId) -> Option<u64> {
        let request = self.request.as_mut().filter(|request| request.client == client)?;
        request.is_refused = true;
        Some(request.number)
    }
}
