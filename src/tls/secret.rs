//! Secrets that are not to stay in memory.

/// Overwrites a secret that is about to be dropped.
pub(crate) fn wipe(secret: &mut [u8]) {
    secret.fill(0);
    // Or the compiler would see that nobody reads the zeros.
    std::hint::black_box(secret);
}
