//! What a package installs: unit files that systemd takes and that give away little, a container
//! file that holds together, and a Debian package whose parts exist. Building the packages takes
//! minutes and, the container's, an engine: `scripts/package` and docs/DEPLOY.md.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../src/build.rs"]
#[allow(dead_code, reason = "the test is no build")]
mod build;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::program::program;
use support::report;
use tempfile::TempDir;

/// What `systemd-analyze security` may find, in tenths: 0 is best, 100 is a service without rules.
const EXPOSURE_MAX: u32 = 20;
const INSTALLED: &str = "/usr/bin/mio-chat";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// The unit files as they are installed, but for the place of the program; and the manual pages
/// that they name.
fn installed_units() -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in ["mio-chat.service", "mio-chat.socket"] {
        let unit = read(&format!("docs/systemd/{name}"));
        let unit = unit.replace(INSTALLED, env!("CARGO_BIN_EXE_mio-chat"));
        fs::write(folder.path().join(name), unit).unwrap();
    }
    let pages = folder.path().join("man/man1");
    fs::create_dir_all(&pages).unwrap();
    fs::copy(root().join("docs/man/mio-chat.1"), pages.join("mio-chat.1")).unwrap();
    folder
}

/// The names of the manual pages, and their texts.
fn pages() -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join("docs/man")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| (name.clone(), read(&format!("docs/man/{name}")))).collect()
}

#[test]
fn every_manual_page_that_another_names_is_there() {
    let pages = pages();
    assert!(pages.len() >= 8, "{pages:?}");
    for (page, text) in &pages {
        let plain = text.replace("\\fB", "").replace("\\fR", "").replace("\\-", "-");
        for (before, _) in plain.split("(1)").zip(plain.split("(1)").skip(1)) {
            let name = before.rsplit(|c: char| c.is_whitespace() || c == ',').next().unwrap();
            let is_there = pages.iter().any(|(other, _)| *other == format!("{name}.1"));
            assert!(is_there, "docs/man/{page} names {name}(1), which is not there");
        }
    }
}

#[test]
fn man_finds_no_fault_in_the_pages() {
    let Some(man) = program("man") else { return };
    for (page, _) in pages() {
        let mut command = Command::new(&man);
        command.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8"]).env("MANWIDTH", "80");
        let output = command.arg(root().join("docs/man").join(&page)).output().unwrap();
        let faults = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && faults.is_empty(), "{page}: {faults}");
    }
}

#[test]
fn systemd_finds_no_fault_in_the_units() {
    let (Some(analyze), Some(_)) = (program("systemd-analyze"), program("man")) else { return };
    let folder = installed_units();
    let units = ["mio-chat.service", "mio-chat.socket"].map(|name| folder.path().join(name));
    let mut command = Command::new(analyze);
    command.arg("verify").args(units).env("MANPATH", folder.path().join("man"));
    let output = command.output().unwrap();
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
}

#[test]
fn the_service_gives_away_little() {
    let Some(analyze) = program("systemd-analyze") else { return };
    let mut command = Command::new(analyze);
    command.args(["security", "--offline=true", "--no-pager"]);
    command.arg(format!("--threshold={EXPOSURE_MAX}"));
    let output = command.arg(root().join("docs/systemd/mio-chat.service")).output().unwrap();
    let text = said(&output);
    let verdict = text.lines().find(|line| line.contains("Overall exposure level"));
    report(verdict.expect("a verdict").trim());
    assert!(output.status.success(), "{text}");
}

#[test]
fn units_name_the_ports_that_the_program_would_take() {
    let help = Command::new(env!("CARGO_BIN_EXE_mio-chat")).arg("--help").output().unwrap();
    let help = said(&help);
    for (unit, port) in [("ListenStream", "55555"), ("ListenDatagram", "50000")] {
        assert!(help.contains(&format!("[default: {port}]")));
        for host in ["0.0.0.0", "[::]"] {
            let line = format!("{unit}={host}:{port}\n");
            assert!(read("docs/systemd/mio-chat.socket").contains(&line), "{line}");
        }
        let protocol = if unit == "ListenStream" { "tcp" } else { "udp" };
        assert!(read("docs/docker/Dockerfile").contains(&format!("{port}/{protocol}")));
    }
}

