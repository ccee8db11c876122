//! Tells the log which certificates clients are shown, and when one of them ends soon.

use super::clock::Clock;
use crate::limits::CERTIFICATE_WARNING_INTERVAL;
use crate::time::Time;
use crate::tls::Acceptor;

/// When the log hears of the certificates again.
#[derive(Debug)]
pub(super) struct CertificateWatch {
    due: Time,
    /// The log knows which they are.
    is_named: bool,
}

impl CertificateWatch {
    /// Certificates that the log is to hear of at once.
    pub(super) fn new() -> Self {
        Self { due: Time::ZERO, is_named: false }
    }

    /// When it is time to look at them.
    pub(super) fn due(&self) -> Time {
        self.due
    }

    /// Looks at the dates, if it is time for that. They are those of the calendar, which may have
    /// been set meanwhile.
    pub(super) fn watch(&mut self, now: Time, acceptor: &Acceptor) {
        if now < self.due {
            return;
        }
        self.due = now + CERTIFICATE_WARNING_INTERVAL;
        for certificate in acceptor.certificates() {
            if !self.is_named {
                log::info!(
                    "tls: certificate={} ends={} sha256={}",
                    certificate.names().join(","),
                    certificate.ends_on(),
                    certificate.fingerprint()
                );
            }
            for concern in certificate.concerns(Clock::calendar()) {
                log::warn!("tls: {concern}");
            }
        }
        if !self.is_named && acceptor.unkept_pair().is_some() {
            log::warn!(
                "tls: without --state the certificate is kept nowhere: after a restart it is \
                 another one, and every client warns"
            );
        }
        self.is_named = true;
    }
}
