//! Every bound of the server: its name, its unit and its reason.
//!
//! A value here is either fixed (the code relies on it) or the default of a flag; the doc of each
//! says which. What happens when a bound is hit is told in `docs/ARCHITECTURE.md`, section Limits.
//! The assertions at the end keep bounds that lean on each other in order.

use std::ops::RangeInclusive;
use std::time::Duration;

// ---- What one client may send ------------------------------------------------------------

/// Bytes of one line, its newline included. Fixed: part of the protocol (IRC allows 512).
pub const LINE_BYTES_MAX: usize = 1_024;
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
/// Bytes of a line that cost as much as one more line.
pub const FLOOD_BYTES_PER_LINE: usize = 256;
/// What a command that everyone in a room hears about (`/join`, `/nick`) costs, in lines.
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
/// Bytes of the longest single reply to a client without a nickname.
pub const REGISTER_REPLY_BYTES_MAX: usize = 320;
/// Bytes a client can earn before it has a nickname: unread replies must not grow
/// (CVE-2025-21605).
pub const REGISTER_OUTPUT_BYTES_MAX: usize = 4 * 1_024;

// ---- Clients that send no newline --------------------------------------------------------

/// Quiet after which a chunk without newline is a whole message (classroom clients).
pub const CHUNK_QUIET: Duration = Duration::from_millis(50);
/// The same when the chunk ended in a single byte: a person types on a character-mode terminal.
pub const TYPIST_QUIET: Duration = Duration::from_secs(2);
/// How long a started line may stay unfinished. Default of `--line-timeout`; twice the usual 30 s
/// because slow typists on character-mode terminals are real.
pub const LINE_TIMEOUT: Duration = Duration::from_secs(60);

// ---- Names and rooms ---------------------------------------------------------------------

/// Bytes of a nickname or room name (UTF-8).
pub const NAME_BYTES_MAX: usize = 32;
/// Columns a nickname or room name may take on a terminal.
pub const NAME_COLUMNS_MAX: usize = 16;
/// Rooms that exist at once. Default of `--max-rooms`.
pub const ROOMS_MAX: usize = 4_096;
/// Rooms one client may be in at once (plain lines use one).
pub const ROOMS_PER_MEMBER_MAX: usize = 32;
/// Names or rooms listed by one `/who` or `/rooms`; the rest is told as a number.
pub const LISTED_MAX: usize = 200;
/// Bytes after which a listing goes on in a new line, for people on 80 columns.
pub const LISTING_LINE_BYTES: usize = 400;

// ---- What one client still has to be sent ------------------------------------------------

/// Backlog above which joins and leaves are no longer queued. Default of `--outbox-soft`.
pub const OUTBOX_SOFT_BYTES: usize = 64 * 1_024;
/// Backlog at which a client that does not read is closed. Default of `--outbox-hard`.
pub const OUTBOX_HARD_BYTES: usize = 256 * 1_024;
/// Age of the oldest unsent byte at which a client is closed. Default of `--outbox-age`.
pub const OUTBOX_AGE: Duration = Duration::from_secs(10);
/// Memory for all that waits, what waits for many counted once. Default of `--outbox-total`.
pub const OUTBOX_TOTAL_BYTES: usize = 64 * 1_024 * 1_024;
/// What a piece of an outbox counts besides its bytes: its memory, so that small pieces do not get
/// round the limits.
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
/// Bytes that the longest message takes as it is sent: a line, a nickname, and what is between.
pub const MESSAGE_BYTES_MAX: usize = LINE_BYTES_MAX + NAME_BYTES_MAX + 32;
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
pub const SPARE_RESTS_MAX: usize = 32;
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
/// How long a closing client may take to read what it is owed.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes that a closing client must take to be given that time again: who reads on at 2 KiB a
/// second or more gets all it is owed, who does not is gone after two minutes at the latest.
pub const CLOSE_PROGRESS_BYTES: usize = 4 * 1_024;
/// How long clients may take to read the goodbye at shutdown. Default of `--drain`.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

// ---- Connections -------------------------------------------------------------------------

