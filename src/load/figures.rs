//! Figures as people read them: grouped, scaled, with the unit that suits.

use std::time::Duration;

/// `1 message`, `0.5 messages`.
pub(super) fn messages(count: &str) -> String {
    format!("{count} message{}", if count == "1" { "" } else { "s" })
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three digits that count: `6.13 million`.
pub(super) fn scaled(number: f64) -> String {
    match number {
        1e9.. => format!("{} billion", three_digits(number / 1e9)),
        1e6.. => format!("{} million", three_digits(number / 1e6)),
        1e4.. => grouped(number.round() as u64),
        _ => three_digits(number),
    }
}

fn three_digits(number: f64) -> String {
    match number {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

pub(super) fn milliseconds(ms: f64) -> String {
    three_digits(ms)
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} % of a core", share * 100.0)
}

pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// A time with the unit that suits it.
pub(super) fn short(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        1e6.. => format!("{} s", three_digits(micros / 1e6)),
        1e3.. => format!("{} ms", three_digits(micros / 1e3)),
        _ => format!("{} µs", three_digits(micros)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        for (number, text) in
            [(0.5, "0.50"), (12.34, "12.3"), (9_999.0, "9999"), (12_345.0, "12,345")]
        {
            assert_eq!(scaled(number), text);
        }
        assert_eq!(scaled(8_371_000.0), "8.37 million");
        assert_eq!(short(Duration::from_micros(20_000)), "20.0 ms");
    }
}