/// The instructions of the container file, each with its arguments on one line.
fn instructions() -> Vec<(String, String)> {
    let text = read("docs/docker/Dockerfile").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let split = |line: &str| {
        let (word, rest) = line.split_once(' ').expect("an instruction with arguments");
        (word.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    lines.map(split).collect()
}

#[test]
fn the_container_is_small_and_nobody_s_root() {
    let all = instructions();
    let stages: Vec<usize> = (0..all.len()).filter(|&at| all[at].0 == "FROM").collect();
    let [_, last] = stages[..] else { panic!("two stages: {all:?}") };
    let image = &all[last..];
    let of = |word: &str| {
        let found = image.iter().filter(|(name, _)| name == word).map(|(_, rest)| rest.as_str());
        found.collect::<Vec<_>>()
    };
    assert_eq!(of("USER"), ["1000:1000"]);
    assert_eq!(of("EXPOSE"), ["55555/tcp 50000/udp"]);
    assert_eq!(of("STOPSIGNAL"), ["SIGTERM"]);
    assert_eq!(of("ENTRYPOINT"), [format!("[\"{INSTALLED}\"]")]);
    assert!(of("HEALTHCHECK")[0].ends_with(&format!("CMD [\"{INSTALLED}\", \"health\"]")));
    assert!(of("RUN").is_empty(), "nothing runs in an image without a shell");
    assert!(all.iter().all(|(name, rest)| name != "FROM" || rest.contains(':')), "tagged images");
}

#[test]
fn what_the_container_is_built_of_exists_and_is_let_in() {
    let ignored = read("docs/docker/Dockerfile.dockerignore");
    assert_eq!(ignored.lines().next(), Some("*"), "nothing but what is named");
    let copies = instructions().into_iter().filter(|(name, _)| name == "COPY");
    for (_, arguments) in copies.filter(|(_, arguments)| !arguments.contains("--from=")) {
        let mut names: Vec<&str> = arguments.split(' ').collect();
        names.pop();
        for name in names {
            assert!(root().join(name).exists(), "{name} does not exist");
            assert!(ignored.lines().any(|line| line == format!("!{name}")), "{name} is ignored");
        }
    }
}

#[test]
fn hadolint_finds_no_fault_in_the_container_file() {
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python");
    let hadolint = packages.join("bin/hadolint");
    if !hadolint.is_file() {
        return support::skip("hadolint is not installed (scripts/install)");
    }
    let file = root().join("docs/docker/Dockerfile");
    let output = Command::new(hadolint).arg("--no-color").arg(file).output().unwrap();
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
}

/// The strings of every line of the package's assets.
fn assets() -> Vec<Vec<String>> {
    let manifest = read("Cargo.toml");
    let (_, rest) = manifest.split_once("\nassets = [\n").expect("assets");
    let (lines, _) = rest.split_once("\n]\n").expect("their end");
    let strings = |line: &str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    lines.lines().map(strings).collect()
}

#[test]
fn every_part_of_the_debian_package_exists() {
    let assets = assets();
    assert!(assets.len() >= 8, "{assets:?}");
    for asset in &assets {
        let [from, to, mode] = &asset[..] else { panic!("{asset:?}: from, to, mode") };
        let is_placed = to.starts_with("usr/") || to.starts_with("etc/");
        assert!(is_placed && ["644", "755"].contains(&mode.as_str()), "{asset:?}");
        let path = root().join(from);
        let is_there = match path.file_name().unwrap().to_str().unwrap().split_once('*') {
            Some((_, ending)) => {
                let mut entries = fs::read_dir(path.parent().unwrap()).unwrap();
                entries.any(|entry| entry.unwrap().path().to_string_lossy().ends_with(ending))
            }
            None => from == "target/release/mio-chat" || path.exists(),
        };
        assert!(is_there, "Cargo.toml: {from} does not exist");
    }
    for named in ["docs/debian/copyright", "docs/debian/changelog", "docs/systemd"] {
        let quoted = format!("\"{named}\"");
        assert!(read("Cargo.toml").contains(&quoted) && root().join(named).exists(), "{named}");
    }
    let newest = read("docs/debian/changelog");
    let version = format!("mio-chat ({}-1) ", env!("CARGO_PKG_VERSION"));
    assert!(newest.starts_with(&version), "docs/debian/changelog: add {version}");
}

/// The commit that a build from these files would tell of.
fn commit_of(files: &[(&str, &str)]) -> Option<String> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let file = folder.path().join("source").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    build::commit(&folder.path().join("source")).0
}

#[test]
fn a_build_knows_its_commit_wherever_the_sources_are_from() {
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    let line = &format!("{COMMIT}\n");
    let packed = &format!("# pack-refs\n{COMMIT} refs/heads/main\n{COMMIT} refs/tags/main\n");
    let packaged = &format!("{{\"git\": {{\n\"sha1\": \"{COMMIT}\"\n}}}}\n");
    let branch = (".git/HEAD", "ref: refs/heads/main\n");
    let unfilled = ("src/commit.txt", "$Format:%H$\n");
    for files in [
        &[branch, unfilled, (".git/refs/heads/main", line)][..],
        &[branch, unfilled, (".git/packed-refs", packed)],
        &[unfilled, (".git/HEAD", line)],
        &[
            (".git", "gitdir: ../first/.git/worktrees/source\n"),
            ("../first/.git/worktrees/source/HEAD", "ref: refs/heads/main\n"),
            ("../first/.git/worktrees/source/commondir", "../..\n"),
            ("../first/.git/refs/heads/main", line),
        ],
        &[("src/commit.txt", line)],
        &[unfilled, (".cargo_vcs_info.json", packaged)],
    ] {
        assert_eq!(commit_of(files), Some("0123456789ab".to_owned()), "{files:?}");
    }
    for files in [&[unfilled][..], &[branch], &[(".git", "nonsense")], &[(".git/HEAD", "")], &[]] {
        assert_eq!(commit_of(files), None, "{files:?}");
    }
    let is_marked = read("src/.gitattributes").contains("\ncommit.txt export-subst\n");
    assert!(is_marked && read("src/commit.txt") == unfilled.1);
}
