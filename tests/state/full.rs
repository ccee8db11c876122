//! Disks that are full, that fail, and that are slow: the chat goes on, what is wrong is told once,
//! and all that rooms still remember is kept when it is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::folder::{Folder, Message, history, join};
use super::injection::Injection;
use super::refused::refusal;
use crate::pair::{Pair, Trips};
use crate::support::{Server, eventually, eventually_within, now, report, sized, skip};

/// A failing disk is tried again after 5 s at most; and a busy machine.
const RECOVERED_WITHIN: Duration = Duration::from_secs(8);
/// Nine failures in a row take 13 s.
const FAILING_WITHIN: Duration = Duration::from_secs(30);
/// What nobody may notice of a disk that is full or fails: the words of a pair usually take less
/// than a millisecond.
const PROMPT: Duration = Duration::from_millis(250);

/// What each write takes on a slow disk, in microseconds.
const WRITE_US: u32 = 10_000;
/// A commit writes two pages at least, each with a head; and after it 32 times as long is nothing
/// written.
const COMMITS_APART: Duration = Duration::from_micros((32 + 1) * 4 * WRITE_US as u64);

/// A small disk of its own, as long as this lives.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None`: we may not mount one, which was said.
    fn new() -> Option<Self> {
        let place = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "mio-chat-test"]).arg(place.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(place));
        }
        skip("a small disk can be mounted by root alone");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it to the last byte: what does not fit is written as smaller files.
    fn fill(&self) -> Vec<PathBuf> {
        let (mut files, mut size) = (Vec::new(), 256 * 1_024);
        while size > 0 {
            let file = self.path().join(format!("ballast-{}", files.len()));
            if fs::write(&file, vec![1; size]).is_err() {
                size /= 2;
            }
            files.push(file);
        }
        files
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What still holds it is on its way out.
        let unmounted = Command::new("umount").arg("--lazy").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "unmount {:?}", self.path());
    }
}

/// Two who talk in a room of their own as long as `over` does not say so, and longer than a moment.
fn talk_until(pair: &mut Pair, what: &str, mut over: impl FnMut() -> bool) -> Trips {
    pair.talk(20);
    eventually_within(FAILING_WITHIN, what, || {
        pair.talk_once();
        over()
    });
    pair.trips()
}

fn texts(messages: Vec<Message>) -> Vec<String> {
    messages.into_iter().map(|message| message.text).collect()
}

/// The next server finds everything that was said last.
fn expect_kept(folder: &Folder, expected: &[String]) {
    let server = folder.serve();
    server.wait_for_log("complete=true");
    let found = history(&mut join(&server, "reader", "aside"));
    let words = texts(found);
    assert!(expected.ends_with(&words) && words.len() >= 500.min(expected.len()), "{words:?}");
    server.stop();
}

fn lines_with(server: &Server, part: &str) -> usize {
    server.log().lines().filter(|line| line.contains(part)).count()
}

/// The server's disk fails from `fail` on until what that returns is dropped.
fn bear_a_failing_disk<T>(folder: &Folder, what: &str, fail: impl FnOnce(&Server) -> Option<T>) {
    let server = folder.serve();
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();
    eventually("a commit", || server.kept("commits") > 0);
    let Some(fault) = fail(&server) else { return };
    let least = sized(5, 9);
    let failing = talk_until(&mut pair, "failures", || server.kept("failures") >= least);
    let (errors, failures) = (lines_with(&server, " ERROR "), server.kept("failures"));
    drop(fault);
    let since = now();
    // Tried again by itself: nobody has to say anything.
    eventually_within(RECOVERED_WITHIN, "kept again", || {
        lines_with(&server, "state: kept again after failures=") > 0
    });
    let recovered = since.elapsed();
    pair.talk(20);
    let commits = server.kept("commits");
    assert!(failing.max < PROMPT, "{failing}");
    let expected = pair.said();
    let log = server.stop();
    assert_eq!((errors, log.matches(" ERROR ").count()), (1, 1), "{log}");
    assert_eq!(log.matches("state: kept again").count(), 1, "{log}");
    expect_kept(folder, &expected);
    assert_eq!(folder.meta("complete"), 1);
    report(&format!(
        "{what}: {failures} failures, one line; {failing} (in quiet: {quiet}); kept again \
         {recovered:.1?} after it was over, {commits} commits in all, nothing lost"
    ));
}

