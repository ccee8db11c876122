//! Tests of a connection against rustls's client, with a socket in memory.

mod handover;

use std::collections::VecDeque;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, SupportedProtocolVersion};

use super::*;
use crate::tls::testing::{client, issue, self_signed};

const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// The server's end of a connection in memory.
#[derive(Default)]
struct Pipe {
    came: VecDeque<u8>,
    /// Bytes that one read brings at most.
    each: usize,
    sent: Vec<u8>,
    /// Bytes that may still be written.
    window: usize,
    has_ended: bool,
    /// Nothing can be written any more.
    is_broken: bool,
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = room.len().min(self.each).min(self.came.len());
        if count == 0 && !self.has_ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.came.drain(..count).zip(room).for_each(|(byte, place)| *place = byte);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(self.window);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.sent.extend_from_slice(&bytes[..count]);
        self.window -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client, a connection of it, and what lies between.
struct Pair {
    acceptor: Acceptor,
    client: ClientConnection,
    channel: Option<Channel>,
    pipe: Pipe,
    scratch: Scratch,
    /// Plain bytes that the server has read.
    heard: Vec<u8>,
    /// Plain bytes that the client has.
    told: Vec<u8>,
    protocol: Option<&'static str>,
}

impl Pair {
    fn new(acceptor: &Acceptor, config: ClientConfig, each: usize) -> Self {
        let name = ServerName::try_from("one.example").unwrap();
        Self {
            acceptor: acceptor.clone(),
            client: ClientConnection::new(Arc::new(config), name).unwrap(),
            channel: None,
            pipe: Pipe { each, window: usize::MAX, ..Pipe::default() },
            scratch: Scratch::default(),
            heard: Vec::new(),
            told: Vec::new(),
            protocol: None,
        }
    }

    /// A pair that has shaken hands.
    fn secured(acceptor: &Acceptor, version: &'static SupportedProtocolVersion) -> Self {
        let mut pair = Self::new(acceptor, client(&[version], &[]), usize::MAX);
        while pair.client.is_handshaking() || !pair.channel.as_ref().unwrap().is_secured() {
            pair.client_sends();
            pair.server_reads(1_000).unwrap();
            pair.client_reads();
        }
        pair
    }

    fn client_sends(&mut self) {
        let mut sent = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut sent).unwrap();
        }
        self.pipe.came.extend(sent);
    }

    /// Reads all there is, with so much room each time. The end, or why there is no more.
    fn server_reads(&mut self, room: usize) -> Result<bool, ChannelError> {
        if self.channel.is_none() {
            let mut first = vec![0; self.pipe.each.min(room)];
            let count = self.pipe.read(&mut first).unwrap();
            self.channel = Some(Channel::accept(&self.acceptor, &first[..count]).unwrap());
        }
        let channel = self.channel.as_mut().unwrap();
        let mut room = vec![0; room];
        loop {
            match channel.read(&mut self.pipe, &mut room, &mut self.scratch) {
                Received::Bytes { count, .. } => self.heard.extend_from_slice(&room[..count]),
                Received::Securing | Received::Noise(_) => {}
                Received::Secured { protocol, .. } => self.protocol = protocol,
                Received::Nothing => return Ok(false),
                Received::End => return Ok(true),
                Received::Broken => panic!("a pipe cannot break"),
                Received::Failed(error) => return Err(error),
            }
        }
    }

    fn server_writes(&mut self, slices: &[&[u8]]) -> (usize, usize) {
        let slices: Vec<IoSlice<'_>> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        let channel = self.channel.as_mut().unwrap();
        match channel.write(&mut self.pipe, &slices, &mut self.scratch) {
            Sent::Taken { taken, sealed } => (taken, sealed),
            Sent::Broken => panic!("a pipe cannot break"),
        }
    }

    fn client_reads(&mut self) {
        let sent = std::mem::take(&mut self.pipe.sent);
        let mut sent = &sent[..];
        while !sent.is_empty() {
            self.client.read_tls(&mut sent).unwrap();
            let _ = self.client.process_new_packets();
            let mut room = [0; 4_096];
            while let Ok(count @ 1..) = self.client.reader().read(&mut room) {
                self.told.extend_from_slice(&room[..count]);
            }
        }
    }
}

