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
        // A NUL would end the text for the YAML scanner, and hide what follows.
        let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
        if let Some(at) = bytes.iter().position(control) {
            let place = place_of(bytes, at, base);
            let byte = bytes.get(at).copied().unwrap_or_default();
            let message = format!("control characters are not allowed, and this is U+{byte:04X}");
            return Err(syntax(&message, Some(place)));
        }
        Ok(Text { text, base })
    }

    /// JSON if it begins with a brace, as kubectl tells the two apart.
    pub(super) fn format(&self) -> Format {
        if self.text.trim_start().starts_with('{') { Format::Json } else { Format::Yaml }
    }
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
