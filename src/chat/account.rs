//! Accounts: a nickname that belongs to whoever knows its password, and what a client may ask for
//! and be told about it.
//!
//! The name of an account is a nickname. A member may be logged in and be called something else.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::name::{NameKey, Nickname};
use super::person::Person;
use crate::scram::Verifier;
use crate::time::UnixTime;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: Nickname,
    /// What is known of its password.
    pub verifier: Verifier,
    /// The address for letters, if one was given. None is ever written to.
    pub email: Option<SmolStr>,
    /// When it was registered.
    pub made: UnixTime,
    /// When somebody logged in to it last.
    pub seen: UnixTime,
}

impl Account {
    /// The key by which it is found.
    pub fn key(&self) -> NameKey {
        self.name.key()
    }
}

/// A request about accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRequest<'a> {
    /// Register an account, and be logged in to it.
    Register {
        /// Its name; `None`: the member's nickname.
        name: Option<&'a str>,
        /// The password.
        password: &'a str,
        /// The address for letters.
        email: Option<&'a str>,
    },
    /// Log in by a password.
    LogIn {
        /// The name of the account.
        name: &'a str,
        /// The password.
        password: &'a str,
        /// How it was asked for.
        way: LogInWay,
    },
    /// Begin to log in by SCRAM-SHA-256: the client's first message.
    BeginScram(&'a [u8]),
    /// Log in by SCRAM-SHA-256: the client's last message.
    FinishScram(&'a [u8]),
    /// Log in by no account after all.
    AbortScram,
    /// Be logged in no more.
    LogOut,
    /// Choose another password.
    ChangePassword {
        /// The password so far.
        old: &'a str,
        /// The password from now on.
        new: &'a str,
    },
}

/// How a client asks to be logged in, which says what else it expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogInWay {
    /// By a line that a person types: without a nickname, the name of the account is taken.
    Typed,
    /// By a request of a program, which chooses a nickname itself.
    Asked,
    /// By an exchange of SASL, whose end is told.
    Sasl,
    /// By a password that is brought before all else: who brings a wrong one is not let in.
    Entrance,
}

/// An answer about accounts. "You" is the client that is told.
#[derive(Clone, Copy, Debug)]
pub enum AccountAnswer<'a> {
    /// The account is yours, and stored; you are logged in to it.
    Registered {
        /// The account.
        name: &'a Nickname,
        /// You, if you have a nickname.
        who: Option<Person<'a>>,
    },
    /// You are logged in.
    LoggedIn {
        /// The account.
        name: &'a Nickname,
        /// You, if you have a nickname.
        who: Option<Person<'a>>,
        /// How you asked.
        way: LogInWay,
    },
    /// You are logged in no more.
    LoggedOut {
        /// You, if you have a nickname.
        who: Option<Person<'a>>,
    },
    /// You have another password, and it is stored.
    PasswordChanged,
    /// The server's next message of SCRAM-SHA-256.
    Challenge(&'a [u8]),
}

/// Why a request about accounts was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountRefusal {
    /// The nickname is that of an account.
    NicknameOwned(Nickname),
    /// No accounts are stored here.
    NotHere,
    /// There is such an account.
    Exists(Nickname),
    /// Somebody else is called so now.
    InUse(Nickname),
    /// The name or the password is wrong, or the exchange that should prove it.
    LogInFailed(LogInWay),
    /// The client has given up an exchange.
    Aborted,
    /// The client is not logged in.
    NotLoggedIn,
    /// The client is logged in.
    LoggedInAlready(Nickname),
    /// That cannot be a password.
    PasswordUnfit,
    /// That is no address for letters.
    EmailUnfit,
    /// An address for letters is needed.
    EmailNeeded,
    /// Accounts are registered by those who have a nickname.
    ConnectFirst,
    /// So many accounts were registered from the client's network that none may be for so long.
    TooManyRegistered(Duration),
    /// As many accounts as may be.
    Full,
    /// The password could not be checked in time.
    Busy(LogInWay),
    /// It cannot be stored now, and nothing was changed.
    NotStored,
}
