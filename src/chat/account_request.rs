//! What a client may ask for about accounts, and how it is answered.

use super::account::LogInWay;
use super::name::Nickname;
use super::person::Person;

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