fn acceptor() -> Acceptor {
    Acceptor::new(vec![issue(&["one.example"]).identity()]).unwrap()
}

#[test]
fn a_conversation_is_the_same_however_its_bytes_come() {
    let acceptor = acceptor();
    for version in BOTH {
        // The handshake is cut at every byte, into pieces of every size that matters.
        for each in (1..80).chain([600, 5_000, usize::MAX]) {
            let mut pair = Pair::new(&acceptor, client(&[version], &["irc", "mio-chat"]), each);
            for _ in 0..4 {
                pair.client_sends();
                pair.server_reads(each.min(3_000)).unwrap();
                pair.client_reads();
            }
            assert_eq!(pair.protocol, Some("irc"), "the server's order counts, {each}");
            pair.client.writer().write_all(b"alice\nhello\n").unwrap();
            pair.client.writer().write_all(b"again\n").unwrap();
            pair.client_sends();
            assert_eq!(pair.server_reads(each.min(3_000)), Ok(false));
            assert_eq!(pair.heard, b"alice\nhello\nagain\n", "{each}");
            assert_eq!(pair.server_writes(&[b"wel", b"", b"come\n"]), (8, 0));
            pair.client_reads();
            assert_eq!(pair.told, b"welcome\n", "{each}");
        }
    }
}

#[test]
fn at_rest_no_buffer_is_held() {
    let acceptor = acceptor();
    for version in BOTH {
        let mut pair = Pair::secured(&acceptor, version);
        pair.client.writer().write_all(&[b'x'; 50_000]).unwrap();
        pair.client_sends();
        pair.pipe.each = 700;
        assert_eq!(pair.server_reads(100), Ok(false));
        assert_eq!(pair.heard.len(), 50_000);
        assert_eq!(pair.server_writes(&[&[b'y'; 60_000]]), (60_000, 0));
        let Channel { incoming, decrypted, outgoing, .. } = pair.channel.as_ref().unwrap();
        for buffer in [incoming, decrypted, outgoing] {
            assert_eq!(buffer.capacity(), 0);
        }
        pair.client_reads();
        assert_eq!(pair.told.len(), 60_000);
    }
    let size = size_of::<Channel>();
    assert!(size <= 1_280, "a connection takes {size} bytes beside what rustls has elsewhere");
}

#[test]
fn a_socket_that_refuses_is_one_record_behind_at_most_and_nothing_is_said_twice() {
    let acceptor = acceptor();
    let text: Vec<u8> = (0..100_000_u32).flat_map(|number| number.to_be_bytes()).collect();
    for version in BOTH {
        let mut pair = Pair::secured(&acceptor, version);
        // What waits, as an outbox has it: bytes leave its front when they are taken.
        let (mut front, mut window) = (0, 1_usize);
        while front < text.len() {
            window = window * 7 % 40_009;
            pair.pipe.window = window;
            // Some more each time, and sometimes less than is encrypted already.
            let offered = &text[front..text.len().min(front + window * 2 + 1)];
            let (half, rest) = offered.split_at(offered.len() / 2);
            let (taken, sealed) = pair.server_writes(&[half, rest]);
            assert!(sealed <= TLS_RECORD_PLAIN_MAX && front + taken + sealed <= text.len());
            let waits = pair.channel.as_ref().unwrap().outgoing.len();
            assert!(waits <= TLS_RECORD_PLAIN_MAX + TLS_RECORD_OVERHEAD_MAX, "{waits} wait");
            assert_eq!(sealed > 0, waits > 0);
            front += taken;
            pair.client_reads();
            // Whole records are decrypted; what counts as taken is there.
            assert!(pair.told.len() >= front && pair.told == text[..pair.told.len()]);
        }
        assert_eq!(pair.told, text);
    }
}

