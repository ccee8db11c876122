//! `mio-chat health`, as a container engine runs it.

use std::process::Command;

use crate::support::{Client, Launch, has_ipv6, timed};
use crate::watched;

/// What it prints, and how it ends.
fn health(flags: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    let output = command.arg("health").args(flags).env_remove("MIO_CHAT_ADMIN").output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), said)
}

#[test]
fn a_server_is_well_until_it_is_gone() {
    let (server, admin) = watched(&["--max-clients", "1"]);
    let place = admin.to_string();
    assert_eq!(health(&["--admin", &place]), (0, "ok\n".to_owned()));
    assert_eq!(health(&["--admin", &admin.port().to_string(), "--ready"]), (0, "ok\n".to_owned()));
    let alice = Client::join(server.tcp(), "alice");
    assert_eq!(health(&["--admin", &place]), (0, "ok\n".to_owned()));
    let full = format!("mio-chat: {admin} is not ready: full\n");
    assert_eq!(health(&["--admin", &place, "--ready"]), (1, full));
    drop(alice);
    server.stop();
    let gone = format!(
        "mio-chat: no answer from {admin}: nothing listens there; \
         does the server run with --admin {admin}?\n"
    );
    assert_eq!(health(&["--admin", &place]), (1, gone));
}

#[test]
fn somebody_who_answers_nothing_is_not_waited_for() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let admin = silent.local_addr().unwrap().to_string();
    let ((code, said), took) = timed(|| health(&["--admin", &admin]));
    assert!(code == 1 && said.contains("not within 2 s"), "{said}");
    assert!(took.as_secs() >= 1, "{took:?}");
}

#[test]
fn the_chat_port_is_no_admin_listener() {
    let (server, _) = watched(&["--greet-after", "0s"]);
    let (code, said) = health(&["--admin", &server.tcp().to_string()]);
    assert!(code == 1 && said.contains("is not an admin listener of mio-chat"), "{said}");
    server.stop();
}

#[test]
fn every_address_of_ipv6_is_every_address() {
    if !has_ipv6() {
        return;
    }
    let server = Launch::new(&["--admin", "[::]:0"]).announcing(3).start();
    let port = server.all("admin")[0].port();
    for place in [format!("127.0.0.1:{port}"), format!("[::1]:{port}"), format!("[::]:{port}")] {
        assert_eq!(health(&["--admin", &place]), (0, "ok\n".to_owned()), "{place}");
    }
    server.stop();
}
