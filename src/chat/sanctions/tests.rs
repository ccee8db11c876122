//! Sanctions by themselves.

use super::*;
use crate::chat::author::Author;
use crate::chat::name::Alphabet;
use crate::chat::profile::Profiles;
use crate::id::ClientId;

fn nickname(name: &str) -> Nickname {
    Nickname::parse(name, Alphabet::Ascii).unwrap()
}

fn ban(name: &str, network: Option<&str>, until: Option<u64>) -> Sanction {
    Sanction {
        number: 0,
        kind: SanctionKind::Ban,
        name: (!name.is_empty()).then(|| nickname(name)),
        network: network.and_then(|network| Network::of(network.parse().unwrap())),
        mask: None,
        is_quiet: false,
        at: UnixTime::default(),
        until: until.map(UnixTime::from_millis),
        by: nickname("olga"),
        reason: SmolStr::default(),
    }
}

fn at(millis: u64) -> UnixTime {
    UnixTime::from_millis(millis)
}

#[test]
fn a_ban_is_on_a_name_and_what_looks_like_it() {
    let mut sanctions = Sanctions::default();
    assert!(sanctions.impose(ban("modem", None, Some(10)), at(0), 3).is_some());
    assert!(sanctions.ban_on(Person::named(&nickname("MODEM")), None, at(9)).is_some());
    assert!(sanctions.ban_on(Person::named(&nickname("rnodem")), None, at(9)).is_some());
    assert!(
        sanctions.ban_on(Person::named(&nickname("modern")), None, at(9)).is_some(),
        "rn looks like m"
    );
    assert!(sanctions.ban_on(Person::named(&nickname("model")), None, at(9)).is_none());
    assert!(sanctions.mute_on(Person::named(&nickname("modem")), at(9)).is_none());
    assert!(
        sanctions.ban_on(Person::named(&nickname("modem")), None, at(10)).is_none(),
        "it is over"
    );
}

#[test]
fn a_ban_on_an_address_is_on_its_subscriber() {
    let mut sanctions = Sanctions::default();
    let four = Network::of("::ffff:192.0.2.7".parse().unwrap());
    let six = Network::of("2001:db8::99".parse().unwrap());
    sanctions.impose(ban("", Some("192.0.2.7"), None), at(0), 3);
    sanctions.impose(ban("", Some("2001:db8::1"), None), at(0), 3);
    assert!(sanctions.ban_on(Person::named(&nickname("dan")), four, at(0)).is_some());
    assert!(sanctions.ban_on(Person::named(&nickname("dan")), six, at(0)).is_some());
    assert!(sanctions.ban_on(Person::named(&nickname("dan")), None, at(0)).is_none());
}

#[test]
fn a_second_ban_takes_the_place_of_the_first_and_the_list_is_bounded() {
    let mut sanctions = Sanctions::default();
    for name in ["dan", "carol", "DAN"] {
        assert!(sanctions.impose(ban(name, None, Some(5)), at(0), 2).is_some(), "{name}");
    }
    assert_eq!(sanctions.in_force(at(0)).count(), 2);
    assert!(sanctions.impose(ban("dave", None, None), at(0), 2).is_none());
    assert!(sanctions.impose(ban("dave", None, None), at(5), 2).is_some(), "two are over");
    let numbers: Vec<u32> = sanctions.iter().map(|known| known.number).collect();
    assert_eq!(numbers.len(), 1);
}

#[test]
fn sanctions_are_revoked_by_name_or_number() {
    let mut sanctions = Sanctions::default();
    sanctions.impose(ban("dan", Some("192.0.2.7"), None), at(0), 9);
    sanctions.impose(ban("", Some("192.0.2.9"), None), at(0), 9);
    assert!(sanctions.meant(SanctionKind::Mute, "dan", at(0)).is_none());
    for named in ["Dan", "2"] {
        assert!(sanctions.meant(SanctionKind::Ban, named, at(0)).is_some());
        sanctions.revoke(SanctionKind::Ban, named);
        assert!(sanctions.meant(SanctionKind::Ban, named, at(0)).is_none());
    }
    assert_eq!(sanctions, Sanctions::default());
}

/// A name that nobody else here has, in an alphabet whose keys are dear.
fn cyrillic(number: u32) -> Nickname {
    let letter = |at: u32| char::from_u32(0x430 + (number >> (4 * at) & 15)).unwrap();
    Nickname::parse(&(0..4).map(letter).collect::<String>(), Alphabet::Unicode).unwrap()
}

