//! Drawings of a [`Suite`], as SVG that follows the reader's light or dark theme.
//!
//! Written by hand rather than by a library of charts: three drawings, a hundred lines each, that
//! look the same with every version of every dependency.

mod canvas;
mod latency;
mod memory;
mod ratios;

use crate::{Report, Suite};

/// File names and contents.
#[must_use]
pub fn all(suite: &Suite) -> Vec<(&'static str, String)> {
    vec![
        ("ratios.svg", ratios::draw(suite)),
        ("latency.svg", latency::draw(suite)),
        ("memory.svg", memory::draw(suite)),
    ]
}

/// What a world is called in a drawing.
pub(crate) fn title(report: &Report) -> String {
    let (size, variant) = match report.name.split_once('-') {
        Some((size, variant)) => {
            (size, variant.replace('-', " ").replace("ipv6", "IPv6").replace("1000", "1,000"))
        }
        None => (report.name.as_str(), String::new()),
    };
    let size = if size == "1m" { "1M" } else { size };
    if variant.is_empty() { format!("{size} pods") } else { format!("{size}, {variant}") }
}

/// With two digits at least: `0.57`, `5.7`, `57`, `570`, `5,700`.
pub(crate) fn digits(number: f64) -> String {
    match number {
        _ if number >= 1e6 => format!("{:.1} M", number / 1e6),
        _ if number >= 999.5 => {
            let whole = number.round() as u64;
            format!("{},{:03}", whole / 1_000, whole % 1_000)
        }
        _ if number >= 9.95 => format!("{number:.0}"),
        _ if number >= 0.995 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn numbers_have_two_digits_at_least() {
        let numbers = [0.573, 0.999, 5.73, 57.3, 573.2, 5_732.0, 57_320.0];
        assert_eq!(numbers.map(digits), ["0.57", "1.0", "5.7", "57", "573", "5,732", "57,320"]);
    }
}
