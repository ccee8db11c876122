//! AUTHENTICATE: the exchange by which a client logs in, in chunks of Base64.
//! Source: IRCv3 `sasl-3.1` and `sasl-3.2`, RFC 4616 (PLAIN).
//!
//! What the messages of SCRAM mean is left to the server; here they are put together.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::capability::SASL_MECHANISMS;
use super::commands::{incomplete, told};
use super::message::Message;
use super::note::{Note, Told};
use crate::chat::{AccountRequest, Command, LogInWay, NameKey};
use crate::dialect::steps::Step;
use crate::limits::{SASL_BYTES_MAX, SASL_CHUNK_BYTES};

/// An exchange of one client, or what is left of its last one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sasl {
    /// `None`: none is under way.
    mechanism: Option<Mechanism>,
    /// Messages that were passed on.
    messages: u8,
    /// The chunks of the message that is not whole.
    chunks: String,
    /// The last message that was whole.
    #[serde(with = "crate::hex")]
    message: Vec<u8>,
    /// A mechanism was asked for that is not offered.
    has_refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Mechanism {
    Plain,
    Scram,
}

impl Mechanism {
    fn named(name: &str) -> Option<Self> {
        match () {
            () if name.eq_ignore_ascii_case("PLAIN") => Some(Self::Plain),
            () if name.eq_ignore_ascii_case("SCRAM-SHA-256") => Some(Self::Scram),
            () => None,
        }
    }
}

impl Sasl {
    /// What a line of the exchange asks for at one of its stages. `None`: nothing more.
    pub(super) fn step<'a>(&'a mut self, message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
        if stage == 1 {
            // It was passed on, and may be a password.
            self.message = Vec::new();
        }
        if stage == 1 && std::mem::take(&mut self.has_refused) {
            return Some(failed());
        }
        if stage > 0 {
            return None;
        }
        Some(match message.said(0) {
            None => incomplete(message),
            Some("*") => {
                *self = Self::default();
                Step::Command(Command::Account(AccountRequest::AbortScram))
            }
            Some(name) if self.mechanism.is_none() || self.begins_anew(name) => self.begin(name),
            Some(chunk) => self.take(chunk),
        })
    }

    /// Whether a client has given up an exchange without saying so. No message is as short as the
    /// name of a mechanism.
    fn begins_anew(&self, name: &str) -> bool {
        self.chunks.is_empty() && Mechanism::named(name).is_some()
    }

    fn begin(&mut self, name: &str) -> Step<'static> {
        let mechanism = Mechanism::named(name);
        *self = Self { mechanism, has_refused: mechanism.is_none(), ..Self::default() };
        match mechanism {
            Some(_) => Step::Told(Note::Tell(Told::Authenticate("+"))),
            None => told(908, &[SASL_MECHANISMS], "are available SASL mechanisms"),
        }
    }

    fn take<'a>(&'a mut self, chunk: &str) -> Step<'a> {
        if chunk.len() > SASL_CHUNK_BYTES {
            *self = Self::default();
            return told(905, &[], "SASL message too long");
        }
        if chunk != "+" {
            self.chunks.push_str(chunk);
        }
        if self.chunks.len() > SASL_BYTES_MAX {
            *self = Self::default();
            return failed();
        }
        if chunk.len() == SASL_CHUNK_BYTES {
            return Step::Noise(0);
        }
        let decoded = BASE64.decode(std::mem::take(&mut self.chunks).as_bytes());
        let Ok(message) = decoded else {
            *self = Self::default();
            return failed();
        };
        self.message = message;
        self.messages = self.messages.saturating_add(1);
        match (self.mechanism, self.messages) {
            (Some(Mechanism::Scram), 1) => account(AccountRequest::BeginScram(&self.message)),
            (Some(Mechanism::Scram), _) => {
                if self.message.is_empty() {
                    self.mechanism = None;
                }
                account(AccountRequest::FinishScram(&self.message))
            }
            _ => {
                self.mechanism = None;
                match plain(&self.message) {
                    Some(request) => account(request),
                    None => failed(),
                }
            }
        }
    }
}

