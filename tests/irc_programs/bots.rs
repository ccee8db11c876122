//! Bots and the libraries that they are made of: Limnoria, irc-framework.

use std::fs;
use std::path::Path;

use crate::support::Server;
use crate::support::program::{Program, program};
use crate::{beside, hear_leave, node_package, plain_in_games};

pub(crate) fn limnoria_config(folder: &Path, server: &Server) -> String {
    let (place, at) = (folder.display(), server.tcp());
    let folders = ["conf", "data", "log", "backup", "plugins"];
    let folders = folders.map(|name| format!("supybot.directories.{name}: {place}/{name}\n"));
    format!(
        "supybot.nick: lim\n\
         supybot.ident: lim\n\
         supybot.user: Lim the bot\n\
         supybot.networks: here\n\
         supybot.networks.here.servers: {at}\n\
         supybot.networks.here.channels: #games\n\
         supybot.networks.here.ssl: False\n\
         supybot.reply.whenAddressedBy.chars: !\n\
         supybot.protocols.irc.throttleTime: 0\n\
         supybot.log.stdout: False\n\
         supybot.plugins: Misc\n\
         supybot.plugins.Misc: True\n\
         supybot.flush: False\n\
         {}",
        folders.concat()
    )
}

#[test]
fn limnoria_answers_nc() {
    let Some(limnoria) = program("supybot") else { return };
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    let config = folder.path().join("lim.conf");
    fs::write(&config, limnoria_config(folder.path(), &server)).unwrap();
    let mut plain = plain_in_games(&server);
    let bot = Program::start(limnoria, ["--allow-root", config.to_str().unwrap()]);
    plain.hear("lim joined!");
    plain.say("!ping");
    plain.hear("lim: pong");
    plain.say("/msg lim ping");
    plain.hear("[lim] pong");
    drop(bot);
    hear_leave(&mut plain, "lim");
    server.stop();
}

#[test]
fn irc_framework_talks_with_nc() {
    let Some(node) = program("node") else { return };
    let Some(modules) = node_package("lounge", "irc-framework") else { return };
    let server = Server::start(&[]);
    let mut plain = plain_in_games(&server);
    let (script, port) = (beside("framework.cjs"), server.tcp().port().to_string());
    let words = [script.to_str().unwrap(), modules.to_str().unwrap(), &port, "fran"];
    let mut fran = Program::start(node, words);
    plain.hear("fran joined!");
    fran.stdout.hear("join fran #games");
    plain.say("hello framework");
    fran.stdout.hear("privmsg plain #games hello framework");
    fran.types("hello from the framework");
    plain.hear("fran: hello from the framework");
    plain.say("/me waves");
    fran.stdout.hear("action plain #games waves");
    // Its long messages are cut by itself.
    let long = "long words ".repeat(60);
    fran.types(&long);
    plain.hear_where("the end of it", |line| line.starts_with("fran: ") && line.len() < 500);
    plain.hear_where("the rest of it", |line| line.starts_with("fran: "));
    fran.types("");
    hear_leave(&mut plain, "fran");
    fran.stdout.hear("close");
    fran.finish();
    server.stop();
}
