//! Stories about origins that come and go.

use super::*;
use std::net::IpAddr;
use std::time::Duration;

fn network(address: impl Into<IpAddr>) -> Network {
    Network::of(address.into()).unwrap()
}

/// One /64 of a customer's /48.
fn subscriber(customer: u16, number: u16) -> Network {
    network([0x2001, 0xdb8, customer, number, 0, 0, 0, 1])
}

fn origins() -> Origins {
    Origins::new(FloodRate::new(40, 10), &[7; 16])
}

/// How many lines in a row are heard at once from somebody who comes for each of them.
fn heard_at_once(origins: &mut Origins, from: impl Iterator<Item = Network>) -> usize {
    let mut heard = 0;
    for network in from {
        let origin = origins.enter(Time::ZERO, network);
        if origins.ready_at(origin) <= Time::ZERO {
            origins.charge(Time::ZERO, origin, 1);
            heard += 1;
        }
        origins.leave(origin);
    }
    origins.check_invariants();
    heard
}

#[test]
fn who_owes_is_kept_until_that_is_paid_and_no_longer() {
    let mut origins = origins();
    let home = network([192, 0, 2, 7]);
    assert_eq!(heard_at_once(&mut origins, std::iter::repeat_n(home, 100)), 40);
    assert_eq!(origins.len(), 1);
    let later = Time::at(Duration::from_secs(3));
    let other = origins.enter(later, network([198, 51, 100, 1]));
    assert_eq!(origins.len(), 2, "a second is still to be paid for");
    origins.leave(other);
    let other = origins.enter(later + Duration::from_secs(1), network([198, 51, 100, 1]));
    assert_eq!(origins.len(), 1);
    origins.leave(other);
    assert_eq!(origins.len(), 0);
    origins.check_invariants();
}

#[test]
fn more_who_owe_than_are_kept_are_held_by_their_prefix() {
    let mut origins = origins();
    // Enough that each is forgotten before it comes again.
    let count = ORIGINS_OWING_MAX as u16 + 1_000;
    let round = || (0..count).map(|number| subscriber(1, number));
    let heard = heard_at_once(&mut origins, round().chain(round()));
    assert_eq!(heard, (FLOOD_PREFIX_SHARE * 40) as usize, "as much as one customer may say");
    assert!(origins.len() <= ORIGINS_OWING_MAX);
    let neighbour = std::iter::repeat_n(subscriber(2, 0), 100);
    assert_eq!(heard_at_once(&mut origins, neighbour), 40, "others may still speak");
    origins.forget_paid();
    assert!(origins.owing_count > 0);
    origins.now = Time::at(Duration::from_secs(60));
    origins.trim();
    assert_eq!(origins.len(), 0);
}

#[test]
fn another_process_goes_on_with_what_is_owed() {
    let mut before = origins();
    let home = network([192, 0, 2, 7]);
    assert_eq!(heard_at_once(&mut before, std::iter::repeat_n(home, 100)), 40);
    let mut after = origins();
    after.take_over(before.handed_over(Time::ZERO));
    assert_eq!(heard_at_once(&mut after, std::iter::repeat_n(home, 100)), 0);
    let around = (0..255).map(|host| network([192, 0, 2, host]));
    let expected = (FLOOD_PREFIX_SHARE * 40 - 40) as usize;
    let around = around.filter(|host| *host != home).cycle().take(10_000);
    assert_eq!(heard_at_once(&mut after, around), expected, "and what the prefix owes");
}

#[test]
fn turns_are_given_one_after_the_other_and_back() {
    let mut origins = origins();
    let home = origins.enter(Time::ZERO, network([192, 0, 2, 7]));
    origins.charge(Time::ZERO, home, 40);
    let turns = [0; 3].map(|_| origins.reserve(Time::ZERO, home));
    let tenth = |count: u64| Time::at(Duration::from_millis(100 * count));
    assert_eq!(turns, [tenth(1), tenth(2), tenth(3)]);
    origins.refund(home);
    assert_eq!(origins.reserve(Time::ZERO, home), tenth(3), "who leaves keeps nobody waiting");
    // A nickname brings what it costs.
    origins.name(home);
    assert_eq!(origins.ready_at(home), tenth(1));
    origins.unname(home);
    assert_eq!(origins.ready_at(Origin::LOOPBACK), Time::ZERO);
}

#[test]
fn a_crowd_is_what_is_more_than_one_origin_may_have_and_more_than_others() {
    let mut origins = origins();
    origins.set_crowd(3);
    let few: Vec<Origin> =
        (0..3).map(|number| origins.enter(Time::ZERO, subscriber(1, number))).collect();
    assert!(!origins.has_crowd());
    let many = (0..5).map(|number| origins.enter(Time::ZERO, subscriber(2, number)));
    let many: Vec<Origin> = many.collect();
    assert_eq!(origins.crowd_for(subscriber(3, 0)), Some(subscriber(2, 0).prefix()));
    assert!(origins.crowd_for(subscriber(1, 9)).is_some(), "four are fewer than five");
    let fourth = origins.enter(Time::ZERO, subscriber(1, 9));
    assert_eq!(origins.crowd_for(subscriber(1, 10)), None, "five are not");
    assert_eq!(origins.crowd_for(subscriber(2, 9)), None, "and nobody makes its own way");
    origins.check_invariants();
    many.into_iter().chain(few).chain([fourth]).for_each(|origin| origins.leave(origin));
    assert!(!origins.has_crowd());
    origins.check_invariants();
}
