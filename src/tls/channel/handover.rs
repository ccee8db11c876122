//! A connection as one process hands it over to another: its keys, and what lies around between the
//! socket and the server.
//!
//! One in the middle of a handshake stays behind, for rustls does not let go of that; one that was
//! not answered yet begins in the other process.

use serde::{Deserialize, Serialize};

use super::session::Session;
use super::{Acceptor, Channel, ChannelError, Stage};
use crate::tls::records::{RecordLayer, RecordLayerState};

/// A connection as one process hands it over to another.
#[derive(Serialize, Deserialize)]
pub struct ChannelState {
    /// None: it only begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    records: Option<RecordLayerState>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::hex")]
    incoming: Vec<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::hex")]
    decrypted: Vec<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::hex")]
    outgoing: Vec<u8>,
    #[serde(default)]
    sealed: usize,
    #[serde(default)]
    has_ended: bool,
}

impl Channel {
    /// Bytes that another process would be told, besides the keys.
    pub fn handover_bytes(&self) -> usize {
        self.incoming.len() + self.decrypted.len() - self.handed_out + self.outgoing.len()
    }

    /// What another process needs to go on. This one must not if that does. `None`: it cannot.
    pub fn handed_over(&mut self) -> Option<ChannelState> {
        let records = match self.stage {
            Stage::Begun => None,
            Stage::Secured => {
                Some(self.session.handed_over(&mut self.incoming, &mut self.outgoing)?)
            }
            Stage::Shaking(_) | Stage::Failed => return None,
        };
        Some(ChannelState {
            records,
            incoming: self.incoming.clone(),
            decrypted: self.decrypted[self.handed_out..].to_vec(),
            outgoing: self.outgoing.clone(),
            sealed: self.sealed,
            has_ended: self.has_ended,
        })
    }

    /// Goes on where another process has stopped. `None`: it only begins, and nobody accepts it.
    pub fn taken_over(
        state: ChannelState,
        acceptor: Option<&Acceptor>,
    ) -> Result<Option<Self>, ChannelError> {
        let Some(records) = &state.records else {
            return acceptor.map(|acceptor| Self::accept(acceptor, &state.incoming)).transpose();
        };
        let records = RecordLayer::taken_over(records);
        let records = records.map_err(|error| ChannelError::Refused(error.to_string()))?;
        Ok(Some(Self {
            session: Session::Records(Box::new(records)),
            stage: Stage::Secured,
            incoming: state.incoming,
            decrypted: state.decrypted,
            handed_out: 0,
            outgoing: state.outgoing,
            sealed: state.sealed,
            has_ended: state.has_ended,
            has_stepped: false,
            // That was told when it was secured.
            is_public: false,
            failure: None,
        }))
    }

    /// Whether there is something to be read that no event of the socket tells of.
    pub fn has_unread(&self) -> bool {
        self.stage == Stage::Begun || !self.decrypted.is_empty() || self.has_ended
    }
}
