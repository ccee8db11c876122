//! Bots: programs that say something in one room without being a member, each by a token or by a
//! hook, whose address is its secret.
//!
//! Of a secret only its SHA-256 is known here. Secrets are drawn at random and long, so one round
//! is enough, and looking a hash up tells nobody how much of a guess was right.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chat::{Allowance, Nickname, RoomName};
use crate::hex;

/// How a written hash begins.
const SCHEME: &str = "sha256:";

/// The hash of a bot's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Parses what [`fmt::Display`] has written.
    pub fn parse(written: &str) -> Option<Self> {
        let bytes = hex::parse(written.strip_prefix(SCHEME)?)?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How a bot shows its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotKind {
    /// In a header, beside the request.
    Token,
    /// In the address of the request.
    Hook,
}

/// A bot with one of its secrets. One with several stands in the list several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// The name under which it speaks, which no member may take.
    pub name: Nickname,
    /// The room in which it speaks.
    pub room: RoomName,
    /// How it shows its secret.
    pub kind: BotKind,
    /// The hash of the secret.
    pub hash: TokenHash,
}

/// A bot, and how much it has said.
#[derive(Clone, Debug)]
pub(super) struct KnownBot {
    pub(super) bot: Bot,
    /// Kept for each secret: a bot has no connection that lasts.
    pub(super) allowance: Allowance,
}

/// Every bot, by the hash of its secret.
#[derive(Debug, Default)]
pub(super) struct Bots(HashMap<TokenHash, KnownBot>);

impl Bots {
    /// Replaces the list. What a bot that stays has said, it still has to pay for.
    pub(super) fn replace(&mut self, bots: &[Bot]) {
        let known = std::mem::take(&mut self.0);
        let taken_over = |bot: &Bot| {
            let allowance = known.get(&bot.hash).map_or_else(Allowance::default, |it| it.allowance);
            (bot.hash, KnownBot { bot: bot.clone(), allowance })
        };
        self.0 = bots.iter().map(taken_over).collect();
    }

    /// The bot that shows this secret in this way.
    pub(super) fn find(&mut self, kind: BotKind, secret: &str) -> Option<&mut KnownBot> {
        self.0.get_mut(&TokenHash::of(secret)).filter(|known| known.bot.kind == kind)
    }

    /// How much has been said with the secret of this hash.
    pub(super) fn allowance(&mut self, hash: TokenHash) -> Option<&mut Allowance> {
        self.0.get_mut(&hash).map(|known| &mut known.allowance)
    }

    /// What each has said, for another process.
    pub(super) fn handed_over(&self) -> Vec<(TokenHash, Allowance)> {
        self.0.iter().map(|(hash, known)| (*hash, known.allowance)).collect()
    }

    /// Takes over what bots have said from another process.
    pub(super) fn take_over(&mut self, said: Vec<(TokenHash, Allowance)>) {
        for (hash, allowance) in said {
            if let Some(known) = self.0.get_mut(&hash) {
                known.allowance = allowance;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Alphabet, FloodRate};
    use crate::time::Time;

    fn bot(secret: &str, kind: BotKind) -> Bot {
        let name = Nickname::parse("deploy-bot", Alphabet::Ascii).unwrap();
        let room = RoomName::parse("ops", Alphabet::Ascii).unwrap();
        Bot { name, room, kind, hash: TokenHash::of(secret) }
    }

    #[test]
    fn a_hash_is_what_other_programs_compute() {
        // printf secret | sha256sum
        let written = "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let hash = TokenHash::of("secret");
        assert_eq!(hash.to_string(), written);
        assert_eq!(TokenHash::parse(written), Some(hash));
        let longer = format!("{written}00");
        for bad in ["", "secret", "sha256:", "sha256:00", &longer, &written[7..]] {
            assert_eq!(TokenHash::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_opens_what_it_was_made_for_and_its_debts_outlive_a_reload() {
        let mut bots = Bots::default();
        bots.replace(&[bot("one", BotKind::Token), bot("two", BotKind::Hook)]);
        assert!(bots.find(BotKind::Hook, "one").is_none());
        assert!(bots.find(BotKind::Token, "two").is_none());
        assert!(bots.find(BotKind::Token, "One").is_none());
        let rate = FloodRate::new(1, 1).unwrap();
        bots.find(BotKind::Token, "one").unwrap().allowance.charge(Time::ZERO, rate, 5);
        bots.replace(&[bot("one", BotKind::Token)]);
        let known = bots.find(BotKind::Token, "one").unwrap();
        assert!(!known.allowance.is_whole(Time::ZERO));
        assert!(bots.find(BotKind::Hook, "two").is_none());
        let handed_over = bots.handed_over();
        let mut other = Bots::default();
        other.replace(&[bot("one", BotKind::Token)]);
        other.take_over(handed_over);
        assert!(!other.find(BotKind::Token, "one").unwrap().allowance.is_whole(Time::ZERO));
    }
}
