//! A server that was started by a path of its own, and whoever follows it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{Launch, Server, eventually};

/// The process that serves now, and the first one, whose log all of them write.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) first: Server,
    folder: TempDir,
    pub(crate) pid: Pid,
    upgrades: usize,
}

impl Running {
    /// Starts one on loopback.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mio-chat");
        symlink(env!("CARGO_BIN_EXE_mio-chat"), &path).unwrap();
        let first = Launch::new(flags).program(&path).start();
        Self { pid: first.pid(), first, folder, upgrades: 0 }
    }

    /// Has the path lead to another program.
    pub(crate) fn replace(&self, program: &Path) {
        let path = self.folder.path().join("mio-chat");
        fs::remove_file(&path).unwrap();
        symlink(program, path).unwrap();
    }

    /// Has the path lead to a shell script.
    pub(crate) fn replace_by_script(&self, script: &str) {
        let path: PathBuf = self.folder.path().join("script");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.replace(&path);
    }

    /// Has the path lead to the server again.
    pub(crate) fn replace_by_server(&self) {
        self.replace(Path::new(env!("CARGO_BIN_EXE_mio-chat")));
    }

    /// Asks for an upgrade, and does not wait for it.
    pub(crate) fn ask(&self) {
        kill_process(self.pid, Signal::USR1).unwrap();
    }

    /// Whether the upgrade that was asked for is done.
    pub(crate) fn is_upgraded(&mut self) -> bool {
        let log = self.first.log();
        let mut done = log.match_indices("upgrade: handed over pid=").skip(self.upgrades);
        let Some((at, found)) = done.next() else { return false };
        let taken = log.matches("upgrade: taken over from pid=").count();
        let number = log[at + found.len()..].split(' ').next().unwrap();
        if taken <= self.upgrades {
            return false;
        }
        self.pid = Pid::from_raw(number.parse().unwrap()).unwrap();
        self.upgrades += 1;
        if self.upgrades == 1 {
            let status = self.first.wait();
            assert_eq!(status.code(), Some(0), "{status}: {}", self.first.log());
        }
        true
    }

    /// Upgrades.
    pub(crate) fn upgrade(&mut self) {
        self.ask();
        eventually("an upgrade", || self.is_upgraded());
    }

    /// Asks the process that serves now to stop, and returns the log.
    pub(crate) fn stop(self) -> String {
        kill_process(self.pid, Signal::TERM).unwrap();
        eventually("its end", || self.has_ended());
        self.first.log()
    }

    fn has_ended(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid));
        status.map_or(true, |status| status.contains("State:\tZ"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The first one is ended by the test's own handle.
        if self.upgrades > 0 {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}
