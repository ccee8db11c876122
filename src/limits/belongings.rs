//! Limits of what is kept for people and rooms: read marks and metadata.

/// Conversations of one account, or of one client without one, for which it is known up to when
/// they were read; of more, the one that was read longest ago is forgotten. More than a client
/// joins rooms, and 4 KB.
pub const READ_MARKS_MAX: usize = 100;
/// Keys of the metadata of one person or room: 6 KB with the longest values.
pub const METADATA_KEYS_MAX: usize = 20;
/// Bytes of a key of metadata: it is part of a line of 512 bytes together with names and a value.
pub const METADATA_KEY_BYTES_MAX: usize = 32;
/// Bytes of a value of metadata, for the same reason.
pub const METADATA_VALUE_BYTES_MAX: usize = 300;
/// Keys of metadata of which one client wants to hear, and keys that are heard in one request.
pub const METADATA_SUBSCRIPTIONS_MAX: usize = 50;
/// Values that one answer tells of: with the longest names and values half of an outbox.
pub const METADATA_TOLD_MAX: usize = 256;
/// People who are looked at for one answer, some 100 ns each.
pub const METADATA_PEOPLE_MAX: usize = 4_096;
/// Members of a room above which their metadata is told to a newcomer only when it asks, and that
/// of a newcomer to nobody who does not: everybody's is a burst for each who comes.
pub const METADATA_MEMBERS_MAX: usize = 200;
