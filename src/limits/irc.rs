//! Limits of the IRC dialect. Source: RFC 1459 §2.3, RFC 2812, and the specifications of IRCv3.

use std::time::Duration;

/// Bytes of a line's body with its end, in both directions (RFC 2812 §2.3).
pub const IRC_LINE_BYTES_MAX: usize = 512;
/// Bytes of the tags of a client's line, with the `@` and the space (IRCv3 message-tags).
pub const IRC_TAGS_BYTES_MAX: usize = 4_096;
/// Parameters of a line; the last holds all that is left (RFC 2812 §2.3).
pub const IRC_PARAMETERS_MAX: usize = 15;
/// Bytes before there is a nickname: some twenty lines of capabilities, and what SASL takes.
pub const IRC_REGISTER_BYTES_MAX: usize = 8 * 1_024;
/// Lines before there is a nickname: ZNC asks for each capability in one of its own.
pub const IRC_REGISTER_LINES_MAX: u8 = 40;
/// Targets of one message, members of one KICK: each is charged like a line.
pub const IRC_TARGETS_MAX: usize = 4;
/// Rooms named in one JOIN or PART: as many as a client joins when it connects.
pub const IRC_ROOMS_MAX: usize = 32;
/// Messages of one CHATHISTORY.
pub const IRC_HISTORY_MAX: usize = 100;
/// Bytes of a label (IRCv3 labeled-response).
pub const IRC_LABEL_BYTES_MAX: usize = 64;
/// Bytes of an answer that are kept until it is known whether it is one line or a batch: more is
/// a batch. A message of several lines that is told to its author fits.
pub const IRC_ANSWER_BYTES_MAX: usize = 16 * 1_024;
/// Modes of oneself that one line changes: each is a command.
pub const IRC_OWN_MODES_MAX: usize = 8;
/// Bytes of a list in one line: with the numeric before it, it takes no more than 512.
pub const IRC_LIST_BYTES: usize = 400;
/// Changes with a parameter in one MODE (`MODES`).
pub const IRC_MODES_MAX: usize = 6;
/// Conditions of one LIST: each is looked at for each room.
pub const IRC_LIST_CONDITIONS_MAX: usize = 8;
/// Rooms of one NAMES (`TARGMAX`).
pub const IRC_NAMES_MAX: usize = 10;
/// Bytes of a message of several lines, with what is between them (IRCv3 multiline, `max-bytes`).
pub const MULTILINE_BYTES_MAX: usize = 4_096;
/// Its lines (`max-lines`): each is charged when it is sent.
pub const MULTILINE_LINES_MAX: usize = 24;
/// Within how long it must have ended: programs send all of it at once.
pub const MULTILINE_PATIENCE: Duration = Duration::from_secs(5);
