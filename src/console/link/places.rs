//! Places in histories and names of rooms, as they are compared, and what follows a room that gets
//! another name.

use super::{Link, ReadPosition};

/// `c77143c7:1200`
pub(super) fn parse_place(text: &str) -> Option<ReadPosition> {
    let (epoch, number) = text.split_once(':')?;
    is_epoch(epoch).then_some(())?;
    Some(ReadPosition { epoch: epoch.to_owned(), number: number.parse().ok()? })
}

/// Whether this may be an epoch: it is sent back as a part of a command.
pub(super) fn is_epoch(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// A room as it may be typed in several ways.
pub(super) fn folded(room: &str) -> String {
    room.trim_start_matches('#').to_lowercase()
}

impl Link {
    /// A room has another name: what is known of it follows. What was known of another room that
    /// was called so is out of date.
    pub(super) fn follow_room(&mut self, old: &str, new: &str) {
        if self.room == old {
            new.clone_into(&mut self.room);
        }
        if let Some((room, _)) = self.fallback.as_mut().filter(|(room, _)| room == old) {
            new.clone_into(room);
        }
        self.places.remove(new);
        if let Some(place) = self.places.remove(old) {
            self.places.insert(new.to_owned(), place);
        }
        let word = self.words.remove(&folded(old));
        self.words.remove(&folded(new));
        if let Some(word) = word {
            self.words.insert(folded(new), word);
        }
    }
}
