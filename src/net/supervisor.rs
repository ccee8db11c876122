//! Notifications to systemd, or to another program that has started the server and listens: that it
//! serves, reloads, stops, and that its loop still turns.
//!
//! The protocol is `sd_notify(3)`: one datagram of lines to the Unix socket that `NOTIFY_SOCKET`
//! names, a path or, after `@`, an abstract name. Without that variable nothing is sent. The socket
//! does not block: a notification that it cannot take is lost.
//!
//! The beat is due like anything else in the loop, so that it stops when the loop does. Before a
//! new process takes the server over, it is for the old one to say so ([`Supervisor::hand_over`]);
//! the new one must be started without `WATCHDOG_PID`, which names the old one.

use std::env;
use std::fmt::Write;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::limits::{STATUS_INTERVAL, STOP_MARGIN};
use crate::time::Time;

/// Whether a supervisor looks after this process, restarts it and tells it to reload: systemd, or
/// any other program that wants to be notified.
pub fn is_supervised() -> bool {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    // A terminal that is a service itself hands this on to all that is started in it; newer
    // versions of systemd say for which process it was meant.
    let is_service = set("INVOCATION_ID").is_some()
        && set("SYSTEMD_EXEC_PID").is_none_or(|pid| pid == *std::process::id().to_string());
    set("NOTIFY_SOCKET").is_some() || is_service
}

/// The connection to the supervisor, if there is one.
#[derive(Debug, Default)]
pub(super) struct Supervisor {
    notify: Option<NotifySocket>,
}

#[derive(Debug)]
struct NotifySocket {
    socket: UnixDatagram,
    to: SocketAddr,
    /// Whether beats are waited for.
    is_watched: bool,
    interval: Duration,
    due: Time,
    /// The loop turns: there was a first beat.
    is_ready: bool,
    /// The supervisor knows that the server stops, and hears of no reload any more.
    is_stopping: bool,
}

impl Supervisor {
    /// The one that the environment names.
    pub(super) fn of_environment() -> Self {
        let Some(place) = env::var_os("NOTIFY_SOCKET").filter(|place| !place.is_empty()) else {
            return Self::default();
        };
        let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let watched = number("WATCHDOG_USEC").map(Duration::from_micros);
        let mine = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        match NotifySocket::new(place.as_bytes(), watched.filter(|time| mine && !time.is_zero())) {
            Ok(notify) => Self { notify: Some(notify) },
            Err(error) => {
                log::warn!("cannot tell {} how the server is: {error}", place.display());
                Self::default()
            }
        }
    }

    /// The server listens and its loop begins.
    pub(super) fn ready(&mut self, now: Time) {
        if let Some(notify) = self.notify.as_mut().filter(|notify| !notify.is_stopping) {
            (notify.is_ready, notify.due) = (true, now);
            notify.tell("READY=1\n");
        }
    }

    /// Announces that the settings are being read again; [`Supervisor::ready`] announces the end of
    /// that.
    pub(super) fn reloading(&self) {
        if let Some(notify) = self.notify.as_ref().filter(|notify| !notify.is_stopping) {
            // `Type=notify-reload` needs the time to tell one reload from another.
            let now = clock_gettime(ClockId::Monotonic);
            let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
            notify.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\n"));
        }
    }

    /// Announces that the server stops, and how long that may take.
    pub(super) fn stopping(&mut self, drain: Duration) {
        if let Some(notify) = &mut self.notify {
            notify.is_stopping = true;
            let micros = drain.saturating_add(STOP_MARGIN).as_micros();
            notify.tell(&format!(
                "STOPPING=1\nEXTEND_TIMEOUT_USEC={micros}\nSTATUS=Telling everyone goodbye\n"
            ));
        }
    }

    /// Another process is the server from now on.
    pub(super) fn hand_over(&self, to: u32) {
        if let Some(notify) = &self.notify {
            notify.tell(&format!("MAINPID={to}\n"));
        }
    }

    /// When the next beat is due.
    pub(super) fn due(&self) -> Option<Time> {
        self.notify.as_ref().filter(|notify| notify.is_ready).map(|notify| notify.due)
    }

    /// Sends a heartbeat with the text of `status`, if that is due.
    pub(super) fn heartbeat(&mut self, now: Time, status: impl FnOnce() -> String) {
        let Some(notify) =
            self.notify.as_mut().filter(|notify| notify.is_ready && notify.due <= now)
        else {
            return;
        };
        notify.due = now + notify.interval;
        let mut message = String::new();
        if notify.is_watched {
            message.push_str("WATCHDOG=1\n");
        }
        let _ = writeln!(message, "STATUS={}", status());
        notify.tell(&message);
    }
}

