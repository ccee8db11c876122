//! A request that is being carried out: what its client is told of it bears the request's number.

use crate::id::ClientId;

/// A request that bears a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) client: ClientId,
    number: u64,
    /// Something of it was refused, and its client was told so.
    is_refused: bool,
}

impl Request {
    /// A client's request of this number begins.
    pub(super) fn new(client: ClientId, number: u64) -> Self {
        Self { client, number, is_refused: false }
    }

    /// Notes that something of it is refused. Returns its number.
    pub(super) fn refuse(&mut self) -> u64 {
        self.is_refused = true;
        self.number
    }

    /// Its number at its end, if it was not refused.
    pub(super) fn end(self) -> Option<u64> {
        (!self.is_refused).then_some(self.number)
    }
}
