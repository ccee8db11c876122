//! What the server is built of: nothing that brings threads or another poll loop, nothing whose
//! licence asks for more than to be named and not to be advertised with, nothing that does not come
//! from crates.io.
//!
//! Known faults are looked up by `scripts/deny --advisories`, which needs the network.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A list of strings in the settings of cargo-deny.
fn listed(key: &str) -> Vec<String> {
    let settings = read(".deny.toml");
    let start = format!("{key} = [");
    let line = settings.lines().find_map(|line| line.strip_prefix(&start)).expect(key);
    let names = line.trim_end_matches(']').split(", ");
    names.map(|name| name.trim_matches('"').to_owned()).collect()
}

/// The values of a key in the lock file.
fn locked(key: &str) -> Vec<String> {
    let start = format!("{key} = \"");
    let lock = read("Cargo.lock");
    let values = lock.lines().filter_map(|line| line.strip_prefix(&start)?.strip_suffix('"'));
    values.map(str::to_owned).collect()
}

#[test]
fn nothing_brings_threads_or_another_poll_loop() {
    let (banned, names) = (listed("deny"), locked("name"));
    assert!(banned.len() >= 4 && names.len() > 50, "{banned:?} and {} crates", names.len());
    for name in banned {
        assert!(!names.contains(&name), "{name}: see `cargo tree --invert {name}`");
    }
}

#[test]
fn everything_comes_from_crates_io_and_is_what_it_was() {
    let (sources, checksums) = (locked("source"), locked("checksum"));
    // All but the server itself.
    assert_eq!(sources.len() + 1, locked("name").len());
    assert_eq!(sources.len(), checksums.len());
    for source in sources {
        assert!(
            source.starts_with("registry+") && source.ends_with("/crates.io-index"),
            "{source}"
        );
    }
}

/// Whether a licence is allowed: of every part that is joined by AND, one that is joined by OR.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    let one_of = |choices: &str| {
        let choices = choices.trim_matches(['(', ')']).replace('/', " OR ");
        choices.split(" OR ").any(|choice| allowed.iter().any(|name| name == choice))
    };
    licence.split(" AND ").all(one_of)
}

#[test]
fn licences_are_understood() {
    let allowed = ["MIT", "Unicode-3.0"].map(str::to_owned);
    for good in ["MIT", "MIT/GPL-3.0", "GPL-3.0 OR MIT", "(GPL-3.0 OR MIT) AND Unicode-3.0"] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0 WITH LLVM-exception", "", "MIT-0"] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

/// The machine that this is compiled for, as cargo calls it. Others have crates of their own,
/// which need not be here to be looked at.
fn host() -> String {
    let version = Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("cargo tells its host").to_owned()
}

#[test]
fn every_licence_is_a_permissive_one_that_we_know() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    cargo.args(["--filter-platform", &host()]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (packages, allowed) = (metadata["packages"].as_array().unwrap(), listed("allow"));
    assert!(packages.len() > 50);
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{}: {licence:?}", package["name"]);
    }
}

/// The crates that a set of features is built of, as cargo tells them, ourselves included.
fn crates_of(features: &str, edges: &str) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--offline", "--no-default-features", "--features", features]);
    cargo.args(["--edges", edges, "--prefix", "none", "--format", "{p}"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let names = told.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn a_game_takes_few_crates_along_and_needs_no_compiler_of_c() {
    let crates = crates_of("peer", "normal");
    assert!((10..=25).contains(&crates.len()), "{} crates: {crates:?}", crates.len());
    // Whoever compiles C asks this crate for it.
    for features in ["peer", "terminal", "load", "cli"] {
        let crates = crates_of(features, "normal,build");
        assert!(!crates.iter().any(|name| name == "cc"), "{features}: {crates:?}");
    }
    assert!(crates_of("store", "normal,build").iter().any(|name| name == "cc"));
}
