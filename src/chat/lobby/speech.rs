//! What a member says, before it is decided whether it may.

use std::borrow::Cow;

use crate::chat::message::MessageKind;
use crate::text::clean;

/// Something that a member says, as clean text.
pub(super) struct Speech<'a> {
    pub(super) kind: MessageKind,
    pub(super) text: Cow<'a, str>,
    /// Tags of its client.
    pub(super) tags: &'a str,
}

impl<'a> Speech<'a> {
    /// A text without tags.
    pub(super) fn plain(kind: MessageKind, text: &'a str) -> Self {
        Self { kind, text: clean(text), tags: "" }
    }
}
