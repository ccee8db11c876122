//! What a package installs beside the program, made from the flags themselves: manual pages,
//! completions for shells, and what there is to be set. A test compares `docs`
//! with it.

use std::io::Write;

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, reference};

/// The name of the program, as shells know it.
const PROGRAM: &str = "mio-chat";

/// What is to be printed.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat manual man chat | man -l -
  mio-chat manual bash > ~/.local/share/bash-completion/completions/mio-chat")]
pub(crate) struct ManualArgs {
    /// A manual page, completions for a shell, or what there is to be set
    #[arg(value_name = "WHAT")]
    what: Printed,
    /// Of a manual page: the command that it is about, such as chat [default: the server]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Printed {
    Man,
    Bash,
    Zsh,
    Fish,
    /// An annotated file of settings
    Config,
    /// A table of settings, in Markdown
    Settings,
}

impl ManualArgs {
    /// What no single value can show.
    pub(super) fn check_flags(&self) -> Result<(), String> {
        match &self.command {
            Some(_) if self.what != Printed::Man => {
                Err("only manual pages are about one command".to_owned())
            }
            Some(name) if command(name).is_none() => {
                Err(format!("'{name}' is no command (such as chat, load or match)"))
            }
            _ => Ok(()),
        }
    }

    /// Writes it.
    pub(crate) fn print(&self, to: &mut impl Write) -> std::io::Result<()> {
        let shell = match self.what {
            Printed::Bash => Shell::Bash,
            Printed::Zsh => Shell::Zsh,
            Printed::Fish => Shell::Fish,
            Printed::Config => return to.write_all(reference::example(&built()).as_bytes()),
            Printed::Settings => return to.write_all(reference::table(&built()).as_bytes()),
            Printed::Man => {
                let about = self.command.as_deref().and_then(command);
                return Man::new(about.unwrap_or_else(built)).render(to);
            }
        };
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut for_people(), PROGRAM, &mut script);
        // clap_complete 4.6 writes a program's hyphen in two ways, and bash would then find no flag
        // of any command.
        let script = String::from_utf8_lossy(&script).replace("mio__subcmd__chat", "mio__chat");
        to.write_all(script.as_bytes())
    }
}

fn built() -> clap::Command {
    let mut cli = Cli::command();
    cli.build();
    cli
}

/// The same without what is only for the program itself, which completions would offer.
fn for_people() -> clap::Command {
    let all = Cli::command();
    let commands = all.get_subcommands().filter(|command| !command.is_hide_set());
    let about = all.get_about().cloned().unwrap_or_default();
    clap::Command::new(PROGRAM)
        .about(about)
        .args(all.get_arguments().cloned())
        .subcommands(commands.cloned())
}

/// A command that people may name.
fn command(name: &str) -> Option<clap::Command> {
    built().find_subcommand(name).filter(|command| !command.is_hide_set()).cloned()
}
