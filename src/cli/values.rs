//! Values of flags: each is parsed once into a type that cannot be wrong.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::ValueEnum;
use log::LevelFilter;
use mio_chat::address::{NoServer, ServerAddress};
use mio_chat::chat::{FloodRate, Nickname};
use mio_chat::limits;
use mio_chat::net::ListenAt;
use mio_chat::subnet::Subnet;

/// A port, or an address with a port.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListenAddress {
    Port(u16),
    Address(SocketAddr),
}

/// Where all of these are. `[::]` is every address of both families, as in most servers on Linux,
/// unless an address of IPv4 is named with the same port: then it is for the other one.
pub(super) fn listen_at(places: &[ListenAddress], bind: Option<IpAddr>) -> Vec<ListenAt> {
    let everywhere = IpAddr::from(Ipv6Addr::UNSPECIFIED);
    let is_ipv4 = |place: &ListenAddress, port| match place {
        ListenAddress::Address(at) => at.is_ipv4() && at.port() == port,
        ListenAddress::Port(_) => false,
    };
    let names_ipv4 = |port| port != 0 && places.iter().any(|place| is_ipv4(place, port));
    let listen_at = |place: &ListenAddress| match (*place, bind) {
        (ListenAddress::Port(port), None) => ListenAt::Everywhere(port),
        (ListenAddress::Port(port), Some(host)) if host == everywhere => ListenAt::Everywhere(port),
        (ListenAddress::Port(port), Some(host)) => ListenAt::Address((host, port).into()),
        (ListenAddress::Address(at), _) if at.ip() == everywhere && !names_ipv4(at.port()) => {
            ListenAt::Everywhere(at.port())
        }
        (ListenAddress::Address(at), _) => ListenAt::Address(at),
    };
    places.iter().map(listen_at).collect()
}

impl ListenAddress {
    /// Where it is if a bare port is one of this machine alone.
    pub(super) fn on_loopback(self) -> SocketAddr {
        match self {
            Self::Address(address) => address,
            Self::Port(port) => (Ipv4Addr::LOCALHOST, port).into(),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // One of a list may have a space before it.
        let text = text.trim();
        if let Ok(port) = text.parse() {
            return Ok(Self::Port(port));
        }
        let canonical = |at: SocketAddr| SocketAddr::new(at.ip().to_canonical(), at.port());
        text.parse().map(canonical).map(Self::Address).map_err(|_| {
            "not a port (0 to 65535) or address with port (127.0.0.1:55555, [::1]:55555)".to_owned()
        })
    }
}

/// The address of a server to be asked, whose name was looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostPort {
    address: SocketAddr,
    has_port: bool,
}

impl HostPort {
    /// Where it is; at this port if none was named.
    pub(super) fn at(self, default_port: u16) -> SocketAddr {
        let mut address = self.address;
        if !self.has_port {
            address.set_port(default_port);
        }
        address
    }
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let typed: ServerAddress = text.parse().map_err(|problem: NoServer| problem.to_string())?;
        let port = typed.port_or(0);
        let found = (typed.host(), port).to_socket_addrs();
        let found = found.map_err(|error| format!("cannot find {}: {error}", typed.host()))?;
        let first = found.min_by_key(SocketAddr::is_ipv6);
        let address = first.ok_or_else(|| format!("{} has no address", typed.host()))?;
        Ok(Self { address, has_port: port > 0 })
    }
}

pub(super) fn parse_host(text: &str) -> Result<IpAddr, String> {
    let host = text.trim().parse().map(|host: IpAddr| host.to_canonical());
    host.map_err(|_| "not an IP address of this machine (such as 127.0.0.1 or ::1)".to_owned())
}

/// Parses the least important level to log.
pub(super) fn parse_level(text: &str) -> Result<LevelFilter, String> {
    let level = text.trim().parse();
    level.map_err(|_| "not error, warn, info, debug, trace or off".to_owned())
}

/// Parses a number; the error explains in plain words which numbers are allowed.
pub(super) fn whole<N>(
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync
where
    N: FromStr + PartialOrd + Display + Clone + Send + Sync,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        number.ok_or_else(|| format!("not a whole number from {least} to {most}"))
    }
}

