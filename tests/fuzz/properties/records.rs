//! Records of a client behind a handshake become text, alerts and answers, as a naive reader
//! understands them, whatever is in them, however they come, and whoever goes on with them.
//!
//! The keys are made up, as a process that hands a connection over would tell them.

use std::io::{self, Read, Write};

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use mio_chat::limits::{TLS_KEYS_AHEAD, TLS_SILENT_RECORDS_MAX};
use mio_chat::tls::{Channel, ChannelState, Received, Scratch};

const CIPHERS: [(&str, &Algorithm); 3] = [
    ("Aes128Gcm", &AES_128_GCM),
    ("Aes256Gcm", &AES_256_GCM),
    ("Chacha20Poly1305", &CHACHA20_POLY1305),
];
/// Types of records, and their numbers in the input.
const KINDS: [u8; 5] = [23, 21, 22, 20, 0];
/// Of the number of a type: another process goes on before this record.
const MOVED: u8 = 64;
/// The same: a bit of this record flips on its way.
const FLIPPED: u8 = 128;

/// What came of all records.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    text: Vec<u8>,
    /// Records of the server: their types and what is in them.
    answers: Vec<(u8, Vec<u8>)>,
    has_ended: bool,
    has_failed: bool,
}

/// The first byte chooses what was agreed on and how much one read brings. Then comes for each
/// record its type, its length, and what is in it.
pub fn check(data: &[u8]) {
    let Some((first, mut rest)) = data.split_first() else { return };
    let agreed = Agreed { is_13: first % 2 == 1, cipher: usize::from(first / 2 % 3) };
    let each = [1, 5, 100, usize::MAX][usize::from(first / 8 % 4)];
    let mut channel = begin(agreed, 0, 0);
    let (mut naive, mut client) = (Naive::new(agreed), Side::new(agreed, 7));
    let (mut pipe, mut seen) = (Pipe::default(), Outcome::default());
    let mut scratch = Scratch::default();
    while let [kind, length, behind @ ..] = rest {
        let (text, behind) = behind.split_at(behind.len().min(usize::from(*length)));
        rest = behind;
        if kind & MOVED != 0 {
            channel = moved(channel);
        }
        let number = KINDS[usize::from(kind % 8) % KINDS.len()];
        let mut record = client.seal(number, text);
        if kind & FLIPPED != 0 {
            let at = usize::from(*length) % record.len();
            // In the length it might announce more than comes.
            record[if at == 3 || at == 4 { 5 } else { at }] ^= 1 << (kind / 8 % 8);
            let may_be = if agreed.is_13 { 23..=23 } else { 21..=23 };
            let is_record = may_be.contains(&record[0]) && record[1..3] == [3, 3];
            naive.fail(if is_record { 20 } else { 10 });
        } else {
            naive.read(number, text);
        }
        if naive.renewed {
            naive.renewed = false;
            client.renew();
        }
        for piece in record.chunks(each.min(record.len())) {
            pipe.came = piece.to_vec();
            hear(&mut channel, &mut pipe, &mut scratch, &mut seen);
        }
        if seen.has_failed || seen.has_ended {
            break;
        }
    }
    channel.close(&mut pipe);
    seen.answers = Side::new(agreed, 9).open_all(&pipe.sent);
    naive.close();
    assert_eq!(seen, naive.outcome);
}

/// Reads all there is.
fn hear(channel: &mut Channel, pipe: &mut Pipe, scratch: &mut Scratch, seen: &mut Outcome) {
    let mut room = [0; 100];
    loop {
        match channel.read(pipe, &mut room, scratch) {
            Received::Bytes { count, .. } => seen.text.extend_from_slice(&room[..count]),
            Received::Noise(_) => {}
            Received::Nothing => return,
            Received::End => return seen.has_ended = true,
            Received::Failed(_) => return seen.has_failed = true,
            other => panic!("{other:?}"),
        }
    }
}

