//! Everything as it is seen.
//!
//! ```text
//!     | main  what the room is about            1 main  2 bob 3 |   title, from 6 rows on
//!     | 14:02 alice: hello                          | 3 here    |
//!     | -- new ------------------------------------ | alice     |   members, from 72 columns on
//!     | 14:03 bob: hi, al                           | bob       |
//!     | /msg NAME TEXT  say something to one person              |   help while / is typed
//!     | * al in main, 3 here                    2 new, 1 for you |   status, from 2 rows on
//!     | al> hi bob                                               |   what is being typed
//! ```
//!
//! Nothing here changes anything. Invariant: whatever the size, nothing is drawn outside of it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::link::LinkPhase;
use super::palette::Role;
use super::pane::Entry;
use super::rows::Rower;
use super::wrap::{columns, truncate};
use super::{Console, Mode};
use crate::dialect::CommandSpec;
use crate::limits::{
    HELP_FROM_ROWS, HELP_ROWS_MAX, MEMBERS_COLUMNS, MEMBERS_FROM_COLUMNS, PROMPT_FROM_COLUMNS,
    TITLE_FROM_ROWS,
};

/// Where everything is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    title: Rect,
    pub(super) messages: Rect,
    members: Rect,
    help: Rect,
    status: Rect,
    input: Rect,
}

impl Console {
    /// Columns and rows of the view.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Draws into a buffer of that size; where the cursor is to be.
    pub fn draw(&self, buffer: &mut Buffer) -> Position {
        let layout = self.layout();
        self.draw_title(layout.title, buffer);
        self.draw_messages(layout.messages, buffer);
        self.draw_members(layout.members, buffer);
        self.draw_help(layout.help, buffer);
        self.draw_status(layout.status, buffer);
        self.draw_input(layout.input, buffer)
    }

    pub(super) fn layout(&self) -> Layout {
        let (width, height) = self.size;
        let has_title = height >= TITLE_FROM_ROWS;
        let has_members = has_title
            && width >= MEMBERS_FROM_COLUMNS
            && self.talks.shown().is_none()
            && self.roster.names().next().is_some();
        let help = self.command_help().len() as u16;
        let help = if height >= HELP_FROM_ROWS { help.min(HELP_ROWS_MAX) } else { 0 };
        let (title, status) = (u16::from(has_title), u16::from(height >= 2));
        let input = u16::from(height >= 1);
        let middle = height.saturating_sub(title + help + status + input);
        let members = if has_members { MEMBERS_COLUMNS } else { 0 };
        let row = |y, height| Rect { x: 0, y, width, height };
        Layout {
            title: row(0, title),
            messages: Rect { width: width - members, ..row(title, middle) },
            members: Rect { x: width - members, width: members, ..row(title, middle) },
            help: row(title + middle, help),
            status: row(title + middle + help, status),
            input: row(title + middle + help + status, input),
        }
    }

    fn rower(&self) -> Rower {
        let width = usize::from(self.layout().messages.width);
        Rower { width, theme: self.settings.theme, offset: self.now.offset }
    }

    /// How many rows an entry of the pane in view takes, the mark before it included.
    pub(super) fn row_counter(&self) -> impl Fn(u64, &Entry) -> usize + use<> {
        let (rower, mark) = (self.rower(), self.pane().unread_mark());
        move |id, entry| rower.count(entry) + usize::from(mark == Some(id))
    }

    fn draw_messages(&self, area: Rect, buffer: &mut Buffer) {
        let (rower, pane) = (self.rower(), self.pane());
        let (shown, hidden) = pane.shown();
        let height = usize::from(area.height);
        // From the last row up; what is below the view first.
        let mut rows: Vec<Line<'_>> = Vec::new();
        for (id, entry) in shown {
            rows.extend(rower.rows(entry, pane.found == Some(id)).into_iter().rev());
            if pane.unread_mark() == Some(id) {
                rows.push(rower.divider("new", Role::Mark));
            }
            if rows.len() >= height + hidden {
                break;
            }
        }
        for (number, line) in rows.iter().skip(hidden).take(height).enumerate() {
            let y = area.bottom() - 1 - number as u16;
            buffer.set_line(area.x, y, line, area.width);
        }
    }

