//! Manual pages: the part that clap knows of a command, and the rest: signals, exit codes, files,
//! variables, and further reading.

use std::io::{self, Write};

use clap_mangen::Man;

/// A term and its description.
type Definition = (&'static str, &'static str);

/// The facts of a command that clap does not know.
#[derive(Debug, Default)]
struct PageFacts {
    signals: &'static [Definition],
    exit_codes: &'static [Definition],
    files: &'static [Definition],
    /// Variables that are no flag's.
    environment: &'static [Definition],
}

const SERVER: PageFacts = PageFacts {
    signals: &[
        (
            "HUP",
            "Read the settings again without dropping anyone, reopen the log file, and \
                 log a report. Invalid settings change nothing. A server that \
                 was started in a terminal, without -c and without a supervisor, ends as on TERM, \
                 so that closing the window leaves nothing behind.",
        ),
        ("USR1", "Start a new process, which takes over every connection."),
        ("USR2", "Accept no new clients, and send everybody away one by one within --lame-duck."),
        (
            "TERM, INT",
            "Say goodbye to everybody and exit within --drain. A second signal exits at once.",
        ),
    ],
    exit_codes: &[
        ("0", "It stopped when asked to, or handed over."),
        ("1", "Something failed, such as a port in use or a disk; one sentence says what."),
        ("2", "A flag or a variable is invalid."),
        (
            "78",
            "The configuration file, a file that it names (operators, gateways, tokens) or a \
             certificate is invalid; with --check-config, also a folder or file that cannot be \
             used.",
        ),
        ("128 + N", "A second signal N ended it at once."),
    ],
    files: &[
        (
            "/etc/mio-chat/mio-chat.toml",
            "The configuration file of a packaged service. \
          Otherwise it is the file that -c names; without -c there is none.",
        ),
        (
            "/etc/default/mio-chat",
            "Variables for the service; they override the configuration file.",
        ),
        (
            "/var/lib/mio-chat/",
            "The folder of the service's --state: mio-chat.db, an SQLite \
          database with history, topics, owners, bans and mutes, and lock; with --tls self-signed \
          also tls-cert.pem and tls-key.pem. Only its owner may read it.",
        ),
        (
            "OPERATORS",
            "The file that --operators names: a nickname, a space and what mio-chat \
          hash-password prints on each line. Lines that begin with # are comments.",
        ),
        (
            "GATEWAYS",
            "The file that --webirc names: an address or a network, a space and what mio-chat \
          hash-password prints on each line. Lines that begin with # are comments.",
        ),
        ("TOKENS", "The file that --tokens names, which mio-chat token writes."),
    ],
    environment: &[
        ("NO_COLOR", "If it is not empty, the log has no colours."),
        (
            "LISTEN_FDS, LISTEN_PID",
            "Sockets that systemd has opened; they replace those of --tcp \
          and --udp.",
        ),
        ("NOTIFY_SOCKET, WATCHDOG_USEC", "Where and how often to report to systemd."),
    ],
};

const CHAT: PageFacts = PageFacts {
    signals: &[("TERM, INT, HUP", "Restore the terminal and exit.")],
    exit_codes: &[
        ("0", "The input has ended, and all of it was delivered."),
        ("1", "The connection was lost."),
        ("2", "The flags are invalid."),
        ("3", "The server could not be reached."),
        ("4", "The nickname, or the room, was refused."),
        ("5", "Some lines were not delivered."),
        ("128 + N", "Signal N ended it."),
    ],
    files: &[],
    environment: &[
        ("NO_COLOR, TERM, COLORTERM, COLORFGBG", "Used by --theme auto."),
        ("USER, LOGNAME", "The nickname, if none is given."),
    ],
};

const LOAD: PageFacts = PageFacts {
    signals: &[("INT, TERM", "Exit with the report so far. A second signal exits at once.")],
    exit_codes: &[
        ("0", "All clients were served, or the run was interrupted."),
        ("1", "There is no report; one sentence says why."),
        ("2", "The flags are invalid."),
        (
            "3",
            "There is a report, and some clients were refused, lost or paired \
               wrongly.",
        ),
        ("128 + N", "A second signal N ended it at once."),
    ],
    files: &[],
    environment: &[],
};

const MATCH: PageFacts = PageFacts {
    signals: &[("INT, TERM", "Leave the match. A second signal exits at once.")],
    exit_codes: &[
        ("0", "All lines have arrived at all players."),
        ("1", "Some have not, or no player was found; one sentence says why."),
        ("2", "The flags are invalid."),
        ("128 + N", "Signal N ended it."),
    ],
    files: &[],
    environment: &[],
};

const HEALTH: PageFacts = PageFacts {
    signals: &[],
    exit_codes: &[
        ("0", "The server is well; with --ready, new clients may be sent there."),
        ("1", "It is not, or does not answer; one sentence says why."),
        ("2", "The flags are invalid."),
    ],
    files: &[],
    environment: &[],
};

const TOKEN: PageFacts = PageFacts {
    signals: &[],
    exit_codes: &[
        ("0", "It was done."),
        ("1", "There is no such token, or the file cannot be written; one sentence says why."),
        ("2", "The flags are invalid."),
        ("78", "The file of tokens is invalid."),
    ],
    files: &[(
        "TOKENS",
        "The file that --tokens names: on each line a name, a room, token or hook, and the SHA-256 \
         of the secret. Lines that begin with # are comments, which the command keeps.",
    )],
    environment: &[],
};

