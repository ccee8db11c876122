//! A bad network between a client and the server: a thread that carries bytes and datagrams, and
//! delays, cuts, slows down, breaks, loses, doubles and reorders them. All of it by chance, with
//! dice whose seed the test tells.

mod tcp;
mod udp;

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Poll, Token, Waker};

use crate::random::Random;

pub(crate) use tcp::TcpFault;
pub(crate) use udp::{Endpoints, UdpFault};

/// Wakes the thread at the end of the test.
const STOP: Token = Token(usize::MAX);

/// A running proxy, which ends with its owner.
pub(crate) struct Proxy<T> {
    /// Where clients connect to.
    pub(crate) address: SocketAddr,
    waker: Waker,
    thread: Option<JoinHandle<T>>,
}

impl<T: Send + 'static> Proxy<T> {
    #[expect(clippy::disallowed_methods, reason = "the network goes on while the test waits")]
    fn start(
        address: SocketAddr,
        poll: Poll,
        run: impl FnOnce(Poll) -> T + Send + 'static,
    ) -> Self {
        let waker = Waker::new(poll.registry(), STOP).unwrap();
        Self { address, waker, thread: Some(std::thread::spawn(move || run(poll))) }
    }

    /// Ends it, and returns what it knows.
    pub(crate) fn stop(mut self) -> T {
        self.waker.wake().unwrap();
        let thread = self.thread.take().expect("it ends once");
        thread.join().expect("the proxy works")
    }
}

impl<T> Drop for Proxy<T> {
    fn drop(&mut self) {
        let _ = self.waker.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What happens by chance, the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Random);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// Below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0.below(end as usize) as u64
    }

    fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Up to `max`.
    fn delay(&mut self, max: Duration) -> Duration {
        Duration::from_micros(self.below(max.as_micros() as u64 + 1))
    }
}
