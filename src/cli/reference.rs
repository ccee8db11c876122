//! The reference of all settings in the docs, made from the flags: a table, and an example file.

use std::fmt::Write;

use super::settings::{self, Setting};

/// Example values of settings without a built-in default.
const EXAMPLES: [(&str, &str); 19] = [
    ("bind", "\"127.0.0.1\""),
    ("admin", "9155"),
    ("proxy-protocol", "[\"10.0.0.5\"]"),
    ("max-clients", "5000"),
    ("ban", "[\"203.0.113.0/24\", \"2001:db8::/32\"]"),
    ("motd", "\"\"\"\nWelcome to our lobby.\nBe kind, and have fun.\n\"\"\""),
    ("state", "\"/var/lib/mio-chat\""),
    ("operators", "\"/etc/mio-chat/operators\""),
    ("tokens", "\"/etc/mio-chat/tokens\""),
    ("webirc", "\"/etc/mio-chat/gateways\""),
    ("sts", "\"30days\""),
    ("reserve", "[\"admin\", \"root\"]"),
    ("log-level", "\"info\""),
    ("log-file", "\"/var/log/mio-chat.log\""),
    ("tls-cert", "[\"/etc/mio-chat/chat.example.pem\"]"),
    ("tls-key", "[\"/etc/mio-chat/chat.example.key\"]"),
    ("tls", "[\"only\"]"),
    ("irc-password", "\"swordfish\""),
    ("web-origin", "[\"https://games.example\"]"),
];

/// Columns of a comment.
const COLUMNS: usize = 98;

/// A file of settings in which each is a comment with its built-in default.
pub(super) fn example(command: &clap::Command) -> String {
    let mut out = String::from(
        "# Settings of mio-chat: `mio-chat -c mio-chat.toml`.\n#\n\
         # A key is the long name of a flag. Flags override variables (MIO_CHAT_…), variables\n\
         # override this file, and this file overrides the built-in defaults, which the comments\n\
         # show. `mio-chat --check-config -c mio-chat.toml` checks it; on SIGHUP a running server\n\
         # reads the file again and keeps every connection. An invalid file changes nothing.\n\
         # Settings that need a restart say so.\n",
    );
    let mut heading = String::new();
    for setting in settings::all(command) {
        if setting.heading != heading {
            heading.clone_from(&setting.heading);
            let _ = writeln!(out, "\n# ---- {heading} ----");
        }
        out.push('\n');
        let restart = if setting.can_be_reloaded() { "" } else { ". Needs a restart" };
        let explained = format!("{}{restart}.", setting.help);
        for line in textwrap(&explained) {
            let _ = writeln!(out, "# {line}");
        }
        for line in format!("{} = {}", setting.key(), example_value(&setting)).lines() {
            let _ = writeln!(out, "#{line}");
        }
    }
    out
}

/// A table of all settings, in Markdown.
pub(super) fn table(command: &clap::Command) -> String {
    let mut out = String::new();
    let mut heading = String::new();
    for setting in settings::all(command) {
        if setting.heading != heading {
            heading.clone_from(&setting.heading);
            let _ = write!(
                out,
                "\n### {heading}\n\n\
                 | flag and key | variable | default | reload | meaning |\n\
                 | --- | --- | --- | --- | --- |\n"
            );
        }
        let _ = writeln!(
            out,
            "| `--{} {}` | `{}` | {} | {} | {} |",
            setting.key(),
            setting.value_name.replace('|', "\\|"),
            setting.variable,
            setting.default.as_deref().map_or(String::new(), |it| format!("`{it}`")),
            if setting.can_be_reloaded() { "yes" } else { "restart" },
            setting.help.replace('|', "\\|")
        );
    }
    out.trim_start().to_owned()
}

fn example_value(setting: &Setting) -> String {
    let known = EXAMPLES.iter().find(|(key, _)| *key == setting.key());
    if let Some((_, value)) = known {
        return (*value).to_owned();
    }
    let value = setting.default.as_deref().unwrap_or_default();
    let written = match value {
        "on" => "true".to_owned(),
        _ if value.parse::<i64>().is_ok() => value.to_owned(),
        _ => format!("\"{value}\""),
    };
    if setting.takes_many { format!("[{written}]") } else { written }
}

/// Words in lines.
fn textwrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|line| line.len() + word.len() < COLUMNS);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;
    use crate::cli::config::ConfigFile;

    /// The example with every setting in force.
    fn uncommented() -> String {
        let example = example(&Cli::command());
        let lines = example.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') && !setting.is_empty() => setting,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_setting_of_the_example_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mio-chat.toml");
        std::fs::write(&file, uncommented()).unwrap();
        let read = ConfigFile::read(&file).unwrap();
        let all = settings::all(&Cli::command()).len();
        assert_eq!(read.len(), all, "{}", uncommented());
        std::fs::write(&file, example(&Cli::command())).unwrap();
        assert_eq!(ConfigFile::read(&file).unwrap().len(), 0);
    }

    #[test]
    fn every_setting_has_a_value_to_show_and_a_row() {
        let settings = settings::all(&Cli::command());
        for setting in &settings {
            let value = example_value(setting);
            assert!(value != "\"\"" && value != "[\"\"]", "{} needs an example", setting.key());
        }
        let rows = table(&Cli::command());
        assert_eq!(rows.lines().filter(|row| row.starts_with("| `--")).count(), settings.len());
        for key in settings::NEED_RESTART {
            assert!(settings.iter().any(|setting| setting.key() == key), "{key}");
        }
    }
}
