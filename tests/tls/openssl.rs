//! `openssl s_client` in the chat, in both versions of TLS.

use crate::files::{Issued, NAME, SELF_SIGNED};
use crate::support::program::{Program, program};
use crate::support::{Client, Server};

/// Starts `openssl s_client` with what it says of the connection on its output, too.
fn s_client(server: &Server, words: &[&str]) -> Option<Program> {
    let openssl = program("openssl")?;
    let address = server.tcp().to_string();
    let run = ["-c", "exec \"$0\" s_client -connect \"$@\" 2>&1"];
    let words = [&[openssl.to_str().unwrap(), &address], words].concat();
    Some(Program::start("sh", [&run[..], &words].concat()))
}

/// All that it says of a connection that it leaves at once.
fn look(server: &Server, words: &[&str]) -> Option<String> {
    let mut client = s_client(server, words)?;
    client.ends_input();
    Some(client.stdout.rest())
}

#[test]
fn people_chat_by_openssl_in_both_versions() {
    let server = Server::start(&["--tls", "self-signed", "--greet-after", "1s"]);
    let mut alice = Client::join(server.tcp(), "alice");
    for version in ["-tls1_2", "-tls1_3"] {
        let Some(mut bob) = s_client(&server, &[version, "-quiet"]) else { return };
        bob.types("bob");
        alice.hear("bob joined!");
        bob.types("hello \u{e9}");
        alice.hear("bob: hello \u{e9}");
        alice.say("hello");
        bob.stdout.hear("alice: hello");
        bob.types("/quit");
        bob.stdout.hear("* goodbye");
        bob.finish();
        alice.hear("bob left!");
        // Who stays silent is prompted, as on plain connections, for it has agreed on nothing.
        let Some(mut silent) = s_client(&server, &[version, "-quiet"]) else { return };
        silent.stdout.hear_part("NICK");
    }
    server.stop();
}

#[test]
fn keys_are_renewed_whenever_a_client_likes() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let Some(mut bob) = s_client(&server, &["-tls1_3"]) else { return };
    bob.types("bob");
    bob.stdout.hear_where("the room", |line| line.starts_with("* you are "));
    alice.hear("bob joined!");
    for number in 0..8 {
        // With an update that is asked for in return, and without.
        bob.types(if number % 2 == 0 { "K" } else { "k" });
        bob.stdout.hear("KEYUPDATE");
        bob.types(&format!("still me {number}"));
        alice.hear(&format!("bob: still me {number}"));
        alice.say(&format!("still me {number}"));
        bob.stdout.hear(&format!("alice: still me {number}"));
    }
    server.stop();
}

#[test]
fn nobody_shakes_hands_once_more() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let Some(mut bob) = s_client(&server, &["-tls1_2"]) else { return };
    bob.types("bob");
    bob.stdout.hear_where("the room", |line| line.starts_with("* you are "));
    bob.types("R");
    bob.stdout.hear_where("a refusal", |line| line.contains("no renegotiation"));
    drop(bob);
    alice.hear("bob left!");
    server.stop();
}

#[test]
fn languages_that_the_server_knows_are_agreed_on_and_others_refused() {
    let server = Server::start(&SELF_SIGNED);
    for (offered, agreed) in [
        ("mio-chat", Some("mio-chat")),
        ("http/1.1", Some("http/1.1")),
        ("h2,http/1.1", Some("http/1.1")),
        ("irc", Some("irc")),
        ("h2", None),
        ("smtp,xmpp-client", None),
    ] {
        for version in ["-tls1_2", "-tls1_3"] {
            let Some(said) = look(&server, &[version, "-alpn", offered]) else { return };
            match agreed {
                Some(agreed) => {
                    let line = format!("ALPN protocol: {agreed}\n");
                    assert!(said.contains(&line), "{offered}: {said}");
                }
                None => {
                    let alert = "tlsv1 alert no application protocol";
                    assert!(said.contains(alert), "{offered}: {said}");
                }
            }
        }
    }
    server.stop();
}

#[test]
fn a_name_in_no_certificate_is_refused() {
    let issued = Issued::new();
    let server = issued.start(&[]);
    let root = issued.root();
    let verified = ["-CAfile", &root, "-verify_return_error", "-verify_hostname", NAME];
    for version in ["-tls1_2", "-tls1_3"] {
        for name in [&["-servername", NAME][..], &["-noservername"]] {
            let words = [&[version][..], &verified, name].concat();
            let Some(said) = look(&server, &words) else { return };
            assert!(said.contains("Verify return code: 0 (ok)"), "{name:?}: {said}");
        }
        let words = [version, "-servername", "other.example"];
        let Some(said) = look(&server, &words) else { return };
        assert!(said.contains("tlsv1 alert access denied"), "{said}");
    }
    // One that nobody vouches for is as good for any name.
    let server = Server::start(&SELF_SIGNED);
    let Some(said) = look(&server, &["-servername", "other.example"]) else { return };
    assert!(said.contains("self-signed certificate"), "{said}");
    server.stop();
}

#[test]
fn ciphers_of_today_are_taken_and_those_of_yesterday_refused() {
    let server = Server::start(&SELF_SIGNED);
    for suite in
        ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
    {
        let Some(said) = look(&server, &["-tls1_3", "-ciphersuites", suite]) else { return };
        assert!(said.contains(&format!("Cipher is {suite}\n")), "{said}");
    }
    for cipher in [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ] {
        let Some(said) = look(&server, &["-tls1_2", "-cipher", cipher]) else { return };
        assert!(said.contains(&format!("Cipher is {cipher}\n")), "{said}");
    }
    // Without forward secrecy; in blocks; with a signature that the certificate has not; anonymous.
    for cipher in
        ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-GCM-SHA256", "aNULL"]
    {
        let cipher = format!("{cipher}:@SECLEVEL=0");
        let Some(said) = look(&server, &["-tls1_2", "-cipher", &cipher]) else { return };
        assert!(said.contains("alert handshake failure"), "{cipher}: {said}");
    }
    for version in ["-tls1", "-tls1_1"] {
        let Some(said) = look(&server, &[version, "-cipher", "ALL:@SECLEVEL=0"]) else { return };
        let is_refused = ["alert protocol version", "alert handshake failure"];
        assert!(is_refused.iter().any(|why| said.contains(why)), "{version}: {said}");
    }
    server.stop();
}

#[test]
fn who_comes_back_comes_by_its_ticket() {
    let folder = tempfile::tempdir().unwrap();
    let ticket = folder.path().join("ticket");
    let ticket = ticket.to_str().unwrap();
    let server = Server::start(&SELF_SIGNED);
    for version in ["-tls1_2", "-tls1_3"] {
        let Some(mut first) = s_client(&server, &[version, "-sess_out", ticket, "-quiet"]) else {
            return;
        };
        // The ticket comes before anything that is said.
        first.types("bob\n/quit");
        first.stdout.hear("* goodbye");
        first.finish();
        let again = [version, "-sess_in", ticket, "-alpn", "mio-chat"];
        let Some(said) = look(&server, &again) else { return };
        assert!(said.contains("Reused, TLSv1."), "{said}");
        assert!(!said.contains("Early data was accepted"), "{said}");
    }
    server.stop();
}