/// The one message of PLAIN: for whom, by whom, and the password.
fn plain(message: &[u8]) -> Option<AccountRequest<'_>> {
    let mut parts = std::str::from_utf8(message).ok()?.split('\0');
    let (whom, name, password) = (parts.next()?, parts.next()?, parts.next()?);
    let is_for_oneself = whom.is_empty() || NameKey::of(whom) == NameKey::of(name);
    let is_whole = !name.is_empty() && !password.is_empty() && parts.next().is_none();
    let way = LogInWay::Sasl;
    (is_for_oneself && is_whole).then_some(AccountRequest::LogIn { name, password, way })
}

fn account(request: AccountRequest<'_>) -> Step<'_> {
    Step::Command(Command::Account(request))
}

fn failed() -> Step<'static> {
    told(904, &[], "SASL authentication failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each line leads to.
    fn steps(lines: &[&str]) -> Vec<String> {
        let mut sasl = Sasl::default();
        let mut found = Vec::new();
        for line in lines {
            let line = format!("AUTHENTICATE {line}");
            for stage in 0.. {
                let message = Message::parse(&line).unwrap();
                let Some(step) = sasl.step(&message, stage) else { break };
                found.push(match step {
                    Step::Command(Command::Account(request)) => format!("{request:?}"),
                    Step::Told(Note::Tell(Told::Numeric { code, .. })) => code.to_string(),
                    Step::Told(Note::Tell(Told::Authenticate(text))) => text.to_owned(),
                    Step::Noise(0) => "more".to_owned(),
                    other => panic!("{other:?}"),
                });
            }
        }
        found
    }

    fn log_in(name: &str, password: &str) -> String {
        format!("{:?}", AccountRequest::LogIn { name, password, way: LogInWay::Sasl })
    }

    #[test]
    fn a_password_comes_in_chunks() {
        let jilles = log_in("jilles", "sesame");
        for written in ["amlsbGVzAGppbGxlcwBzZXNhbWU=", "AGppbGxlcwBzZXNhbWU="] {
            assert_eq!(steps(&["plain", written]), ["+", &jilles]);
        }
        let long = "bar".repeat(100);
        let written = BASE64.encode(format!("\0foo\0{long}").as_bytes());
        let (one, two) = written.split_at(400);
        assert_eq!(steps(&["PLAIN", one, two]), ["+", "more", &log_in("foo", &long)]);
        let written = BASE64.encode(format!("foo\0foo\0{}", "bar".repeat(97)).as_bytes());
        assert_eq!(written.len(), 400);
        assert_eq!(steps(&["PLAIN", &written, "+"])[2], log_in("foo", &"bar".repeat(97)));
    }

    #[test]
    fn what_is_no_exchange_fails_and_another_may_follow() {
        let jilles = log_in("jilles", "sesame");
        let right = "AGppbGxlcwBzZXNhbWU=";
        for wrong in [
            "!!!".to_owned(),
            BASE64.encode(b"\0\0sesame"),
            BASE64.encode(b"\0jilles\0"),
            BASE64.encode(b"other\0jilles\0sesame"),
            BASE64.encode(b"\0jilles\0sesa\0me"),
            BASE64.encode(b"\0jilles"),
            BASE64.encode(b"\0jilles\0\xff"),
            "+".to_owned(),
        ] {
            let found = steps(&["PLAIN", &wrong, "PLAIN", right]);
            assert_eq!(found, ["+", "904", "+", &jilles], "{wrong}");
        }
        assert_eq!(steps(&["FOO"]), ["908", "904"]);
        assert_eq!(steps(&["PLAIN", &"A".repeat(401)]), ["+", "905"]);
        assert_eq!(steps(&["PLAIN", "*", "PLAIN"]), ["+", "AbortScram", "+"]);
        let chunk = "A".repeat(400);
        let endless = steps(&["PLAIN", &chunk, &chunk, &chunk, &chunk]);
        assert_eq!(endless, ["+", "more", "more", "more", "904"]);
    }

    #[test]
    fn messages_of_scram_are_passed_on() {
        let found = steps(&["SCRAM-SHA-256", "YQ==", "Yg==", "+", "PLAIN"]);
        assert_eq!(found, ["+", "BeginScram([97])", "FinishScram([98])", "FinishScram([])", "+"]);
        assert_eq!(steps(&["SCRAM-SHA-256", "YQ==", "PLAIN"])[2], "+", "it was given up");
    }
}
