//! The flags of the command that asks a server how it is.

use clap::Args;
use mio_chat::client::HealthCheck;

use super::values::Place;

/// Whom to ask, and what.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat --admin 9155 &
  mio-chat health && echo well
  HEALTHCHECK CMD [\"mio-chat\", \"health\"]   (in a Dockerfile)")]
pub(crate) struct HealthArgs {
    /// Where the server's --admin is: a port on this machine, or ADDR:PORT
    #[arg(long, value_name = "PORT", default_value = "9155", env = "MIO_CHAT_ADMIN")]
    admin: Place,
    /// Ask whether new clients may be sent there, too: not while it stops, is full or is out of
    /// descriptors
    #[arg(long)]
    ready: bool,
}

impl HealthArgs {
    /// The question.
    pub(crate) fn check(&self) -> HealthCheck {
        HealthCheck { admin: self.admin.on_loopback(), ready: self.ready }
    }
}
