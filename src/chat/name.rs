//! Nicknames and room names: parsed once, compared by what they look like.
//!
//! A name keeps the capitals its owner chose; its [`NameKey`] is the skeleton (UTS 39) of the
//! case-folded name, so `Admin`, `admin` and the Cyrillic look-alike are one and the same key.
//! The skeleton must be taken of the folded name (that of `ADMIN` is another) and is folded once
//! more, because it makes a zero a capital O.
//!
//! Invariants: a name holds no space, `:`, `*`, `[` or control character, so that nobody can forge
//! a notice or another's message; it is not empty and fits [`NAME_BYTES_MAX`] and
//! [`NAME_COLUMNS_MAX`]. Rooms, whose names nobody speaks under, may have longer ones
//! ([`ROOM_NAME_COLUMNS_MAX`]) with `.`, `+` and `#` in them, as on IRC.

use std::borrow::Cow;
use std::sync::LazyLock;

use precis_core::profile::PrecisFastInvocation;
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, SmolStrBuilder};
use thiserror::Error;
use unicode_security::MixedScript;
use unicode_security::skeleton;
use unicode_width::UnicodeWidthStr;

use crate::limits::{NAME_BYTES_MAX, NAME_COLUMNS_MAX, ROOM_NAME_BYTES_MAX, ROOM_NAME_COLUMNS_MAX};

/// Which letters names may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// ASCII letters and digits.
    #[default]
    Ascii,
    /// Letters of any one script (PRECIS `UsernameCasePreserved`, RFC 8265), never several mixed.
    Unicode,
}

/// The rule that a name breaks.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// It holds no letter or digit.
    #[error("a name needs a letter or a digit")]
    Empty,
    /// It is longer than `NAME_BYTES_MAX` or wider than `NAME_COLUMNS_MAX`.
    #[error("the name is too long")]
    TooLong,
    /// The name of a room that is longer than `ROOM_NAME_BYTES_MAX` or wider than
    /// `ROOM_NAME_COLUMNS_MAX`.
    #[error("the name is too long")]
    RoomTooLong,
    /// It holds a character that names may not hold.
    #[error("the name holds a character that names may not hold")]
    Character,
    /// It mixes scripts, so that it may pass for another name.
    #[error("the name mixes scripts")]
    MixesScripts,
    /// It is kept for the server itself.
    #[error("the name is kept for the server itself")]
    Reserved(Nickname),
}

/// Names that would be taken for the server's own voice: its titles, and the words that its
/// notices begin with, since `/me` would let somebody called `the` finish the sentence. And what
/// programs send to see who answers, or people to be told how this works: neither is a member.
const RESERVED: [&str; 37] = [
    "admin",
    "administrator",
    "and",
    "capa",
    "ehlo",
    "everyone",
    "exit",
    "goodbye",
    "helo",
    "help",
    "here",
    "info",
    "matched",
    "mio-chat",
    "moderator",
    "motd",
    "nickserv",
    "no",
    "nobody",
    "noop",
    "operator",
    "ping",
    "quit",
    "ruok",
    "server",
    "stat",
    "stats",
    "system",
    "that",
    "the",
    "there",
    "too",
    "type",
    "usage",
    "version",
    "you",
    "your",
];

/// The keys of reserved names; made once: registering is hot in a storm of connections.
static RESERVED_KEYS: LazyLock<[NameKey; RESERVED.len()]> =
    LazyLock::new(|| RESERVED.map(NameKey::of));

/// The name of one person, as that person writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nickname(SmolStr);

impl Nickname {
    /// Checks what a client asks to be called.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(typed: &str, alphabet: Alphabet) -> Result<Self, NameError> {
        let nickname = Self(parse_name(typed, alphabet, &NICKNAMES)?);
        if RESERVED_KEYS.contains(&nickname.key()) {
            return Err(NameError::Reserved(nickname));
        }
        Ok(nickname)
    }

    /// A nickname that was good once, as it was written down. `None`: nobody can have written that.
    pub fn restored(written: &str) -> Option<Self> {
        parse_name(written, Alphabet::Unicode, &NICKNAMES).ok().map(Self)
    }

    /// The nickname as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which it is compared.
    pub fn key(&self) -> NameKey {
        NameKey::of(&self.0)
    }
}

/// The name of one room, without the `#` that IRC users put before it. Where what is behind that
/// begins with another `#`, both are part of the name, which reads the same everywhere: `##c++`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomName(SmolStr);

impl RoomName {
    /// Checks what a client calls a room; a leading `#` is habit and taken off.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(typed: &str, alphabet: Alphabet) -> Result<Self, NameError> {
        let bare = typed.strip_prefix('#').filter(|rest| !rest.starts_with('#'));
        parse_name(bare.unwrap_or(typed), alphabet, &ROOM_NAMES).map(Self)
    }

    /// The room where everyone starts.
    pub fn main() -> Self {
        Self("main".into())
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key by which it is compared.
    pub fn key(&self) -> NameKey {
        NameKey::of(&self.0)
    }
}

