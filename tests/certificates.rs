//! Certificates of a real server: which are refused and what is said of it, which are shown to
//! whom, that they are read again, and that operators learn of their end in time.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use mio_chat::net::calendar;
use mio_chat::time::UnixTime;
use mio_chat::tls::client::Trust;
use mio_chat::tls::{Fingerprint, Identity, SelfSigned};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::Signal;
use support::http::{get, metric, send};
use support::program::Program;
use support::secure::Secure;
use support::{Client, Launch, Server};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Files of certificates and keys in a folder of their own.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file that its owner alone may read.
    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let file = self.at(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// Writes a pair, `NAME.pem` and `NAME.key`.
    fn write_pair(&self, name: &str, (certificate, key): &(String, String)) -> (String, String) {
        let certificate = self.write(&format!("{name}.pem"), certificate);
        (certificate, self.write(&format!("{name}.key"), key))
    }
}

/// A pair that nobody vouches for, made so long ago.
fn made(ago: Duration) -> (String, String) {
    let then = UnixTime::from_millis(calendar().millis() - ago.as_millis() as u64);
    let SelfSigned { certificate, key } =
        SelfSigned::make(&["chat.example".to_owned()], then).unwrap();
    (certificate, key)
}

/// An authority that issues certificates.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), certificate)
    }

    /// A chain for a host, and its key.
    fn issue(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, host);
        let leaf = params.signed_by(&key, &self.0).unwrap().pem();
        (format!("{leaf}{}", self.1), key.serialize_pem())
    }

    fn trusted(&self) -> Trust {
        Trust::Authorities(self.1.clone().into_bytes())
    }
}

fn fingerprint((certificate, key): &(String, String)) -> Fingerprint {
    let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    identity.certificate().fingerprint()
}

/// What `--check-config` says with these flags: exit code and both outputs.
fn check(flags: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MIO_CHAT_") {
            command.env_remove(name);
        }
    }
    let Output { status, stdout, stderr } =
        command.arg("--check-config").args(flags).output().unwrap();
    (status.code().unwrap(), String::from_utf8([stderr, stdout].concat()).unwrap())
}

/// The fingerprint that the log tells of the only certificate.
fn shown(server: &Server) -> Fingerprint {
    let log = server.wait_for_log("tls: certificate=");
    let (_, told) = log.rsplit_once(" sha256=").unwrap();
    told.lines().next().unwrap().parse().unwrap()
}

/// Comes in with a nickname.
fn join(server: &Server, host: &str, trust: Trust, nickname: &str) -> Secure {
    let mut client = Secure::connect(server.tcp(), host, trust, Some("mio-chat")).unwrap();
    client.say(&format!("{nickname}\n"));
    client.hear(&format!("{nickname} joined!"));
    client
}

