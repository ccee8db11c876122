//! Files of an operator: text of a bounded size, which the loop reads while it serves nobody.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Bytes of such a file: some hundred times what all settings or a hundred operators need.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads a whole file.
///
/// # Errors
/// It cannot be read, is no text or too large, or is something that could keep us waiting.
pub(super) fn read(file: &Path) -> io::Result<String> {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    let no_wait = OFlags::NONBLOCK.bits() as i32;
    let opened = OpenOptions::new().read(true).custom_flags(no_wait).open(file)?;
    let about = opened.metadata()?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    if about.len() > FILE_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut text = String::new();
    opened.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
