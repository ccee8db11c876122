//! Values of columns, as they are read and written.

use rusqlite::Row;

pub(super) fn text<'row>(row: &'row Row<'_>, column: usize) -> Option<&'row str> {
    text_or_null(row, column)?
}

/// `None`: it is not text.
pub(super) fn text_or_null<'row>(row: &'row Row<'_>, column: usize) -> Option<Option<&'row str>> {
    row.get_ref(column).ok()?.as_str_or_null().ok()
}

/// A whole number that is not negative.
pub(super) fn number(row: &Row<'_>, column: usize) -> Option<u64> {
    u64::try_from(row.get_ref(column).ok()?.as_i64().ok()?).ok()
}

/// Converts to SQLite's integers. A number that does not fit is a date without end, and stays one.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
