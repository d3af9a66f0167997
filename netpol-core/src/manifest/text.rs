//! Bytes to text: what is refused before any parser sees it.

use crate::diagnostic::Problem;
use crate::field::Location;

use super::event::Fault;
use super::options::Limits;

/// A text and the bytes cut off before it.
#[derive(Clone, Copy)]
pub(super) struct Text<'bytes> {
    pub(super) text: &'bytes str,
    pub(super) base: usize,
    /// The first character that ends a line in YAML 1.1, and so for kube-apiserver, but not in
    /// YAML 1.2, and so not for the scanner.
    pub(super) foreign_line_break: Option<Location>,
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
}

impl<'bytes> Text<'bytes> {
    /// The text of `bytes`, without a byte order mark.
    pub(super) fn of(bytes: &'bytes [u8], limits: &Limits) -> Result<Text<'bytes>, Fault> {
        if u32::try_from(bytes.len()).map_or(true, |length| length > limits.bytes) {
            return Err(Fault::limit(
                "limits.bytes",
                limits.bytes,
                "the text is too long; split it or raise the limit",
                None,
            ));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(syntax("the text is UTF-16; save it as UTF-8", None));
        }
        let (bytes, base) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => (rest, 3),
            None => (bytes, 0),
        };
        let text = str::from_utf8(bytes).map_err(|error| {
            let place = place_of(bytes, error.valid_up_to(), base);
            syntax("the text is not UTF-8", Some(place))
        })?;
        let foreign_line_break = check_characters(bytes, base)?;
        Ok(Text { text, base, foreign_line_break })
    }

    /// JSON if it begins with a brace, as kubectl tells the two apart.
    pub(super) fn format(&self) -> Format {
        if self.text.trim_start().starts_with('{') { Format::Json } else { Format::Yaml }
    }

    /// Whether a text that begins with a brace goes on as JSON would.
    pub(super) fn is_plainly_json(&self) -> bool {
        let inner = self.text.trim_start().strip_prefix('{').unwrap_or_default();
        inner.trim_start().starts_with(['"', '}'])
    }
}

/// Refuses control characters: a NUL would end the text for the YAML scanner, and hide what follows.
/// Returns the place of the first foreign line break.
fn check_characters(bytes: &[u8], base: usize) -> Result<Option<Location>, Fault> {
    let is_control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    let mut line_break = None;
    let mut from = 0;
    while let Some(rest) = bytes.get(from..)
        && let Some(skipped) =
            rest.iter().position(|byte| is_control(*byte) || matches!(byte, 0xc2 | 0xe2))
    {
        let at = from.saturating_add(skipped);
        match rest.get(skipped..).unwrap_or_default() {
            // U+0085, U+2028, U+2029
            [0xc2, 0x85, ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..] if line_break.is_none() => {
                line_break = Some(place_of(bytes, at, base));
            }
            [byte, ..] if is_control(*byte) => {
                let place = place_of(bytes, at, base);
                let message =
                    format!("control characters are not allowed, and this is U+{byte:04X}");
                return Err(syntax(&message, Some(place)));
            }
            _ => {}
        }
        from = at.saturating_add(1);
    }
    Ok(line_break)
}

fn syntax(message: &str, place: Option<Location>) -> Fault {
    let problem = Problem::Syntax { message: message.into() };
    Fault { problem: Box::new(problem), place }
}

fn place_of(bytes: &[u8], at: usize, base: usize) -> Location {
    let before = bytes.get(..at).unwrap_or_default();
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |position| position.saturating_add(1));
    let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
    let in_line = before.get(line_start..).unwrap_or_default();
    let column = String::from_utf8_lossy(in_line).chars().count().saturating_add(1);
    let clamp = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Location::new(clamp(line), clamp(column), clamp(base.saturating_add(at)), 1)
}