#[cfg(test)]
thread_local! {
    /// Keys that were made by the test of this thread.
    static MADE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// The key of a name: equal for names that a reader may take for each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NameKey(SmolStr);

impl NameKey {
    /// The key of any text; of text that cannot be a name, a key that no name has.
    pub fn of(name: &str) -> Self {
        #[cfg(test)]
        MADE.with(|made| made.set(made.get() + 1));
        if name.is_ascii() {
            return Self(ascii_skeleton(name));
        }
        let Ok(folded) = UsernameCaseMapped::enforce(name) else { return Self("".into()) };
        Self(long_skeleton(&folded).into())
    }

    /// How many were made by this test so far.
    #[cfg(test)]
    pub(super) fn made() -> u32 {
        MADE.with(std::cell::Cell::get)
    }

    /// The key as it is written down: the same for names that look the same, on any machine.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What names of one kind may be.
struct Rules {
    bytes: usize,
    columns: usize,
    /// Punctuation besides that of all names.
    also: &'static str,
    too_long: NameError,
}

const NICKNAMES: Rules = Rules {
    bytes: NAME_BYTES_MAX,
    columns: NAME_COLUMNS_MAX,
    also: "",
    too_long: NameError::TooLong,
};

const ROOM_NAMES: Rules = Rules {
    bytes: ROOM_NAME_BYTES_MAX,
    columns: ROOM_NAME_COLUMNS_MAX,
    also: ".+#",
    too_long: NameError::RoomTooLong,
};

fn parse_name(typed: &str, alphabet: Alphabet, rules: &Rules) -> Result<SmolStr, NameError> {
    if typed.len() > rules.bytes {
        return Err(rules.too_long.clone());
    }
    let name = match alphabet {
        _ if typed.is_ascii() => typed.into(),
        Alphabet::Ascii => return Err(NameError::Character),
        Alphabet::Unicode => stable(typed).ok_or(NameError::Character)?,
    };
    if !name.chars().all(|c| is_name_character(c) || rules.also.contains(c)) {
        return Err(NameError::Character);
    }
    if !name.chars().any(char::is_alphanumeric) {
        return Err(NameError::Empty);
    }
    if name.len() > rules.bytes || name.width() > rules.columns {
        return Err(rules.too_long.clone());
    }
    if !name.is_ascii() && (!name.is_single_script() || is_disguised(&name)) {
        return Err(NameError::MixesScripts);
    }
    Ok(name.as_ref().into())
}

/// The name as PRECIS has it, if PRECIS would leave that as it is (RFC 8264, 7): two characters may
/// become one that is not allowed where they were, and such a name would have no key.
fn stable(typed: &str) -> Option<Cow<'_, str>> {
    let name = UsernameCasePreserved::enforce(typed).ok()?;
    let again = UsernameCasePreserved::enforce(name.as_ref()).ok()?;
    (again == name).then_some(name)
}

/// ASCII punctuation is a short list, chosen so that no name looks like a notice or a command;
/// beyond ASCII, PRECIS has already kept only what identifiers are made of.
fn is_name_character(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '^' | '|' | '{' | '}' => true,
        _ => !character.is_ascii() && !character.is_whitespace() && !character.is_control(),
    }
}

/// Whether a name in another script reads as one in ASCII and does not have its key: Greek capitals
/// that look like `BOB` would, since the skeleton is that of the small letters.
fn is_disguised(name: &str) -> bool {
    let shown: String = skeleton(name).collect();
    shown.is_ascii() && NameKey::of(&shown) != NameKey::of(name)
}

/// The key of any folded name: its skeleton, in which a dot over a letter that has one already
/// changes nothing, and an i is an l, as they are when the i is a capital.
fn long_skeleton(folded: &str) -> String {
    let skeleton: String = skeleton(folded).flat_map(char::to_lowercase).collect();
    skeleton.replace("i\u{307}", "i").replace("j\u{307}", "j").replace('i', "l")
}

