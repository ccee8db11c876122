//! From a record to a line in the ring.
//!
//! A record's level and message become a [`LogLine`], simplelog puts the time in front of it, and
//! the whole line goes into the [`LogRing`]. Writing it anywhere is left to
//! [`super::log_writer`].
//!
//! Invariants: a message is formatted before any lock is taken, so its `Display` may log or panic;
//! simplelog is given no newline, so each newline that comes back ends a record.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::sync::{Arc, MutexGuard, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};
use simplelog::{ConfigBuilder, WriteLogger};

use super::log_ring::{LogLine, LogRing};

/// The process's logger: forms lines and has simplelog put the time in front.
pub(super) struct JournalSocket {
    colour: bool,
    stamper: Box<WriteLogger<LineWriter>>,
}

impl JournalSocket {
    pub(super) fn new(colour: bool, ring: Arc<SharedRing>) -> Self {
        let config = ConfigBuilder::new()
            .set_time_format_rfc3339()
            // The level is part of our own text: no brackets, and coloured.
            .set_max_level(LevelFilter::Off)
            .set_thread_level(LevelFilter::Off)
            .set_target_level(LevelFilter::Off)
            .set_location_level(LevelFilter::Off)
            // mio logs each registration at trace; our own lines say it better.
            .add_filter_ignore_str("mio::")
            .build();
        let writer = LineWriter { line: Vec::new(), ring };
        Self { colour, stamper: WriteLogger::new(LevelFilter::Trace, config, writer) }
    }

    /// Logs a line of the log about itself, at any level.
    pub(super) fn say(&self, level: Level, message: fmt::Arguments<'_>) {
        let metadata = Metadata::builder().level(level).target(module_path!()).build();
        self.write(metadata, message);
    }

    fn write(&self, metadata: Metadata<'_>, message: fmt::Arguments<'_>) {
        let mut line = LogLine::new(metadata.level(), self.colour);
        // An error means that the line is full or its `Display` failed: the part that was formatted
        // is logged.
        let _ = line.write_fmt(message);
        let mut record = Record::builder();
        self.stamper
            .log(&record.metadata(metadata).args(format_args!("{}", line.as_str())).build());
    }
}

impl Log for JournalSocket {
    /// `log`'s macros ask for the level before they come here: it may change at any time.
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.write(record.metadata().clone(), *record.args());
    }

    /// Writing is the sink's.
    fn flush(&self) {}
}

/// Puts the pieces that simplelog writes together and hands whole lines to the ring.
struct LineWriter {
    line: Vec<u8>,
    ring: Arc<SharedRing>,
}

impl Write for LineWriter {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(piece);
        // Newlines inside of a message are escaped: this one is simplelog's.
        if self.line.ends_with(b"\n") {
            cut_fraction(&mut self.line);
            self.ring.lock().push(&self.line);
            self.line.clear();
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes `…:00.000120931Z` `…:00Z`: simplelog's fractions have from none to nine digits, and a
/// format without them would need the `time` crate by name.
fn cut_fraction(line: &mut Vec<u8>) {
    let stamp = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    if let (Some(dot), Some(zone)) = (memchr::memchr(b'.', stamp), memchr::memchr(b'Z', stamp)) {
        line.drain(dot..zone);
    }
}

/// The ring between the logger, which `log` wants `Sync`, and the sink. One thread holds both ends
/// and never both at once, so taking the lock never waits.
#[derive(Default)]
#[expect(clippy::disallowed_types, reason = "log's global logger must be Sync")]
pub(super) struct SharedRing(std::sync::Mutex<LogRing>);

impl SharedRing {
    /// A poisoned ring is still whole lines and counters.
    pub(super) fn lock(&self) -> MutexGuard<'_, LogRing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// A message that logs one itself when it is formatted, then does as `after` says.
    struct LoggingMessage<'a>(&'a JournalSocket, fn() -> fmt::Result);

    impl fmt::Display for LoggingMessage<'_> {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            log(self.0, Level::Info, format_args!("inner"));
            formatter.write_str("outer")?;
            self.1()
        }
    }

    fn journal() -> (JournalSocket, Arc<SharedRing>) {
        let ring = Arc::new(SharedRing::default());
        (JournalSocket::new(false, Arc::clone(&ring)), ring)
    }

    fn log(journal: &JournalSocket, level: Level, message: fmt::Arguments<'_>) {
        journal.log(&Record::builder().level(level).args(message).build());
    }

    /// The lines in the ring, without their times.
    fn messages(ring: &SharedRing) -> Vec<String> {
        let log = String::from_utf8(ring.lock().front().to_vec()).unwrap();
        log.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }

    #[test]
    fn messages_cannot_forge_lines() {
        let (journal, ring) = journal();
        log(
            &journal,
            Level::Info,
            format_args!("nick\r\n2026-11-22T02:10:00Z ERROR forged\x1b[2J"),
        );
        log(&journal, Level::Error, format_args!("{}", 42));
        log(&journal, Level::Warn, format_args!(""));
        let nick = "INFO  nick\\r\\n2026-11-22T02:10:00Z ERROR forged\\u{1b}[2J";
        assert_eq!(messages(&ring), [nick, "ERROR 42", "WARN  "]);
    }

    #[test]
    fn a_message_may_log_or_fail_or_panic_while_it_is_formatted() {
        let (journal, ring) = journal();
        log(
            &journal,
            Level::Info,
            format_args!("{}", LoggingMessage(&journal, || Err(fmt::Error))),
        );
        let panicking = LoggingMessage(&journal, || panic!("on purpose"));
        let log_it = || log(&journal, Level::Info, format_args!("{panicking}"));
        assert!(catch_unwind(AssertUnwindSafe(log_it)).is_err());
        let poison = || {
            let _ring = ring.lock();
            panic!("on purpose");
        };
        assert!(catch_unwind(AssertUnwindSafe(poison)).is_err());
        log(&journal, Level::Info, format_args!("alive"));
        assert_eq!(messages(&ring), ["INFO  inner", "INFO  outer", "INFO  inner", "INFO  alive"]);
    }

    #[test]
    fn times_have_no_fraction() {
        for (given, expected) in [
            ("2026-11-22T02:10:00.12Z INFO  1.5Z\n", "2026-11-22T02:10:00Z INFO  1.5Z\n"),
            ("2026-11-22T02:10:00Z INFO  1.5Z\n", "2026-11-22T02:10:00Z INFO  1.5Z\n"),
        ] {
            let mut line = given.as_bytes().to_vec();
            cut_fraction(&mut line);
            assert_eq!(line, expected.as_bytes());
        }
    }
}
