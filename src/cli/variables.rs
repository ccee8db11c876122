//! Environment variables: another place for the values of flags.
//!
//! Every variable is read here and not by clap, which would take an empty one for a value: with
//! `MIO_CHAT_STATE=${STATE:-}` a composed container has one of those where nothing was chosen. So
//! an empty variable counts as unset, spaces and line ends around a value do not matter, and errors
//! name the variable. A variable that no command reads causes a warning.
//!
//! A variable becomes the default of its flag, above the settings file. Invariant: such a default
//! was tried before, so it can be parsed.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};
use thiserror::Error;

use super::config::sentence;
use super::{Cli, nearest};

/// The prefix of all variables.
const PREFIX: &str = "MIO_CHAT_";
/// Variables that belong to no flag: those of an upgrade, of a build, and of the tests, which pass
/// theirs on to the programs that they start.
const OTHERS: [&str; 13] = [
    "MIO_CHAT_SUCCEEDS",
    "MIO_CHAT_COMMIT",
    "MIO_CHAT_KILLS",
    "MIO_CHAT_MINUTES",
    "MIO_CHAT_PANIC",
    "MIO_CHAT_SEED",
    "MIO_CHAT_SEEDS",
    "MIO_CHAT_SIZE",
    "MIO_CHAT_STORE",
    "MIO_CHAT_PASSWORD",
    "MIO_CHAT_TEST_ALL",
    "MIO_CHAT_UNSHARED",
    "MIO_CHAT_UPDATE",
];

/// A variable that says something.
#[derive(Debug)]
struct SetVariable {
    /// By which clap knows the flag.
    id: String,
    /// The flag with its dashes, or the help's name of a positional value.
    flag: String,
    variable: String,
    values: Vec<OsString>,
}

/// The variables that are in force beside a command line.
#[derive(Debug)]
pub(super) struct Variables {
    /// The command that was named; none for the server.
    command: Option<String>,
    set: Vec<SetVariable>,
}

/// An error that a variable has led to.
#[derive(Debug, Error)]
#[error("{error} ({flag} is set by the variable {variable})")]
pub(crate) struct VariableError {
    flag: String,
    variable: String,
    /// The error.
    #[source]
    pub(crate) error: Box<dyn Error>,
}

/// The same command, which looks at no variable.
pub(super) fn without_variables(command: clap::Command) -> clap::Command {
    let without = |arg: clap::Arg| arg.env(Resettable::Reset);
    command.mut_args(without).mut_subcommands(|command| command.mut_args(without))
}

impl Variables {
    /// The variables of all flags that are not on the command line, which `matches` has.
    ///
    /// # Errors
    /// A value makes no sense; the sentence names the variable.
    pub(super) fn beside(matches: &ArgMatches) -> Result<Self, String> {
        let command = matches.subcommand_name().filter(|name| *name != "serve");
        let on_line = matches.subcommand().map_or(matches, |(_, matches)| matches);
        let mut all = Cli::command();
        let of_command = command.and_then(|name| all.find_subcommand(name)).unwrap_or(&all);
        let is_open = |arg: &&clap::Arg| {
            on_line.value_source(arg.get_id().as_str()) != Some(ValueSource::CommandLine)
        };
        let set: Vec<SetVariable> =
            of_command.get_arguments().filter(is_open).filter_map(SetVariable::of).collect();
        all = without_variables(all);
        for (set, value) in set.iter().flat_map(|set| set.values.iter().map(move |it| (set, it))) {
            let tried = all.try_get_matches_from_mut(set.line(command, value));
            tried.map_err(|error| {
                format!("cannot use the variable {}: {}", set.variable, sentence(&error))
            })?;
        }
        Ok(Self { command: command.map(str::to_owned), set })
    }

    /// Makes the variables' values the defaults of the flags.
    pub(super) fn as_defaults(&self, command: clap::Command) -> clap::Command {
        self.set.iter().fold(command, |command, set| {
            let with_default = |arg: clap::Arg| arg.default_values(set.values.clone());
            match &self.command {
                Some(name) => command.mut_subcommand(name, |it| it.mut_arg(&set.id, with_default)),
                None => command
                    .mut_arg(&set.id, with_default)
                    .mut_subcommand("serve", |it| it.mut_arg(&set.id, with_default)),
            }
        })
    }

