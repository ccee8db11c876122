//! Places in histories and names of rooms, as they are compared.

use super::ReadPosition;

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
