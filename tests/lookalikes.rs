//! Spoof pairs: while somebody is there, nobody gets a name that a reader could take for theirs,
//! though letters of every script are allowed; when they are gone, what is a name at all is free.

mod common;

use common::{World, settings};
use mio_chat::chat::{Alphabet, LobbySettings};
use mio_chat::server::Settings;

/// Who is there, by what trick it is tried, and the names that are tried.
const SPOOFS: [(&str, &str, &[&str]); 28] = [
    ("alice", "capitals", &["Alice", "ALICE", "aLiCe"]),
    ("alice", "one for l", &["a1ice", "A1ICE", "a|ice"]),
    ("alice", "capital i for l, and one for i", &["aIice", "AIice", "al1ce", "ALlCE"]),
    ("bob", "zero for o", &["b0b", "B0B", "B0b"]),
    ("maria", "rn for m", &["rnaria", "RNARIA", "rNaria"]),
    ("Arnold", "m for rn", &["amold", "Amo1d", "AM0LD"]),
    ("paul", "bar and one for l", &["pau|", "pau1", "PAU|"]),
    ("room_101", "several at once", &["roorn_lol", "r00m_101", "ROOM_LO|"]),
    // а е і о р с у х for a e i o p c y x.
    ("alice", "one Cyrillic letter", &["аlice", "alісe", "aliсe", "alicе"]),
    ("scope", "all Cyrillic", &["ѕсоре", "ЅСОРЕ", "Ѕсоре"]),
    ("oxana", "Cyrillic among Latin", &["охana", "oxаna", "oxanа", "оxana"]),
    ("peace", "Cyrillic in between", &["реасе", "pеace", "peасe"]),
    // Α Β Ε Ι Κ Μ Ν Ο Ρ Τ Χ, ο ν for o v.
    ("bob", "Greek omicron", &["bοb", "Bοb", "ΒΟΒ"]),
    ("tom", "capitals of other scripts", &["ΤΟΜ", "ТОМ", "ꓔꓳꓟ"]),
    ("nova", "Greek nu and omicron", &["nοva", "noνa", "nονa"]),
    ("kappa", "Greek capitals", &["Κappa", "kΑppa", "kaΡΡa"]),
    ("coco", "Armenian and others", &["cօco", "cocօ", "ⅽoⅽo", "cоcо"]),
    // Wide and otherwise dressed forms of Latin letters.
    ("admin2", "full width", &["ａｄｍｉｎ２", "ADＭIN2", "ａdmin2", "admin２"]),
    ("alice", "full width", &["ａｌｉｃｅ", "ＡＬＩＣＥ", "ａ１ice", "aｌice"]),
    ("moses", "mathematical", &["𝐦𝐨𝐬𝐞𝐬", "𝓂oses", "𝗺𝗼𝘀𝗲𝘀", "ｍoses"]),
    ("mice", "Roman numerals", &["ⅿice", "mⅰce", "miⅽe", "Ⅿice"]),
    ("dave", "in circles", &["ⓓave", "ⒹⒶⓋⒺ", "🅳ave"]),
    // What is there without being seen, or sits on a letter.
    (
        "alice",
        "nothing to be seen",
        &["al\u{200d}ice", "al\u{200c}ice", "alice\u{200b}", "a\u{2060}lice"],
    ),
    ("bob", "filler", &["b\u{34f}ob", "bo\u{3164}b", "b\u{115f}ob", "bob\u{fe0f}", "b\u{ad}ob"]),
    (
        "carol",
        "direction",
        &["\u{202e}carol", "carol\u{202c}", "\u{2066}carol\u{2069}", "ca\u{200f}rol"],
    ),
    ("eve", "space around or within", &["eve\u{a0}", "\u{3000}eve", "e\u{2009}ve", "eve\u{feff}"]),
    ("dina", "marks that hide on a letter", &["di\u{307}na", "d\u{131}na", "D\u{130}NA"]),
    ("сова", "Latin for Cyrillic", &["cова", "coва", "СОВА", "соʙа", "coвa", "cовa"]),
];
const PAIRS_MIN: usize = 100;

/// Names that are near and may be had, since a reader can tell.
const DISTINCT: [(&str, &str); 9] = [
    ("alice", "alicia"),
    ("bob", "bobby"),
    ("eve", "eva"),
    ("anna", "hanna"),
    ("jose", "josé"),
    ("max", "maxx"),
    ("tom", "tim"),
    ("сова", "слон"),
    ("βοβ", "bob"),
];

fn world() -> World {
    let lobby = LobbySettings { alphabet: Alphabet::Unicode, ..settings().lobby };
    World::new(Settings { lobby, ..settings() })
}

#[test]
fn nobody_can_look_like_somebody_who_is_there() {
    let (mut pairs, mut admitted) = (0, Vec::new());
    for (holder, trick, names) in SPOOFS {
        for name in names {
            let mut world = world();
            world.join(holder);
            world.connect("spoof");
            world.types("spoof", name);
            let answer = world.hears("spoof");
            if !answer.starts_with("* ") || !world.hears(holder).is_empty() {
                admitted.push(format!("{holder}, {trick}: {name} {}", name.escape_unicode()));
            }
            pairs += 1;
        }
    }
    assert!(admitted.is_empty(), "{admitted:#?}");
    assert!(pairs >= PAIRS_MIN, "only {pairs} pairs");
}

#[test]
fn names_that_differ_to_the_eye_may_be_had() {
    for (holder, name) in DISTINCT {
        let mut world = world();
        world.join(holder);
        world.join(name);
    }
}

#[test]
fn a_name_is_free_again_when_its_holder_is_gone() {
    for name in ["ALICE", "a1ice", "AIice", "ａｌｉｃｅ"] {
        let mut world = world();
        world.join("alice");
        world.vanishes("alice");
        world.connect("another");
        world.types("another", name);
        assert!(world.hears("another").starts_with("Connected to server!\n"), "{name}");
    }
}
