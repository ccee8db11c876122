//! Whom a line is for: what numerics and answers name of their reader.

use std::io::Write;

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::capability::Capabilities;
use super::numeric::Line;
use crate::dialect::AccountOffer;
use crate::dialect::line::writing::{sentence, unmarked};

/// One client that is told something.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Addressee {
    pub(super) server: SmolStr,
    /// What is offered of accounts.
    #[serde(default)]
    pub(super) accounts: AccountOffer,
    /// Empty: it has none yet.
    pub(super) nickname: SmolStr,
    pub(super) capabilities: Capabilities,
    #[serde(flatten)]
    asked: Asked,
}

/// What a client's last line asked for: the verb, what that was about, and what of its verb that
/// was, with a NUL between them, which no line holds. Everybody has one: it is one text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "AskedParts", into = "AskedParts")]
struct Asked(SmolStr);

/// The same, as it is handed over.
#[derive(Serialize, Deserialize)]
struct AskedParts {
    verb: SmolStr,
    about: SmolStr,
    #[serde(default)]
    subcommand: SmolStr,
}

impl Asked {
    fn part(&self, index: usize) -> &str {
        self.0.split('\0').nth(index).unwrap_or_default()
    }
}

impl From<AskedParts> for Asked {
    fn from(AskedParts { verb, about, subcommand }: AskedParts) -> Self {
        Self(format_smolstr!("{verb}\0{about}\0{subcommand}"))
    }
}

impl From<Asked> for AskedParts {
    fn from(asked: Asked) -> Self {
        let part = |index| asked.part(index).into();
        Self { verb: part(0), about: part(1), subcommand: part(2) }
    }
}

impl Addressee {
    /// Notes what a line asks for, what about, and what of its verb that is.
    pub(super) fn note_asked(&mut self, verb: &str, about: &str, subcommand: &str) {
        let verb = verb.to_ascii_uppercase();
        self.asked = Asked(format_smolstr!("{verb}\0{about}\0{subcommand}"));
    }

    /// What its last line asked for, in capitals.
    pub(super) fn verb(&self) -> &str {
        self.asked.part(0)
    }

    /// What that was about.
    pub(super) fn about(&self) -> &str {
        self.asked.part(1)
    }

    /// What of its verb that was, where a verb has several meanings.
    pub(super) fn subcommand(&self) -> &str {
        self.asked.part(2)
    }

    /// Its nickname, or what stands for none.
    pub(super) fn nickname(&self) -> &str {
        if self.nickname.is_empty() { "*" } else { &self.nickname }
    }

    /// The server's name.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Begins a line of the server.
    pub(super) fn line<'o>(&self, out: &'o mut Vec<u8>) -> Line<'o> {
        Line::begin(out, &self.server)
    }

    /// Begins a numeric.
    pub(super) fn numeric<'o>(&self, code: u16, out: &'o mut Vec<u8>) -> Line<'o> {
        let start = out.len();
        // Writing to memory does not fail.
        let _ = write!(out, ":{} {code:03} {}", self.server, self.nickname());
        Line::behind(out, start)
    }

    /// Appends a standard reply that its command has failed (IRCv3 `standard-replies`).
    pub(super) fn fail<'a>(
        &self,
        (verb, code): (&str, &str),
        about: impl IntoIterator<Item = &'a str>,
        text: &str,
        out: &mut Vec<u8>,
    ) {
        self.line(out).word("FAIL").word(verb).word(code).words(about).text(text);
    }

    /// Appends a notice of the server.
    pub(super) fn notice(&self, text: &str, out: &mut Vec<u8>) {
        self.line(out).word("NOTICE").word(self.nickname()).text(text);
    }

    /// Appends lines of the plain language, each as a notice.
    pub(super) fn as_notices(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        sentence(write).lines().for_each(|line| self.notice(unmarked(line), out));
    }
}
