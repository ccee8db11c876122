//! Frames by example, every cut of them, and another decoder's opinion.

use redis_protocol::resp3::decode::complete::decode as oracle;
use redis_protocol::resp3::types::OwnedFrame;

use super::*;

fn whole(input: &[u8]) -> Value<'_> {
    let (value, used) = decode(input).expect("no error").expect("a whole frame");
    assert_eq!(used, input.len());
    value
}

#[test]
fn every_type_is_read() {
    use Value::*;
    let table: [(&[u8], Value<'_>); 20] = [
        (b"+OK\r\n", Simple(b"OK")),
        (b"+\r\n", Simple(b"")),
        (b"-ERR no\r\n", Error(b"ERR no")),
        (b":-12\r\n", Number(-12)),
        (b":9223372036854775807\r\n", Number(i64::MAX)),
        (b"$5\r\nhe\r\no\r\n", Bulk(b"he\r\no")),
        (b"$0\r\n\r\n", Bulk(b"")),
        (b"_\r\n", Null),
        (b"#t\r\n", Boolean(true)),
        (b"#f\r\n", Boolean(false)),
        (b",1.5\r\n", Double(1.5)),
        (b",-inf\r\n", Double(f64::NEG_INFINITY)),
        (b"(-123456789012345678901234567890\r\n", Big(b"-123456789012345678901234567890")),
        (b"!6\r\nERR \r\n\r\n", Error(b"ERR \r\n")),
        (b"=7\r\ntxt:abc\r\n", Verbatim(b"abc")),
        (b"*2\r\n:1\r\n$1\r\na\r\n", Array(vec![Number(1), Bulk(b"a")])),
        (b"*0\r\n", Array(vec![])),
        (b"%1\r\n+a\r\n:1\r\n", Map(vec![Simple(b"a"), Number(1)])),
        (b"~1\r\n:1\r\n", Set(vec![Number(1)])),
        (b">2\r\n$7\r\nmessage\r\n*0\r\n", Push(vec![Bulk(b"message"), Array(vec![])])),
    ];
    for (input, expected) in table {
        assert_eq!(whole(input), expected, "{}", input.escape_ascii());
        for end in 0..input.len() {
            assert_eq!(decode(&input[..end]), Ok(None), "{}", input[..end].escape_ascii());
        }
        let followed = [input, b"+next\r\n"].concat();
        assert_eq!(decode(&followed), Ok(Some((expected, input.len()))));
    }
    assert_eq!(whole(b"|1\r\n+ttl\r\n:3\r\n|0\r\n+OK\r\n"), Simple(b"OK"));
}

#[test]
fn what_is_none_is_refused_as_soon_as_it_is_seen() {
    use RespError::*;
    let table: [(&[u8], RespError); 23] = [
        (b"HTTP/1.1", Kind(b'H')),
        (b"\r", Kind(b'\r')),
        (b"+a\n", Malformed),
        (b"+a\rb", Malformed),
        (b":\r\n", Malformed),
        (b":+1\r\n", Malformed),
        (b":1x\r\n", Malformed),
        (b":9223372036854775808\r\n", Malformed),
        (b"$-1\r\n", Malformed),
        (b"*-1\r\n", Malformed),
        (b"$1\r\nab", Malformed),
        (b"$1\r\na\rb", Malformed),
        (b"#x\r\n", Malformed),
        (b"_x\r\n", Malformed),
        (b",x\r\n", Malformed),
        (b"(1.5\r\n", Malformed),
        (b"=3\r\ntxt\r\n", Malformed),
        (b"$?\r\n", Streamed),
        (b"*?\r\n", Streamed),
        (b"$99999999999\r\n", TooLong),
        (b"$8388608\r\n", TooLong),
        (b"*65536\r\n", TooMany),
        (b"%40000\r\n", TooMany),
    ];
    for (input, error) in table {
        assert_eq!(decode(input), Err(error), "{}", input.escape_ascii());
    }
    assert_eq!(decode(&b"*1\r\n".repeat(RESP_DEPTH_MAX)), Err(TooDeep));
    assert_eq!(decode(&b"*1\r\n".repeat(RESP_DEPTH_MAX - 1)), Ok(None));
    assert_eq!(decode(&b"|0\r\n".repeat(RESP_VALUES_MAX + 1)), Err(TooMany));
    let long = [b"+".as_slice(), &vec![b'a'; RESP_LINE_BYTES_MAX + 1]].concat();
    assert_eq!(decode(&long), Err(TooLong));
}

#[test]
fn commands_are_lists_of_texts() {
    let mut out = Vec::new();
    let name: &[u8] = b"bob";
    Command::new(&mut out, 4).bytes(b"SET").parts(&[b"{", name, b"}"]).number(0).number(u64::MAX);
    let list = whole(&out);
    let texts: Vec<_> = list.list().expect("a list").iter().filter_map(Value::bytes).collect();
    assert_eq!(texts, [b"SET".as_slice(), b"{bob}", b"0", b"18446744073709551615"]);
}

/// Random numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % bound
    }

    /// Bytes of a frame, as an engine may send it.
    fn frame(&mut self, out: &mut Vec<u8>, depth: usize) {
        let kinds = if depth > 3 { 9 } else { 12 };
        let number = self.below(2_000) as i64 - 1_000;
        let text: Vec<u8> = (0..self.below(12)).map(|_| self.below(256) as u8).collect();
        let word: String =
            (0..self.below(9)).map(|_| (b'a' + self.below(26) as u8) as char).collect();
        match self.below(kinds) {
            0 => out.extend(format!(":{number}\r\n").bytes()),
            1 => out.extend(format!("+{word}\r\n").bytes()),
            2 => out.extend(format!("-ERR {word}\r\n").bytes()),
            3 => out.extend(b"_\r\n"),
            4 => out.extend(if number > 0 { b"#t\r\n" } else { b"#f\r\n" }),
            5 => out.extend(format!(",{number}.25\r\n").bytes()),
            6 => out.extend(format!("({number}00000000000000000000\r\n").bytes()),
            7 => out.extend(format!("={}\r\ntxt:{word}\r\n", word.len() + 4).bytes()),
            8 => {
                out.extend(format!("${}\r\n", text.len()).bytes());
                out.extend(text);
                out.extend(b"\r\n");
            }
            kind => {
                let count = self.below(4);
                // A push stands alone, and a set or map of the oracle has no place for doubles.
                let (kind, count) = match kind {
                    9 if depth == 0 => ('>', count + 2),
                    _ => ('*', count),
                };
                out.extend(format!("{kind}{count}\r\n").bytes());
                (0..count).for_each(|_| self.frame(out, depth + 1));
            }
        }
    }
}

