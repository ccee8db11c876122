//! libFuzzer's way into the property `requests`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::requests;

fuzz_target!(|data: &[u8]| requests::check(data));
