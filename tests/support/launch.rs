//! How the server is started.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;

use super::Server;

/// A server that is about to be started.
#[derive(Debug, Default)]
pub(crate) struct Launch {
    program: Option<OsString>,
    wrapper: Vec<OsString>,
    flags: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    stderr: Option<Stdio>,
    announced: Option<usize>,
}

impl Launch {
    /// With these flags.
    pub(crate) fn new(flags: &[&str]) -> Self {
        Self { flags: flags.iter().map(OsString::from).collect(), ..Self::default() }
    }

    /// With an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// By another path than that of the program.
    pub(crate) fn program(self, path: &Path) -> Self {
        Self { program: Some(path.into()), ..self }
    }

    /// As the only child of this command.
    pub(crate) fn under(mut self, wrapper: &[impl Into<OsString> + Clone]) -> Self {
        self.wrapper = wrapper.iter().cloned().map(Into::into).collect();
        self
    }

    /// Logging to this and not to a file.
    pub(crate) fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.stderr = Some(stderr.into());
        self
    }

    /// Listening in so many places; two unless said otherwise.
    pub(crate) fn announcing(mut self, places: usize) -> Self {
        self.announced = Some(places);
        self
    }

    /// Starts it and waits until it listens; on loopback and on free ports where no place is named.
    pub(crate) fn start(self) -> Server {
        let log = NamedTempFile::new().unwrap();
        let wrapped = !self.wrapper.is_empty();
        let announced = self.announced.unwrap_or(2);
        let child = self.spawn(log.reopen().unwrap());
        Server::new(child, wrapped, log, announced)
    }

    fn spawn(self, log: File) -> Child {
        let program = self.program.unwrap_or_else(|| env!("CARGO_BIN_EXE_mio-chat").into());
        let mut words = self.wrapper.into_iter().chain([program]);
        let mut command = Command::new(words.next().expect("the program at least"));
        command.args(words);
        for name in std::env::vars_os().map(|(name, _)| name) {
            if name.to_string_lossy().starts_with("MIO_CHAT_") {
                command.env_remove(name);
            }
        }
        for (flag, variable) in [("--tcp", "MIO_CHAT_TCP"), ("--udp", "MIO_CHAT_UDP")] {
            let in_environment = self.environment.iter().any(|(name, _)| name == variable);
            if !in_environment && self.flags.iter().all(|given| given != flag) {
                command.args([flag, "127.0.0.1:0"]);
            }
        }
        command.args(self.flags).envs(self.environment);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(self.stderr.unwrap_or_else(|| log.into()));
        command.spawn().unwrap()
    }
}
