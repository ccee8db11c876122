//! Build information: the commit, for the live page and `mio_chat_build_info`, and one sentence
//! where the program could not run.
//!
//! The commit comes from `MIO_CHAT_COMMIT`, or from a file of `git archive` or `cargo package`, or
//! from the checkout. Git itself is not needed. Debug builds leave it out: each commit would
//! recompile everything.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Digits of the commit to show.
const DIGITS: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rerun-if-env-changed=MIO_CHAT_COMMIT");
    let variable = |name| env::var(name).unwrap_or_default();
    let is_for_linux = ["CARGO_FEATURE_SERVER", "CARGO_FEATURE_LOAD"];
    let is_for_linux = is_for_linux.iter().any(|feature| env::var_os(feature).is_some());
    if variable("CARGO_CFG_TARGET_OS") != "linux" && is_for_linux {
        println!(
            "cargo::error=mio-chat runs on Linux only: it is built on epoll and on socket options \
             that other systems do not have; use a Linux machine, a container or a virtual \
             machine. Other systems have the library for games: `default-features = false, \
             features = [\"peer\"]`"
        );
        return;
    }
    // Then the compiler sees it anyway.
    if !variable("MIO_CHAT_COMMIT").is_empty() || variable("PROFILE") != "release" {
        return;
    }
    let (commit, seen) = commit(Path::new(&variable("CARGO_MANIFEST_DIR")));
    for file in seen.iter().filter(|file| file.exists()) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    if let Some(commit) = commit {
        println!("cargo::rustc-env=MIO_CHAT_COMMIT={commit}");
    }
}

/// The commit of the sources in a folder, and the files to watch for another one.
pub(crate) fn commit(root: &Path) -> (Option<String>, Vec<PathBuf>) {
    let written = [root.join("src/commit.txt"), root.join(".cargo_vcs_info.json")];
    for file in &written {
        let text = fs::read_to_string(file).unwrap_or_default();
        if let Some(commit) = text.split(['"', '\n']).find_map(digits) {
            return (Some(commit), vec![file.clone()]);
        }
    }
    let Some(git) = git_folder(root) else { return (None, Vec::new()) };
    // A further worktree shares the branches of the first.
    let common = fs::read_to_string(git.join("commondir")).unwrap_or_default();
    let common = git.join(common.trim());
    let head = fs::read_to_string(git.join("HEAD")).unwrap_or_default();
    let Some(branch) = head.trim().strip_prefix("ref: ") else {
        return (digits(head.trim()), vec![git.join("HEAD")]);
    };
    let loose = fs::read_to_string(common.join(branch)).unwrap_or_default();
    let packed = fs::read_to_string(common.join("packed-refs")).unwrap_or_default();
    let packed = packed.lines().find_map(|line| line.strip_suffix(branch)?.strip_suffix(' '));
    let commit = digits(loose.trim()).or_else(|| digits(packed?));
    // The log grows with every commit, even where that makes the file of the branch.
    let log = git.join("logs/HEAD");
    (commit, vec![git.join("HEAD"), log, common.join(branch), common.join("packed-refs")])
}

/// The folder of git's data for a worktree.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(git).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir: ")?))
}

/// The first digits of a commit, if that is one.
fn digits(text: &str) -> Option<String> {
    let is_commit = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit.then(|| text[..DIGITS].to_owned())
}
