//! Requests of programs that bear numbers, and the answers that do.

use super::fanout::Fanout;
use super::outbox::Flag;
use super::request::Request;
use crate::dialect::Acknowledgement;
use crate::id::ClientId;

impl Fanout {
    /// A client's request of this number begins: at most one is open, while its client is heard.
    pub fn begin_request(&mut self, client: ClientId, number: u64) {
        self.request = Some(Request::new(client, number));
    }

    /// The request ends later: what its client is told until then is no answer. Returns its number,
    /// unless it was refused.
    pub fn put_off_request(&mut self) -> Option<u64> {
        self.request.take()?.put_off()
    }

    /// The request ends, and its client is told so unless it was refused; `message` is the number
    /// of the message that came of it.
    pub fn end_request(&mut self, message: Option<u64>) {
        let Some(request) = self.request.take() else { return };
        if let Some(what) = request.end(message) {
            self.acknowledge(request.client, what);
        }
    }

    /// Tells a program about its request, unless it is being closed.
    pub fn acknowledge(&mut self, client: ClientId, what: Acknowledgement) {
        let told = self.outboxes.get(client).filter(|outbox| !outbox.flags.has(Flag::Ending));
        if let Some(encoding) = told.map(|outbox| outbox.encoding) {
            let mut told = Vec::new();
            encoding.acknowledge(what, &mut told);
            self.push(client, &told);
        }
    }
}
