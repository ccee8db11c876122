//! The programs of two players, each on a host of its own: started at once, and heard until each
//! has said what is expected. What they are and what they say is up to the tests.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::host::Host;
use super::lab::Lab;
use super::nat::Nat;
use super::support::PATIENCE;
use super::support::program::{Program, program};

/// What a player runs.
#[derive(Clone, Debug)]
pub(crate) struct Player {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl Player {
    /// This program with these arguments.
    pub(crate) fn new(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { program: program.into(), arguments }
    }
}

/// Two programs that are running. They end with this value.
#[derive(Debug)]
pub(crate) struct Meeting([Program; 2]);

impl Meeting {
    /// Starts one on each host, in this order.
    pub(crate) fn start(hosts: [&Host; 2], players: [Player; 2]) -> Self {
        let [one, other] = players;
        Self(
            [(hosts[0], one), (hosts[1], other)].map(|(host, player)| {
                host.within(|| Program::start(player.program, player.arguments))
            }),
        )
    }

    /// Waits until each has said a line that is as it should be; what these lines are. Each may be
    /// silent for so long in between. Both go on meanwhile: one that is done may still have to
    /// answer.
    pub(crate) fn both_say(
        &mut self,
        what: &str,
        patience: Duration,
        is_it: impl Fn(&str) -> bool,
    ) -> [String; 2] {
        self.0.each_mut().map(|program| {
            program.stdout.wait_at_most(patience);
            program.stdout.hear_where(what, &is_it)
        })
    }
}

/// A program of `tests/python` that says one hello, to the peer that the server tells.
fn python_peer(python3: &Path, name: &str, server: SocketAddr) -> Player {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/udp_peer.py");
    let (host, port) = (server.ip().to_string(), server.port().to_string());
    Player::new(python3, [path.into_os_string(), name.into(), host.into(), port.into()])
}

#[test]
fn programs_that_say_one_hello_meet_where_strangers_are_let_in() {
    let Some(python3) = program("python3") else { return };
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&[]);
    let [alice, bob, carol] =
        [lab.behind(Nat::FULL_CONE), lab.behind(Nat::FULL_CONE), lab.public()];
    for hosts in [[&alice, &bob], [&bob, &carol]] {
        let players = ["one", "other"].map(|name| python_peer(&python3, name, server.v4[0]));
        let mut meeting = Meeting::start(hosts, players);
        let heard = meeting.both_say("heard", PATIENCE, |line| line.starts_with("heard "));
        assert_eq!(heard, ["heard hello from other", "heard hello from one"]);
    }
    server.server.stop();
}
