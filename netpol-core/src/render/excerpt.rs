use std::borrow::Cow;
use std::ops::Range;

use crate::field::Location;

/// The lines of a source around a place, short enough to print whatever the source is.
pub(super) struct Excerpt<'source> {
    /// The line before, if it is worth showing, and the line itself.
    pub(super) text: Cow<'source, str>,
    /// The number of its first line.
    pub(super) first_line: usize,
    /// What is meant, in bytes of `text`.
    pub(super) span: Range<usize>,
    /// The line is there from its beginning.
    pub(super) is_whole: bool,
}

/// How much of a line is shown before and behind what is meant, in bytes.
const BEFORE: usize = 80;
const BEHIND: usize = 120;

impl<'source> Excerpt<'source> {
    /// The lines of `source` at `place`; `None` when it has no such place.
    pub(super) fn of(source: &'source [u8], place: Location) -> Option<Excerpt<'source>> {
        let at = usize::try_from(place.offset).ok()?;
        let line_number = usize::try_from(place.line).ok()?;
        let (before, behind) = source.split_at_checked(at)?;
        let in_line = before.get(line_start(before)..)?;
        let head = tail_of(in_line, BEFORE);
        let line_end = behind.iter().take(BEHIND).position(|byte| matches!(byte, b'\n' | b'\r'));
        let tail = behind.get(..line_end.unwrap_or_else(|| behind.len().min(BEHIND)))?;

        // `in_line` begins at the window's edge when the line is longer than the window.
        let is_whole = head.len() == in_line.len();
        let previous = if is_whole { line_before(before) } else { None };
        let mut text = String::new();
        if let Some(previous) = previous {
            text.push_str(&printable(previous));
            text.push('\n');
        }
        text.push_str(&printable(head));
        let start = text.len();
        let meant = usize::try_from(place.length).ok()?.min(tail.len());
        let (meant, rest) = tail.split_at_checked(meant)?;
        text.push_str(&printable(meant));
        let end = text.len();
        text.push_str(&printable(rest));
        Some(Excerpt {
            text: text.into(),
            first_line: line_number.saturating_sub(usize::from(previous.is_some())),
            span: start..end,
            is_whole,
        })
    }
}

/// Where the last line of `text` begins, looking back only as far as anything is shown.
fn line_start(text: &[u8]) -> usize {
    let window = tail_of(text, BEFORE.saturating_add(1));
    let skipped = text.len().saturating_sub(window.len());
    match window.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => skipped.saturating_add(at).saturating_add(1),
        None => skipped,
    }
}

/// The line before the last one of `text`, unless it is blank or long.
fn line_before(text: &[u8]) -> Option<&[u8]> {
    let end = line_start(text).checked_sub(1)?;
    let text = text.get(..end)?;
    let line = text.get(line_start(text)..)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let is_blank = line.iter().all(u8::is_ascii_whitespace);
    (!is_blank && line.len() <= BEFORE).then_some(line)
}

fn tail_of(text: &[u8], length: usize) -> &[u8] {
    text.get(text.len().saturating_sub(length)..).unwrap_or(text)
}

/// Text that a terminal shows and does not obey; a tab is one blank, so that columns agree.
fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|next| match next {
            '\t' => ' ',
            next if next.is_control() => char::REPLACEMENT_CHARACTER,
            next => next,
        })
        .collect()
}
