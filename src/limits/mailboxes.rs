//! Limits of the private messages that are remembered for accounts.

/// Messages in the mailbox of one account, whoever they were exchanged with: more than one
/// CHATHISTORY tells of.
pub const MAILBOX_MESSAGES_MAX: usize = 128;
/// Bytes in one mailbox, each message weighed with [`PRIVATE_MESSAGE_WEIGHT`]: as many as a room
/// remembers.
pub const MAILBOX_BYTES_MAX: usize = 64 * 1_024;
/// Bytes in all mailboxes together, each weighed with [`MAILBOX_WEIGHT`]: half of what rooms
/// remember, so that both fit into a hand-over. The largest mailbox forgets its oldest message, and
/// so on, until a sixteenth is free.
pub const MAILBOXES_TOTAL_BYTES: usize = 16 * 1_024 * 1_024;
/// Memory of a private message besides its text and its tags.
pub const PRIVATE_MESSAGE_WEIGHT: usize = 160;
/// Memory of a mailbox besides its messages.
pub const MAILBOX_WEIGHT: usize = 256;
