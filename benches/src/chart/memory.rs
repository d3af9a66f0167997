use std::collections::BTreeMap;

use super::canvas::{Anchor, COLOURS, Canvas};
use super::{digits, title};
use crate::{HOT, Report, Suite};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = WIDTH - 70.0;
const TOP: f64 = 100.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
/// Parts that have a colour of their own; the smallest of the others share one.
const COLOURED: usize = COLOURS.len() - 1;
/// Bars that are longer than this many bytes are cut, so that the others can be told apart.
const LONGEST: f64 = 150.0;

/// What decisions read, in bytes per pod, world by world.
pub(super) fn draw(suite: &Suite) -> String {
    let names = largest(suite);
    let bottom = TOP + ROW * suite.reports.len() as f64;
    let mut canvas = Canvas::new(
        WIDTH,
        bottom + 20.0,
        "What decisions read, bytes per pod",
        "by part; bars that end in two strokes are longer than shown",
    );
    let coloured = names.iter().map(String::as_str);
    let mut entries = COLOURS.into_iter().zip(coloured).collect::<Vec<_>>();
    entries.push((COLOURS[COLOURED], "others"));
    canvas.legend(20.0, TOP - 22.0, &entries);
    let longest = suite.reports.iter().map(all).fold(1.0, f64::max).min(LONGEST);
    for (number, report) in suite.reports.iter().enumerate() {
        let y = TOP + ROW * number as f64;
        canvas.text("label", LEFT - 12.0, y + 14.0, Anchor::End, &title(report));
        let place = |bytes: f64| LEFT + (RIGHT - LEFT) * (bytes / longest).min(1.0);
        let mut sum = 0.0;
        for (class, name) in &entries {
            let bytes = match *name {
                "others" => all(report) - sum,
                name => per_pod(report, name),
            };
            let (from, to) = (place(sum), place(sum + bytes));
            if to - from > 0.05 {
                canvas.rectangle(class, from, y, to - from, BAR);
            }
            sum += bytes;
        }
        if sum > longest {
            for x in [RIGHT - 14.0, RIGHT - 8.0] {
                canvas.line("cut", (x - 4.0, y + BAR + 2.0), (x + 4.0, y - 2.0));
            }
        }
        canvas.text("note", place(sum) + 6.0, y + 13.0, Anchor::Start, &digits(sum));
    }
    canvas.finish()
}

/// The parts that take most, over all worlds alike.
fn largest(suite: &Suite) -> Vec<String> {
    let mut shares = BTreeMap::<&str, f64>::new();
    for report in &suite.reports {
        for (name, bytes) in report.memory.parts.get(HOT).into_iter().flatten() {
            *shares.entry(name).or_default() += *bytes as f64 / report.memory.hot() as f64;
        }
    }
    let mut names = shares.into_iter().collect::<Vec<_>>();
    names.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    names.into_iter().take(COLOURED).map(|(name, _)| name.to_owned()).collect()
}

fn all(report: &Report) -> f64 {
    report.memory.hot() as f64 / report.world.pods.max(1) as f64
}

fn per_pod(report: &Report, part: &str) -> f64 {
    let bytes = report.memory.parts.get(HOT).and_then(|parts| parts.get(part));
    bytes.map_or(0.0, |bytes| *bytes as f64 / report.world.pods.max(1) as f64)
}
