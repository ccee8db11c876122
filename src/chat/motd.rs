//! The message of the day: what the administrator tells every newcomer.

use std::str::FromStr;

use thiserror::Error;

use crate::limits::{MOTD_LINE_BYTES, MOTD_LINES};
use crate::text::clean;

/// Some clean lines, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Motd {
    lines: Vec<String>,
}

/// The text is too long for a message of the day.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a message of the day has at most {MOTD_LINES} lines of {MOTD_LINE_BYTES} bytes")]
pub struct TooLong;

impl Motd {
    /// Its lines, one by one.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

impl FromStr for Motd {
    type Err = TooLong;

    /// Empty lines are left out.
    fn from_str(text: &str) -> Result<Self, TooLong> {
        let cleaned = text.lines().map(|line| clean(line.trim_end()).into_owned());
        let lines: Vec<String> = cleaned.filter(|line| !line.is_empty()).collect();
        let fits = lines.len() <= MOTD_LINES;
        let fit = lines.iter().all(|line| line.len() <= MOTD_LINE_BYTES);
        (fits && fit).then_some(Self { lines }).ok_or(TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_some_clean_lines() {
        let motd: Motd = "\nhello \n\n\x1b[1mworld\r\n".parse().unwrap();
        assert_eq!(motd.lines().collect::<Vec<_>>(), ["hello", "[1mworld"]);
        assert_eq!("".parse(), Ok(Motd::default()));
    }

    #[test]
    fn it_is_not_a_book() {
        assert!("x\n".repeat(MOTD_LINES).parse::<Motd>().is_ok());
        assert_eq!("x\n".repeat(MOTD_LINES + 1).parse::<Motd>(), Err(TooLong));
        assert!("x".repeat(MOTD_LINE_BYTES).parse::<Motd>().is_ok());
        assert_eq!("x".repeat(MOTD_LINE_BYTES + 1).parse::<Motd>(), Err(TooLong));
    }
}
