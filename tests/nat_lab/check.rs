//! `mio-chat match --check` behind each kind of NAT: it must say what that NAT is.

use std::process::{Command, Output};

use super::host::Host;
use super::lab::Lab;
use super::nat::Nat;

/// What the command tells on this host, asking these servers.
fn verdict(host: &Host, servers: &[String]) -> String {
    host.within(|| {
        let mut check = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
        let Output { status, stdout, stderr } =
            check.args(["match", "-4", "--check"]).args(servers).output().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    })
}

#[test]
fn the_check_tells_each_kind_of_nat() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&["--udp-rate", "0"]);
    let two_ports = [server.v4[0].to_string()];
    let two_hosts = [server.v4[0].to_string(), server.v4[2].to_string()];
    for (host, expected) in [
        (lab.public(), "No NAT: your address is your own, and others may write to it first."),
        (lab.behind(Nat::FULL_CONE), "one port for all and lets others in (cone)"),
        (lab.behind(Nat::PORT_RESTRICTED), "lets in answers only (port-restricted"),
        (lab.behind(Nat::CARELESS), "(port-restricted cone), but is careless:"),
        (lab.carrier(Nat::CARELESS).behind(Nat::FULL_CONE), "but is careless:"),
        (lab.behind(Nat::SYMMETRIC), "a new port for each whom you write to (symmetric)"),
        (lab.carrier(Nat::SYMMETRIC).behind(Nat::FULL_CONE), "(symmetric)"),
    ] {
        for servers in [&two_ports[..], &two_hosts] {
            let told = verdict(&host, servers);
            assert!(told.contains(expected), "{told} instead of {expected}");
            let is_symmetric = told.contains("(symmetric).\n");
            assert_eq!(is_symmetric, expected.ends_with("(symmetric)"), "{told}");
        }
    }
    server.server.stop();
}
