//! A player whose own address changes in the middle of a game (a phone that leaves its Wi-Fi)
//! stays in it, though both routers let in only whom their player has written to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mio_chat::peer::{AddressFamily, Match, Path};

use super::host::Host;
use super::lab::Lab;
use super::nat::Nat;
use super::opener::{SetAtEnd, serve};
use super::router::GATEWAY;
use super::support::namespace::CABLE;
use super::support::{PATIENCE, eventually_within, now, report, timed};

/// Time between two moves of a player.
const MOVE_AGAIN: Duration = Duration::from_millis(50);
/// How long it may take on a busy machine until a player is found again.
const FOUND_AGAIN: Duration = Duration::from_secs(20);
/// What is said before and after one of them is somewhere else.
const SAID: [&[u8]; 2] = [b"before", b"after"];

/// A game of two, as it is seen from outside.
#[derive(Default)]
struct Game {
    has_moved: AtomicBool,
    is_over: AtomicBool,
    /// How often each of the two players has heard what is said before and after.
    heard: [[AtomicUsize; 2]; 2],
    is_direct: [AtomicBool; 2],
}

impl Game {
    /// Whether both players have heard several times what is said then.
    fn all_hear(&self, then: usize) -> bool {
        self.heard.iter().all(|heard| heard[then].load(Ordering::Relaxed) > 5)
    }

    /// One player, from the search to the end of the game.
    fn play(&self, number: usize, server: SocketAddr) {
        let search = Match::new(&server.to_string()).family(AddressFamily::V4).timeout(PATIENCE);
        let mut group = search.join("game").unwrap();
        group.set_timeout(Some(MOVE_AGAIN / 5));
        let slot = group.peers()[0].slot;
        let (mut last, mut room) = (now(), [0; 100]);
        while !self.is_over.load(Ordering::Relaxed) {
            if last.elapsed() >= MOVE_AGAIN {
                last = now();
                let then = usize::from(self.has_moved.load(Ordering::Relaxed));
                group.send_to(slot, SAID[then]).unwrap();
            }
            if let Some((_, length)) = group.receive(&mut room).unwrap() {
                let then = SAID.iter().position(|said| room[..length] == **said).unwrap();
                self.heard[number][then].fetch_add(1, Ordering::Relaxed);
            }
            let is_direct = matches!(group.peers()[0].path, Some((Path::Direct(_), _)));
            self.is_direct[number].store(is_direct, Ordering::Relaxed);
        }
        group.leave();
    }
}

/// The host has another address in its home from now on.
fn move_to(host: &Host, last: u8) {
    let [a, b, c, _] = host.v4.octets();
    host.configure_all(&format!(
        "address del {}/24 dev {CABLE}\n\
        address add {a}.{b}.{c}.{last}/24 dev {CABLE}\n\
        route add default via {a}.{b}.{c}.{GATEWAY}",
        host.v4
    ));
}

#[test]
fn a_player_that_moves_stays_in_its_game() {
    let Some(lab) = Lab::new() else { return };
    let socket = lab.public().socket(50_010);
    let hosts = [lab.behind(Nat::PORT_RESTRICTED), lab.behind(Nat::PORT_RESTRICTED)];
    let (game, stop) = (Game::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| serve(&socket, None, &stop));
        let _ends = [SetAtEnd(&game.is_over), SetAtEnd(&stop)];
        let players = [0, 1].map(|number| {
            let (host, game, server) = (&hosts[number], &game, socket.address);
            scope.spawn(move || host.within(|| game.play(number, server)))
        });
        eventually_within(PATIENCE, "both play", || game.all_hear(0));
        move_to(&hosts[0], 77);
        game.has_moved.store(true, Ordering::Relaxed);
        let ((), took) = timed(|| {
            eventually_within(FOUND_AGAIN, "both play on", || game.all_hear(1));
        });
        eventually_within(FOUND_AGAIN, "directly", || {
            game.is_direct.iter().all(|is_direct| is_direct.load(Ordering::Relaxed))
        });
        report(&format!("moving: port-restricted x port-restricted: found again in {took:.1?}"));
        game.is_over.store(true, Ordering::Relaxed);
        for player in players {
            player.join().unwrap();
        }
    });
}
