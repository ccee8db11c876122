//! An operator's files: text of a bounded size, which the loop reads while it serves nobody.
//!
//! Every file that a person has written for the server is read here, so that it may have been saved
//! by any editor: a byte order mark, line ends of Windows or of an old Mac, and the end mark of DOS
//! are ignored. Another encoding than UTF-8 is reported as such.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use thiserror::Error;

/// Bytes of such a file: some hundred times what all settings or a hundred operators need.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The mark that Windows editors put at the beginning of a UTF-8 file.
const BYTE_ORDER_MARK: char = '\u{FEFF}';
/// The end of a text in DOS, which `copy` still adds.
const END_OF_FILE: char = '\u{1A}';

/// Why a file is not read.
#[derive(Debug, Error)]
pub(crate) enum TextError {
    /// The system does not let us.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It could keep us waiting for ever.
    #[error("it is not a regular file")]
    Irregular,
    /// It is text in two bytes a character, as Windows calls "Unicode".
    #[error("it is text in UTF-16")]
    Utf16,
    /// A line of it holds bytes that are no text.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// Which line, from 1.
        line: usize,
    },
    /// A line of it holds a NUL, which no text does.
    #[error("line {line} holds a NUL byte, so it is not a text file")]
    Nul {
        /// Which line, from 1.
        line: usize,
    },
}

impl TextError {
    /// Advice for the user; `flag` names another file.
    pub(super) fn advice(&self, flag: &str) -> String {
        match self {
            Self::Utf16 | Self::NotUtf8 { .. } => "save it as UTF-8".to_owned(),
            Self::Read(_) | Self::Irregular | Self::Nul { .. } => {
                format!("name another file with {flag}")
            }
        }
    }
}

/// Reads a whole file. Its lines end in a newline alone, and it begins with none of the marks that
/// an editor may have added.
///
/// # Errors
/// It cannot be read, is no text or too large, or is something that could keep us waiting.
pub(super) fn read(file: &Path) -> Result<String, TextError> {
    decode(&read_bytes(file)?)
}

/// Reads a whole file in PEM, whose lines may hold notes in any encoding that has ASCII in it.
///
/// # Errors
/// It cannot be read, is in UTF-16 or too large, or is something that could keep us waiting.
pub(super) fn read_pem(file: &Path) -> Result<Vec<u8>, TextError> {
    let bytes = read_bytes(file)?;
    if is_utf16(&bytes) { Err(TextError::Utf16) } else { Ok(bytes) }
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, TextError> {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let no_wait = OFlags::NONBLOCK.bits() as i32;
    let opened = OpenOptions::new().read(true).custom_flags(no_wait).open(file)?;
    let about = opened.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
    }
    if !about.is_file() {
        return Err(TextError::Irregular);
    }
    if about.len() > FILE_BYTES_MAX {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
    }
    let mut bytes = Vec::new();
    opened.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text that these bytes are, whatever editor has saved them.
pub(super) fn decode(bytes: &[u8]) -> Result<String, TextError> {
    let line_of = |place: usize| 1 + bytes[..place].iter().filter(|byte| **byte == b'\n').count();
    if is_utf16(bytes) {
        return Err(TextError::Utf16);
    }
    if let Some(place) = bytes.iter().position(|byte| *byte == 0) {
        return Err(TextError::Nul { line: line_of(place) });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| TextError::NotUtf8 { line: line_of(error.valid_up_to()) })?;
    let text = text.trim_end_matches(END_OF_FILE).replace("\r\n", "\n").replace('\r', "\n");
    // Files that were joined have more than one.
    Ok(text
        .replace(&format!("\n{BYTE_ORDER_MARK}"), "\n")
        .trim_start_matches(BYTE_ORDER_MARK)
        .into())
}

/// Whether every character has two bytes: by the mark that such a file begins with, or by the NULs
/// that ASCII has then.
fn is_utf16(bytes: &[u8]) -> bool {
    let is_marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    is_marked || matches!(bytes, [0, first, ..] | [first, 0, ..] if *first != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_matter_what_editor_has_saved_a_file() {
        for bytes in [
            &b"one\ntwo\n"[..],
            b"one\r\ntwo\r\n",
            b"one\rtwo\r",
            b"\xef\xbb\xbfone\ntwo\n",
            b"\xef\xbb\xbf\xef\xbb\xbfone\r\n\xef\xbb\xbftwo\r\n",
            b"one\r\ntwo\r\n\x1a",
        ] {
            assert_eq!(decode(bytes).unwrap(), "one\ntwo\n", "{bytes:?}");
        }
        assert_eq!(decode(b"").unwrap(), "");
        assert_eq!(decode(b"\xef\xbb\xbf").unwrap(), "");
        assert_eq!(decode("café \u{FEFF}\n".as_bytes()).unwrap(), "café \u{FEFF}\n");
    }

    #[test]
    fn what_is_not_text_is_told_as_what_it_is() {
        let utf16 = |text: &str, mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
            [mark, &text.encode_utf16().flat_map(bytes).collect::<Vec<_>>()].concat()
        };
        for bytes in [
            utf16("tcp = 1", b"\xff\xfe", u16::to_le_bytes),
            utf16("tcp = 1", b"\xfe\xff", u16::to_be_bytes),
            utf16("tcp = 1", b"", u16::to_le_bytes),
            utf16("tcp = 1", b"", u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).unwrap_err().to_string(), "it is text in UTF-16");
        }
        let latin1 = decode(b"# fine\n# caf\xe9\n").unwrap_err();
        assert_eq!(latin1.to_string(), "line 2 is not UTF-8");
        assert_eq!(latin1.advice("-c"), "save it as UTF-8");
        let binary = decode(b"fine\n\nnot \0 fine").unwrap_err();
        assert!(binary.to_string().starts_with("line 3 holds a NUL"), "{binary}");
    }
}