/// Connections the kernel may hold for us before we accept them. Default of `--backlog`; mio's own
/// default of 128 turned a 0.3 s stall into 8 s of retried handshakes.
pub const BACKLOG: i32 = 4_096;
/// Descriptors kept back from clients: listeners, poll, log file, and some air.
pub const DESCRIPTORS_RESERVED: u64 = 64;
/// Connections at once from one IPv4 address or IPv6 /64. Default of `--max-per-address`.
pub const CONNECTIONS_PER_ADDRESS_MAX: u32 = 32;
/// Connections accepted in one turn.
pub const ACCEPTS_PER_TURN: usize = 64;
/// First wait after the system ran out of descriptors; doubles up to `ACCEPT_RETRY_MAX`.
pub const ACCEPT_RETRY_MIN: Duration = Duration::from_millis(50);
/// Longest wait between two tries to accept again.
pub const ACCEPT_RETRY_MAX: Duration = Duration::from_secs(1);
/// How long a connection may wait for a descriptor before it is told that there is none.
pub const ACCEPT_PATIENCE: Duration = Duration::from_secs(3);
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

// ---- UDP ---------------------------------------------------------------------------------

/// Bytes of the longest datagram looked at; a longer one is dropped.
pub const DATAGRAM_BYTES_MAX: usize = 512;
/// Datagrams received in one turn and socket.
pub const DATAGRAMS_PER_TURN: usize = 256;
/// Addresses of this host, all UDP sockets taken together, that answers are known to leave by. A
/// host may own a whole network; answers from its further addresses leave by whichever suits.
pub const DATAGRAM_DOORS_MAX: usize = 256;
/// Endpoints remembered by plain pairing; the oldest goes first. Just below the size at which the
/// hash table doubles, so that a flood from made-up addresses costs under 1 MB.
pub const PAIRED_ENDPOINTS_MAX: usize = 7_168;
/// How long an endpoint waits for a partner, and how long a pair's repeats are answered.
pub const PAIRING_TIMEOUT: Duration = Duration::from_secs(30);
/// Shortest time between two answers of plain pairing to one endpoint.
pub const PAIRING_ANSWER_INTERVAL: Duration = Duration::from_secs(3);
/// Datagrams a second answered per IPv4 address or IPv6 /64. Default of `--udp-rate`.
pub const UDP_RATE_PER_SECOND: u32 = 20;
/// Datagrams answered at once before that rate binds: a classroom behind one address.
pub const UDP_RATE_BURST: u32 = 60;
/// Cells of the table that keeps those rates; two addresses may share one.
pub const UDP_RATE_CELLS: usize = 8_192;
/// Bytes of the longest answer, kept inline: a STUN refusal with all it may list takes 56.
pub const ANSWER_BYTES_MAX: usize = 64;
/// How long a cookie of the keyed protocol is good at the least; at the most twice as long.
pub const COOKIE_SLOT: Duration = Duration::from_secs(120);
/// Bytes of a queue's name: a word and a random number, or a whole hash.
pub const QUEUE_NAME_BYTES_MAX: usize = 64;
/// Players of one match, at the least and at the most: all their addresses fit into one datagram.
pub const MATCH_PLAYERS: RangeInclusive<u8> = 2..=16;
/// Private addresses that one player may name: a cable and a radio.
pub const LAN_CANDIDATES_MAX: usize = 2;
/// Bytes of the longest datagram that tells of a match: passes any path that IPv6 does.
pub const MATCH_BYTES_MAX: usize = 1_200;
/// Endpoints that have proved their address and wait, or have met others, at some 400 bytes each.
/// When there are more the oldest match goes first, and those who wait never.
pub const PLAYERS_MAX: usize = 16_384;
/// Such endpoints of one IPv4 address or IPv6 /64 that wait, or have not confirmed their match: a
/// classroom. Loopback is exempt.
pub const PLAYERS_PER_ADDRESS_MAX: u16 = 64;
/// Such endpoints of one IPv4 /24 or IPv6 /48, which one customer may own whole.
pub const PLAYERS_PER_PREFIX_MAX: u16 = 1_024;
/// All such endpoints of one IPv4 address or IPv6 /64, those who know of their match included: a
/// school. So nobody can fill the table alone.
pub const SEATS_PER_ADDRESS_MAX: u16 = 512;
/// The same for an IPv4 /24 or IPv6 /48.
pub const SEATS_PER_PREFIX_MAX: u16 = 2_048;
/// Shortest time between two answers to a player who asks again: less than clients wait for one.
pub const PLAYER_ANSWER_INTERVAL: Duration = Duration::from_millis(200);
/// Cells of each of the tables that count them; two networks may share one.
pub const PLAYER_CELLS: usize = 8_192;
/// How long an endpoint waits for others without asking again.
pub const PLAYER_WAIT: Duration = Duration::from_secs(30);
/// How long a match is remembered after the last datagram of any of its players.
pub const MATCH_IDLE: Duration = Duration::from_secs(60);
/// Old matches looked at to find one that may be forgotten for a newcomer.
pub const EVICTION_TRIES: usize = 16;
/// Time from telling players of each other until they send to each other: enough for the news to
/// reach all of them, so that each NAT is open when the first datagram from outside comes.
pub const PUNCH_DELAY: Duration = Duration::from_millis(200);
/// Times after which a match is told again to a player who has not confirmed it: six times in four
/// seconds, of which a line that loses a third of all datagrams takes all once in 1,400.
pub const MATCH_REPEATS: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(1_000),
    Duration::from_millis(2_000),
];
/// Players whose time is up, served in one turn.
pub const PLAYERS_DUE_PER_TURN: usize = 1_024;
/// How long a token of the chat may wait for its endpoint.
pub const TOKEN_TTL: Duration = Duration::from_secs(600);
/// Bytes of game data in one relayed datagram: what games send to fit any path.
pub const RELAY_PAYLOAD_BYTES_MAX: usize = 1_200;
/// Bytes of the longest relayed datagram, its header included.
pub const RELAY_DATAGRAM_BYTES_MAX: usize = 1_280;
/// Bytes charged for each relayed datagram beside its payload: our header and those of IP and UDP,
/// so that many small ones are bounded, too.
pub const RELAY_OVERHEAD_BYTES: usize = 60;
/// Bytes a second relayed for one player. Default of `--relay-rate`: a fast game, not a video.
pub const RELAY_RATE_BYTES: usize = 64 * 1_024;
/// Bytes relayed for one player in one match. Default of `--relay-quota`: a quarter of an hour at
/// that rate, hours of a usual game.
pub const RELAY_QUOTA_BYTES: usize = 64 * 1_024 * 1_024;
/// Bytes a second relayed for all players together. Default of `--relay-total`.
pub const RELAY_TOTAL_BYTES: usize = 4 * 1_024 * 1_024;
/// One network (an IPv4 address or IPv6 /64) may use this part of that rate, so that no household
/// takes the relay from all others.
pub const RELAY_NETWORK_SHARE: usize = 8;
/// Cells of the table that keeps the rates of networks; two may share one.
pub const RELAY_CELLS: usize = 1_024;
/// Attribute types that one STUN refusal lists; more would make the answer long, not clearer.
pub const STUN_UNKNOWN_LISTED_MAX: usize = 8;

