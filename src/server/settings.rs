//! What an operator may choose about the server, at the start and while it runs.

use std::time::Duration;

use super::{Bot, Gateway, Operator, Server};
use crate::chat::{Farewell, FloodRate, LobbySettings};
use crate::delivery::OutboxLimits;
use crate::dialect::{Encryption, Spoken};
use crate::id::ClientId;
use crate::limits::{
    ACCOUNT_ROUNDS, COME_BACK, CONNECTIONS_PER_ADDRESS_MAX, FLOOD_ADDRESS_BURST,
    FLOOD_ADDRESS_PER_SECOND, FLOOD_BURST_LINES, FLOOD_LINES_PER_SECOND, GREET_AFTER,
    GREET_BROWSER_AFTER, LINE_TIMEOUT, REGISTER_TIMEOUT,
};
use crate::matchmaking;
use crate::server::close_reason::CloseReason;
use crate::subnet::Subnet;
use crate::time::Time;

/// What an operator may choose. The defaults are in `limits`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names and rooms.
    pub lobby: LobbySettings,
    /// How long a new client may stay silent before it is prompted; zero prompts at once.
    pub greet_after: Duration,
    /// How long a client may take to choose a nickname.
    pub register_timeout: Duration,
    /// How long a started line may stay unfinished.
    pub line_timeout: Duration,
    /// How fast a client may speak; `None`: as fast as it likes.
    pub flood: Option<FloodRate>,
    /// How fast all from one address may speak together, loopback exempt; `None`: as fast as they
    /// like. Means nothing where one client may speak as fast as it likes.
    pub flood_address: Option<FloodRate>,
    /// How much may wait for clients that do not read.
    pub outbox: OutboxLimits,
    /// Connections from one address, loopback exempt.
    pub per_address: u32,
    /// From where nobody is served.
    pub banned: Vec<Subnet>,
    /// What the port speaks besides plain lines.
    pub spoken: Spoken,
    /// Within which time those who are sent away because the server stops are told to come back,
    /// each at another moment; zero: some time.
    pub come_back: Duration,
    /// Those who may keep order everywhere.
    pub operators: Vec<Operator>,
    /// Those who may say for whom they come. The first that fits an address counts.
    pub gateways: Vec<Gateway>,
    /// Those who may speak without being members.
    pub bots: Vec<Bot>,
    /// Rounds in which passwords of new accounts are hashed.
    pub account_rounds: u32,
    /// The UDP side.
    pub matchmaking: matchmaking::MatchmakerSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lobby: LobbySettings::default(),
            greet_after: GREET_AFTER,
            register_timeout: REGISTER_TIMEOUT,
            line_timeout: LINE_TIMEOUT,
            flood: FloodRate::new(FLOOD_BURST_LINES, FLOOD_LINES_PER_SECOND),
            flood_address: FloodRate::new(FLOOD_ADDRESS_BURST, FLOOD_ADDRESS_PER_SECOND),
            outbox: OutboxLimits::default(),
            per_address: CONNECTIONS_PER_ADDRESS_MAX,
            banned: Vec::new(),
            spoken: Spoken { http: true, ..Spoken::default() },
            come_back: COME_BACK,
            operators: Vec::new(),
            gateways: Vec::new(),
            bots: Vec::new(),
            account_rounds: ACCOUNT_ROUNDS,
            matchmaking: matchmaking::MatchmakerSettings::default(),
        }
    }
}

impl Settings {
    /// How long a new client may stay silent before it is prompted. One that comes encrypted speaks
    /// first, and would take a prompt for nonsense: it is given the time that its first bytes take.
    pub(super) fn patience_before_prompt(&self) -> Duration {
        match self.spoken.encryption {
            Encryption::None => self.greet_after,
            Encryption::Offered => self.greet_after.max(GREET_AFTER),
            // Nearly everybody does, and the network may lose its first packet.
            Encryption::Required => self.greet_after.max(GREET_BROWSER_AFTER),
        }
    }

    /// How fast an origin may speak: never less than one client may.
    pub(super) fn flood_of_origin(&self) -> Option<FloodRate> {
        Some(self.flood_address?.at_least(self.flood?))
    }
}

impl Server {
    /// Takes over what was chosen anew. Everybody stays, but those from where nobody is served any
    /// more; how long somebody may take is counted from when it began.
    pub(super) fn reconfigure(&mut self, now: Time, settings: Settings) {
        for id in self.lobby.bots_to_log_out(&settings.lobby) {
            self.with_context(now, |lobby, fanout, context| {
                // Whoever is logged in can be logged out.
                let _ = lobby.log_out(id, context, fanout);
            });
        }
        self.lobby.reconfigure(settings.lobby.clone());
        self.fanout.set_limits(settings.outbox);
        self.bots.replace(&settings.bots);
        self.matchmaker.reconfigure(&settings.matchmaking);
        self.admission.reconfigure(settings.per_address, &settings.banned);
        self.admission.exempt(settings.gateways.iter().map(|gateway| gateway.from));
        self.admission.origins.set_rate(settings.flood_of_origin());
        self.settings = settings;
        let everyone: Vec<ClientId> = self.sessions.iter().map(|(id, _)| id).collect();
        for id in everyone {
            let origin = self.sessions.get(id).map(|session| session.origin);
            if origin.is_some_and(|origin| self.admission.is_banned(origin)) {
                self.close(now, id, CloseReason::Told(Farewell::AddressBanned));
            }
            self.hasten_turn(now, id);
            self.arm(id);
        }
        self.settle(now);
    }
}
