//! The flags of TLS, and the files that they name.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use mio_chat::dialect::{Encryption, StrictTransport};
use mio_chat::limits::CERTIFICATES_MAX;
use mio_chat::net;
use mio_chat::tls::{Acceptor, Identity, IdentityError, TlsError};
use thiserror::Error;

use super::self_signed::{self, KeepError};
use super::serve::ServeArgs;
use super::text_file::{self, TextError};

/// The permission of everybody to read.
const READABLE_BY_ALL: u32 = 0o004;

#[derive(Debug, Args)]
#[command(next_help_heading = "Encryption")]
pub(super) struct TlsArgs {
    /// Certificate in PEM, with its chain behind it: the chat port then speaks TLS and HTTPS as
    /// well. May be given more than once, for several hosts; SIGHUP reads the files again
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "MIO_CHAT_TLS_CERT")]
    tls_cert: Vec<PathBuf>,
    /// Private key of the certificate, in PEM; for several, in the same order [default: in the file
    /// of the certificate]
    #[arg(long, value_name = "FILE", value_delimiter = ',', env = "MIO_CHAT_TLS_KEY")]
    tls_key: Vec<PathBuf>,
    /// "self-signed" makes a certificate, and keeps it in --state if there is one; "only" refuses
    /// unencrypted clients from other machines; both may be given
    #[arg(long, value_name = "HOW", value_delimiter = ',', env = "MIO_CHAT_TLS")]
    tls: Vec<TlsMode>,
    /// Tell IRC clients to connect by TLS, and by nothing else for this long after each connection
    /// (STS): TIME, or TIME:PORT where TLS is reached at another port than the first of --tcp; 0s
    /// withdraws it [default: they are told nothing]
    #[arg(long, value_name = "TIME[:PORT]", env = "MIO_CHAT_STS")]
    sts: Option<TransportChoice>,
}

/// How IRC clients are told to come encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TransportChoice(StrictTransport);

/// Longer than any certificate lasts.
const STRICT_DAYS_MAX: u64 = 365;

impl FromStr for TransportChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (time, port) = match text.trim().split_once(':') {
            Some((time, port)) => (time, Some(port)),
            None => (text.trim(), None),
        };
        let seconds = match humantime::parse_duration(time) {
            Ok(time) if time.subsec_nanos() == 0 => time.as_secs(),
            _ if time == "0" => 0,
            _ => return Err("not a time in whole seconds, such as 30days".to_owned()),
        };
        if seconds > STRICT_DAYS_MAX * 24 * 60 * 60 {
            return Err(format!("more than {STRICT_DAYS_MAX}days"));
        }
        let port = port.map(str::parse).transpose().ok().filter(|port| *port != Some(0));
        let port = port.ok_or("not a port (1 to 65535) behind the time")?;
        Ok(Self(StrictTransport { seconds: seconds as u32, port }))
    }
}

/// How TLS is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TlsMode {
    SelfSigned,
    Only,
}

/// Why there is no TLS.
#[derive(Debug, Error)]
pub(crate) enum TlsFileError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}; {}", file.display(), advice(source, flag))]
    Read {
        /// Which file.
        file: PathBuf,
        /// The flag that names it.
        flag: &'static str,
        /// Why.
        source: TextError,
    },
    /// A certificate cannot be used.
    #[error("cannot use {} as a certificate: {source}", file.display())]
    Certificate {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: IdentityError,
    },
    /// Clients would be shut out for long.
    #[error(
        "--sts needs certificates that clients trust, and one of --tls-cert is self-signed: leave \
         out --sts, or name another certificate"
    )]
    SelfSignedForSts,
    /// There is no key beside a certificate.
    #[error("there is no private key in {}: name the file of its key with --tls-key", .0.display())]
    NoKey(PathBuf),
    /// A key cannot be used.
    #[error("cannot use {}: {source}", key_of(file, certificate))]
    Key {
        /// Which file.
        file: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
        /// Why.
        source: IdentityError,
    },
    /// There is no certificate of our own.
    #[error(transparent)]
    SelfSigned(#[from] KeepError),
    /// None was made.
    #[error(transparent)]
    Make(#[from] IdentityError),
    /// The library refuses.
    #[error(transparent)]
    SetUp(#[from] TlsError),
}

/// What to call the key of a certificate.
fn key_of(file: &Path, certificate: &Path) -> String {
    if file == certificate {
        return format!("the key in {}", file.display());
    }
    format!("{} as the key of {}", file.display(), certificate.display())
}

/// Advice for whoever runs the server.
fn advice(error: &TextError, flag: &str) -> String {
    match error {
        TextError::Read(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            "let the server's user or group read it (see docs/DEPLOY.md)".to_owned()
        }
        other => other.advice(flag),
    }
}

impl TlsArgs {
    /// Whether clients may come encrypted, or have to.
    pub(super) fn encryption(&self) -> Encryption {
        if self.tls.contains(&TlsMode::Only) {
            Encryption::Required
        } else if self.is_self_signed() || !self.tls_cert.is_empty() {
            Encryption::Offered
        } else {
            Encryption::None
        }
    }

    /// How IRC clients are told to come encrypted, if they are.
    pub(super) fn strict_transport(&self) -> Option<StrictTransport> {
        self.sts.map(|chosen| chosen.0)
    }

    /// Whether a certificate is to be made.
    pub(super) fn is_self_signed(&self) -> bool {
        self.tls.contains(&TlsMode::SelfSigned)
    }

    /// Checks that involve several flags.
    pub(super) fn check(&self) -> Result<(), String> {
        let (certificates, keys) = (self.tls_cert.len(), self.tls_key.len());
        let asked = [
            ("--tls", self.tls.len()),
            ("--tls-cert", certificates),
            ("--tls-key", keys),
            ("--sts", usize::from(self.sts.is_some())),
        ];
        let asked = asked.into_iter().find(|(_, count)| *count > 0);
        if let (false, Some((flag, _))) = (cfg!(feature = "tls"), asked) {
            return Err(format!("{flag}: this mio-chat was built without the feature `tls`"));
        }
        if certificates > CERTIFICATES_MAX {
            return Err(format!("there may be {CERTIFICATES_MAX} --tls-cert at most"));
        }
        if keys > 0 && keys != certificates {
            let files = if certificates == 1 { "file" } else { "files" };
            return Err(format!(
                "--tls-cert names {certificates} {files} and --tls-key {keys}: there must be a key \
                 for each certificate, in the same order, or none if they are in the same files"
            ));
        }
        if self.is_self_signed() && certificates > 0 {
            return Err("--tls self-signed makes a certificate, and --tls-cert names one: leave \
                        out either"
                .to_owned());
        }
        if self.tls.contains(&TlsMode::Only) && certificates == 0 && !self.is_self_signed() {
            return Err("--tls only needs a certificate: name one with --tls-cert, or have one \
                        made with --tls self-signed,only"
                .to_owned());
        }
        if self.sts.is_some() && certificates == 0 {
            return Err("--sts needs a certificate that clients trust: name one with --tls-cert, \
                        or leave out --sts"
                .to_owned());
        }
        Ok(())
    }

    /// The files of each certificate and its key.
    fn pairs(&self) -> impl Iterator<Item = (&Path, &Path)> {
        let key_of = |index: usize| self.tls_key.get(index).unwrap_or(&self.tls_cert[index]);
        let certificates = self.tls_cert.iter().enumerate();
        certificates.map(move |(index, file)| (file.as_path(), key_of(index).as_path()))
    }

    /// What is worth a warning and no reason to stop.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (certificate, key) in self.pairs() {
            let mode = fs::metadata(key).map_or(0, |about| about.permissions().mode());
            if mode & READABLE_BY_ALL != 0 {
                let key = key.display();
                warnings.push(format!("every user of this machine can read the key in {key}"));
            }
            // As certbot lays them out.
            let full = certificate.with_file_name("fullchain.pem");
            if certificate.file_name().is_some_and(|name| name == "cert.pem") && full.exists() {
                let (certificate, full) = (certificate.display(), full.display());
                warnings.push(format!(
                    "{certificate} lacks the certificates of those who vouch for it; name {full}"
                ));
            }
        }
        warnings
    }
}

