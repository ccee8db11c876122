//! libFuzzer's way into the property `frames`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::frames;

fuzz_target!(|data: &[u8]| frames::check(data));
