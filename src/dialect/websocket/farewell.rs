//! The last frame: why the server closes a connection, as a code and in English.

use super::frame::write_close;
use crate::chat::{Farewell, Reply};
use crate::dialect::line::wording;
use crate::dialect::line::writing::sentence;

/// Appends the close that ends a connection, with the notice that a reader of plain lines would be
/// told.
pub(in crate::dialect) fn farewell(farewell: Farewell, out: &mut Vec<u8>) {
    let reason = sentence(|out| wording::reply(&Reply::Farewell(farewell), false, out));
    write_close(code(farewell), &reason, out);
}

/// Its code (RFC 6455 §7.4.1, and the registry of the IANA).
fn code(farewell: Farewell) -> u16 {
    match farewell {
        Farewell::Quit => 1000,
        // It will be back: another begins on its place.
        Farewell::Shutdown { back_in } if back_in > 0 => 1012,
        Farewell::Shutdown { .. } => 1001,
        Farewell::ServerFull
        | Farewell::AddressFull
        | Farewell::NetworkFull
        | Farewell::MadeWay => 1013,
        Farewell::RegisterTimeout
        | Farewell::TooManyTries
        | Farewell::TooManyPasswords
        | Farewell::LineTimeout
        | Farewell::SlowReader { .. }
        | Farewell::AddressBanned
        | Farewell::Banned
        | Farewell::Kicked
        | Farewell::TlsOnly => 1008,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Encoding;
    use crate::dialect::websocket::frame::frame_len;

    #[test]
    fn the_last_object_is_followed_by_a_close_that_says_the_same() {
        for (why, code, word) in [
            (Farewell::Quit, 1000, "quit"),
            (Farewell::Shutdown { back_in: 0 }, 1001, "going"),
            (Farewell::Shutdown { back_in: 7 }, 1012, "going"),
            (Farewell::ServerFull, 1013, "full"),
            (Farewell::AddressFull, 1013, "full-address"),
            (Farewell::NetworkFull, 1013, "full-network"),
            (Farewell::MadeWay, 1013, "made-way"),
            (Farewell::RegisterTimeout, 1008, "nick-late"),
            (Farewell::TooManyTries, 1008, "nick-tries"),
            (Farewell::LineTimeout, 1008, "line-late"),
            (Farewell::SlowReader { backlog: 300_000 }, 1008, "slow"),
            (Farewell::AddressBanned, 1008, "banned-address"),
            (Farewell::Banned, 1008, "banned"),
            (Farewell::Kicked, 1008, "kicked"),
            (Farewell::TlsOnly, 1008, "tls-only"),
        ] {
            let mut out = Vec::new();
            Encoding::JsonFrame.reply(&Reply::Farewell(why), None, None, &mut out);
            let (bye, close) = out.split_at(frame_len(&out).unwrap());
            let bye = String::from_utf8_lossy(bye);
            assert!(bye.contains(&format!(r#"{{"t":"bye","code":"{word}","text":""#)), "{bye}");
            assert_eq!(frame_len(close), Some(close.len()), "{why:?}: nothing follows");
            assert_eq!(close[0], 0x88);
            assert_eq!(u16::from_be_bytes([close[2], close[3]]), code, "{why:?}");
            let reason = std::str::from_utf8(&close[4..]).unwrap();
            let is_cut = reason.len() == 123;
            assert!(!reason.is_empty() && (is_cut || bye.contains(reason)), "{bye}: {reason}");
        }
    }
}
