//! Passwords that are typed, or read from a file: a terminal does not show them.

use std::io::{BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use thiserror::Error;

use super::text_file::{self, TextError};

/// Bytes of a password: longer than a line of the chat, in which it has to be brought.
const PASSWORD_BYTES_MAX: u64 = 4_096;
/// The variable that may hold the password of an account.
const VARIABLE: &str = "MIO_CHAT_PASSWORD";

/// Why there is no password for an account.
#[derive(Debug, Error)]
pub(crate) enum PasswordError {
    /// The file cannot be read.
    #[error(
        "cannot read the password in {}: {source}; {}", file.display(),
        source.advice("--password-file")
    )]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: TextError,
    },
    /// It cannot be typed.
    #[error("cannot read a password: {0}; name a file with --password-file, or set {VARIABLE}")]
    Typed(String),
}

/// The password of an account: from the file, the variable, or whoever is at the terminal.
pub(crate) fn password_of_account(file: Option<&Path>) -> Result<String, PasswordError> {
    if let Some(file) = file {
        let read = text_file::read(file);
        let text = read.map_err(|source| PasswordError::Read { file: file.to_owned(), source })?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    if let Ok(password) = std::env::var(VARIABLE) {
        return Ok(password);
    }
    if !std::io::stdin().is_terminal() {
        return Err(PasswordError::Typed("nobody is there to be asked".to_owned()));
    }
    read_password().map_err(PasswordError::Typed)
}

/// Reads a password from stdin. A terminal does not show what is typed.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn read_password() -> Result<String, String> {
    let mut stdin = std::io::stdin().lock();
    let shown = stdin.is_terminal().then(|| tcgetattr(&stdin).ok()).flatten();
    if let Some(shown) = &shown {
        eprint!("password: ");
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(&stdin, OptionalActions::Flush, &hidden);
    }
    let mut line = Vec::new();
    let read = stdin.by_ref().take(PASSWORD_BYTES_MAX).read_until(b'\n', &mut line);
    if let Some(shown) = &shown {
        let _ = tcsetattr(&stdin, OptionalActions::Flush, shown);
        eprintln!();
    }
    let failed = |error: TextError| error.to_string();
    read.map_err(|error| failed(error.into()))?;
    // Piped input may come from a file, or from a shell that adds a byte order mark.
    let line = text_file::decode(&line).map_err(failed)?;
    Ok(line.trim_end_matches('\n').to_owned())
}
