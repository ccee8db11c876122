//! libFuzzer's way into the property `engine`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::engine;

fuzz_target!(|data: &[u8]| engine::check(data));
