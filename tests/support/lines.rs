//! Reading lines from a socket or a pipe, with a timeout that fails the test.

use std::fmt::Debug;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::Duration;

use super::{PATIENCE, is_readable};

/// Bytes asked of one read, as the classroom client does.
const CHUNK: usize = 1_024;

/// Bytes after which the past is forgotten.
const PAST_MAX: usize = 4_096;

/// What comes from `source`, line by line.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    pub(crate) source: R,
    /// Received and not handed out yet.
    heard: Vec<u8>,
    /// What was handed out or skipped lately, for the message of a failure.
    past: String,
    patience: Duration,
}

impl<R: Read + AsFd + Debug> Lines<R> {
    /// Nothing was read yet.
    pub(crate) fn new(source: R) -> Self {
        Self { source, heard: Vec::new(), past: String::new(), patience: PATIENCE }
    }

    /// The same, with another timeout.
    pub(crate) fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// From now on with another timeout.
    pub(crate) fn wait_at_most(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// What one read brings: at most 1,024 bytes; none at the end.
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
        if self.heard.is_empty() {
            self.fill().unwrap_or_else(|error| panic!("{error}; before: {:?}", self.past));
        }
        self.take(self.heard.len()).into_bytes()
    }

    /// The next line without its newline.
    pub(crate) fn line(&mut self) -> String {
        self.next_line().unwrap_or_else(|| {
            let rest = String::from_utf8_lossy(&self.heard);
            panic!("the end instead of a line; before: {:?}, left: {rest:?}", self.past)
        })
    }

    /// The next line without its newline; none at the end.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
                let mut line = self.take(end + 1);
                line.pop();
                return Some(line);
            }
            match self.fill() {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => panic!("{error}; before: {:?}", self.past),
            }
        }
    }

    /// The next line without its newline; none at the end, be it a reset.
    pub(crate) fn line_or_end(&mut self) -> Option<String> {
        while !self.heard.contains(&b'\n') {
            match self.fill() {
                Ok(0) => return None,
                Err(error) if error.kind() != io::ErrorKind::TimedOut => return None,
                filled => filled.unwrap_or_else(|error| panic!("{error}; before: {:?}", self.past)),
            };
        }
        self.next_line()
    }

    /// The next line must be this one.
    pub(crate) fn expect(&mut self, expected: &str) {
        let line = self.line();
        assert_eq!(line, expected, "all: {:?}", self.past);
    }

    /// Reads on until a line is this one.
    pub(crate) fn hear(&mut self, expected: &str) {
        self.hear_where(expected, |line| line == expected);
    }

    /// Reads on until a line is as `matches` says, and returns it.
    pub(crate) fn hear_where(&mut self, what: &str, matches: impl Fn(&str) -> bool) -> String {
        while let Some(line) = self.next_line() {
            if matches(&line) {
                return line;
            }
        }
        panic!("the end, and never {what:?}; before: {:?}", self.past);
    }

    /// Reads on until this was heard, wherever in a line, and forgets what came before.
    pub(crate) fn hear_part(&mut self, part: &str) {
        while !String::from_utf8_lossy(&self.heard).contains(part) {
            match self.fill() {
                Ok(0) => panic!("the end, and never {part:?}; before: {:?}", self.past),
                Ok(_) => {}
                Err(error) => panic!("{error}, not {part:?}; before: {:?}", self.past),
            }
        }
        let text = String::from_utf8_lossy(&self.heard);
        let end = text.find(part).expect("just seen") + part.len();
        self.take(end);
    }

    /// Everything to the end of the stream.
    pub(crate) fn rest(&mut self) -> String {
        let (text, error) = self.rest_or_reset();
        assert!(error.is_none(), "{error:?} after {text:?}; before: {:?}", self.past);
        text
    }

    /// Everything to the end of the stream, be it a reset.
    pub(crate) fn rest_or_reset(&mut self) -> (String, Option<io::Error>) {
        let error = loop {
            match self.fill() {
                Ok(0) => break None,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => panic!("{error}"),
                Err(error) => break Some(error),
            }
        };
        (self.take(self.heard.len()), error)
    }

    /// Whether nothing waits to be read at this moment.
    pub(crate) fn is_quiet(&self) -> bool {
        self.heard.is_empty() && !is_readable(&self.source, Duration::ZERO)
    }

    /// Reads once. Fails with `TimedOut` when nothing comes.
    fn fill(&mut self) -> io::Result<usize> {
        if !is_readable(&self.source, self.patience) {
            let (patience, rest) = (self.patience, String::from_utf8_lossy(&self.heard));
            let message = format!("nothing came for {patience:?}, after {rest:?}");
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        let mut room = [0; CHUNK];
        let count = self.source.read(&mut room)?;
        self.heard.extend_from_slice(&room[..count]);
        Ok(count)
    }

    fn take(&mut self, count: usize) -> String {
        let taken: Vec<u8> = self.heard.drain(..count).collect();
        let text = String::from_utf8(taken).expect("everything the server sends is UTF-8");
        if self.past.len() > PAST_MAX {
            self.past.clear();
        }
        self.past.push_str(&text);
        text
    }
}
