//! Encryption of the connection: whom to trust, what is remembered, and what the user is told.

use std::path::{Path, PathBuf};

use super::error::ChatError;
use super::known_servers;
use crate::tls::client::{
    ClientError, Connector, Distrust, Fingerprint, Known, Target, Trust, Verdict,
};

/// What is said of every server that is not trusted.
const NOTHING_SENT: &str = "Nothing was sent.";

/// Encryption, as it is wanted.
#[derive(Clone, Debug)]
pub struct ChatTls {
    /// The server's name or address, as its certificate has it.
    pub name: String,
    /// Certificates to trust, in PEM; none: those that the system trusts, and self-signed ones from
    /// the first time on.
    pub ca: Option<String>,
    /// The only certificate to trust.
    pub pin: Option<Fingerprint>,
}

/// Encryption of the connections to one server.
#[derive(Debug)]
pub(super) struct Security {
    tls: ChatTls,
    /// What will be spoken.
    protocol: &'static str,
    connector: Connector,
    /// The server as it is remembered.
    server: String,
    /// Whether it is remembered at all, where, and as what.
    is_remembered: bool,
    file: Option<PathBuf>,
    /// The file says what is known.
    is_kept: bool,
    known: Option<Known>,
}

impl Security {
    /// What is known of a server before the first connection. `protocol` is what will be
    /// spoken.
    pub(super) fn new(
        server: &str,
        tls: &ChatTls,
        protocol: &'static str,
    ) -> Result<Self, ChatError> {
        let is_remembered = tls.ca.is_none() && tls.pin.is_none();
        let server = server.to_ascii_lowercase();
        let file =
            known_servers::usual_place(|name| std::env::var_os(name)).filter(|_| is_remembered);
        let known = look_up(file.as_deref(), &server)?;
        let connector = connector(tls, protocol, known)
            .map_err(|source| ChatError::Tls { server: server.clone(), source })?;
        let tls = tls.clone();
        Ok(Self { tls, protocol, connector, server, is_remembered, file, is_kept: true, known })
    }

    /// Looks again at what is remembered, which the user may have changed since the last try.
    pub(super) fn refresh(&mut self) -> Result<(), ChatError> {
        let known = look_up(self.file.as_deref(), &self.server)?;
        // What could not be written down is remembered here alone.
        if known != self.known && self.is_kept {
            self.connector = connector(&self.tls, self.protocol, known)
                .map_err(|source| ChatError::Tls { server: self.server.clone(), source })?;
            self.known = known;
        }
        Ok(())
    }

    /// What connections are made by.
    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// The server has shown who it is, which is remembered. Returns what the user is to be told.
    pub(super) fn note(&mut self, verdict: Verdict) -> Option<String> {
        let (known, told) = match verdict {
            Verdict::Pinned | Verdict::Known => return None,
            Verdict::Authority => (Known::Authority, None),
            Verdict::New(found) => (
                Known::Certificate(found),
                Some(format!(
                    "this is the first connection to {}, and its certificate is self-signed: \
                     {found}; compare it with what the server shows when it starts",
                    self.server
                )),
            ),
        };
        if !self.is_remembered || self.known == Some(known) {
            return None;
        }
        self.known = Some(known);
        self.connector.remember(known);
        let kept = match &self.file {
            None => Err("neither HOME nor XDG_STATE_HOME names a folder".to_owned()),
            Some(file) => known_servers::add(file, &self.server, known)
                .map_err(|error| format!("{}: {error}", file.display())),
        };
        self.is_kept = kept.is_ok();
        match (told, kept) {
            (told, Ok(())) => {
                let file = self.file.as_ref().map(|file| file.display());
                told.zip(file).map(|(told, file)| format!("{told}. It is remembered in {file}"))
            }
            (Some(told), Err(why)) => Some(format!("{told}. It cannot be remembered: {why}")),
            // Whoever an authority vouches for is known without that.
            (None, Err(_)) => None,
        }
    }

    /// What the user is told of a server that is not the one that was meant.
    pub(super) fn warning(&self, why: &Distrust) -> String {
        let found = self.connector.seen();
        let pin = found.map_or("--pin".to_owned(), |found| format!("--pin {found}"));
        if self.tls.pin.is_some() {
            return format!("{why}. {NOTHING_SENT}");
        }
        if !why.is_change() {
            let by_authority = if why.is_unknown_authority() {
                "name its authority by --ca FILE, or this certificate alone by"
            } else {
                "name whom to trust by --ca FILE, or this certificate alone by"
            };
            return format!("{why}. {NOTHING_SENT} If you know better, {by_authority} {pin}");
        }
        let server = &self.server;
        let remedy = match &self.file {
            _ if why.is_unknown_authority() => format!("name its authority by --ca FILE, or {pin}"),
            Some(file) if self.is_kept => {
                format!("delete the lines of {server} from {}", file.display())
            }
            _ => "start this program again, which has remembered the old one by itself".to_owned(),
        };
        format!(
            "WARNING: {why}. Somebody may be intercepting the connection, or the server has a \
             new certificate. {NOTHING_SENT} Ask whoever runs it; if the new one is right, {remedy}"
        )
    }
}

/// What is remembered of a server, where anything is.
fn look_up(file: Option<&Path>, server: &str) -> Result<Option<Known>, ChatError> {
    let Some(file) = file else { return Ok(None) };
    known_servers::look_up(file, server)
        .map_err(|source| ChatError::KnownServers { file: file.to_owned(), source })
}

fn connector(
    tls: &ChatTls,
    protocol: &str,
    known: Option<Known>,
) -> Result<Connector, ClientError> {
    let trust = match (&tls.ca, tls.pin) {
        (_, Some(pin)) => Trust::Pin(pin),
        (Some(ca), None) => Trust::Authorities(ca.clone().into_bytes()),
        (None, None) => Trust::FirstUse(known),
    };
    let target = Target { name: &tls.name, protocol: Some(protocol), resumes: true };
    Connector::new(&target, trust)
}
