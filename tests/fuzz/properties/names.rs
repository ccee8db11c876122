//! A name that is accepted fits, forges nothing, and is the same name whenever it is read again.

use mio_chat::chat::{Alphabet, NameKey, Nickname, RoomName};
use mio_chat::limits::{
    NAME_BYTES_MAX, NAME_COLUMNS_MAX, ROOM_NAME_BYTES_MAX, ROOM_NAME_COLUMNS_MAX,
};
use unicode_width::UnicodeWidthStr;

use crate::common::harmless::is_harmful;

/// The bytes, taken for what somebody types as a name, in either alphabet.
pub fn check(data: &[u8]) {
    let typed = String::from_utf8_lossy(data);
    let key = NameKey::of(&typed);
    assert_eq!(NameKey::of(&typed), key, "the key of the same text");
    for alphabet in [Alphabet::Ascii, Alphabet::Unicode] {
        check_nickname(&typed, alphabet);
        check_room_name(&typed, alphabet);
    }
    if Nickname::parse(&typed, Alphabet::Ascii).is_ok() {
        assert_eq!(
            Nickname::parse(&typed, Alphabet::Unicode),
            Nickname::parse(&typed, Alphabet::Ascii),
            "what is good among fewer letters is good among more"
        );
    }
}

fn check_nickname(typed: &str, alphabet: Alphabet) {
    let Ok(nickname) = Nickname::parse(typed, alphabet) else { return };
    let most = (NAME_BYTES_MAX, NAME_COLUMNS_MAX);
    expect_good(nickname.as_str(), &nickname.key(), most, "#.+", alphabet);
    assert_eq!(Nickname::parse(nickname.as_str(), alphabet), Ok(nickname.clone()), "read again");
    assert_eq!(NameKey::of(typed), nickname.key(), "as it was typed: {typed:?}");
}

fn check_room_name(typed: &str, alphabet: Alphabet) {
    let Ok(name) = RoomName::parse(typed, alphabet) else { return };
    let most = (ROOM_NAME_BYTES_MAX, ROOM_NAME_COLUMNS_MAX);
    expect_good(name.as_str(), &name.key(), most, "", alphabet);
    assert_eq!(RoomName::parse(name.as_str(), alphabet), Ok(name.clone()), "read again");
    if !name.as_str().starts_with('#') {
        let on_irc = RoomName::parse(&format!("#{}", name.as_str()), alphabet);
        assert_eq!(on_irc, Ok(name), "as on IRC");
    }
}

fn expect_good(
    name: &str,
    key: &NameKey,
    (bytes, columns): (usize, usize),
    never: &str,
    alphabet: Alphabet,
) {
    assert!(name.chars().any(char::is_alphanumeric), "{name:?} cannot be pronounced");
    assert!(name.len() <= bytes && name.width() <= columns, "{name:?}");
    assert!(alphabet == Alphabet::Unicode || name.is_ascii(), "{name:?}");
    let forges = |character: char| {
        character.is_whitespace()
            || is_harmful(character)
            || ":*[]/,".contains(character)
            || never.contains(character)
    };
    assert_eq!(name.chars().find(|character| forges(*character)), None, "{name:?}");
    assert_ne!(*key, NameKey::of(""), "{name:?} has the key of no name");
    for other in [name.to_ascii_uppercase(), name.to_ascii_lowercase()] {
        // Other capitals need not be a name: a middle dot may stand between small l's alone.
        let same = NameKey::of(&other) == *key;
        assert!(same || RoomName::parse(&other, alphabet).is_err(), "{other:?} is {name:?}");
    }
}
