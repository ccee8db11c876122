//! Every bound of the server: its name, its unit and its reason.
//!
//! A value here is fixed (the code relies on it) or a flag's default; its doc says which.
//! `docs/ARCHITECTURE.md`, section Limits, tells what each does; assertions at the end tie some.

mod accounts;
mod admin;
mod belongings;
mod certificates;
mod cluster;
mod console;
mod irc;
mod load;
mod mailboxes;
mod matching;
mod people;
mod redaction;
mod rooms;
mod tls;
mod tls_records;
mod web;
mod websocket;

use std::time::Duration;

pub use accounts::*;
pub use admin::*;
pub use belongings::*;
pub use certificates::*;
pub use cluster::*;
pub use console::*;
pub use irc::*;
pub use load::*;
pub use mailboxes::*;
pub use matching::*;
pub use people::*;
pub use redaction::*;
pub use rooms::*;
pub use tls::*;
pub use tls_records::*;
pub use web::*;
pub use websocket::*;

// ---- What one client may send ------------------------------------------------------------

/// Bytes of one line, its newline included. Fixed: part of the protocol (IRC allows 512).
pub const LINE_BYTES_MAX: usize = 1_024;
/// Bytes of a text in a request of JSON dialect 1. Fixed: about what a plain line holds, whatever
/// the text's escapes take.
pub const TEXT_BYTES_MAX: usize = 1_000;
/// How deep a request of JSON dialect 1 may nest: none needs more than its own object, and a later
/// one may need some more.
pub const JSON_DEPTH_MAX: usize = 4;
/// The first number that a request may not bear: above it JavaScript counts in steps of two.
pub const JSON_REQUEST_NUMBER_MAX: u64 = 1 << 53;
/// Bytes read from one client in one turn. Larger reads save syscalls; this many 64-byte lines
/// (a thousand) are already more than `LINES_PER_TURN` lets through.
pub const READ_BYTES_PER_TURN: usize = 64 * 1_024;
/// Bytes read at once from a client under flood control: what it may say at once is less than
/// that, and what is not read waits in the kernel, not here.
pub const READ_BYTES_FLOOD_CONTROLLED: usize = 4 * 1_024;
/// Lines executed for one client in one turn, so that a pipe at full speed cannot hold the loop.
pub const LINES_PER_TURN: usize = 128;
/// Flood control, default of `--flood`: lines a client may say at once …
pub const FLOOD_BURST_LINES: u32 = 10;
/// … and lines a second after that.
pub const FLOOD_LINES_PER_SECOND: u32 = 2;
/// The same for all from one IPv4 address or IPv6 /64 together, default of `--flood-address`: lines
/// at once beside what their nicknames cost. So 40 people who come in at once can all say hello,
/// and who comes again and again does not fill a history of 100 lines at once …
pub const FLOOD_ADDRESS_BURST: u32 = 50;
/// … and lines a second after that: 15 a minute for each of those 40, or three nicknames, or one
/// wrong password.
pub const FLOOD_ADDRESS_PER_SECOND: u32 = 10;
/// Price of a nickname to its address, in lines: as much as its address may be ahead for it.
pub const FLOOD_PER_NICKNAME: u32 = 3;
/// Price of a wrong password or key, of a room or of an operator, in lines.
pub const FLOOD_PER_WRONG_PASSWORD: u32 = 10;
/// How long somebody who is behind has the speakers of its room wait: who reads at 13 KB/s or more
/// has caught up by half of what it may be behind …
pub const JAM_PATIENCE: Duration = Duration::from_secs(5);
/// … how long a speaker waits before it looks whether that is so …
pub const JAM_LOOK: Duration = Duration::from_millis(100);
/// … and how long after the one before it: 500 speakers a second.
pub const JAM_STEP: Duration = Duration::from_millis(2);
/// A /24 of IPv4 or a /48 of IPv6 may say as much as this many addresses in it, since one customer
/// may own it all.
pub const FLOOD_PREFIX_SHARE: u32 = 8;
/// Cells of the table that keeps what prefixes have used up, at 8 bytes; two may share one.
pub const PREFIX_CELLS: usize = 4_096;
/// Addresses that are kept though nobody is here from them, until what was said from there is paid
/// for; at 150 bytes each that is 2.5 MB.
pub const ORIGINS_OWING_MAX: usize = 16_384;
/// Bytes of a line that cost as much as one more line.
pub const FLOOD_BYTES_PER_LINE: usize = 256;
/// Price of a command that everyone in a room hears about (`/join`, `/nick`), in lines.
pub const FLOOD_LINES_PER_ANNOUNCEMENT: u32 = 3;
/// Combining marks in a row that are kept; more is drawn over the neighbours' lines.
pub const COMBINING_MARKS_MAX: usize = 8;

