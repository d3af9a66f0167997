//! Rows of tables that cannot be judged.

/// A row that means no flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowFault {
    /// Counted from 0.
    pub(crate) row: usize,
    /// The column, as questions call it.
    pub(crate) column: &'static str,
    /// What is wrong with its value.
    pub(crate) detail: String,
}