#[test]
fn what_is_encrypted_goes_out_before_anything_else() {
    let mut pair = Pair::secured(&acceptor(), &TLS13);
    pair.pipe.window = 10;
    assert_eq!(pair.server_writes(&[b"long ago\n", b"later\n"]), (0, 15));
    // The reader is cut off: of what waited only that is left, and a goodbye is put behind it.
    pair.pipe.window = usize::MAX;
    assert_eq!(pair.server_writes(&[b"long ago\nlater\n", b"bye\n"]), (19, 0));
    pair.client_reads();
    assert_eq!(pair.told, b"long ago\nlater\nbye\n");
    // The same when the socket takes it by itself.
    pair.pipe.window = 10;
    assert_eq!(pair.server_writes(&[b"more\n"]), (0, 5));
    pair.pipe.window = usize::MAX;
    pair.channel.as_mut().unwrap().flush(&mut pair.pipe).unwrap();
    assert_eq!(pair.server_writes(&[b"more\n"]), (5, 0));
    pair.client_reads();
    assert!(pair.told.ends_with(b"bye\nmore\n"));
}

#[test]
fn both_sides_say_when_nothing_follows() {
    for version in BOTH {
        let mut pair = Pair::secured(&acceptor(), version);
        pair.client.writer().write_all(b"last\n").unwrap();
        pair.client.send_close_notify();
        pair.client_sends();
        assert_eq!(pair.server_reads(100), Ok(true));
        assert_eq!(pair.heard, b"last\n");
        // The other direction is open.
        assert_eq!(pair.server_writes(&[b"goodbye\n"]), (8, 0));
        pair.channel.take().unwrap().close(&mut pair.pipe);
        pair.client_reads();
        assert_eq!(pair.told, b"goodbye\n");
        assert_eq!(pair.client.reader().read(&mut [0]).unwrap(), 0, "an end in order");
    }
}

#[test]
fn an_end_without_a_word_ends_what_is_encrypted_and_fails_a_handshake() {
    let acceptor = acceptor();
    let mut pair = Pair::secured(&acceptor, &TLS13);
    pair.client.writer().write_all(b"cut").unwrap();
    pair.client_sends();
    pair.pipe.has_ended = true;
    assert_eq!(pair.server_reads(100), Ok(true));
    assert_eq!(pair.heard, b"cut");
    let mut pair = Pair::new(&acceptor, client(&[&TLS13], &[]), 100);
    pair.client_sends();
    pair.pipe.came.truncate(150);
    pair.pipe.has_ended = true;
    assert_eq!(pair.server_reads(100), Err(ChannelError::CutOff));
}

#[test]
fn what_is_not_what_it_should_be_fails_and_is_told() {
    let acceptor = acceptor();
    for version in BOTH {
        let mut pair = Pair::secured(&acceptor, version);
        pair.client.writer().write_all(b"hello\n").unwrap();
        pair.client_sends();
        let last = pair.pipe.came.back_mut().unwrap();
        *last ^= 1;
        let Err(ChannelError::Refused(why)) = pair.server_reads(100) else {
            panic!("it is forged")
        };
        assert!(why.contains("decrypt"), "{why}");
        assert!(pair.heard.is_empty());
        assert!(!pair.pipe.sent.is_empty(), "an alert");
    }
    // Something that begins like a handshake and is none.
    let mut pair = Pair::new(&acceptor, client(&[&TLS13], &[]), usize::MAX);
    pair.pipe.came.extend(b"\x16lice\nhello\n");
    assert!(matches!(pair.server_reads(100), Err(ChannelError::Refused(_))));
    let mut pair = Pair::new(&acceptor, client(&[&TLS13], &["h2"]), usize::MAX);
    pair.client_sends();
    assert!(matches!(pair.server_reads(100), Err(ChannelError::Refused(_))));
    pair.client_reads();
    assert!(pair.client.process_new_packets().is_err(), "the alert is read");
}

#[test]
fn a_handshake_has_an_end() {
    let acceptor = acceptor();
    // A message that says it is long, in records that are.
    let record = [&[0x16, 3, 1, 0x40, 0, 1, 0, 0xFF, 0xFF][..], &[0; 0x4000 - 4]].concat();
    let mut pair = Pair::new(&acceptor, client(&[&TLS13], &[]), 1_000);
    pair.pipe.came.extend(record.iter().chain(&record));
    let refused = pair.server_reads(100);
    assert!(refused.is_err(), "{refused:?}");
    assert!(pair.pipe.came.len() > 10_000, "the rest is not even read");
}

