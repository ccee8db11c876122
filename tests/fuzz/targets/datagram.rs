//! libFuzzer's way into the property `datagram`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::datagram;

fuzz_target!(|data: &[u8]| datagram::check(data));
