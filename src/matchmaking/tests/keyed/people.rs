//! People in the chat, whose tokens tie endpoints to them.

use super::field;
use crate::id::ClientId;
use crate::limits::TOKEN_TTL;
use crate::matchmaking::Input;
use crate::matchmaking::Output;
use crate::matchmaking::ReservationError;
use crate::matchmaking::SocketIndex;
use crate::matchmaking::tests::ALICE;
use crate::matchmaking::tests::BOB;
use crate::matchmaking::tests::CAROL;
use crate::matchmaking::tests::Story;

fn client(number: u64) -> ClientId {
    ClientId::from_bits(number)
}

#[test]
fn a_token_ties_an_endpoint_to_a_person() {
    let mut story = Story::new();
    let (anna, ben) = (client(1), client(2));
    let token = story.matchmaker.reserve(story.now, (anna, "anna"), "duel", 2).unwrap();
    story.matchmaker.rename(anna, "annie");
    let join = format!("token={token:016x}");
    for disagrees in ["q=other", "n=3"] {
        let told = story.joins(ALICE, 1, &format!("{join} {disagrees}"));
        assert!(told[0].1.contains("code=token"), "{disagrees}");
    }
    assert!(story.joins(ALICE, 1, &join)[0].1.contains("have=1 need=2"));
    let told = story.joins(CAROL, 3, &format!("{join} q=other"));
    assert!(told[0].1.contains("code=token"), "a slip, which must not make her two: {told:?}");
    assert!(story.joins(CAROL, 3, &join)[0].1.contains("have=1"), "one endpoint, the last");
    story.matchmaker.rename(anna, "annette");
    let other = story.matchmaker.reserve(story.now, (ben, "ben"), "duel", 2).unwrap();
    let cookie = story.cookie(BOB, 2);
    let join = format!("MC1 JOIN id=0000000000000002 token={other:016x} q=duel n=2 c={cookie}\n");
    let (mut lines, mut matched) = (Vec::new(), Vec::new());
    let input = Input::Datagram {
        via: SocketIndex(0),
        source: BOB.parse().unwrap(),
        bytes: join.as_bytes(),
    };
    story.matchmaker.handle(story.now, input, &mut |output| match output {
        Output::Send(transmit) => {
            lines.push(String::from_utf8_lossy(transmit.payload).into_owned());
        }
        Output::Matched(told) => matched.push((told.client, told.peers.to_vec())),
    });
    assert!(field(&lines[0], "peer").ends_with(BOB) && field(&lines[0], "nick") == "2@ben");
    assert_eq!(field(&lines[1], "nick"), "1@annette", "as she is called now");
    let peers = matched.iter().map(|(client, peers)| (*client, peers[0].client, peers[0].address));
    let (bob, carol) = (BOB.parse().ok(), CAROL.parse().ok());
    assert_eq!(peers.collect::<Vec<_>>(), [(anna, Some(ben), bob), (ben, Some(anna), carol)]);
    assert!(!story.matchmaker.release(anna), "the token has done its work");
}

#[test]
fn a_person_has_one_token_and_may_give_it_back() {
    let mut story = Story::new();
    let anna = client(1);
    let reserve = |story: &mut Story, queue: &str, players| {
        story.matchmaker.reserve(story.now, (anna, "anna"), queue, players)
    };
    assert_eq!(reserve(&mut story, "no queue", 2), Err(ReservationError::QueueName));
    assert_eq!(reserve(&mut story, "duel", 17), Err(ReservationError::Players));
    let first = reserve(&mut story, "duel", 2).unwrap();
    assert!(story.joins(ALICE, 1, &format!("token={first:016x}"))[0].1.contains("WAIT"));
    let second = reserve(&mut story, "raid", 3).unwrap();
    assert_eq!(story.matchmaker.players(), 0, "she waits in the old queue no more");
    assert!(story.joins(ALICE, 1, &format!("token={first:016x}"))[0].1.contains("code=token"));
    assert!(story.joins(ALICE, 1, &format!("token={second:016x}"))[0].1.contains("need=3"));
    assert!(story.matchmaker.release(anna));
    assert!(!story.matchmaker.release(anna));
    assert_eq!(story.matchmaker.players(), 0);
    let late = reserve(&mut story, "duel", 2).unwrap();
    story.wait(TOKEN_TTL);
    assert!(story.joins(ALICE, 1, &format!("token={late:016x}"))[0].1.contains("code=token"));
    assert_ne!(story.matchmaker.private_queue(), story.matchmaker.private_queue());
}