#[test]
fn however_many_there_are_one_look_makes_one_key() {
    for kind in [SanctionKind::Ban, SanctionKind::Mute] {
        let mut sanctions = Sanctions::default();
        for number in 0..2_000 {
            let name = Some(cyrillic(number));
            let sanction = Sanction { kind, name, ..ban("", None, None) };
            assert!(sanctions.impose(sanction, at(0), 2_000).is_some());
        }
        let (known, unknown) = (cyrillic(1_234), cyrillic(5_000));
        let before = NameKey::made();
        assert!(sanctions.ban_on(Person::named(&unknown), None, at(0)).is_none());
        assert!(sanctions.mute_on(Person::named(&unknown), at(0)).is_none());
        assert!(sanctions.meant(kind, known.as_str(), at(0)).is_some());
        sanctions.revoke(kind, known.as_str());
        assert!(sanctions.meant(kind, known.as_str(), at(0)).is_none());
        assert!(NameKey::made() - before <= 5, "{} keys were made", NameKey::made() - before);
        sanctions.check_invariants();
    }
}

#[test]
fn the_oldest_counts_and_what_is_handed_over_is_the_same_list() {
    let mut sanctions = Sanctions::default();
    let from = Network::of("192.0.2.7".parse().unwrap());
    sanctions.impose(ban("dan", None, Some(9)), at(0), 9);
    sanctions.impose(ban("", Some("192.0.2.7"), None), at(0), 9);
    sanctions.impose(ban("dan", Some("192.0.2.7"), None), at(0), 9);
    sanctions.impose(Sanction { kind: SanctionKind::Mute, ..ban("dan", None, None) }, at(0), 9);
    let found = |who: &str, network, millis| {
        sanctions
            .ban_on(Person::named(&nickname(who)), network, at(millis))
            .map(|known| known.number)
    };
    assert_eq!((found("dan", from, 0), found("dan", None, 0)), (Some(1), Some(1)));
    assert_eq!((found("dan", from, 9), found("dan", None, 9)), (Some(2), Some(3)));
    assert_eq!((found("eve", from, 0), found("eve", None, 0)), (Some(2), None));
    let written = serde_json::to_string(&sanctions).unwrap();
    assert!(written.starts_with(r#"[{"number":1,"kind":"Ban","name":"dan","#), "{written}");
    let read: Sanctions = serde_json::from_str(&written).unwrap();
    assert_eq!(read, sanctions);
    read.check_invariants();
    assert!(read.mute_on(Person::named(&nickname("DAN")), at(0)).is_some());
}

#[test]
fn who_is_muted_depends_on_the_lists_the_name_the_account_and_the_time() {
    let id = ClientId::from_bits(7);
    let mut profiles = Profiles::new([7; 16]);
    let network_of = |_| None;
    let mut sanctions = Sanctions::default();
    let on_mask = |typed: &str, kind, until: Option<u64>| Sanction {
        kind,
        mask: Mask::parse(typed),
        ..ban("", None, until)
    };
    let is_muted = |sanctions: &Sanctions, profiles: &Profiles, name: &str, millis| {
        let name = nickname(name);
        let person = Person::of(profiles, Author::Here(id), &name, &network_of);
        sanctions.mute_on(person, at(millis)).is_some()
    };
    sanctions.impose(on_mask("al*", SanctionKind::Mute, Some(10)), at(0), 9);
    assert!(is_muted(&sanctions, &profiles, "Alice", 0));
    assert!(!is_muted(&sanctions, &profiles, "eve", 0), "it has another name");
    assert!(is_muted(&sanctions, &profiles, "alice", 9));
    assert!(!is_muted(&sanctions, &profiles, "alice", 10), "it is over");
    assert!(is_muted(&sanctions, &profiles, "alice", 1), "the clock was put back");
    sanctions.impose(on_mask("a:eve", SanctionKind::Mute, None), at(10), 9);
    assert!(!is_muted(&sanctions, &profiles, "alice", 11));
    profiles.entry(id).account = Some(nickname("Eve"));
    assert!(is_muted(&sanctions, &profiles, "alice", 11), "it has logged in");
    sanctions.impose(on_mask("*!*@local", SanctionKind::BanException, None), at(11), 9);
    assert!(!is_muted(&sanctions, &profiles, "alice", 11), "it is excepted");
    sanctions.impose(on_mask("a*", SanctionKind::Mute, Some(30)), at(12), 9);
    sanctions.revoke(SanctionKind::BanException, "3");
    assert!(is_muted(&sanctions, &profiles, "alice", 12), "nobody is excepted any more");
}
