//! One direction of a session: its keys, and the number of its next record.
//!
//! Invariant: no two records are encrypted with the same key and the same number.

use std::fmt;
use std::ops::Range;

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce,
    UnboundKey,
};
use rustls::ConnectionTrafficSecrets;
use serde::{Deserialize, Serialize};

use super::{Cipher, HEADER_BYTES, RecordError, Version};
use crate::limits::{TLS_GCM_RECORDS_MAX, TLS_RECORD_PLAIN_MAX};
use crate::tls::wipe;

/// Bytes of the tag that each of the ciphers puts behind a record.
const TAG_BYTES: usize = 16;
/// Bytes of the nonce that AES-GCM sends with a record in TLS 1.2 (RFC 5288 §3). Its other four are
/// secret.
const SENT_NONCE_BYTES: usize = 8;
/// The type that every encrypted record bears outside in TLS 1.3.
const DISGUISE: u8 = super::APPLICATION_DATA;

impl Cipher {
    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes128Gcm => &AES_128_GCM,
            Self::Aes256Gcm => &AES_256_GCM,
            Self::Chacha20Poly1305 => &CHACHA20_POLY1305,
        }
    }

    /// Records that one key may encrypt.
    fn records_max(self) -> u64 {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => TLS_GCM_RECORDS_MAX,
            // The numbers end before the key wears out. A few are left for alerts.
            Self::Chacha20Poly1305 => u64::MAX - 0xFFFF,
        }
    }

    /// Bytes of a record's nonce that are sent with it.
    fn sent_nonce(self, version: Version) -> usize {
        match (version, self) {
            (Version::Tls12, Self::Aes128Gcm | Self::Aes256Gcm) => SENT_NONCE_BYTES,
            _ => 0,
        }
    }
}

/// A key with what its nonces begin as, the latter behind it. Gone from memory when dropped.
struct Secret(Vec<u8>);