// ---- Log ---------------------------------------------------------------------------------

/// Bytes of log that wait for a descriptor that takes none; more is dropped and counted.
pub const LOG_RING_BYTES: usize = 256 * 1_024;
/// Bytes of one log line; the rest is cut.
pub const LOG_LINE_BYTES_MAX: usize = 4 * 1_024;

// ---- Load generator ----------------------------------------------------------------------

/// Simulated clients. Default of `--clients`.
pub const LOAD_CLIENTS: u32 = 1_000;
/// Simulated clients of one run: their numbers have five hexadecimal digits in each message.
pub const LOAD_CLIENTS_MAX: u32 = 1_000_000;
/// Messages that one sender keeps in flight at most; more only measures the kernel's buffers.
pub const LOAD_IN_FLIGHT_MAX: u32 = 16_384;
/// Bytes of a message as it is delivered. Default of `--size`.
pub const LOAD_MESSAGE_BYTES: u32 = 64;
/// Bytes of the longest such message: a few of them fit in one read.
pub const LOAD_MESSAGE_BYTES_MAX: u32 = 16 * 1_024;
/// Bytes of the longest text in IRC, whose lines have 512 with a prefix of up to a hundred.
pub const LOAD_IRC_TEXT_BYTES_MAX: usize = 400;
/// Messages a second that one client may say in an open loop.
pub const LOAD_RATE_MAX: f64 = 10_000.0;
/// Measured time. Default of `--duration`.
pub const LOAD_DURATION: Duration = Duration::from_secs(5);
/// Time between the first message and the first that counts. Default of `--warm-up`.
pub const LOAD_WARM_UP: Duration = Duration::from_secs(1);
/// Longest time that either may be: a forgotten run ends within a day.
pub const LOAD_TIME_MAX: Duration = Duration::from_secs(12 * 60 * 60);
/// Connections open at a time in a storm. Default of `--at-once`.
pub const LOAD_AT_ONCE: u32 = 256;
/// Connections that are made or await their admission at a time: well below any backlog.
pub const LOAD_CONNECTING_MAX: usize = 256;
/// How long connecting may go without a single admission before the rest is given up; ngIRCd takes
/// a quarter of a minute for the first of two hundred.
pub const LOAD_ADMISSION_PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer to a newcomer that is still incomprehensible: the server speaks another
/// language.
pub const LOAD_ANSWER_BYTES_MAX: usize = 64 * 1_024;
/// Silence after which a room is taken to have settled.
pub const LOAD_SILENCE: Duration = Duration::from_millis(200);
/// How long that silence is waited for.
pub const LOAD_SILENCE_PATIENCE: Duration = Duration::from_secs(30);
/// How long what was said may be on its way after the measured time.
pub const LOAD_DRAIN: Duration = Duration::from_secs(5);
/// Members, spread over the room, whose messages are taken apart for their latency. More would cost
/// more and tell the same.
pub const LOAD_PROBES: usize = 64;
/// Bytes of the one read buffer: most turns empty a socket with one read.
pub const LOAD_READ_BYTES: usize = 64 * 1_024;
/// Sockets that are read between two looks at the clock, so that sends are on time in a busy turn.
pub const LOAD_READS_PER_LOOK: usize = 8;
/// Bytes that wait for a client's socket above which it says no more: the server does not read.
pub const LOAD_OUTBOX_BYTES_MAX: usize = 256 * 1_024;
/// Longest latency that is told apart from longer ones.
pub const LOAD_LATENCY_MAX: Duration = Duration::from_secs(120);
/// Lateness of a hundredth of the sends above which the load generator says it was the limit.
pub const LOAD_LATENESS_MAX: Duration = Duration::from_millis(1);
/// Share of a core above which the load generator says it was the limit.
pub const LOAD_CPU_SHARE_MAX: f64 = 0.95;
/// Loopback addresses that clients connect from: one has only 28,000 ports for one server.
pub const LOAD_SOURCES: u32 = 1_000;
/// How long a UDP endpoint waits for an answer before it asks again: datagrams get lost.
pub const LOAD_ASK_AGAIN: Duration = Duration::from_millis(500);
/// Bytes of the longest datagram that an endpoint reads; matches are told in fewer.
pub const LOAD_DATAGRAM_BYTES_MAX: usize = 1_280;
/// Processes of one run: more only get into each other's way.
pub const LOAD_PROCESSES_MAX: u32 = 64;
/// Time between "everybody is ready" and the first message, so that every process has heard it.
pub const LOAD_START_DELAY: Duration = Duration::from_millis(50);
/// Bytes of a line between two processes of ours: a histogram has some thousand cells.
pub const LOAD_LINE_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Time between two looks of a person at the progress.
pub const LOAD_PROGRESS_INTERVAL: Duration = Duration::from_millis(100);
/// How long a server may take to notice that everybody has left.
pub const LOAD_FAREWELL: Duration = Duration::from_secs(3);
/// Time between two looks at a server that is to come to rest.
pub const LOAD_FAREWELL_LOOK: Duration = Duration::from_millis(100);

