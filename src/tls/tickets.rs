//! Tickets, with which a client comes back without a whole handshake. All that the server must know
//! for it is in the ticket, encrypted for the server alone, so nothing is kept for each.
//!
//! Their keys change every six hours, and one older key is kept: a ticket is good for twelve. They
//! can be handed over, so that whoever was connected to one process comes back quickly to the next.

#![allow(clippy::disallowed_types, reason = "rustls asks for tickets by a shared reference")]

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use rustls::pki_types::UnixTime;
use rustls::server::ProducesTickets;
use serde::{Deserialize, Serialize};

use super::error::TlsError;
use super::secret::wipe;
use crate::limits::{TLS_TICKET_BYTES_MAX, TLS_TICKET_KEY_LASTS};

/// Bytes of what a ticket begins with, which tells its key.
const NAME_BYTES: usize = 8;
/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Makes tickets and reads them.
pub(super) struct Tickets(Mutex<Keys>);

struct Keys {
    current: Key,
    previous: Option<Key>,
}

/// One key.
struct Key {
    key: RandomizedNonceKey,
    /// What it was made of: its name, and the key itself. Gone from memory when dropped.
    secret: Vec<u8>,
    /// When, in seconds since 1970.
    made: u64,
}

/// The keys as one process hands them over to another.
#[derive(Serialize, Deserialize)]
pub(crate) struct TicketsState {
    current: KeyState,
    previous: Option<KeyState>,
}

#[derive(Serialize, Deserialize)]
struct KeyState {
    made: u64,
    #[serde(with = "crate::hex")]
    secret: Vec<u8>,
}

impl Drop for KeyState {
    fn drop(&mut self) {
        wipe(&mut self.secret);
    }
}

impl Tickets {
    /// With a key of its own.
    pub(super) fn new() -> Result<Self, TlsError> {
        let key = Key::make(now());
        let key = key.ok_or_else(|| TlsError::SetUp("there are no random numbers".into()))?;
        Ok(Self(Mutex::new(Keys { current: key, previous: None })))
    }

    /// The keys, for another process.
    pub(super) fn handed_over(&self) -> TicketsState {
        self.with(|keys| TicketsState {
            current: keys.current.state(),
            previous: keys.previous.as_ref().map(Key::state),
        })
    }

    /// Goes on with the keys of another process. Ones that do not fit are no loss: whoever comes
    /// with a ticket of theirs makes a whole handshake.
    pub(super) fn take_over(&self, state: &TicketsState) {
        let Some(current) = Key::of(&state.current) else { return };
        let previous = state.previous.as_ref().and_then(Key::of);
        self.with(|keys| *keys = Keys { current, previous });
    }

    fn encrypt_at(&self, now: u64, plain: &[u8]) -> Option<Vec<u8>> {
        self.with(|keys| {
            keys.rotate(now)?;
            keys.current.encrypt(plain)
        })
    }

    fn decrypt_at(&self, now: u64, ticket: &[u8]) -> Option<Vec<u8>> {
        self.with(|keys| {
            keys.rotate(now)?;
            let mut both = [Some(&keys.current), keys.previous.as_ref()].into_iter().flatten();
            both.find(|key| ticket.starts_with(key.name()))?.decrypt(ticket)
        })
    }

    fn with<T>(&self, job: impl FnOnce(&mut Keys) -> T) -> T {
        // Keys are whole whatever has panicked.
        job(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keys {
    /// Makes another key if it is time. `None`: there are no random numbers for it.
    fn rotate(&mut self, now: u64) -> Option<()> {
        let lasts = TLS_TICKET_KEY_LASTS.as_secs();
        if now.saturating_sub(self.current.made) >= lasts {
            let retired = std::mem::replace(&mut self.current, Key::make(now)?);
            self.previous = Some(retired);
        }
        // Nobody may have come for hours.
        self.previous.take_if(|previous| now.saturating_sub(previous.made) >= 2 * lasts);
        Some(())
    }
}

impl Key {
    fn make(now: u64) -> Option<Self> {
        let mut secret = vec![0; NAME_BYTES + KEY_BYTES];
        rand::fill(&mut secret).ok()?;
        Self::of(&KeyState { made: now, secret })
    }

    fn of(state: &KeyState) -> Option<Self> {
        let (_, key) = state.secret.split_at_checked(NAME_BYTES)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
        Some(Self { key, secret: state.secret.clone(), made: state.made })
    }

    fn state(&self) -> KeyState {
        KeyState { made: self.made, secret: self.secret.clone() }
    }

    fn name(&self) -> &[u8] {
        &self.secret[..NAME_BYTES]
    }

    /// The key's name, a random nonce, and what they and the key make of the rest.
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(self.name()), &mut sealed).ok()?;
        let ticket = [self.name(), nonce.as_ref(), &sealed].concat();
        (ticket.len() <= TLS_TICKET_BYTES_MAX).then_some(ticket)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let rest = ticket.get(NAME_BYTES..).filter(|_| ticket.len() <= TLS_TICKET_BYTES_MAX)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let (nonce, mut sealed) = (Nonce::from(nonce), sealed.to_vec());
        let plain = self.key.open_in_place(nonce, Aad::from(self.name()), &mut sealed).ok()?;
        Some(plain.to_vec())
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        wipe(&mut self.secret);
    }
}

impl fmt::Debug for Tickets {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tickets").finish_non_exhaustive()
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        u32::try_from(2 * TLS_TICKET_KEY_LASTS.as_secs()).unwrap_or(u32::MAX)
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.encrypt_at(now(), plain)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.decrypt_at(now(), ticket)
    }
}