impl NotifySocket {
    /// `watched`: the time after which a server that did not beat is taken for dead.
    fn new(place: &[u8], watched: Option<Duration>) -> io::Result<Self> {
        let to = match place {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            path => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path))?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            to,
            is_watched: watched.is_some(),
            interval: watched.map_or(STATUS_INTERVAL, |time| time / 2),
            due: Time::NEVER,
            is_ready: false,
            is_stopping: false,
        })
    }

    fn tell(&self, message: &str) {
        if let Err(error) = self.socket.send_to_addr(message.as_bytes(), &self.to) {
            log::debug!("the supervisor was not told {message:?}: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A supervisor's end, and ours.
    fn pair(watched: Option<Duration>) -> (UnixDatagram, Supervisor) {
        let name = format!("mio-chat-test-{}-{watched:?}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let theirs = UnixDatagram::bind_addr(&address).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let notify = NotifySocket::new(format!("@{name}").as_bytes(), watched).unwrap();
        (theirs, Supervisor { notify: Some(notify) })
    }

    fn received(theirs: &UnixDatagram) -> Option<String> {
        let mut room = [0; 512];
        let length = theirs.recv(&mut room).ok()?;
        Some(String::from_utf8_lossy(&room[..length]).into_owned())
    }

    #[test]
    fn beats_come_at_half_of_the_time_and_only_while_somebody_turns_the_loop() {
        let (theirs, mut supervisor) = pair(Some(Duration::from_secs(10)));
        let at = |seconds| Time::at(Duration::from_secs(seconds));
        assert_eq!(supervisor.due(), None, "nothing is due before the start");
        supervisor.heartbeat(at(0), || panic!("too early"));
        supervisor.ready(at(1));
        assert_eq!(received(&theirs).unwrap(), "READY=1\n");
        for heartbeat in 0..3 {
            assert_eq!(supervisor.due(), Some(at(1 + heartbeat * 5)));
            supervisor.heartbeat(at(1 + heartbeat * 5), || format!("{heartbeat} beats"));
            assert_eq!(
                received(&theirs).unwrap(),
                format!("WATCHDOG=1\nSTATUS={heartbeat} beats\n")
            );
            supervisor.heartbeat(at(2 + heartbeat * 5), || panic!("too early"));
            assert_eq!(received(&theirs), None);
        }
    }

    #[test]
    fn who_does_not_watch_is_told_the_status_alone() {
        let (theirs, mut supervisor) = pair(None);
        supervisor.ready(Time::ZERO);
        supervisor.heartbeat(Time::ZERO, || "fine".to_owned());
        supervisor.reloading();
        supervisor.stopping(Duration::from_secs(5));
        supervisor.hand_over(77);
        assert_eq!(supervisor.due(), Some(Time::ZERO + STATUS_INTERVAL));
        let all: Vec<String> = std::iter::from_fn(|| received(&theirs)).collect();
        assert_eq!(all[..2], ["READY=1\n", "STATUS=fine\n"]);
        assert!(all[2].starts_with("RELOADING=1\nMONOTONIC_USEC="), "{all:?}");
        assert!(all[3].starts_with("STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\n"), "{all:?}");
        assert_eq!(all[4], "MAINPID=77\n");
    }

    #[test]
    fn who_was_told_that_the_server_stops_hears_of_no_reload() {
        let (theirs, mut supervisor) = pair(Some(Duration::from_secs(60)));
        supervisor.stopping(Duration::ZERO);
        assert!(received(&theirs).unwrap().starts_with("STOPPING=1\n"));
        supervisor.reloading();
        supervisor.ready(Time::ZERO);
        assert_eq!(received(&theirs), None);
        supervisor.stopping(Duration::ZERO);
        assert!(received(&theirs).unwrap().starts_with("STOPPING=1\n"), "how long may change");
    }

    #[test]
    fn a_supervisor_that_is_gone_or_full_is_not_waited_for() {
        let (theirs, mut supervisor) = pair(Some(Duration::from_secs(4)));
        for _ in 0..5_000 {
            supervisor.ready(Time::ZERO);
        }
        drop(theirs);
        supervisor.ready(Time::ZERO);
        Supervisor::default().stopping(Duration::ZERO);
        assert_eq!(Supervisor::default().due(), None);
    }
}
