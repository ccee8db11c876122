//! One who talks as fast as the network takes it: the others do not notice.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::pair::{Pair, Trips};
use crate::support::turns::Turns;
use crate::support::{Server, now, report, sized};

/// Lines of one write.
const WINDOW: usize = 1_000;

/// Says lines and reads what comes of them, without a pause, for so long. On a busy machine it may
/// read too slowly for what it says; then it is cut off, and comes again by another name. Returns
/// the bytes that the server took, and how often it came.
fn flood(to: SocketAddr, time: Duration) -> (usize, usize) {
    let (mut taken, mut visits, end) = (0, 0, now() + time);
    while now() < end {
        visits += 1;
        taken += flood_until_cut(to, &format!("flooder{visits}\n"), end);
    }
    (taken, visits)
}

fn flood_until_cut(to: SocketAddr, name: &str, end: Instant) -> usize {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(name.as_bytes()).unwrap();
    stream.set_nonblocking(true).unwrap();
    let (lines, mut room) = ("flood, flood, flood\n".repeat(WINDOW), vec![0; 256 * 1_024]);
    let mut taken = 0;
    while now() < end {
        let wrote = stream.write(&lines.as_bytes()[taken % lines.len()..]);
        let read = stream.read(&mut room);
        taken += *wrote.as_ref().unwrap_or(&0);
        let gone = matches!(read, Ok(0));
        let errors = || [wrote.as_ref().err(), read.as_ref().err()].into_iter().flatten();
        if gone || errors().any(|error| error.kind() != ErrorKind::WouldBlock) {
            break;
        }
    }
    taken
}

/// What people hear of each other while somebody floods, and before, under these flags.
fn talk_beside_a_flooder(flags: &[&str], pause: Duration) -> ((usize, usize), [Trips; 2], Turns) {
    let time = sized(Duration::from_secs(1), Duration::from_secs(30));
    let server = Server::start(flags);
    let mut pair = Pair::aside(server.tcp()).pausing(pause);
    pair.talk_while(|| std::thread::sleep(time));
    let quiet = pair.trips();
    server.turns();
    let taken = pair.talk_while(|| flood(server.tcp(), time));
    let (beside, turns) = (pair.trips(), server.turns());
    server.stop();
    (taken, [quiet, beside], turns)
}

#[test]
fn who_floods_keeps_nobody_waiting() {
    // So much that people who talk all the time are not slowed down themselves.
    let slow = Duration::from_millis(10);
    for (flood, pause) in [("10:200", slow), ("off", Duration::from_millis(2))] {
        let ((taken, visits), [quiet, beside], turns) =
            talk_beside_a_flooder(&["--flood", flood], pause);
        report(&format!(
            "flooder, --flood {flood}: {} KiB taken of it in {visits} visits; {beside}; without \
             p99 {:.1?}, ratio {:.1}; {turns}",
            taken / 1_024,
            quiet.p99,
            beside.ratio_to(&quiet)
        ));
    }
}
