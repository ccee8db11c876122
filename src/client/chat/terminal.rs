//! The terminal: taken, drawn on, and given back as it was, whatever happens.
//!
//! Invariants: between [`Screen::enter`] and [`Screen::leave`] it is in raw mode and on its
//! alternate screen; [`restore`] undoes all of that from anywhere, a panic included, and may be
//! called twice. Everything of a frame is written at once. Nothing is ever asked of the terminal,
//! whose answers would come among the keys.

use std::io::{self, BufWriter, Stdout, Write};

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, ClearType, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::error::ChatError;
use super::has_input;
use crate::console::{Console, Theme};

/// Bytes of a frame on a large terminal.
const FRAME_BYTES: usize = 64 * 1_024;

/// A terminal that is ours.
pub(super) struct Screen {
    backend: CrosstermBackend<BufWriter<Stdout>>,
    /// What is to be seen at present.
    shown: Buffer,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn enter() -> Result<Self, ChatError> {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            hook(panic);
        }));
        take().map_err(ChatError::system("use the terminal"))?;
        let writer = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        Ok(Self { backend: CrosstermBackend::new(writer), shown: Buffer::default() })
    }

    /// Takes it again after somebody else had it.
    pub(super) fn enter_again(&mut self) -> Result<(), ChatError> {
        self.forget();
        take().map_err(ChatError::system("use the terminal"))
    }

    /// Gives it back.
    pub(super) fn leave(&self) {
        restore();
    }

    /// Its columns and rows.
    pub(super) fn size(&self) -> Result<(u16, u16), ChatError> {
        let size = self.backend.size().map_err(ChatError::system("measure the terminal"))?;
        Ok((size.width, size.height))
    }

    /// What is there now is not what we have drawn.
    pub(super) fn forget(&mut self) {
        self.shown = Buffer::default();
    }

    /// Draws a frame.
    pub(super) fn draw(&mut self, console: &Console) -> Result<(), ChatError> {
        self.try_draw(console).map_err(ChatError::system("draw on the terminal"))
    }

    fn try_draw(&mut self, console: &Console) -> io::Result<()> {
        let (width, height) = console.size();
        let area = Rect { x: 0, y: 0, width, height };
        let mut next = Buffer::empty(area);
        let cursor = console.draw(&mut next);
        queue!(self.backend, BeginSynchronizedUpdate)?;
        self.backend.hide_cursor()?;
        if self.shown.area != area {
            self.backend.clear_region(ClearType::All)?;
            self.shown = Buffer::empty(area);
        }
        for run in runs(&self.shown.diff(&next)) {
            self.backend.draw(run.iter().copied())?;
        }
        self.backend.set_cursor_position(cursor)?;
        self.backend.show_cursor()?;
        queue!(self.backend, EndSynchronizedUpdate)?;
        self.shown = next;
        Backend::flush(&mut self.backend)
    }
}

/// What has changed, in pieces for each of which the terminal is told where it begins. After
/// anything but ASCII a new one begins: terminals disagree on how wide some characters are, and
/// what follows is to stand where it belongs all the same.
fn runs<'a, 'b>(
    changes: &'b [(u16, u16, &'a Cell)],
) -> impl Iterator<Item = &'b [(u16, u16, &'a Cell)]> {
    changes.chunk_by(|(_, _, cell), _| cell.symbol().is_ascii())
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    let mut stdout = io::stdout();
    queue!(stdout, EnterAlternateScreen, DisableLineWrap, EnableBracketedPaste, EnableFocusChange)?;
    stdout.flush()
}

/// Undoes all that was done to the terminal.
pub(super) fn restore() {
    let _ = execute!(
        io::stdout(),
        ResetColor,
        DisableFocusChange,
        DisableBracketedPaste,
        EnableLineWrap,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
}

/// Hands over what was typed. `false`: nothing more will ever be.
pub(super) fn read_keys(mut take: impl FnMut(&[u8])) -> bool {
    let stdin = io::stdin();
    let mut room = [0; 4 * 1_024];
    while has_input() {
        match rustix::io::read(&stdin, &mut room) {
            Ok(0) => return false,
            Ok(length) => take(room.get(..length).unwrap_or_default()),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return true,
            Err(_) => return false,
        }
    }
    true
}

/// The colours that suit the terminal, from what it and its user tell by the environment
/// (`NO_COLOR`, `TERM`, `COLORFGBG`).
pub(super) fn theme(variable: impl Fn(&str) -> Option<String>) -> Theme {
    // An empty variable says nothing.
    let variable = |name| variable(name).filter(|value| !value.is_empty());
    let term = variable("TERM").unwrap_or_default();
    if variable("NO_COLOR").is_some() || term == "dumb" {
        return Theme::Plain;
    }
    let is_rich = term.contains("256color") || variable("COLORTERM").is_some();
    // "15;0": white on black. The background is the last of them.
    let background = variable("COLORFGBG")
        .and_then(|colours| colours.rsplit(';').next().and_then(|last| last.parse::<u8>().ok()));
    match background {
        Some(7 | 9..) if is_rich => Theme::Light,
        Some(_) if is_rich => Theme::Dark,
        // Not told: the terminal's own colours suit any background.
        _ => Theme::Basic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_what_the_terminal_tells() {
        let chosen = |told: &[(&str, &str)]| {
            let told: Vec<_> =
                told.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            theme(|name| {
                told.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
            })
        };
        let rich = ("TERM", "xterm-256color");
        assert_eq!(chosen(&[]), Theme::Basic);
        assert_eq!(chosen(&[rich]), Theme::Basic);
        assert_eq!(chosen(&[rich, ("NO_COLOR", "1")]), Theme::Plain);
        assert_eq!(chosen(&[rich, ("NO_COLOR", "")]), Theme::Basic);
        assert_eq!(chosen(&[("TERM", "dumb")]), Theme::Plain);
        assert_eq!(chosen(&[rich, ("COLORFGBG", "15;0")]), Theme::Dark);
        assert_eq!(chosen(&[rich, ("COLORFGBG", "0;default;15")]), Theme::Light);
        assert_eq!(chosen(&[("TERM", "xterm"), ("COLORFGBG", "0;15")]), Theme::Basic);
        let none = [("TERM", "xterm"), ("COLORTERM", ""), ("COLORFGBG", "15;0")];
        assert_eq!(chosen(&none), Theme::Basic);
    }
}