// ---- Before registration -----------------------------------------------------------------

/// How long a new client may stay silent before it is prompted. Default of `--greet-after`.
pub const GREET_AFTER: Duration = Duration::from_millis(100);
/// How long a client may take to choose a nickname. Default of `--register-timeout`.
pub const REGISTER_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes a client may send before it has a nickname.
pub const REGISTER_BYTES_MAX: usize = 2 * 1_024;
/// Lines a client may try before it has a nickname; each may earn one refusal.
pub const REGISTER_TRIES_MAX: u8 = 12;
/// Bytes of the longest single reply to a client without a nickname, in any encoding.
pub const REGISTER_REPLY_BYTES_MAX: usize = 640;
/// Bytes a client can earn before it has a nickname: unread replies must not grow
/// (CVE-2025-21605).
pub const REGISTER_OUTPUT_BYTES_MAX: usize = 8 * 1_024;

// ---- Clients that send no newline --------------------------------------------------------

/// Quiet after which a chunk without newline is a whole message (classroom clients).
pub const CHUNK_QUIET: Duration = Duration::from_millis(50);
/// The same when the chunk ended in a single byte: a person types on a character-mode terminal.
pub const TYPIST_QUIET: Duration = Duration::from_secs(2);
/// Bytes that such a client is sent within [`SMALL_WRITE_INTERVAL`]. Fixed: the tutorial's client
/// decodes each `recv(1024)` by itself, so no more may ever wait for one read.
pub const SMALL_WRITE_BYTES: usize = 1_024;
/// How long such a client may take to read what it was sent: several times what its thread needs
/// to wake up on a busy machine, and less than a person notices.
pub const SMALL_WRITE_INTERVAL: Duration = Duration::from_millis(20);
/// Bytes of a telnet subnegotiation: several times the longest that a client sends unasked. One
/// that goes on has lost its end, and text is heard again.
pub const TELNET_SUBNEGOTIATION_BYTES_MAX: u16 = 128;
/// How long a started line may stay unfinished. Default of `--line-timeout`; twice the usual 30 s
/// because slow typists on character-mode terminals are real.
pub const LINE_TIMEOUT: Duration = Duration::from_secs(60);

// ---- Names and rooms ---------------------------------------------------------------------

/// Bytes of a nickname (UTF-8).
pub const NAME_BYTES_MAX: usize = 32;
/// Columns a nickname may take on a terminal.
pub const NAME_COLUMNS_MAX: usize = 16;
/// Rooms in memory at once. Default of `--max-rooms`.
pub const ROOMS_MAX: usize = 4_096;
/// Rooms above that which are not saved yet: what can be made between two commits. For as long as
/// a disk fails, memory is bounded by this.
pub const ROOMS_UNSAVED_MAX: usize = 1_024;
/// Rooms kept on disk, at least as many as `--max-rooms`: sixteen times as many as are in memory.
/// Each has at most 64 KiB of history.
pub const ROOMS_KEPT_MAX: usize = 65_536;
/// Rooms saved anew after which those on disk are counted: a count takes a millisecond.
pub const ROOMS_BETWEEN_COUNTS: u64 = 1_024;
/// Days without anybody after which a room is the first to make way, when there are too many …
pub const ROOM_UNUSED_DAYS: u32 = 90;
/// … and the same for rooms with a topic, a password or a ban.
pub const ROOM_CONFIGURED_UNUSED_DAYS: u32 = 2 * 365;
/// Rooms looked for on disk in one turn, at 10 to 300 us each.
pub const ROOMS_RECALLED_PER_TURN: u64 = 32;
/// Rooms one client may be in at once (plain lines use one).
pub const ROOMS_PER_MEMBER_MAX: usize = 32;
/// Names or rooms listed by one `/who` or `/rooms`; the rest is given as a number.
pub const LISTED_MAX: usize = 200;
/// Bytes after which a listing goes on in a new line, for people on 80 columns.
pub const LISTING_LINE_BYTES: usize = 400;
/// Bytes of one JSON object, its newline included: a page of names or rooms is one object. Fixed,
/// and told in `docs/PROTOCOL.md`; programs make room for so much.
pub const JSON_LINE_BYTES_MAX: usize = 32 * 1_024;