/// With what encrypted connections are accepted, as the files are now; if any are to be. A check of
/// settings keeps nothing.
///
/// # Errors
/// One of the files cannot be used. Nothing of the others is used, then.
pub(crate) fn read_tls(args: &ServeArgs) -> Result<Option<Acceptor>, TlsFileError> {
    let tls = args.tls();
    if tls.is_self_signed() {
        let (now, folder) = (net::calendar(), args.state_folder());
        let kept = match folder {
            Some(folder) if args.only_check() => self_signed::read(folder)?,
            Some(folder) => Some(self_signed::read_or_make(folder, now)?),
            None => None,
        };
        return Ok(Some(match kept {
            Some(identity) => Acceptor::new(vec![identity])?,
            None => Acceptor::unkept(self_signed::make(now)?)?,
        }));
    }
    let identities: Vec<Identity> = tls
        .pairs()
        .map(|(certificate, key)| read_pair(certificate, key))
        .collect::<Result<_, _>>()?;
    if identities.is_empty() {
        return Ok(None);
    }
    let acceptor = Acceptor::new(identities)?;
    if tls.sts.is_some() && !acceptor.is_public() {
        return Err(TlsFileError::SelfSignedForSts);
    }
    Ok(Some(acceptor))
}

/// What is worth a warning about the files.
pub(crate) fn tls_file_warnings(args: &ServeArgs) -> Vec<String> {
    args.tls().warnings()
}

/// What is worth a warning about the files and the certificates in them.
pub(crate) fn tls_warnings(args: &ServeArgs, acceptor: Option<&Acceptor>) -> Vec<String> {
    let certificates = acceptor.map_or(&[][..], Acceptor::certificates);
    let concerns = certificates.iter().flat_map(|it| it.concerns(net::calendar()));
    tls_file_warnings(args).into_iter().chain(concerns).collect()
}

fn read_pair(certificate: &Path, key: &Path) -> Result<Identity, TlsFileError> {
    let read = |file: &Path, flag| {
        let fail = |source| TlsFileError::Read { file: file.to_owned(), flag, source };
        text_file::read_pem(file).map_err(fail)
    };
    let chain = read(certificate, "--tls-cert")?;
    Identity::from_pem(&chain, &read(key, "--tls-key")?).map_err(|source| {
        let (file, certificate) = (key.to_owned(), certificate.to_owned());
        if file == certificate && source.is_no_key() {
            TlsFileError::NoKey(file)
        } else if source.is_of_key() {
            TlsFileError::Key { file, certificate, source }
        } else {
            TlsFileError::Certificate { file: certificate, source }
        }
    })
}

#[cfg(all(test, not(feature = "tls")))]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Flags {
        #[command(flatten)]
        tls: TlsArgs,
    }

    #[test]
    fn without_tls_its_flags_are_refused() {
        for flag in ["--tls-cert=a", "--tls-key=a", "--tls=only", "--tls=self-signed", "--sts=1d"] {
            let said = Flags::parse_from(["mio-chat", flag]).tls.check().unwrap_err();
            assert!(said.ends_with("was built without the feature `tls`"), "{flag}: {said}");
        }
        assert_eq!(Flags::parse_from(["mio-chat"]).tls.check(), Ok(()));
    }
}
