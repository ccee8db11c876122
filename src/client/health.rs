//! Whether a server is well, for container engines and scripts that have no other way to ask.
//!
//! One question over HTTP to the admin listener, blocking, with one deadline for all of it. Showing
//! the answer is left to the command.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use thiserror::Error;

use crate::limits::{HEALTH_BYTES_MAX, HEALTH_TIMEOUT};
use crate::peer::clock::Clock;
use crate::time::Time;

/// A health check of one server.
#[derive(Clone, Copy, Debug)]
pub struct HealthCheck {
    /// Where the admin listener is.
    pub admin: SocketAddr,
    /// Whether to ask if new clients may be sent there; otherwise only whether its loop turns.
    pub ready: bool,
}

/// Why a server does not count as well.
#[derive(Debug, Error)]
pub enum HealthError {
    /// Nothing came back in time.
    #[error("no answer from {admin}: {}; does the server run with --admin {admin}?", why(source))]
    Unanswered {
        /// The server's address.
        admin: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// Something else answers there.
    #[error("{admin} is not an admin listener of mio-chat: it answers {said:?}")]
    Foreign {
        /// The server's address.
        admin: SocketAddr,
        /// The beginning of the answer.
        said: String,
    },
    /// The server says so itself.
    #[error("{admin} is not ready: {why}")]
    NotReady {
        /// The server's address.
        admin: SocketAddr,
        /// In its words.
        why: String,
    },
}

impl HealthCheck {
    /// Asks, for at most [`HEALTH_TIMEOUT`].
    ///
    /// # Errors
    /// The server is not well, or nobody knows.
    pub fn ask(&self) -> Result<(), HealthError> {
        let admin = self.admin;
        let answer = self.exchange().map_err(|source| HealthError::Unanswered { admin, source })?;
        let said = String::from_utf8_lossy(&answer);
        let body = said.split_once("\r\n\r\n").map_or("", |(_, body)| body.trim_end());
        match said.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)) {
            Some("200") if body == "ok" => Ok(()),
            Some("503") if self.ready => Err(HealthError::NotReady { admin, why: body.to_owned() }),
            _ => {
                let said = said.lines().next().unwrap_or_default().chars().take(60).collect();
                Err(HealthError::Foreign { admin, said })
            }
        }
    }

    fn exchange(&self) -> io::Result<Vec<u8>> {
        let (clock, admin) = (Clock::start(), reachable(self.admin));
        let mut stream = match TcpStream::connect_timeout(&admin, HEALTH_TIMEOUT) {
            // Where there is no IPv6, every address is every one of IPv4.
            Err(_) if self.admin.ip() == Ipv6Addr::UNSPECIFIED => TcpStream::connect_timeout(
                &(Ipv4Addr::LOCALHOST, admin.port()).into(),
                left(clock)?,
            ),
            connected => connected,
        }?;
        let path = if self.ready { "/readyz" } else { "/healthz" };
        stream.set_write_timeout(Some(left(clock)?))?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let (mut answer, mut room) = (Vec::new(), [0; 1_024]);
        while (answer.len() as u64) < HEALTH_BYTES_MAX {
            stream.set_read_timeout(Some(left(clock)?))?;
            match stream.read(&mut room) {
                Ok(0) => break,
                Ok(count) => answer.extend_from_slice(&room[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(answer)
    }
}

/// Time that is left; none is an error.
fn left(clock: Clock) -> io::Result<Duration> {
    let left = HEALTH_TIMEOUT.saturating_sub(clock.now().since(Time::ZERO));
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// A server that listens on every address is asked on loopback.
fn reachable(admin: SocketAddr) -> SocketAddr {
    let ip = match admin.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, admin.port())
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        // The system's error for a read that has timed out.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("not within {} s", HEALTH_TIMEOUT.as_secs())
        }
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// The result for a server that answers this and closes.
    fn verdict(answer: &'static [u8], ready: bool) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let admin = listener.local_addr().unwrap();
        let asked = std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 1_024]);
                let _ = stream.write_all(answer);
            });
            HealthCheck { admin, ready }.ask()
        });
        asked.map_err(|error| error.to_string().replace(&admin.to_string(), "it"))
    }

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(verdict(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nok\n", false), Ok(()));
        let draining = b"HTTP/1.1 503 Service Unavailable\r\n\r\ndraining\n";
        assert_eq!(verdict(draining, true), Err("it is not ready: draining".to_owned()));
        let foreign = |said: &str| {
            Err(format!("it is not an admin listener of mio-chat: it answers {said:?}"))
        };
        assert_eq!(verdict(b"NICK", true), foreign("NICK"));
        assert_eq!(verdict(b"HTTP/1.1 404 Not\r\n\r\nno", true), foreign("HTTP/1.1 404 Not"));
        assert_eq!(verdict(&[b'x'; 100_000], false), foreign(&"x".repeat(60)));
        assert_eq!(verdict(b"", false), foreign(""));
    }

    #[test]
    fn nobody_there_is_told_with_what_to_do() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let admin = listener.local_addr().unwrap();
        drop(listener);
        let error = HealthCheck { admin, ready: false }.ask().unwrap_err().to_string();
        let told = format!("no answer from {admin}: nothing listens there; ");
        assert_eq!(error, format!("{told}does the server run with --admin {admin}?"));
    }

    #[test]
    fn without_ipv6_every_address_is_one_of_ipv4() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let admin = (Ipv6Addr::UNSPECIFIED, listener.local_addr().unwrap().port()).into();
        let asked = std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 1_024]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nok\n");
            });
            HealthCheck { admin, ready: false }.ask()
        });
        assert!(asked.is_ok(), "{asked:?}");
    }

    #[test]
    fn who_listens_everywhere_is_asked_on_loopback() {
        for (given, asked) in
            [("0.0.0.0:7", "127.0.0.1:7"), ("[::]:7", "[::1]:7"), ("192.0.2.1:7", "192.0.2.1:7")]
        {
            assert_eq!(reachable(given.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
