//! An entry as rows of a terminal.
//!
//! ```text
//!     14:02 alice: hello, and a long line
//!           that goes on below itself
//!     14:03 * bob waves
//!     14:04 -> carol left
//! ```
//!
//! Invariants: as many rows as [`Rower::count`] tells, none wider than the view.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::palette::{Role, Theme};
use super::pane::{Entry, Kind};
use super::wrap::{columns, truncate, wrap};
use crate::limits::{SHOWN_NAME_COLUMNS, TIMES_FROM_COLUMNS};

/// Makes rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rower {
    /// Columns of the view.
    pub(super) width: usize,
    /// Colours.
    pub(super) theme: Theme,
    /// Seconds by which people here are ahead of UTC.
    pub(super) offset: i32,
}

/// An entry, ready to be broken into rows.
struct Parts {
    time: String,
    /// What comes before the text, and how it looks.
    head: String,
    head_style: Style,
    /// What stands between the two, and looks like neither.
    gap: &'static str,
    text: String,
    text_style: Style,
}

impl Rower {
    /// How many rows an entry takes.
    pub(super) fn count(self, entry: &Entry) -> usize {
        if entry.kind == Kind::Divider {
            return 1;
        }
        let parts = self.parts(entry);
        let (first, rest) = self.widths(&parts);
        wrap(&parts.text, first, rest).len()
    }

    /// The rows of an entry. `found`: it is what was looked for.
    pub(super) fn rows(self, entry: &Entry, found: bool) -> Vec<Line<'static>> {
        if entry.kind == Kind::Divider {
            return vec![self.divider(&entry.text, Role::Faint)];
        }
        let parts = self.parts(entry);
        let (first, rest) = self.widths(&parts);
        let indent = " ".repeat(self.width.saturating_sub(rest));
        let found = if found { self.theme.style(Role::Found) } else { Style::new() };
        let rows = wrap(&parts.text, first, rest).into_iter().enumerate().map(|(number, row)| {
            let text = Span::styled(row.to_owned(), parts.text_style.patch(found));
            if number > 0 {
                return Line::from(vec![Span::raw(indent.clone()), text]);
            }
            let time = Span::styled(parts.time.clone(), self.theme.style(Role::Faint));
            let head = Span::styled(parts.head.clone(), parts.head_style);
            Line::from(vec![time, head, Span::raw(parts.gap), text])
        });
        rows.collect()
    }

    /// A line across with a few words on it.
    pub(super) fn divider(self, text: &str, role: Role) -> Line<'static> {
        let text = truncate(text, self.width.saturating_sub(6));
        let left = 2.min(self.width);
        let used = left + columns(text) + 2;
        let right = "─".repeat(self.width.saturating_sub(used));
        let line = format!("{} {text} {right}", "─".repeat(left));
        Line::styled(line, self.theme.style(role))
    }

    /// Columns of the first row's text, and of the others'.
    fn widths(self, parts: &Parts) -> (usize, usize) {
        let time = columns(&parts.time);
        let first = self.width.saturating_sub(time + columns(&parts.head) + parts.gap.len()).max(1);
        (first, self.width.saturating_sub(time).max(1))
    }

    fn parts(self, entry: &Entry) -> Parts {
        let style = |role| self.theme.style(role);
        let name = self.theme.nickname(&entry.who);
        let who = truncate(&entry.who, SHOWN_NAME_COLUMNS);
        let mention = if entry.mentions { style(Role::Mention) } else { Style::new() };
        let mut gap = " ";
        let (head, head_style, text_style) = match entry.kind {
            Kind::Said => {
                gap = ": ";
                (who.to_owned(), self.marked(name, entry), mention)
            }
            Kind::Acted => {
                let italic = Modifier::ITALIC;
                let head = format!("* {who}");
                (head, name.add_modifier(italic), mention.add_modifier(italic))
            }
            Kind::Whispered => {
                (format!("{who} -> you:"), style(Role::Private), style(Role::Private))
            }
            Kind::WhisperSent => {
                let plain = style(Role::Private).remove_modifier(Modifier::BOLD);
                (format!("you -> {who}:"), plain, plain)
            }
            Kind::Presence => {
                let arrow = match entry.text.as_str() {
                    "left" => "<-",
                    "joined" => "->",
                    _ => "--",
                };
                let space = if who.is_empty() { "" } else { " " };
                (format!("{arrow}{space}{who}"), style(Role::Faint), style(Role::Faint))
            }
            Kind::Notice => ("*".into(), style(Role::Notice), style(Role::Notice)),
            Kind::Own => ("--".into(), style(Role::Faint), style(Role::Faint)),
            Kind::Alarm => ("!!".into(), style(Role::Alarm), style(Role::Alarm)),
            Kind::Divider => (String::new(), style(Role::Faint), style(Role::Faint)),
        };
        let (time, text) = (self.time(entry.at), entry.text.clone());
        Parts { time, head, head_style, gap, text, text_style }
    }

    /// One's own name stands back a little; one that speaks of us stands out.
    fn marked(self, name: Style, entry: &Entry) -> Style {
        match (entry.is_own, entry.mentions) {
            (true, _) => name.remove_modifier(Modifier::BOLD).add_modifier(Modifier::UNDERLINED),
            (_, true) => name.add_modifier(Modifier::REVERSED),
            _ => name,
        }
    }

    /// Hours and minutes, where there is room for them.
    fn time(self, at: u64) -> String {
        if self.width < TIMES_FROM_COLUMNS {
            return String::new();
        }
        if at == 0 {
            return " ".repeat(6);
        }
        let local = at.saturating_add_signed(i64::from(self.offset));
        format!("{:02}:{:02} ", local / 3_600 % 24, local / 60 % 60)
    }
}
