//! Which settings there are: the flags of the server that have a variable.
//!
//! The keys of a settings file, the table in the docs and the annotated example are all made from
//! this one list.

use std::collections::BTreeMap;

use clap::{ArgAction, ArgMatches};

/// Settings that a running server keeps whatever a file says later, as it is built on them.
pub(super) const NEED_RESTART: [&str; 7] =
    ["tcp", "udp", "bind", "admin", "backlog", "state", "log-file"];

/// One setting.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// By which clap knows the flag.
    pub(super) id: String,
    key: String,
    pub(super) variable: String,
    /// The built-in default.
    pub(super) default: Option<String>,
    /// It may be given more than once.
    pub(super) takes_many: bool,
    /// Its help text.
    pub(super) help: String,
    /// The name of its value in help.
    pub(super) value_name: String,
    /// Under which heading help has it.
    pub(super) heading: String,
}

impl Setting {
    /// The key in a file; with two dashes before it, the flag.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether a running server takes over a new value.
    pub(super) fn can_be_reloaded(&self) -> bool {
        !NEED_RESTART.contains(&self.key())
    }
}

/// Every setting, as the flags of the server stand.
pub(super) fn all(command: &clap::Command) -> Vec<Setting> {
    command.get_arguments().filter_map(setting).filter(|setting| setting.key != "config").collect()
}

fn setting(arg: &clap::Arg) -> Option<Setting> {
    let defaults: Vec<_> = arg.get_default_values().iter().map(|it| it.to_string_lossy()).collect();
    Some(Setting {
        id: arg.get_id().to_string(),
        key: arg.get_long()?.to_owned(),
        variable: arg.get_env()?.to_string_lossy().into_owned(),
        default: (!defaults.is_empty()).then(|| defaults.join(",")),
        takes_many: matches!(arg.get_action(), ArgAction::Append),
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        value_name: arg.get_value_names().map(|names| names.join(" ")).unwrap_or_default(),
        heading: arg.get_help_heading().unwrap_or_default().to_owned(),
    })
}

/// The values in force, as they were written, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ActiveConfig(BTreeMap<String, Vec<String>>);

impl ActiveConfig {
    pub(super) fn of(settings: &[Setting], matches: &ArgMatches) -> Self {
        let values = settings.iter().filter_map(|setting| {
            let raw = matches.get_raw(&setting.id)?;
            let texts = raw.map(|value| value.to_string_lossy().into_owned()).collect();
            Some((setting.key.clone(), texts))
        });
        Self(values.collect())
    }

    /// Takes over the settings that a running server can change; the rest stays as it was.
    pub(crate) fn take_over(&mut self, other: &Self) {
        let (changed, _) = self.changes(other);
        for key in changed {
            match other.0.get(&key) {
                Some(values) => self.0.insert(key, values.clone()),
                None => self.0.remove(&key),
            };
        }
    }

    /// The keys of settings that differ in `other`: those that a running server takes over, and
    /// those that need a restart.
    pub(crate) fn changes(&self, other: &Self) -> (Vec<String>, Vec<String>) {
        let all: std::collections::BTreeSet<&String> =
            self.0.keys().chain(other.0.keys()).collect();
        let changed = all.into_iter().filter(|key| self.0.get(*key) != other.0.get(*key)).cloned();
        changed.partition(|key| !NEED_RESTART.contains(&key.as_str()))
    }
}
