//! libFuzzer's way into the property `heads`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::heads;

fuzz_target!(|data: &[u8]| heads::check(data));
