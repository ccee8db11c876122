//! A server that does as the test says, and not as a server should: it greets, and then follows a
//! script, byte by byte, in a thread of its own, while the test looks at the client's screen.
//!
//! Invariants: each wait is bounded, so that the thread ends though nobody comes; a script that
//! fails, fails the test.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::{Client, PATIENCE, is_readable, next_client, test_name};
use crate::told;

/// When everything is said: a minute before some midnight.
pub(crate) const SAID_AT: u64 = 1_763_855_940;

/// The running server, as the test sees it.
#[derive(Debug)]
pub(crate) struct FakeServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    cues: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

/// What a script has: the door, and the test's signs to go on.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    cues: Receiver<()>,
}

/// A client that has come in; `lines` to hear it, to send it anything whatever, and to break.
#[derive(Debug)]
pub(crate) struct Guest {
    /// What comes from it, and goes to it.
    pub(crate) lines: Client,
    /// Number of the last message.
    pub(crate) number: u64,
}

impl FakeServer {
    /// Listens on loopback, and follows the script.
    pub(crate) fn start(script: impl FnOnce(&Door) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (cues, received) = channel();
        let door = Door { listener, cues: received };
        let thread = std::thread::Builder::new().name(test_name());
        let thread = Some(thread.spawn(move || script(&door)).unwrap());
        Self { address, cues, thread }
    }

    /// Tells the script to go on.
    pub(crate) fn cue(&self) {
        self.cues.send(()).expect("the script goes on");
    }

    /// Waits for the end of the script, which must be a good one.
    pub(crate) fn finish(mut self) {
        let ended = self.thread.take().expect("it ends once").join();
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}

impl Door {
    /// The next client.
    pub(crate) fn next(&self) -> Guest {
        Guest { lines: Client::new(next_client(&self.listener)), number: 0 }
    }

    /// Waits until the test says that it may go on.
    pub(crate) fn wait_for_cue(&self) {
        self.cues.recv_timeout(PATIENCE).expect("a cue");
    }
}

impl Guest {
    /// Hears what a client says first; which nickname it wants.
    pub(crate) fn hear_name(&mut self) -> String {
        self.lines.expect("/format json");
        self.lines.expect("/history off");
        self.lines.line()
    }

    /// Lets it in, as the only one in the main room, at this number; what it asks the room for,
    /// is answered with nothing. Returns its nickname.
    pub(crate) fn greet(&mut self, number: u64) -> String {
        self.number = number;
        self.lines.send(b"NICK");
        let name = self.hear_name();
        self.welcome(&name);
        self.enter_main();
        let asked = self.lines.line();
        assert!(asked.starts_with("/history "), "{asked}");
        self.say(&told::history(0));
        self.end_history();
        name
    }

    /// Says that the nickname is good.
    pub(crate) fn welcome(&mut self, name: &str) {
        self.say(&told::format(self.number));
        self.say(&told::welcome(name));
        self.say(&told::joined(name));
    }

    /// Says that it is in the main room, alone.
    pub(crate) fn enter_main(&mut self) {
        self.say(&told::room("main", 1));
    }

    /// Ends a history.
    pub(crate) fn end_history(&mut self) {
        self.say(&told::end("main", self.number));
    }

    /// Sends a line.
    pub(crate) fn say(&mut self, line: &str) {
        self.lines.say(line);
    }

    /// Passes on what somebody said, with the next number.
    pub(crate) fn pass_on(&mut self, who: &str, text: &str) {
        self.number += 1;
        self.say(&told::said(self.number, SAID_AT, who, text));
    }

    /// Throws away what it has said up to this moment, whatever it is.
    pub(crate) fn forget_what_it_said(&mut self) {
        let mut room = [0; 1_024];
        while is_readable(&self.lines.source, Duration::ZERO)
            && self.lines.source.read(&mut room).is_ok_and(|count| count > 0)
        {}
    }
}
