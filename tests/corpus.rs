//! What the fuzz targets have found, and what went wrong in other servers, once more: every file
//! below `tests/fuzz/corpus` is handed to the property that it is kept for.
//!
//! A file's name says what it is, or is the hash that libFuzzer gave it. `scripts/fuzz` looks for
//! more.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;
#[path = "fuzz/properties/mod.rs"]
pub mod properties;

use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use properties::{
    commands, datagram, detect, engine, frames, heads, irc, keyed, lines, names, proxy, records,
    requests, scram, stun, text, tls,
};

/// What must hold for some bytes; panics where it does not.
type Check = fn(&[u8]);

/// Every property by the name of its fuzz target.
const TARGETS: [(&str, Check); 17] = [
    ("commands", commands::check),
    ("datagram", datagram::check),
    ("detect", detect::check),
    ("engine", engine::check),
    ("frames", frames::check),
    ("heads", heads::check),
    ("irc", irc::check),
    ("keyed", keyed::check),
    ("lines", lines::check),
    ("names", names::check),
    ("proxy", proxy::check),
    ("records", records::check),
    ("requests", requests::check),
    ("scram", scram::check),
    ("stun", stun::check),
    ("text", text::check),
    ("tls", tls::check),
];

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

#[test]
fn every_kept_input_passes() {
    let mut failed = Vec::new();
    for (target, check) in TARGETS {
        let mut files = 0;
        for entry in fs::read_dir(corpus().join(target)).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            let passed = catch_unwind(|| check(&data)).is_ok();
            if !passed {
                failed.push(path);
            }
            files += 1;
        }
        assert!(files >= 10, "only {files} inputs are kept for {target}");
    }
    assert!(failed.is_empty(), "these do not pass: {failed:#?}");
}

#[test]
fn every_folder_has_a_target() {
    let mut folders: Vec<String> = fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, TARGETS.map(|(name, _)| name));
    let manifest = corpus().with_file_name("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
    }
}
