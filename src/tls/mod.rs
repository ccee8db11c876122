//! Encryption: TLS 1.2 and 1.3, for the server and for what connects to it.
//!
//! All that is known of rustls is known here, for its next version has another interface. What
//! comes in and goes out are bytes: sockets are left to `net`, `client` and `load`, files to `cli`.
