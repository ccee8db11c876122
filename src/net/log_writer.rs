//! The log that never blocks the event loop.
//!
//! A log call only appends to a ring in memory; the loop owns the [`LogSink`] and writes as much as
//! the descriptor takes. When nobody reads, lines are dropped and counted, and the loop goes on.
//! Callers choose the level of a line, the loop when to drain.
//!
//! ```text
//!   log::info! ─> JournalSocket ─> simplelog ─> LogRing ─> LogSink::drain ─> Outlet
//!                 escapes    time         bounded                      never waits
//! ```
//!
//! Invariants: a log call makes no syscall but reading the clock; an error of the descriptor never
//! leaves this module once the log has started, except from [`LogSink::reopen`].

use std::fmt::Write as _;
use std::io;
use std::os::fd::{AsFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use log::{Level, LevelFilter};
use rustix::io::Errno;
use thiserror::Error;

use super::log_journal::{JournalSocket, SharedRing};
use super::log_output::LogOutput;
use super::log_ring::LogLine;

/// Settings of the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The most talkative level that is logged.
    pub level: LevelFilter,
    /// The file to append to; stderr when there is none.
    pub file: Option<PathBuf>,
    /// Whether the environment allows colour; it is used on a terminal only.
    pub colour: bool,
}

/// Why the log could not be started.
#[derive(Debug, Error)]
pub enum LogError {
    /// The log file cannot be opened for appending.
    #[error(
        "cannot open the log file {}: {source}; name a file this user may write, \
         or leave out --log-file to log to stderr",
        path.display()
    )]
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Stderr cannot be duplicated.
    #[error("cannot log to stderr: {0}; log to a file with --log-file")]
    Stderr(#[source] io::Error),
    /// The process has a logger already.
    #[error("cannot start the log: it runs already; start it once per process")]
    Running,
}

/// The result of [`LogSink::drain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Nothing is left to write.
    Empty,
    /// The descriptor takes no more for now: drain again when it is writable.
    Waiting,
    /// The file takes nothing (disk full, I/O error), and there is no event to wait for: drain
    /// again in some later turn.
    Refused,
}

/// Makes `log`'s macros write to the file or to stderr, through the sink that is returned.
pub fn start(settings: &LogSettings) -> Result<LogSink, LogError> {
    let stderr = io::stderr();
    let (output, alarm) = match &settings.file {
        Some(path) => {
            let output = LogOutput::open(path)
                .map_err(|source| LogError::File { path: path.clone(), source })?;
            (output, LogOutput::share(stderr.as_fd()).ok())
        }
        None => (LogOutput::share(stderr.as_fd()).map_err(LogError::Stderr)?, None),
    };
    let mut sink = LogSink::new(output, settings);
    sink.alarm = alarm;
    log::set_boxed_logger(Box::new(Arc::clone(&sink.journal))).map_err(|_| LogError::Running)?;
    log::set_max_level(settings.level);
    Ok(sink)
}

/// The loop's end of the log: owns the descriptor and writes the waiting lines.
pub struct LogSink {
    /// Formats the sink's own lines.
    journal: Arc<JournalSocket>,
    ring: Arc<SharedRing>,
    output: LogOutput,
    /// The file to open again after a rotation.
    file: Option<PathBuf>,
    /// Where trouble with the log file is reported: in the file itself nobody would see it.
    alarm: Option<LogOutput>,
    /// Whether the current trouble was reported.
    alarmed: bool,
}

impl LogSink {
    fn new(output: LogOutput, settings: &LogSettings) -> Self {
        let ring = Arc::new(SharedRing::default());
        let colour = settings.colour && output.is_terminal();
        let journal = Arc::new(JournalSocket::new(colour, Arc::clone(&ring)));
        Self { journal, ring, output, file: settings.file.clone(), alarm: None, alarmed: false }
    }

    /// Writes as much as the descriptor takes now. Cheap when nothing waits.
    pub fn drain(&mut self) -> Drained {
        loop {
            let drained = match self.write_lines() {
                Ok(drained) => drained,
                Err(errno) => self.handle_error(errno),
            };
            let Some(lines) = self.ring.lock().take_gap() else {
                return drained;
            };
            let lost = if lines == 1 { "line was" } else { "lines were" };
            let why = if self.output.is_file() {
                "the log could not be written"
            } else {
                "nobody read the log"
            };
            self.journal.say(Level::Warn, format_args!("{lines} log {lost} dropped: {why}"));
        }
    }

    /// Opens `--log-file` again by its name, after a rotation, and says whether there is one:
    /// stderr stays as it is. A failure changes nothing; a success may change
    /// [`Self::pollable_fd`].
    pub fn reopen(&mut self) -> io::Result<bool> {
        let Some(path) = &self.file else { return Ok(false) };
        let output = LogOutput::open(path)?;
        self.drain();
        self.output = output;
        self.alarmed = false;
        let mut ring = self.ring.lock();
        ring.drop_torn_line();
        ring.open();
        drop(ring);
        self.drain();
        Ok(true)
    }