// ---- Matchmaking client ------------------------------------------------------------------

/// Time after which a question to the matchmaking server is asked again; doubles …
pub const ASK_AGAIN_MIN: Duration = Duration::from_millis(250);
/// … up to this: where a third of all packets is lost, so is every second question.
pub const ASK_AGAIN_MAX: Duration = Duration::from_secs(1);
/// Time between two signs of life to a server that has us wait: a tenth of its patience.
pub const WAIT_AGAIN: Duration = Duration::from_secs(3);
/// How long a server may take for its first answer: sixteen questions have been asked by then.
pub const SERVER_PATIENCE: Duration = Duration::from_secs(15);
/// The same for each address of a server but the last, when its name has several.
pub const SERVER_ADDRESS_PATIENCE: Duration = Duration::from_secs(3);
/// How long a server that has answered may then be silent before it counts as gone.
pub const SERVER_SILENCE: Duration = Duration::from_secs(30);
/// Longest time that a server may have us wait before it is asked again, or before we punch.
pub const SERVER_DELAY_MAX: Duration = Duration::from_secs(60);
/// How often the server is told that we leave: nothing waits for its answer for long.
pub const LEAVES_MAX: u8 = 3;
/// Bytes to which a question without cookie is filled up: a server answers with no more.
pub const JOIN_BYTES_MIN: usize = 64;
/// Bytes to which a question for the own address is filled up: its answer lists ports.
pub const CHECK_BYTES: usize = 128;
/// Time between two PINGs to a candidate in the first [`PING_FAST_FOR`] …
pub const PING_FAST: Duration = Duration::from_millis(100);
/// … which is when the NATs on both sides are opened.
pub const PING_FAST_FOR: Duration = Duration::from_secs(1);
/// Time between two PINGs after that.
pub const PING_SLOW: Duration = Duration::from_millis(250);
/// Time after which the relay is tried as well.
pub const RELAY_AFTER: Duration = Duration::from_millis(2_500);
/// Time for which a working path waits for one through the own network, which is better.
pub const LAN_HEAD_START: Duration = Duration::from_millis(400);
/// PINGs on a better way that shows up later, after which it is taken to work one way only.
pub const BETTER_TRIES_MAX: u8 = 8;
/// How long we wait for a peer to say that it, too, knows a path.
pub const PEER_LINGER: Duration = Duration::from_millis(1_500);
/// Time without any path after which a peer counts as out of reach.
pub const PUNCH_FOR: Duration = Duration::from_secs(5);
/// Addresses tried for one peer: what the server tells is three, and NATs make some up.
pub const CANDIDATES_MAX: usize = 8;
/// PINGs to one candidate whose PONG still counts: four seconds of them.
pub const PINGS_REMEMBERED: usize = 16;
/// Time between two PINGs on a path in use. NATs forget a mapping after 30 s at the earliest.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Time after which a PING on such a path is repeated when nothing comes back.
pub const KEEP_ALIVE_AGAIN: Duration = Duration::from_secs(3);
/// Silence after which a peer counts as gone.
pub const PEER_SILENCE: Duration = Duration::from_secs(45);
/// Bytes of the longest datagram of a game: what the relay takes, and any path.
pub const PEER_DATAGRAM_BYTES_MAX: usize = RELAY_PAYLOAD_BYTES_MAX;
/// Datagrams of quicker peers that are kept until all players are found: a second of a fast game.
pub const EARLY_DATAGRAMS_MAX: usize = 64;
/// Time between two looks whether a signal asks to stop: one may come just before a wait.
pub const SIGNAL_LOOK: Duration = Duration::from_millis(500);
/// Bytes of text in one datagram between two terminals; a longer line takes several.
pub const SPEECH_BYTES_MAX: usize = 1_024;
/// Such datagrams under way at once: fewer than a relay lets through in a second.
pub const SPEECH_WINDOW: u32 = 16;
/// Such datagrams that wait to be sent, above which nothing more is read from stdin.
pub const SPEECH_QUEUE_MAX: usize = 64;
/// Bytes of the longest line between two terminals; a longer one is cut into lines.
pub const SPEECH_LINE_BYTES_MAX: usize = 64 * 1_024;
/// Shortest time after which text is sent again that was not confirmed …
pub const SPEECH_AGAIN_MIN: Duration = Duration::from_millis(100);
/// … and the longest.
pub const SPEECH_AGAIN_MAX: Duration = Duration::from_secs(2);
/// Time after which a peer that confirms nothing is given up.
pub const SPEECH_PATIENCE: Duration = Duration::from_secs(20);
/// Quiet after which a terminal whose stdin has ended leaves: others may still have answered, and
/// what they say may have been lost and be under way again.
pub const SPEECH_QUIET: Duration = Duration::from_secs(3);
/// How often it is said that we are gone: nobody confirms that.
pub const FAREWELLS: usize = 3;
/// How often the server told the kind of NAT is asked before silence counts, and a STUN server.
pub const CHECK_TRIES: u32 = 4;
/// Time between two such questions.
pub const CHECK_AGAIN: Duration = Duration::from_millis(400);
/// How often the server is told how it went with a peer: such a report has no answer …
pub const RESULTS_MAX: u8 = 3;
/// … and this is the time in between.
pub const RESULT_AGAIN: Duration = Duration::from_millis(200);

const _: () = {
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
    assert!(UDP_RATE_CELLS.is_power_of_two());
    assert!(PLAYERS_PER_ADDRESS_MAX < SEATS_PER_ADDRESS_MAX);
    assert!(PLAYERS_PER_PREFIX_MAX < SEATS_PER_PREFIX_MAX);
    assert!(SEATS_PER_PREFIX_MAX as usize <= PLAYERS_MAX / 8);
    assert!(RELAY_PAYLOAD_BYTES_MAX + 64 <= RELAY_DATAGRAM_BYTES_MAX, "room for the header");
    assert!(DATAGRAM_BYTES_MAX < RELAY_DATAGRAM_BYTES_MAX);
    assert!(LOAD_CLIENTS_MAX < 16 * 65_536);
    assert!(LOAD_MESSAGE_BYTES_MAX as usize <= LOAD_READ_BYTES);
};
