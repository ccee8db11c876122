//! Connections that are being encrypted. How that is done is left to the transport: here is only
//! what it means for a conversation.
//!
//! Until it is done the client is a stranger who is told nothing, for it would take every byte for
//! a part of the handshake. It has so long in all and not for each read, so that no place is held
//! by sending slowly. Then the conversation begins anew, with all the time that others have.

use super::Server;
use super::close_reason::CloseReason;
use super::session::{Phase, Session};
use super::turn::Secured;
use crate::chat::Farewell;
use crate::dialect::{Decoder, Encoding, Encryption, Foreign, Security};
use crate::id::ClientId;
use crate::limits::TLS_HANDSHAKE_PATIENCE;
use crate::time::Time;

impl Server {
    /// A client has begun to encrypt its connection, or goes on with it.
    pub(super) fn securing(&mut self, now: Time, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if matches!(session.phase, Phase::Silent | Phase::Choosing) {
            session.phase = Phase::Securing;
            session.since = now;
            // A prompt that waits would come out in the middle of what is encrypted.
            self.fanout.discard(id);
            self.arm(id);
        }
    }

    /// The connection of a client is encrypted.
    pub(super) fn secured(&mut self, now: Time, id: ClientId, secured: Secured) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if !matches!(session.phase, Phase::Silent | Phase::Choosing | Phase::Securing) {
            return;
        }
        session.phase = Phase::Silent;
        session.since = now;
        session.security = if secured.is_public { Security::Public } else { Security::Encrypted };
        session.decoder =
            Decoder::encrypted(session.security, secured.protocol, &self.settings.spoken);
        let network = self.admission.origins.network(session.origin);
        if matches!(session.decoder, Decoder::Http(_)) {
            self.fanout.set_encoding(id, Encoding::Http);
        }
        // A prompt would spoil the next handshake from there, too, if its first bytes are late.
        self.web.browsers.note(now, network);
        self.arm(id);
    }

    /// The connection of a client could not be encrypted, or is no longer what it was. It is told
    /// by what encrypts, if at all.
    pub(super) fn insecure(&mut self, now: Time, id: ClientId) {
        self.fanout.discard(id);
        self.close(now, id, CloseReason::Foreign(Foreign::BROKEN_TLS));
        self.settle(now);
    }

    /// Bytes came from a client that say nothing, and cost as much to read as others.
    pub(super) fn receive_noise(&mut self, now: Time, id: ClientId, bytes: usize) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.is_listening() {
            return self.drop_input(now, id, bytes);
        }
        session.count_stranger_bytes(bytes);
        session.charge_noise(now, self.settings.flood, bytes);
        if let Some(rate) = self.settings.flood {
            session.held |= session.allowance.ready_at(rate) > now;
            self.arm(id);
        }
    }

    /// Whether a client is not served because its connection is not encrypted. On this machine
    /// nobody listens in.
    pub(super) fn must_be_encrypted(&self, id: ClientId) -> bool {
        self.settings.spoken.encryption == Encryption::Required
            && self.sessions.get(id).is_some_and(|session| {
                session.security == Security::Plain
                    && self.admission.origins.network(session.origin).is_some()
            })
    }
}

impl Server {
    /// Closes a client that would have to come encrypted. Whether it does.
    pub(super) fn send_away_unencrypted(&mut self, now: Time, id: ClientId) -> bool {
        let is_sent_away = self.must_be_encrypted(id);
        if is_sent_away {
            self.charge_stranger(now, id, false);
            self.close(now, id, CloseReason::Told(Farewell::TlsOnly));
        }
        is_sent_away
    }
}

impl Session {
    /// When the connection must be encrypted.
    pub(super) fn secure_due(&self) -> Time {
        match self.phase {
            Phase::Securing => self.since + TLS_HANDSHAKE_PATIENCE,
            _ => Time::NEVER,
        }
    }
}
