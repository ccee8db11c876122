//! What both ends ask of a certificate.

use x509_parser::certificate::X509Certificate;

/// Whether a certificate names itself as its issuer.
pub(super) fn is_self_signed(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}