// ---- History -----------------------------------------------------------------------------

/// Messages that a room remembers. Default of `--history`.
pub const HISTORY_MESSAGES: usize = 100;
/// The most that `--history` may say: all of it is answered to one `/history`.
pub const HISTORY_MESSAGES_MAX: usize = 1_000;
/// Bytes that one room remembers, each message weighed with [`MESSAGE_WEIGHT`].
pub const HISTORY_ROOM_BYTES: usize = 64 * 1_024;
/// Bytes that all rooms remember together; those that were silent longest forget first.
pub const HISTORY_TOTAL_BYTES: usize = 32 * 1_024 * 1_024;
/// Memory of a remembered message besides its text.
pub const MESSAGE_WEIGHT: usize = 96;
/// Messages shown to a newcomer in a room: a screenful.
pub const REPLAYED_MESSAGES: usize = 20;
/// Bytes of text shown to a newcomer in a room, so that a storm of newcomers costs little.
pub const REPLAYED_BYTES: usize = 4 * 1_024;
/// Numbers left out after a crash, so that none is given to a second message: more than can be said
/// between two commits, even if the disk fails for hours.
pub const NUMBERS_SKIPPED: u64 = 1_000_000_000;
/// Messages and rooms written in one commit, at 10 us each; the rest is left to the next.
pub const COMMIT_ROWS_MAX: usize = 256;
/// Shortest time between two commits: a crash loses at most that.
pub const COMMIT_INTERVAL: Duration = Duration::from_millis(50);
/// Time between two commits, in times that the last one took: a slow disk costs the chat 3 % …
pub const COMMIT_PAUSE: u32 = 32;
/// … up to this; and the longest time between two tries where the disk fails.
pub const COMMIT_INTERVAL_MAX: Duration = Duration::from_secs(5);
/// How long the start waits for another program (`sqlite3`) that has locked the state.
pub const STORE_PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of a state that is checked for damage at the start, which reads all of it. In a larger one
/// damage is found when what is damaged is read.
pub const STORE_CHECKED_BYTES_MAX: u64 = 256 * 1_024 * 1_024;
/// Bytes of the store's log above which it is moved into the database when there is nothing else to
/// do: enough that pages written often are moved once.
pub const STORE_LOG_BYTES: u64 = 1_024 * 1_024;
/// The same when there is never nothing else to do: moving it takes 0.2 s, as does reading it after
/// a crash.
pub const STORE_LOG_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Shortest time between two checkpoints, also where one fails at once …
pub const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);
/// … and in times that the last one took: a disk that is slow to sync costs the chat 1 %.
pub const CHECKPOINT_PAUSE: u32 = 100;

/// Time between two looks at the calendar, which may be set.
pub const CALENDAR_INTERVAL: Duration = Duration::from_secs(1);

// ---- Rooms that somebody owns ------------------------------------------------------------

