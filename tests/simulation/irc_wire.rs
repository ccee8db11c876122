//! How clients that speak IRC send lines, and what they were sent compared with what they must be:
//! what the server draws (cloaks, its epoch, ids of messages without a number) is learned from it.

use std::net::IpAddr;

use mio_chat::limits;

use crate::client::{Client, Ending, Phase};
use crate::expected::{Language, Secret};
use crate::irc_words::{CLOAK, SERVER, UNNUMBERED};
use crate::model::Nanos;

/// What everybody is told at the start about the server, and what is offered: how that is worded
/// is for golden files.
const NOISE: [&str; 14] = [
    "002", "003", "004", "005", "251", "252", "253", "254", "255", "265", "266", "375", "372",
    "422",
];

/// Whether a line is of no interest here.
pub(crate) fn is_noise(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let mut words = text.split(' ');
    let from_server = words.next() == Some(&format!(":{SERVER}"));
    let (verb, third) = (words.next().unwrap_or_default(), words.nth(1));
    from_server && (NOISE.contains(&verb) || (verb == "CAP" && third == Some("LS")))
}

/// A line, where it lists people those in their order.
pub(crate) fn sorted(line: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(line) else { return line.to_vec() };
    let Some((head, names)) = text.trim_end().rsplit_once(" :").filter(|_| text.contains(" 353 "))
    else {
        return line.to_vec();
    };
    let mut names: Vec<&str> = names.split(' ').collect();
    names.sort_unstable();
    format!("{head} :{}\r\n", names.join(" ")).into_bytes()
}

/// What the server has drawn in a line that was to be this; `None`: it is another.
pub(crate) fn compare(
    expected: &[u8],
    received: &[u8],
    secret: Option<Secret>,
) -> Option<Vec<(Secret, String)>> {
    let (expected, received) =
        (std::str::from_utf8(expected).ok()?, std::str::from_utf8(received).ok()?);
    let (mut wanted, mut left, mut learned) = (expected, received, Vec::new());
    loop {
        let end = wanted.find(['\0', CLOAK, UNNUMBERED]).unwrap_or(wanted.len());
        left = left.strip_prefix(&wanted[..end])?;
        wanted = &wanted[end..];
        let Some(mark) = wanted.chars().next() else { break };
        let is_part: fn(char) -> bool = match mark {
            '\0' => |it| it.is_ascii_hexdigit() && !it.is_ascii_uppercase(),
            UNNUMBERED => |it| it.is_ascii_hexdigit() || it == '.',
            _ => |it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '.',
        };
        let all = left.find(|it| !is_part(it)).unwrap_or(left.len());
        let zeros = wanted.len() - wanted.trim_start_matches('\0').len();
        let (drawn, rest) = left.split_at(if mark == '\0' { zeros.min(all) } else { all });
        left = rest;
        match mark {
            '\0' if drawn.len() == zeros => {
                learned.push((secret.unwrap_or(Secret::Epoch), drawn.to_owned()));
                wanted = &wanted[zeros..];
            }
            CLOAK => {
                let (address, behind) = wanted[CLOAK.len_utf8()..].split_once(CLOAK)?;
                drawn.strip_suffix(".ip")?;
                let address: IpAddr = address.parse().ok()?;
                learned.push((Secret::Cloak(address), drawn.to_owned()));
                wanted = behind;
            }
            UNNUMBERED if drawn.contains('.') => wanted = &wanted[UNNUMBERED.len_utf8()..],
            _ => return None,
        }
    }
    left.is_empty().then_some(learned)
}

impl Client {
    /// Whether it begins as a program does that speaks IRC.
    pub(crate) fn begins_irc(&self) -> bool {
        let verbs: [&[u8]; 3] = [b"CAP ", b"NICK ", b"USER "];
        let begins = verbs.iter().any(|verb| self.inbox.starts_with(verb));
        !self.irc && !self.spoken && begins && self.inbox.contains(&b'\n')
    }

    /// It speaks IRC from now on. The prompt, if it was told that, is a line now.
    pub(crate) fn become_irc(&mut self, now: Nanos) {
        (self.irc, self.spoken, self.ascii, self.ending) = (true, true, false, Ending::Newline);
        self.expected.language = Language::Irc;
        if std::mem::take(&mut self.prompted) {
            self.expected.push(now, b"\r\n");
        }
    }

    /// Bytes that it may send before it has a nickname.
    pub(crate) fn bytes_max(&self) -> usize {
        if self.irc { limits::IRC_REGISTER_BYTES_MAX } else { limits::REGISTER_BYTES_MAX }
    }

    /// Whether its next line counts for one, even if it says nothing to the server.
    pub(crate) fn next_counts(&self) -> bool {
        let quiet: [&[u8]; 3] = [b"NICK ", b"USER ", b"CAP END"];
        let tagged = self.inbox.first() == Some(&b'@');
        let behind = self.inbox.iter().position(|byte| *byte == b' ').filter(|_| tagged);
        let line = &self.inbox[behind.map_or(0, |space| space + 1)..];
        let is_quiet = quiet.iter().any(|verb| line.starts_with(verb));
        !self.irc || self.phase == Phase::Chatting || !is_quiet
    }
}
