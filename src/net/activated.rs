//! Sockets that were opened before the server started: socket activation by systemd, or by any
//! program that sets `LISTEN_FDS` and `LISTEN_PID` (`sd_listen_fds(3)`).
//!
//! Inherited TCP listeners replace those of `--tcp`, inherited UDP sockets those of `--udp`; where
//! no socket of a kind is inherited, the flags hold. The variables stay in the environment, because
//! removing them is not safe. They do no harm there: `LISTEN_PID` names this process, and the
//! sockets close when another program is started.
//!
//! An inherited socket that cannot be served is an error of the program that started the server,
//! and is reported: a socket of another kind, or an IPv6 socket that also serves IPv4, where every
//! address would have two forms.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::{FdFlags, fcntl_setfd};
use socket2::{Domain, Socket, Type};

use super::error::NetError;

/// Inherited sockets, all of them non-blocking.
#[derive(Debug, Default)]
pub(super) struct Activated {
    /// TCP listeners.
    pub(super) tcp: Vec<Socket>,
    /// UDP sockets.
    pub(super) udp: Vec<Socket>,
}

impl Activated {
    /// Takes all sockets that the environment names. Call it once in a process: the caller owns
    /// them.
    pub(super) fn take() -> Result<Self, NetError> {
        let passed = sd_listen_fds::get().map_err(|_| NetError::Activation)?;
        let mut taken = Self::default();
        for (index, (_, descriptor)) in passed.into_iter().enumerate() {
            let added = taken.add(descriptor.into_std());
            added.map_err(|source| NetError::Inherited { index, source })?;
        }
        Ok(taken)
    }

    fn add(&mut self, descriptor: OwnedFd) -> io::Result<()> {
        fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
        let socket = Socket::from(descriptor);
        socket.set_nonblocking(true)?;
        let place = socket.local_addr()?;
        let is_ip = [Domain::IPV4, Domain::IPV6].contains(&place.domain());
        if place.is_ipv6() && !socket.only_v6()? {
            return Err(io::Error::other(
                "it serves IPv4 over IPv6; have one socket for each, with BindIPv6Only=ipv6-only",
            ));
        }
        match socket.r#type()? {
            Type::STREAM if is_ip && socket.is_listener()? => self.tcp.push(socket),
            Type::DGRAM if is_ip => self.udp.push(socket),
            _ => return Err(io::Error::other("neither a tcp listener nor a udp socket")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn listeners_and_datagrams_are_told_apart_and_nothing_else_is_taken() {
        let mut taken = Activated::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        taken.add(listener.into()).unwrap();
        taken.add(UdpSocket::bind("127.0.0.1:0").unwrap().into()).unwrap();
        assert_eq!((taken.tcp.len(), taken.udp.len()), (1, 1));
        assert!(taken.tcp[0].nonblocking().unwrap() && taken.udp[0].nonblocking().unwrap());
        let (unix, _) = UnixDatagram::pair().unwrap();
        for stranger in [stream.into(), unix.into(), std::fs::File::open("/").unwrap().into()] {
            assert!(taken.add(stranger).is_err());
        }
        assert_eq!((taken.tcp.len(), taken.udp.len()), (1, 1));
    }

    #[test]
    fn a_socket_of_both_families_is_refused() {
        let Ok(socket) = Socket::new(Domain::IPV6, Type::DGRAM, None) else { return };
        socket.set_only_v6(false).unwrap();
        let refused = Activated::default().add(socket.into()).unwrap_err().to_string();
        assert!(refused.contains("BindIPv6Only"), "{refused}");
    }
}
