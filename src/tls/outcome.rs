//! What reading and writing a connection brings, in a program with encryption and in one without.

/// What a read has brought.
#[derive(Debug)]
pub enum Received<Error> {
    /// A part of the handshake.
    Securing,
    /// The end of the handshake. There may be more behind it.
    Secured {
        /// The language that was agreed on (ALPN).
        protocol: Option<&'static str>,
        /// The client came with a ticket.
        resumed: bool,
    },
    /// Plain bytes.
    Bytes {
        /// How many.
        count: usize,
        /// There are more, whatever the socket holds.
        more: bool,
    },
    /// Records of so many bytes, none of which says anything; none where one is not whole yet.
    /// There may be more behind them.
    Noise(usize),
    /// Nothing for now.
    Nothing,
    /// The client will send no more.
    End,
    /// The connection broke.
    Broken,
    /// The handshake failed, or a record is not what it should be. The client was told.
    Failed(Error),
}

/// What a write has achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The socket has `taken` bytes of what was offered; those behind them are encrypted and wait
    /// for it.
    Taken {
        /// Bytes that the socket has.
        taken: usize,
        /// Bytes that are encrypted and wait. What is offered next must begin with them.
        sealed: usize,
    },
    /// The connection broke.
    Broken,
}
