//! The chat page in real browsers: Chromium by playwright-core, Firefox ESR by puppeteer-core, and
//! axe-core. Each script beside this file passes its cases one after the other and prints them;
//! `MIO_CHAT_CASE=words` passes those whose name has these words.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::program::program;
use support::skip;

/// Bytes of the page: what a slow phone line brings in a second or two. Accounts took 1,500,
/// names of rooms that change 500.
const PAGE_BYTES_MAX: usize = 62_500;

/// Where `scripts/install` has put the modules of the scripts; says that the test is skipped where
/// there are none.
fn modules() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("node");
    if folder.join("node_modules/axe-core").is_dir() {
        return Some(folder);
    }
    skip("the browser tests' Node modules are not installed (scripts/install)");
    None
}

/// Runs a script in this browser.
fn run(script: &str, browser: &str) {
    let (Some(node), Some(browser), Some(modules)) = (program("node"), program(browser), modules())
    else {
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(script);
    let mut command = Command::new(node);
    command.arg(script).env("MIO_CHAT_NODE", modules).env("MIO_CHAT_BROWSER", browser);
    let output = command.env("MIO_CHAT", env!("CARGO_BIN_EXE_mio-chat")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complaints}");
}

#[test]
fn chromium_shows_the_page_and_what_a_stand_in_for_the_server_says() {
    run("page.mjs", "chromium");
}

#[test]
fn pages_in_chromium_talk_with_each_other_and_with_nc() {
    run("live.mjs", "chromium");
}

#[test]
fn firefox_shows_the_page() {
    run("firefox.mjs", "firefox-esr");
}

#[test]
fn the_page_is_one_small_file_without_anything_from_outside() {
    let page = include_str!("../../src/web/chat.html");
    assert!(page.len() <= PAGE_BYTES_MAX, "{} bytes", page.len());
    assert_eq!(page.matches("<style>").count(), 1);
    assert_eq!(page.matches("<script>").count(), 1);
    let body = page.split_once("</style>").unwrap().1.split_once("<script>").unwrap().0;
    for inline in [" style=", " onclick=", " onload=", " src=", "javascript:", "http:", "https:"] {
        assert!(!body.contains(inline), "{inline}");
    }
    for unsafe_word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        assert!(!page.contains(unsafe_word), "{unsafe_word}");
    }
}
