//! A server whose calls to the system are made to fail or to take their time, by strace, from some
//! moment on and until that is over.

use std::process::{Child, ChildStderr, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::program::strace;
use crate::support::server::wait_for_exit;
use crate::support::{Lines, PATIENCE, Server};

/// A fault, as long as this lives.
pub(crate) struct Injection {
    strace: Child,
    _stderr: Lines<ChildStderr>,
}

impl Injection {
    /// `fault` as strace's `-e inject=` wants it. `None`: strace is missing or may not trace, which
    /// was said.
    pub(crate) fn into(server: &Server, fault: &str) -> Option<Self> {
        let mut command = Command::new(strace()?);
        let (calls, _) = fault.split_once(':').expect("calls and what happens to them");
        command.args(["-f", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={fault}"), "-p", &server.pid().to_string()]);
        let mut strace = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = Lines::new(strace.stderr.take().expect("stderr is piped"));
        stderr.hear_where("strace at work", |line| line.ends_with(" attached"));
        Some(Self { strace, _stderr: stderr })
    }
}

impl Drop for Injection {
    /// Asked to end, strace lets the server go on alone.
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.strace), Signal::INT);
        if wait_for_exit(&mut self.strace, PATIENCE).is_none() {
            let _ = self.strace.kill();
            let _ = self.strace.wait();
        }
    }
}
