//! libFuzzer's way into the property `text`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::text;

fuzz_target!(|data: &[u8]| text::check(data));
