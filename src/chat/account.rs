//! Accounts: a nickname that belongs to whoever knows its password.
//!
//! The name of an account is a nickname. A member may be logged in and be called something else.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::name::{NameKey, Nickname};
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
