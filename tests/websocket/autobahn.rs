//! The Autobahn suite against an echo over the server's own codec.
//!
//! Its sections 1 to 7 and 10 are what RFC 6455 says of frames; 9 measures, 12 and 13 are about an
//! extension that is never agreed to.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

#[path = "../../docs/examples/websocket_echo.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a program of its own, which this test runs a part of"
)]
mod websocket_echo;

/// Cases in these sections.
const CASES: usize = 247;
/// What is refused only when its fragment has ended: 6.4.3 and 6.4.4.
const NON_STRICT_MAX: usize = 2;

#[test]
fn the_autobahn_suite_finds_no_fault() {
    let suite = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("autobahn/bin/wstest");
    if !suite.is_file() {
        // Unlike other programs it cannot be installed everywhere, so its lack is never a failure.
        return println!("SKIPPED: there is no Python 2.7 for the Autobahn suite");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the echo is another process in real life")]
    std::thread::spawn(move || websocket_echo::serve(&listener));
    let folder = tempfile::tempdir().unwrap();
    let sections: Vec<String> =
        [1, 2, 3, 4, 5, 6, 7, 10].iter().map(|section| format!("{section}.*")).collect();
    let specification = serde_json::json!({
        "outdir": folder.path(),
        "servers": [{ "agent": "echo", "url": format!("ws://{address}") }],
        "cases": sections,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    });
    let file = folder.path().join("suite.json");
    fs::write(&file, specification.to_string()).unwrap();
    let run = Command::new(suite)
        .args(["-m", "fuzzingclient", "-s"])
        .arg(&file)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let index = fs::read_to_string(folder.path().join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let cases = index["echo"].as_object().unwrap();
    let mut counts = BTreeMap::<&str, usize>::new();
    for (case, result) in cases {
        for kind in ["behavior", "behaviorClose"] {
            let behaviour = result[kind].as_str().unwrap();
            *counts.entry(behaviour).or_default() += 1;
            let is_fine = matches!(behaviour, "OK" | "NON-STRICT" | "INFORMATIONAL");
            assert!(is_fine, "{case}: {kind} {behaviour}: {result}");
        }
    }
    assert_eq!(cases.len(), CASES, "{counts:?}");
    assert!(counts.get("NON-STRICT").is_none_or(|count| *count <= NON_STRICT_MAX), "{counts:?}");
}
