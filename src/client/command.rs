//! `mio-chat match`: two or more terminals (or pipes) that find each other and exchange lines.
//!
//! stdout carries the others' lines and nothing else; everything that happens is reported on
//! stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::conversation::Conversation;
use super::notice::Notice;
use super::remote_player::RemotePlayer;
use crate::limits::{SIGNAL_LOOK, SPEECH_LINE_BYTES_MAX, SPEECH_QUIET};
use crate::peer::Match;
use crate::peer::error::MatchError;
use crate::peer::group::Group;
use crate::peer::protocol::Event;

/// The command's settings.
#[derive(Clone, Debug)]
pub struct MatchCommand {
    /// The search.
    pub search: Match,
    /// Where the players meet; none where there is a token.
    pub queue: Option<String>,
    /// Our own name for the other players.
    pub name: Option<String>,
    /// Whether to go on listening after stdin has ended, until all others have left.
    pub stay: bool,
}

/// The end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All that was said has arrived.
    Well,
    /// By this signal.
    Signal(i32),
}

impl MatchCommand {
    /// Finds the others, and carries lines until one side has nothing more to say.
    pub fn run(&self) -> Result<Ended, MatchError> {
        let signal = catch_signals()?;
        let caught = || signal.load(Ordering::Relaxed);
        let tell = |server, event: &Event| {
            if let Some(notice) = Notice::of_search(server, event) {
                note(&notice);
            }
        };
        let found = self.search.join_telling(self.queue.as_deref(), tell, || caught() != 0);
        let group = match found {
            Err(MatchError::Interrupted) => return Ok(Ended::Signal(caught() as i32)),
            found => found?,
        };
        let mut session = PeerSession::new(group, self);
        let ended = session.run(&caught);
        session.conversation.leave();
        ended
    }
}

/// A session: a conversation between the players and a terminal or pipe.
struct PeerSession {
    conversation: Conversation,
    /// Input that is no whole line yet.
    typed: Vec<u8>,
    input_ended: bool,
    stay: bool,
    with_names: bool,
}

impl PeerSession {
    fn new(group: Group, talk: &MatchCommand) -> Self {
        Self {
            with_names: group.peers().len() > 1 || io::stdout().is_terminal(),
            conversation: Conversation::with(group, talk.name.as_deref().unwrap_or_default()),
            typed: Vec::new(),
            input_ended: false,
            stay: talk.stay,
        }
    }

    fn run(&mut self, caught: &impl Fn() -> usize) -> Result<Ended, MatchError> {
        loop {
            for notice in self.conversation.turn() {
                self.tell(&notice)?;
            }
            if let Some(ended) = self.ended() {
                return ended;
            }
            if caught() != 0 {
                return Ok(Ended::Signal(caught() as i32));
            }
            let reads = !self.input_ended && self.conversation.has_room();
            let stdin = io::stdin();
            if self.conversation.wait(reads.then(|| stdin.as_fd()), SIGNAL_LOOK)? {
                self.read();
            }
        }
    }

    /// Whether it is over, and how. A player who is gone is not waited for.
    fn ended(&self) -> Option<Result<Ended, MatchError>> {
        let present = || self.conversation.present();
        let all_gone = present().next().is_none();
        let quiet = self.conversation.quiet() >= SPEECH_QUIET;
        let is_done = |player: &RemotePlayer| {
            player.lines.is_delivered() && (player.has_ended || (quiet && !self.stay))
        };
        let all_said = self.input_ended && present().all(is_done);
        if !all_gone && !all_said {
            return None;
        }
        if present().any(|player| !player.has_ended) {
            let seconds = SPEECH_QUIET.as_secs();
            note(&format_args!("nothing heard for {seconds} s: leaving (--stay listens on)"));
        }
        let left_out = self.conversation.left_out();
        Some(match left_out.is_empty() {
            true => Ok(Ended::Well),
            false => Err(MatchError::Undelivered(left_out.join(", "))),
        })
    }

    fn read(&mut self) {
        let mut room = [0; 4_096];
        let length = match rustix::io::read(io::stdin(), &mut room) {
            Ok(length) => length,
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return,
            Err(_) => 0,
        };
        self.typed.extend_from_slice(room.get(..length).unwrap_or_default());
        while let Some(end) = memchr::memchr(b'\n', &self.typed) {
            let line: Vec<u8> = self.typed.drain(..=end).collect();
            self.say(line.strip_suffix(b"\n").unwrap_or(&line));
        }
        let is_long = self.typed.len() >= SPEECH_LINE_BYTES_MAX;
        if (length == 0 && !self.typed.is_empty()) || is_long {
            let line = std::mem::take(&mut self.typed);
            self.say(&line);
        }
        if length == 0 {
            self.input_ended = true;
            self.conversation.end();
        }
    }

    /// Says a line, even if there is no room for it: no more is read then.
    fn say(&mut self, line: &[u8]) {
        self.conversation.put(line.strip_suffix(b"\r").unwrap_or(line));
    }

    fn tell(&self, notice: &Notice) -> Result<(), MatchError> {
        match notice {
            Notice::Said { name, text } => {
                let name = self.with_names.then_some(name.as_str());
                print(name, text).map_err(MatchError::Output)?;
            }
            // The program ends, and its exit code says how.
            Notice::Ended => {}
            notice => note(notice),
        }
        Ok(())
    }
}

/// Prints another player's line.
fn print(name: Option<&str>, text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match name {
        Some(name) => writeln!(stdout, "{name}: {text}")?,
        None => writeln!(stdout, "{text}")?,
    }
    stdout.flush()
}

/// Prints a note for the user; a closed stderr is no error.
fn note(text: &impl Display) {
    let _ = writeln!(io::stderr(), "* {text}");
}

/// The number of the signal that asks to stop will be here; 0: none yet. A second one ends the
/// program at once, whatever it waits for: a reader of its output, or an answer about a name.
fn catch_signals() -> Result<Arc<AtomicUsize>, MatchError> {
    let caught = Arc::new(AtomicUsize::new(0));
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let number = usize::try_from(signal).unwrap_or_default();
        let (first, second) = (Arc::clone(&again), Arc::clone(&again));
        // In this order: the first signal finds that there was none before.
        flag::register_conditional_shutdown(signal, 128 + signal, second)
            .and_then(|_| flag::register(signal, first))
            .and_then(|_| flag::register_usize(signal, Arc::clone(&caught), number))
            .map_err(|source| MatchError::Socket { what: "catch signals", source })?;
    }
    Ok(caught)
}
