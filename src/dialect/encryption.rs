//! What a language needs to know of encryption, which lies below it: whether its client's bytes
//! come encrypted, and which language the two sides have agreed on before the first of them (ALPN,
//! RFC 7301).

use serde::{Deserialize, Serialize};

use super::detect::Language;

/// Whether clients may come encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// They may not.
    #[default]
    None,
    /// Those who like may.
    Offered,
    /// All must, but those on this machine.
    Required,
}

/// How the bytes of one client come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Security {
    /// As they are.
    #[default]
    Plain,
    /// Encrypted.
    Encrypted,
    /// The same, by a certificate that clients in general trust: they may be told to come so only.
    Public,
}

/// The language that was agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Agreed {
    /// None: the first bytes tell.
    #[default]
    Nothing,
    Http,
    Irc,
    Lines,
}

impl Agreed {
    /// The language of this name, of those that ALPN has.
    pub(super) fn on(protocol: Option<&str>) -> Self {
        match protocol {
            Some("http/1.1") => Self::Http,
            Some("irc") => Self::Irc,
            Some("mio-chat") => Self::Lines,
            _ => Self::Nothing,
        }
    }

    /// Whether a client may begin in this language. One that does not keep to what was agreed on
    /// may have been led here by somebody who wants it to talk to another server (ALPACA).
    pub(super) fn allows(self, language: Language) -> bool {
        match self {
            Self::Nothing => true,
            Self::Http => language == Language::Http,
            Self::Irc => language == Language::Irc,
            Self::Lines => language == Language::Plain,
        }
    }
}
