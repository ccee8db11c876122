//! The configuration file: another place for the values of flags.
//!
//! A key of the file is the long name of a flag of the server, and its value is read by the flag's
//! own parser: there is one list of settings, and it is the flags. Flags win over variables,
//! variables over the file, and the file over built-in defaults. `serve` defines the settings,
//! `settings` lists them.
//!
//! Invariant: a value that has become a flag's default was tried before, so it can be parsed.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{self, Setting};
use super::text_file::{self, TextError};
use super::variables::without_variables;
use super::{Cli, nearest};

/// Why a configuration file is not used.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration {}: {source}; {}", file.display(), source.advice("-c"))]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: TextError,
    },
    /// A line of it makes no sense.
    #[error("cannot use line {line} of {}: {why}", file.display())]
    Line {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// The reason, and a valid alternative.
        why: String,
    },
    /// Each value is possible, and all together are not.
    #[error("cannot use the settings of {}: {why}", file.display())]
    Together {
        /// Which file.
        file: PathBuf,
        /// The conflict.
        why: String,
    },
}

/// The contents of a file: settings with their values as flags would have them.
#[derive(Debug)]
pub(super) struct ConfigFile {
    entries: Vec<(Setting, Vec<String>)>,
}

impl ConfigFile {
    /// Reads a file, and tries every value.
    pub(super) fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = text_file::read(file)
            .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
        parse(&text).map_err(|(place, why)| ConfigError::Line {
            file: file.to_owned(),
            line: 1 + text[..place.min(text.len())].matches('\n').count(),
            why,
        })
    }

    /// The number of settings in it.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Makes the file's values the defaults of the flags.
    pub(super) fn as_defaults(&self, command: clap::Command) -> clap::Command {
        self.entries.iter().fold(command, |command, (setting, values)| {
            let with_default = |arg: clap::Arg| arg.default_values(values.clone());
            command
                .mut_arg(setting.id.clone(), with_default)
                .mut_subcommand("serve", |serve| serve.mut_arg(setting.id.clone(), with_default))
        })
    }
}

/// The place of an error in the text, and its description.
type LineError = (usize, String);

fn parse(text: &str) -> Result<ConfigFile, LineError> {
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or(0, |span| span.start);
        (place, error.message().trim_end().replace('\n', ", "))
    })?;
    let known = settings::all(&Cli::command());
    let mut command = without_variables(Cli::command());
    let mut entries = Vec::new();
    for (key, value) in table.get_ref() {
        let wrong = |why| (key.span().start, why);
        let setting = known.iter().find(|setting| setting.key() == key.get_ref().as_ref());
        let values = values(value).map_err(&wrong)?;
        let setting = setting.ok_or_else(|| wrong(unknown(&command, &known, key.get_ref())))?;
        if values.len() > 1 && !setting.takes_many {
            return Err(wrong(format!("'{}' has one value, not a list", setting.key())));
        }
        if values.is_empty() && setting.default.is_some() {
            return Err(wrong(format!("'{}' needs a value; or leave it out", setting.key())));
        }
        if !values.is_empty() {
            try_flag(&mut command, setting.key(), &values)
                .map_err(|error| wrong(sentence(&error)))?;
            entries.push((setting.clone(), values));
        }
    }
    Ok(ConfigFile { entries })
}

/// The value as a flag would be given it: numbers and words as they are, `true` and `false` as `on`
/// and `off`.
fn values(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    let single = match value.get_ref() {
        DeValue::String(text) => text.clone().into_owned(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| format!("{number} is too large"))?
            .to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => if *value { "on" } else { "off" }.to_owned(),
        DeValue::Array(array) => {
            let nested: Result<Vec<_>, _> = array.iter().map(values).collect();
            return nested.map(|nested| nested.into_iter().flatten().collect());
        }
        DeValue::Datetime(_) => {
            return Err("dates and times of day are not valid values".to_owned());
        }
        DeValue::Table(_) => {
            return Err("sections are not allowed; a key is the long name of a flag".to_owned());
        }
    };
    Ok(vec![single])
}

fn unknown(command: &clap::Command, known: &[Setting], key: &str) -> String {
    let is_flag = command.get_arguments().any(|arg| arg.get_long() == Some(key));
    match nearest(key, known.iter().map(Setting::key)) {
        _ if is_flag => format!("'{key}' is a flag of the command line, not a setting"),
        Some(nearest) => format!("unknown setting '{key}'; did you mean '{nearest}'?"),
        None => format!("unknown setting '{key}' (`mio-chat manual config` lists all of them)"),
    }
}

/// Whether a flag takes these values. The command is built once for all flags, and parses once for
/// all values of one: either takes longer than a value does, `ban` may have thousands of values,
/// and a reload keeps everybody waiting.
fn try_flag(command: &mut clap::Command, key: &str, values: &[String]) -> clap::error::Result<()> {
    let flags = values.iter().map(|value| format!("--{key}={value}"));
    command
        .try_get_matches_from_mut(std::iter::once("mio-chat".to_owned()).chain(flags))
        .map(|_| ())
}

/// clap's error message in one line.
pub(super) fn sentence(error: &clap::Error) -> String {
    let said = error.to_string();
    let sentence = said.split("\n\nFor more").next().unwrap_or_default();
    let words: Vec<&str> = sentence.trim_start_matches("error: ").split_whitespace().collect();
    words.join(" ")
}