/// What was agreed on.
#[derive(Clone, Copy)]
struct Agreed {
    is_13: bool,
    cipher: usize,
}

impl Agreed {
    /// The made-up keys of one direction, of all generations.
    fn secrets(self, seed: u8) -> Vec<Vec<u8>> {
        let length = CIPHERS[self.cipher].1.key_len() + 12;
        let generations = if self.is_13 { 1 + TLS_KEYS_AHEAD } else { 1 };
        (0..generations as u8).map(|number| vec![seed ^ (number << 4); length]).collect()
    }
}

/// A connection that another process hands over.
fn begin(agreed: Agreed, incoming: u64, outgoing: u64) -> Channel {
    let direction = |sequence: u64, seed| {
        let digits = agreed.secrets(seed).concat().into_iter().map(|byte| format!("{byte:02x}"));
        serde_json::json!({ "sequence": sequence, "secrets": digits.collect::<String>() })
    };
    let document = serde_json::json!({ "records": {
        "version": if agreed.is_13 { "Tls13" } else { "Tls12" },
        "cipher": CIPHERS[agreed.cipher].0,
        "incoming": direction(incoming, 7),
        "outgoing": direction(outgoing, 9),
    }});
    taken_over(serde_json::from_value(document).expect("a document"))
}

fn moved(mut channel: Channel) -> Channel {
    let document = serde_json::to_string(&channel.handed_over().expect("it goes on")).unwrap();
    taken_over(serde_json::from_str(&document).expect("its own document"))
}

fn taken_over(state: ChannelState) -> Channel {
    Channel::taken_over(state, None).expect("good keys").expect("a connection")
}

/// The socket.
#[derive(Default)]
struct Pipe {
    came: Vec<u8>,
    sent: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let came = std::mem::take(&mut self.came);
        if came.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        room[..came.len()].copy_from_slice(&came);
        Ok(came.len())
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sent.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whoever encrypts in one direction, and can read it.
struct Side {
    agreed: Agreed,
    secrets: Vec<Vec<u8>>,
    number: u64,
}

impl Side {
    fn new(agreed: Agreed, seed: u8) -> Self {
        Self { agreed, secrets: agreed.secrets(seed), number: 0 }
    }

    fn renew(&mut self) {
        self.secrets.remove(0);
        self.number = 0;
    }

    fn key(&self) -> LessSafeKey {
        let secret = &self.secrets[0];
        let key = UnboundKey::new(CIPHERS[self.agreed.cipher].1, &secret[..secret.len() - 12]);
        LessSafeKey::new(key.expect("a key"))
    }

    /// Bytes of the nonce that are sent.
    fn sent(&self) -> usize {
        if self.agreed.is_13 || self.agreed.cipher == 2 { 0 } else { 8 }
    }

    /// The nonce of the next record, and what is protected besides its text.
    fn next(&mut self, header: [u8; 5], length: usize) -> ([u8; 12], Vec<u8>) {
        let mut nonce = [*self.secrets[0].last().expect("a byte"); 12];
        for (byte, of_number) in nonce[4..].iter_mut().zip(self.number.to_be_bytes()) {
            *byte ^= of_number;
        }
        let mut beside = header.to_vec();
        if !self.agreed.is_13 {
            let length = (length as u16).to_be_bytes();
            beside = [&self.number.to_be_bytes(), &header[..3], &length].concat();
        }
        self.number += 1;
        (nonce, beside)
    }

    fn seal(&mut self, kind: u8, text: &[u8]) -> Vec<u8> {
        let inside = if self.agreed.is_13 { [text, &[kind]].concat() } else { text.to_vec() };
        let length = ((self.sent() + inside.len() + 16) as u16).to_be_bytes();
        let outside = if self.agreed.is_13 { 23 } else { kind };
        let header = [outside, 3, 3, length[0], length[1]];
        let (nonce, beside) = self.next(header, text.len());
        let mut sealed = inside;
        let key = self.key();
        let at = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(at, Aad::from(beside), &mut sealed).expect("it is sealed");
        [&header[..], &nonce[12 - self.sent()..], &sealed].concat()
    }

