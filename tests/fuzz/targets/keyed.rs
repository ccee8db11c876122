//! libFuzzer's way into the property `keyed`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mio_chat_fuzz::properties::keyed;

fuzz_target!(|data: &[u8]| keyed::check(data));
