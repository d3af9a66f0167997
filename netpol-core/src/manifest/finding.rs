use crate::diagnostic::{Diagnostic, Severity};

use super::Admission;

/// Something met while reading, and whether it refuses the input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What was found and where. Its severity is that of admission [`Create`](Admission::Create);
    /// [`Finding::diagnostic_in`] has it for either.
    pub diagnostic: Diagnostic,
    /// The object it is about, as an index into [`Manifest::objects`](super::Manifest::objects);
    /// `None` when nothing was decoded.
    pub object: Option<usize>,
    /// When it refuses the input.
    pub refuses: Refuses,
}

/// When a finding refuses the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refuses {
    /// In either admission: the text is broken, a limit is exceeded, or to go on would leave out
    /// something that the verdict depends on.
    Always,
    /// In [`Admission::Create`] only. In [`Admission::Stored`] it is a warning, and the object
    /// carries in its place a value that matches nothing.
    Create,
    /// Never: a warning.
    Never,
}

impl Finding {
    /// Whether it refuses the input in `admission`.
    #[must_use]
    pub const fn refuses_in(&self, admission: Admission) -> bool {
        match self.refuses {
            Refuses::Always => true,
            Refuses::Create => matches!(admission, Admission::Create),
            Refuses::Never => false,
        }
    }

    /// The diagnostic with the severity it has in `admission`.
    #[must_use]
    pub fn diagnostic_in(&self, admission: Admission) -> Diagnostic {
        let mut diagnostic = self.diagnostic.clone();
        diagnostic.severity =
            if self.refuses_in(admission) { Severity::Error } else { Severity::Warning };
        diagnostic
    }
}
