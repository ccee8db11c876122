//! Why something about accounts was not done.

use std::time::Duration;

use super::account::LogInWay;
use super::name::Nickname;

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
    /// Private messages are remembered for accounts, and the client is logged in to none.
    NoMailbox,
}
