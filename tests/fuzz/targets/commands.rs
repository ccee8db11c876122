//! libFuzzer's way into the property `commands`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::commands;

fuzz_target!(|data: &[u8]| commands::check(data));
