//! The file of servers that were met: what to believe of each the next time.
//!
//! ```text
//!     # host:port, and the SHA-256 of its self-signed certificate
//!     chat.example:55555 82:AD:50:6C:…
//!     # or that an authority vouched for it
//!     lobby.example:443 authority
//! ```
//!
//! Lines are only ever added, each in one write, so that two clients may do so at once; of several
//! for one server the last counts.

use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::limits::KNOWN_SERVERS_BYTES_MAX;
use crate::tls::client::Known;

/// How a server is written down for which an authority vouched.
const AUTHORITY: &str = "authority";

/// Where the file usually is (XDG base directories), if there is such a place.
pub(super) fn usual_place(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // Relative ones are to be ignored.
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("mio-chat/known_servers"))
}

/// What is known of a server. No file is one without lines.
pub(super) fn look_up(file: &Path, server: &str) -> io::Result<Option<Known>> {
    let mut text = String::new();
    match OpenOptions::new().read(true).open(file) {
        Ok(opened) => opened.take(KNOWN_SERVERS_BYTES_MAX).read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    find(&text, server).map_err(|line| io::Error::other(format!("line {line} makes no sense")))
}

/// The error is the number of a line that says nothing of a server.
fn find(text: &str, server: &str) -> Result<Option<Known>, usize> {
    let mut found = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, known) = line.split_once(char::is_whitespace).ok_or(at + 1)?;
        let known = match known.trim_start() {
            AUTHORITY => Known::Authority,
            fingerprint => Known::Certificate(fingerprint.parse().map_err(|_| at + 1)?),
        };
        if name.eq_ignore_ascii_case(server) {
            found = Some(known);
        }
    }
    Ok(found)
}

/// Adds what is known of a server from now on.
pub(super) fn add(file: &Path, server: &str, known: Known) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut opened = OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    let known = match known {
        Known::Certificate(fingerprint) => fingerprint.to_string(),
        Known::Authority => AUTHORITY.to_owned(),
    };
    opened.write_all(format!("{server} {known}\n").as_bytes())
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::*;
    use crate::tls::Fingerprint;

    #[test]
    fn the_last_line_of_a_server_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/known_servers");
        let known = |server| look_up(&file, server).unwrap();
        assert_eq!(known("chat.example:1"), None, "there is no file");
        let (first, second) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        add(&file, "chat.example:1", Known::Certificate(first)).unwrap();
        add(&file, "chat.example:2", Known::Authority).unwrap();
        assert_eq!(known("chat.example:1"), Some(Known::Certificate(first)));
        assert_eq!(known("CHAT.example:1"), Some(Known::Certificate(first)));
        assert_eq!(known("chat.example:2"), Some(Known::Authority));
        assert_eq!(known("chat.example:3"), None);
        add(&file, "chat.example:1", Known::Certificate(second)).unwrap();
        assert_eq!(known("chat.example:1"), Some(Known::Certificate(second)));
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_no_file_without_lines() {
        let fingerprint = Fingerprint::of(b"1");
        let text = format!("# mine\n\n  a:1\t{fingerprint}\r\nb:2 authority\n");
        assert_eq!(find(&text, "a:1"), Ok(Some(Known::Certificate(fingerprint))));
        assert_eq!(find(&text, "b:2"), Ok(Some(Known::Authority)));
        for (text, line) in [("a:1", 1), ("\na:1 AB:CD", 2), ("a:1 nobody", 1)] {
            assert_eq!(find(text, "b:2"), Err(line), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert!(look_up(folder.path(), "a:1").is_err(), "a folder is no file");
    }

    #[test]
    fn the_file_is_where_state_is() {
        let place = |variables: &'static [(&str, &str)]| {
            let value = move |name: &str| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| OsString::from(value))
            };
            usual_place(value).map(|path| path.to_str().unwrap().to_owned())
        };
        let at_home = Some("/home/ann/.local/state/mio-chat/known_servers".to_owned());
        assert_eq!(place(&[("HOME", "/home/ann")]), at_home);
        assert_eq!(place(&[("HOME", "/home/ann"), ("XDG_STATE_HOME", "here")]), at_home);
        let elsewhere = Some("/var/ann/mio-chat/known_servers".to_owned());
        assert_eq!(place(&[("HOME", "/home/ann"), ("XDG_STATE_HOME", "/var/ann")]), elsewhere);
        assert_eq!(place(&[]), None);
    }
}
