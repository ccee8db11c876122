//! libFuzzer's way into the property `lines`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::lines;

fuzz_target!(|data: &[u8]| lines::check(data));
