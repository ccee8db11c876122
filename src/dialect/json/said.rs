//! The text of a message, as an object has it: one line, and the lines where there are several.

use super::object::Text;
use crate::text::lines::{has_lines, shown_lines, whole_lines};
use crate::text::without_formatting;

/// A text as one line, and its lines if they are several.
pub(super) fn said(text: &str) -> (Text<'_>, Vec<Text<'_>>) {
    if !has_lines(text) {
        return (without_formatting(text), Vec::new());
    }
    let plain = without_formatting(text);
    let lines = whole_lines(&plain).map(|line| line.into_owned().into()).collect();
    (shown_lines(&plain).join(" ").into(), lines)
}
