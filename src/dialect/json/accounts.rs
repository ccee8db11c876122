//! Accounts as objects.

use super::events::seconds;
use super::object::{Object, Text};
use crate::chat::{AccountAnswer, AccountRefusal, Nickname};

/// An answer; `text` is the same in English.
pub(super) fn object<'a>(answer: &AccountAnswer<'a>, text: Text<'static>) -> Object<'a> {
    let account = |name: Option<&'a Nickname>, registered| Object::Account {
        account: name.map(|name| name.as_str().into()),
        registered,
        text: text.clone(),
    };
    match *answer {
        AccountAnswer::Registered { name, .. } => account(Some(name), true),
        AccountAnswer::LoggedIn { name, .. } => account(Some(name), false),
        AccountAnswer::LoggedOut { .. } => account(None, false),
        AccountAnswer::PasswordChanged | AccountAnswer::Challenge(_) => {
            Object::Notice { room: None, text }
        }
    }
}

/// The code of a refusal.
pub(super) fn code(refusal: &AccountRefusal) -> &'static str {
    match refusal {
        AccountRefusal::NicknameOwned(_) => "nick-owned",
        AccountRefusal::NotHere => "accounts-none",
        AccountRefusal::Exists(_) => "account-exists",
        AccountRefusal::InUse(_) => "nick-taken",
        AccountRefusal::LogInFailed(_) | AccountRefusal::Aborted => "login-wrong",
        AccountRefusal::NotLoggedIn | AccountRefusal::NoMailbox => "login-needed",
        AccountRefusal::LoggedInAlready(_) => "login-done",
        AccountRefusal::PasswordUnfit => "password-bad",
        AccountRefusal::EmailUnfit => "email-bad",
        AccountRefusal::EmailNeeded => "email-needed",
        AccountRefusal::ConnectFirst => "nick-needed",
        AccountRefusal::TooManyRegistered(_) => "register-paused",
        AccountRefusal::Full => "accounts-full",
        AccountRefusal::Busy(_) => "login-busy",
        AccountRefusal::NotStored => "not-stored",
    }
}

/// The name that a refusal is about, and the seconds until it may be otherwise.
pub(super) fn about(refusal: &AccountRefusal) -> (Option<Text<'static>>, Option<u64>) {
    match refusal {
        AccountRefusal::NicknameOwned(name)
        | AccountRefusal::Exists(name)
        | AccountRefusal::InUse(name)
        | AccountRefusal::LoggedInAlready(name) => (Some(name.as_str().to_owned().into()), None),
        AccountRefusal::TooManyRegistered(lasts) => (None, Some(seconds(*lasts))),
        _ => (None, None),
    }
}