/// Whether both have read the same.
fn is_same(ours: &Value<'_>, other: &OwnedFrame) -> bool {
    let all = |ours: &[Value<'_>], others: &[OwnedFrame]| {
        ours.len() == others.len() && ours.iter().zip(others).all(|(one, two)| is_same(one, two))
    };
    match (ours, other) {
        (Value::Null, OwnedFrame::Null) => true,
        (Value::Boolean(ours), OwnedFrame::Boolean { data, .. }) => ours == data,
        (Value::Number(ours), OwnedFrame::Number { data, .. }) => ours == data,
        (Value::Double(ours), OwnedFrame::Double { data, .. }) => {
            ours == data || ours.is_nan() && data.is_nan()
        }
        (Value::Big(ours), OwnedFrame::BigNumber { data, .. })
        | (Value::Simple(ours), OwnedFrame::SimpleString { data, .. })
        | (Value::Bulk(ours), OwnedFrame::BlobString { data, .. })
        | (Value::Error(ours), OwnedFrame::BlobError { data, .. })
        | (Value::Verbatim(ours), OwnedFrame::VerbatimString { data, .. }) => ours == data,
        (Value::Error(ours), OwnedFrame::SimpleError { data, .. }) => *ours == data.as_bytes(),
        (Value::Array(ours), OwnedFrame::Array { data, .. })
        | (Value::Push(ours), OwnedFrame::Push { data, .. }) => all(ours, data),
        _ => false,
    }
}

#[test]
fn another_decoder_reads_the_same() {
    let mut random = Random(1);
    for round in 0..20_000 {
        let mut input = Vec::new();
        random.frame(&mut input, 0);
        let (value, used) = decode(&input).expect("no error").expect("whole");
        let (other, others) = oracle(&input).expect("no error").expect("whole");
        assert!(used == others && is_same(&value, &other), "{round}: {value:?} is not {other:?}");
    }
}

#[test]
fn what_is_taken_of_spoilt_frames_the_other_decoder_takes_too() {
    let (mut random, mut taken, mut refused) = (Random(2), 0, 0);
    for _ in 0..50_000 {
        let mut input = Vec::new();
        random.frame(&mut input, 0);
        let at = random.below(input.len() as u64) as usize;
        input[at] = *b"\r\n0159-+:$*>a".get(random.below(13) as usize).expect("one of them");
        match (decode(&input), oracle(&input)) {
            (Ok(Some((value, used))), Ok(Some((other, others)))) => {
                let is_same = used == others && is_same(&value, &other);
                assert!(is_same, "{}: {value:?} is not {other:?}", input.escape_ascii());
                taken += 1;
            }
            (Ok(None), Ok(None)) => {}
            (Err(_), _) => refused += 1,
            // It knows two formats by name; we drop them.
            (Ok(_), Err(error)) if error.details().contains("verbatim") => {}
            (ours, other) => panic!("{}: {ours:?} is not {other:?}", input.escape_ascii()),
        }
    }
    assert!(taken > 10_000 && refused > 5_000, "{taken} taken, {refused} refused");
}
