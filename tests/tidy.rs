//! The rules of the project that text can show. Each failure says what to do about it.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "tidy/imports.rs"]
mod imports;

use std::fs;
use std::path::{Path, PathBuf};

use imports::Imports;

/// Modules that every folder may use.
const LEAVES: [&str; 13] = [
    "address",
    "hex",
    "http",
    "id",
    "limits",
    "mc1",
    "metrics",
    "password",
    "scram",
    "subnet",
    "text",
    "time",
    "timer_queue",
];
/// The folders from the bottom up, and which others each may use besides the leaves.
///
/// What loads a server must not lean on it, or it would find its own faults right; the terminal
/// client knows the server by what that sends, and by the table of commands, which people type.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("tls", &[]),
    ("cluster", &[]),
    ("chat", &[]),
    ("dialect", &["chat"]),
    ("delivery", &["chat", "dialect"]),
    ("matchmaking", &[]),
    ("server", &["chat", "dialect", "delivery", "matchmaking"]),
    ("admin", &["matchmaking"]),
    ("store", &["chat"]),
    ("net", &["admin", "chat", "dialect", "matchmaking", "server", "store", "tls"]),
    ("load", &["tls"]),
    ("peer", &[]),
    ("console", &["dialect"]),
    ("client", &["console", "peer", "tls"]),
];
/// Which leaf may use which.
const LEAVES_USE: [(&str, &[&str]); 5] = [
    ("mc1", &["limits"]),
    ("password", &["hex", "limits"]),
    ("scram", &["limits", "password"]),
    ("text", &["limits"]),
    ("timer_queue", &["time"]),
];
/// Arrows that are to go. This list may only shrink: a test fails when one of them is gone.
const UNWANTED: [(&str, &str); 2] = [("net", "chat"), ("net", "dialect")];
const LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;
/// Public calls of `Server` itself.
const SERVER_CALLS_MAX: usize = 13;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder of the project, as (path from the root, text).
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<(String, String)> {
    ["src", "tests", "benches", "docs"].iter().flat_map(|folder| files(folder, "rs")).collect()
}

/// The code of a source file: no comments, and nothing from its unit tests on.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn code_is_all_but_comments_and_unit_tests() {
    let text =
        "//! job\nuse a;\n#[cfg(test)]\nmod fuzz;\nuse b;\n#[cfg(test)]\nmod tests {\nuse c;";
    let seen: Vec<&str> = code(text).collect();
    assert_eq!(seen, ["use a;", "#[cfg(test)]", "mod fuzz;", "use b;"]);
}

#[test]
fn every_file_opens_with_its_job() {
    for (path, text) in rust_files() {
        assert!(text.starts_with("//! "), "{path}: say in a `//!` comment what the file is for");
    }
}

#[test]
fn files_and_lines_are_short_enough_to_read() {
    let mut long = Vec::new();
    for (path, text) in rust_files() {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            long.push(format!("{path}: {lines} lines; find the second file in it"));
        }
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS_MAX {
                long.push(format!("{path}:{}: {columns} columns", number + 1));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_server_has_few_public_calls() {
    let mut calls = Vec::new();
    for (path, text) in files("src/server", "rs") {
        let mut is_server = false;
        for line in code(&text) {
            match line {
                "impl Server {" => is_server = true,
                "}" => is_server = false,
                _ if is_server && line.starts_with("    pub ") => {
                    calls.push(format!("{path}: {}", line.trim()));
                }
                _ => {}
            }
        }
    }
    assert!(
        (8..=SERVER_CALLS_MAX).contains(&calls.len()),
        "src/server: {} calls; find the view whose callers need the new one:\n{}",
        calls.len(),
        calls.join("\n")
    );
}

/// What uses what in the library, unit tests in files of their own left out.
fn imports() -> Imports {
    let is_test = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
    let is_program = |path: &str| {
        ["src/cli/", "src/main.rs", "src/build.rs", "src/lib.rs"]
            .iter()
            .any(|it| path.starts_with(it))
    };
    let sources = files("src", "rs").into_iter();
    let ours = sources.filter(|(path, _)| !is_test(path) && !is_program(path));
    let coded = ours.map(|(path, text)| (path, code(&text).collect::<Vec<_>>().join("\n")));
    Imports::read(&coded.collect::<Vec<_>>())
}

/// What a folder or leaf may use.
fn may_use(folder: &str) -> Vec<&'static str> {
    let of = |list: &[(&str, &'static [&'static str])]| {
        list.iter().find(|(name, _)| *name == folder).map(|(_, used)| used.to_vec())
    };
    match of(&MAY_USE) {
        Some(used) => [&LEAVES, used.as_slice()].concat(),
        None if LEAVES.contains(&folder) => of(&LEAVES_USE).unwrap_or_default(),
        None => panic!("src/{folder}: say in tests/tidy.rs what it may use"),
    }
}

