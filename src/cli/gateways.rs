//! Gateways that may say for whom they come: the file that names them.

use std::path::{Path, PathBuf};

use mio_chat::password::SlowHash;
use mio_chat::server::Gateway;
use mio_chat::subnet::Subnet;
use thiserror::Error;

use super::text_file::{self, TextError};

/// Why gateways are not known.
#[derive(Debug, Error)]
pub(crate) enum GatewayError {
    /// The file cannot be read.
    #[error(
        "cannot read the gateways in {}: {source}; {}", file.display(), source.advice("--webirc")
    )]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: TextError,
    },
    /// A line of it makes no sense.
    #[error(
        "cannot understand line {line} of {}: {why}; it has to be an address or a network, a space \
         and what `mio-chat hash-password` prints",
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
}

/// Reads the file of gateways. Empty lines and lines that begin with `#` are skipped.
pub(crate) fn read_gateways(file: &Path) -> Result<Vec<Gateway>, GatewayError> {
    let text = text_file::read(file)
        .map_err(|source| GatewayError::Read { file: file.to_owned(), source })?;
    let mut gateways: Vec<Gateway> = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parsed = parse(line).and_then(|gateway| {
            let is_second = gateways.iter().any(|other| other.from == gateway.from);
            if is_second { Err("another line is of the same address") } else { Ok(gateway) }
        });
        let gateway = parsed.map_err(|why| GatewayError::Line {
            file: file.to_owned(),
            line: index + 1,
            why,
        })?;
        gateways.push(gateway);
    }
    Ok(gateways)
}

fn parse(line: &str) -> Result<Gateway, &'static str> {
    let (from, hash) =
        line.split_once(char::is_whitespace).ok_or("it is not an address, a space and a hash")?;
    let from: Subnet = from.parse().map_err(|_| "the address is none")?;
    let password = SlowHash::parse(hash.trim());
    let password = password.ok_or("the hash is not one of \"mio-chat hash-password\"")?;
    Ok(Gateway { from, password })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_gateways_and_says_where_it_does_not() {
        let hash = "pbkdf2-sha256:1000:73616c74:\
                    c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateways");
        let text = format!("# kiwi\n\n10.0.0.5 {hash}\n  2001:db8:7::/64\t{hash} \n");
        std::fs::write(&file, text).unwrap();
        let gateways = read_gateways(&file).unwrap();
        let known: Vec<String> = gateways.iter().map(|it| it.from.to_string()).collect();
        assert_eq!(known, ["10.0.0.5/32", "2001:db8:7::/64"]);
        for (line, why) in [
            ("10.0.0.5".to_owned(), "it is not an address, a space and a hash"),
            ("10.0.0.5 secret".to_owned(), "the hash is not one of \"mio-chat hash-password\""),
            (format!("kiwi.example {hash}"), "the address is none"),
            (format!("10.0.0.9 {hash}\n10.0.0.9 {hash}"), "another line is of the same address"),
        ] {
            std::fs::write(&file, format!("# us\n{line}\n")).unwrap();
            let error = read_gateways(&file).unwrap_err().to_string();
            let number = 1 + line.lines().count();
            assert!(error.contains(&format!("line {number}")) && error.contains(why), "{error}");
        }
        let missing = read_gateways(&folder.path().join("nothing")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read the gateways in"), "{missing}");
    }
}
