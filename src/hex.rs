//! Bytes as hexadecimal digits, for documents that hold text alone.
//!
//! They may be secret: no copy is made besides the document and the bytes, which their owners can
//! overwrite.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

/// Bytes as digits.
pub fn written(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Writes bytes down.
///
/// # Errors
/// The serializer's error.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&HEXLOWER.encode_display(bytes))
}

/// Reads the digits back.
///
/// # Errors
/// Not that many digits, or other characters.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_str(Digits)
}

/// Digits that are being read.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("hexadecimal digits, two for each byte")
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<Vec<u8>, E> {
        parse(digits).ok_or_else(|| E::custom("not hexadecimal digits, two for each byte"))
    }
}

/// Reads hexadecimal digits, two for each byte.
pub fn parse(digits: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        let all: Vec<u8> = (0..=255).collect();
        let written = serialize(&all, serde_json::value::Serializer).unwrap();
        assert_eq!(deserialize(written).unwrap(), all);
        assert_eq!(parse("0fF0"), Some(vec![0x0F, 0xF0]));
        for bad in ["0", "0g", "+1", "é"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
