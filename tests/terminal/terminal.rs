//! A program in a terminal, driven as by somebody who sits in front of it.
//!
//! The program is the leader of a session of its own with the pseudo-terminal as its controlling
//! terminal, so that a resize and Ctrl-C reach it. `setsid` does that and then becomes the program:
//! its process id is the program's. What the program writes is read whenever something is waited
//! for; there is no thread, and nothing sleeps.
//!
//! Invariant: the program never outlives its [`Terminal`].

use std::fmt::Write;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use vt100::{Color, MouseProtocolMode, Parser, Screen};

use crate::pty::{Came, Pty};
use crate::sequences;
use crate::support::PATIENCE;
use crate::support::server::wait_for_exit;

/// Bytes asked of one read.
const CHUNK: usize = 16 * 1_024;
/// Reads in a row, after which a program that writes all the time is looked at.
const READS_MAX: usize = 64;
/// Time between two looks at a program that is silent.
const LOOK: Duration = Duration::from_millis(20);
/// Bytes after which a program that writes all the time has not done what is waited for.
const OUTPUT_MAX: usize = 64 * 1_024 * 1_024;
/// What must not be passed on: it changes what programs do in a terminal, or in any place.
const FORGOTTEN: [&str; 6] =
    ["NO_COLOR", "COLORTERM", "COLORFGBG", "RUST_BACKTRACE", "NOTIFY_SOCKET", "INVOCATION_ID"];

/// A terminal with a program in it.
pub(crate) struct Terminal {
    child: Child,
    pty: Pty,
    /// What the kernel did with the terminal before the program began.
    before: [(&'static str, String); 5],
    parser: Parser,
    output: Vec<u8>,
    /// The program has closed the terminal.
    has_ended: bool,
    status: Option<ExitStatus>,
}

impl Terminal {
    /// Starts `mio-chat` with these arguments in a terminal of this size.
    pub(crate) fn start(
        columns: u16,
        rows: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        Self::run(columns, rows, env!("CARGO_BIN_EXE_mio-chat"), arguments, environment)
    }

    /// Starts any program.
    pub(crate) fn run(
        columns: u16,
        rows: u16,
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let (pty, programs) = Pty::open(columns, rows);
        let before = pty.settings();
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", program]).args(arguments);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("MIO_CHAT_") || FORGOTTEN.contains(&text.as_ref()) {
                command.env_remove(name);
            }
        }
        command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.envs(environment.iter().copied());
        let side = || Stdio::from(programs.try_clone().unwrap());
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
        // The command still holds the programs' side: were it kept, there would be no end.
        drop(command);
        let parser = Parser::new(rows, columns, 0);
        let (output, has_ended, status) = (Vec::new(), false, None);
        Self { child, pty, before, parser, output, has_ended, status }
    }

    /// The program's process id.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Everything that was written to the terminal so far and read.
    pub(crate) fn output(&self) -> &[u8] {
        &self.output
    }

    /// What the terminal knows.
    pub(crate) fn state(&self) -> &Screen {
        self.parser.screen()
    }

    /// What is seen, as rows without the spaces at their ends.
    pub(crate) fn screen(&self) -> String {
        let (_, columns) = self.state().size();
        let rows: Vec<String> = self.state().rows(0, columns).collect();
        rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n")
    }

    // ---- What somebody does ----

    /// Types these bytes.
    pub(crate) fn press(&mut self, keys: &str) {
        let (mut left, mut silence) = (keys.as_bytes(), Silence::of(PATIENCE));
        while !left.is_empty() {
            let written = self.pty.write(left);
            left = &left[written..];
            let read = self.read();
            if !left.is_empty() && written == 0 {
                self.look_again(&mut silence, read, true, "the program to read what is typed");
            }
        }
    }

