//! Capabilities: what a client may take, and what of it changes the bytes that a room is told.
//! Source: IRCv3, `capability-negotiation`.

use serde::{Deserialize, Serialize};

use crate::dialect::websocket::frame::Opcode;
use crate::limits::{
    METADATA_KEY_BYTES_MAX, METADATA_KEYS_MAX, METADATA_SUBSCRIPTIONS_MAX,
    METADATA_VALUE_BYTES_MAX, MULTILINE_BYTES_MAX, MULTILINE_LINES_MAX,
};

/// Some capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities(u32);

/// The capabilities that change what a room is told: those who have taken the same of them are told
/// things in the same bytes. Two bytes and no number, so that an outbox is no larger for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form([u8; 2]);

/// One capability that is offered.
#[derive(Debug)]
pub(super) struct Capability {
    pub(super) name: &'static str,
    pub(super) bit: Capabilities,
}

impl Capabilities {
    pub(super) const NONE: Self = Self(0);
    // The first sixteen change what a room is told.
    pub(super) const MESSAGE_TAGS: Self = Self(1);
    pub(super) const SERVER_TIME: Self = Self(1 << 1);
    pub(super) const ACCOUNT_TAG: Self = Self(1 << 2);
    pub(super) const EXTENDED_JOIN: Self = Self(1 << 3);
    pub(super) const AWAY_NOTIFY: Self = Self(1 << 4);
    pub(super) const ACCOUNT_NOTIFY: Self = Self(1 << 5);
    pub(super) const SETNAME: Self = Self(1 << 6);
    pub(super) const INVITE_NOTIFY: Self = Self(1 << 7);
    pub(super) const MESSAGE_REDACTION: Self = Self(1 << 8);
    pub(super) const MULTILINE: Self = Self(1 << 9);
    pub(super) const CHANNEL_RENAME: Self = Self(1 << 10);
    /// No capability: its lines come and go in messages of WebSocket …
    pub(super) const IN_FRAMES: Self = Self(1 << 14);
    /// … which are bytes, and not texts.
    pub(super) const IN_BYTES: Self = Self(1 << 15);
    // The others change what one client is told.
    pub(super) const ECHO_MESSAGE: Self = Self(1 << 16);
    pub(super) const LABELED_RESPONSE: Self = Self(1 << 17);
    pub(super) const BATCH: Self = Self(1 << 18);
    pub(super) const CAP_NOTIFY: Self = Self(1 << 19);
    pub(super) const MULTI_PREFIX: Self = Self(1 << 20);
    pub(super) const USERHOST_IN_NAMES: Self = Self(1 << 21);
    pub(super) const EXTENDED_MONITOR: Self = Self(1 << 22);
    pub(super) const CHATHISTORY: Self = Self(1 << 26);
    pub(super) const EVENT_PLAYBACK: Self = Self(1 << 27);
    pub(super) const METADATA: Self = Self(1 << 28);
    pub(super) const READ_MARKER: Self = Self(1 << 29);
    pub(super) const NO_IMPLICIT_NAMES: Self = Self(1 << 30);
    pub(super) const SASL: Self = Self(1 << 23);
    pub(super) const ACCOUNT_REGISTRATION: Self = Self(1 << 24);
    /// The client has asked for version 302: it is told values, and of what changes.
    pub(super) const VERSION_302: Self = Self(1 << 31);

    /// Whether all of these are among them.
    pub(super) fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// With others, or without.
    #[must_use]
    pub(super) fn with(self, others: Self, wanted: bool) -> Self {
        Self(if wanted { self.0 | others.0 } else { self.0 & !others.0 })
    }

    /// Those that change what a room is told.
    pub(super) fn form(self) -> Form {
        // Messages of several lines come as batches.
        let has_batches = self.has(Self::MULTILINE.with(Self::BATCH, true));
        let [first, second, ..] = self.with(Self::MULTILINE, has_batches).0.to_le_bytes();
        Form([first, second])
    }
}

impl Form {
    /// What a client reads that has taken nothing.
    pub const BARE: Self = Self([0; 2]);

    /// What kind of message of WebSocket each line is, if they are.
    pub(super) fn opcode(self) -> Option<Opcode> {
        let opcode = if self.has(Capabilities::IN_BYTES) { Opcode::Binary } else { Opcode::Text };
        self.has(Capabilities::IN_FRAMES).then_some(opcode)
    }

