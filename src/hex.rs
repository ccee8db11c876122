//! Bytes as hexadecimal digits, for documents that hold text alone.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes bytes down.
///
/// # Errors
/// What the serializer says.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]);
    serializer.serialize_str(&digits.collect::<String>())
}

/// Reads what was written down.
///
/// # Errors
/// Not that many digits, or other characters.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(deserializer)?;
    parse(&digits).ok_or_else(|| D::Error::custom("not hexadecimal digits, two for each byte"))
}

/// Reads hexadecimal digits, two for each byte.
pub fn parse(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(byte).collect()
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
