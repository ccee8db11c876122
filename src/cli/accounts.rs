//! The flags of accounts.

use clap::{Args, ValueEnum};
use mio_chat::dialect::{AccountOffer, Spoken};
use mio_chat::limits;

use super::values::{Switch, whole};

#[derive(Debug, Args)]
#[command(next_help_heading = "Accounts")]
pub(super) struct AccountArgs {
    /// Rounds (PBKDF2) in which passwords of new accounts are hashed
    #[arg(long, value_name = "N", default_value_t = limits::ACCOUNT_ROUNDS)]
    #[arg(value_parser = whole(limits::ACCOUNT_ROUNDS_MIN..=limits::PASSWORD_ROUNDS_MAX))]
    #[arg(env = "MIO_CHAT_PASSWORD_ROUNDS")]
    password_rounds: u32,
    /// Whether programs may register an account before they have a nickname
    #[arg(long, value_name = "ON|OFF", default_value = "off")]
    #[arg(env = "MIO_CHAT_REGISTER_BEFORE_CONNECT")]
    register_before_connect: Switch,
    /// Whether an address for letters is needed to register an account; none is written to
    #[arg(long, value_name = "WHETHER", default_value = "optional")]
    #[arg(env = "MIO_CHAT_REGISTER_EMAIL")]
    register_email: Need,
}

/// Whether something is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Need {
    Optional,
    Required,
}

impl AccountArgs {
    /// The rounds of new passwords.
    pub(super) fn rounds(&self) -> u32 {
        self.password_rounds
    }

    /// The same languages, with accounts if they can be stored.
    pub(super) fn offered(&self, can_be_stored: bool, spoken: Spoken) -> Spoken {
        let accounts = AccountOffer {
            is_there: can_be_stored,
            before_connect: self.register_before_connect == Switch::On,
            email_required: self.register_email == Need::Required,
        };
        Spoken { accounts, ..spoken }
    }
}