/// The key of an ASCII name, without the tables of [`skeleton`]: registering is hot
/// in a storm of connections, and nearly every name is ASCII. A test holds the two together.
fn ascii_skeleton(name: &str) -> SmolStr {
    let mut key = SmolStrBuilder::new();
    for character in name.chars() {
        match character.to_ascii_lowercase() {
            'm' => key.push_str("rn"),
            '0' => key.push('o'),
            'i' | '1' | '|' => key.push('l'),
            other => key.push(other),
        }
    }
    key.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nickname(typed: &str) -> Result<Nickname, NameError> {
        Nickname::parse(typed, Alphabet::Unicode)
    }

    #[test]
    fn ordinary_names_pass_as_written() {
        for typed in ["alice", "Bob_7", "x", "{^_^}o", "Jos\u{e9}", "\u{418}\u{432}\u{430}\u{43d}"]
        {
            assert_eq!(nickname(typed).unwrap().as_str(), typed);
        }
        let japanese = "\u{305f}\u{308d}\u{3046}";
        assert_eq!(nickname(japanese).unwrap().as_str(), japanese);
    }

    #[test]
    fn names_that_could_forge_a_line_are_refused() {
        for typed in
            ["a b", "a:b", "*", "*a", "[a", "a]", "a\x1b", "a\u{7f}", "/a", "a/", "a,b", "a.b"]
        {
            assert_eq!(nickname(typed), Err(NameError::Character), "{typed:?}");
        }
        for typed in ["", "_", "^-^"] {
            assert_eq!(nickname(typed), Err(NameError::Empty), "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for hidden in
            ["\u{200d}", "\u{34f}", "\u{3164}", "\u{202e}", "\u{feff}", "\u{2028}", "\u{9b}"]
        {
            assert!(nickname(&format!("ad{hidden}a")).is_err(), "{hidden:?}");
        }
    }

    #[test]
    fn a_name_that_would_not_be_one_when_read_again_is_refused() {
        let catalan = "l\u{b7}l";
        assert!(nickname(catalan).is_ok());
        // A cedilla makes another letter of the second l, and the dot is only for between two l.
        assert_eq!(nickname(&format!("{catalan}\u{327}")), Err(NameError::Character));
    }

    #[test]
    fn size_is_bounded_in_bytes_and_columns() {
        assert!(nickname(&"a".repeat(16)).is_ok());
        assert_eq!(nickname(&"a".repeat(17)), Err(NameError::TooLong));
        assert_eq!(nickname(&"\u{65e5}".repeat(9)), Err(NameError::TooLong));
        assert_eq!(nickname(&"a".repeat(1_000)), Err(NameError::TooLong));
    }

    #[test]
    fn scripts_are_not_mixed() {
        assert_eq!(nickname("\u{430}lice"), Err(NameError::MixesScripts));
        let typed = Nickname::parse("Jos\u{e9}", Alphabet::Ascii);
        assert_eq!(typed, Err(NameError::Character));
    }

    #[test]
    fn look_alikes_share_a_key() {
        for (one, other) in [
            ("alice", "ALICE"),
            ("alice", "a1ice"),
            ("alice", "AIice"),
            ("maria", "rnaria"),
            ("bob", "b0b"),
            ("paul", "pau|"),
            ("cope", "\u{441}\u{43e}\u{440}\u{435}"),
            ("alice", "\u{ff41}\u{ff4c}\u{ff49}\u{ff43}\u{ff45}"),
        ] {
            assert_eq!(NameKey::of(one), NameKey::of(other), "{one} {other}");
        }
        assert_ne!(NameKey::of("alice"), NameKey::of("alicia"));
    }

    #[test]
    fn the_servers_own_names_are_kept() {
        for typed in ["admin", "ADMIN", "adrnin", "adm1n", "Server", "mi0-chat", "N1ckServ"] {
            assert!(matches!(nickname(typed), Err(NameError::Reserved(_))), "{typed}");
        }
        assert!(nickname("administer").is_ok());
    }

    #[test]
    fn the_short_way_to_a_key_is_the_long_way() {
        let may = |c: &char| is_name_character(*c) || ROOM_NAMES.also.contains(*c);
        let allowed: Vec<char> = (' '..='~').filter(may).collect();
        let check = |name: &str| {
            let folded = UsernameCaseMapped::enforce(name).unwrap();
            assert_eq!(NameKey::of(name).0.as_str(), long_skeleton(&folded), "{name}");
        };
        for one in &allowed {
            for other in &allowed {
                check(&format!("{one}{other}"));
            }
        }
        check("The-Quick_Brown{Fox}|Jumps^0v3r13Lazy5");
    }

    #[test]
    fn a_room_may_be_called_as_on_irc() {
        let parse = |typed: &str| RoomName::parse(typed, Alphabet::Ascii);
        assert_eq!(parse("#games").unwrap().as_str(), "games");
        for typed in ["##c++", "###", "#a#b", "node.js", "+x"] {
            let Ok(name) = parse(typed) else { continue };
            assert_eq!(parse(name.as_str()), Ok(name.clone()), "{typed}: read again");
        }
        assert_eq!(parse("##c++").unwrap().as_str(), "##c++");
        assert_ne!(parse("##c++").unwrap(), parse("#c++").unwrap());
        assert_eq!(parse("#a#b").unwrap().as_str(), "a#b");
        assert_eq!(parse("#"), Err(NameError::Empty));
        assert_eq!(parse("##"), Err(NameError::Empty));
        assert_eq!(parse("..."), Err(NameError::Empty));
        assert_eq!(parse("#a,b"), Err(NameError::Character));
        assert!(parse(&"a".repeat(ROOM_NAME_COLUMNS_MAX)).is_ok());
        assert_eq!(parse(&"a".repeat(ROOM_NAME_COLUMNS_MAX + 1)), Err(NameError::RoomTooLong));
        assert_eq!(parse("main").unwrap(), RoomName::main());
    }
}
