//! Which web pages may use this server, and by which names it may be called.
//!
//! A page anywhere can have a browser ask anything of this port. What a program asks has no
//! `Origin`; a page of our own has the one under which the browser called us; others need to be
//! listed. And where only this machine is served, a page may have its own name lead here (DNS
//! rebinding), so that a request must call us by an address or by a name that is listed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use thiserror::Error;

use super::error::HttpError;
use super::head::Head;
use crate::dialect::encryption::{Encryption, Security};
use crate::dialect::irc::{ServerPassword, StrictTransport};
use crate::http::{is_address, split_target, without_port};
use crate::limits::WEB_ORIGIN_BYTES_MAX;

/// What this port speaks besides plain lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// HTTP, and what begins as such.
    pub http: bool,
    /// Origins of other pages that may use this server.
    pub origins: Vec<WebOrigin>,
    /// Only this machine is served.
    pub loopback_only: bool,
    /// Whether clients may come encrypted.
    pub encryption: Encryption,
    /// The server's name, as IRC clients are told it; empty: the usual one.
    pub server_name: SmolStr,
    /// What is offered of accounts.
    pub accounts: AccountOffer,
    /// What IRC clients have to say to be let in.
    pub irc_password: Option<ServerPassword>,
    /// How IRC clients are told to come encrypted, if they are.
    pub strict_transport: Option<StrictTransport>,
}

/// The server's name, where no other was chosen.
const SERVER_NAME: &str = "irc.mio-chat";

impl Spoken {
    /// The server's name.
    pub(in crate::dialect) fn server_name(&self) -> &str {
        if self.server_name.is_empty() { SERVER_NAME } else { &self.server_name }
    }
}

/// What is offered of accounts, and what is asked of those who register one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOffer {
    /// There are accounts.
    pub is_there: bool,
    /// Programs may register one before they have a nickname.
    pub before_connect: bool,
    /// An address for letters is needed.
    pub email_required: bool,
}

/// The origin of web pages: `https://chat.example`, with a port if that is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(String);

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("an origin is written like this: https://chat.example, or http://192.0.2.7:8080")]
pub struct NoOrigin;

impl FromStr for WebOrigin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let (scheme, host) = text.split_once("://").ok_or(NoOrigin)?;
        let host = host.strip_suffix('/').unwrap_or(host).to_ascii_lowercase();
        let is_scheme = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        let name = without_port(&host);
        if !is_scheme || name.is_empty() || !host.bytes().all(is_of_host) {
            return Err(NoOrigin);
        }
        if text.len() > WEB_ORIGIN_BYTES_MAX || host.ends_with(':') {
            return Err(NoOrigin);
        }
        let scheme = scheme.to_ascii_lowercase();
        let usual = if scheme == "http" { ":80" } else { ":443" };
        let host = host.strip_suffix(usual).unwrap_or(&host);
        Ok(Self(format!("{scheme}://{host}")))
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl WebOrigin {
    /// The host, with the port if there is one.
    fn host(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, host)| host)
    }
}

/// Checks by which name a request calls us and from which page it comes, and returns its path with
/// the origin that is to be told that it may read the answer, if there is one.
pub(super) fn admit<'a>(
    head: &Head<'a>,
    spoken: &Spoken,
    security: Security,
) -> Result<(&'a str, Option<String>), HttpError> {
    let host = match head.one("host")? {
        None if head.is_current => return Err(HttpError::Malformed("a Host header is needed")),
        host => host,
    };
    let (authority, path) = split_target(head.target);
    if let Some(authority) = authority
        && host.is_some_and(|host| !host.eq_ignore_ascii_case(authority))
    {
        return Err(HttpError::Misdirected("the target is of another host than Host names"));
    }
    let host = authority.or(host);
    // A browser that comes encrypted has seen a certificate for the name.
    let may_be_misled = spoken.loopback_only && security == Security::Plain;
    if may_be_misled && host.is_some_and(|host| !is_own_name(host, spoken)) {
        return Err(HttpError::Misdirected(
            "call this server by an address, localhost, or a name of --web-origin",
        ));
    }
    let Some(origin) = head.one("origin")? else { return Ok((path, None)) };
    let refused = Err(HttpError::Forbidden("pages of that origin may not use this server"));
    let Ok(origin) = origin.parse::<WebOrigin>() else { return refused };
    if spoken.origins.contains(&origin) {
        return Ok((path, Some(origin.to_string())));
    }
    match host {
        Some(host) if is_same_host(&origin, host) => Ok((path, None)),
        _ => refused,
    }
}

/// Whether a page cannot have had this name lead here.
fn is_own_name(host: &str, spoken: &Spoken) -> bool {
    let name = without_port(host);
    let named = |origin: &WebOrigin| without_port(origin.host()).eq_ignore_ascii_case(name);
    is_address(host) || spoken.origins.iter().any(named)
}

