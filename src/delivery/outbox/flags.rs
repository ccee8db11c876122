//! The flags of one outbox, a bit for each: a byte for each would make every outbox eight bytes
//! larger.

/// A flag of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::delivery) enum Flag {
    /// Nothing will follow what waits.
    Ending = 1,
    /// The client has said something since the last flush.
    Spoke = 2,
    /// Written to in whole lines, no more at once than one small read takes.
    Small = 4,
    /// Not known to read more than ASCII: the server's own words are told in that.
    Ascii = 8,
    /// The message that is partly sent had no end yet when that was looked for.
    Open = 16,
    /// The socket refused bytes; it will say when it takes some again.
    Blocked = 32,
    /// On the list of clients to be flushed.
    Dirty = 64,
}

/// The flags that are set.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::delivery) struct Flags(u8);

impl Flags {
    /// Whether this flag is set.
    #[inline]
    pub(in crate::delivery) fn has(self, flag: Flag) -> bool {
        self.0 & flag as u8 != 0
    }

    /// Whether one of these flags is set.
    #[inline]
    pub(in crate::delivery) fn has_any(self, one: Flag, other: Flag) -> bool {
        self.0 & (one as u8 | other as u8) != 0
    }

    /// Sets or clears a flag.
    #[inline]
    pub(in crate::delivery) fn set(&mut self, flag: Flag, is_true: bool) {
        self.0 = if is_true { self.0 | flag as u8 } else { self.0 & !(flag as u8) };
    }
}