/// A network, maybe one of a list.
pub(super) fn parse_network(text: &str) -> Result<Subnet, String> {
    text.trim().parse().map_err(|error| format!("{error}"))
}

/// A banned network.
pub(super) fn parse_ban(text: &str) -> Result<Subnet, String> {
    let subnet = parse_network(text)?;
    match subnet.is_loopback() {
        true => Err("this machine itself, which cannot be banned".to_owned()),
        false => Ok(subnet),
    }
}

/// A reserved nickname.
pub(super) fn parse_reserved(text: &str) -> Result<String, String> {
    let name = Nickname::restored(text.trim());
    name.map(|name| name.as_str().to_owned())
        .ok_or_else(|| "not a nickname, which has letters and no spaces (such as admin)".to_owned())
}

/// Flood control, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flood(pub(super) Option<FloodRate>);

impl Default for Flood {
    fn default() -> Self {
        Self(FloodRate::new(limits::FLOOD_BURST_LINES, limits::FLOOD_LINES_PER_SECOND))
    }
}

impl Flood {
    /// The built-in limit for all clients of one address.
    pub(super) fn of_address() -> Self {
        Self(FloodRate::new(limits::FLOOD_ADDRESS_BURST, limits::FLOOD_ADDRESS_PER_SECOND))
    }
}

impl Display for Flood {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(rate) => write!(f, "{}:{}", rate.burst_lines(), rate.lines_per_second()),
            None => f.write_str("off"),
        }
    }
}

impl FromStr for Flood {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        let numbers = text
            .split_once(':')
            .and_then(|(burst, rate)| FloodRate::new(burst.parse().ok()?, rate.parse().ok()?));
        numbers.map(|rate| Self(Some(rate))).ok_or_else(|| {
            "not BURST:RATE with whole numbers from 1 (such as 10:2), nor off".to_owned()
        })
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) usize);