const SMALL: PageFacts = PageFacts {
    signals: &[],
    exit_codes: &[("0", "It was printed."), ("2", "The flags are invalid.")],
    files: &[],
    environment: &[],
};

const HASH_PASSWORD: PageFacts = PageFacts {
    signals: &[],
    exit_codes: &[
        ("0", "The hash was printed."),
        ("2", "The flags are invalid."),
        ("78", "There was no password, or it is not text."),
    ],
    files: &[],
    environment: &[],
};

/// Where a package puts documents that are longer than a page.
const DOCUMENTS: &str = "/usr/share/doc/mio-chat/";

/// Writes the page of a command; of the program itself, if that is `root`.
pub(super) fn page(
    command: &clap::Command,
    root: &clap::Command,
    to: &mut dyn Write,
) -> io::Result<()> {
    let man = Man::new(command.clone());
    let mut known = Vec::new();
    man.render_title(&mut known)?;
    man.render_name_section(&mut known)?;
    man.render_synopsis_section(&mut known)?;
    man.render_description_section(&mut known)?;
    man.render_options_section(&mut known)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut known)?;
    }
    // Each section repeats the definition of an apostrophe; once is enough.
    let known = String::from_utf8_lossy(&known);
    let (first, rest) = known.split_once(".TH").unwrap_or_default();
    write!(to, "{first}.TH{}", rest.replace(first, ""))?;
    let facts = facts(command.get_name());
    entries(to, "SIGNALS", facts.signals)?;
    entries(to, "EXIT STATUS", facts.exit_codes)?;
    entries(to, "FILES", facts.files)?;
    environment(to, command, facts.environment)?;
    after_help(to, command)?;
    see_also(to, command, root)
}

fn facts(name: &str) -> PageFacts {
    match name {
        "chat" => CHAT,
        "load" => LOAD,
        "match" => MATCH,
        "health" => HEALTH,
        "hash-password" => HASH_PASSWORD,
        "token" => TOKEN,
        "manual" => SMALL,
        _ => SERVER,
    }
}

fn entries(to: &mut dyn Write, heading: &str, entries: &[Definition]) -> io::Result<()> {
    if !entries.is_empty() {
        writeln!(to, ".SH \"{heading}\"")?;
    }
    for (word, said) in entries {
        writeln!(to, ".TP\n\\fB{}\\fR\n{}", escaped(word), escaped(said))?;
    }
    Ok(())
}

/// The variables of flags, and others.
fn environment(
    to: &mut dyn Write,
    command: &clap::Command,
    others: &[Definition],
) -> io::Result<()> {
    let of_flags: Vec<(String, String)> = command.get_arguments().filter_map(variable).collect();
    if of_flags.is_empty() && others.is_empty() {
        return Ok(());
    }
    writeln!(to, ".SH ENVIRONMENT")?;
    if !of_flags.is_empty() {
        let rule = "A flag overrides its variable. An empty variable counts as unset.";
        writeln!(to, "{}", escaped(rule))?;
    }
    for (variable, flag) in of_flags {
        writeln!(to, ".TP\n\\fB{}\\fR\nThe same as {}.", escaped(&variable), escaped(&flag))?;
    }
    for (word, said) in others {
        writeln!(to, ".TP\n\\fB{}\\fR\n{}", escaped(word), escaped(said))?;
    }
    Ok(())
}

/// The variable of a flag, and the flag.
fn variable(arg: &clap::Arg) -> Option<(String, String)> {
    let variable = arg.get_env()?.to_string_lossy().into_owned();
    let named = || arg.get_value_names()?.first().map(ToString::to_string);
    let flag = arg.get_long().map(|long| format!("--{long}")).or_else(named)?;
    Some((variable, flag))
}

/// Examples and the rest of the help's last part, line by line.
fn after_help(to: &mut dyn Write, command: &clap::Command) -> io::Result<()> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    // Exit codes have a section.
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.contains("exit code")) {
        match paragraph.split_once(":\n") {
            Some((lead, lines)) if lead.starts_with("Try it") => {
                writeln!(to, ".SH EXAMPLES\n.nf\n{}\n.fi", escaped(lines))?;
            }
            _ if !paragraph.is_empty() => writeln!(to, ".SH NOTES\n{}", escaped(paragraph))?,
            _ => {}
        }
    }
    Ok(())
}

fn see_also(to: &mut dyn Write, command: &clap::Command, root: &clap::Command) -> io::Result<()> {
    let all = root.get_subcommands().filter(|command| !command.is_hide_set());
    let names = all.map(|command| format!("{}-{}", root.get_name(), command.get_name()));
    let own = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let others = std::iter::once(root.get_name().to_owned()).chain(names);
    let others = others.filter(|name| *name != own);
    let pages: Vec<String> = others.map(|name| format!("\\fB{}\\fR(1)", escaped(&name))).collect();
    writeln!(to, ".SH \"SEE ALSO\"\n{}", pages.join(",\n"))?;
    writeln!(to, ".PP\nThe protocol, and how to run a server: {}", escaped(DOCUMENTS))
}

/// Text in which nothing means anything to roff.
fn escaped(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
        if line.starts_with('.') { format!("\\&{line}") } else { line }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