    fn draw_title(&self, area: Rect, buffer: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let bar = self.settings.theme.style(Role::Bar);
        buffer.set_style(area, bar);
        let pane = self.pane();
        let width = usize::from(area.width);
        let tabs = self.tabs();
        let tabs_width: usize = tabs.iter().map(|(text, _)| columns(text)).sum();
        let topic = match pane.topic.as_str() {
            "" => String::new(),
            topic => format!("  {topic}"),
        };
        let room = width.saturating_sub(tabs_width + 1);
        let name = truncate(&pane.title, room).to_owned();
        let topic = truncate(&topic, room.saturating_sub(columns(&name))).to_owned();
        let title = [Span::styled(name, bar.add_modifier(Modifier::BOLD)), Span::raw(topic)];
        buffer.set_line(1, area.y, &Line::from(title.to_vec()).style(bar), area.width - 1);
        let tabs = tabs.into_iter().map(|(text, style)| Span::styled(text, bar.patch(style)));
        let at = width.saturating_sub(tabs_width) as u16;
        buffer.set_line(at, area.y, &Line::from(tabs.collect::<Vec<_>>()), area.width - at);
    }

    /// The conversations that can be changed to, if there are several.
    fn tabs(&self) -> Vec<(String, Style)> {
        let shown = self.talks.shown_number();
        let talks = self.talks.open().map(|talk| &talk.pane);
        let all: Vec<_> = std::iter::once(self.room()).chain(talks).collect();
        if all.len() == 1 {
            return Vec::new();
        }
        let tabs = all.into_iter().enumerate().map(|(at, pane)| {
            let new = if pane.unread > 0 { format!(" ({})", pane.unread) } else { String::new() };
            let style = match at == shown {
                true => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                false => Style::new(),
            };
            (format!(" {} {}{new} ", at + 1, truncate(&pane.title, 16)), style)
        });
        tabs.collect()
    }

    fn draw_members(&self, area: Rect, buffer: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let theme = self.settings.theme;
        let faint = theme.style(Role::Faint);
        for y in area.top()..area.bottom() {
            buffer.set_string(area.x + 1, y, "│", faint);
        }
        let names: Vec<&str> = self.roster.names().collect();
        let (x, width) = (area.x + 3, usize::from(area.width) - 3);
        let heading = format!("{} here", self.roster.count());
        buffer.set_stringn(x, area.y, heading, width, faint);
        let height = usize::from(area.height) - 1;
        if height == 0 {
            return;
        }
        let fits = if names.len() > height { height - 1 } else { names.len() };
        for (row, name) in names.iter().take(fits).enumerate() {
            let is_own = *name == self.link.nickname();
            let more = if is_own { Modifier::UNDERLINED } else { Modifier::empty() };
            let style = theme.nickname(name).remove_modifier(Modifier::BOLD).add_modifier(more);
            buffer.set_stringn(x, area.y + 1 + row as u16, name, width, style);
        }
        if fits < names.len() {
            let rest = format!("and {} more", names.len() - fits);
            buffer.set_stringn(x, area.bottom() - 1, rest, width, faint);
        }
    }

    fn draw_help(&self, area: Rect, buffer: &mut Buffer) {
        let commands = self.command_help();
        let theme = self.settings.theme;
        let left = commands.len().saturating_sub(usize::from(area.height));
        let usage = |command: &CommandSpec| format!(" /{} {}", command.name, command.arguments);
        let shown = commands.iter().take(usize::from(area.height));
        let widest = shown.clone().map(|command| columns(&usage(command))).max().unwrap_or(0);
        for (row, command) in shown.enumerate() {
            let usage = usage(command);
            let is_last = row + 1 == usize::from(area.height);
            let more = if is_last && left > 0 { format!("  ({left} more)") } else { String::new() };
            let spans = vec![
                Span::styled(format!("{usage:<widest$}"), theme.style(Role::Mention)),
                Span::styled(format!("  {}{more}", command.summary), theme.style(Role::Faint)),
            ];
            buffer.set_line(0, area.y + row as u16, &Line::from(spans), area.width);
        }
    }

    // ---- Status and input ----

    fn draw_status(&self, area: Rect, buffer: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let bar = self.settings.theme.style(Role::Bar);
        buffer.set_style(area, bar);
        let width = usize::from(area.width);
        let (right, is_urgent) = self.news();
        let room = width.saturating_sub(columns(&right) + 3);
        let left = self.status();
        buffer.set_stringn(1, area.y, truncate(&left, room), room, bar);
        let at = width.saturating_sub(columns(&right) + 1) as u16;
        let more = if is_urgent { Modifier::BOLD } else { Modifier::empty() };
        buffer.set_string(at, area.y, right, bar.add_modifier(more));
    }

