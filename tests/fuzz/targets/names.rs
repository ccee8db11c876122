//! libFuzzer's way into the property `names`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::names;

fuzz_target!(|data: &[u8]| names::check(data));
