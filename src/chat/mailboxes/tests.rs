//! Mailboxes against a naive model: bounds, redaction, forgetting, what is stored, hand-overs.

use std::collections::BTreeMap;

use super::*;
use crate::chat::name::Nickname;
use crate::chat::sending::SentKind;
use crate::limits::{MAILBOX_BYTES_MAX, MAILBOX_MESSAGES_MAX, PRIVATE_MESSAGE_WEIGHT};

fn message(at: u64, partner: &str, text: &str) -> PrivateMessage {
    PrivateMessage {
        id: PrivateId { at: UnixTime::from_millis(at), count: at as u32 },
        partner: Nickname::restored(partner).unwrap(),
        partner_account: Some(NameKey::of(partner)),
        is_own: false,
        kind: SentKind::Said,
        tags: "".into(),
        text: text.into(),
    }
}

fn id(at: u64) -> PrivateId {
    PrivateId { at: UnixTime::from_millis(at), count: at as u32 }
}

/// What is stored: by account and place, the message.
type Rows = BTreeMap<(NameKey, u64), PrivateMessage>;

/// Saves about so many rows.
fn save(mailboxes: &mut Mailboxes, rows: &mut Rows, most: usize) {
    let changes = mailboxes.unsaved(most);
    let saved: Vec<u64> = changes.iter().map(MailboxChanges::last).collect();
    for MailboxChanges { account, forgotten, gone, new } in changes {
        rows.retain(|(owner, place), _| {
            owner != account || (place > &forgotten && !gone.contains(place))
        });
        for (place, message) in new {
            rows.insert((account.clone(), place), message.clone());
        }
    }
    mailboxes.note_saved(&saved);
}

fn contents(mailboxes: &Mailboxes, account: &NameKey) -> Vec<PrivateMessage> {
    mailboxes.of(account).map_or_else(Vec::new, |mailbox| mailbox.iter().cloned().collect())
}

fn restored(rows: &Rows) -> Mailboxes {
    let mut later = Mailboxes::default();
    later.restore(rows.iter().map(|((account, place), message)| StoredPrivateMessage {
        account: account.clone(),
        place: *place,
        message: message.clone(),
    }));
    later
}

#[test]
fn both_lose_a_message_that_is_redacted() {
    let (mut mailboxes, alice, bob) =
        (Mailboxes::default(), NameKey::of("alice"), NameKey::of("dave"));
    for at in 1..=3 {
        mailboxes.push(&alice, message(at, "dave", "hi"));
        mailboxes.push(&bob, message(at, "alice", "hi"));
    }
    assert_eq!(mailboxes.redact(&alice, id(2)).unwrap().text, "hi");
    for account in [&alice, &bob] {
        let ids: Vec<_> = contents(&mailboxes, account).iter().map(|it| it.id).collect();
        assert_eq!(ids, [id(1), id(3)]);
    }
    assert!(mailboxes.redact(&bob, id(2)).is_none());
    assert!(mailboxes.redact(&NameKey::of("carol"), id(1)).is_none());
    // One to oneself is there once.
    mailboxes.push(&alice, message(4, "alice", "note"));
    assert!(mailboxes.redact(&alice, id(4)).is_some());
    mailboxes.check_invariants(|_| true);
}

#[test]
fn the_largest_make_way_and_the_small_keep_theirs() {
    let mut mailboxes = Mailboxes::default();
    let small = NameKey::of("small");
    mailboxes.push(&small, message(1, "dave", "keep this"));
    let text = "x".repeat(1_000);
    for at in 2..30_000 {
        mailboxes.push(&NameKey::of(&format!("talker{}", at % 400)), message(at, "dave", &text));
        assert!(mailboxes.weight() <= MAILBOXES_TOTAL_BYTES);
    }
    mailboxes.check_invariants(|_| true);
    assert_eq!(contents(&mailboxes, &small).len(), 1);
    let counts: Vec<usize> = (0..400)
        .map(|it| contents(&mailboxes, &NameKey::of(&format!("talker{it}"))).len())
        .collect();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*least > 20 && most - least < 8, "they share alike: {least} to {most}");
    mailboxes.forget_all();
    assert!(contents(&mailboxes, &small).is_empty());
}

