//! The file of known servers: what each must show the next time.
//!
//! ```text
//!     # host:port, and the SHA-256 of its self-signed certificate
//!     chat.example:55555 82:AD:50:6C:…
//!     # or that an authority vouched for it
//!     lobby.example:443 authority
//! ```
//!
//! Lines are only ever added, each in one write, so that two clients may do so at once; of several
//! for one server the last counts. A file that is too long to be read whole is an error: a server
//! whose line was not read would count as new.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::limits::KNOWN_SERVERS_BYTES_MAX;
use crate::tls::client::Known;

/// What stands for a certificate that an authority has issued.
const AUTHORITY: &str = "authority";

/// Where the file usually is (XDG base directories), if there is such a place.
pub(super) fn usual_place(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // Relative ones are to be ignored.
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("mio-chat/known_servers"))
}

/// What is known of a server: nothing, if there is no file.
pub(super) fn look_up(file: &Path, server: &str) -> io::Result<Option<Known>> {
    let mut bytes = Vec::new();
    match OpenOptions::new().read(true).open(file) {
        Ok(opened) => opened.take(KNOWN_SERVERS_BYTES_MAX + 1).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    refuse_beyond_limit(bytes.len() as u64)?;
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))?;
    find(&text, server).map_err(|line| io::Error::other(format!("line {line} makes no sense")))
}

fn refuse_beyond_limit(length: u64) -> io::Result<()> {
    if length > KNOWN_SERVERS_BYTES_MAX {
        let most = KNOWN_SERVERS_BYTES_MAX;
        return Err(io::Error::other(format!("it may not be longer than {most} bytes")));
    }
    Ok(())
}

/// The error is the number of a line that cannot be read.
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
    let mut options = OpenOptions::new();
    let mut opened = options.read(true).append(true).create(true).mode(0o600).open(file)?;
    let known = match known {
        Known::Certificate(fingerprint) => fingerprint.to_string(),
        Known::Authority => AUTHORITY.to_owned(),
    };
    // Whoever edited the file may have left out the last newline.
    let newline = if ends_within_line(&mut opened)? { "\n" } else { "" };
    let line = format!("{newline}{server} {known}\n");
    refuse_beyond_limit(opened.metadata()?.len() + line.len() as u64)?;
    opened.write_all(line.as_bytes())
}

fn ends_within_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
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
    fn a_line_that_makes_no_sense_is_an_error() {
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
    fn a_file_beyond_the_limit_is_refused_and_none_grows_beyond_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_servers");
        let known = Known::Certificate(Fingerprint::of(b"1"));
        add(&file, "a:1", known).unwrap();
        let lines = std::fs::read_to_string(&file).unwrap();
        // The line of the server is the last one within the limit, and then beyond it.
        let most = KNOWN_SERVERS_BYTES_MAX as usize;
        let padding = |bytes: usize| format!("#{}\n", "-".repeat(bytes - 2));
        std::fs::write(&file, padding(most - lines.len()) + &lines).unwrap();
        assert_eq!(look_up(&file, "a:1").unwrap(), Some(known));
        let error = add(&file, "b:2", Known::Authority).unwrap_err().to_string();
        assert_eq!(error, "it may not be longer than 1048576 bytes");
        assert_eq!(look_up(&file, "a:1").unwrap(), Some(known), "nothing was added");
        std::fs::write(&file, padding(most) + &lines).unwrap();
        let error = look_up(&file, "a:1").unwrap_err().to_string();
        assert_eq!(error, "it may not be longer than 1048576 bytes");
    }

    #[test]
    fn a_line_is_added_behind_the_last_one_even_if_that_has_no_newline() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_servers");
        for text in ["", "# mine", "a:1 authority", "a:1 authority\n", "a:1 authority\n\n"] {
            std::fs::write(&file, text).unwrap();
            add(&file, "b:2", Known::Authority).unwrap();
            let expected = text.contains("a:1").then_some(Known::Authority);
            assert_eq!(look_up(&file, "a:1").unwrap(), expected, "{text:?}");
            assert_eq!(look_up(&file, "b:2").unwrap(), Some(Known::Authority), "{text:?}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a:1 authority\n\nb:2 authority\n");
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
