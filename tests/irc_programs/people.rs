//! Clients that people sit before, in a terminal or in a folder: irssi, WeeChat, ii.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::program::{Program, program};
use crate::support::{Server, eventually};
use crate::{hear_leave, plain_in_games, wait_for_text, write_line};

/// `network` is what else irssi knows of it, such as who logs in there.
pub(crate) fn irssi_config(folder: &Path, server: &Server, network: &str) -> String {
    let (host, port) = (server.tcp().ip(), server.tcp().port());
    let logs = folder.join("logs");
    format!(
        r##"
        servers = ({{
          address = "{host}"; port = "{port}"; chatnet = "here"; autoconnect = "yes";
        }});
        chatnets = {{ here = {{ type = "IRC"; {network} }}; }};
        channels = ({{ name = "#games"; chatnet = "here"; autojoin = "yes"; }});
        settings = {{
          core = {{ real_name = "Iris"; user_name = "iris"; nick = "iris"; }};
          "fe-common/core" = {{ autolog = "yes"; autolog_path = "{}/$0.log"; }};
        }};
        "##,
        logs.display()
    )
}

#[test]
fn irssi_talks_with_nc() {
    let (Some(script), Some(irssi)) = (program("script"), program("irssi")) else { return };
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("config"), irssi_config(folder.path(), &server, "")).unwrap();
    let mut plain = plain_in_games(&server);
    let home = folder.path().display();
    let command = format!("TERM=xterm '{}' --home='{home}'", irssi.display());
    let mut irssi = Program::start(script, ["-qec", &command, "/dev/null"]);
    plain.hear("iris joined!");
    plain.say("hello irssi");
    let log = folder.path().join("logs/#games.log");
    wait_for_text(&log, "plain> hello irssi");
    irssi.presses(b"/msg #games hello from irssi\r/action #games waves\r");
    plain.hear("iris: hello from irssi");
    plain.hear("* iris waves");
    plain.say("/me waves back");
    wait_for_text(&log, "* plain waves back");
    irssi.presses(b"/topic #games chess\r/quit good night\r");
    hear_leave(&mut plain, "iris");
    irssi.stdout.rest();
    server.stop();
}

/// The named pipe by which a running WeeChat takes commands.
fn pipe_of_weechat(folder: &Path) -> PathBuf {
    let find = || {
        let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let is_pipe = |name: &str| name.starts_with("weechat_fifo_");
        entries.find(|entry| entry.file_name().to_str().is_some_and(is_pipe))
    };
    eventually("WeeChat has its named pipe", || find().is_some());
    find().unwrap().path()
}

#[test]
fn weechat_talks_with_nc() {
    let Some(weechat) = program("weechat-headless") else { return };
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    let mut plain = plain_in_games(&server);
    let home = folder.path().to_str().unwrap();
    let (host, port) = (server.tcp().ip(), server.tcp().port());
    let identity = "-nicks=wanda -username=wanda -realname=Wanda -autojoin=#games";
    let add = format!("/server add here {host}/{port} -notls {identity}");
    let flush = "/set logger.file.flush_delay 0";
    let words = ["--stdout", "-d", home, "-r", flush, "-r", &add, "-r", "/connect here"];
    let weechat = Program::start(weechat, words);
    plain.hear("wanda joined!");
    plain.say("hello weechat");
    let log = folder.path().join("logs/irc.here.#games.weechatlog");
    wait_for_text(&log, "plain\thello weechat");
    let pipe = pipe_of_weechat(folder.path());
    write_line(&pipe, "irc.here.#games *hello from weechat");
    write_line(&pipe, "irc.here.#games */me waves");
    plain.hear("wanda: hello from weechat");
    plain.hear("* wanda waves");
    plain.say("/me waves back");
    wait_for_text(&log, "plain waves back");
    write_line(&pipe, "irc.here.#games */part #games");
    plain.hear("wanda left!");
    write_line(&pipe, "irc.here.#games */join #games");
    plain.hear("wanda joined!");
    write_line(&pipe, "core.weechat */quit good night");
    hear_leave(&mut plain, "wanda");
    drop(weechat);
    server.stop();
}

#[test]
fn ii_talks_with_nc() {
    let Some(ii) = program("ii") else { return };
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    let mut plain = plain_in_games(&server);
    let (host, port) = (server.tcp().ip().to_string(), server.tcp().port().to_string());
    let home = folder.path().to_str().unwrap();
    let ii = Program::start(ii, ["-i", home, "-s", &host, "-p", &port, "-n", "ivy"]);
    let place = folder.path().join(&host);
    wait_for_text(&place.join("out"), "Welcome");
    write_line(&place.join("in"), "/j #games");
    plain.hear("ivy joined!");
    plain.say("hello ii");
    wait_for_text(&place.join("#games/out"), "<plain> hello ii");
    write_line(&place.join("#games/in"), "hello from ii");
    plain.hear("ivy: hello from ii");
    plain.say("/me waves");
    wait_for_text(&place.join("#games/out"), "\u{1}ACTION waves\u{1}");
    write_line(&place.join("#games/in"), "/l good night");
    plain.hear("ivy left!");
    drop(ii);
    server.stop();
}
