//! Flags and environment variables, parsed once into checked settings.
//!
//! Every default is named in `limits`; a flag without a value anywhere means that one.

mod accounts;
mod chat;
mod config;
mod gateways;
mod health;
mod irc;
mod load;
mod manual;
mod matching;
mod operators;
mod pages;
mod password;
mod places;
mod players;
mod reference;
mod self_signed;
mod serve;
mod settings;
mod text_file;
mod tls;
mod tokens;
mod trust;
mod values;
mod variables;
mod web;

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use chat::ChatArgs;
pub(crate) use config::ConfigError;
pub(crate) use gateways::{GatewayError, read_gateways};
pub(crate) use health::HealthArgs;
pub(crate) use load::LoadArgs;
pub(crate) use manual::ManualArgs;
pub(crate) use operators::{OperatorError, hash_password, read_operators};
pub(crate) use places::{PlaceError, check_places};
pub(crate) use players::MatchArgs;
pub(crate) use serve::ServeArgs;
pub(crate) use settings::ActiveConfig;
pub(crate) use tls::{TlsFileError, read_tls, tls_file_warnings, tls_warnings};
pub(crate) use tokens::{TokenArgs, TokenError, read_bots};
pub(crate) use variables::{VariableError, misspelt};

use config::ConfigFile;
use variables::{Variables, without_variables};

/// Chat over TCP and peer matchmaking over UDP, in one thread.
///
/// People connect with nc, telnet or a script, type a nickname and talk. Programs that look for a
/// peer send a UDP datagram and are told each other's address.
#[derive(Debug, Parser)]
#[command(name = "mio-chat", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "Try it:\n  mio-chat --tcp 55555 --udp 50000\n  nc 127.0.0.1 55555")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// The program's commands.
#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Run the server (the default command)
    Serve(Box<ServeArgs>),
    /// Chat in a terminal or in a pipe
    Chat(ChatArgs),
    /// Load-test a chat server with many simulated clients
    Load(LoadArgs),
    /// Find other players over UDP and exchange lines with them, or check your own NAT
    Match(MatchArgs),
    /// Check the health of a server that runs with --admin
    Health(HealthArgs),
    /// Read an operator's password from stdin and print its hash, for --operators
    HashPassword,
    /// Make, list or remove the tokens of bots, for --tokens
    Token(TokenArgs),
    /// Print manual pages, or completions for bash, zsh or fish
    Manual(ManualArgs),
    /// Worker process of a load test, started by the program itself
    #[command(hide = true)]
    LoadWorker,
}

impl CliCommand {
    /// Parses the command line and the environment; ends the program with exit code 2 and a
    /// sentence when they make no sense.
    pub(crate) fn parse_checked() -> Self {
        let words: Vec<OsString> = std::env::args_os().collect();
        let (line, variables) = read_line(&words).unwrap_or_else(|error| error.exit());
        let parsed = line.try_get_matches_from(words);
        let command = parsed
            .and_then(|matches| Cli::from_arg_matches(&matches))
            .unwrap_or_else(|error| error.exit())
            .into_command();
        let checked = match &command {
            // Checked together with the file: `ServeConfig::read`.
            Self::Serve(serve) if serve.config_file().is_some() => Ok(()),
            Self::Serve(serve) => serve.check(),
            Self::Chat(chat) => chat.check_flags(),
            Self::Load(load) => load.check(),
            Self::Match(players) => players.check_flags(),
            Self::Token(token) => token.check_flags(),
            Self::Manual(manual) => manual.check_flags(),
            Self::Health(_) | Self::HashPassword | Self::LoadWorker => Ok(()),
        };
        if let Err(problem) = checked {
            let mut cli = without_variables(Cli::command());
            cli.build();
            // With the usage of the command that was meant.
            let meant = match &command {
                Self::Manual(_) => cli.find_subcommand_mut("manual"),
                Self::Token(_) => cli.find_subcommand_mut("token"),
                Self::Match(_) => cli.find_subcommand_mut("match"),
                Self::Chat(_) => cli.find_subcommand_mut("chat"),
                Self::Load(_) => cli.find_subcommand_mut("load"),
                Self::Serve(_) | Self::Health(_) | Self::HashPassword | Self::LoadWorker => None,
            };
            let problem = (ErrorKind::ValueValidation, variables.told(problem));
            meant.unwrap_or(&mut Cli::command()).error(problem.0, problem.1).exit();
        }
        command
    }
}

