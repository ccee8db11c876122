//! The NAT in front of us, judged by the servers' answers, in plain words. Pure.

use std::fmt;
use std::net::SocketAddr;

/// The result of a NAT check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatReport {
    /// Places that did not answer.
    pub silent: Vec<SocketAddr>,
    /// Each server address that answered, and our address as it sees it.
    pub seen: Vec<(SocketAddr, SocketAddr)>,
    /// The NAT's mapping of our address.
    pub mapping: Mapping,
    /// Which senders the NAT lets in.
    pub filter: Filter,
}

/// The mapping of our address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Nothing.
    None,
    /// One port for all.
    Same,
    /// Another port for each.
    PerDestination,
    /// Only one place was asked.
    Unknown,
}

/// Which senders may answer to an address that was written from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Also ports that were not written to.
    Open,
    /// Only addresses that were written to.
    Answers,
    /// The same; but after an uninvited attempt, packets to that sender leave by another port.
    Careless,
    /// That was not tried.
    Unknown,
}

impl Filter {
    /// The filter of a NAT that has not let an uninvited server in: `before` is our address as the
    /// first server saw it, `after` as the second does when we write to it afterwards. A difference
    /// means something only where one port is kept for all.
    pub(super) fn of_closed(before: SocketAddr, after: Option<SocketAddr>) -> Self {
        match after {
            Some(after) if after != before => Self::Careless,
            _ => Self::Answers,
        }
    }
}

impl NatReport {
    /// Judges the addresses that servers saw, given our own address.
    pub fn new(own: SocketAddr, seen: Vec<(SocketAddr, SocketAddr)>, filter: Filter) -> Self {
        let mut views = seen.iter().map(|(_, seen)| *seen);
        let first = views.next();
        let mapping = match first {
            _ if views.any(|other| Some(other) != first) => Mapping::PerDestination,
            Some(seen) if seen == own => Mapping::None,
            _ if seen.len() < 2 => Mapping::Unknown,
            _ => Mapping::Same,
        };
        Self { silent: Vec::new(), seen, mapping, filter }
    }

    fn meaning(&self) -> &'static str {
        match (self.mapping, self.filter) {
            (Mapping::None, Filter::Open) => {
                "No NAT: your address is your own, and others may write to it first.\n\
                 You can play directly with everybody."
            }
            (Mapping::None, Filter::Answers | Filter::Careless) => {
                "No NAT, but a firewall that lets in answers only.\n\
                 You can play directly with everybody but those who get a new port for each."
            }
            (Mapping::None, Filter::Unknown) => {
                "No NAT: your address is your own.\n\
                 You can play directly with nearly everybody."
            }
            (Mapping::Same, Filter::Open) => {
                "A NAT that keeps one port for all and lets others in (cone).\n\
                 You can play directly with everybody."
            }
            (Mapping::Same, Filter::Answers) => {
                "A NAT that keeps one port for all and lets in answers only (port-restricted \
                 cone).\n\
                 You can play directly with all but those behind a NAT with a new port for each \
                 (symmetric);\nwith these through a relay."
            }
            (Mapping::Same, Filter::Careless) => {
                "A NAT that keeps one port for all and lets in answers only (port-restricted \
                 cone), but is careless:\nwho writes to you before you write to them is answered \
                 from another port, which they do not expect.\nYou can play directly with all but \
                 those behind a NAT with a new port for each (symmetric);\nwith these through a \
                 relay. A game must send first to everybody, as mio-chat match does."
            }
            (Mapping::Same, Filter::Unknown) => {
                "A NAT that keeps one port for all (cone). Whom it lets in was not to be found \
                 out.\nYou can play directly with nearly everybody."
            }
            (Mapping::PerDestination, _) => {
                "A NAT with a new port for each whom you write to (symmetric).\n\
                 You can play directly with those who have no NAT or one that lets others in;\n\
                 with the others through a relay. Another network, or a port forwarded in the \
                 router, may help."
            }
            (Mapping::Unknown, _) => {
                "A NAT. Of which kind cannot be told by asking one port.\n\
                 Name a server with two UDP ports (mio-chat --udp 50000 --udp 50001), or a STUN \
                 server besides:\n  mio-chat match --check SERVER:50000 OTHER:3478"
            }
        }
    }
}

impl fmt::Display for NatReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, seen) in &self.seen {
            writeln!(f, "{place} sees you at {seen}")?;
        }
        for place in &self.silent {
            writeln!(f, "{place} did not answer")?;
        }
        writeln!(f, "{}", self.meaning())?;
        let mut hosts = self.seen.iter().map(|(place, _)| place.ip());
        let first = hosts.next();
        let is_one_host = hosts.all(|host| Some(host) == first);
        if self.mapping == Mapping::Same && is_one_host {
            writeln!(f, "(All answers came from one host; another server would make it certain.)")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_tells_the_kind_of_nat() {
        let at = |port| SocketAddr::from(([203, 0, 113, 1], port));
        let own = SocketAddr::from(([192, 168, 1, 2], 7));
        for (own, seen, mapping) in [
            (at(7), &[7][..], Mapping::None),
            (at(7), &[7, 7], Mapping::None),
            (own, &[7], Mapping::Unknown),
            (own, &[8, 8], Mapping::Same),
            (own, &[8, 9], Mapping::PerDestination),
            (at(7), &[7, 8], Mapping::PerDestination),
        ] {
            let seen: Vec<_> = seen.iter().map(|&port| (at(1), at(port))).collect();
            for filter in [Filter::Unknown, Filter::Open, Filter::Answers, Filter::Careless] {
                let nat_report = NatReport::new(own, seen.clone(), filter);
                assert_eq!(nat_report.mapping, mapping, "{nat_report}");
                let text = nat_report.to_string();
                assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
                let says = |what: &str| text.contains(what);
                assert_eq!(says("(symmetric).\n"), mapping == Mapping::PerDestination, "{text}");
                let is_careless = (mapping, filter) == (Mapping::Same, Filter::Careless);
                assert_eq!(says("careless"), is_careless, "{text}");
            }
        }
    }

    #[test]
    fn a_router_that_loses_a_port_to_whoever_writes_first_is_careless() {
        let at = |port| SocketAddr::from(([203, 0, 113, 1], port));
        for (after, filter) in [
            (None, Filter::Answers),
            (Some(at(7)), Filter::Answers),
            (Some(at(8)), Filter::Careless),
        ] {
            assert_eq!(Filter::of_closed(at(7), after), filter);
        }
    }
}