/// What every account remembers, as simply as it can be said.
#[derive(Default)]
struct Model(BTreeMap<NameKey, Vec<PrivateMessage>>);

impl Model {
    fn push(&mut self, account: &NameKey, message: PrivateMessage) {
        let kept = self.0.entry(account.clone()).or_default();
        kept.push(message);
        let weigh = |kept: &[PrivateMessage]| -> usize {
            kept.iter().map(|it| PRIVATE_MESSAGE_WEIGHT + it.text.len()).sum()
        };
        while kept.len() > MAILBOX_MESSAGES_MAX || weigh(kept) > MAILBOX_BYTES_MAX {
            kept.remove(0);
        }
    }

    fn redact(&mut self, account: &NameKey, gone: PrivateId) -> Option<PrivateMessage> {
        let found = self.0.get(account)?.iter().find(|it| it.id == gone).cloned()?;
        for owner in [Some(account), found.partner_account.as_ref()].into_iter().flatten() {
            self.0.entry(owner.clone()).or_default().retain(|it| it.id != gone);
        }
        Some(found)
    }

    fn forget(&mut self, account: &NameKey, with: Option<&NameKey>) -> usize {
        let kept = self.0.entry(account.clone()).or_default();
        let before = kept.len();
        kept.retain(|it| with.is_some_and(|with| it.partner.key() != *with));
        before - kept.len()
    }
}

/// A number below another, from a seed that it changes.
fn draw(state: &mut u64, below: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % below
}

#[test]
fn mailboxes_are_what_a_naive_model_says() {
    let names = ["alice", "dave", "carol"];
    for seed in 0..40_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |below| draw(&mut state, below);
        let (mut mailboxes, mut rows) = (Mailboxes::default(), Rows::new());
        let mut model = Model::default();
        for at in 1..=1_000 {
            let (name, partner) = (names[draw(3) as usize], names[draw(3) as usize]);
            let (account, other) = (NameKey::of(name), NameKey::of(partner));
            match draw(40) {
                0..=29 => {
                    let text = "y".repeat(draw(900) as usize * (seed as usize % 2) + 1);
                    let both = [(&account, partner), (&other, name)];
                    for (owner, with) in both.into_iter().take(1 + usize::from(name != partner)) {
                        mailboxes.push(owner, message(at, with, &text));
                        model.push(owner, message(at, with, &text));
                    }
                }
                30..=32 => {
                    let gone = id(at - draw(at.min(100)));
                    let redacted = mailboxes.redact(&account, gone);
                    assert_eq!(redacted, model.redact(&account, gone), "seed {seed}");
                }
                33 => {
                    let with = (draw(2) == 0).then_some(&other);
                    let forgotten = mailboxes.forget(&account, with);
                    assert_eq!(forgotten, model.forget(&account, with), "seed {seed}");
                }
                34 => {
                    let state = serde_json::to_string(&mailboxes.handed_over()).unwrap();
                    mailboxes = Mailboxes::default();
                    mailboxes.take_over(serde_json::from_str(&state).unwrap());
                }
                35 => {
                    while mailboxes.has_unsaved() {
                        save(&mut mailboxes, &mut rows, 50);
                    }
                    // The next process knows as much.
                    mailboxes = restored(&rows);
                }
                _ => save(&mut mailboxes, &mut rows, draw(60) as usize),
            }
            for key in names.map(NameKey::of) {
                let expected = model.0.get(&key).cloned().unwrap_or_default();
                assert_eq!(contents(&mailboxes, &key), expected, "seed {seed}, step {at}");
            }
            mailboxes.check_invariants(|_| true);
        }
    }
}
