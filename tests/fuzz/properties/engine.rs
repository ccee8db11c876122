//! What the engine of a cluster sends: however it is cut, the same comes of it, and nothing panics.

use mio_chat::cluster::resp::{RespError, Value, decode};
use mio_chat::limits::{RESP_DEPTH_MAX, RESP_VALUES_MAX};

/// Whatever is said of a beginning is said of all of it.
pub fn check(data: &[u8]) {
    let mut rest = data;
    loop {
        let whole = decode(rest);
        // Each cut of what is short, some of what is long.
        let step = rest.len() / 64 + 1;
        for end in (0..rest.len()).step_by(step) {
            match decode(&rest[..end]) {
                Ok(None) => {}
                early => assert!(is_same(&early, &whole), "{early:?}, then {whole:?}"),
            }
        }
        let Ok(Some((value, used))) = whole else { return };
        assert!(used > 0 && used <= rest.len());
        assert!(depth(&value) <= RESP_DEPTH_MAX && count(&value) <= RESP_VALUES_MAX);
        rest = &rest[used..];
    }
}

type Decoded<'a> = Result<Option<(Value<'a>, usize)>, RespError>;

/// As text, since one number that is none is not the same as another.
fn is_same(one: &Decoded<'_>, other: &Decoded<'_>) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

fn depth(value: &Value<'_>) -> usize {
    1 + value.list().into_iter().flatten().map(depth).max().unwrap_or(0)
}

fn count(value: &Value<'_>) -> usize {
    1 + value.list().into_iter().flatten().map(count).sum::<usize>()
}