/// Bytes of a topic.
pub const TOPIC_BYTES_MAX: usize = 256;
/// Bytes of a room's password.
pub const PASSWORD_BYTES_MAX: usize = 64;
/// Wrong passwords for a room that may come from one network …
pub const ROOM_GUESSES_FREE: u32 = 10;
/// … before nobody from there may try for so long, twice as long after each further one …
pub const ROOM_PAUSE_MIN: Duration = Duration::from_secs(1);
/// … up to this: 1,440 a day.
pub const ROOM_PAUSE_MAX: Duration = Duration::from_secs(60);
/// Time after which wrong passwords are forgotten.
pub const ROOM_GUESSES_FORGOTTEN: Duration = Duration::from_secs(60 * 60);
/// Networks of which that is known, for each room; of more, who guessed least is forgotten.
pub const ROOM_GUESSERS_MAX: usize = 64;
/// Bytes of the reason of a ban, a mute or a kick.
pub const REASON_BYTES_MAX: usize = 120;
/// Bans and mutes of one room.
pub const SANCTIONS_MAX: usize = 200;
/// The same for `main`, whose bans are the server's.
pub const SANCTIONS_OF_MAIN_MAX: usize = 2_000;
/// Bans and mutes listed by one `/bans`; the rest is on other pages.
pub const SANCTIONS_LISTED_MAX: usize = 40;
/// Operators of one room.
pub const OPERATORS_MAX: usize = 32;
/// People that one member ignores.
pub const IGNORED_MAX: usize = 32;
/// Transcripts of comings and goings, one for each encoding: those of plain lines, JSON and 32
/// forms of IRC. More encodings share the last one.
pub const NEWS_TRANSCRIPTS_MAX: usize = 40;
/// Of those who hear a batch, how many may miss a message of it; for more it ends before that,
/// since each would be an exception of it.
pub const DEAF_IN_BATCH_MAX: usize = 16;
/// Members above which a room hears of comings and goings in a digest. Default of `--digest-above`.
pub const DIGEST_ABOVE: usize = 200;
/// Time between two digests of one room.
pub const DIGEST_INTERVAL: Duration = Duration::from_secs(1);

/// Rounds of a new password hash: what OWASP asks for.
pub const PASSWORD_ROUNDS: u32 = 600_000;
/// The most rounds that a hash may ask for: half a minute.
pub const PASSWORD_ROUNDS_MAX: u32 = 10_000_000;
/// Rounds done in one turn, at half a microsecond each …
pub const PASSWORD_ROUNDS_PER_TURN: u32 = 2_000;
/// … and the pause after them, in times that they took, so that guessing takes a fifth of the
/// server at most …
pub const PASSWORD_PAUSE_SHARE: u32 = 4;
/// … or this pause where the rounds were not measured.
pub const PASSWORD_PAUSE: Duration = Duration::from_millis(5);
/// Passwords that wait to be checked, one of each network; each takes a second or two.
pub const PASSWORD_CHECKS_MAX: usize = 32;
/// Time within which a request is answered that takes a while: a password that is checked after 31
/// others takes a third of it. Meanwhile nothing more is heard of the client.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(180);
/// Clients, networks and prefixes of which it is known how often they brought a wrong password.
pub const PASSWORD_FAILURES_MAX: usize = 1_024;

// ---- What one client still has to be sent ------------------------------------------------