    /// Writes the rest before the program ends, waiting no longer than `patience` for a reader.
    pub fn finish(&mut self, patience: Duration) {
        #[expect(
            clippy::disallowed_methods,
            reason = "the loop has ended: waiting is our job here"
        )]
        let start = Instant::now();
        while self.drain() == Drained::Waiting {
            let left = patience.saturating_sub(start.elapsed());
            match self.output.is_writable_within(left) {
                Ok(true) | Err(Errno::INTR) if !left.is_zero() => {}
                _ => return,
            }
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.ring.lock().is_empty()
    }

    /// Lines dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.ring.lock().dropped()
    }

    /// The descriptor to watch for writability; none for a file, which always is.
    pub fn pollable_fd(&self) -> Option<RawFd> {
        self.output.pollable_fd()
    }

    /// Writes until nothing is left, or nothing is taken, or the descriptor fails.
    fn write_lines(&mut self) -> Result<Drained, Errno> {
        let mut ring = self.ring.lock();
        loop {
            let lines = ring.front();
            if lines.is_empty() {
                self.alarmed = false;
                return Ok(Drained::Empty);
            }
            match self.output.write(lines) {
                Ok(0) | Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM) => {
                    return Ok(Drained::Waiting);
                }
                Ok(written) => ring.consume(written),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// A file may recover, so its lines are kept and the trouble is reported once; a reader that
    /// has gone does not come back.
    fn handle_error(&mut self, errno: Errno) -> Drained {
        if !self.output.is_file() {
            self.ring.lock().close();
            return Drained::Empty;
        }
        if !self.alarmed {
            self.alarmed = true;
            let trouble = format_args!("the log cannot be written: {errno}; trying again");
            self.journal.say(Level::Error, trouble);
            if let Some(alarm) = &self.alarm {
                let mut line = LogLine::new(Level::Error, false);
                let _ = line.write_fmt(trouble);
                let _ = alarm.write(format!("{}\n", line.as_str()).as_bytes());
            }
        }
        Drained::Refused
    }
}

impl Drop for LogSink {
    /// Lines that were logged on the way to a panic are worth one more try.
    fn drop(&mut self) {
        self.drain();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{PipeReader, Read, pipe};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use log::{Log, Record};

    use super::*;

    const TROUBLE: &str =
        "ERROR the log cannot be written: No space left on device (os error 28); trying again";

    fn sink(output: LogOutput, file: Option<&Path>) -> LogSink {
        let file = file.map(Path::to_owned);
        LogSink::new(output, &LogSettings { level: LevelFilter::Info, file, colour: true })
    }

    fn piped_sink() -> (PipeReader, LogSink) {
        let (reader, writer) = pipe().unwrap();
        (reader, sink(LogOutput::share(writer.as_fd()).unwrap(), None))
    }

    fn info(sink: &LogSink, message: &str) {
        let mut record = Record::builder();
        sink.journal.log(&record.args(format_args!("{message}")).build());
    }

    /// The lines without their time, which has to look like one.
    fn messages(log: &str) -> Vec<&str> {
        assert!(log.is_empty() || log.ends_with('\n'));
        let mask = |byte: u8| {
            if byte.is_ascii_digit() { '0' } else { byte.into() }
        };
        let message = |line| -> &str {
            let (stamp, message) = str::split_at(line, 21);
            let masked: String = stamp.bytes().map(mask).collect();
            assert_eq!(masked, "0000-00-00T00:00:00Z ", "{line}");
            message
        };
        log.lines().map(message).collect()
    }

    fn read_to_end(mut reader: PipeReader, sink: LogSink) -> String {
        drop(sink);
        let mut log = String::new();
        reader.read_to_string(&mut log).unwrap();
        log
    }

    #[test]
    fn a_log_that_nobody_reads_never_blocks_and_tells_what_is_missing() {
        let (mut reader, mut sink) = piped_sink();
        let line = |number| format!("line {number} {}", "x".repeat(number % 150));
        for number in 0..5_000 {
            info(&sink, &line(number));
            if number % 10 == 0 {
                sink.drain();
            }
        }
        assert_eq!(sink.drain(), Drained::Waiting);
        let dropped = sink.dropped();
        assert!(dropped > 0 && !sink.is_empty());

        let mut log = Vec::new();
        while sink.drain() == Drained::Waiting {
            let mut chunk = [0; 10_000];
            let bytes = reader.read(&mut chunk).unwrap();
            log.extend_from_slice(&chunk[..bytes]);
        }
        info(&sink, "after");
        assert_eq!(sink.dropped(), dropped);
        let log = String::from_utf8(log).unwrap() + &read_to_end(reader, sink);

        let found = messages(&log);
        let kept = 5_000 - usize::try_from(dropped).unwrap();
        for (number, message) in found[..kept].iter().enumerate() {
            assert_eq!(*message, format!("INFO  {}", line(number)));
        }
        let told = format!("WARN  {dropped} log lines were dropped: nobody read the log");
        assert_eq!(found[kept..], [told.as_str(), "INFO  after"]);
    }

    #[test]
    fn a_reader_that_has_gone_is_not_missed() {
        let (reader, mut sink) = piped_sink();
        drop(reader);
        info(&sink, "unheard");
        assert_eq!(sink.drain(), Drained::Empty);
        info(&sink, "unheard, too");
        assert_eq!(sink.drain(), Drained::Empty);
        assert_eq!((sink.is_empty(), sink.dropped()), (true, 2));
    }

    #[test]
    fn the_end_waits_for_a_reader_but_not_for_ever() {
        let (mut reader, mut sink) = piped_sink();
        for number in 0..2_000 {
            info(&sink, &format!("line {number} {}", "x".repeat(60)));
        }
        sink.finish(Duration::from_millis(1));
        assert!(!sink.is_empty());
        let mut log = String::new();
        std::thread::scope(|scope| {
            scope.spawn(|| reader.read_to_string(&mut log));
            sink.finish(Duration::from_secs(60));
            assert!(sink.is_empty());
            drop(sink);
        });
        assert_eq!(messages(&log).len(), 2_000);
    }

    #[test]
    fn a_log_file_is_appended_to_and_opened_again_after_a_rotation() {
        let directory = tempfile::tempdir().unwrap();
        let [path, old] = ["log", "log.1"].map(|name| directory.path().join(name));
        for message in ["one", "two"] {
            let sink = sink(LogOutput::open(&path).unwrap(), Some(&path));
            info(&sink, message);
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777 & !0o640, 0);

        let mut sink = sink(LogOutput::open(&path).unwrap(), Some(&path));
        assert_eq!(sink.pollable_fd(), None);
        fs::rename(&path, &old).unwrap();
        info(&sink, "three");
        sink.reopen().unwrap();
        info(&sink, "begun in the old file");
        sink.ring.lock().consume(4);
        info(&sink, "four");
        sink.output = LogOutput::open(Path::new("/dev/full")).unwrap();
        sink.reopen().unwrap();
        info(&sink, "five");
        assert_eq!(sink.drain(), Drained::Empty);
        let logs = [&old, &path].map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(messages(&logs[0]), ["INFO  one", "INFO  two", "INFO  three"]);
        assert_eq!(messages(&logs[1]), ["INFO  four", TROUBLE, "INFO  five"]);

        sink.file = Some(directory.path().join("missing/log"));
        assert!(sink.reopen().is_err());
        info(&sink, "six");
        sink.drain();
        assert!(fs::read_to_string(&path).unwrap().ends_with("INFO  six\n"));
    }

    #[test]
    fn a_full_disk_is_told_once_and_recovered_from() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut sink = sink(LogOutput::open(Path::new("/dev/full")).unwrap(), Some(&path));
        let (mut alarm, writer) = pipe().unwrap();
        sink.alarm = Some(LogOutput::share(writer.as_fd()).unwrap());
        drop(writer);
        for _ in 0..10_000 {
            info(&sink, "a line that finds no room on the disk, and then none in memory");
            assert_eq!(sink.drain(), Drained::Refused);
        }
        sink.finish(Duration::from_secs(60));
        let dropped = sink.dropped();
        assert!(dropped > 0);

        sink.reopen().unwrap();
        assert_eq!(sink.drain(), Drained::Empty);
        drop(sink);
        let log = fs::read_to_string(&path).unwrap();
        assert_eq!(messages(&log)[1], TROUBLE);
        let told = format!("WARN  {dropped} log lines were dropped: the log could not be written");
        assert_eq!(messages(&log).last(), Some(&told.as_str()));
        let mut alarmed = String::new();
        alarm.read_to_string(&mut alarmed).unwrap();
        assert_eq!(alarmed, format!("{TROUBLE}\n"));
    }

    #[test]
    fn a_log_file_that_cannot_be_opened_is_one_sentence() {
        let file = Some(PathBuf::from("/dev/null/log"));
        let settings = LogSettings { level: LevelFilter::Info, file, colour: false };
        assert_eq!(
            start(&settings).err().unwrap().to_string(),
            "cannot open the log file /dev/null/log: Not a directory (os error 20); name a file \
             this user may write, or leave out --log-file to log to stderr"
        );
    }
}
