//! One of the players we talk with, and its name.
//!
//! Invariant: a name is printable, holds nothing that would make a line read as another player's,
//! and is unique here; a name that the server vouches for stays.

use super::lines::LineChannel;
use crate::limits::NAME_BYTES_MAX;
use crate::text::clean;

/// A player to talk with.
pub(super) struct RemotePlayer {
    pub(super) slot: u8,
    name: String,
    /// Whether the name is theirs for good.
    is_named: bool,
    pub(super) lines: LineChannel,
    /// They will say nothing more.
    pub(super) has_ended: bool,
    pub(super) is_gone: bool,
    /// They went before they had all that was said.
    pub(super) is_lost: bool,
}

impl RemotePlayer {
    /// A player who was reached, with the nickname that the server vouches for.
    pub(super) fn new(slot: u8, nickname: Option<String>, lines: LineChannel) -> Self {
        let is_named = nickname.is_some();
        let name = nickname.unwrap_or_else(|| format!("player {slot}"));
        Self { slot, name, is_named, lines, has_ended: false, is_gone: false, is_lost: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// They are gone. Whether before they had all that was said.
    pub(super) fn go(&mut self) -> bool {
        (self.is_gone, self.is_lost) = (true, self.lines.owes_text());
        self.is_lost
    }

    /// Takes the name that the player has chosen; the first one counts, if no other player has it.
    /// Returns the old name if it has changed.
    pub(super) fn set_name(&mut self, name: &[u8], taken: &[String]) -> Option<String> {
        let text = String::from_utf8_lossy(name);
        let name = clean(text.trim());
        let is_good = !name.is_empty()
            && name.len() <= NAME_BYTES_MAX
            && !name.contains([':', '*', '[', ' '])
            && !taken.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if std::mem::replace(&mut self.is_named, true) || !is_good {
            return None;
        }
        Some(std::mem::replace(&mut self.name, name.into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use std::time::Duration;

    fn player(nickname: Option<&str>) -> RemotePlayer {
        RemotePlayer::new(
            2,
            nickname.map(str::to_owned),
            LineChannel::new(Time::ZERO, Duration::ZERO, ""),
        )
    }

    #[test]
    fn the_first_good_name_counts_and_none_against_the_servers() {
        let mut bob = player(None);
        assert_eq!(bob.name(), "player 2");
        assert_eq!(bob.set_name(b" bob\n", &[]).as_deref(), Some("player 2"));
        assert_eq!((bob.set_name(b"eve", &[]), bob.name()), (None, "bob"));
        let mut vouched = player(Some("carol"));
        assert_eq!((vouched.set_name(b"bob", &[]), vouched.name()), (None, "carol"));
    }

    #[test]
    fn names_that_pretend_are_not_taken() {
        let taken = ["Alice".to_owned()];
        for name in ["", "alice", "bob: hi", "* bob", "[bob]", "two words", &"x".repeat(33)] {
            let mut bob = player(None);
            assert_eq!((bob.set_name(name.as_bytes(), &taken), bob.name()), (None, "player 2"));
        }
        let mut bob = player(None);
        bob.set_name("b\u{1b}[2Job".as_bytes(), &taken);
        assert!(!bob.name().contains('\u{1b}'), "{:?}", bob.name());
    }
}