/// Backlog above which joins and leaves are no longer queued. Default of `--outbox-soft`.
pub const OUTBOX_SOFT_BYTES: usize = 64 * 1_024;
/// Backlog at which a client that does not read is closed. Default of `--outbox-hard`.
pub const OUTBOX_HARD_BYTES: usize = 256 * 1_024;
/// Age of the oldest unsent byte at which a client is closed. Default of `--outbox-age`.
pub const OUTBOX_AGE: Duration = Duration::from_secs(10);
/// Memory for all that waits, what waits for many counted once. Default of `--outbox-total`.
pub const OUTBOX_TOTAL_BYTES: usize = 64 * 1_024 * 1_024;
/// Memory of a piece of an outbox besides its bytes, so that small pieces do not get round the
/// limits.
pub const PIECE_BYTES: usize = 32;
/// Bytes for single clients queued between two flushes after which reading waits for the next: they
/// take memory.
pub const QUEUED_BYTES_PER_TURN: usize = 8 * 1_024 * 1_024;
/// Bytes said to rooms between two flushes, counted for each listener, after which reading waits
/// for the next: copying them takes about 50 ms. A window of 64 messages to 19,000 people is a
/// third.
pub const SHARED_BYTES_PER_TURN: usize = 256 * 1_024 * 1_024;
/// Bytes of a transcript's segment: what a sweep drops or keeps, and large enough that what is said
/// in one turn rarely lies in two.
pub const SEGMENT_BYTES: usize = 64 * 1_024;
/// Bytes with which a segment begins; it doubles until it is full.
pub const SEGMENT_BYTES_FIRST: usize = 1_024;
/// Bytes that the longest message takes in plain lines: a line, a nickname, a date or a number, and
/// what is between. In JSON it may be twice that; the segment it is in grows a little longer then.
pub const MESSAGE_BYTES_MAX: usize = LINE_BYTES_MAX + NAME_BYTES_MAX + 48;
/// Emptied segments kept for the next messages.
pub const SPARE_SEGMENTS_MAX: usize = 2;
/// Bytes of transcripts below which a sweep would be wasted time.
pub const SWEEP_BYTES_MIN: usize = 1_024 * 1_024;
/// Time after which transcripts are swept though they have not grown.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// Slices of one vectored write: pieces cost more than bytes.
pub const WRITE_SLICES: usize = 16;
/// Bytes of several pieces up to which they are copied together for one plain write, which is
/// cheaper than a vectored one.
pub const JOINED_BYTES_MAX: usize = 4 * 1_024;
/// Bytes written to one client in one turn, so that one fast reader cannot hold the loop.
pub const WRITE_BYTES_PER_TURN: usize = 64 * 1_024;
/// The same for a client that has refused bytes, until it has caught up: what the kernel takes for
/// a reader that never reads is lost memory.
pub const WRITE_BYTES_TO_SLOW: usize = 8 * 1_024;
/// Emptied queues of clients kept for the next that need one.
pub const SPARE_OVERFLOWS_MAX: usize = 32;
/// Capacity above which an emptied queue is given back to the allocator instead, its bytes …
pub const SPARE_BYTES_MAX: usize = 1_024;
/// … and its pieces: an idle server keeps 40 KiB of them at most.
pub const SPARE_PIECES_MAX: usize = 8;
/// Longest pause between two flushes. Default of `--max-delay`.
pub const FLUSH_DELAY_MAX: Duration = Duration::from_millis(5);
/// Pause after a flush, in times that the flush took: where pauses pay, writing takes a fourth of
/// the time.
pub const FLUSH_PAUSE: u32 = 3;
/// Shortest flush after which a pause is worth its while.
pub const FLUSH_WORTH_PACING: Duration = Duration::from_micros(250);
/// Flushes after which a pause is tried again where the last ones were useless.
pub const FLUSHES_UNPACED_MAX: u32 = 256;
/// Clients heard in one turn, at 2 to 20 us each; the others are heard in the next.
pub const READS_PER_TURN: usize = 1_024;
/// Clients written to in one turn; the rest of a flush is left to the next, so that new clients and
/// datagrams need not wait for a crowd of 19,000. At 2 to 5 us each that is 4 to 10 ms.
pub const WRITES_PER_TURN: usize = 2_048;
/// Clients whose time is up, and connections closed, in one turn. When a crowd leaves at once, the
/// others are served in between.
pub const CLOSES_PER_TURN: usize = 1_024;
/// Time for a closing client to read its remaining output.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes that a closing client must take to be given that time again: who reads on at 2 KiB a
/// second or more gets all it is owed, who does not is gone after two minutes at the latest.
pub const CLOSE_PROGRESS_BYTES: usize = 4 * 1_024;
/// Lines of the message of the day, each of which everybody who comes is told: one screen has 24.
pub const MOTD_LINES: usize = 8;
/// Bytes of one of them; a person's lines have this size, too.
pub const MOTD_LINE_BYTES: usize = 400;

/// Time within which clients that are sent away at shutdown are asked to come back: 20,000 clients
/// are then 2,000 a second, a tenth of the admission rate. Default of `--come-back`.
pub const COME_BACK: Duration = Duration::from_secs(10);

/// Time over which SIGUSR2 sends everybody away. Default of `--lame-duck`.
pub const LAME_DUCK: Duration = Duration::from_secs(30);

/// How long clients may take to read the goodbye at shutdown. Default of `--drain`.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

// ---- Connections -------------------------------------------------------------------------