fn now() -> u64 {
    UnixTime::now().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    fn hand_over(tickets: &Tickets) -> Tickets {
        let document = serde_json::to_string(&tickets.handed_over()).unwrap();
        let next = Tickets::new().unwrap();
        next.take_over(&serde_json::from_str(&document).unwrap());
        next
    }

    #[test]
    fn a_ticket_is_read_by_who_made_it_and_by_the_next_process() {
        let tickets = Tickets::new().unwrap();
        let ticket = tickets.encrypt(b"all that is to be known").unwrap();
        assert_eq!(tickets.decrypt(&ticket).unwrap(), b"all that is to be known");
        assert_eq!(Tickets::new().unwrap().decrypt(&ticket), None);
        let next = hand_over(&tickets);
        assert_eq!(next.decrypt(&ticket).unwrap(), b"all that is to be known");
        assert_ne!(next.encrypt(b"the same").unwrap(), next.encrypt(b"the same").unwrap());
    }

    #[test]
    fn a_ticket_that_is_cut_or_changed_is_worth_nothing() {
        let tickets = Tickets::new().unwrap();
        let ticket = tickets.encrypt(b"secret").unwrap();
        for length in 0..ticket.len() {
            assert_eq!(tickets.decrypt(&ticket[..length]), None, "{length}");
        }
        for bit in 0..ticket.len() * 8 {
            let mut forged = ticket.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(tickets.decrypt(&forged), None, "{bit}");
        }
        assert_eq!(tickets.decrypt(&[ticket.as_slice(), b"x"].concat()), None);
        assert_eq!(tickets.encrypt(&[0; TLS_TICKET_BYTES_MAX]), None);
    }

    #[test]
    fn keys_change_every_six_hours_and_one_older_is_kept() {
        let tickets = Tickets::new().unwrap();
        let begun = now();
        let at = |hours: u64| begun + hours * HOUR + 60;
        let first = tickets.encrypt_at(at(0), b"first").unwrap();
        let still = tickets.encrypt_at(at(5), b"still").unwrap();
        assert_eq!(first[..NAME_BYTES], still[..NAME_BYTES]);
        let second = tickets.encrypt_at(at(6), b"second").unwrap();
        assert_ne!(first[..NAME_BYTES], second[..NAME_BYTES]);
        let tickets = hand_over(&tickets);
        assert_eq!(tickets.decrypt_at(at(11), &first).unwrap(), b"first");
        assert_eq!(tickets.decrypt_at(at(12), &first), None);
        assert_eq!(tickets.decrypt_at(at(12), &second).unwrap(), b"second");
        // Nobody came for a day; and a clock that is set back makes no difference.
        assert_eq!(tickets.decrypt_at(at(36), &second), None);
        let third = tickets.encrypt_at(at(0), b"third").unwrap();
        assert_eq!(tickets.decrypt_at(at(0), &third).unwrap(), b"third");
        assert_eq!(tickets.lifetime(), 12 * 3_600);
    }

    #[test]
    fn keys_that_do_not_fit_are_passed_over() {
        let tickets = Tickets::new().unwrap();
        let ticket = tickets.encrypt(b"text").unwrap();
        for secret in [0, 7, 8, 39, 41].map(|length| vec![0; length]) {
            let current = KeyState { made: now(), secret };
            tickets.take_over(&TicketsState { current, previous: None });
            assert_eq!(tickets.decrypt(&ticket).unwrap(), b"text");
        }
        assert_eq!(format!("{tickets:?}"), "Tickets { .. }");
    }
}
