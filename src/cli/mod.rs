//! Flags and environment variables, parsed once into checked settings.
//!
//! Every default is named in `limits`; a flag without a value anywhere means that one.

mod chat;
mod config;
mod health;
mod load;
mod manual;
mod operators;
mod players;
mod reference;
mod serve;
mod settings;
mod text_file;
mod values;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use chat::ChatArgs;
pub(crate) use config::ConfigError;
pub(crate) use health::HealthArgs;
pub(crate) use load::LoadArgs;
pub(crate) use manual::ManualArgs;
pub(crate) use operators::{OperatorError, hash_password, read_operators};
pub(crate) use players::MatchArgs;
pub(crate) use serve::ServeArgs;
pub(crate) use settings::InForce;

use config::ConfigFile;

/// Chat over TCP and peer matchmaking over UDP, in one thread.
///
/// People connect with nc, telnet or a script, type a nickname and talk. Programs that look for a
/// peer send a UDP datagram and are told each other's address.
#[derive(Debug, Parser)]
#[command(name = "mio-chat", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "Try it:\n  mio-chat --tcp 55555 --udp 50000\n  nc 127.0.0.1 55555")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// What the program is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server; the same as naming no command
    Serve(Box<ServeArgs>),
    /// Chat in a terminal, or in a pipe where there is none
    Chat(ChatArgs),
    /// Load a chat server with many simulated clients and report how it fared
    Load(LoadArgs),
    /// Find other players over UDP and exchange lines with them, or check the own NAT
    Match(MatchArgs),
    /// Ask a server with --admin how it is, for health checks
    Health(HealthArgs),
    /// Hash the password of somebody who looks after the server, read from stdin, for --operators
    HashPassword,
    /// Print a manual page, or completions for bash, zsh or fish
    Manual(ManualArgs),
    /// A further process of a load test, which tells it what to do
    #[command(hide = true)]
    LoadWorker,
}

impl Command {
    /// Parses the command line and the environment; ends the program with exit code 2 and a
    /// sentence when they make no sense.
    pub(crate) fn parse_checked() -> Self {
        let command = Cli::parse().into_command();
        let checked = match &command {
            // With what the file says: `Serving::read`.
            Self::Serve(serve) if serve.config_file().is_some() => Ok(()),
            Self::Serve(serve) => serve.check(),
            Self::Chat(chat) => chat.check_flags(),
            Self::Load(load) => load.check(),
            Self::Match(players) => players.check_flags(),
            Self::Manual(manual) => manual.check_flags(),
            Self::Health(_) | Self::HashPassword | Self::LoadWorker => Ok(()),
        };
        if let Err(problem) = checked {
            let mut cli = Cli::command();
            cli.build();
            // With the usage of the command that was meant.
            let meant = match &command {
                Self::Manual(_) => cli.find_subcommand_mut("manual"),
                Self::Match(_) => cli.find_subcommand_mut("match"),
                Self::Chat(_) => cli.find_subcommand_mut("chat"),
                Self::Load(_) => cli.find_subcommand_mut("load"),
                Self::Serve(_) | Self::Health(_) | Self::HashPassword | Self::LoadWorker => None,
            };
            let problem = (ErrorKind::ValueValidation, problem);
            meant.unwrap_or(&mut Cli::command()).error(problem.0, problem.1).exit();
        }
        command
    }
}

/// What the server is to do, by flags, variables and the file.
#[derive(Debug)]
pub(crate) struct Serving {
    /// The settings.
    pub(crate) args: ServeArgs,
    /// The same as they were written, to see later what has changed.
    pub(crate) in_force: InForce,
}

impl Serving {
    /// Reads the settings as they are now. The command line was parsed before.
    ///
    /// # Errors
    /// What the file says makes no sense.
    pub(crate) fn read() -> Result<Self, ConfigError> {
        let line: Vec<OsString> = std::env::args_os().collect();
        Self::read_from(&line)
    }

    fn read_from(line: &[OsString]) -> Result<Self, ConfigError> {
        // The line makes sense, or the program would have ended at its start.
        let without_file = Self::parse(Cli::command(), line).unwrap_or_else(|error| error.exit());
        let Some(file) = without_file.args.config_file() else { return Ok(without_file) };
        let together = |why| ConfigError::Together { file: file.to_owned(), why };
        let with_file = Self::parse(ConfigFile::read(file)?.underlie(Cli::command()), line)
            .map_err(|error| together(config::sentence(&error)))?;
        with_file.args.check().map_err(together)?;
        Ok(with_file)
    }

    fn parse(command: clap::Command, line: &[OsString]) -> clap::error::Result<Self> {
        let settings = settings::all(&command);
        let matches = command.try_get_matches_from(line)?;
        let of_server = matches.subcommand_matches("serve").unwrap_or(&matches);
        let in_force = InForce::of(&settings, of_server);
        match Cli::from_arg_matches(&matches)?.into_command() {
            Command::Serve(args) => Ok(Self { args: *args, in_force }),
            _ => Err(Cli::command().error(ErrorKind::InvalidSubcommand, "no server is meant")),
        }
    }
}

impl Cli {
    /// The command that was named; without one, the server.
    fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(Box::new(self.serve)))
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
            let Command::Serve(serve) = Cli::parse_from(flags).into_command() else {
                panic!("{flags:?} is no server")
            };
            assert_eq!(serve.server_settings(Vec::new()).lobby.rooms_max, 7, "{flags:?}");
        }
    }

    #[test]
    fn the_flags_are_consistent() {
        Cli::command().debug_assert();
    }
}
