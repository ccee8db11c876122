//! The certificate of a server that has none: made once, and kept in the folder of `--state`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use mio_chat::time::UnixTime;
use mio_chat::tls::{Identity, IdentityError, SelfSigned};
use thiserror::Error;

use super::text_file::{self, TextError};

/// The certificate's file in the folder.
pub(super) const CERTIFICATE_FILE: &str = "tls-cert.pem";
/// The key's.
pub(super) const KEY_FILE: &str = "tls-key.pem";
/// Where the system tells the name of this machine.
const HOST_FILE: &str = "/proc/sys/kernel/hostname";
/// For whom the certificate is besides the machine's name.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no certificate.
#[derive(Debug, Error)]
pub(crate) enum KeepError {
    /// It was not made.
    #[error(transparent)]
    Make(#[from] IdentityError),
    /// It was made and cannot be kept.
    #[error("cannot keep a self-signed certificate in {}: {source}", file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was kept cannot be read.
    #[error("cannot read {}: {source}; move it away, with {CERTIFICATE_FILE}, to have \
             another certificate made", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: TextError,
    },
    /// What was kept is none.
    #[error(
        "cannot use {CERTIFICATE_FILE} and {KEY_FILE} in {}: {source}; move both away to have \
         others made", folder.display()
    )]
    Use {
        /// Where.
        folder: PathBuf,
        /// Why.
        source: IdentityError,
    },
}

/// Makes a certificate for this machine.
pub(super) fn make(now: UnixTime) -> Result<SelfSigned, IdentityError> {
    let machine = fs::read_to_string(HOST_FILE).unwrap_or_default();
    let mut hosts = vec![machine.trim().to_owned()];
    hosts.extend(LOCAL_HOSTS.iter().map(ToString::to_string).filter(|host| host != machine.trim()));
    SelfSigned::make(&hosts, now)
}

/// The certificate that is kept in a folder; made, if there is none.
pub(super) fn read_or_make(folder: &Path, now: UnixTime) -> Result<Identity, KeepError> {
    if let Some(identity) = read(folder)? {
        return Ok(identity);
    }
    let made = make(now)?;
    let fail = |file: &Path| {
        let file = file.to_owned();
        move |source| KeepError::Write { file, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail(folder))?;
    // The certificate is written last: one that is there has its key.
    let files = [(KEY_FILE, &made.key), (CERTIFICATE_FILE, &made.certificate)];
    for (name, text) in files {
        let file = folder.join(name);
        write(&file, text).map_err(fail(&file))?;
    }
    Ok(made.identity()?)
}

/// The certificate that is kept in a folder, if there is one.
pub(super) fn read(folder: &Path) -> Result<Option<Identity>, KeepError> {
    let certificate = folder.join(CERTIFICATE_FILE);
    if fs::symlink_metadata(&certificate).is_err_and(|why| why.kind() == io::ErrorKind::NotFound) {
        return Ok(None);
    }
    let read = |file: PathBuf| {
        text_file::read_pem(&file).map_err(|source| KeepError::Read { file, source })
    };
    let (certificate, key) = (read(certificate)?, read(folder.join(KEY_FILE))?);
    let used = Identity::from_pem(&certificate, &key);
    used.map(Some).map_err(|source| KeepError::Use { folder: folder.to_owned(), source })
}

/// Writes a file that only its owner may read, whole or not at all.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut writing = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    writing.write_all(text.as_bytes())?;
    writing.sync_all()?;
    fs::rename(&new, file)
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use mio_chat::net;

    use super::*;

    fn fingerprint(folder: &Path) -> String {
        read_or_make(folder, net::calendar()).unwrap().certificate().fingerprint().to_string()
    }

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("a/state");
        assert!(read(&state).unwrap().is_none() && !state.exists());
        let first = fingerprint(&state);
        assert_eq!(fingerprint(&state), first);
        let mode = |name: &str| fs::metadata(state.join(name)).unwrap().permissions().mode();
        assert_eq!((mode(KEY_FILE) & 0o777, mode("") & 0o777), (0o600, 0o700));
        assert_eq!(fs::read_dir(&state).unwrap().count(), 2, "nothing else is left there");
        // As when the machine has lost power between the two.
        fs::remove_file(state.join(CERTIFICATE_FILE)).unwrap();
        fs::write(state.join("tls-key.new"), "half").unwrap();
        assert_ne!(fingerprint(&state), first);
        assert_eq!(fs::read_dir(&state).unwrap().count(), 2);
    }

    #[test]
    fn one_that_cannot_be_used_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let refused = || read_or_make(folder.path(), net::calendar()).unwrap_err().to_string();
        fingerprint(folder.path());
        fs::write(folder.path().join(KEY_FILE), "").unwrap();
        assert!(refused().contains("move both away"), "{}", refused());
        fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
        assert!(refused().contains("tls-key.pem: No such file"), "{}", refused());
        fs::write(folder.path().join("file"), "").unwrap();
        let other = read_or_make(&folder.path().join("file"), net::calendar()).unwrap_err();
        assert!(other.to_string().starts_with("cannot read"), "{other}");
    }
}