/// Connections the kernel may hold for us before we accept them. Default of `--backlog`; mio's own
/// default of 128 turned a 0.3 s stall into 8 s of retried handshakes.
pub const BACKLOG: i32 = 4_096;
/// Descriptors kept back from clients: listeners, poll, log file, and some air.
pub const DESCRIPTORS_RESERVED: u64 = 64;
/// Connections at once from one IPv4 address or IPv6 /64: a classroom has 40. Default of
/// `--max-per-address`.
pub const CONNECTIONS_PER_ADDRESS_MAX: u32 = 64;
/// A /24 of IPv4 or a /48 of IPv6 may have as many clients as this many addresses in it, since one
/// customer may own it all.
pub const SEATS_PREFIX_SHARE: u32 = 16;
/// Clients that may be connected beside `--max-clients` while others, who make way for them, are
/// being closed; taken from [`DESCRIPTORS_RESERVED`].
pub const SEATS_LENT_MAX: usize = 16;
/// Connections accepted in one turn.
pub const ACCEPTS_PER_TURN: usize = 64;
/// First wait after the system ran out of descriptors; doubles up to `ACCEPT_RETRY_MAX`.
pub const ACCEPT_RETRY_MIN: Duration = Duration::from_millis(50);
/// Longest wait between two tries to accept again.
pub const ACCEPT_RETRY_MAX: Duration = Duration::from_secs(1);
/// Time that a connection may wait for a descriptor before it is told that there is none.
pub const ACCEPT_PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of the longest header of a balancer: its fixed 16, IPv6 or Unix addresses, and room for
/// what else it tells. HAProxy's own limit for one that it receives is 536.
pub const PROXY_HEADER_BYTES_MAX: usize = 16 + 520;
/// Bytes of the longest header that is a line of text, its end included, as the PROXY protocol has
/// it: `PROXY UNKNOWN`, two addresses of IPv6 and two ports.
pub const PROXY_LINE_BYTES_MAX: usize = 107;
/// How long the header of a balancer may take: it is sent with the connection, so this is time to
/// repeat a lost packet.
pub const PROXY_HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections of balancers that wait for their header at once, 0.8 KiB each: what they bring in a
/// second while packets are lost.
pub const PROXY_HEADERS_PENDING_MAX: usize = 1_024;
/// Moderation acts that wait to be logged, some 200 bytes each: more than people do in one turn.
/// Further ones are counted.
pub const AUDIT_MAX: usize = 256;
/// Lines of the log at once about what owners and operators of rooms have done, and such lines a
/// second: anybody may own a room, and none is to fill the disk, 100 bytes a line. What looks after
/// the server is always logged.
pub const AUDIT_ROOM_LINES: (u32, u32) = (100, 1);
/// The same for passwords of operators that were wrong: three a second can be checked.
pub const AUDIT_OPER_LINES: (u32, u32) = (100, 5);
/// Idle time after which TCP asks whether the peer is still there. Default of `--keepalive`. Well
/// below `USER_TIMEOUT`: Linux gives up at the first question without answer that comes later than
/// that after the last sign of life, so there must be time for more questions in between.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(20);
/// Longest time between such questions.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// Such questions without answer before the connection is lost, with `--user-timeout 0s`; otherwise
/// that many fit before the user timeout. One may get lost on its way.
pub const KEEPALIVE_PROBES: u32 = 3;
/// Connections after which the idle time of the next ones is changed by a second: timers that far
/// off go off together within two seconds, and the questions and answers of a crowd of 15,000 would
/// fill every queue.
pub const KEEPALIVE_BATCH: u64 = 64;
/// How long sent data may stay unacknowledged. Default of `--user-timeout`.
pub const USER_TIMEOUT: Duration = Duration::from_secs(30);
/// Unsent bytes the kernel may hold for one client: a stalled reader costs this, not megabytes.
pub const KERNEL_UNSENT_BYTES: u32 = 16 * 1_024;
/// Clients whose leaving is no reason to give memory back: it would be needed again soon.
pub const CROWD: usize = 64;
/// Bytes written to a client after which the system is asked whether it holds too many for it.
pub const PROBE_BYTES: u32 = 8 * 1_024;
/// Clients looked at in one turn because something is due, even while a flush is wanted: a busy
/// room must not keep deadlines waiting for ever.
pub const EXPIRIES_PER_TURN: usize = 64;
/// Longest turn of the loop that the gauge tells from longer ones.
pub const TURN_MAX: Duration = Duration::from_secs(60);
/// Events fetched by one poll.
pub const EVENTS_PER_POLL: usize = 1_024;
/// Polls of one turn: enough to learn of every client that may be connected after the process was
/// stopped, and an end if something is always ready.
pub const POLLS_PER_TURN: usize = 64;
/// A turn that takes longer than this was most likely stopped from outside: readers are not blamed
/// for it. Shorter ones are part of what [`OUTBOX_AGE`] allows for.
pub const STANDSTILL: Duration = Duration::from_secs(1);