/// The command with environment variables as the defaults of its flags, and the variables that are
/// set.
///
/// # Errors
/// The words or the variables make no sense, or ask for help.
fn read_line(words: &[OsString]) -> clap::error::Result<(clap::Command, Variables)> {
    let command = without_variables(Cli::command());
    let matches = command.clone().try_get_matches_from(words).map_err(|error| {
        let tells = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        // Help names the variables.
        let told = tells.then(|| Cli::command().try_get_matches_from(words).err()).flatten();
        told.unwrap_or(error)
    })?;
    let variables = Variables::beside(&matches).map_err(|problem| {
        let mut cli = without_variables(Cli::command());
        cli.build();
        let meant = matches.subcommand_name().and_then(|name| cli.find_subcommand_mut(name));
        meant.unwrap_or(&mut Cli::command()).error(ErrorKind::ValueValidation, problem)
    })?;
    Ok((variables.as_defaults(command), variables))
}

/// The name that was probably meant by this one.
fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// From 0 for nothing in common to 1 for the same.
    const LIKE: f64 = 0.6;
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '-', '.', ' '], "");
    // As other servers call it.
    let typed = match plain(typed).as_str() {
        "port" => "tcp".to_owned(),
        "host" | "listen" | "address" => "bind".to_owned(),
        typed => typed.to_owned(),
    };
    let measured =
        names.map(|name| (strsim::normalized_damerau_levenshtein(&plain(name), &typed), name));
    let like = measured.filter(|(likeness, _)| *likeness > LIKE);
    like.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

/// The server's configuration from flags, variables and the file.
#[derive(Debug)]
pub(crate) struct ServeConfig {
    /// The settings.
    pub(crate) args: ServeArgs,
    /// The values as they were written, to see later what has changed.
    pub(crate) active: ActiveConfig,
    variables: Variables,
}

impl ServeConfig {
    /// Reads the settings as they are now. The command line was parsed before.
    ///
    /// # Errors
    /// The file is invalid.
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        let words: Vec<OsString> = std::env::args_os().collect();
        // The line makes sense, or the program would have ended at its start.
        let (command, variables) = read_line(&words).unwrap_or_else(|error| error.exit());
        let (args, active) = parse(command, &words).unwrap_or_else(|error| error.exit());
        let (args, active) = match args.config_file() {
            Some(file) => with_file(&words, file, &variables)
                .map_err(|error| variables.attribute(error.into()))?,
            None => (args, active),
        };
        Ok(Self { args, active, variables })
    }

    /// An error, with the variable if one has led to it.
    pub(crate) fn attribute(&self, error: Box<dyn Error>) -> Box<dyn Error> {
        self.variables.attribute(error)
    }
}

/// The configuration with a file's values below flags and variables.
fn with_file(
    words: &[OsString],
    file: &Path,
    variables: &Variables,
) -> Result<(ServeArgs, ActiveConfig), ConfigError> {
    let together = |why| ConfigError::Together { file: file.to_owned(), why };
    let command = ConfigFile::read(file)?.as_defaults(without_variables(Cli::command()));
    let (args, active) = parse(variables.as_defaults(command), words)
        .map_err(|error| together(config::sentence(&error)))?;
    args.check().map_err(together)?;
    Ok((args, active))
}

/// The flags of the server, and how they were written.
fn parse(
    command: clap::Command,
    words: &[OsString],
) -> clap::error::Result<(ServeArgs, ActiveConfig)> {
    let settings = settings::all(&Cli::command());
    let matches = command.try_get_matches_from(words)?;
    let of_server = matches.subcommand_matches("serve").unwrap_or(&matches);
    let active = ActiveConfig::of(&settings, of_server);
    match Cli::from_arg_matches(&matches)?.into_command() {
        CliCommand::Serve(args) => Ok((*args, active)),
        _ => Err(Cli::command().error(ErrorKind::InvalidSubcommand, "no server is meant")),
    }
}

impl Cli {
    /// The command that was named; without one, the server.
    fn into_command(self) -> CliCommand {
        self.command.unwrap_or(CliCommand::Serve(Box::new(self.serve)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_the_default_command() {
        for flags in
            [&["mio-chat", "--max-rooms", "7"][..], &["mio-chat", "serve", "--max-rooms", "7"]]
        {
            let CliCommand::Serve(serve) = Cli::parse_from(flags).into_command() else {
                panic!("{flags:?} is no server")
            };
            assert_eq!(
                serve.server_settings(Vec::new(), Vec::new(), Vec::new()).lobby.rooms_max,
                7,
                "{flags:?}"
            );
        }
    }

    #[test]
    fn the_flags_are_consistent() {
        Cli::command().debug_assert();
    }
}
