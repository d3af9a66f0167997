//! What was found, as text for people and as JSON for programs.

mod diagnostics;
mod excerpt;
mod explanation;

pub use diagnostics::{Style, diagnostics, diagnostics_json};
pub use explanation::explanation_json;
