//! The table of commands against itself and against what is told of it.

use super::*;

#[test]
fn no_two_commands_share_a_name() {
    let names = |spec: &CommandSpec| [&[spec.name], spec.aliases].concat();
    let mut all: Vec<&str> = commands().flat_map(names).collect();
    assert!(all.iter().all(|name| *name == name.to_ascii_lowercase()));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn help_rooms_reads_as_ever() {
    let mut help = Vec::new();
    write_help(Guide::Rooms, &mut help);
    assert_eq!(String::from_utf8(help).unwrap(), HELP_ROOMS);
}

#[test]
fn usages_and_help_name_their_command() {
    for CommandEntry { spec, usage, help, .. } in entries() {
        let begin = format!("/{}", spec.name);
        assert!(usage.is_none_or(|(_, usage)| usage.starts_with(&begin)), "{begin}");
        assert!(help.is_none_or(|line| line.typed.starts_with(&begin)), "{begin}");
    }
}

#[test]
fn the_protocol_has_every_name() {
    let protocol = include_str!("../../../../docs/PROTOCOL.md");
    let table = protocol.split("\n## ").find(|part| part.starts_with("Commands")).unwrap();
    for spec in commands() {
        for name in [&[spec.name], spec.aliases].concat() {
            let ends = |rest: &str| rest.starts_with(|c: char| " `,".contains(c));
            let typed = format!("/{name}");
            let mut found = table.split(&typed).skip(1);
            assert!(found.any(ends), "docs/PROTOCOL.md: /{name}");
        }
    }
}

const HELP_ROOMS: &str = "\
* There is more to a room than who is in it. Operators and the owner may type:\n\
* /topic TEXT      what the room is about (/topic asks, /topic - takes it away)\n\
* /kick NAME WHY   put somebody out (WHY and TIME can be left out, here and below)\n\
* /ban NAME TIME WHY     keep a nickname out, for 10m, 2h or 7d (/unban NAME)\n\
* /ban-ip NAME TIME WHY  the same for all from where NAME is connected from\n\
* /mute NAME TIME WHY    let somebody read and not write (/unmute NAME)\n\
* /bans            who is banned or muted\n\
* /voice NAME      let somebody speak where not everybody may (/unvoice NAME)\n\
* /mode +im        rules: i by invitation, m voices only, s not listed (/mode tells)\n\
* The owner, who has made the room or was given it, may also type:\n\
* /password WORD   let in only who types /join ROOM WORD (/password off)\n\
* /op NAME         let somebody keep order while they are here (/deop NAME)\n\
* /give NAME       give the room away\n\
* /rename-room NAME WHY  give the room another name\n\
* /own KEY         be its owner again, by the key that you were told\n\
* /oper NAME PASSWORD    for those who look after the server, and main\n";