#[test]
fn a_full_disk_stops_nobody_and_is_forgotten_when_there_is_room() {
    let Some(disk) = SmallDisk::new() else { return };
    let folder = Folder::at(disk.path().join("state"));
    bear_a_failing_disk(&folder, "full disk", |_| Some(Ballast(disk.fill())));
}

/// Files that fill a disk, as long as this lives.
struct Ballast(Vec<PathBuf>);

impl Drop for Ballast {
    fn drop(&mut self) {
        self.0.iter().for_each(|file| fs::remove_file(file).unwrap());
    }
}

#[test]
fn a_failing_disk_stops_nobody_and_is_forgotten_when_it_works() {
    let folder = Folder::new();
    bear_a_failing_disk(&folder, "EIO", |server| {
        Injection::into(server, "pwrite64,fdatasync,fsync,ftruncate:error=EIO")
    });
}

#[test]
fn no_server_starts_on_a_full_disk_and_the_next_finds_everything() {
    let Some(disk) = SmallDisk::new() else { return };
    let folder = Folder::at(disk.path().join("state"));
    let server = folder.serve();
    Pair::aside(server.tcp()).talk(10);
    server.stop();
    let ballast = Ballast(disk.fill());
    assert!(refusal(folder.path()).contains("; make room on its disk"));
    drop(ballast);
    let server = folder.serve();
    server.wait_for_log("messages=10 complete=true");
    server.stop();
}

#[test]
fn a_server_that_ends_while_its_disk_is_full_says_what_is_not_kept() {
    let Some(disk) = SmallDisk::new() else { return };
    let folder = Folder::at(disk.path().join("state"));
    let server = folder.serve();
    let mut pair = Pair::aside(server.tcp());
    pair.talk(10);
    eventually("all kept", || server.kept("rows") >= 10);
    let ballast = Ballast(disk.fill());
    pair.talk(200);
    let log = server.stop();
    assert_eq!(log.matches("state: what was new is not kept").count(), 1, "{log}");
    drop(ballast);
    let server = folder.serve();
    server.wait_for_log("complete=false");
    let found = history(&mut join(&server, "reader", "aside"));
    assert!((10..210).contains(&found.len()), "{found:?}");
    assert!(pair.said().starts_with(&texts(found)));
    server.stop();
}

#[test]
fn a_slow_disk_is_waited_for_a_small_part_of_the_time() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut pair = Pair::aside(server.tcp());
    pair.talk_in_quiet();
    eventually("a commit", || server.kept("commits") > 0);
    let quick = server.kept("commits");
    let delay = format!("pwrite64:delay_enter={WRITE_US}");
    let Some(slow) = Injection::into(&server, &delay) else { return };
    let time = sized(Duration::from_secs(6), Duration::from_secs(60));
    let end = now() + time;
    while now() < end {
        pair.talk_once();
    }
    let trips = pair.trips();
    let commits = server.kept("commits") - quick;
    let slowest = Duration::from_micros(server.kept("slowest_us"));
    drop(slow);
    assert_eq!(server.kept("failures"), 0);
    let expected = pair.said();
    let log = server.stop();
    assert!(log.contains("state: all is kept"), "{log}");
    expect_kept(&folder, &expected);
    report(&format!(
        "slow disk ({WRITE_US} us for each write): {commits} commits in {time:?}, the slowest \
         {slowest:.1?}; {trips}"
    ));
    assert!(slowest > COMMITS_APART / 33, "{slowest:?}: it was not slow");
    let most = 1 + time.as_micros() / COMMITS_APART.as_micros();
    assert!((1..=most).contains(&u128::from(commits)), "{commits} commits");
}