    /// Whether what its readers are told is framed by WebSocket.
    pub fn is_in_frames(self) -> bool {
        self.has(Capabilities::IN_FRAMES)
    }

    /// Whether all of these are among them.
    pub(super) fn has(self, others: Capabilities) -> bool {
        Capabilities(u32::from(u16::from_le_bytes(self.0))).has(others)
    }
}

/// The mechanisms of SASL, as a list of them is written.
pub(super) const SASL_MECHANISMS: &str = "PLAIN,SCRAM-SHA-256";

/// The type of a batch that is a message of several lines.
pub(super) const MULTILINE_BATCH: &str = "draft/multiline";
/// The tag of what goes on with the line before.
pub(super) const MULTILINE_CONCAT: &str = "draft/multiline-concat";

/// The value of a capability that is the same everywhere, for clients of version 302.
pub(super) fn value(capability: Capabilities) -> Option<String> {
    match capability {
        Capabilities::METADATA => Some(format!(
            "before-connect,max-subs={METADATA_SUBSCRIPTIONS_MAX},max-keys={METADATA_KEYS_MAX},\
             max-key-bytes={METADATA_KEY_BYTES_MAX},max-value-bytes={METADATA_VALUE_BYTES_MAX}"
        )),
        Capabilities::MULTILINE => {
            Some(format!("max-bytes={MULTILINE_BYTES_MAX},max-lines={MULTILINE_LINES_MAX}"))
        }
        _ => None,
    }
}

/// All that are offered.
pub(super) const OFFERED: &[Capability] = &[
    offered("message-tags", Capabilities::MESSAGE_TAGS),
    offered("server-time", Capabilities::SERVER_TIME),
    offered("echo-message", Capabilities::ECHO_MESSAGE),
    offered("labeled-response", Capabilities::LABELED_RESPONSE),
    offered("batch", Capabilities::BATCH),
    offered("draft/multiline", Capabilities::MULTILINE),
    offered("draft/chathistory", Capabilities::CHATHISTORY),
    offered("draft/event-playback", Capabilities::EVENT_PLAYBACK),
    offered("draft/read-marker", Capabilities::READ_MARKER),
    offered("draft/metadata-3", Capabilities::METADATA),
    offered("draft/message-redaction", Capabilities::MESSAGE_REDACTION),
    offered("draft/channel-rename", Capabilities::CHANNEL_RENAME),
    offered("cap-notify", Capabilities::CAP_NOTIFY),
    offered("multi-prefix", Capabilities::MULTI_PREFIX),
    offered("userhost-in-names", Capabilities::USERHOST_IN_NAMES),
    offered("no-implicit-names", Capabilities::NO_IMPLICIT_NAMES),
    offered("away-notify", Capabilities::AWAY_NOTIFY),
    offered("invite-notify", Capabilities::INVITE_NOTIFY),
    offered("setname", Capabilities::SETNAME),
    offered("extended-monitor", Capabilities::EXTENDED_MONITOR),
    offered("sasl", Capabilities::SASL),
    offered("draft/account-registration", Capabilities::ACCOUNT_REGISTRATION),
    offered("account-tag", Capabilities::ACCOUNT_TAG),
    offered("account-notify", Capabilities::ACCOUNT_NOTIFY),
    offered("extended-join", Capabilities::EXTENDED_JOIN),
];

const fn offered(name: &'static str, bit: Capabilities) -> Capability {
    Capability { name, bit }
}

/// Those that are offered where these are not.
pub(super) fn offered_without(withheld: Capabilities) -> impl Iterator<Item = &'static Capability> {
    OFFERED.iter().filter(move |offered| !withheld.has(offered.bit))
}

/// The capabilities that are asked for, put to those that were taken before; `None`: one of them is
/// not offered, so none is taken.
pub(super) fn requested(
    taken: Capabilities,
    withheld: Capabilities,
    asked: &str,
) -> Option<Capabilities> {
    asked.split(' ').filter(|word| !word.is_empty()).try_fold(taken, |taken, word| {
        let (name, wanted) = word.strip_prefix('-').map_or((word, true), |name| (name, false));
        let capability = offered_without(withheld).find(|offered| offered.name == name)?;
        let is_fixed = !wanted
            && capability.bit == Capabilities::CAP_NOTIFY
            && taken.has(Capabilities::VERSION_302);
        (!is_fixed).then(|| taken.with(capability.bit, wanted))
    })
}
