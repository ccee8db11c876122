//! What the chat port and the admin listener both know of HTTP: where a head ends, what a target
//! and a `Host` say, and what a page may do in a browser.

use std::net::{IpAddr, SocketAddr};

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The type of a text.
pub const TEXT: &str = "text/plain; charset=utf-8";
/// What anything but a page may do in a browser.
pub const NOTHING_ALLOWED: &str = "default-src 'none'; frame-ancestors 'none'";

/// The length of the head that begins with these bytes, with the empty line that ends it. Empty
/// lines before a request are allowed. `searched` is where the search goes on: it is kept from one
/// call to the next, so that looking for an end is linear.
pub fn head_length(bytes: &[u8], searched: &mut usize) -> Option<usize> {
    let begin = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let mut from = begin.max(*searched);
    while let Some(newline) = memchr::memchr(b'\n', &bytes[from..]) {
        let after = from + newline + 1;
        match bytes[after..] {
            [b'\n', ..] => return Some(after + 1),
            [b'\r', b'\n', ..] => return Some(after + 2),
            // The next bytes may be the empty line.
            [] | [b'\r'] => break,
            _ => from = after,
        }
        *searched = from;
    }
    *searched = bytes.len().saturating_sub(3).max(begin).max(*searched);
    None
}

/// The path of a target, and the host where it is a whole address, as it is written to a proxy.
/// Every server has to take that (RFC 9112, section 3.2.2).
pub fn split_target(target: &str) -> (Option<&str>, &str) {
    const SCHEME: &str = "http://";
    match target.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => {
            let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            (Some(host), if path.starts_with('/') { path } else { "/" })
        }
        _ => (None, target),
    }
}

/// A host without its port.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether this is an address or `localhost`, with a port or without. Nobody but the visitor's own
/// machine gives these names, so that a page cannot have them lead somewhere else (DNS rebinding).
pub fn is_address(host: &str) -> bool {
    let name = without_port(host);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok()
        || host.parse::<SocketAddr>().is_ok()
}

/// What a page may do in a browser: use the one style and the one script that it holds, and ask
/// this server.
pub fn page_policy(page: &str) -> String {
    let hash_of = |tag: &str| {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let inner = page.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
        BASE64.encode(&Sha256::digest(inner.map_or("", |(inner, _)| inner)))
    };
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash_of("style"),
        hash_of("script")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_head_is_found_however_it_comes() {
        for (bytes, length) in [
            (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest"[..], Some(27)),
            (b"\r\n\nGET / HTTP/1.1\n\nrest", Some(19)),
            (b"a\r\n\n", Some(4)),
            (b"a\n\r\n", Some(4)),
            (b"a\r\n\r", None),
            (b"a\r\r\n", None),
            (b"\r\n\r\n\r\n", None),
            (b"", None),
        ] {
            assert_eq!(head_length(bytes, &mut 0), length, "{}", bytes.escape_ascii());
            let mut searched = 0;
            let found = (0..=bytes.len()).find_map(|end| head_length(&bytes[..end], &mut searched));
            assert_eq!(found, length, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_host_is_an_address_or_a_name() {
        for (host, name, is_own) in [
            ("127.0.0.1:9155", "127.0.0.1", true),
            ("[::1]:80", "[::1]", true),
            ("[::1]", "[::1]", true),
            ("LOCALHOST", "LOCALHOST", true),
            ("chat.example:80", "chat.example", false),
            ("127.0.0.1.example", "127.0.0.1.example", false),
            ("", "", false),
        ] {
            assert_eq!(without_port(host), name);
            assert_eq!(is_address(host), is_own, "{host}");
        }
    }
}
