//! libFuzzer's way into the property `tls`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::tls;

fuzz_target!(|data: &[u8]| tls::check(data));
