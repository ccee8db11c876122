//! WEBIRC: a gateway says for whom it comes, in the first line of the connection.
//!
//! ```text
//!     WEBIRC password gateway hostname ip [:options]
//! ```
//!
//! Which gateways may do so, and whether the password is right, is left to the server. Host names
//! are not looked at, for none is shown here.

use std::net::IpAddr;

use super::message::Message;
use super::note::{Note, Told};

/// For whom a gateway comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Introduction<'a> {
    /// By which the gateway proves to be one.
    pub password: &'a str,
    /// The address of the person.
    pub address: IpAddr,
    /// Whether the person has come encrypted to the gateway.
    pub is_secure: bool,
}

/// Why nobody is let in for whom a gateway comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayRefusal {
    /// Something else was said before.
    NotFirst,
    /// A parameter is missing, or the address is none.
    Malformed,
    /// There is no gateway at that address.
    Unknown,
    /// The password is wrong.
    WrongPassword,
    /// The password was not checked in time.
    Unchecked,
}

impl GatewayRefusal {
    /// The reason in a word, for the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFirst => "not-first",
            Self::Malformed => "malformed",
            Self::Unknown => "address",
            Self::WrongPassword => "password",
            Self::Unchecked => "unchecked",
        }
    }

    /// What the client is told before it is closed.
    pub fn note(self) -> Note<'static> {
        Note::Tell(Told::Error(match self {
            Self::NotFirst => "WEBIRC must be the first line of a connection",
            Self::Malformed => {
                "WEBIRC takes a password, a gateway, a host name and an IP address; one that \
                 begins with a colon is written with a zero before it (0::1)"
            }
            Self::Unknown => "WEBIRC is not accepted from your address",
            Self::WrongPassword => "the password of WEBIRC is wrong",
            Self::Unchecked => {
                "the password of WEBIRC could not be checked in time, please try again"
            }
        }))
    }
}

impl<'a> Introduction<'a> {
    /// What WEBIRC says in the first line of a connection, or in another one.
    ///
    /// # Errors
    /// It is not the first line, lacks something, or names no address.
    pub(super) fn read(message: &Message<'a>, is_first: bool) -> Result<Self, GatewayRefusal> {
        if !is_first {
            return Err(GatewayRefusal::NotFirst);
        }
        let address = message.get(3).and_then(|address| address.parse::<IpAddr>().ok());
        let (Some(password), Some(address)) = (message.said(0), address) else {
            return Err(GatewayRefusal::Malformed);
        };
        // An option may have a value, as `remote-port=6697` has.
        let is_secure = message.get(4).is_some_and(|it| it.split(' ').any(|word| word == "secure"));
        Ok(Self { password, address: address.to_canonical(), is_secure })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Introduction<'_>, GatewayRefusal> {
        Introduction::read(&Message::parse(line).unwrap(), true)
    }

    #[test]
    fn addresses_and_options_are_read() {
        for (said, address, is_secure) in [
            ("203.0.113.7", "203.0.113.7", false),
            (":203.0.113.7", "203.0.113.7", false),
            ("203.0.113.7 :secure", "203.0.113.7", true),
            ("203.0.113.7 secure", "203.0.113.7", true),
            ("203.0.113.7 :local-port=6697 secure remote-port=1", "203.0.113.7", true),
            ("203.0.113.7 :secured secure=1", "203.0.113.7", false),
            ("0::1 :", "::1", false),
            ("0:0:0:0:0:0:0:1", "::1", false),
            ("2001:db8::7 secure", "2001:db8::7", true),
            ("0::ffff:203.0.113.7", "203.0.113.7", false),
        ] {
            let line = format!("WEBIRC sesame kiwi host.example {said}");
            let expected =
                Introduction { password: "sesame", address: address.parse().unwrap(), is_secure };
            assert_eq!(read(&line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_is_missing_or_no_address_is_refused() {
        for line in [
            "WEBIRC sesame",
            "WEBIRC sesame kiwi host.example",
            "WEBIRC sesame kiwi host.example :",
            "WEBIRC sesame kiwi host.example host.example",
            "WEBIRC sesame kiwi host.example ::1",
            "WEBIRC sesame kiwi host.example 203.0.113.7:80",
            "WEBIRC sesame kiwi host.example 203.0.113.007",
        ] {
            assert_eq!(read(line), Err(GatewayRefusal::Malformed), "{line}");
        }
    }
}
