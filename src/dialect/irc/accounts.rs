//! Accounts: what one client is told, and what of it is offered.

use data_encoding::BASE64;

use super::addressee::Addressee;
use super::capability::{Capabilities, SASL_MECHANISMS};
use super::numeric::Line;
use super::source::Source;
use crate::chat::{AccountAnswer, AccountRefusal, LogInWay, Person, Refusal};
use crate::dialect::AccountOffer;
use crate::dialect::line;
use crate::dialect::line::writing::sentence;
use crate::limits::SASL_CHUNK_BYTES;

/// The capabilities that are not offered where there are no accounts.
pub(super) fn withheld(offer: AccountOffer) -> Capabilities {
    let needs = Capabilities::SASL.with(Capabilities::ACCOUNT_REGISTRATION, true);
    if offer.is_there { Capabilities::NONE } else { needs }
}

/// The value of a capability about accounts, for clients of version 302.
pub(super) fn value(offer: AccountOffer, capability: Capabilities) -> Option<String> {
    if capability == Capabilities::SASL {
        return Some(SASL_MECHANISMS.to_owned());
    }
    (capability == Capabilities::ACCOUNT_REGISTRATION).then(|| {
        let words = [
            (offer.before_connect, "before-connect"),
            (true, "custom-account-name"),
            (offer.email_required, "email-required"),
        ];
        let words: Vec<&str> = words.into_iter().filter(|word| word.0).map(|word| word.1).collect();
        words.join(",")
    })
}

/// Appends an answer.
pub(super) fn answer(reader: &Addressee, answer: &AccountAnswer<'_>, out: &mut Vec<u8>) {
    match *answer {
        AccountAnswer::Registered { name, who } => {
            let name = name.as_str();
            if reader.verb() == "REGISTER" {
                let line = reader.line(out).word("REGISTER").word("SUCCESS");
                line.word(name).text("Account registered, and you are logged in to it");
            } else {
                service(reader, &format!("{name} is yours from now on"), out);
            }
            logged_in(reader, name, who, out);
        }
        AccountAnswer::LoggedIn { name, who, way } => {
            logged_in(reader, name.as_str(), who, out);
            if way == LogInWay::Sasl {
                reader.numeric(903, out).text("SASL authentication successful");
            }
        }
        AccountAnswer::LoggedOut { who } => {
            reader.numeric(901, out).word(&mask(reader, who)).text("You are now logged out");
        }
        AccountAnswer::PasswordChanged => service(reader, "Your password is changed", out),
        AccountAnswer::Challenge(message) => challenge(reader, message, out),
    }
}

fn logged_in(reader: &Addressee, name: &str, who: Option<Person<'_>>, out: &mut Vec<u8>) {
    let line = reader.numeric(900, out).word(&mask(reader, who)).word(name);
    line.text(&format!("You are now logged in as {name}"));
}

/// What others are shown of a client.
fn mask(reader: &Addressee, who: Option<Person<'_>>) -> String {
    match who {
        Some(who) => Source(who).to_string(),
        None => format!("{}!*@*", reader.nickname()),
    }
}

/// Appends a message of an exchange, in chunks; one that fills its last chunk is ended by an empty
/// one.
fn challenge(reader: &Addressee, message: &[u8], out: &mut Vec<u8>) {
    let text = BASE64.encode(message);
    let mut rest = text.as_str();
    loop {
        let (chunk, behind) = rest.split_at(rest.len().min(SASL_CHUNK_BYTES));
        let chunk = if chunk.is_empty() { "+" } else { chunk };
        authenticate(reader, chunk, out);
        if chunk.len() < SASL_CHUNK_BYTES {
            return;
        }
        rest = behind;
    }
}

/// Appends one line of an exchange.
pub(super) fn authenticate(reader: &Addressee, chunk: &str, out: &mut Vec<u8>) {
    reader.line(out).word("AUTHENTICATE").word(chunk).end();
}

/// Appends a notice of the service that old clients' scripts know.
pub(super) fn service(reader: &Addressee, text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(b":NickServ!NickServ@services");
    Line::behind(out, start).word("NOTICE").word(reader.nickname()).text(text);
}

/// Appends a refusal about accounts.
pub(super) fn refuse(reader: &Addressee, refusal: &AccountRefusal, out: &mut Vec<u8>) {
    if reader.verb() == "REGISTER" {
        return fail(reader, &Refusal::Account(refusal.clone()), out);
    }
    match refusal {
        AccountRefusal::NicknameOwned(name) => {
            let name = if reader.verb() == "NICK" { reader.about() } else { name.as_str() };
            let line = reader.numeric(433, out).word(name);
            line.text("Nickname is registered: log in to its account, or take another");
        }
        AccountRefusal::LogInFailed(LogInWay::Sasl) | AccountRefusal::Busy(LogInWay::Sasl) => {
            reader.numeric(904, out).text("SASL authentication failed");
        }
        AccountRefusal::NotHere if reader.verb() == "AUTHENTICATE" => {
            reader.numeric(904, out).text("SASL authentication failed: there are no accounts here");
        }
        AccountRefusal::LogInFailed(LogInWay::Entrance)
        | AccountRefusal::Busy(LogInWay::Entrance) => {
            reader.numeric(464, out).text("Password incorrect");
        }
        AccountRefusal::Aborted => {
            reader.numeric(906, out).text("SASL authentication aborted");
        }
        other => {
            service(reader, &sentence(|out| line::accounts::refusal(other, out)), out);
        }
    }
}

/// Appends why REGISTER has failed.
pub(super) fn fail(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) {
    let about = if reader.about().is_empty() { "*" } else { reader.about() };
    let (code, about) = match refusal {
        Refusal::NicknameFirst => ("NEED_NICK", about),
        Refusal::Account(AccountRefusal::Exists(name) | AccountRefusal::InUse(name)) => {
            ("ACCOUNT_EXISTS", name.as_str())
        }
        Refusal::Account(AccountRefusal::LoggedInAlready(name)) => {
            ("ALREADY_AUTHENTICATED", name.as_str())
        }
        Refusal::Account(AccountRefusal::ConnectFirst) => ("COMPLETE_CONNECTION_REQUIRED", about),
        Refusal::Account(AccountRefusal::PasswordUnfit) => ("UNACCEPTABLE_PASSWORD", about),
        Refusal::Account(AccountRefusal::EmailUnfit | AccountRefusal::EmailNeeded) => {
            ("INVALID_EMAIL", about)
        }
        Refusal::Account(_) => ("TEMPORARILY_UNAVAILABLE", about),
        _ => ("BAD_ACCOUNT_NAME", about),
    };
    let text = sentence(|out| line::refusals::write(refusal, out));
    reader.fail(("REGISTER", code), [about], &text, out);
}
