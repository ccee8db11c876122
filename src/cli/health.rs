//! The flags of the command that asks a server how it is.

use clap::Args;
use mio_chat::client::HealthCheck;
use mio_chat::limits::ADMIN_PORT;

use super::values::HostPort;

/// Flags of `health`: the server and the question.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat --admin 9155 &
  mio-chat health && echo well
  HEALTHCHECK CMD [\"mio-chat\", \"health\"]   (in a Dockerfile)")]
pub(crate) struct HealthArgs {
    /// Address of the server's --admin: a port of this machine, HOST or HOST:PORT
    #[arg(long, value_name = "SERVER", default_value = "9155", env = "MIO_CHAT_ADMIN")]
    admin: HostPort,
    /// Also ask whether the server accepts new clients: not while it stops, is full or is out of
    /// descriptors
    #[arg(long)]
    ready: bool,
}

impl HealthArgs {
    /// The question.
    pub(crate) fn check(&self) -> HealthCheck {
        HealthCheck { admin: self.admin.at(ADMIN_PORT), ready: self.ready }
    }
}