#[test]
fn nobody_is_told_anything_within_a_handshake() {
    let own = Acceptor::unkept(self_signed()).unwrap();
    let mut pair = Pair::new(&own, client(&[&TLS13], &[]), 50);
    pair.client_sends();
    pair.pipe.came.truncate(100);
    pair.server_reads(100).unwrap();
    assert_eq!(pair.server_writes(&[b"* the server is shutting down\n"]), (30, 0));
    assert!(pair.pipe.sent.is_empty());
}

#[test]
fn a_broken_record_behind_a_part_of_a_hello_is_refused_and_no_panic() {
    let acceptor = acceptor();
    // A record with the first ten bytes of a hello of four kibibytes, and one that is none.
    let begun = b"\x16\x03\x01\x00\x0a\x01\x00\x10\x00\x03\x03rest";
    for broken in
        [&b"\x99\x03\x03\x00\x01\x00"[..], b"\x17\x03\x03\xff\xff", b"\x15\x03\x03\x00\x02\x02\x28"]
    {
        for cut in [0, 4, begun.len()] {
            let mut pipe = Pipe { each: usize::MAX, window: usize::MAX, ..Pipe::default() };
            pipe.came.extend(begun[cut..].iter().chain(broken));
            let mut channel = Channel::accept(&acceptor, &begun[..cut]).unwrap();
            let (mut room, mut scratch) = (vec![0; 4_096], Scratch::default());
            let failed = (0..4).any(|_| {
                let received = channel.read(&mut pipe, &mut room, &mut scratch);
                matches!(received, Received::Failed(_))
            });
            assert!(failed, "{broken:?} behind {cut}");
        }
    }
}

#[test]
fn what_is_said_right_behind_the_handshake_is_no_part_of_it() {
    let acceptor = acceptor();
    for (version, each) in BOTH.into_iter().flat_map(|it| [(it, 700), (it, usize::MAX)]) {
        let mut pair = Pair::new(&acceptor, client(&[version], &[]), each);
        // Until the client is content, whose last words the server has not read.
        while pair.client.is_handshaking() {
            pair.client_sends();
            pair.server_reads(2_000).unwrap();
            pair.client_reads();
        }
        let text: Vec<u8> = (0..30_000_u32).map(|number| number as u8).collect();
        pair.client.writer().write_all(&text).unwrap();
        pair.client_sends();
        assert_eq!(pair.server_reads(2_000), Ok(false));
        assert_eq!(pair.heard, text);
    }
}

#[test]
fn what_came_before_a_connection_broke_or_failed_is_heard() {
    for version in BOTH {
        let mut pair = Pair::secured(&acceptor(), version);
        pair.pipe.window = 10;
        assert_eq!(pair.server_writes(&[b"unread"]), (0, 6));
        pair.client.writer().write_all(b"last words").unwrap();
        pair.client_sends();
        pair.pipe.is_broken = true;
        assert_eq!(pair.server_reads(100), Ok(false));
        assert_eq!(pair.heard, b"last words");

        let mut pair = Pair::secured(&acceptor(), version);
        pair.client.writer().write_all(b"good").unwrap();
        pair.client_sends();
        pair.client.writer().write_all(b"forged").unwrap();
        pair.client_sends();
        *pair.pipe.came.back_mut().unwrap() ^= 1;
        assert!(pair.server_reads(3).is_err());
        assert_eq!(pair.heard, b"good", "however the network cuts them");
    }
}

#[test]
fn every_flight_of_a_handshake_is_a_step_and_nothing_else_is() {
    for version in BOTH {
        let mut pair = Pair::new(&acceptor(), client(&[version], &[]), usize::MAX);
        let mut steps = 0;
        for _ in 0..4 {
            pair.client_sends();
            if pair.channel.is_none() {
                let begun: Vec<u8> = pair.pipe.came.drain(..).collect();
                pair.channel = Some(Channel::accept(&pair.acceptor, &begun).unwrap());
            }
            let channel = pair.channel.as_mut().unwrap();
            let mut room = [0; 100];
            channel.read(&mut pair.pipe, &mut room, &mut pair.scratch);
            steps += usize::from(channel.has_stepped());
            pair.client_reads();
        }
        assert_eq!(steps, 2);
        pair.client.writer().write_all(b"hello").unwrap();
        pair.client_sends();
        pair.server_reads(100).unwrap();
        assert!(!pair.channel.as_ref().unwrap().has_stepped());
    }
}