/// Whether the host of an origin is the one of the `Host` header. A browser leaves out the usual
/// port in both; who serves TLS before us may write it there.
fn is_same_host(origin: &WebOrigin, host: &str) -> bool {
    let usual = if origin.0.starts_with("https:") { ":443" } else { ":80" };
    host.strip_suffix(usual).unwrap_or(host).eq_ignore_ascii_case(origin.host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(spoken: &Spoken, target: &str, headers: &str) -> Result<Option<String>, u16> {
        let head = format!("GET {target} HTTP/1.1\r\n{headers}\r\n");
        let head = Head::parse(head.as_bytes()).unwrap();
        let code = |error: HttpError| error.status()[..3].parse().unwrap();
        admit(&head, spoken, Security::Plain).map(|(_, origin)| origin).map_err(code)
    }

    fn spoken(loopback_only: bool) -> Spoken {
        let origins = ["https://chat.example", "http://games.example:8080"];
        let origins = origins.map(|origin| origin.parse().unwrap()).to_vec();
        Spoken { http: true, origins, loopback_only, ..Spoken::default() }
    }

    #[test]
    fn origins_are_schemes_and_hosts() {
        for (text, origin) in [
            ("https://Chat.Example", Some("https://chat.example")),
            ("HTTP://192.0.2.7:8080/", Some("http://192.0.2.7:8080")),
            ("http://[2001:db8::1]:80", Some("http://[2001:db8::1]")),
            ("https://a:443", Some("https://a")),
            ("https://a:80", Some("https://a:80")),
            ("null", None),
            ("", None),
            ("chat.example", None),
            ("ftp://chat.example", None),
            ("https://", None),
            ("https://:443", None),
            ("https://a:", None),
            ("https://a/b", None),
            ("https://a b", None),
            ("https://user@a", None),
            ("*", None),
        ] {
            let parsed = text.parse::<WebOrigin>().ok().map(|origin| origin.to_string());
            assert_eq!(parsed.as_deref(), origin, "{text}");
        }
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        for (host, origin, expected) in [
            ("chat.test", "http://chat.test", Ok(None)),
            ("chat.test", "https://CHAT.test", Ok(None)),
            ("chat.test:50000", "http://chat.test:50000", Ok(None)),
            ("chat.test:443", "https://chat.test", Ok(None)),
            ("[::1]:50000", "http://[::1]:50000", Ok(None)),
            ("chat.test", "https://chat.example", Ok(Some("https://chat.example".into()))),
            ("a.test", "http://games.example:8080", Ok(Some("http://games.example:8080".into()))),
            ("a.test", "http://games.example", Err(403)),
            ("chat.test", "http://evil.test", Err(403)),
            ("chat.test:50000", "http://chat.test", Err(403)),
            ("chat.test", "http://chat.test:443", Err(403)),
            ("chat.test", "http://chat.test.evil.test", Err(403)),
            ("chat.test", "null", Err(403)),
            ("chat.test", "", Err(403)),
            ("", "http://", Err(403)),
        ] {
            let headers = format!("Host: {host}\r\nOrigin: {origin}\r\n");
            assert_eq!(asked(&spoken(false), "/", &headers), expected, "{host} {origin}");
        }
        let twice = "Host: a\r\nOrigin: http://a\r\nOrigin: http://a\r\n";
        assert_eq!(asked(&spoken(false), "/", twice), Err(400));
    }

    #[test]
    fn where_only_this_machine_is_served_foreign_names_are_refused() {
        for (host, may_be_anybodys) in [
            ("127.0.0.1:50000", false),
            ("localhost", false),
            ("[::1]:50000", false),
            ("192.0.2.7", false),
            ("Chat.Example", false),
            ("games.example:50000", false),
            ("rebound.test:50000", true),
            ("chat.example.evil.test", true),
            ("", true),
        ] {
            let host = format!("Host: {host}\r\n");
            let expected = if may_be_anybodys { Err(421) } else { Ok(None) };
            assert_eq!(asked(&spoken(true), "/", &host), expected, "{host}");
            assert_eq!(asked(&spoken(false), "/", &host), Ok(None), "{host}");
        }
    }

    #[test]
    fn who_comes_encrypted_has_seen_whose_name_it_is() {
        let head = b"GET / HTTP/1.1\r\nHost: chat.test:55555\r\n\r\n";
        for (security, is_admitted) in
            [(Security::Plain, false), (Security::Encrypted, true), (Security::Public, true)]
        {
            let head = Head::parse(head).unwrap();
            assert_eq!(admit(&head, &spoken(true), security).is_ok(), is_admitted);
        }
    }

    #[test]
    fn whole_addresses_are_of_the_host_that_is_named() {
        for (target, expected) in [
            ("http://a.test/", Ok(None)),
            ("http://A.test", Ok(None)),
            ("http://b.test/", Err(421)),
            ("http:///", Err(421)),
        ] {
            assert_eq!(asked(&spoken(false), target, "Host: a.test\r\n"), expected, "{target}");
        }
        assert_eq!(asked(&spoken(false), "/", ""), Err(400));
        assert_eq!(asked(&spoken(false), "/", "Host: a\r\nHost: a\r\n"), Err(400));
    }
}