// ---- Whoever supervises the server -------------------------------------------------------

/// Time between two status lines for a supervisor without a watchdog: the status that a person sees
/// is at most that old.
pub const STATUS_INTERVAL: Duration = Duration::from_secs(10);
/// Time that stopping may take besides `--drain` before the supervisor kills the server: saving the
/// state on a slow disk.
pub const STOP_MARGIN: Duration = Duration::from_secs(10);
// ---- Handing over to a new process -------------------------------------------------------

/// Time until a new process must be ready to take over. Everybody is served meanwhile; it has flags
/// to read and a log to open.
pub const SUCCESSOR_PATIENCE: Duration = Duration::from_secs(5);
/// Time that a ready new process may take to take over. Nobody is served meanwhile, and nobody is
/// lost: a client waits no longer for it than for a lost packet.
pub const HANDOVER_PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of the document for which it may take a second more: those of 6,000 clients, which take
/// 0.1 s, or a second where the machine has ten other things to do.
pub const HANDOVER_BYTES_PER_SECOND: usize = 4 * 1_024 * 1_024;
/// How long it may take at most, however much there is.
pub const HANDOVER_PATIENCE_MAX: Duration = Duration::from_secs(5);
/// Time that a new process waits for the old one: longer than the old one waits for it, which is to
/// be the one that gives up.
pub const PREDECESSOR_PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of the hand-over document, most of it output for slow readers.
pub const HANDOVER_BYTES_MAX: usize = 256 * 1_024 * 1_024;
/// Bytes that wait or are remembered above which nothing is handed over: written down they are two
/// to three times as many.
pub const HANDOVER_WAITING_BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// Descriptors sent at once (Linux: 253 at most).
pub const HANDOVER_DESCRIPTORS_PER_MESSAGE: usize = 250;
/// Bytes of the reason for which a new process refuses.
pub const HANDOVER_REASON_BYTES: usize = 512;

// ---- Log ---------------------------------------------------------------------------------

/// Bytes of log that wait for a descriptor that takes none; more is dropped and counted.
pub const LOG_RING_BYTES: usize = 256 * 1_024;
/// Bytes of one log line; the rest is cut.
pub const LOG_LINE_BYTES_MAX: usize = 4 * 1_024;

const _: () = {
    assert!(FLOOD_PER_WRONG_PASSWORD > FLOOD_LINES_PER_ANNOUNCEMENT);
    assert!((SEATS_LENT_MAX as u64) < DESCRIPTORS_RESERVED / 2);
    assert!(LINE_BYTES_MAX <= REGISTER_BYTES_MAX, "one whole line fits before registration");
    assert!(LINE_BYTES_MAX <= READ_BYTES_FLOOD_CONTROLLED);
    assert!(READ_BYTES_FLOOD_CONTROLLED <= READ_BYTES_PER_TURN);
    assert!(
        REGISTER_REPLY_BYTES_MAX * (REGISTER_TRIES_MAX as usize) < REGISTER_OUTPUT_BYTES_MAX,
        "refusals before registration are bounded"
    );
    assert!(OUTBOX_SOFT_BYTES < OUTBOX_HARD_BYTES);
    assert!(OUTBOX_HARD_BYTES < OUTBOX_TOTAL_BYTES);
    assert!(WRITE_BYTES_PER_TURN <= OUTBOX_HARD_BYTES);
    assert!(WRITE_BYTES_TO_SLOW >= CLOSE_PROGRESS_BYTES, "who reads all it is offered progresses");
    assert!(SEGMENT_BYTES * SPARE_SEGMENTS_MAX <= SWEEP_BYTES_MIN);
    assert!(CHUNK_QUIET.as_millis() < TYPIST_QUIET.as_millis());
    assert!(TYPIST_QUIET.as_millis() < REGISTER_TIMEOUT.as_millis());
    assert!(LOG_LINE_BYTES_MAX < LOG_RING_BYTES);
    assert!(COMMIT_INTERVAL.as_millis() < COMMIT_INTERVAL_MAX.as_millis());
    assert!(STORE_LOG_BYTES < STORE_LOG_BYTES_MAX);
};
