//! libFuzzer's way into the property `irc`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::irc;

fuzz_target!(|data: &[u8]| irc::check(data));
