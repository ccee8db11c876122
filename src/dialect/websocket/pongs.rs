//! How often a client is answered that asks whether the server is there.

use serde::{Deserialize, Serialize};

use crate::limits::WEBSOCKET_PONGS_PER_SECOND;
use crate::time::Time;

/// Pings that were answered lately.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Pongs {
    /// Counted from the start of the server.
    second: u32,
    /// In that second.
    count: u8,
}

impl Pongs {
    fn of(now: Time) -> Self {
        Self { second: now.since(Time::ZERO).as_secs() as u32, count: 0 }
    }

    /// Whether one more ping is answered at `now`.
    pub fn take(&mut self, now: Time) -> bool {
        if self.second != Self::of(now).second {
            *self = Self::of(now);
        }
        let is_answered = self.count < WEBSOCKET_PONGS_PER_SECOND;
        self.count += u8::from(is_answered);
        is_answered
    }

    /// Whether they have to be remembered at `now`.
    pub fn matter(self, now: Time) -> bool {
        self.count > 0 && self.second == Self::of(now).second
    }
}