    fn status(&self) -> String {
        match &self.mode {
            Mode::Searching(_) if self.hint.is_empty() => {
                return "search: Enter older, Down newer, Esc done".into();
            }
            Mode::Confirming(lines) => {
                return format!("send {} lines? Enter sends them, Esc does not", lines.len());
            }
            _ => {}
        }
        if !self.hint.is_empty() {
            return self.hint.clone();
        }
        // Where there is no room for help, it is here.
        if self.size.1 < HELP_FROM_ROWS
            && let Some(command) = self.command_help().first()
        {
            let usage = format!("/{} {}", command.name, command.arguments);
            return format!("{}: {}", usage.trim_end(), command.summary);
        }
        let Self { link, roster, settings, .. } = self;
        let (nickname, room, server) = (link.nickname(), link.room(), &settings.server);
        match link.phase() {
            LinkPhase::Here => {
                let talk = self.talks.shown().map(|talk| talk.pane.title.clone());
                let place = talk.map_or(format!("in {room}, {} here", roster.count()), |name| {
                    format!("directly with {name}")
                });
                format!("● {nickname} {place}")
            }
            LinkPhase::Connecting => format!("○ connecting to {server}"),
            LinkPhase::Registering => format!("○ saying hello to {server}"),
            LinkPhase::Naming => "○ type a nickname".to_owned(),
            LinkPhase::Waiting(until) => {
                let seconds = until.since(self.now.time).as_millis().div_ceil(1_000);
                format!("○ reconnecting in {seconds} s (Enter: now): {}", link.why())
            }
            LinkPhase::Down => format!("○ not connected (Enter: try again): {}", link.why()),
        }
    }

    /// What is new where one does not look, and whether some of it is for us.
    fn news(&self) -> (String, bool) {
        let pane = self.pane();
        if self.size.0 < PROMPT_FROM_COLUMNS && pane.unread > 0 {
            let sign = if pane.mentions > 0 { "!" } else { "" };
            return (format!("{}{sign} ↓", pane.unread), pane.mentions > 0);
        }
        match (pane.unread, pane.mentions) {
            (0, _) if pane.is_at_end() => (String::new(), false),
            (0, _) => ("Esc: newest ↓".into(), false),
            (new, 0) => (format!("{new} new ↓"), false),
            (new, mine) => (format!("{new} new, {mine} for you ↓"), true),
        }
    }

    fn draw_input(&self, area: Rect, buffer: &mut Buffer) -> Position {
        if area.is_empty() {
            return Position::ORIGIN;
        }
        let nickname = self.link.nickname();
        let (prompt, composer) = match &self.mode {
            Mode::Searching(composer) => ("find: ".to_owned(), composer),
            _ if self.link.phase() == LinkPhase::Naming => ("nickname: ".into(), &self.composer),
            _ if area.width >= PROMPT_FROM_COLUMNS => (format!("{nickname}> "), &self.composer),
            _ => ("> ".to_owned(), &self.composer),
        };
        let style = self.settings.theme.style(Role::Faint);
        let prompt = truncate(&prompt, usize::from(area.width / 2));
        buffer.set_stringn(0, area.y, prompt, usize::from(area.width), style);
        let start = columns(prompt);
        let room = usize::from(area.width).saturating_sub(start).max(1);
        let (text, cursor) = window(composer.text(), composer.before_cursor(), room);
        buffer.set_stringn(start as u16, area.y, text, room, Style::new());
        Position { x: ((start + cursor) as u16).min(area.width - 1), y: area.y }
    }
}

/// The part of a line that is in view so that the cursor is, and where in it the cursor is.
fn window<'a>(text: &'a str, before: &str, room: usize) -> (&'a str, usize) {
    let cursor = columns(before);
    // One column is for the cursor behind the last character.
    if cursor < room {
        return (text, cursor);
    }
    // In steps of half the room, so that not every key moves everything.
    let step = (room / 2).max(1);
    let skipped = (cursor - room) / step * step + step;
    let mut hidden = truncate(text, skipped);
    if columns(hidden) < skipped {
        // Half of a wide character is none.
        let next = text[hidden.len()..].graphemes(true).next().map_or(0, str::len);
        hidden = &text[..hidden.len() + next];
    }
    (&text[hidden.len()..], cursor.saturating_sub(columns(hidden)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_always_in_view() {
        let text = "日本語 and a rather long line that goes on";
        for room in 1..50 {
            for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let (shown, cursor) = window(text, &text[..at], room);
                assert!(text.ends_with(shown) && cursor < room, "{room}, {at}: {cursor}");
            }
        }
    }
}
