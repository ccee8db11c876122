//! libFuzzer's way into the property `stun`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::stun;

fuzz_target!(|data: &[u8]| stun::check(data));
