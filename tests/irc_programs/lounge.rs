//! The Lounge, a client in the browser whose server half is one of ours: in Chromium.

use std::fs;
use std::process::Command;

use crate::support::program::{Program, program};
use crate::support::{Server, free_port};
use crate::{beside, hear_leave, node_package, plain_in_games};

#[test]
fn the_lounge_talks_with_nc() {
    let (Some(node), Some(chromium)) = (program("node"), program("chromium")) else { return };
    let Some(modules) = node_package("lounge", "thelounge") else { return };
    let Some(browsers) = node_package("node", "playwright-core") else { return };
    let (server, folder, page) = (Server::start(&[]), tempfile::tempdir().unwrap(), free_port());
    let config = format!(
        "module.exports = {{ public: true, host: '127.0.0.1', port: {}, reverseProxy: false,\n\
         prefetch: false, theme: 'default', messageStorage: [], leaveMessage: 'good night',\n\
         fileUpload: {{ enable: false }}, identd: {{ enable: false }}, lockNetwork: false,\n\
         defaults: {{ name: 'here', host: '127.0.0.1', port: {}, tls: false, nick: 'louise',\n\
         username: 'louise', realname: 'Louise', join: '#games' }} }};\n",
        page.port(),
        server.tcp().port()
    );
    fs::write(folder.path().join("config.js"), config).unwrap();
    let mut plain = plain_in_games(&server);
    // It wants a newer Node.js than Debian has; scripts/install brings one where that is so.
    let own = modules.join(format!("node-linux-{}/bin/node", node_arch()));
    let newest = if own.is_file() { own } else { node.clone() };
    let guard = beside("loopback_only.cjs");
    let lounge = modules.join("thelounge/index.js");
    let home = format!("THELOUNGE_HOME={}", folder.path().display());
    let words = [&home, newest.to_str().unwrap(), "--require", guard.to_str().unwrap()];
    let words = [&words[..], &[lounge.to_str().unwrap(), "start"]].concat();
    let mut lounge = Program::start("env", words);
    lounge.stdout.hear_part("Available at");

    let mut browser = Command::new(node);
    browser.arg(beside("lounge.mjs")).arg(format!("http://{page}/"));
    browser.env("MIO_CHAT_NODE", browsers.parent().unwrap()).env("MIO_CHAT_BROWSER", chromium);
    let mut browser = Program::of(browser);
    plain.hear("louise joined!");
    plain.say("hello lounge");
    browser.stdout.hear("heard hello lounge");
    plain.hear("louise: hello from the lounge");
    plain.say("/me waves");
    browser.stdout.hear("heard waves");
    browser.finish();
    hear_leave(&mut plain, "louise");
    drop(lounge);
    server.stop();
}

/// As Node.js calls it.
fn node_arch() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" }
}
