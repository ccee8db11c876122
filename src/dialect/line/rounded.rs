//! Times as people say them.

use std::time::Duration;

/// A time as people say it: its two largest units, from seconds to days.
#[derive(Clone, Copy, Debug)]
pub struct Rounded(pub Duration);

impl std::fmt::Display for Rounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A ban that ends in half a second still holds.
        let seconds = self.0.as_millis().div_ceil(1_000);
        let (large, small) = match seconds {
            ..60 => return write!(f, "{seconds}s"),
            60..3_600 => ((seconds / 60, "m"), (seconds % 60, "s")),
            3_600..86_400 => ((seconds / 3_600, "h"), (seconds / 60 % 60, "m")),
            _ => ((seconds / 86_400, "d"), (seconds / 3_600 % 24, "h")),
        };
        write!(f, "{}{}", large.0, large.1)?;
        if small.0 > 0 { write!(f, "{}{}", small.0, small.1) } else { Ok(()) }
    }
}
