//! Programs that log in: by SASL, or by the password that is meant for a server. Each is given a
//! nickname that is somebody's, so that it cannot have it otherwise.

use std::fs;
use std::net::SocketAddr;

use tempfile::TempDir;

use crate::bots::limnoria_config;
use crate::people::irssi_config;
use crate::support::program::{Program, program};
use crate::support::{Client, Server};
use crate::{beside, hear_leave, node_package, plain_in_games, wait_for_text, write_line};

const PASSWORD: &str = "open-sesame";
/// Few: how long a password takes is not what is tried here.
const ROUNDS: &str = "5000";

/// A server that keeps accounts, one of which has this nickname; and where it keeps them.
fn server_with(nickname: &str) -> (Server, TempDir) {
    let state = tempfile::tempdir().unwrap();
    let place = state.path().to_str().unwrap();
    let server = Server::start(&["--state", place, "--password-rounds", ROUNDS]);
    let mut owner = Client::join(server.tcp(), nickname);
    owner.say(&format!("/register {PASSWORD}"));
    owner.hear_where("that it is kept", |line| line.contains("is yours from now on"));
    owner.say("/quit");
    owner.rest();
    let mut other = Client::connect(server.tcp());
    other.say(nickname);
    other.hear_where("that it is somebody's", |line| line.contains("/login"));
    (server, state)
}

fn words_of(at: SocketAddr) -> (String, String) {
    (at.ip().to_string(), at.port().to_string())
}

#[test]
fn irssi_logs_in() {
    let (Some(script), Some(irssi)) = (program("script"), program("irssi")) else { return };
    let ((server, _state), folder) = (server_with("iris"), tempfile::tempdir().unwrap());
    let network = format!(
        r#"sasl_mechanism = "PLAIN"; sasl_username = "iris"; sasl_password = "{PASSWORD}";"#
    );
    let config = irssi_config(folder.path(), &server, &network);
    fs::write(folder.path().join("config"), config).unwrap();
    let mut plain = plain_in_games(&server);
    let home = folder.path().display();
    let command = format!("TERM=xterm '{}' --home='{home}'", irssi.display());
    let mut irssi = Program::start(&script, ["-qec", &command, "/dev/null"]);
    plain.hear("iris joined!");
    irssi.presses(b"/quit good night\r");
    hear_leave(&mut plain, "iris");
    irssi.stdout.rest();
    server.stop();
}

#[test]
fn weechat_logs_in() {
    let Some(weechat) = program("weechat-headless") else { return };
    for mechanism in ["plain", "scram-sha-256"] {
        let ((server, _state), folder) = (server_with("wanda"), tempfile::tempdir().unwrap());
        let mut plain = plain_in_games(&server);
        let home = folder.path().to_str().unwrap();
        let sasl =
            format!("-sasl_mechanism={mechanism} -sasl_username=wanda -sasl_password={PASSWORD}");
        let (host, port) = words_of(server.tcp());
        let identity = "-nicks=wanda -username=wanda -realname=Wanda -autojoin=#games";
        let add = format!("/server add here {host}/{port} -notls {identity} {sasl}");
        let words = ["--stdout", "-d", home, "-r", &add, "-r", "/connect here"];
        let weechat = Program::start(&weechat, words);
        plain.hear("wanda joined!");
        drop(weechat);
        hear_leave(&mut plain, "wanda");
        server.stop();
    }
}

#[test]
fn limnoria_logs_in() {
    let Some(limnoria) = program("supybot") else { return };
    let ((server, _state), folder) = (server_with("lim"), tempfile::tempdir().unwrap());
    let sasl = "supybot.networks.here.sasl";
    let config = limnoria_config(folder.path(), &server)
        + &format!("{sasl}.username: lim\n{sasl}.password: {PASSWORD}\n");
    let file = folder.path().join("lim.conf");
    fs::write(&file, config).unwrap();
    let mut plain = plain_in_games(&server);
    let bot = Program::start(limnoria, ["--allow-root", file.to_str().unwrap()]);
    plain.hear("lim joined!");
    drop(bot);
    hear_leave(&mut plain, "lim");
    server.stop();
}

#[test]
fn irc_framework_logs_in() {
    let Some(node) = program("node") else { return };
    let Some(modules) = node_package("lounge", "irc-framework") else { return };
    let (server, _state) = server_with("fran");
    let mut plain = plain_in_games(&server);
    let (script, (_, port)) = (beside("framework.cjs"), words_of(server.tcp()));
    let words = [script.to_str().unwrap(), modules.to_str().unwrap(), &port, "fran", PASSWORD];
    let mut fran = Program::start(node, words);
    plain.hear("fran joined!");
    fran.types("");
    hear_leave(&mut plain, "fran");
    fran.stdout.hear("close");
    fran.finish();
    server.stop();
}

#[test]
fn ii_logs_in_by_the_password_for_a_server() {
    let Some(ii) = program("ii") else { return };
    let ((server, _state), folder) = (server_with("ivy"), tempfile::tempdir().unwrap());
    let mut plain = plain_in_games(&server);
    let (host, port) = words_of(server.tcp());
    let home = folder.path().to_str().unwrap();
    let words = ["-i", home, "-s", &host, "-p", &port, "-n", "ivy", "-k", "IVY_PASSWORD"];
    let environment = [format!("IVY_PASSWORD=ivy:{PASSWORD}"), ii.to_str().unwrap().to_owned()];
    let ii = Program::start("env", environment.iter().map(String::as_str).chain(words));
    let place = folder.path().join(&host);
    wait_for_text(&place.join("out"), "Welcome");
    write_line(&place.join("in"), "/j #games");
    plain.hear("ivy joined!");
    drop(ii);
    hear_leave(&mut plain, "ivy");
    server.stop();
}
