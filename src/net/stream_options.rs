//! Options of every accepted stream, set on the listener: Linux copies them.

use std::io;
use std::time::Duration;

use socket2::{Socket, TcpKeepalive};

use crate::limits::{KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, KERNEL_UNSENT_BYTES};

/// Options of every accepted stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamOptions {
    pub(super) backlog: i32,
    pub(super) keepalive: Duration,
    pub(super) user_timeout: Duration,
}

impl StreamOptions {
    /// Time between two questions to an idle peer: all of them are asked before the user timeout
    /// has passed, or the first one that gets lost would be the end of the connection.
    fn keepalive_interval(&self) -> Duration {
        if self.user_timeout.is_zero() {
            return KEEPALIVE_INTERVAL;
        }
        let left = self.user_timeout.saturating_sub(self.keepalive);
        // TCP counts whole seconds.
        (left / KEEPALIVE_PROBES).clamp(Duration::from_secs(1), KEEPALIVE_INTERVAL)
    }

    /// The keepalive time of this batch of connections: from all of the chosen time down to half of
    /// it.
    pub(super) fn keepalive_idle(&self, batch: u64) -> Duration {
        // TCP counts whole seconds.
        let longest = self.keepalive.as_secs();
        if longest == 0 {
            return self.keepalive;
        }
        Duration::from_secs(longest - batch % (longest / 2 + 1))
    }

    /// Sets everything on a listener.
    pub(super) fn set_on(&self, socket: &Socket) -> io::Result<()> {
        socket.set_tcp_nodelay(true)?;
        if !self.keepalive.is_zero() {
            let keepalive = TcpKeepalive::new()
                .with_time(self.keepalive)
                .with_interval(self.keepalive_interval())
                .with_retries(KEEPALIVE_PROBES);
            socket.set_tcp_keepalive(&keepalive)?;
        }
        if !self.user_timeout.is_zero() {
            socket.set_tcp_user_timeout(Some(self.user_timeout))?;
        }
        socket.set_tcp_notsent_lowat(KERNEL_UNSENT_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: StreamOptions = StreamOptions {
        backlog: 256,
        keepalive: Duration::from_secs(20),
        user_timeout: Duration::from_secs(30),
    };

    #[test]
    fn all_questions_are_asked_before_the_user_timeout() {
        let interval = |keepalive: u64, user_timeout: u64| {
            let [keepalive, user_timeout] = [keepalive, user_timeout].map(Duration::from_secs);
            StreamOptions { keepalive, user_timeout, ..OPTIONS }.keepalive_interval().as_secs()
        };
        assert_eq!([interval(20, 30), interval(1, 4), interval(5, 600)], [3, 1, 10]);
        assert_eq!([interval(20, 0), interval(29, 30)], [10, 1]);
        for (idle, timeout) in [(20, 30), (1, 4), (45, 60), (60, 90), (5, 600)] {
            let last = idle + u64::from(KEEPALIVE_PROBES - 1) * interval(idle, timeout);
            assert!(
                last < timeout,
                "{idle} s and {timeout} s: the last question comes at {last} s"
            );
        }
    }
}
