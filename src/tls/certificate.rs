//! What is to be known of a certificate: names, dates, fingerprint.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::GeneralName;
use x509_parser::nom;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use super::fingerprint::Fingerprint;
use super::x509::is_self_signed;
use crate::limits::CERTIFICATE_WARNING;
use crate::time::UnixTime;

/// Signatures over SHA-1, with RSA and ECDSA, and over MD5.
const OLD_SIGNATURES: [&str; 3] =
    ["1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.2.840.113549.1.1.4"];

/// What is to be known of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    names: Vec<String>,
    begins: UnixTime,
    begins_on: String,
    ends: UnixTime,
    ends_on: String,
    fingerprint: Fingerprint,
    /// In DER, as everybody compares them.
    subject: Vec<u8>,
    issuer: Vec<u8>,
    issued_by: String,
    /// The certificate behind it is its issuer's, or it needs none.
    is_vouched_for: bool,
    is_of_version_one: bool,
    is_self_signed: bool,
    is_signed_in_an_old_way: bool,
}

impl Certificate {
    /// Reads a certificate in DER; otherwise the reason why that is impossible.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, String> {
        let (_, parsed) = X509Certificate::from_der(der).map_err(complaint)?;
        let validity = parsed.validity();
        let signature = parsed.signature_algorithm.algorithm.to_id_string();
        Ok(Self {
            names: names(&parsed),
            begins: moment(validity.not_before),
            begins_on: day(validity.not_before),
            ends: moment(validity.not_after),
            ends_on: day(validity.not_after),
            fingerprint: Fingerprint::of(der),
            subject: parsed.subject().as_raw().to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            issued_by: crate::text::clean(&parsed.issuer().to_string()).into_owned(),
            is_vouched_for: true,
            is_of_version_one: parsed.version() == X509Version::V1,
            is_self_signed: is_self_signed(&parsed),
            is_signed_in_an_old_way: OLD_SIGNATURES.contains(&signature.as_str()),
        })
    }

    /// The hosts that it is for: names, which may begin with `*.`, and addresses.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What to call it: the first of its names.
    pub fn name(&self) -> &str {
        self.names.first().map_or("no host", String::as_str)
    }

    /// When it ends.
    pub fn ends(&self) -> UnixTime {
        self.ends
    }

    /// The day on which it ends, such as `2026-12-31`.
    pub fn ends_on(&self) -> &str {
        &self.ends_on
    }

    /// By what it is known to those who trust nobody who could vouch for it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The certificate with the one that follows it in the file, if one does.
    pub(super) fn vouched_for_by(mut self, next: Option<&Self>) -> Self {
        self.is_vouched_for =
            self.is_self_signed || next.is_some_and(|next| next.subject == self.issuer);
        self
    }

    /// Whether it is of the first version, which has no place for names of hosts.
    pub(super) fn is_of_version_one(&self) -> bool {
        self.is_of_version_one
    }

    /// Whether nobody vouches for it but its owner.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_signed
    }

    /// Why clients refuse it, or will soon: a sentence each.
    pub fn concerns(&self, now: UnixTime) -> Vec<String> {
        let called = format!("the certificate for {}", self.name());
        let mut concerns = Vec::new();
        if self.ends <= now {
            concerns.push(format!("{called} has expired on {}: clients refuse it", self.ends_on));
        } else if self.begins > now {
            let begins = &self.begins_on;
            concerns.push(format!("{called} is valid from {begins} on; is the clock right?"));
        } else if self.ends.since(now) <= CERTIFICATE_WARNING {
            let days = self.ends.since(now).as_secs().div_ceil(24 * 60 * 60);
            let within = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
            concerns.push(format!("{called} ends on {}, within {within}: renew it", self.ends_on));
        }
        if self.is_self_signed {
            return concerns;
        }
        if self.names.is_empty() {
            let why = "clients that ask for a host are refused";
            concerns.push(format!("the certificate names no host in subjectAltName: {why}"));
        }
        if !self.is_vouched_for {
            let by = &self.issued_by;
            concerns.push(format!(
                "nothing behind it in the file vouches for {called}, issued by {by}: clients that \
                 do not know the issuer refuse it"
            ));
        }
        if self.is_signed_in_an_old_way {
            concerns.push(format!("{called} is signed with SHA-1 or MD5: clients refuse it"));
        }
        concerns
    }
}

/// What the parser complains of, for people.
fn complaint(error: nom::Err<X509Error>) -> String {
    match X509Error::from(error) {
        X509Error::Generic | X509Error::Der(_) | X509Error::NomError(_) => {
            "its bytes are damaged".to_owned()
        }
        other => other.to_string(),
    }
}

/// The hosts in a certificate's alternative names. No client looks at its common name any more.
fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = parsed.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    });
    names.collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// A date before 1970 counts as 1970.
fn moment(time: ASN1Time) -> UnixTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    UnixTime::from_millis(seconds.saturating_mul(1_000))
}

fn day(time: ASN1Time) -> String {
    let date = time.to_datetime();
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tls::Identity;
    use crate::tls::testing::{DAY, NOW, issue, self_signed};

    #[test]
    fn what_is_wrong_with_a_date_is_said_in_time() {
        let identity = issue(&["chat.example"]).identity();
        let certificate = identity.certificate();
        let before_the_end = |left: Duration| {
            let now = UnixTime::from_millis(certificate.ends().millis() - left.as_millis() as u64);
            certificate.concerns(now).join("; ")
        };
        assert_eq!(before_the_end(DAY * 15), "");
        let end = certificate.ends_on();
        for (left, said) in [
            (DAY * 14, format!("ends on {end}, within 14 days: renew it")),
            (DAY + Duration::from_secs(1), format!("ends on {end}, within 2 days: renew it")),
            (Duration::from_secs(1), format!("ends on {end}, within a day: renew it")),
            (Duration::ZERO, format!("has expired on {end}: clients refuse it")),
        ] {
            assert_eq!(before_the_end(left), format!("the certificate for chat.example {said}"));
        }
        let early = certificate.concerns(UnixTime::from_millis(NOW.millis() - 40 * 86_400_000));
        assert!(early[0].contains("is the clock right?"), "{early:?}");
    }

    #[test]
    fn one_without_its_issuer_behind_it_is_told() {
        let (one, two) = (issue(&["chat.example"]), self_signed());
        for chain in [one.leaf.clone(), format!("{}{}{}", one.leaf, two.certificate, one.issuer)] {
            let identity = Identity::from_pem(chain.as_bytes(), one.key.as_bytes()).unwrap();
            let concerns = identity.certificate().concerns(NOW);
            assert!(concerns[0].contains("issued by CN=the authority"), "{concerns:?}");
        }
    }

    #[test]
    fn a_certificate_without_a_host_is_told() {
        let nameless = issue(&[]).identity();
        let concerns = nameless.certificate().concerns(NOW);
        assert!(concerns[0].contains("names no host"), "{concerns:?}");
        // Who trusts it does so by its fingerprint.
        let own = self_signed().identity().unwrap();
        assert_eq!(own.certificate().concerns(NOW), Vec::<String>::new());
    }
}
