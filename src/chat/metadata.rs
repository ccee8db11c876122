//! Metadata: what somebody says of itself or of a room for programs that know what a key means,
//! such as an avatar or a name to be shown.
//!
//! Invariants: keys are in order and none comes twice; a key is what [`is_key`] says, a value is
//! clean text that says something; neither is longer than it may be, and there are no more than
//! [`METADATA_KEYS_MAX`].

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::limits::{METADATA_KEY_BYTES_MAX, METADATA_KEYS_MAX, METADATA_VALUE_BYTES_MAX};
use crate::text::{clean, is_blank};

/// The metadata of one person or of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata(Vec<(SmolStr, SmolStr)>);

impl Metadata {
    /// None.
    pub(super) const NONE: &'static Self = &Self(Vec::new());

    /// What was stored. What cannot have been written is left out.
    pub fn restored<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut restored = Self::default();
        for (key, value) in rows {
            if let (true, true, Some(value)) = (is_key(key), restored.has_place(key), fit(value)) {
                restored.set(key, &value);
            }
        }
        restored
    }

    /// Each key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(known, _)| known.as_str().cmp(key)).ok()?;
        Some(&self.0[at].1)
    }

    /// Whether a key could have a value.
    pub(super) fn has_place(&self, key: &str) -> bool {
        self.0.len() < METADATA_KEYS_MAX || self.get(key).is_some()
    }

    /// Gives a key a value; empty: none. Whether anything has changed.
    pub(super) fn set(&mut self, key: &str, value: &str) -> bool {
        match self.0.binary_search_by(|(known, _)| known.as_str().cmp(key)) {
            Ok(at) if value.is_empty() => drop(self.0.remove(at)),
            Ok(at) if self.0[at].1 == value => return false,
            Ok(at) => self.0[at].1 = value.into(),
            Err(_) if value.is_empty() || !self.has_place(key) => return false,
            Err(at) => self.0.insert(at, (key.into(), value.into())),
        }
        true
    }

    /// Takes over what others have and this has not, as far as there is a place.
    pub(super) fn merge(&mut self, others: &Self) -> bool {
        let missing = others.iter().filter(|(key, _)| self.get(key).is_none());
        let missing: Vec<(&str, &str)> = missing.collect();
        missing.into_iter().fold(false, |changed, (key, value)| self.set(key, value) || changed)
    }

    /// The keys that have another value here, or one of the two has not.
    pub(super) fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        let differs = |(key, value): &(&str, &str)| other.get(key) != Some(*value);
        let gone = other.iter().filter(|(key, _)| self.get(key).is_none());
        self.iter().filter(differs).chain(gone).map(|(key, _)| key)
    }
}

/// Whether text can be a key.
pub(super) fn is_key(text: &str) -> bool {
    let may = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'/' | b'-');
    (1..=METADATA_KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(may)
}

/// A value as it is kept; empty: none. `None`: it is too long.
pub(super) fn fit(text: &str) -> Option<SmolStr> {
    let text = clean(text);
    if text.len() > METADATA_VALUE_BYTES_MAX {
        return None;
    }
    Some(if is_blank(&text) { SmolStr::default() } else { text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_value_each_until_there_are_too_many() {
        let mut metadata = Metadata::default();
        assert!(metadata.set("b", "2") && metadata.set("a", "1") && metadata.set("b", "3"));
        assert!(!metadata.set("b", "3") && !metadata.set("c", ""), "nothing new");
        assert_eq!(metadata.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "3")]);
        assert!(metadata.set("a", "") && metadata.get("a").is_none());
        (1..METADATA_KEYS_MAX).for_each(|n| assert!(metadata.set(&format!("k{n}"), "x")));
        assert_eq!(metadata.len(), METADATA_KEYS_MAX);
        assert!(!metadata.has_place("z") && !metadata.set("z", "1") && metadata.set("b", "4"));
    }

    #[test]
    fn keys_and_values_are_of_certain_letters_and_lengths() {
        for key in ["avatar", "im.xmpp", "a/b-c_0", &"k".repeat(METADATA_KEY_BYTES_MAX)] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "Avatar", "$url", "a b", "\u{e4}", &"k".repeat(METADATA_KEY_BYTES_MAX + 1)]
        {
            assert!(!is_key(key), "{key}");
        }
        assert_eq!(fit("->\u{1f49c}<-").as_deref(), Some("->\u{1f49c}<-"));
        assert_eq!(fit(" \u{200b}").as_deref(), Some(""));
        assert!(!fit("a\u{202e}\u{7}b").unwrap().contains(['\u{202e}', '\u{7}']));
        assert_eq!(fit(&"x".repeat(METADATA_VALUE_BYTES_MAX + 1)), None);
    }

    #[test]
    fn what_is_stored_and_what_differs_is_found() {
        let rows = [("a", "1"), ("A", "2"), ("b", ""), ("c", "3")];
        let metadata = Metadata::restored(rows);
        assert_eq!(metadata.iter().collect::<Vec<_>>(), [("a", "1"), ("c", "3")]);
        let mut other = Metadata::restored([("a", "1"), ("c", "4"), ("d", "5")]);
        assert_eq!(metadata.differing(&other).collect::<Vec<_>>(), ["c", "d"]);
        assert!(!other.merge(&Metadata::restored([("c", "9")])));
        assert!(other.merge(&Metadata::restored([("e", "9")])));
        assert_eq!((other.get("c"), other.get("e")), (Some("4"), Some("9")));
    }
}
