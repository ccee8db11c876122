//! The chat page, with what its text alone decides.

use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::http::page_policy;

/// The chat page.
pub(super) const PAGE: &str = include_str!("../../web/chat.html");

/// Its policy and its tag, made once.
pub(super) static FACTS: LazyLock<PageFacts> = LazyLock::new(|| PageFacts {
    policy: page_policy(PAGE),
    tag: format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(PAGE)[..TAG_BYTES])),
});

/// What the text of the page decides.
#[derive(Debug)]
pub(super) struct PageFacts {
    /// What it may do.
    pub(super) policy: String,
    /// Tells it from the page of another version.
    pub(super) tag: String,
}

/// Bytes of the hash in a tag.
const TAG_BYTES: usize = 8;

/// Whether a browser that has kept pages with these tags has kept this one.
pub(super) fn is_kept(tags: &str) -> bool {
    let weak = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == FACTS.tag;
    tags.split(',').map(str::trim).any(|tag| tag == "*" || weak(tag))
}
