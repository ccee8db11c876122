//! A certificate for a server that has none, which nobody vouches for.

use std::fmt;
use std::time::Duration;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use super::error::IdentityError;
use super::identity::Identity;
use crate::limits::{SELF_SIGNED_BACKDATED, SELF_SIGNED_LASTS};
use crate::time::UnixTime;

/// What the certificate calls its owner.
const OWNER: &str = "mio-chat, self-signed";

/// A certificate and its private key, both in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct SelfSigned {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// Without the key, which is nobody's business.
impl fmt::Debug for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfSigned").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl SelfSigned {
    /// Makes a key, and a certificate of it for these hosts. Names that no certificate can hold are
    /// left out.
    ///
    /// # Errors
    /// The library could not: there are no random numbers, say.
    pub fn make(hosts: &[String], now: UnixTime) -> Result<Self, IdentityError> {
        let fail = |error: rcgen::Error| IdentityError::Make(error.to_string());
        let hosts: Vec<String> = hosts.iter().filter(|host| is_possible(host)).cloned().collect();
        let mut params = CertificateParams::new(hosts).map_err(fail)?;
        let mut owner = DistinguishedName::new();
        owner.push(DnType::CommonName, OWNER);
        params.distinguished_name = owner;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let since_1970 = Duration::from_millis(now.millis());
        params.not_before =
            date_time_ymd(1970, 1, 1) + since_1970.saturating_sub(SELF_SIGNED_BACKDATED);
        params.not_after = params.not_before + SELF_SIGNED_BACKDATED + SELF_SIGNED_LASTS;
        let key = KeyPair::generate().map_err(fail)?;
        let certificate = params.self_signed(&key).map_err(fail)?.pem();
        Ok(Self { certificate, key: key.serialize_pem() })
    }

    /// The identity that it is.
    ///
    /// # Errors
    /// It was changed, or kept by another program.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        Identity::from_pem(self.certificate.as_bytes(), self.key.as_bytes())
    }
}

/// Whether a host's name can be in a certificate.
fn is_possible(host: &str) -> bool {
    rustls::pki_types::ServerName::try_from(host).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::testing::{DAY, NOW};

    #[test]
    fn one_is_made_for_the_names_that_are_possible() {
        let hosts = ["localhost", "our host", "bücher", "127.0.0.1", "::1"].map(str::to_owned);
        let made = SelfSigned::make(&hosts, NOW).unwrap();
        let identity = made.identity().unwrap();
        let certificate = identity.certificate();
        assert_eq!(certificate.names(), ["localhost", "127.0.0.1", "::1"]);
        assert!(certificate.is_self_signed());
        assert!(certificate.ends() > NOW + DAY * 3_600);
        // A clock that is an hour slow accepts it, too.
        let slow = UnixTime::from_millis(NOW.millis() - 3_600_000);
        assert_eq!(certificate.concerns(slow), Vec::<String>::new());
        assert!(!format!("{made:?}").contains("PRIVATE"));
        let another = SelfSigned::make(&hosts, NOW).unwrap().identity().unwrap();
        assert_ne!(another.certificate().fingerprint(), certificate.fingerprint());
    }
}
