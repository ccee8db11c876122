//! Files that a package installs beside the program, made from the flags themselves: manual pages,
//! shell completions, and the list of settings. A test compares `docs` with it.

use std::io::Write;

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::{Cli, pages, reference};

/// The name of the program, as shells know it.
const PROGRAM: &str = "mio-chat";

/// Flags of `manual`: the page to print.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat manual man chat | man -l -
  mio-chat manual bash > ~/.local/share/bash-completion/completions/mio-chat")]
pub(crate) struct ManualArgs {
    /// Manual page, shell completions, or reference of settings [default: list what can be printed]
    #[arg(value_name = "WHAT")]
    what: Option<Printed>,
    /// For a manual page: the command it describes, such as chat [default: the server]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Printed {
    /// A manual page
    Man,
    /// Completions for bash
    Bash,
    /// Completions for zsh
    Zsh,
    /// Completions for fish
    Fish,
    /// Annotated configuration file
    Config,
    /// Table of settings, in Markdown
    Settings,
}

impl ManualArgs {
    /// Checks that involve several flags.
    pub(super) fn check_flags(&self) -> Result<(), String> {
        match &self.command {
            Some(_) if self.what != Some(Printed::Man) => {
                Err("only a manual page takes a command".to_owned())
            }
            Some(name) if command(name).is_none() => {
                Err(format!("'{name}' is not a command (such as chat, load or match)"))
            }
            _ => Ok(()),
        }
    }

    /// Writes it.
    pub(crate) fn print(&self, to: &mut impl Write) -> std::io::Result<()> {
        let shell = match self.what {
            Some(Printed::Bash) => Shell::Bash,
            Some(Printed::Zsh) => Shell::Zsh,
            Some(Printed::Fish) => Shell::Fish,
            Some(Printed::Config) => return to.write_all(reference::example(&built()).as_bytes()),
            Some(Printed::Settings) => return to.write_all(reference::table(&built()).as_bytes()),
            Some(Printed::Man) => {
                let about = self.command.as_deref().and_then(command);
                return pages::page(&about.unwrap_or_else(built), &built(), to);
            }
            None => return to.write_all(contents(&built()).as_bytes()),
        };
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut for_people(), PROGRAM, &mut script);
        // clap_complete 4.6 writes a program's hyphen in two ways, and bash would then find no flag
        // of any command.
        let script = String::from_utf8_lossy(&script).replace("mio__subcmd__chat", "mio__chat");
        to.write_all(script.as_bytes())
    }
}

/// The list of everything that can be printed.
fn contents(root: &clap::Command) -> String {
    let all = root.get_subcommands().filter(|command| !command.is_hide_set());
    let commands: Vec<&str> = all.map(clap::Command::get_name).collect();
    format!(
        "What there is to print:\n\n  \
         mio-chat manual man           the manual page; read it with | man -l -\n  \
         mio-chat manual man COMMAND   that of a command:\n  \
         {:29} {}\n  \
         mio-chat manual config        a file of settings, each with an explanation\n  \
         mio-chat manual settings      the same as a table in Markdown\n  \
         mio-chat manual bash          completions for bash; or zsh, or fish\n\n\
         `mio-chat --help` says less, and so does --help after a command.\n",
        "",
        commands.join(", ")
    )
}

fn built() -> clap::Command {
    // `help` has no page.
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    cli
}

/// The same without hidden commands, which completions would offer.
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