    /// Adds the variable to an error message, if one has caused it.
    pub(super) fn told(&self, sentence: String) -> String {
        match self.set.iter().find(|set| set.is_meant_by(&sentence)) {
            Some(set) => {
                format!("{sentence} ({} is set by the variable {})", set.flag, set.variable)
            }
            None => sentence,
        }
    }

    /// The same error, with the variable if one has led to it.
    pub(super) fn attribute(&self, error: Box<dyn Error>) -> Box<dyn Error> {
        let sentence = error.to_string();
        match self.set.iter().find(|set| set.is_meant_by(&sentence)) {
            Some(set) => Box::new(VariableError {
                flag: set.flag.clone(),
                variable: set.variable.clone(),
                error,
            }),
            None => error,
        }
    }
}

impl SetVariable {
    /// The variable of a flag, if it is set and not empty.
    fn of(arg: &clap::Arg) -> Option<Self> {
        let variable = arg.get_env()?;
        let value = std::env::var_os(variable)?;
        let values = values(&value, arg.get_value_delimiter());
        let flag = match (arg.get_long(), arg.get_value_names()) {
            (Some(long), _) => format!("--{long}"),
            (None, names) => names?.first()?.to_string(),
        };
        (!values.is_empty()).then(|| Self {
            id: arg.get_id().to_string(),
            flag,
            variable: variable.to_string_lossy().into_owned(),
            values,
        })
    }

    /// A command line that says the same.
    fn line(&self, command: Option<&str>, value: &OsStr) -> Vec<OsString> {
        let mut line: Vec<OsString> = vec!["mio-chat".into()];
        line.extend(command.map(OsString::from));
        if self.flag.starts_with("--") {
            let mut word = OsString::from(format!("{}=", self.flag));
            word.push(value);
            line.push(word);
        } else {
            line.extend(["--".into(), value.to_owned()]);
        }
        line
    }

    /// Whether a sentence is about it: it names the flag, quotes the value, or names its file.
    fn is_meant_by(&self, sentence: &str) -> bool {
        let mut after = sentence.split(&self.flag).skip(1);
        let goes_on =
            |rest: &str| rest.starts_with(|next: char| next == '-' || next.is_alphanumeric());
        let values = self.values.iter().map(|value| value.to_string_lossy());
        after.any(|rest| self.flag.starts_with("--") && !goes_on(rest))
            || values.into_iter().any(|value| {
                sentence.contains(&format!("'{value}'"))
                    || value.contains('/') && sentence.contains(&*value)
            })
    }
}

/// The values in a variable, as flags would have them: none if it is empty.
fn values(text: &OsStr, delimiter: Option<char>) -> Vec<OsString> {
    let delimiter = delimiter.and_then(|delimiter| u8::try_from(delimiter).ok());
    let parts = text.as_bytes().split(|byte| Some(*byte) == delimiter);
    let trimmed = parts.map(|part| match part.trim_ascii_end() {
        // The first line of a text of several lines may be set in.
        part if part.contains(&b'\n') => part,
        part => part.trim_ascii_start(),
    });
    let set = trimmed.filter(|part| !part.is_empty());
    set.map(|part| OsString::from_vec(part.to_owned())).collect()
}

/// Warnings: one for each variable that looks like one of ours and is read by no command.
pub(crate) fn misspelt() -> Vec<String> {
    let known = known(&Cli::command());
    let set = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str()?.to_owned();
        is_misspelt(&name, &value, &known).then_some(name)
    });
    let mut set: Vec<String> = set.collect();
    set.sort();
    set.into_iter().map(|name| unknown(&name, &known)).collect()
}

/// The names of all variables that a command reads.
fn known(command: &clap::Command) -> Vec<String> {
    let subcommands = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let arguments = command.get_arguments().chain(subcommands);
    let names = arguments.filter_map(|arg| Some(arg.get_env()?.to_string_lossy().into_owned()));
    let all: std::collections::BTreeSet<String> = names.collect();
    all.into_iter().collect()
}

fn is_misspelt(name: &str, value: &OsStr, known: &[String]) -> bool {
    own_part(name).is_some()
        && !known.iter().any(|known| known == name)
        && !OTHERS.contains(&name)
        && !is_of_orchestrator(name, value)
}

