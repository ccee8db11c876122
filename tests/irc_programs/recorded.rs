//! What these programs say first, as recorded from them (`recorded/`): a line `>` is said, and with
//! `<` the program waits until it hears this. Played without the programs, and cut otherwise than
//! the network cut it then.

use std::fs;

use crate::beside;
use crate::support::{Client, Server};

/// How what is said at once is handed to the network.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Line by line.
    Lines,
    /// Byte by byte.
    Bytes,
    /// All that is said before the next wait, and newlines alone.
    Newlines,
}

fn play(client: &mut Client, recorded: &str, cut: Cut) {
    let end = if matches!(cut, Cut::Newlines) { "\n" } else { "\r\n" };
    let mut said = String::new();
    for line in recorded.lines().chain(["<"]) {
        let Some(heard) = line.strip_prefix('<') else {
            let Some(line) = line.strip_prefix("> ") else { continue };
            said += &format!("{line}{end}");
            continue;
        };
        match cut {
            Cut::Lines => said.split_inclusive('\n').for_each(|line| client.send(line.as_bytes())),
            Cut::Bytes => said.as_bytes().chunks(1).for_each(|byte| client.send(byte)),
            Cut::Newlines => client.send(said.as_bytes()),
        }
        said.clear();
        client.hear_part(heard.trim());
    }
}

#[test]
fn every_recorded_program_comes_in_and_talks() {
    let server = Server::start(&["--flood", "off"]);
    let mut files = 0;
    for entry in fs::read_dir(beside("recorded")).unwrap() {
        let recorded = fs::read_to_string(entry.unwrap().path()).unwrap();
        for cut in [Cut::Lines, Cut::Bytes, Cut::Newlines] {
            let mut client = Client::connect(server.tcp());
            play(&mut client, &recorded, cut);
            // Whoever said goodbye is gone, and so is its nickname.
            client.finish();
            client.rest_or_reset();
        }
        files += 1;
    }
    assert!(files >= 6, "only {files} found");
    server.stop();
}
