//! The server as one process hands it over to another: everyone who is connected, what they have
//! said and are owed, all rooms and the UDP side.
//!
//! Times stay what they were, because the clock of the other process goes on from ours; so do ids.
//! How the document and the sockets get there is left to `net`.
//!
//! Left out: passwords that are being checked. Who waits for that is asked to try again.

use serde::{Deserialize, Serialize};

use super::accounts::LogInsState;
use super::bots::TokenHash;
use super::close_reason::CloseReason;
use super::origins::OriginsState;
use super::session::{Phase, Session};
use super::wait::Wait;
use super::{Server, Settings};
use crate::chat::{Allowance, LobbyState, Network, Outlet, Refusal, Reply};
use crate::delivery::FanoutState;
use crate::id::ClientId;
use crate::matchmaking::MatchmakerState;
use crate::server::ServerCounters;
use crate::time::{Time, UnixTime};

/// All that a server knows but its settings.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServerState {
    secret: [u8; 16],
    sessions: Vec<SessionState>,
    lobby: LobbyState,
    fanout: FanoutState,
    matchmaker: MatchmakerState,
    woken: Vec<ClientId>,
    closed: Vec<ClientId>,
    /// Those whose passwords are being checked.
    checked: Vec<ClientId>,
    counters: ServerCounters,
    started: UnixTime,
    summary_at: Option<Time>,
    /// What all from one place have used up.
    #[serde(default)]
    origins: OriginsState,
    /// What bots have used up.
    #[serde(default)]
    bots: Vec<(TokenHash, Allowance)>,
    /// Where HTTP was spoken from, and when.
    #[serde(default)]
    browsers: Vec<(Option<Network>, Time)>,
    /// Who logs in, and what was proved.
    #[serde(default)]
    log_ins: LogInsState,
    /// Those who are told more when they were sent what they were told.
    #[serde(default)]
    awaited: Vec<ClientId>,
    /// When the next lines are heard of those who wait for others.
    turns: Vec<(ClientId, Wait)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SessionState {
    id: ClientId,
    session: Session,
    network: Option<Network>,
}

/// The server at a hand-over, for the process that hands it over and for the one that goes on with
/// it.
#[derive(Debug)]
pub struct Handover<'s>(&'s mut Server);

impl Handover<'_> {
    /// Bytes that another process would be told for the clients, each for itself. Roughly.
    pub fn bytes(&mut self) -> usize {
        let lobby = &self.0.lobby;
        self.0.fanout.backlogs() + lobby.remembered() + lobby.remembered_privately()
    }

    /// All that another process needs to go on. Nothing changes here, but nothing may be sent from
    /// now on unless it fails.
    pub fn state(&mut self, now: Time) -> ServerState {
        let server = &mut *self.0;
        let network = |session: &Session| server.admission.origins.network(session.origin);
        let sessions = server.sessions.iter().map(|(id, session)| {
            let network = network(session);
            SessionState { id, session: session.clone(), network }
        });
        ServerState {
            secret: server.secret,
            sessions: sessions.collect(),
            lobby: server.lobby.handed_over(),
            fanout: server.fanout.handed_over(),
            matchmaker: server.matchmaker.handed_over(now),
            woken: server.woken.iter().copied().collect(),
            closed: server.closed.iter().copied().collect(),
            checked: server.checks.clients().filter(|id| server.lobby.is_member(*id)).collect(),
            counters: server.counters,
            started: server.started,
            summary_at: server.summary_at,
            origins: server.admission.origins.handed_over(now),
            bots: server.bots.handed_over(),
            browsers: server.web.browsers.handed_over(),
            log_ins: server.log_ins.handed_over(),
            awaited: server.long_answers.clients().collect(),
            turns: server.turns.iter().map(|(id, turn)| (id, *turn)).collect(),
        }
    }

    /// Sees to it that rooms remember no more than may be. To be called when it is known where they
    /// are kept ([`Storage::set_archive`](super::Storage::set_archive)), if anywhere.
    pub fn limit_history(&mut self) {
        self.0.lobby.limit_history(&mut self.0.fanout);
    }
}

impl Server {
    /// What a hand-over takes.
    pub fn handover(&mut self) -> Handover<'_> {
        Handover(self)
    }

    /// A server that goes on where another process has stopped. `same_sockets`: datagrams come in
    /// by the same sockets as there.
    pub fn taken_over(settings: Settings, state: ServerState, same_sockets: bool) -> Self {
        let mut server = Self::new(settings, state.secret);
        server.lobby.take_over(state.lobby);
        server.fanout.take_over(state.fanout);
        server.lobby.subscribe_everyone(&mut server.fanout);
        if same_sockets {
            server.matchmaker.take_over(state.matchmaker);
        }
        (server.counters, server.started) = (state.counters, state.started);
        server.summary_at = state.summary_at;
        server.admission.origins.take_over(state.origins);
        server.bots.take_over(state.bots);
        server.web.browsers.take_over(state.browsers);
        server.closed = state.closed.into();
        server.woken = state.woken.into();
        for (id, turn) in state.turns {
            server.turns.insert(id, turn);
        }
        for state in state.sessions {
            server.take_in(state);
        }
        state.awaited.into_iter().for_each(|id| server.await_reader(id));
        server.take_over_log_ins(state.log_ins);
        for id in state.checked {
            server.fanout.reply(id, &Reply::Refused(&Refusal::OperBusy));
            server.go_on_after_answer(id);
        }
        server
    }

    fn take_in(&mut self, state: SessionState) {
        let SessionState { id, mut session, network } = state;
        session.origin = self.admission.take_over(network);
        if session.phase == Phase::Chatting {
            self.admission.origins.name(session.origin);
        }
        session.armed = Time::NEVER;
        // Who was woken may have been waiting for its turn in the poll loop.
        if session.unfinished && !self.woken.contains(&id) {
            self.woken.push_back(id);
        }
        let is_answered = session.reason == Some(CloseReason::Finished)
            && self.fanout.encoding(id).is_answered_once();
        let is_request = session.decoder.is_request() || is_answered;
        self.sessions.insert(id, session);
        if is_request {
            self.take_over_request(id);
        }
        self.arm(id);
    }
}
