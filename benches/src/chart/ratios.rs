use super::canvas::{Anchor, Canvas, Logarithmic};
use super::{digits, title};
use crate::Suite;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = WIDTH - 70.0;
const TOP: f64 = 100.0;
const ROW: f64 = 40.0;
const BAR: f64 = 13.0;

/// How many times faster than the interpreter, world by world.
pub(super) fn draw(suite: &Suite) -> String {
    let rows = suite.reports.iter().filter_map(|report| {
        let (single, batch) = report.traffic.first()?.decisions.advantage();
        Some((title(report), single, batch))
    });
    let rows = rows.collect::<Vec<_>>();
    let bottom = TOP + ROW * rows.len() as f64;
    let mut canvas = Canvas::new(
        WIDTH,
        bottom + 40.0,
        "Times faster than walking the policies",
        "decisions per second, as a multiple of an interpreter's in the same run; logarithmic",
    );
    canvas.legend(LEFT, TOP - 22.0, &[("a", "one by one"), ("b", "in batches of 32")]);
    let values = rows.iter().flat_map(|(_, single, batch)| [*single, *batch, 1.0]);
    let axis = Logarithmic::around(values, LEFT, RIGHT);
    for tick in axis.ticks() {
        let x = axis.place(tick);
        canvas.line("grid", (x, TOP - 8.0), (x, bottom));
        canvas.text("note", x, bottom + 18.0, Anchor::Middle, &tick_name(tick));
    }
    for (number, (name, single, batch)) in rows.iter().enumerate() {
        let y = TOP + ROW * number as f64 + 5.0;
        canvas.text("label", LEFT - 12.0, y + BAR + 4.0, Anchor::End, name);
        for (class, value, y) in [("a", single, y), ("b", batch, y + BAR + 1.0)] {
            let end = axis.place(*value);
            canvas.rectangle(class, LEFT, y, end - LEFT, BAR);
            let label = format!("{} ×", digits(*value));
            canvas.text("note", end + 6.0, y + 11.0, Anchor::Start, &label);
        }
    }
    canvas.finish()
}

fn tick_name(tick: f64) -> String {
    if tick < 1_000.0 { format!("{tick} ×") } else { format!("{} ×", digits(tick)) }
}