/// The rest of a name after our prefix, however that was written.
fn own_part(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|char| char.is_ascii_alphanumeric()).collect();
    let plain = plain.to_ascii_lowercase();
    plain.strip_prefix("miochat").filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Whether Kubernetes or Docker has set it: they tell every container about a service, or another
/// container, called mio-chat.
fn is_of_orchestrator(name: &str, value: &OsStr) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    let is_url = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.as_bytes().starts_with(scheme.as_bytes()));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_port = rest.strip_prefix("PORT_").and_then(|rest| rest.split('_').next());
    rest.starts_with("SERVICE_HOST")
        || rest.starts_with("SERVICE_PORT")
        || rest == "PORT" && is_url
        || is_port.is_some_and(is_number)
        || rest.starts_with("ENV_")
}

fn unknown(name: &str, known: &[String]) -> String {
    let set = format!("unknown variable {name} is ignored");
    let keys = known.iter().filter_map(|known| known.strip_prefix(PREFIX));
    let part = own_part(name).map(|part| match part.as_str() {
        // As the flag is called.
        "loglevel" => "log".to_owned(),
        _ => part,
    });
    match part.and_then(|part| nearest(&part, keys)) {
        Some(nearest) => format!("{set}; did you mean {PREFIX}{nearest}?"),
        None => format!("{set} (`mio-chat manual settings` lists all of them)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, delimiter: Option<char>) -> Vec<String> {
        let all = values(OsStr::new(text), delimiter).into_iter();
        all.map(|value| value.into_string().unwrap()).collect()
    }

    #[test]
    fn an_empty_variable_says_nothing() {
        for text in ["", " ", "\r\n", "\t "] {
            assert!(split(text, None).is_empty() && split(text, Some(',')).is_empty(), "{text:?}");
        }
        for text in [",", " , ,\r"] {
            assert!(split(text, Some(',')).is_empty(), "{text:?}");
        }
        assert_eq!(split("50\r", None), ["50"]);
        assert_eq!(split(" a b,c ", None), ["a b,c"]);
        assert_eq!(split(" a, b,,c ,", Some(',')), ["a", "b", "c"]);
        assert_eq!(split("  one\n two\n", None), ["  one\n two"]);
    }

    #[test]
    fn names_that_nobody_reads_are_told_and_those_of_orchestrators_are_not() {
        let known = known(&Cli::command());
        let is_told = |name: &str, value: &str| is_misspelt(name, OsStr::new(value), &known);
        for (name, value) in [
            ("MIO_CHAT_MAX_CLIENT", "5"),
            ("MIO_CHAT_max_clients", "5"),
            ("mio_chat_tcp", "5"),
            ("MIOCHAT_TCP", "5"),
            ("MIO_CHAT_PORT", "55555"),
            ("MIO_CHAT_XYZZY", ""),
            ("MIO_CHAT_PORTS", "tcp://10.0.0.1:7"),
        ] {
            assert!(is_told(name, value), "{name}");
        }
        for (name, value) in [
            ("MIO_CHAT_TCP", "5"),
            ("MIO_CHAT_NICK", "alice"),
            ("MIO_CHAT_SUCCEEDS", "7"),
            ("MIO_CHAT", "target/release/mio-chat"),
            ("MIO_CHAT_", ""),
            ("PATH", "/bin"),
            ("MIO_CHAT_SERVICE_HOST", "10.0.0.1"),
            ("MIO_CHAT_SERVICE_PORT_CHAT", "55555"),
            ("MIO_CHAT_PORT", "tcp://10.0.0.1:55555"),
            ("MIO_CHAT_PORT_55555_TCP_ADDR", "10.0.0.1"),
        ] {
            assert!(!is_told(name, value), "{name}");
        }
        assert_eq!(
            unknown("MIO_CHAT_MAX_CLIENT", &known),
            "unknown variable MIO_CHAT_MAX_CLIENT is ignored; did you mean MIO_CHAT_MAX_CLIENTS?"
        );
        assert!(unknown("miochat_tcp", &known).ends_with("did you mean MIO_CHAT_TCP?"));
        assert!(unknown("MIO_CHAT_PORT", &known).ends_with("did you mean MIO_CHAT_TCP?"));
        assert!(unknown("MIO_CHAT_LOG_LEVEL", &known).ends_with("did you mean MIO_CHAT_LOG?"));
        assert!(unknown("MIO_CHAT_XYZZY", &known).contains("manual settings"));
    }
}
