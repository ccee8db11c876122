//! Where processes of one load test wait for each other.

use super::crowd::Crowd;
use super::error::LoadError;
use crate::time::Time;

/// Whoever says when a run goes on.
#[derive(Debug)]
pub(super) enum Conductor {
    /// There is only this process.
    Alone,
}

impl Conductor {
    /// Everybody here was let in. Returns when everybody elsewhere was.
    pub(super) fn gathered(&mut self, _crowd: &mut Crowd) -> Result<(), LoadError> {
        Ok(())
    }

    /// It is silent here. Returns when all are to begin.
    pub(super) fn start(&mut self, crowd: &mut Crowd) -> Result<Time, LoadError> {
        Ok(crowd.clock.now())
    }

    /// How many messages all processes have said.
    pub(super) fn said_by_all(&mut self, crowd: &mut Crowd) -> Result<u64, LoadError> {
        Ok(crowd.tally.said)
    }

    /// Everything was heard here. Returns when it was elsewhere.
    pub(super) fn drained(&mut self, _crowd: &mut Crowd) -> Result<(), LoadError> {
        Ok(())
    }

    /// Reads what came meanwhile.
    pub(super) fn heed(&mut self, _crowd: &mut Crowd) -> Result<(), LoadError> {
        Ok(())
    }

    /// Whether the run is to end before its time.
    pub(super) fn is_stopped(&self) -> bool {
        false
    }
}
