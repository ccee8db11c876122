//! However a stream of bytes is cut into reads, the same things happen.

mod common;

use common::World;

/// Streams that hold everything the wire can hold, each ended by the client.
const STREAMS: [&[u8]; 14] = [
    b"bob\nhello\n/me waves\n/who\n/rooms\n",
    b"bob\r\n/join games\r\nhi\r\n/leave\r\n/nick rob\r\n/msg alice psst\r\n/quit\r\nlate\r\n",
    b"\xff\xfb\x1fb\xff\xfa\x1f\x00\x0a\x00\x0d\xff\xf0ob\r\x00typed\r\x00",
    b"\n\n/help\nbad name\nbob\n/frob\n/nick\ncaf\xc3\xa9 \xe2\x80\xaeevil\nbad \xff\xffutf\nlast",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\nbob\r\n",
    b"GET /rooms HTTP/1.1\r\nHost: x\r\n\r\nbob\r\nhello\r\n",
    b"FOO /x HTTP/1.1\r\nHost: x\r\n\r\nbob\r\nhello\r\n",
    b"HEAD /health HTTP/1.0\n\nNICK bob\r\nUSER b 0 * :b\r\nPRIVMSG #main :hello\r\n",
    POST,
    CHUNKS,
    b"NICK bob\r\nUSER b 0 * :b\r\n",
    b"\x16\x03\x01\x00\x05hello",
    b"/format json\nadmin\nbob\nh\xc3\xa9 \"\\\xe2\x80\xae\n/who\n\xff\n/format text\nhi\n/quit\n",
    b"bob\n\x00\x00nul\n\x1b[31mred\x07\n//slash\n /not a command\n",
];

const POST: &[u8] = b"POST /hooks/x HTTP/1.1\r\nHost: x\r\n\
    Content-Length: 16\r\n\r\n/nick bob\nhello\nbob\nhello\n";
const CHUNKS: &[u8] = b"POST /hooks/x HTTP/1.1\r\nHost: x\r\n\
    Transfer-Encoding: chunked\r\n\r\n4\r\nbob\n\r\n0\r\n\r\nhello\n";

/// What alice and bob hear, and how bob's connection ends.
fn played<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (String, String, Option<&'static str>) {
    let mut world = World::default();
    world.join("alice");
    world.connect("bob");
    for piece in pieces {
        world.sends("bob", piece);
    }
    world.ends("bob");
    let closed = world.person("bob").closed.map(|reason| reason.name());
    (world.hears("alice"), world.hears("bob"), closed)
}

#[test]
fn every_single_cut_gives_the_same_conversation() {
    for stream in STREAMS {
        let whole = played([stream].into_iter());
        assert!(whole.2.is_some(), "{whole:?}");
        for cut in 1..stream.len() {
            let (front, back) = stream.split_at(cut);
            let cut_up = played([front, back].into_iter());
            assert_eq!(cut_up, whole, "{} cut at {cut}", stream.escape_ascii());
        }
    }
}

#[test]
fn bytes_one_by_one_give_the_same_conversation() {
    for stream in STREAMS {
        let whole = played([stream].into_iter());
        for size in [1, 2, 3, 5] {
            assert_eq!(played(stream.chunks(size)), whole, "{}", stream.escape_ascii());
        }
    }
}

#[test]
fn long_lines_are_refused_once_however_they_come() {
    let mut stream = b"bob\n".to_vec();
    stream.extend_from_slice(&[b'x'; 1_023]);
    stream.push(b'\n');
    stream.extend_from_slice(&[b'y'; 5_000]);
    stream.extend_from_slice(b"\nshort\n");
    let whole = played([&stream[..]].into_iter());
    assert_eq!(whole.1.matches("too long").count(), 1);
    assert!(whole.0.contains("bob: short\n"));
    for size in [1, 100, 1_022, 1_023, 1_024, 1_025, 4_096] {
        assert_eq!(played(stream.chunks(size)), whole, "reads of {size}");
    }
}

#[test]
fn every_truncation_leaves_the_server_sound() {
    for stream in STREAMS {
        for end in 0..stream.len() {
            let (_, _, closed) = played([&stream[..end]].into_iter());
            assert!(closed.is_some(), "{} ended at {end}", stream.escape_ascii());
        }
    }
}
