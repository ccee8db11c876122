//! Files of an operator: text of a bounded size, which the loop reads while it serves nobody.

use std::io;
use std::path::Path;

/// Bytes of such a file: some hundred times what all settings or a hundred operators need.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads a whole file.
///
/// # Errors
/// It cannot be read, is no text or too large, or is something that could keep us waiting.
pub(super) fn read(file: &Path) -> io::Result<String> {
    let about = std::fs::metadata(file)?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    if about.len() > FILE_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    std::fs::read_to_string(file)
}