impl Secret {
    fn of(cipher: Cipher, secrets: &ConnectionTrafficSecrets) -> Result<Self, RecordError> {
        let (of, key, iv) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (Cipher::Aes128Gcm, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (Cipher::Aes256Gcm, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => {
                (Cipher::Chacha20Poly1305, key, iv)
            }
            _ => return Err(RecordError::Keys),
        };
        if of != cipher {
            return Err(RecordError::Keys);
        }
        Ok(Self([key.as_ref(), iv.as_ref()].concat()))
    }

    fn key(&self, cipher: Cipher) -> Result<LessSafeKey, RecordError> {
        let (algorithm, length) = (cipher.algorithm(), self.0.len());
        let key = length.checked_sub(NONCE_LEN).and_then(|end| self.0.get(..end));
        let key = key.and_then(|key| UnboundKey::new(algorithm, key).ok());
        key.map(LessSafeKey::new).ok_or(RecordError::Keys)
    }

    fn iv(&self) -> [u8; NONCE_LEN] {
        self.0.last_chunk().copied().unwrap_or_default()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// A direction as one process hands it over to another.
#[derive(Serialize, Deserialize)]
pub(super) struct DirectionState {
    sequence: u64,
    /// Of this generation and of those to come.
    #[serde(with = "crate::hex")]
    secrets: Vec<u8>,
}

impl Drop for DirectionState {
    fn drop(&mut self) {
        wipe(&mut self.secrets);
    }
}

/// One direction. What is common to both is told to each call.
pub(super) struct Direction {
    /// Not one that insists on the order of nonces (`TlsRecordSealingKey`): it takes the first one
    /// that it sees for that of record 0.
    key: LessSafeKey,
    secret: Secret,
    /// Those of the next generations, the last one first.
    ahead: Vec<Secret>,
    /// The number of the next record.
    sequence: u64,
    records_max: u64,
}

impl Direction {
    pub(super) fn new(
        cipher: Cipher,
        (sequence, secrets): &(u64, ConnectionTrafficSecrets),
        ahead: &[ConnectionTrafficSecrets],
    ) -> Result<Self, RecordError> {
        let secret = Secret::of(cipher, secrets)?;
        let ahead = ahead.iter().rev().map(|secrets| Secret::of(cipher, secrets));
        Self::with(cipher, *sequence, secret, ahead.collect::<Result<_, _>>()?)
    }

    fn with(
        cipher: Cipher,
        sequence: u64,
        secret: Secret,
        ahead: Vec<Secret>,
    ) -> Result<Self, RecordError> {
        let key = secret.key(cipher)?;
        Ok(Self { key, secret, ahead, sequence, records_max: cipher.records_max() })
    }

    /// What another process needs to go on.
    pub(super) fn handed_over(&self) -> DirectionState {
        let secrets = std::iter::once(&self.secret).chain(self.ahead.iter().rev());
        let secrets = secrets.flat_map(|secret| secret.0.iter().copied()).collect();
        DirectionState { sequence: self.sequence, secrets }
    }

    /// Goes on where another process has stopped.
    pub(super) fn taken_over(cipher: Cipher, state: &DirectionState) -> Result<Self, RecordError> {
        let each = cipher.algorithm().key_len() + NONCE_LEN;
        let mut secrets = state.secrets.chunks(each).map(|bytes| Secret(bytes.to_vec()));
        let secret = secrets.next().ok_or(RecordError::Keys)?;
        let ahead: Vec<Secret> = secrets.rev().collect();
        if ahead.iter().any(|secret| secret.0.len() != each) {
            return Err(RecordError::Keys);
        }
        Self::with(cipher, state.sequence, secret, ahead)
    }

    /// Whether one record more may be encrypted with this key, besides the one that says that other
    /// keys follow or that nothing does.
    pub(super) fn has_room(&self) -> bool {
        self.sequence.saturating_add(1) < self.records_max
    }

    /// Whether there are keys for another generation.
    pub(super) fn has_next(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The next record is of the next generation.
    pub(super) fn advance(&mut self, cipher: Cipher) -> Result<(), RecordError> {
        let secret = self.ahead.pop().ok_or(RecordError::UsedUp)?;
        self.key = secret.key(cipher)?;
        (self.secret, self.sequence) = (secret, 0);
        Ok(())
    }

    /// The number of this record, which is taken.
    fn take_number(&mut self) -> Result<u64, RecordError> {
        let number = self.sequence;
        self.sequence = number.checked_add(1).ok_or(RecordError::UsedUp)?;
        Ok(number)
    }

    /// Puts one record behind `records`.
    pub(super) fn seal(
        &mut self,
        (version, cipher): (Version, Cipher),
        kind: u8,
        text: &[u8],
        records: &mut Vec<u8>,
    ) -> Result<(), RecordError> {
        let number = self.take_number()?;
        let nonce = nonce(self.secret.iv(), number);
        let sent = cipher.sent_nonce(version);
        let (outside, inside): (u8, &[u8]) = match version {
            Version::Tls12 => (kind, &[]),
            Version::Tls13 => (DISGUISE, &[kind]),
        };
        let header = header(outside, sent + text.len() + inside.len() + TAG_BYTES);
        records.reserve(HEADER_BYTES + sent + text.len() + inside.len() + TAG_BYTES);
        records.extend_from_slice(&header);
        records.extend_from_slice(&nonce[NONCE_LEN - sent..]);
        let begin = records.len();
        records.extend_from_slice(text);
        records.extend_from_slice(inside);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let beside = beside(version, number, header, text.len());
        let sealed = &mut records[begin..];
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(beside), sealed);
        let tag = tag.map_err(|_| RecordError::Keys)?;
        records.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens a whole record in place. Returns its type, and where its text lies.
    pub(super) fn open(
        &mut self,
        (version, cipher): (Version, Cipher),
        record: &mut [u8],
    ) -> Result<(u8, Range<usize>), RecordError> {
        let Some((header, body)) = record.split_first_chunk_mut::<HEADER_BYTES>() else {
            return Err(RecordError::Forged);
        };
        let sent = cipher.sent_nonce(version);
        let length = body.len().checked_sub(sent + TAG_BYTES).ok_or(RecordError::Forged)?;
        let number = self.take_number()?;
        let mut nonce = nonce(self.secret.iv(), number);
        let (told, sealed) = body.split_at_mut(sent);
        nonce[NONCE_LEN - sent..].copy_from_slice(told);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let beside = Aad::from(beside(version, number, *header, length));
        let text = self.key.open_in_place(nonce, beside, sealed);
        let text = text.map_err(|_| RecordError::Forged)?;
        let (kind, length) = match version {
            Version::Tls12 => (header[0], text.len()),
            Version::Tls13 => {
                // One byte more than text may have: the type, or padding.
                if text.len() > TLS_RECORD_PLAIN_MAX + 1 {
                    return Err(RecordError::TooLong);
                }
                let end = text.iter().rposition(|byte| *byte != 0);
                end.map(|end| (text[end], end)).ok_or(RecordError::Unexpected)?
            }
        };
        if length > TLS_RECORD_PLAIN_MAX {
            return Err(RecordError::TooLong);
        }
        let begin = HEADER_BYTES + sent;
        Ok((kind, begin..begin + length))
    }

    /// The number of the next record.
    #[cfg(test)]
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// This key is good for so many records more.
    #[cfg(test)]
    pub(super) fn wear_out_after(&mut self, records: u64) {
        self.records_max = self.sequence + records;
    }
}

impl fmt::Debug for Direction {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequence, ahead, .. } = self;
        let shown = &mut formatter.debug_struct("Direction");
        shown.field("sequence", sequence).field("ahead", &ahead.len()).finish_non_exhaustive()
    }
}

/// The nonce of a record (RFC 8446 §5.3, RFC 7905 §2; and so rustls chooses it for AES-GCM in
/// TLS 1.2, where it is left to the sender).
fn nonce(mut iv: [u8; NONCE_LEN], number: u64) -> [u8; NONCE_LEN] {
    let (_, end) = iv.split_at_mut(NONCE_LEN - size_of::<u64>());
    for (byte, of_number) in end.iter_mut().zip(number.to_be_bytes()) {
        *byte ^= of_number;
    }
    iv
}

/// The header of a record. The version is that of TLS 1.2 in TLS 1.3, too.
fn header(kind: u8, length: usize) -> [u8; HEADER_BYTES] {
    let [.., high, low] = length.to_be_bytes();
    [kind, 3, 3, high, low]
}

/// What is not encrypted and yet cannot be changed: the header (RFC 8446 §5.2), in TLS 1.2 with the
/// record's number and the length of its text (RFC 5246 §6.2.3.3).
fn beside(version: Version, number: u64, header: [u8; HEADER_BYTES], length: usize) -> Beside {
    let mut bytes = [0; 8 + HEADER_BYTES];
    let begin = match version {
        Version::Tls13 => 8,
        Version::Tls12 => 0,
    };
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..].copy_from_slice(&header);
    if version == Version::Tls12 {
        let [.., high, low] = length.to_be_bytes();
        bytes[11..].copy_from_slice(&[high, low]);
    }
    Beside { bytes, begin }
}

struct Beside {
    bytes: [u8; 8 + HEADER_BYTES],
    begin: usize,
}

impl AsRef<[u8]> for Beside {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.begin..]
    }
}
