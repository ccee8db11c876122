//! Bytes as hexadecimal digits, for documents that hold text alone.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes bytes down.
///
/// # Errors
/// The serializer's error.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&HEXLOWER.encode(bytes))
}

/// Reads the digits back.
///
/// # Errors
/// Not that many digits, or other characters.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(deserializer)?;
    parse(&digits).ok_or_else(|| D::Error::custom("not hexadecimal digits, two for each byte"))
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
