//! A command that begins with a slash, as people know it.

use crate::chat::Rank;

/// The kind of a command's first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or free text.
    Text,
    /// A nickname.
    Person,
    /// A room.
    Room,
    /// A queue for players.
    Queue,
}

/// A command as people know it.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// Its name, in small letters and without the slash.
    pub name: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// Its arguments; brackets enclose those that may be left out.
    pub arguments: &'static str,
    /// The kind of its first argument.
    pub takes: Takes,
    /// Its effect, in a few words.
    pub summary: &'static str,
    /// The lowest rank that may use it in a room.
    pub needs: Rank,
    /// The number of words behind it that others may see, before a secret. `None`: all.
    pub public_words: Option<usize>,
}

impl CommandSpec {
    /// A command that everybody may use and that holds no secret.
    pub const fn new(
        name: &'static str,
        arguments: &'static str,
        takes: Takes,
        summary: &'static str,
    ) -> Self {
        let (aliases, needs, public_words) = (&[], Rank::Member, None);
        Self { name, aliases, arguments, takes, summary, needs, public_words }
    }

    /// Whether it is called so, capitals or not.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }
}
