//! What whoever looks after the server should be able to read later: who has proved to be an
//! operator, or tried, and what was done by those who may do more than others.
//!
//! Gathered here in the order in which it happened, for whoever drives the server to write down.

use std::collections::VecDeque;

use super::Server;
use super::bots::BotKind;
use crate::chat::{Network, Nickname, Record};
use crate::dialect::GatewayRefusal;
use crate::id::ClientId;
use crate::limits::AUDIT_MAX;

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// Order was kept in a room.
    Done(Record),
    /// Somebody has tried to prove to be an operator of the server.
    Oper {
        /// Which client.
        id: ClientId,
        /// The name of the operator, if there is one of the name that was typed. What is typed
        /// otherwise may be a password in the wrong place.
        operator: Option<String>,
        /// Whether the password was right.
        granted: bool,
    },
    /// Somebody has brought a wrong password of an account.
    WrongPassword {
        /// Which client.
        id: ClientId,
        /// The account, if there is one of the name that was given.
        account: Option<Nickname>,
    },
    /// Somebody was not let in for whom a gateway came, or what said to be one.
    Gateway {
        /// Which client.
        id: ClientId,
        /// Why not.
        refusal: GatewayRefusal,
    },
    /// Somebody has shown a bot's secret that there is none of. It is not kept: it may be right
    /// elsewhere.
    Secret {
        /// Which client.
        id: ClientId,
        /// How it was shown.
        kind: BotKind,
    },
}

impl Audited {
    /// The client that did it.
    pub fn id(&self) -> ClientId {
        match self {
            Self::Done(record) => record.id,
            Self::Oper { id, .. }
            | Self::WrongPassword { id, .. }
            | Self::Gateway { id, .. }
            | Self::Secret { id, .. } => *id,
        }
    }
}

/// What was not handed out yet.
#[derive(Debug, Default)]
pub(super) struct Audit {
    waiting: VecDeque<Audited>,
    lost: u64,
}

impl Audit {
    pub(super) fn push(&mut self, audited: Audited) {
        if self.waiting.len() < AUDIT_MAX {
            self.waiting.push_back(audited);
        } else {
            self.lost += 1;
        }
    }
}

/// What is to be written down, for whoever writes it.
#[derive(Debug)]
pub struct AuditTrail<'s>(&'s mut Server);

impl AuditTrail<'_> {
    /// The next thing to be written down. To be called in the turn in which it happened, as long as
    /// its client is known.
    pub fn poll(&mut self) -> Option<Audited> {
        self.0.audit.waiting.pop_front()
    }

    /// How many things were too many to be written down since this was last asked.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.0.audit.lost)
    }

    /// Where a client comes from; `None` for loopback, and for one that is not known.
    pub fn network(&self, id: ClientId) -> Option<Network> {
        self.0.network_of(id)
    }
}

impl Server {
    /// What is to be written down.
    pub fn audit(&mut self) -> AuditTrail<'_> {
        AuditTrail(self)
    }
}
