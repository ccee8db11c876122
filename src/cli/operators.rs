//! Server operators: the file that names them, and how a line of it is made.

use std::path::{Path, PathBuf};

use mio_chat::chat::{Alphabet, Nickname};
use mio_chat::password::SlowHash;
use mio_chat::server::Operator;
use thiserror::Error;

use super::password::read_password;
use super::text_file::{self, TextError};

/// What stands in the place of a hash for an operator who logs in to an account instead.
const ACCOUNT: &str = "account";
/// Bytes of salt: more than there are passwords.
const SALT_BYTES: usize = 16;

/// Why operators are not known.
#[derive(Debug, Error)]
pub(crate) enum OperatorError {
    /// The file cannot be read.
    #[error(
        "cannot read the operators in {}: {source}; {}", file.display(),
        source.advice("--operators")
    )]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: TextError,
    },
    /// A line of it makes no sense.
    #[error(
        "cannot understand line {line} of {}: {why}; it has to be a nickname, a space and what \
         `mio-chat hash-password` prints, or a nickname, a space and the word account",
        file.display()
    )]
    Line {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        why: &'static str,
    },
    /// No password came.
    #[error("cannot hash a password: {0}; type one, or pipe it in")]
    Password(String),
    /// The system gives no random numbers.
    #[error("cannot get random bytes for a salt: {0}")]
    Salt(getrandom::Error),
}

/// Reads the operators' file. Empty lines and lines that begin with `#` are skipped.
pub(crate) fn read_operators(file: &Path) -> Result<Vec<Operator>, OperatorError> {
    let text = text_file::read(file)
        .map_err(|source| OperatorError::Read { file: file.to_owned(), source })?;
    let lines = text.lines().map(str::trim).enumerate();
    let telling = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    telling
        .map(|(index, line)| {
            parse(line).map_err(|why| OperatorError::Line {
                file: file.to_owned(),
                line: index + 1,
                why,
            })
        })
        .collect()
}

fn parse(line: &str) -> Result<Operator, &'static str> {
    let (name, hash) =
        line.split_once(char::is_whitespace).ok_or("it is not a name, a space and a hash")?;
    let nickname =
        Nickname::parse(name, Alphabet::Unicode).map_err(|_| "the name is not a valid nickname")?;
    let password = match hash.trim() {
        ACCOUNT => None,
        hash => {
            let parsed = SlowHash::parse(hash);
            Some(parsed.ok_or("the hash is not one of \"mio-chat hash-password\"")?)
        }
    };
    Ok(Operator { name: nickname.as_str().to_owned(), password })
}

/// Reads a password from stdin and hashes it. A terminal does not show what is typed.
pub(crate) fn hash_password() -> Result<SlowHash, OperatorError> {
    let password = read_password().map_err(OperatorError::Password)?;
    if password.is_empty() {
        return Err(OperatorError::Password("it is empty".to_owned()));
    }
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(OperatorError::Salt)?;
    Ok(SlowHash::of(&password, &salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_operators_and_says_where_it_does_not() {
        let hash = "pbkdf2-sha256:1000:73616c74:\
                    c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("operators");
        std::fs::write(&file, format!("# us\n\nroot_7 {hash}\n  Olga\t{hash} \nalice account\n"))
            .unwrap();
        let operators = read_operators(&file).unwrap();
        let known = operators.iter().map(|it| (it.name.as_str(), it.password.is_some()));
        let expected = [("root_7", true), ("Olga", true), ("alice", false)];
        assert_eq!(known.collect::<Vec<_>>(), expected);
        for (line, why) in [
            ("olga", "it is not a name, a space and a hash"),
            ("olga secret", "the hash is not one of \"mio-chat hash-password\""),
            ("ol:ga secret", "the name is not a valid nickname"),
        ] {
            std::fs::write(&file, format!("# us\n{line}\n")).unwrap();
            let error = read_operators(&file).unwrap_err().to_string();
            assert!(error.contains("line 2") && error.contains(why), "{error}");
        }
        let missing = read_operators(&folder.path().join("nothing")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read the operators in"), "{missing}");
    }
}
