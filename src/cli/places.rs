//! Whether the server could use the folder and the file that the settings name, looked at without
//! making or opening either: a check of settings leaves nothing behind, and disturbs no server that
//! runs.

use std::fs;
use std::io;
use std::path::Path;

use mio_chat::net::LogError;
use mio_chat::store::StoreError;
use rustix::fs::{Access, PROC_SUPER_MAGIC, access, statfs};
use thiserror::Error;

use super::serve::ServeArgs;

/// The kernel's magic number of the file system below `/sys`.
const SYSFS_MAGIC: u64 = 0x6265_6572;

/// A place that cannot be used.
#[derive(Debug, Error)]
pub(crate) enum PlaceError {
    /// The folder of `--state`.
    #[error(transparent)]
    State(StoreError),
    /// The file of `--log-file`.
    #[error(transparent)]
    Log(LogError),
}

/// Looks at every place that the server would write to.
///
/// # Errors
/// One of them could not be used; the sentence is that of a start that fails for it.
pub(crate) fn check_places(args: &ServeArgs) -> Result<(), PlaceError> {
    if let Some(folder) = args.state_folder() {
        could_keep(folder).map_err(|source| {
            PlaceError::State(StoreError::Folder { folder: folder.to_owned(), source })
        })?;
    }
    if let Some(file) = args.log_settings().file {
        could_append(&file)
            .map_err(|source| PlaceError::Log(LogError::File { path: file, source }))?;
    }
    Ok(())
}

/// Whether a folder is there to be written to, with all that is in it, or could be made.
fn could_keep(folder: &Path) -> io::Result<()> {
    if cfg!(not(feature = "store")) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    if !is_there(folder)? {
        return could_make(folder);
    }
    could_write_into(folder)?;
    access(folder, Access::READ_OK)?;
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name == "lock" || name.starts_with("mio-chat.db") {
            access(&file, Access::READ_OK | Access::WRITE_OK)?;
        }
    }
    Ok(())
}

/// Whether a file is there to be appended to, or could be made.
fn could_append(file: &Path) -> io::Result<()> {
    match is_there(file)? {
        true if fs::metadata(file)?.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        true => Ok(access(file, Access::WRITE_OK)?),
        // Its folder is not made, and a name that ends in a slash is no file's.
        false if file.as_os_str().as_encoded_bytes().ends_with(b"/") => {
            Err(io::ErrorKind::IsADirectory.into())
        }
        false => could_write_into(parent(file)),
    }
}

/// Whether a folder, and its missing parents, could be made.
fn could_make(folder: &Path) -> io::Result<()> {
    let mut above = parent(folder);
    while !is_there(above)? {
        above = parent(above);
    }
    could_write_into(above)
}

/// Whether something could be made in a folder.
fn could_write_into(folder: &Path) -> io::Result<()> {
    if !fs::metadata(folder)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    access(folder, Access::WRITE_OK | Access::EXEC_OK)?;
    // Root may do anything there but make files.
    let kind = statfs(folder)?.f_type;
    if kind == PROC_SUPER_MAGIC || u64::try_from(kind).is_ok_and(|kind| kind == SYSFS_MAGIC) {
        let why = "that file system keeps no files of programs";
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    Ok(())
}

/// Whether there is something of this name. One that only points to nothing is an error: nothing
/// could be made there.
fn is_there(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::symlink_metadata(path) {
            Ok(_) => Err(io::Error::new(error.kind(), "it is a link to nothing")),
            Err(_) => Ok(false),
        },
        Err(error) => Err(error),
    }
}

/// The folder above.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => Path::new("/"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_could_be_used_is_told_from_what_could_not_and_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        symlink(at("nothing"), at("dangling")).unwrap();
        symlink(at("loop"), at("loop")).unwrap();
        let kept =
            [at("new"), at("a/b/c"), folder.path().to_owned(), "here".into(), "./a/b".into()];
        for good in kept {
            assert!(could_keep(&good).is_ok(), "{}", good.display());
        }
        let bad = ["/dev/null", "/dev/null/x", "/proc/x/y", "/sys/x", "/"].map(Into::into);
        let other =
            [at("file"), at("file/x"), at("dangling"), at("dangling/x"), at("loop"), at("loop/x")];
        for bad in bad[..4].iter().chain(&other) {
            assert!(could_keep(bad).is_err(), "{}", bad.display());
        }
        for good in [at("new.log"), at("file"), "/dev/null".into(), "here.log".into()] {
            assert!(could_append(&good).is_ok(), "{}", good.display());
        }
        for bad in
            bad.iter().chain(&[at("missing/new.log"), at("new/"), at("dangling"), at("loop")])
        {
            let takes_all = *bad == Path::new("/dev/null");
            assert_eq!(could_append(bad).is_ok(), takes_all, "{}", bad.display());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
