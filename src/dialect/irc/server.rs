//! Questions about the server itself, which the language answers alone: its version, its commands.

use super::addressee::Addressee;
use super::isupport;
use super::note::Question;

/// The version, as it is told.
pub(super) const VERSION: &str = concat!("mio-chat-", env!("CARGO_PKG_VERSION"));

/// What is said where no command was named.
const INDEX: &[&str] = &[
    "Rooms: JOIN PART TOPIC NAMES LIST MODE KICK INVITE",
    "Talking: PRIVMSG NOTICE TAGMSG AWAY CHATHISTORY",
    "People: WHO WHOIS WHOWAS USERHOST ISON MONITOR SETNAME",
    "The server: MOTD LUSERS VERSION TIME INFO ADMIN OPER QUIT",
    "HELP and a command tells how it is used.",
];

/// How commands are used.
const COMMANDS: &[(&str, &str)] = &[
    ("ADMIN", "ADMIN: who looks after the server."),
    ("AWAY", "AWAY [text]: others are told that you are away; without a text you are back."),
    (
        "CHATHISTORY",
        "CHATHISTORY LATEST <room or nick> * <count>: what was said before; TARGETS, BEFORE and \
         others as in the specification. Private messages are kept for accounts, the last 128 of \
         each; HISTORY forget @<nick> has them forgotten.",
    ),
    ("HELP", "HELP [command]: how a command is used."),
    ("HELPOP", "HELPOP [command]: the same as HELP."),
    ("INFO", "INFO: what the server is."),
    ("INVITE", "INVITE <nick> <room>: somebody may come into a room."),
    ("ISON", "ISON <nick>...: who of these is here."),
    ("JOIN", "JOIN <room>[,<room>] [<key>[,<key>]]: come into rooms, or make them."),
    ("KICK", "KICK <room> <nick>[,<nick>] [reason]: put somebody out of a room."),
    ("KILL", "KILL <nick> [reason]: put somebody out of the server. For operators."),
    ("LINKS", "LINKS: other servers. There are none."),
    ("LIST", "LIST: the rooms there are."),
    ("LUSERS", "LUSERS: how many are here."),
    ("MARKREAD", "MARKREAD <room or nick> [timestamp=<time>]: up to when you have read."),
    ("METADATA", "METADATA <*, nick or room> GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [<key>...]."),
    ("MODE", "MODE <nick or room> [<changes>]: modes of a room, or your own: i, w, B."),
    ("MONITOR", "MONITOR +|-|C|L|S [<nick>,...]: be told when somebody comes and goes."),
    ("MOTD", "MOTD: the message of the day."),
    ("NAMES", "NAMES <room>: who is in a room."),
    ("NICK", "NICK <nick>: be called so."),
    ("NOTICE", "NOTICE <target> <text>: say something that is answered by no program."),
    ("OPER", "OPER <name> <password>: look after the server."),
    ("PART", "PART <room>[,<room>] [reason]: leave rooms."),
    ("PING", "PING <token>: is answered at once."),
    ("PRIVMSG", "PRIVMSG <target>[,<target>] <text>: say something to a room or a person."),
    ("QUIT", "QUIT [reason]: leave the server."),
    ("SETNAME", "SETNAME <real name>: have another real name."),
    ("STATS", "STATS <letter>: figures. There are none here; see --admin."),
    ("TIME", "TIME: what the server's clock says."),
    ("TOPIC", "TOPIC <room> [text]: ask what a room is about, or say it."),
    ("USERHOST", "USERHOST <nick>...: who of these is here, and whether they are away."),
    ("VERSION", "VERSION: which version this is, and its limits."),
    ("WALLOPS", "WALLOPS <text>: tell all who have mode w. For operators."),
    ("WHO", "WHO <room or mask> [o] [%<fields>[,<token>]]: look for people."),
    ("WHOIS", "WHOIS <nick>: what is known of somebody."),
    ("WHOWAS", "WHOWAS <nick> [count]: who had a nickname before."),
];

/// Appends the answer to a question about the server.
pub(super) fn write(reader: &Addressee, question: Question<'_>, out: &mut Vec<u8>) {
    match question {
        Question::Version => {
            let line = reader.numeric(351, out).word(VERSION).word(reader.server());
            line.text("IRC, plain lines and JSON in the same rooms");
            write_limits(reader, out);
        }
        Question::Info => {
            reader.numeric(371, out).text(VERSION);
            reader.numeric(371, out).text("A chat lobby: IRC, plain lines and JSON on one port");
            reader.numeric(374, out).text("End of INFO list");
        }
        Question::Admin => {
            let server = reader.server();
            reader.numeric(256, out).word(server).text("Administrative info");
            reader.numeric(257, out).text("Whoever runs this server");
            reader.numeric(258, out).text(server);
            reader.numeric(259, out).text("The message of the day may say more (MOTD)");
        }
        Question::Links => reader.numeric(365, out).word("*").text("End of LINKS list"),
        Question::Stats(letter) => {
            reader.numeric(219, out).word(letter).text("End of STATS report");
        }
        Question::Help(subject) => help(reader, subject, out),
    }
}

/// Appends what the server says of its limits and ways.
pub(super) fn write_limits(reader: &Addressee, out: &mut Vec<u8>) {
    for tokens in isupport::lines() {
        let line = reader.numeric(5, out).words(tokens.split(' '));
        line.text("are supported by this server");
    }
}

fn help(reader: &Addressee, subject: &str, out: &mut Vec<u8>) {
    if subject.is_empty() {
        reader.numeric(704, out).word("*").text("Commands of this server");
        INDEX.iter().for_each(|line| reader.numeric(705, out).word("*").text(line));
        return reader.numeric(706, out).word("*").text("End of HELP");
    }
    let found = COMMANDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(subject));
    let Some((name, usage)) = found else {
        return reader.numeric(524, out).word(subject).text("There is no help on that");
    };
    reader.numeric(704, out).word(name).text("How this is used");
    reader.numeric(705, out).word(name).text(usage);
    reader.numeric(706, out).word(name).text("End of HELP");
}