    /// Types a line and presses Enter.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.press(line);
        self.press("\r");
    }

    /// Pastes a text, as terminals do it where a program has asked to be told.
    pub(crate) fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Has another size from now on.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.read();
        self.parser.screen_mut().set_size(rows, columns);
        self.pty.resize(columns, rows);
    }

    /// Closes the window.
    pub(crate) fn hang_up(&mut self) {
        self.read();
        self.pty.hang_up();
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    // ---- What somebody sees ----

    /// Waits until the screen is as `is_seen` says, and returns it.
    pub(crate) fn wait_for(&mut self, what: &str, is_seen: impl Fn(&str) -> bool) -> String {
        self.wait_for_state(what, |state| is_seen(&state.screen()));
        self.screen()
    }

    /// Waits until this text is somewhere on the screen, and returns the screen.
    pub(crate) fn see(&mut self, text: &str) -> String {
        self.wait_for(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits until this text is nowhere on the screen, and returns the screen.
    pub(crate) fn see_no_more(&mut self, text: &str) -> String {
        self.wait_for(&format!("no {text:?}"), |screen| !screen.contains(text))
    }

    /// Waits until the terminal is as `is_so` says.
    pub(crate) fn wait_for_state(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        self.wait_longer_for(PATIENCE, what, is_so);
    }

    /// The same with another patience.
    pub(crate) fn wait_longer_for(
        &mut self,
        patience: Duration,
        what: &str,
        is_so: impl Fn(&Self) -> bool,
    ) {
        let mut silence = Silence::of(patience);
        loop {
            let read = self.read();
            if is_so(self) {
                return;
            }
            assert!(!self.has_ended, "never {what}: the program has ended\n{}", self.drawn());
            self.look_again(&mut silence, read, false, what);
        }
    }

    /// Waits until the program has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.wait_longer_for(PATIENCE, "the end of the program", |state| state.has_ended);
        let status = wait_for_exit(&mut self.child, PATIENCE);
        self.status = status;
        status.unwrap_or_else(|| panic!("the program goes on without its terminal"))
    }

    /// Waits until the program has ended, with this exit code and with nothing left behind.
    pub(crate) fn expect_good_end(&mut self, code: i32) {
        let status = self.wait();
        assert_eq!(status.code(), Some(code), "{status}\n{}", self.drawn());
        self.assert_clean();
    }

    /// Asserts that the terminal is as it was before the program.
    pub(crate) fn assert_clean(&self) {
        let left = self.left_behind();
        assert!(left.is_empty(), "left behind: {left:?}\n{}", self.drawn());
    }

    /// What is not as it was before the program.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        assert!(self.status.is_some(), "wait for the end of the program first");
        let state = self.state();
        let is_coloured = state.fgcolor() != Color::Default || state.bgcolor() != Color::Default;
        let is_styled = [state.bold(), state.dim(), state.italic()].contains(&true)
            || state.underline()
            || state.inverse();
        let mut left: Vec<String> = [
            (state.alternate_screen(), "the alternate screen"),
            (state.hide_cursor(), "a hidden cursor"),
            (state.bracketed_paste(), "bracketed paste"),
            (state.mouse_protocol_mode() != MouseProtocolMode::None, "mouse reports"),
            (state.application_keypad() || state.application_cursor(), "application keys"),
            (is_coloured || is_styled, "colours or styles"),
        ]
        .into_iter()
        .filter(|(is_left, _)| *is_left)
        .map(|(_, what)| what.to_owned())
        .collect();
        left.extend(sequences::left_on(&self.output));
        for ((name, before), (_, after)) in self.before.iter().zip(self.pty.settings()) {
            if *before != after {
                left.push(format!("{name}: {after} and not {before}"));
            }
        }
        left
    }

    /// The screen in a box, with the cursor's place, for the message of a failure.
    pub(crate) fn drawn(&self) -> String {
        let (row, column) = self.state().cursor_position();
        let (height, width) = self.state().size();
        let line = "─".repeat(usize::from(width));
        let mut drawn = format!("┌{line}┐\n");
        for text in self.screen().split('\n') {
            let _ = writeln!(drawn, "│{text}");
        }
        let _ = write!(drawn, "└{line}┘ {width}x{height}, cursor at {column},{row}");
        drawn
    }

    // ---- Inside ----

    /// Reads what the program has written, as long as there is something, within reason; how many
    /// bytes that were.
    fn read(&mut self) -> usize {
        let (mut room, before) = ([0; CHUNK], self.output.len());
        for _ in 0..READS_MAX {
            match self.pty.read(&mut room) {
                Came::Bytes(count) => {
                    self.parser.process(&room[..count]);
                    self.output.extend_from_slice(&room[..count]);
                }
                Came::Nothing => break,
                Came::End => {
                    self.has_ended = true;
                    break;
                }
            }
        }
        self.output.len() - before
    }

    /// Waits for a moment until there is something to do, after so many bytes were read; fails
    /// when nothing has happened for too long.
    fn look_again(&self, silence: &mut Silence, read: usize, for_room: bool, what: &str) {
        if read > 0 {
            silence.is_broken_by(read);
        }
        assert!(!silence.is_over(), "never {what}\n{}", self.drawn());
        self.pty.wait(for_room, LOOK);
    }
}

/// How long nothing has happened, in looks and not by a clock: where the machine is so busy that
/// the program gets no time, we get as little.
struct Silence {
    looks_max: u128,
    looks: u128,
    /// What was written meanwhile, by a program that goes on for ever perhaps.
    bytes: usize,
}

impl Silence {
    fn of(patience: Duration) -> Self {
        Self { looks_max: patience.as_millis() / LOOK.as_millis(), looks: 0, bytes: 0 }
    }

    fn is_broken_by(&mut self, bytes: usize) {
        (self.looks, self.bytes) = (0, self.bytes + bytes);
    }

    fn is_over(&mut self) -> bool {
        self.looks += 1;
        self.looks > self.looks_max || self.bytes > OUTPUT_MAX
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.status.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