#[test]
fn a_pair_that_cannot_be_used_is_one_sentence_that_says_what_to_do() {
    let files = Files::new();
    let pair = made(Duration::ZERO);
    let (certificate, key) = files.write_pair("one", &pair);
    let (_, other) = files.write_pair("other", &made(Duration::ZERO));
    let both = files.write("both.pem", format!("{}{}", pair.1, pair.0));
    for flags in [&["--tls-cert", &*certificate, "--tls-key", &key][..], &["--tls-cert", &both]] {
        assert_eq!(check(flags), (0, "ok\n".to_owned()), "{flags:?}");
    }
    let encrypted = pair.1.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE");
    let encrypted = files.write("encrypted.key", encrypted);
    let binary = files.write("binary.der", [0x30, 0x82, 0x01, 0x0a, 0xff]);
    let utf16: Vec<u8> = pair.0.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = files.write("utf16.pem", utf16);
    let cut = files.write("cut.pem", &pair.0[..200]);
    let mixed = files.write("mixed.pem", format!("{}{}", pair.0, made(Duration::ZERO).1));
    let empty = files.write("empty.pem", "");
    let (missing, folder) = (files.at("missing"), files.at(""));
    for (certificate, key, wrong, why) in [
        (&missing, &key, &missing, "No such file or directory (os error 2); name another file"),
        (&certificate, &missing, &missing, "name another file with --tls-key"),
        (&missing, &missing, &missing, "name another file with --tls-cert"),
        (&folder, &key, &folder, "is a directory"),
        (&utf16, &key, &utf16, "it is text in UTF-16; save it as UTF-8"),
        (&binary, &key, &binary, "it is not in PEM"),
        (&certificate, &binary, &binary, "`openssl pkey -inform DER -in FILE"),
        (&empty, &key, &empty, ": it is empty"),
        (&certificate, &empty, &empty, ": it is empty"),
        (&cut, &key, &cut, "a line -----END CERTIFICATE----- is missing"),
        (&key, &key, &key, "it holds no certificate"),
        (&certificate, &certificate, &certificate, ": name the file of its key with --tls-key"),
        (&certificate, &encrypted, &encrypted, "is encrypted"),
        (&mixed, &mixed, &mixed, "cannot use the key in "),
        (&certificate, &other, &other, "belongs to another certificate"),
    ] {
        let (code, said) = check(&["--tls-cert", certificate, "--tls-key", key]);
        assert!(code == 78 && said.contains(why) && said.contains(wrong), "{code} {said}");
        assert!(said.starts_with("mio-chat: ") && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn flags_that_do_not_go_together_are_refused() {
    for (flags, why) in [
        (&["--tls", "only"][..], "--tls only needs a certificate"),
        (&["--tls-key", "a"], "--tls-cert names 0 files and --tls-key 1"),
        (&["--tls-cert", "a", "--tls-key", "a,b"], "--tls-cert names 1 file and --tls-key 2"),
        (&["--tls-cert", "a,b", "--tls-key", "a"], "--tls-cert names 2 files and --tls-key 1"),
        (&["--tls", "self-signed", "--tls-cert", "a"], "leave out either"),
        (&["--tls", "sometimes"], "[possible values: self-signed, only]"),
    ] {
        let (code, said) = check(flags);
        assert!(code == 2 && said.contains(why), "{flags:?}: {code} {said}");
    }
    assert_eq!(check(&["--tls", "self-signed,only"]), (0, "ok\n".to_owned()));
}

#[test]
fn what_clients_will_refuse_is_a_warning_and_no_reason_not_to_start() {
    let files = Files::new();
    let ten_years = DAY * 3_650;
    for (name, ago, why) in [
        ("soon", ten_years - DAY * 3, ", within 3 days: renew it"),
        ("late", ten_years + DAY, ": clients refuse it"),
    ] {
        let (certificate, key) = files.write_pair(name, &made(ago));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let flags = ["--tls-cert", &certificate, "--tls-key", &key];
        let (code, said) = check(&flags);
        assert!(code == 0 && said.ends_with("ok\n"), "{said}");
        let readable = format!("warning: every user of this machine can read the key in {key}\n");
        assert!(said.contains(&readable) && said.contains(why), "{said}");
        let server = Server::start(&flags);
        server.wait_for_log(why);
        let log = server.stop();
        assert!(log.contains("WARN  tls: the certificate for chat.example"), "{log}");
        assert!(log.contains("WARN  tls: every user of this machine"), "{log}");
    }
}

#[test]
fn a_certificate_without_its_chain_is_told_where_the_chain_lies() {
    let (files, authority) = (Files::new(), Authority::new());
    let (chain, key) = authority.issue("chat.example");
    let (key, full) = (files.write("privkey.pem", key), files.write("fullchain.pem", &chain));
    let leaf =
        files.write("cert.pem", chain.split_inclusive("END CERTIFICATE-----\n").next().unwrap());
    let (code, said) = check(&["--tls-cert", &leaf, "--tls-key", &key]);
    let told = format!("who vouch for it; name {full}\n");
    let reason = "vouches for the certificate for chat.example, issued by ";
    assert!(code == 0 && said.contains(&told) && said.contains(reason), "{said}");
    assert_eq!(check(&["--tls-cert", &full, "--tls-key", &key]), (0, "ok\n".to_owned()));
}

#[test]
fn a_self_signed_certificate_is_shown_and_kept() {
    let files = Files::new();
    let state = files.at("state");
    let flags = ["--tls", "self-signed", "--state", &state];
    assert_eq!(check(&flags), (0, "ok\n".to_owned()));
    assert!(!Path::new(&state).exists(), "a check makes nothing");
    let server = Server::start(&flags);
    let pin = shown(&server);
    let mut alice = join(&server, "any.example", Trust::Pin(pin), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.hear("bob joined!\n");
    alice.say("hello\n");
    bob.expect("alice: hello");
    server.stop();
    assert_eq!(check(&flags), (0, "ok\n".to_owned()));
    let server = Server::start(&flags);
    assert_eq!(shown(&server), pin, "the same after a restart");
    server.stop();
    fs::write(PathBuf::from(&state).join("tls-key.pem"), "").unwrap();
    let (code, said) = check(&flags);
    assert!(code == 78 && said.contains("move both away to have others made"), "{said}");
}

#[test]
fn one_that_is_kept_nowhere_is_printed_and_lasts_over_a_reload() {
    let program = env!("CARGO_BIN_EXE_mio-chat");
    let flags = ["--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--tls", "self-signed"];
    let mut printing = Program::start(program, flags);
    let lines: Vec<String> = (0..3).map(|_| printing.stdout.line()).collect();
    let printed = lines[2].strip_prefix("certificate sha256 ").expect("a fingerprint");
    printed.parse::<Fingerprint>().unwrap();
    let files = Files::new();
    let config = files.write("mio-chat.toml", "tls = [\"self-signed\"]");
    let server = Server::start(&["-c", &config]);
    let pin = shown(&server);
    assert_ne!(pin.to_string(), printed);
    server.signal(Signal::HUP);
    server.wait_for_log("reloaded: changed=nothing");
    join(&server, "any.example", Trust::Pin(pin), "alice");
    files.write("mio-chat.toml", "");
    server.signal(Signal::HUP);
    server.wait_for_log("tls: off");
    assert!(Secure::connect(server.tcp(), "any.example", Trust::Pin(pin), None).is_err());
    server.stop();
}

#[test]
fn the_hook_of_certbot_and_lego_makes_one_file_of_both_and_reloads() {
    let (files, authority) = (Files::new(), Authority::new());
    let tools = tempfile::tempdir().unwrap();
    let (calls, systemctl) = (tools.path().join("calls"), tools.path().join("systemctl"));
    let script = format!("#!/bin/sh\necho \"$@\" >> {}\n", calls.display());
    fs::write(&systemctl, script).unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").unwrap());
    let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tls/deploy-hook");
    let (chain, key) = ("fullchain.pem", "privkey.pem");
    let (chain_at, key_at, folder) = (files.at(chain), files.at(key), files.at(""));
    let (lego, old_lego) = (
        [("LEGO_HOOK_CERT_PATH", &chain_at), ("LEGO_HOOK_CERT_KEY_PATH", &key_at)],
        [("LEGO_CERT_PATH", &chain_at), ("LEGO_CERT_KEY_PATH", &key_at)],
    );
    for variables in [&[("RENEWED_LINEAGE", &folder)][..], &lego, &old_lego] {
        let pair = authority.issue("chat.example");
        files.write(chain, &pair.0);
        files.write(key, &pair.1);
        let mut command = Command::new(&hook);
        command.arg(&folder).env("PATH", &path).envs(variables.iter().copied());
        assert!(command.status().unwrap().success(), "{variables:?}");
        let both = files.at("tls.pem");
        assert_eq!(fs::read_to_string(&both).unwrap(), format!("{}{}", pair.0, pair.1));
        assert_eq!(fs::metadata(&both).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(check(&["--tls-cert", &both]), (0, "ok\n".to_owned()));
        let called = fs::read_to_string(&calls).unwrap();
        assert_eq!(called, "is-active --quiet mio-chat\nreload mio-chat\n");
        fs::remove_file(&calls).unwrap();
    }
    for (name, is_written) in [("games.pem", true), ("-n.pem", true), ("a/tls.pem", false)] {
        let mut command = Command::new(&hook);
        command.args([&folder, name]).env("PATH", &path).env("RENEWED_LINEAGE", &folder);
        assert_eq!(command.output().unwrap().status.success(), is_written, "{name}");
        assert_eq!(Path::new(&files.at(name)).exists(), is_written, "{name}");
    }
    fs::remove_file(&calls).unwrap();
    let said = Command::new(&hook).arg(&folder).env("PATH", &path).output().unwrap();
    assert!(!said.status.success() && !calls.exists(), "no hook of anybody");
}

#[test]
fn each_client_is_shown_the_certificate_of_the_host_that_it_names() {
    let (files, authority) = (Files::new(), Authority::new());
    let (one, one_key) = files.write_pair("one", &authority.issue("one.example"));
    let (two, two_key) = files.write_pair("two", &authority.issue("*.two.example"));
    let server = Server::start(&[
        "--tls-cert",
        &one,
        "--tls-cert",
        &two,
        "--tls-key",
        &one_key,
        "--tls-key",
        &two_key,
    ]);
    for (host, nickname) in [("one.example", "alice"), ("a.two.example", "bob")] {
        join(&server, host, authority.trusted(), nickname);
    }
    let refused = Secure::connect(server.tcp(), "three.example", authority.trusted(), None);
    assert!(refused.is_err(), "a host in no certificate");
    for protocol in ["h2", "smtp"] {
        let refused =
            Secure::connect(server.tcp(), "one.example", authority.trusted(), Some(protocol));
        assert!(refused.is_err(), "{protocol}");
    }
    server.stop();
}

#[test]
fn sighup_shows_all_that_is_new_or_nothing_of_it_and_everybody_stays() {
    let files = Files::new();
    let (old, new) = (made(Duration::ZERO), made(DAY));
    let ((one, one_key), other) = (files.write_pair("one", &old), made(Duration::ZERO));
    let (two, two_key) = files.write_pair("two", &other);
    let config = format!("tls-cert = [{one:?}, {two:?}]\ntls-key = [{one_key:?}, {two_key:?}]\n");
    let config = files.write("mio-chat.toml", config);
    let server = Server::start(&["-c", &config]);
    let pin = |pair| Trust::Pin(fingerprint(pair));
    let mut alice = join(&server, "chat.example", pin(&old), "alice");
    // Of the second nothing but its certificate is new, and the first is whole.
    files.write_pair("one", &new);
    files.write("two.pem", &old.0);
    server.signal(Signal::HUP);
    let refused = format!(
        "not reloaded, all is as it was: cannot use {two_key} as the key of {two}: its private \
         key belongs to another certificate"
    );
    server.wait_for_log(&refused);
    let mut bob = join(&server, "chat.example", pin(&old), "bob");
    files.write_pair("two", &other);
    server.signal(Signal::HUP);
    server.wait_for_log("reloaded: changed=certificates");
    server.wait_for_log(&format!("sha256={}", fingerprint(&new)));
    let mut carol = join(&server, "chat.example", pin(&new), "carol");
    assert!(Secure::connect(server.tcp(), "chat.example", pin(&old), None).is_err());
    carol.say("is everybody there?\n");
    for old_one in [&mut alice, &mut bob] {
        old_one.hear("carol: is everybody there?\n");
    }
    server.stop();
}

#[test]
fn a_crowd_comes_while_certificates_are_renewed_and_all_are_served() {
    let (files, authority) = (Files::new(), Authority::new());
    let pairs = [authority.issue("localhost"), authority.issue("localhost")];
    let both = |(chain, key): &(String, String)| format!("{chain}{key}");
    let shown = files.write("tls.pem", both(&pairs[0]));
    let config = files.write("mio-chat.toml", format!("tls-cert = {shown:?}\ntls = \"only\"\n"));
    let server = Server::start(&["-c", &config, "--flood", "off"]);
    let place = format!("tls://localhost:{}", server.tcp().port());
    let ca = files.write("ca.pem", &authority.1);
    let crowd = ["load", &place, "storm", "--ca", &ca, "--clients", "600", "--at-once", "8", "-q"];
    let crowd = Program::start(env!("CARGO_BIN_EXE_mio-chat"), crowd);
    server.signal(Signal::HUP);
    for renewal in 1..=10 {
        let pair = &pairs[renewal % 2];
        fs::rename(files.write("new.pem", both(pair)), &shown).unwrap();
        server.signal(Signal::HUP);
        let told = format!("sha256={}", fingerprint(pair));
        // The first was told at the start, too.
        server.wait_for_log_times(&told, renewal / 2 + 1);
    }
    let report = crowd.finish();
    assert!(report.contains("over TLS"), "{report}");
    let log = server.stop();
    assert!(!log.contains("not reloaded") && !log.contains("reason=tls"), "{log}");
}

#[test]
fn operators_see_dates_and_handshakes_and_may_come_encrypted_themselves() {
    let files = Files::new();
    let pair = made(Duration::ZERO);
    let (certificate, key) = files.write_pair("one", &pair);
    let flags = ["--admin", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
    let server = Launch::new(&flags).announcing(3).start();
    let admin = server.all("admin")[0];
    let pin = || Trust::Pin(fingerprint(&pair));
    let mut alice = join(&server, "chat.example", pin(), "alice");
    let metrics = get(admin, "/metrics").body;
    let now = calendar().millis() as f64 / 1_000.0;
    let ends =
        metric(&metrics, "mio_chat_tls_certificate_expires_seconds{name=\"chat.example\"}") - now;
    assert!((ends - (DAY * 3_650).as_secs_f64()).abs() < 3_600.0, "{ends}");
    assert_eq!(metric(&metrics, "mio_chat_tls_handshakes_total{kind=\"full\"}"), 1.0);
    assert_eq!(metric(&metrics, "mio_chat_tls_connections"), 1.0);
    let ask = |protocol, path: &str| {
        let mut asking = Secure::connect(admin, "chat.example", pin(), protocol).unwrap();
        asking.say(&format!("GET {path} HTTP/1.1\r\nHost: chat.example\r\n\r\n"));
        asking.rest()
    };
    for protocol in [None, Some("http/1.1")] {
        assert!(ask(protocol, "/metrics").contains("mio_chat_tls_connections 1\n"));
        // Plain, this may be anybody's name.
        assert!(ask(protocol, "/status").contains("\"name\":\"chat.example\""));
    }
    let plain = send(admin, b"GET /status HTTP/1.1\r\nHost: chat.example\r\n\r\n");
    assert_eq!(plain.code, 421);
    let mut other = Secure::connect(admin, "chat.example", pin(), Some("irc")).unwrap();
    assert_eq!(other.rest(), "", "nothing but HTTP is spoken there");
    alice.say("still here\n");
    alice.hear("alice: still here\n");
    server.stop();
}

#[test]
fn irc_clients_are_told_to_come_encrypted_where_they_can() {
    let (files, authority) = (Files::new(), Authority::new());
    let own = files.write_pair("own", &made(DAY));
    let pair = files.write_pair("one", &authority.issue("one.example"));
    let with = |(certificate, key): &(String, String), sts: &str| {
        check(&["--tls-cert", certificate, "--tls-key", key, "--sts", sts])
    };
    for ((code, said), why) in [
        (check(&["--sts", "30days"]), "--sts needs a certificate that clients trust: name one"),
        (check(&["--sts", "30days", "--tls", "self-signed"]), "that clients trust: name one"),
        (with(&own, "30days"), "--sts needs certificates that clients trust, and one of"),
        (with(&pair, "soon"), "not a time in whole seconds"),
        (with(&pair, "1500ms"), "not a time in whole seconds"),
        (with(&pair, "366days"), "more than 365days"),
        (with(&pair, "30days:0"), "not a port"),
    ] {
        assert!(code != 0 && said.contains(why), "{code}: {said}");
    }
    for sts in ["30days", "0", "0s", "30days:6697"] {
        assert_eq!(with(&pair, sts).0, 0, "{sts}");
    }
    let server = Server::start(&["--tls-cert", &pair.0, "--tls-key", &pair.1, "--sts", "30days"]);
    let port = server.tcp().port();
    let mut plain = Client::connect(server.tcp());
    plain.send(b"CAP LS 302\r\n");
    plain.hear_where("the port", |line| line.contains(&format!("sts=port={port}")));
    let trust = authority.trusted();
    let mut secure = Secure::connect(server.tcp(), "one.example", trust, None).unwrap();
    secure.say("CAP LS 302\r\n");
    secure.hear(&format!("sts=duration=2592000,port={port}"));
    server.stop();
}
