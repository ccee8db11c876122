//! ZNC, which stays connected while its user does not.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::program::{Program, program};
use crate::support::{Client, Server, free_port};
use crate::{hear_leave, plain_in_games};

/// Of "secret", with the salt `saltsaltsalt`.
const HASH: &str = "f7785039ed60f9784b595fc28e51e60f77df08aef571a0a6475e9686cc5356fa";

fn configure(folder: &Path, server: &Server, listening: SocketAddr) {
    let config = format!(
        "Version = 1.8.2\n\
         <Listener here>\n Port = {}\n Host = 127.0.0.1\n IPv6 = false\n SSL = false\n</Listener>\n\
         <User zoe>\n Nick = zoe\n AltNick = zoe_\n Ident = zoe\n RealName = Zoe\n\
         <Network here>\n Server = {} {}\n <Chan #games>\n </Chan>\n</Network>\n\
         <Pass password>\n Method = sha256\n Hash = {HASH}\n Salt = saltsaltsalt\n</Pass>\n\
         </User>\n",
        listening.port(),
        server.tcp().ip(),
        server.tcp().port()
    );
    fs::create_dir(folder.join("configs")).unwrap();
    fs::write(folder.join("configs/znc.conf"), config).unwrap();
    // ZNC does not like to be root.
    for path in ["", "configs", "configs/znc.conf"] {
        fs::set_permissions(folder.join(path), fs::Permissions::from_mode(0o777)).unwrap();
    }
}

/// Zoe, by a client of hers on the bouncer.
fn attach(bouncer: SocketAddr) -> Client {
    let mut zoe = Client::connect(bouncer);
    zoe.say("PASS zoe/here:secret\r\nNICK zoe\r\nUSER zoe 0 * :Zoe\r");
    zoe.hear_part(" 001 zoe ");
    zoe
}

#[test]
fn znc_keeps_a_place_and_what_was_said() {
    let (Some(setpriv), Some(znc)) = (program("setpriv"), program("znc")) else { return };
    let (server, folder) = (Server::start(&[]), tempfile::tempdir().unwrap());
    let listening = free_port();
    configure(folder.path(), &server, listening);
    let mut plain = plain_in_games(&server);
    let (znc, home) = (znc.to_str().unwrap(), folder.path().to_str().unwrap());
    let mut words = vec![znc, "-f", "-d", home];
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let program = if rustix::process::getuid().is_root() {
        words.splice(0..0, nobody);
        setpriv
    } else {
        words.remove(0).into()
    };
    let znc = Program::start(program, words);
    plain.hear("zoe joined!");
    let mut zoe = attach(listening);
    zoe.hear_where("its room", |line| line.contains(" 366 zoe #games "));
    zoe.say("PRIVMSG #games :hello from a bouncer\r");
    plain.hear("zoe: hello from a bouncer");
    plain.say("hello bouncer");
    zoe.hear_part("PRIVMSG #games :hello bouncer");
    zoe.say("QUIT :later\r");
    zoe.rest_or_reset();
    plain.say("you are still here");
    plain.hear("plain: you are still here");
    let mut zoe = attach(listening);
    zoe.hear_part("you are still here");
    drop(znc);
    hear_leave(&mut plain, "zoe");
    server.stop();
}
