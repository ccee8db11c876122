//! What people, telnet, browsers and pranksters send, in pieces to be put together.

use super::random::Random;

pub(crate) const PHRASES: [&[u8]; 26] = [
    b"alice",
    b"bob",
    b"m\n",
    b"hello world\n",
    b"/nick ",
    b"/join ",
    b"games\n",
    b"/leave\n",
    b"/who\n",
    b"/rooms\n",
    b"/msg alice hi\n",
    b"/me waves\n",
    b"/help\n",
    b"/quit\n",
    b"\r\n",
    b"\r\0",
    b"\xff\xfa\x1f",
    b"\xff\xf0",
    b"\xff\xfb\x01",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b"\xf0\x9f\x98\x80",
    b"GET / HTTP/1.1\r\n",
    b"NICK x\r\n",
    b"\xd0\xb0lice\n",
    b"\xcc\x81\xcc\x81\xcc\x81",
];

/// What people send who look after a room, and who want to know what was said. Kept apart, so that
/// what a byte of a fuzzer's corpus picks from the others stays what it was.
pub(crate) const ORDERS: [&[u8]; 26] = [
    b"alice\n",
    b"/history\n",
    b"/history 2\n",
    b"/history after 0:1\n",
    b"/history off\n",
    b"/numbers on\n",
    b"/numbers off\n",
    b"/topic tea\n",
    b"/topic -\n",
    b"/password sesame\n",
    b"/join games sesame\n",
    b"/own 0123456789abcdef\n",
    b"/give alice\n",
    b"/op alice\n",
    b"/deop alice\n",
    b"/kick alice\n",
    b"/ban alice 10s\n",
    b"/ban-ip alice\n",
    b"/mute alice 2s why\n",
    b"/unban alice\n",
    b"/unmute 1\n",
    b"/bans\n",
    b"/ignore alice\n",
    b"/unignore alice\n",
    b"/oper root password\n",
    b"/help rooms\n",
];

/// Something between noise and a conversation.
pub(crate) fn utterance(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=random.below(4) {
        match random.below(8) {
            0 => bytes.extend((0..random.below(40)).map(|_| random.next() as u8)),
            1 => bytes.extend(std::iter::repeat_n(random.next() as u8, random.below(3_000))),
            2 | 3 => bytes.extend(*random.pick(&ORDERS)),
            _ => bytes.extend(*random.pick(&PHRASES)),
        }
    }
    if !bytes.is_empty() && random.below(4) == 0 {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
    bytes
}
