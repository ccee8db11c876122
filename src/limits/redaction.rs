//! Limits of messages that are taken back.

/// What a message weighs more that remembers its author's account.
pub const AUTHOR_WEIGHT: usize = 32;
/// Messages that were taken back and wait to be deleted from the disk, at eight bytes each; more
/// are refused until it can be written again.
pub const REDACTIONS_UNSAVED_MAX: usize = 10_000;
/// Private messages of which it is known who wrote them and to whom, at 48 bytes each; older ones
/// cannot be taken back.
pub const WHISPERS_KNOWN_MAX: usize = 1_024;
