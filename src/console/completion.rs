//! What Tab offers.

use super::commands;
use crate::dialect::Takes;

/// What is known that could be meant.
pub(super) struct Known<'a> {
    /// Everybody here, and who spoke lately.
    pub(super) people: Vec<&'a str>,
    /// Rooms.
    pub(super) rooms: &'a [String],
    /// Queues we were invited to.
    pub(super) queues: &'a [String],
}

/// Where what is being completed begins in `typed`, and what it may become: commands at the
/// beginning of the line, then what the command takes, and else nicknames.
pub(super) fn choices(typed: &str, known: &Known<'_>) -> (usize, Vec<String>) {
    let from = typed.rfind(' ').map_or(0, |space| space + 1);
    let word = typed.get(from..).unwrap_or_default();
    let is_command = commands::is_command(typed);
    if is_command && from == 0 {
        let all = commands::beginning_with(word);
        return (0, all.map(|command| format!("/{} ", command.name)).collect());
    }
    let command = typed.split(' ').next().filter(|_| is_command).and_then(commands::named);
    let is_first =
        typed.get(..from).is_some_and(|before| before.trim_end().matches(' ').count() == 0);
    let takes = command.filter(|_| is_first).map(|command| command.takes);
    let begins = |name: &&str| {
        name.get(..word.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(word))
            || (!word.is_empty() && name.to_lowercase().starts_with(&word.to_lowercase()))
    };
    let found: Vec<String> = match takes {
        Some(Takes::Room) => {
            known.rooms.iter().map(String::as_str).filter(begins).map(str::to_owned).collect()
        }
        Some(Takes::Queue) => {
            known.queues.iter().map(String::as_str).filter(begins).map(str::to_owned).collect()
        }
        _ if word.is_empty() && takes != Some(Takes::Person) => Vec::new(),
        _ => {
            let end = if from == 0 { ": " } else { " " };
            known.people.iter().copied().filter(begins).map(|name| format!("{name}{end}")).collect()
        }
    };
    (from, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_fits_what_is_typed() {
        let (rooms, queues) = (["tea".to_owned(), "games".into()], ["~6d1f".to_owned()]);
        let known =
            Known {
                people: vec!["bob", "Alice", "alan", "émile"], rooms: &rooms, queues: &queues
            };
        for (typed, from, offered) in [
            ("/jo", 0, &["/join "][..]),
            ("/join t", 6, &["tea"]),
            ("/join ", 6, &["tea", "games"]),
            ("/msg ", 5, &["bob ", "Alice ", "alan ", "émile "]),
            ("/msg bob al", 9, &["Alice ", "alan "]),
            ("/match ", 7, &["~6d1f"]),
            ("al", 0, &["Alice: ", "alan: "]),
            ("ask bo", 4, &["bob "]),
            ("É", 0, &["émile: "]),
            ("", 0, &[]),
            ("ask ", 4, &[]),
            ("//jo", 0, &[]),
        ] {
            assert_eq!(
                choices(typed, &known),
                (from, offered.iter().map(|it| (*it).into()).collect()),
                "{typed}"
            );
        }
    }
}