const SIZE_UNITS: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole =
            SIZE_UNITS.iter().find(|(_, unit)| self.0 >= *unit && self.0.is_multiple_of(*unit));
        match whole {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit = SIZE_UNITS.iter().find_map(|(name, unit)| {
            let number = text.strip_suffix(name).or_else(|| text.strip_suffix(&name[..1]))?;
            Some((number, *unit))
        });
        let (number, unit) = unit.unwrap_or((text, 1));
        let bytes = number.trim().parse::<usize>().ok().and_then(|n| n.checked_mul(unit));
        bytes.map(Self).ok_or_else(|| "not a size in bytes, KiB or MiB (such as 64KiB)".to_owned())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    #[value(aliases = ["true", "yes", "1"])]
    On,
    #[value(aliases = ["false", "no", "0"])]
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RelayChoice {
    Off,
    Fallback,
    Only,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum NameLetters {
    Ascii,
    Unicode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_one_of_six_words() {
        assert_eq!(parse_level(" WARN "), Ok(LevelFilter::Warn));
        let why = "not error, warn, info, debug, trace or off";
        for bad in ["loud", "", "5", "warning"] {
            assert_eq!(parse_level(bad), Err(why.to_owned()), "{bad}");
        }
    }

    #[test]
    fn every_default_can_be_typed() {
        for text in ["64KiB", "256KiB", "64MiB", "1000", "3GiB"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        assert_eq!("64K".parse(), Ok(Size(65_536)));
        assert_eq!(Flood::default().to_string(), "10:2");
        assert_eq!(Flood::of_address().to_string(), "50:10");
        assert_eq!("off".parse::<Flood>().unwrap().to_string(), "off");
        for text in ["", "64kb", "-1", "99999999999999GiB", "K"] {
            assert!(text.parse::<Size>().is_err(), "{text:?}");
        }
        for text in ["", "10", "0:2", "10:0", "a:b", "10:2:1"] {
            assert!(text.parse::<Flood>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn numbers_are_told_from_what_they_may_not_be() {
        assert_eq!((whole(1..=5)("5"), whole(0..=u32::MAX)("0")), (Ok(5), Ok(0)));
        for text in ["", "0", "6", "-1", "x", "1.5", "99999999999999999999"] {
            assert_eq!(whole(1..=5)(text), Err("not a whole number from 1 to 5".to_owned()));
        }
    }

    #[test]
    fn nobody_bans_only_this_machine() {
        for text in ["127.0.0.1", "127.0.0.0/8", "127.9.0.0/16", "::1", "::ffff:127.0.0.1"] {
            assert!(parse_ban(text).unwrap_err().contains("cannot be banned"), "{text}");
        }
        for text in ["0.0.0.0/0", "126.0.0.0/7", "::/0", "2001:db8::/32"] {
            assert!(parse_ban(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_target_may_be_named_with_or_without_a_port() {
        for (typed, address) in [
            ("localhost:7", "127.0.0.1:7"),
            ("127.0.0.1", "127.0.0.1:9155"),
            ("::1", "[::1]:9155"),
            ("[::1]:7", "[::1]:7"),
            ("7", "127.0.0.1:7"),
        ] {
            let target: HostPort = typed.parse().unwrap();
            assert_eq!(target.at(9_155).to_string(), address, "{typed}");
        }
        for typed in ["", ":7", "0", "65536", "localhost:x"] {
            let problem = typed.parse::<HostPort>().unwrap_err();
            assert!(problem.starts_with(&format!("'{typed}' is not a server: ")), "{problem}");
        }
    }

    #[test]
    fn one_of_a_list_may_have_spaces_around_it() {
        assert!(parse_ban(" 203.0.113.0/24 ").is_ok() && parse_network(" 10.0.0.5").is_ok());
        assert!(matches!(" 7".parse(), Ok(ListenAddress::Port(7))));
        assert_eq!(parse_reserved(" Zoë "), Ok("Zoë".to_owned()));
        for text in ["", " ", "ad min", "::"] {
            assert!(parse_reserved(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_place_is_a_port_or_an_address() {
        let bind = Some(IpAddr::from([127, 0, 0, 1]));
        let at = |text: &str, bind| {
            text.parse::<ListenAddress>().map(|place| listen_at(&[place], bind)[0])
        };
        assert_eq!(at("0", None), Ok(ListenAt::Everywhere(0)));
        let local = "127.0.0.1:7".parse().unwrap();
        assert_eq!(at("7", bind), Ok(ListenAt::Address(local)));
        let ipv6 = "[::1]:7".parse().unwrap();
        assert_eq!(at("[::1]:7", bind), Ok(ListenAt::Address(ipv6)));
        for text in ["", "65536", "localhost:7", "::1:x", "-1"] {
            assert!(at(text, None).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_address_of_ipv6_is_every_address() {
        let at = |texts: &[&str], bind: Option<&str>| {
            let places: Vec<ListenAddress> =
                texts.iter().map(|text| text.parse().unwrap()).collect();
            listen_at(&places, bind.map(|host| parse_host(host).unwrap()))
        };
        let one = |text: &str| ListenAt::Address(text.parse().unwrap());
        assert_eq!(at(&["[::]:7"], None), [ListenAt::Everywhere(7)]);
        assert_eq!(at(&["7", "[::]:0"], Some("::")), [7, 0].map(ListenAt::Everywhere));
        assert_eq!(at(&["[::1]:7", "0.0.0.0:8"], None), [one("[::1]:7"), one("0.0.0.0:8")]);
        assert_eq!(at(&["7"], Some("0.0.0.0")), [one("0.0.0.0:7")]);
        // If both are named, both are meant.
        for ipv4 in ["0.0.0.0:7", "127.0.0.1:7"] {
            assert_eq!(at(&["[::]:7", ipv4], None), [one("[::]:7"), one(ipv4)]);
        }
        assert_eq!(at(&["[::]:7", "127.0.0.1:8"], None)[0], ListenAt::Everywhere(7));
        assert_eq!(at(&["[::]:0", "127.0.0.1:0"], None)[0], ListenAt::Everywhere(0));
        assert_eq!(at(&["7", "127.0.0.1:7"], None)[0], ListenAt::Everywhere(7));
        // IPv4 in the clothes of IPv6.
        assert_eq!(at(&["[::ffff:127.0.0.1]:7"], None), [one("127.0.0.1:7")]);
        assert_eq!(at(&["7"], Some("::ffff:0.0.0.0")), [one("0.0.0.0:7")]);
    }
}
