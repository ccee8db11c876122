//! Bounds of the load generator.

use std::time::Duration;

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
/// Time that messages may be on their way after the measured time.
pub const LOAD_DRAIN: Duration = Duration::from_secs(5);
/// Members, spread over the room, that take messages apart for their latency. More would cost more
/// and show the same.
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
/// Bytes of the longest datagram that an endpoint reads; matches take fewer.
pub const LOAD_DATAGRAM_BYTES_MAX: usize = 1_280;
/// Processes of one run: more only get into each other's way.
pub const LOAD_PROCESSES_MAX: u32 = 64;
/// Time between "everybody is ready" and the first message, so that every process has heard it.
pub const LOAD_START_DELAY: Duration = Duration::from_millis(50);
/// Bytes of a line between two processes of ours: a histogram has some thousand cells.
pub const LOAD_LINE_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Time between two looks of a person at the progress.
pub const LOAD_PROGRESS_INTERVAL: Duration = Duration::from_millis(100);
/// Time in which a server should notice that all clients have left.
pub const LOAD_FAREWELL: Duration = Duration::from_secs(3);
/// Time between two looks at a server that is to come to rest.
pub const LOAD_FAREWELL_LOOK: Duration = Duration::from_millis(100);

const _: () = {
    assert!(LOAD_CLIENTS_MAX < 16 * 65_536);
    assert!(LOAD_MESSAGE_BYTES_MAX as usize <= LOAD_READ_BYTES);
    assert!(LOAD_READ_BYTES >= super::TLS_ROOM_BYTES);
};
