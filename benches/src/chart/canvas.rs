use std::fmt::Write;

/// An SVG document that is being written.
#[derive(Debug)]
pub(super) struct Canvas {
    body: String,
    width: f64,
    height: f64,
}

/// How a text stands to its point.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Colours that people with any kind of colour vision can tell apart (Okabe and Ito), as classes.
const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.note { font-size: 12px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.thread { stroke: #8c959f; stroke-width: 2 }
.paper { fill: #ffffff }
.cut { stroke: #ffffff; stroke-width: 3 }
.a { fill: #0072b2 } .b { fill: #56b4e9 } .c { fill: #009e73 } .d { fill: #e69f00 }
.e { fill: #d55e00 } .f { fill: #cc79a7 } .g { fill: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .grid { stroke: #3d444d } .paper { fill: #0d1117 }
  .cut { stroke: #0d1117 }
  .a { fill: #3a9bdc } .b { fill: #8fd0f7 }
}
";

/// The classes of colours, in the order in which they are used.
pub(super) const COLOURS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

impl Canvas {
    /// A drawing with its title and a line below that says what is seen.
    pub(super) fn new(width: f64, height: f64, title: &str, note: &str) -> Canvas {
        let mut canvas = Canvas { body: String::new(), width, height };
        canvas.rectangle("paper", 0.0, 0.0, width, height);
        canvas.text("title", 20.0, 30.0, Anchor::Start, title);
        canvas.text("note", 20.0, 50.0, Anchor::Start, note);
        canvas
    }

    pub(super) fn rectangle(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let radius = if class == "paper" { 0 } else { 2 };
        self.element(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{radius}"/>"#
        ));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.element(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    pub(super) fn dot(&mut self, class: &str, x: f64, y: f64, radius: f64) {
        self.element(format_args!(
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"/>"#
        ));
    }

    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.element(format_args!(
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    /// Squares with the names of what has their colour, in a row that begins at `x`.
    pub(super) fn legend(&mut self, mut x: f64, y: f64, entries: &[(&str, &str)]) {
        for (class, name) in entries {
            self.rectangle(class, x, y - 10.0, 11.0, 11.0);
            self.text("note", x + 17.0, y, Anchor::Start, name);
            // A letter of this size is about seven wide.
            x += 17.0 + 7.0 * name.len() as f64 + 18.0;
        }
    }

    pub(super) fn finish(self) -> String {
        let Canvas { body, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<style>\n{STYLE}</style>\n{body}</svg>\n"
        )
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        // Text takes whatever is written to it.
        let _ = writeln!(self.body, "{element}");
    }
}

/// A logarithmic axis: from values to places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logarithmic {
    left: f64,
    width: f64,
    first: f64,
    last: f64,
}

impl Logarithmic {
    /// From the power of ten below all `values` to the one above, between `left` and `right`.
    pub(super) fn around(values: impl IntoIterator<Item = f64>, left: f64, right: f64) -> Self {
        let positive = values.into_iter().filter(|value| *value > 0.0);
        let (least, most) = positive
            .map(f64::log10)
            .fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
        let (first, last) = if least > most { (0.0, 1.0) } else { (least.floor(), most.ceil()) };
        Logarithmic { left, width: right - left, first, last: last.max(first + 1.0) }
    }

    pub(super) fn place(&self, value: f64) -> f64 {
        let share = (value.max(1e-9).log10() - self.first) / (self.last - self.first);
        self.left + self.width * share.clamp(0.0, 1.0)
    }

    /// The powers of ten on it.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.first as i32..=self.last as i32).map(|power| 10_f64.powi(power))
    }
}
