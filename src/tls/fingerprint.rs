//! Fingerprints, by which people compare certificates.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Bytes of a SHA-256.
const BYTES: usize = 32;

/// The SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; BYTES]);

/// Text that is no fingerprint.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a fingerprint is a SHA-256: 64 hexadecimal digits, with or without colons between them")]
pub struct NoFingerprint;

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

/// As openssl prints it: `AB:CD:…`.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// With or without colons, in any case, also as the whole line that openssl prints.
impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let digits = match text.split_once('=') {
            Some((label, digits)) if is_label(label) => digits,
            Some(_) => return Err(NoFingerprint),
            None => text,
        };
        let mut digits = digits.trim().chars().filter(|char| *char != ':');
        let mut bytes = [0; BYTES];
        for byte in &mut bytes {
            let mut digit = || digits.next()?.to_digit(16);
            let (high, low) = (digit().ok_or(NoFingerprint)?, digit().ok_or(NoFingerprint)?);
            *byte = u8::try_from(high * 16 + low).map_err(|_| NoFingerprint)?;
        }
        if digits.next().is_some() { Err(NoFingerprint) } else { Ok(Self(bytes)) }
    }
}

/// What openssl prints before a fingerprint of this kind.
fn is_label(label: &str) -> bool {
    label.trim().eq_ignore_ascii_case("sha256 fingerprint")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_printed_and_as_people_type_it() {
        let fingerprint = Fingerprint::of(b"abc");
        let printed = fingerprint.to_string();
        assert!(printed.starts_with("BA:78:16:BF:") && printed.len() == 95, "{printed}");
        for typed in [
            printed.clone(),
            printed.to_lowercase(),
            printed.replace(':', ""),
            format!(" {printed}\n"),
            format!("sha256 Fingerprint={printed}"),
        ] {
            assert_eq!(typed.parse(), Ok(fingerprint), "{typed}");
        }
        for wrong in [
            "",
            &printed[..94],
            &printed[..93],
            &format!("{printed}0"),
            &printed.replace(':', " "),
            &format!("sha1 Fingerprint={printed}"),
        ] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NoFingerprint), "{wrong}");
        }
    }
}
