//! Requests of programs that bear numbers, and the answers that do.

use super::fanout::Fanout;
use super::outbox::Flag;
use super::request::Request;
use crate::dialect::{Acknowledgement, Note};
use crate::id::ClientId;

impl Fanout {
    /// A client's request of this number begins: of each client at most one is open.
    pub fn begin_request(&mut self, client: ClientId, number: u64) {
        self.requests.push(Request::new(client, number));
    }

    /// The request of a client ends later: what it is told until then is no answer. Returns its
    /// number, unless it was refused.
    pub fn put_off_request(&mut self, client: ClientId) -> Option<u64> {
        self.put_off_answer(client);
        self.take_request(client)
    }

    /// What a client is told from now on is no part of the answer to its line.
    pub fn put_off_answer(&mut self, client: ClientId) {
        if let Some(reader) = self.readers.get_mut(&client) {
            reader.put_off();
        }
    }

    /// The request of a client is answered now, which was put off.
    pub fn resume_request(&mut self, client: ClientId) {
        if let Some(reader) = self.readers.get_mut(&client) {
            reader.resume();
        }
    }

    fn take_request(&mut self, client: ClientId) -> Option<u64> {
        let place = self.requests.iter().position(|request| request.client == client)?;
        self.requests.swap_remove(place).end()
    }

    /// The request of a client ends, and it is told so unless it was refused; `message` is the
    /// number of the message that came of it.
    pub fn end_request(&mut self, client: ClientId, message: Option<u64>) {
        if let Some(request) = self.take_request(client) {
            self.acknowledge(client, Acknowledgement::Done { request, message });
        } else if self.readers.contains_key(&client) {
            self.note(client, &Note::End);
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
