//! Other people's programs, which talk to the server.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use super::server::wait_for_exit;
use super::{Lines, PATIENCE, skip};

/// Where a program is installed; says that the test is skipped when it is not.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|place| place.join(name)).find(|at| at.is_file());
    if found.is_none() {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// The `strace` of this machine, if it lets us trace; says that the test is skipped otherwise.
pub(crate) fn strace() -> Option<PathBuf> {
    let strace = program("strace")?;
    let tried = Command::new(&strace).args(["-qq", "-o", "/dev/null", "true"]).status().unwrap();
    if !tried.success() {
        skip("strace may not trace here");
    }
    tried.success().then_some(strace)
}

/// The `nc` of OpenBSD, which has `-N`; others called `nc` do not end with their input.
pub(crate) fn netcat() -> Option<PathBuf> {
    let nc = program("nc")?;
    let Output { stdout, stderr, .. } = Command::new(&nc).arg("-h").output().unwrap();
    if String::from_utf8_lossy(&[stdout, stderr].concat()).contains("OpenBSD netcat") {
        return Some(nc);
    }
    skip("nc is not the one of OpenBSD (netcat-openbsd)");
    None
}

/// A running program with its input and output.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it prints.
    pub(crate) stdout: Lines<ChildStdout>,
}

impl Program {
    /// Starts it. Its stderr goes where the test's goes.
    pub(crate) fn start(
        path: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let mut command = Command::new(path);
        command.args(arguments);
        Self::of(command)
    }

    /// Starts what has an environment of its own.
    pub(crate) fn of(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = Lines::new(child.stdout.take().expect("stdout is piped"));
        Self { stdin: child.stdin.take(), child, stdout }
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.presses(format!("{line}\n").as_bytes());
    }

    /// Types these keys.
    pub(crate) fn presses(&mut self, keys: &[u8]) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(keys).unwrap();
        stdin.flush().unwrap();
    }

    /// Ends its input, as Ctrl-D does.
    pub(crate) fn ends_input(&mut self) {
        self.stdin = None;
    }

    /// Waits until it has ended by itself, well, and returns what it printed at last.
    pub(crate) fn finish(mut self) -> String {
        self.ends_input();
        let last = self.stdout.rest();
        let status = wait_for_exit(&mut self.child, PATIENCE);
        assert!(status.is_some_and(|status| status.success()), "{status:?} after {last:?}");
        last
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
