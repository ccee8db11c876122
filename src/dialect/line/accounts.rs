//! Accounts on plain lines: answers and refusals, one notice each.

use super::rounded::Rounded;
use super::writing::{line, notice};
use crate::chat::{AccountAnswer, AccountRefusal};
use crate::limits::ACCOUNT_PASSWORD_BYTES_MAX;

/// Appends an answer.
pub(in crate::dialect) fn answer(answer: &AccountAnswer<'_>, out: &mut Vec<u8>) {
    match answer {
        AccountAnswer::Registered { name, .. } => {
            let name = name.as_str();
            let how = " is yours from now on; when you come back: /login ";
            line(out, &["* the nickname ", name, how, name, " PASSWORD"]);
        }
        AccountAnswer::LoggedIn { name, .. } => {
            line(out, &["* you are logged in as ", name.as_str()]);
        }
        AccountAnswer::LoggedOut { .. } => line(out, &["* you are not logged in any more"]),
        AccountAnswer::PasswordChanged => line(out, &["* your password is changed"]),
        // Nobody can ask for it by lines.
        AccountAnswer::Challenge(_) => {}
    }
}

/// Appends a refusal.
pub(in crate::dialect) fn refusal(refusal: &AccountRefusal, out: &mut Vec<u8>) {
    match refusal {
        AccountRefusal::NicknameOwned(name) => {
            let name = name.as_str();
            let why = " is registered: if it is yours, type /login ";
            line(out, &["* the nickname ", name, why, name, " PASSWORD; or else /nick NAME"]);
        }
        AccountRefusal::Exists(name) => {
            let name = name.as_str();
            let why = " is registered already (/login ";
            line(out, &["* the nickname ", name, why, name, " PASSWORD)"]);
        }
        AccountRefusal::InUse(name) => {
            let why = " is taken by somebody who is here; try /nick NAME first";
            line(out, &["* the nickname ", name.as_str(), why]);
        }
        AccountRefusal::LoggedInAlready(name) => {
            line(out, &["* you are logged in as ", name.as_str(), " already (/logout)"]);
        }
        AccountRefusal::TooManyRegistered(lasts) => notice(
            out,
            format_args!(
                "too many accounts were registered from your address; try again in {}",
                Rounded(*lasts)
            ),
        ),
        AccountRefusal::PasswordUnfit => notice(
            out,
            format_args!(
                "that cannot be a password; use 1 to {ACCOUNT_PASSWORD_BYTES_MAX} bytes of \
                 letters, digits and signs"
            ),
        ),
        constant => line(out, &["* ", constantly(constant)]),
    }
}

/// Refusals that always read the same.
fn constantly(refusal: &AccountRefusal) -> &'static str {
    match refusal {
        AccountRefusal::NotHere => {
            "that is not possible here: this server stores nothing, so it has no accounts"
        }
        AccountRefusal::LogInFailed(_) => {
            "that is not the password of that account; try again: /login NAME PASSWORD"
        }
        AccountRefusal::NoMailbox => {
            "private messages are remembered for registered nicknames only (/register PASSWORD, or \
             /login NAME PASSWORD)"
        }
        AccountRefusal::NotLoggedIn => "you are not logged in (/login NAME PASSWORD)",
        AccountRefusal::EmailNeeded => {
            "an address for letters is needed here; use the web page, or a program that asks for it"
        }
        AccountRefusal::ConnectFirst => "choose a nickname before you register an account",
        AccountRefusal::EmailUnfit => "that is no address for letters; try another, or none",
        AccountRefusal::Full => "no more accounts can be registered here",
        AccountRefusal::Busy(_) => "too many passwords are being checked; try again in a minute",
        AccountRefusal::NotStored => {
            "that cannot be stored now, so nothing was changed; try again later"
        }
        // Written above, or for exchanges that plain lines do not have.
        _ => "that was not carried out",
    }
}
