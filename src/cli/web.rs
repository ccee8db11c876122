//! The flags of the chat page and all else that browsers and scripts ask for by HTTP.

use clap::Args;
use mio_chat::dialect::Spoken;
use mio_chat::dialect::http::WebOrigin;

use super::values::Switch;

#[derive(Debug, Args)]
#[command(next_help_heading = "Web")]
pub(super) struct WebArgs {
    /// Whether the chat port also serves the chat page, WebSocket and the HTTP interface
    #[arg(long, value_name = "ON|OFF", default_value = "on", env = "MIO_CHAT_WEB")]
    web: Switch,
    /// Origins of other web pages that may use this server, such as https://games.example; where
    /// the server listens on loopback alone, also the name by which a proxy calls it
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',', env = "MIO_CHAT_WEB_ORIGIN")]
    web_origin: Vec<WebOrigin>,
}

impl WebArgs {
    /// What the port speaks. Where it can be reached from is known when it is bound.
    pub(super) fn spoken(&self) -> Spoken {
        Spoken {
            http: self.web == Switch::On,
            origins: self.web_origin.clone(),
            ..Spoken::default()
        }
    }
}
