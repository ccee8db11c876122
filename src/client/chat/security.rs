//! Encryption of the connection: whom to trust, what is remembered, and what the user is told.

use std::path::PathBuf;

use super::error::ChatError;
use super::known_servers;
use crate::tls::client::{Connector, Distrust, Fingerprint, Known, Target, Trust, Verdict};

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
    connector: Connector,
    /// The server as it is remembered.
    server: String,
    /// Whether it is remembered at all, where, and as what.
    is_remembered: bool,
    file: Option<PathBuf>,
    known: Option<Known>,
}

impl Security {
    /// What is known of a server before the first connection. `protocol` is what will be
    /// spoken.
    pub(super) fn new(server: &str, tls: &ChatTls, protocol: &str) -> Result<Self, ChatError> {
        let is_remembered = tls.ca.is_none() && tls.pin.is_none();
        let server = server.to_ascii_lowercase();
        let file = known_servers::usual_place(|name| std::env::var_os(name));
        let known = match &file {
            Some(file) if is_remembered => known_servers::look_up(file, &server)
                .map_err(|source| ChatError::KnownServers { file: file.clone(), source })?,
            _ => None,
        };
        let trust = match (&tls.ca, tls.pin) {
            (_, Some(pin)) => Trust::Pin(pin),
            (Some(ca), None) => Trust::Authorities(ca.clone().into_bytes()),
            (None, None) => Trust::FirstUse(known),
        };
        let target = Target { name: &tls.name, protocol: Some(protocol), resumes: true };
        let connector = Connector::new(&target, trust)
            .map_err(|source| ChatError::Tls { server: server.clone(), source })?;
        Ok(Self { connector, server, is_remembered, file, known })
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
        match (told, kept) {
            (told, Ok(())) => told,
            (Some(told), Err(why)) => Some(format!("{told}. It cannot be remembered: {why}")),
            // Whoever an authority vouches for is known without that.
            (None, Err(_)) => None,
        }
    }

    /// What the user is told of a server that is not the one that was meant.
    pub(super) fn warning(&self, why: &Distrust) -> String {
        if !why.is_change() {
            return format!(
                "{why}. Nothing was sent. If you know better, name the right certificate with \
                 --pin, or whom to trust with --ca"
            );
        }
        let file = self.file.as_ref().map_or(String::new(), |file| file.display().to_string());
        format!(
            "WARNING: {why}. Somebody may be intercepting the connection, or the server has a new \
             certificate. Nothing was sent. Ask whoever runs it; if the new one is right, delete \
             the lines of {server} from {file}",
            server = self.server
        )
    }
}
