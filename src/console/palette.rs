//! Colours: what each thing looks like on a dark or light terminal, or on one without colours.
//!
//! Everything that colour tells is told by a word, a sign or a weight as well.

use ratatui::style::{Color, Modifier, Style};

/// Which colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// None: bold, dim, underlined and reversed text alone (`NO_COLOR`).
    Plain,
    /// The terminal's own eight, which suit its background, whatever it is.
    #[default]
    Basic,
    /// 256, on a dark background.
    Dark,
    /// 256, on a light background.
    Light,
}

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// What is there to be looked past: times, comings and goings.
    Faint,
    /// What the server says.
    Notice,
    /// What went wrong.
    Alarm,
    /// What is for us alone.
    Private,
    /// What speaks of us.
    Mention,
    /// What was looked for.
    Found,
    /// The bars above and below.
    Bar,
    /// The mark before what was not read.
    Mark,
}

/// Colours of nicknames: told apart well, readable on the background, red left for alarms.
const BASIC: [Color; 5] = [Color::Green, Color::Blue, Color::Magenta, Color::Cyan, Color::Yellow];
const DARK: [u8; 14] = [39, 43, 77, 80, 108, 114, 141, 147, 173, 177, 180, 186, 209, 215];
const LIGHT: [u8; 12] = [18, 22, 25, 28, 30, 53, 54, 58, 90, 94, 97, 130];

impl Theme {
    /// How something looks.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let colour = |basic: Color, dark: u8, light: u8| match self {
            Self::Plain => plain,
            Self::Basic => plain.fg(basic),
            Self::Dark => plain.fg(Color::Indexed(dark)),
            Self::Light => plain.fg(Color::Indexed(light)),
        };
        match role {
            Role::Text => plain,
            Role::Faint => match self {
                Self::Plain | Self::Basic => plain.add_modifier(Modifier::DIM),
                Self::Dark => plain.fg(Color::Indexed(245)),
                Self::Light => plain.fg(Color::Indexed(242)),
            },
            Role::Notice => colour(Color::Cyan, 110, 24),
            Role::Alarm => colour(Color::Red, 203, 124).add_modifier(Modifier::BOLD),
            Role::Private => colour(Color::Magenta, 176, 90).add_modifier(Modifier::BOLD),
            Role::Mention => plain.add_modifier(Modifier::BOLD),
            Role::Found => plain.add_modifier(Modifier::REVERSED),
            Role::Bar => match self {
                Self::Plain | Self::Basic => plain.add_modifier(Modifier::REVERSED),
                Self::Dark => plain.bg(Color::Indexed(236)).fg(Color::Indexed(252)),
                Self::Light => plain.bg(Color::Indexed(254)).fg(Color::Indexed(236)),
            },
            Role::Mark => colour(Color::Red, 209, 130),
        }
    }

    /// How a nickname looks: the same each time, for everybody who uses this theme.
    pub fn nickname(self, name: &str) -> Style {
        // FNV-1a: few names fall on one colour, and no secret is needed for that.
        let hash = name.to_lowercase().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let hash = (hash ^ (hash >> 32)) as usize;
        let style = Style::new().add_modifier(Modifier::BOLD);
        match self {
            Self::Plain => style,
            Self::Basic => style.fg(BASIC[hash % BASIC.len()]),
            Self::Dark => style.fg(Color::Indexed(DARK[hash % DARK.len()])),
            Self::Light => style.fg(Color::Indexed(LIGHT[hash % LIGHT.len()])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_colour_and_names_have_many() {
        let names: Vec<String> = (0..40).map(|number| format!("player{number}")).collect();
        for (theme, least) in [(Theme::Basic, 5), (Theme::Dark, 10), (Theme::Light, 9)] {
            let mut colours: Vec<_> = names.iter().map(|name| theme.nickname(name).fg).collect();
            assert_eq!(theme.nickname("Bob"), theme.nickname("bob"));
            colours.sort_by_key(|colour| format!("{colour:?}"));
            colours.dedup();
            assert!(colours.len() >= least, "{theme:?}: {}", colours.len());
        }
    }

    #[test]
    fn without_colours_there_are_none() {
        let roles = [Role::Text, Role::Faint, Role::Notice, Role::Alarm, Role::Private];
        let more = [Role::Mention, Role::Found, Role::Bar, Role::Mark];
        for role in roles.into_iter().chain(more) {
            let style = Theme::Plain.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert_eq!(Theme::Plain.nickname("bob").fg, None);
    }
}
