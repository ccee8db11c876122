//! Where a server is, as people type it: one grammar for every command.
//!
//! ```text
//! chat.example    chat.example:5000       a name, or a name with a port
//! 192.0.2.1       192.0.2.1:5000          an address
//! 2001:db8::1     [2001:db8::1]:5000      one of IPv6, in brackets where a port follows
//! 5000                                    a port of this machine
//! ```
//!
//! Commands choose the default port, and code with network access looks up names.
//!
//! Invariant: a port that was named is not 0, and a host is never empty.

use std::fmt;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::str::FromStr;

use thiserror::Error;

/// A host, and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// A name or an IP address; one of IPv6 without brackets.
    host: String,
    port: Option<u16>,
}

/// The text does not name a server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a server: name it by HOST, HOST:PORT, [IPV6]:PORT or, on this machine, PORT")]
pub struct NoServer(String);

impl ServerAddress {
    /// The name or IP address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that was named, or else this one.
    pub fn port_or(&self, default: u16) -> u16 {
        self.port.unwrap_or(default)
    }

    /// The same place; with this port if none was named.
    pub fn or_port(self, default: u16) -> Self {
        Self { port: Some(self.port_or(default)), ..self }
    }
}

impl FromStr for ServerAddress {
    type Err = NoServer;

    fn from_str(text: &str) -> Result<Self, NoServer> {
        parse(text).ok_or_else(|| NoServer(text.to_owned()))
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.host.contains(':'), self.port) {
            (true, Some(port)) => write!(f, "[{}]:{port}", self.host),
            (false, Some(port)) => write!(f, "{}:{port}", self.host),
            (_, None) => f.write_str(&self.host),
        }
    }
}

fn parse(text: &str) -> Option<ServerAddress> {
    if let Some(port) = port(text) {
        return Some(ServerAddress { host: Ipv4Addr::LOCALHOST.to_string(), port: Some(port) });
    }
    let (host, rest) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').filter(|(host, _)| is_ipv6(host))?,
        None if is_ipv6(text) => (text, ""),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(named) => Some(port(named)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    let is_host = is_ipv6(host) || is_name(host);
    is_host.then(|| ServerAddress { host: host.to_owned(), port })
}

/// A decimal number from 1 to 65535.
fn port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port > 0)
}

/// An IPv6 address, with the name or number of a link if it needs one.
fn is_ipv6(text: &str) -> bool {
    let (address, link) = text.split_once('%').unwrap_or((text, "-"));
    address.parse::<Ipv6Addr>().is_ok() && !link.is_empty() && link.chars().all(is_part)
}

/// Whether the text may be a host name or IPv4 address. Digits alone are an invalid port.
fn is_name(text: &str) -> bool {
    text.chars().all(is_part) && text.chars().any(|character| !character.is_ascii_digit())
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || "-_.".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_grammar_names_hosts_and_ports() {
        for (typed, host, port, shown) in [
            ("chat.example", "chat.example", None, "chat.example:7"),
            ("chat.example:5000", "chat.example", Some(5_000), "chat.example:5000"),
            ("my_host-2:1", "my_host-2", Some(1), "my_host-2:1"),
            ("bücher.example", "bücher.example", None, "bücher.example:7"),
            ("localhost:65535", "localhost", Some(65_535), "localhost:65535"),
            ("192.0.2.1", "192.0.2.1", None, "192.0.2.1:7"),
            ("192.0.2.1:5000", "192.0.2.1", Some(5_000), "192.0.2.1:5000"),
            ("::1", "::1", None, "[::1]:7"),
            ("2001:db8::1", "2001:db8::1", None, "[2001:db8::1]:7"),
            ("2001:db8::1:5000", "2001:db8::1:5000", None, "[2001:db8::1:5000]:7"),
            ("[::1]", "::1", None, "[::1]:7"),
            ("[2001:db8::1]:5000", "2001:db8::1", Some(5_000), "[2001:db8::1]:5000"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1", None, "[::ffff:192.0.2.1]:7"),
            ("fe80::1%eth0", "fe80::1%eth0", None, "[fe80::1%eth0]:7"),
            ("[fe80::1%2]:5", "fe80::1%2", Some(5), "[fe80::1%2]:5"),
            ("5000", "127.0.0.1", Some(5_000), "127.0.0.1:5000"),
        ] {
            let address: ServerAddress = typed.parse().unwrap();
            assert_eq!((address.host(), address.port), (host, port), "{typed}");
            assert_eq!(address.port_or(7), port.unwrap_or(7), "{typed}");
            let shown_again = address.or_port(7).to_string();
            assert_eq!(shown_again, shown, "{typed}");
            let again: ServerAddress = shown.parse().unwrap();
            assert_eq!(again.to_string(), shown, "what is shown can be typed");
        }
    }

    #[test]
    fn what_names_no_server_is_told_in_one_sentence() {
        for typed in [
            "",
            " ",
            ":",
            ":5000",
            "0",
            "65536",
            "chat.example:",
            "chat.example:0",
            "chat.example:65536",
            "chat.example:+5",
            "chat.example:http",
            "chat.example:1:2",
            "http://chat.example",
            "chat.example/room",
            "ann@chat.example",
            "chat example",
            "chat.example\n",
            "[]",
            "[]:5",
            "[::1",
            "::1]",
            "[::1]5",
            "[::1]:",
            "[::1]:0",
            "[chat.example]:5",
            "[192.0.2.1]:5",
            "::1%",
            "1::2::3",
        ] {
            let problem = typed.parse::<ServerAddress>().unwrap_err().to_string();
            let sentence = "is not a server: name it by HOST, HOST:PORT, [IPV6]:PORT or, on this \
                            machine, PORT";
            assert_eq!(problem, format!("'{typed}' {sentence}"));
        }
    }
}
