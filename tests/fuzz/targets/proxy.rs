//! libFuzzer's way into the property `proxy`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::proxy;

fuzz_target!(|data: &[u8]| proxy::check(data));