    /// All records that this side has sealed.
    fn open_all(mut self, mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let mut records = Vec::new();
        while let Some((header, rest)) = bytes.split_first_chunk::<5>() {
            let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
            let (body, rest) = rest.split_at(length);
            bytes = rest;
            let mut body = body[self.sent()..].to_vec();
            let (nonce, beside) = self.next(*header, body.len() - 16);
            let at = Nonce::assume_unique_for_key(nonce);
            let opened = self.key().open_in_place(at, Aad::from(beside), &mut body);
            let mut text = opened.expect("the server's own").to_vec();
            let kind = if self.agreed.is_13 { text.pop().expect("a type") } else { header[0] };
            if kind == 22 {
                self.renew();
            }
            records.push((kind, text));
        }
        assert!(bytes.is_empty(), "whole records");
        records
    }
}

/// A reader that knows each record before it is encrypted.
struct Naive {
    agreed: Agreed,
    outcome: Outcome,
    silent: u8,
    /// Generations of keys that are left, of the client and of the server.
    left: [usize; 2],
    /// The client has other keys behind this record.
    renewed: bool,
    is_closed: bool,
}

impl Naive {
    fn new(agreed: Agreed) -> Self {
        let left = if agreed.is_13 { [TLS_KEYS_AHEAD; 2] } else { [0; 2] };
        let outcome = Outcome::default();
        Self { agreed, outcome, silent: 0, left, renewed: false, is_closed: false }
    }

    fn alert(&mut self, level: u8, what: u8) {
        self.outcome.answers.push((21, vec![level, what]));
    }

    fn fail(&mut self, what: u8) {
        self.alert(2, what);
        (self.outcome.has_failed, self.is_closed) = (true, true);
    }

    fn use_up(&mut self) {
        self.alert(1, 0);
        (self.outcome.has_failed, self.is_closed) = (true, true);
    }

    fn close(&mut self) {
        if !self.is_closed {
            self.alert(1, 0);
        }
    }

    fn read(&mut self, kind: u8, text: &[u8]) {
        let whole = [text, &[kind]].concat();
        let (kind, text) = match whole.iter().rposition(|byte| *byte != 0) {
            _ if !self.agreed.is_13 => (kind, text),
            None => return self.fail(10),
            Some(last) => (whole[last], &whole[..last]),
        };
        if !self.agreed.is_13 && !(21..=23).contains(&kind) {
            return self.fail(10);
        }
        if kind == 23 && !text.is_empty() {
            self.silent = 0;
            return self.outcome.text.extend_from_slice(text);
        }
        self.silent += 1;
        if self.silent > TLS_SILENT_RECORDS_MAX {
            return self.fail(10);
        }
        match (kind, self.agreed.is_13, text) {
            (23, ..) => {}
            (21, _, [1 | 2, 0]) => self.outcome.has_ended = true,
            (21, false, [1, _]) | (21, true, [1, 90]) => {}
            (21, _, [1 | 2, _]) => (self.outcome.has_failed, self.is_closed) = (true, true),
            (21, ..) => self.fail(50),
            (22, false, [1, ..]) => self.alert(1, 100),
            (22, true, [24, 0, 0, 1, asks @ (0 | 1)]) => self.other_keys(*asks == 1),
            (22, true, [24, ..]) => self.fail(50),
            _ => self.fail(10),
        }
    }

    fn other_keys(&mut self, of_server_too: bool) {
        if self.left[0] == 0 || (of_server_too && self.left[1] == 0) {
            return self.use_up();
        }
        self.left[0] -= 1;
        self.renewed = true;
        if of_server_too {
            self.left[1] -= 1;
            self.outcome.answers.push((22, vec![24, 0, 0, 1, 0]));
        }
    }
}
