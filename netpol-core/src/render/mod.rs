//! What was found, as text for people and as JSON for programs.

mod diagnostics;
mod excerpt;

pub use diagnostics::{Style, diagnostics, diagnostics_json};
