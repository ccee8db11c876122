//! libFuzzer's way into the property `records`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::records;

fuzz_target!(|data: &[u8]| records::check(data));
