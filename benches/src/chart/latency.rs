use super::canvas::{Anchor, Canvas, Logarithmic};
use super::{digits, title};
use crate::{Spread, Suite};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = WIDTH - 40.0;
const TOP: f64 = 100.0;
const ROW: f64 = 44.0;

/// How long single calls take, world by world.
pub(super) fn draw(suite: &Suite) -> String {
    let rows = suite.reports.iter().filter_map(|report| {
        let calls = report.traffic.first()?.calls?;
        Some((title(report), calls.decide, calls.interpreter))
    });
    let rows = rows.collect::<Vec<_>>();
    let bottom = TOP + ROW * rows.len() as f64;
    let mut canvas = Canvas::new(
        WIDTH,
        bottom + 40.0,
        "Single calls, nanoseconds",
        "each timed by itself; from left to right the dots are p50, p90, p99 and p99.9; logarithmic",
    );
    canvas.legend(LEFT, TOP - 22.0, &[("a", "decide"), ("g", "interpreter")]);
    let ends = |spread: &Spread| [spread.p50, spread.p999];
    let values = rows.iter().flat_map(|(_, ours, theirs)| [ends(ours), ends(theirs)].concat());
    let axis = Logarithmic::around(values, LEFT, RIGHT);
    for tick in axis.ticks() {
        let x = axis.place(tick);
        canvas.line("grid", (x, TOP - 8.0), (x, bottom));
        canvas.text("note", x, bottom + 18.0, Anchor::Middle, &scale(tick));
    }
    for (number, (name, ours, theirs)) in rows.iter().enumerate() {
        let y = TOP + ROW * number as f64 + 10.0;
        canvas.text("label", LEFT - 12.0, y + 12.0, Anchor::End, name);
        for (class, spread, y) in [("a", ours, y), ("g", theirs, y + 17.0)] {
            let Spread { p50, p90, p99, p999, .. } = *spread;
            canvas.line("thread", (axis.place(p50), y), (axis.place(p999), y));
            for (percentile, radius) in [(p50, 5.0), (p90, 4.0), (p99, 4.0), (p999, 3.0)] {
                canvas.dot(class, axis.place(percentile), y, radius);
            }
            canvas.text("note", axis.place(p50) - 9.0, y + 4.0, Anchor::End, &digits(p50));
        }
    }
    canvas.finish()
}

fn scale(nanoseconds: f64) -> String {
    match nanoseconds {
        _ if nanoseconds >= 1e6 => format!("{} ms", nanoseconds / 1e6),
        _ if nanoseconds >= 1e3 => format!("{} µs", nanoseconds / 1e3),
        _ => format!("{nanoseconds} ns"),
    }
}
