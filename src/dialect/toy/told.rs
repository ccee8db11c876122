//! What a reader of the tests' own language is told: what is said, and nothing else.

use crate::chat::RoomEvent;

pub(in crate::dialect) fn encode(event: &RoomEvent<'_>, out: &mut Vec<u8>) {
    if let RoomEvent::Said { who, text, .. } = event {
        out.extend([who.as_str(), " says ", text, "\0"].concat().bytes());
    }
}
