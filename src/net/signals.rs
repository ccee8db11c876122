//! Signals as events of the poll loop.
//!
//! SIGTERM and SIGINT stop the server, a second one at once. SIGHUP reopens the log file, reads the
//! settings again and logs a report; if it means that the terminal in which the server was started
//! is gone, it stops the server. SIGUSR1 hands everything over to a new process; SIGUSR2 sends
//! everybody away over a while. SIGPIPE stays ignored, as Rust's start-up code leaves it.

use mio::{Interest, Registry};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook_mio::v1_0::Signals;

use super::error::NetError;
use super::token::Source;

/// A request made by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignalRequest {
    /// Stop, by this signal.
    Stop(i32),
    /// Reopen the log file, log a report, and read the settings again.
    Reload,
    /// Stop, because the terminal is gone. It may come twice, from the shell and from the kernel.
    HangUp,
    /// Accept no more clients, and send everybody away over a while.
    LameDuck,
    /// Hand over to a new process.
    Upgrade,
}

/// Listens for signals.
pub(super) struct SignalSource {
    signals: Signals,
    /// The request that SIGHUP makes.
    at_hangup: SignalRequest,
}

impl SignalSource {
    /// Catches the signals and registers for them. `stops_at_hangup`: SIGHUP is no wish to reload.
    pub(super) fn register(registry: &Registry, stops_at_hangup: bool) -> Result<Self, NetError> {
        let fail = |source| NetError::SetUp { what: "signals", source };
        let mut signals =
            Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2]).map_err(fail)?;
        registry
            .register(&mut signals, Source::Signals.into(), Interest::READABLE)
            .map_err(fail)?;
        let at_hangup = if stops_at_hangup { SignalRequest::HangUp } else { SignalRequest::Reload };
        Ok(Self { signals, at_hangup })
    }

    /// Everything asked for since the last call.
    pub(super) fn requests(&mut self) -> impl Iterator<Item = SignalRequest> {
        let at_hangup = self.at_hangup;
        self.signals.pending().map(move |signal| match signal {
            SIGHUP => at_hangup,
            SIGUSR2 => SignalRequest::LameDuck,
            SIGUSR1 => SignalRequest::Upgrade,
            other => SignalRequest::Stop(other),
        })
    }
}
