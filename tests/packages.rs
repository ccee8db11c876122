//! What a package installs: unit files that systemd takes and that give away little, a container
//! file that holds together, and a Debian package whose parts exist. Building the packages takes
//! minutes and, the container's, an engine: `scripts/package` and docs/DEPLOY.md.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

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
