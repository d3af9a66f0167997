use std::fmt;

use serde::Serialize;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Location {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// Byte offset from the start of the text, counted from 0.
    pub offset: u32,
    /// Length in bytes of what is meant; 0 for a point.
    pub length: u32,
}

impl Location {
    /// The place at `line` and `column` (both from 1), `offset` bytes into the text (from 0),
    /// `length` bytes long.
    #[must_use]
    pub const fn new(line: u32, column: u32, offset: u32, length: u32) -> Location {
        Location { line, column, offset, length }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
