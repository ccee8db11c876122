//! What both ends ask of rustls, which writes into slices: the records go behind others.

use rustls::unbuffered::{EncodeError, EncodeTlsData, EncryptError};

/// Appends a record of rustls's own, such as one of the handshake.
pub(super) fn encode<Data>(
    mut data: EncodeTlsData<'_, Data>,
    out: &mut Vec<u8>,
) -> Result<(), EncryptError> {
    append(out, |room| {
        data.encode(room).map_err(|error| match error {
            EncodeError::InsufficientSize(size) => EncryptError::InsufficientSize(size),
            EncodeError::AlreadyEncoded => EncryptError::EncryptExhausted,
        })
    })
}

/// Appends what `write` writes, which says how much room it needs as long as it has less.
pub(super) fn append(
    out: &mut Vec<u8>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), EncryptError> {
    let before = out.len();
    loop {
        match write(&mut out[before..]) {
            Err(EncryptError::InsufficientSize(needed))
                if before + needed.required_size > out.len() =>
            {
                out.resize(before + needed.required_size, 0);
            }
            written => {
                out.truncate(before + written.as_ref().map_or(0, |count| *count));
                return written.map(|_| ());
            }
        }
    }
}
