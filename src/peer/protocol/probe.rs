//! PING and PONG: how two peers find out whether a path leads to the other, and not to a stranger.
//!
//! ```text
//! MC1 PING m=0123456789abcdef by=1 to=2 x=0badcafe ok=0 h=fedcba9876543210\n
//! `------------------- sealed by h with the key of the match -------'
//! ```
//!
//! Invariant: a probe that [`Secret::open`] accepts was written by somebody who knows the key.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::mc1;
use crate::mc1::Line;

/// The key that only the players of one match and the server know.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    /// The match's number.
    pub(super) game: u64,
    key: [u8; 16],
}

/// A PING or a PONG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) kind: ProbeKind,
    /// The sender's slot.
    pub(super) by: u8,
    /// The receiver's slot.
    pub(super) to: u8,
    /// Ties a PONG to its PING.
    pub(super) nonce: u32,
    /// Whether its sender has had a PONG from the one it is for.
    pub(super) ok: bool,
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeKind {
    Ping,
    Pong,
}

impl Secret {
    pub(super) fn new(game: u64, key: u128) -> Self {
        Self { game, key: key.to_be_bytes() }
    }

    /// The datagram that says it.
    pub(super) fn seal(&self, probe: Probe) -> Vec<u8> {
        let verb = match probe.kind {
            ProbeKind::Ping => "PING",
            ProbeKind::Pong => "PONG",
        };
        let Probe { by, to, nonce, ok, .. } = probe;
        let (game, ok) = (self.game, u8::from(ok));
        let text = format!("MC1 {verb} m={game:016x} by={by} to={to} x={nonce:08x} ok={ok}");
        let seal = self.seal_of(text.as_bytes());
        format!("{text} h={seal:016x}\n").into_bytes()
    }

    /// The probe in a datagram, if it is one of this match's and its seal is good.
    pub(super) fn open(&self, datagram: &[u8]) -> Option<Probe> {
        let line = Line::parse(datagram)?;
        let kind = match line.verb {
            "PING" => ProbeKind::Ping,
            "PONG" => ProbeKind::Pong,
            _ => return None,
        };
        // All that is used stands before the seal: of a key given twice, the first counts.
        let sealed = datagram.get(..memchr::memmem::find(datagram, SEAL)?)?;
        if line.hex("h")? != self.seal_of(sealed) || line.hex("m")? != self.game {
            return None;
        }
        let (by, to) = (line.number("by")?, line.number("to")?);
        let nonce = nonce(line.get("x")?)?;
        Some(Probe { kind, by, to, nonce, ok: line.get("ok")? == "1" })
    }

    fn seal_of(&self, text: &[u8]) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(text);
        hasher.finish()
    }
}

/// The key of the seal field.
const SEAL: &[u8] = b" h=";

/// Eight lower-case hexadecimal digits.
fn nonce(text: &str) -> Option<u32> {
    if text.len() != 8 {
        return None;
    }
    // The parser wants sixteen digits: the first half is zeros.
    mc1::hex(&format!("00000000{text}")).and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: &[u8] =
        b"MC1 PING m=0123456789abcdef by=1 to=2 x=0badcafe ok=0 h=f66da4a7120928b0\n";
    const PONG: &[u8] =
        b"MC1 PONG m=0123456789abcdef by=2 to=1 x=00000007 ok=1 h=b447132cde10a3d2\n";

    fn secret() -> Secret {
        Secret::new(0x0123_4567_89ab_cdef, 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f)
    }

    #[test]
    fn the_seal_is_siphash_2_4_of_64_bits() {
        // The test vectors of its authors: key 00 01 .. 0f, the first bytes of 00 01 .. .
        let secret = secret();
        assert_eq!(secret.seal_of(&[]), 0x726f_db47_dd0e_0e31);
        let message: Vec<u8> = (0..15).collect();
        assert_eq!(secret.seal_of(&message), 0xa129_ca61_49be_45e5);
    }

    #[test]
    fn the_bytes_of_ping_and_pong_are_fixed() {
        let ping = Probe { kind: ProbeKind::Ping, by: 1, to: 2, nonce: 0x0bad_cafe, ok: false };
        let pong = Probe { kind: ProbeKind::Pong, by: 2, to: 1, nonce: 7, ok: true };
        for (probe, bytes) in [(ping, PING), (pong, PONG)] {
            assert_eq!(
                secret().seal(probe).escape_ascii().to_string(),
                bytes.escape_ascii().to_string()
            );
            assert_eq!(secret().open(bytes), Some(probe));
        }
    }

    #[test]
    fn whoever_does_not_know_the_key_is_not_heard() {
        let good = PING;
        let text = str::from_utf8(good).unwrap();
        assert!(secret().open(good).is_some());
        for (from, to) in [
            ("by=1", "by=2"),
            ("ok=0", "ok=1"),
            ("PING", "PONG"),
            ("0badcafe", "0badcaff"),
            ("0badcafe", "0BADCAFE"),
            (" h=", " h=0 h="),
            (" ok=0", ""),
            ("MC1 ", "MC1  "),
        ] {
            assert_eq!(secret().open(text.replace(from, to).as_bytes()), None, "{from} -> {to}");
        }
        assert_eq!(Secret::new(secret().game, 1).open(good), None, "another key");
        assert_eq!(Secret { game: 1, ..secret() }.open(good), None, "another match");
        for length in 0..good.len() - 1 {
            assert_eq!(secret().open(&good[..length]), None, "the first {length} bytes");
        }
        assert!(secret().open(&good[..good.len() - 1]).is_some(), "the newline may be missing");
    }
}
