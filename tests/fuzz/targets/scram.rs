//! libFuzzer's way into the property `scram`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::scram;

fuzz_target!(|data: &[u8]| scram::check(data));
