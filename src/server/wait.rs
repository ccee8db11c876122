//! What the next line of a client waits for, and until when.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// When a line is heard that waits for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Wait {
    /// As soon as there is time.
    #[default]
    Free,
    /// At this moment, by which all that came from the same place before it is paid for.
    Origin(Time),
    /// Not before this moment, when it is seen whether those in the room have caught up.
    Room(Time),
}

impl Wait {
    /// When that is, if there is such a moment.
    pub(super) fn moment(self) -> Option<Time> {
        match self {
            Self::Free => None,
            Self::Origin(moment) | Self::Room(moment) => Some(moment),
        }
    }
}