#[test]
fn arrows_point_down() {
    let (imports, mut wrong) = (imports(), Vec::new());
    let mut unwanted = UNWANTED.to_vec();
    for (from, to) in imports.arrows() {
        let folder = |module: &str| module.split("::").next().unwrap().to_owned();
        let (own, other) = (folder(from), folder(to));
        if own != other && !may_use(&own).contains(&other.as_str()) {
            wrong.push(format!("{from} uses {to}: `{own}` may not use `{other}`"));
        }
        unwanted.retain(|arrow| *arrow != (own.as_str(), other.as_str()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unwanted.is_empty(), "gone at last: take {unwanted:?} out of UNWANTED and MAY_USE");
}

#[test]
fn folders_may_only_use_what_is_below_them() {
    for (index, (folder, used)) in MAY_USE.iter().enumerate() {
        let below = |name: &&str| MAY_USE[..index].iter().any(|(folder, _)| folder == name);
        assert!(used.iter().all(below), "{folder} would make a circle of folders");
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let imports = imports();
    let found = imports.circles();
    assert!(found.is_empty(), "{found:?} use each other: share by a file below both");
}

#[test]
fn only_shells_know_the_system() {
    for (path, text) in files("src", "rs") {
        let shell = [
            "src/net/",
            "src/store/",
            "src/load/",
            "src/client/",
            "src/peer/",
            "src/main.rs",
            "src/cli/",
            "src/build.rs",
        ];
        let is_pure = path.starts_with("src/peer/protocol/");
        let is_shell = !is_pure && shell.iter().any(|shell| path.starts_with(shell));
        if is_shell || path.contains("/tests/") {
            continue;
        }
        for line in code(&text) {
            for system in [
                "mio::",
                "socket2",
                "rustix",
                "signal_hook",
                "getrandom",
                "simplelog",
                " log::",
                "(log::",
                "std::fs",
                "std::thread",
                "std::process",
                "std::env",
                "TcpStream",
                "UdpSocket",
                "Instant",
                "SystemTime",
                "RefCell",
                "Mutex",
                "std::rc",
                "println!",
            ] {
                // rustls asks by a shared reference for tickets, and for what is known of a server.
                let asked = ["src/tls/tickets.rs", "src/tls/client/"];
                let may_lock =
                    system == "Mutex" && asked.iter().any(|asked| path.starts_with(asked));
                assert!(
                    may_lock || !line.contains(system),
                    "{path}: {system} belongs in `net`, `store`, `load`, `peer` or `client`: {line}"
                );
            }
        }
    }
}

#[test]
fn the_domain_sees_no_bytes() {
    for (path, text) in files("src/chat", "rs") {
        for line in code(&text) {
            for wire in ["&[u8]", "Vec<u8>", "b\"", "IoSlice", "\\r", "\"NICK"] {
                assert!(!line.contains(wire), "{path}: bytes are for `dialect`: {line}");
            }
        }
    }
    for (path, text) in files("src/dialect", "rs") {
        for line in code(&text) {
            assert!(!line.contains("ClientId"), "{path}: who is who is for `server`: {line}");
        }
    }
}

#[test]
fn only_the_dialect_names_a_language() {
    for (path, text) in files("src/server", "rs") {
        for line in code(&text).filter(|_| !path.ends_with("tests.rs")) {
            for wire in ["b'", "b\"", "memchr", "Foreign::Irc", "Foreign::Http", "Foreign::Tls"] {
                assert!(!line.contains(wire), "{path}: bytes are for `dialect`: {line}");
            }
        }
    }
    for (path, text) in files("src", "rs") {
        for line in code(&text).filter(|_| !path.starts_with("src/dialect/")) {
            let names = ["Decoder::Line", "Decoded::Line", "Encoding::Line", "Encoding::Json"];
            let names = names.iter().any(|name| line.contains(name));
            assert!(!names, "{path}: which language it is, is for `dialect`: {line}");
        }
    }
}

#[test]
fn ids_are_freed_in_reap_alone() {
    // In `Transport::close`, and in `admit` for a client that was never admitted.
    for (path, reactor) in files("src/net", "rs") {
        let may = usize::from(
            path.ends_with("reactor/sockets.rs") || path.ends_with("reactor/admission.rs"),
        );
        let frees: Vec<&str> =
            code(&reactor).filter(|line| line.contains("connections.remove(")).collect();
        assert_eq!(frees.len(), may, "{path}: a client is freed somewhere else: {frees:?}");
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here so that this file does not find itself.
    let words = [["TO", "DO"], ["FIX", "ME"], ["X", "XX"], ["dbg", "!("], ["unimplement", "ed!"]];
    for (path, text) in rust_files() {
        for word in words {
            assert!(!text.contains(&word.concat()), "{path}: {} is for issues", word.concat());
        }
    }
}

#[test]
fn limits_have_a_reason_and_are_used() {
    let sources = files("src", "rs");
    let is_limits = |path: &str| path.starts_with("src/limits");
    let bounds: Vec<&String> =
        sources.iter().filter(|(path, _)| is_limits(path)).map(|(_, text)| text).collect();
    let mut count = 0;
    for limits in &bounds {
        let mut above = "";
        for line in limits.lines() {
            if let Some(declaration) = line.strip_prefix("pub const ") {
                let name = declaration.split(':').next().unwrap();
                assert!(above.starts_with("/// "), "{name}: say its unit and its reason");
                let used =
                    sources.iter().any(|(path, text)| !is_limits(path) && text.contains(name));
                let asserted: usize = bounds.iter().map(|text| text.matches(name).count()).sum();
                assert!(used || asserted > 1, "{name}: nothing uses it");
                count += 1;
            }
            above = line;
        }
    }
    assert!(count > 40, "only {count} limits found");
}

#[test]
fn every_path_that_the_docs_name_exists() {
    let mut documents = files("docs", "md");
    for name in ["README.md", "CHANGELOG.md", "scripts/README.md"] {
        documents.push((name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    }
    for (document, text) in documents {
        for word in text.split(['`', '(', ')', ' ', '\n', '"', ',']) {
            let path = word.split('#').next().unwrap().trim_end_matches(['.', ':', '/']);
            let ours = ["src/", "tests/", "benches/", "scripts/", "docs/", ".ci/"]
                .iter()
                .any(|folder| path.starts_with(folder));
            if ours && !path.contains(['*', '<', '…']) {
                let below = Path::new(&document).parent().unwrap().join(path);
                assert!(
                    root().join(path).exists() || root().join(below).exists(),
                    "{document} names {path}, which does not exist"
                );
            }
        }
    }
}

/// The prose of a document: no blocks of code, and no code within lines.
fn prose(text: &str) -> String {
    let blocks = text.split("\n```").step_by(2);
    let lines = blocks.flat_map(|block| block.split("\n\n"));
    lines
        .map(|text| text.split('`').step_by(2).collect::<String>())
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// What links call the headings of a document.
fn anchors(text: &str) -> Vec<String> {
    let blocks = text.split("\n```").step_by(2);
    let headings = blocks.flat_map(str::lines).filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_of_the_docs_leads_somewhere() {
    let mut documents = files("docs", "md");
    for name in ["README.md", "CHANGELOG.md", "scripts/README.md"] {
        documents.push((name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    }
    let mut count = 0;
    for (document, text) in &documents {
        let prose = prose(text);
        let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => root().join(document),
                path => root().join(document).parent().unwrap().join(path),
            };
            assert!(file.exists(), "{document} links to {target}, which does not exist");
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(file).unwrap());
                assert!(there.iter().any(|name| name == anchor), "{document} links to {target}");
            }
            count += 1;
        }
    }
    assert!(count > 40, "only {count} links found");
}

#[test]
fn the_readme_links_to_every_document() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for (document, _) in files("docs", "md") {
        assert!(readme.contains(&format!("]({document})")), "README.md: link to {document}");
    }
}

#[test]
fn every_script_is_explained() {
    let listed = fs::read_to_string(root().join("scripts/README.md")).unwrap();
    for entry in fs::read_dir(root().join("scripts")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || listed.contains(&name), "scripts/README.md: add {name}");
    }
}
