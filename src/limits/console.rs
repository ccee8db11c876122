//! Bounds of the terminal client.

use std::time::Duration;

use super::{JSON_LINE_BYTES_MAX, LINE_BYTES_MAX};

// ---- The keyboard ------------------------------------------------------------------------

/// Bytes of one key: longer sequences are no key of any terminal. Fixed.
pub const KEY_BYTES_MAX: usize = 64;
/// How long the rest of a key may take; an escape alone is a key of its own after that. Terminals
/// send keys in one piece; a network between may cut them. Fixed.
pub const KEY_PATIENCE: Duration = Duration::from_millis(50);
/// How long the rest of a sequence may take that has begun with more than an escape, over a network
/// that repeats a lost packet. Fixed.
pub const SEQUENCE_PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of a paste; more is more than anybody means to say. Fixed.
pub const PASTE_BYTES_MAX: usize = 256 * 1_024;
/// Lines of a paste that may be sent: what flood control lets through in less than a minute. Fixed.
pub const PASTE_LINES_MAX: usize = 100;
/// Bytes of a line that is typed: what the server takes, without `\r\n`. Fixed.
pub const COMPOSED_BYTES_MAX: usize = LINE_BYTES_MAX - 2;
/// Bytes of a line of a pipe, before what steers terminals is taken out of it; a longer one is
/// refused. Fixed.
pub const INPUT_LINE_BYTES_MAX: usize = 2 * LINE_BYTES_MAX;
/// Lines that the arrow keys bring back. Fixed.
pub const TYPED_LINES_KEPT: usize = 500;

// ---- What is kept ------------------------------------------------------------------------

/// Bytes of a line of the server, which sends none that is longer; of a longer one the rest is
/// dropped. Fixed.
pub const HEARD_LINE_BYTES_MAX: usize = JSON_LINE_BYTES_MAX;
/// Entries of one conversation that can be scrolled back to: a long evening. Fixed.
pub const SCROLLBACK_ENTRIES_MAX: usize = 10_000;
/// Bytes of them, with what each costs. Fixed.
pub const SCROLLBACK_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// Entries among which what was missed is put in its place: more than a server remembers. Fixed.
pub const REPLAYED_ENTRIES_MAX: usize = 2_000;
/// People in a room who are listed by name: the server lists as many at once, and counts more.
/// Fixed.
pub const ROSTER_MAX: usize = 200;
/// Rooms whose names, passwords or places are kept. Fixed.
pub const ROOMS_KNOWN_MAX: usize = 200;
/// Rooms whose conversations are kept for when one is back, the latest. Fixed.
pub const ROOM_PANES_MAX: usize = 16;
/// Direct conversations at a time. Fixed.
pub const TALKS_MAX: usize = 8;
/// Invitations that are offered for completion, the latest. Fixed.
pub const INVITATIONS_MAX: usize = 8;
/// How old a list of rooms may be that completion offers; asking costs as much as three lines.
/// Fixed.
pub const ROOMS_ASKED_AGAIN: Duration = Duration::from_secs(30);

// ---- The connection ----------------------------------------------------------------------

/// Longest wait before the first try to come back, and the shortest of the longest; half of it at
/// least, drawn at random, so that a room full of people does not come back at once. Fixed.
pub const COME_BACK_MIN: Duration = Duration::from_secs(2);
/// Longest wait before any try. Fixed.
pub const COME_BACK_MAX: Duration = Duration::from_secs(30);
/// Longest wait that a server may ask for before we come back. Fixed.
pub const COME_BACK_TOLD_MAX: Duration = Duration::from_secs(3_600);
/// Bytes of the file of servers that were met: of some ten thousand. Fixed.
pub const KNOWN_SERVERS_BYTES_MAX: u64 = 1_024 * 1_024;
/// How long the system may take to connect to one address, and the server to agree on TLS. Fixed.
pub const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before a taken nickname is asked for again: a server that has not noticed that
/// a connection is dead holds it for up to 40 s. Fixed.
pub const NAME_AGAIN: Duration = Duration::from_secs(3);
/// How often it is asked for on one connection: within the 20 s and 12 tries that a server gives.
/// Fixed.
pub const NAME_TRIES: u32 = 5;
/// Connections in a row on which a name is asked for that was ours: with the pauses between them
/// more than the 40 s. After that somebody else has it. Fixed.
pub const NAME_ROUNDS: u32 = 3;
/// How long a server may take to say anything of a nickname: what takes longer is none. Fixed.
pub const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// How long the server may take to close after we have said that we leave. Fixed.
pub const LEAVE_PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of the head in which a server agrees to WebSocket, which has a few lines. Fixed.
pub const TUNNEL_HEAD_BYTES_MAX: usize = 8 * 1_024;
/// Bytes that wait to be sent before typing is refused. Fixed.
pub const UNSENT_BYTES_MAX: usize = 256 * 1_024;
/// Bytes read from the server at once: between two reads keys are looked at. Fixed.
pub const HEARD_BYTES_PER_TURN: usize = 64 * 1_024;

// ---- The view ----------------------------------------------------------------------------

/// Shortest time between two frames: more than an eye follows, and drawing costs more than hearing.
/// Fixed.
pub const FRAME_MIN: Duration = Duration::from_millis(50);
/// Rows from which there is a title. Fixed.
pub const TITLE_FROM_ROWS: u16 = 6;
/// Rows from which help is shown while a command is typed. Fixed.
pub const HELP_FROM_ROWS: u16 = 10;
/// Rows of such help. Fixed.
pub const HELP_ROWS_MAX: u16 = 6;
/// Columns from which members are listed. Fixed.
pub const MEMBERS_FROM_COLUMNS: u16 = 72;
/// Columns of that list with the line before it: a nickname has at most 16. Fixed.
pub const MEMBERS_COLUMNS: u16 = 20;
/// Columns from which the own nickname stands before what is typed. Fixed.
pub const PROMPT_FROM_COLUMNS: u16 = 48;
/// Columns from which times are shown. Fixed.
pub const TIMES_FROM_COLUMNS: usize = 30;
/// Columns of a nickname; a server of ours allows 16. Fixed.
pub const SHOWN_NAME_COLUMNS: usize = 24;

// ---- Where ---------------------------------------------------------------------------------

/// TCP port of a server that is named without one: the default of `--tcp`.
pub const TCP_PORT: u16 = 55_555;
/// UDP port of a server that does not tell: the default of `--udp`.
pub const UDP_PORT: u16 = 50_000;
/// TCP port at which `mio-chat health` asks where none is named: that of all examples of `--admin`.
pub const ADMIN_PORT: u16 = 9_155;
