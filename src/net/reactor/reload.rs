//! Taking over settings that were chosen anew, with every connection kept.
//!
//! The foundations of a running server stay as they are: places to listen at, the backlog, the
//! folder of the state. The code that reads the settings says which those are.

use log::LevelFilter;

use super::{NetSettings, Reactor};
use crate::net::certificates::CertificateWatch;
use crate::server;
use crate::tls::{self, Acceptor};

/// The operator's choices for all parts of the server.
#[derive(Clone, Debug)]
pub struct Config {
    /// For the network.
    pub net: NetSettings,
    /// For clients, rooms and players.
    pub server: server::Settings,
    /// The least important level that is logged.
    pub log_level: LevelFilter,
}

impl Reactor {
    /// Applies new settings, if they made sense, and tells the supervisor that this is done.
    pub(super) fn reload(&mut self, config: Option<Config>) {
        if let Some(config) = config {
            self.reconfigure(config);
        }
        self.operations.supervisor.ready(self.now);
    }

    fn reconfigure(&mut self, config: Config) {
        let Config { net, mut server, log_level } = config;
        self.sockets.listeners.note_places(&mut server.spoken);
        log::set_max_level(log_level);
        self.sockets.clients_max = net.clients_max;
        (self.lifecycle.drain, self.lifecycle.lame_duck) = (net.drain, net.lame_duck);
        self.sockets.proxies.trust(net.proxies);
        self.turn.set_max_delay(net.max_delay);
        // Connected clients keep their socket options.
        self.sockets.listeners.set_timers(net.keepalive, net.user_timeout);
        self.turn.reconfigure(self.now, server);
        self.replace_certificates(net.tls);
    }

    /// Shows new clients other certificates from now on. If they are the same, nothing changes, so
    /// that tickets still hold; and a pair that is kept nowhere lasts as long as it is wanted.
    fn replace_certificates(&mut self, anew: Option<Acceptor>) {
        if tls::are_alike(self.sockets.encryption.acceptor(), anew.as_ref()) {
            return;
        }
        if anew.is_none() {
            log::info!("tls: off");
        }
        self.sockets.encryption.set_acceptor(anew);
        self.operations.certificates = CertificateWatch::new();
    }
}
