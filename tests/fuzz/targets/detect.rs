//! libFuzzer's way into the property `detect`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::detect;

fuzz_target!(|data: &[u8]| detect::check(data));
