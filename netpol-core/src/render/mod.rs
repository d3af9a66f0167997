//! What was found, as text for people and as JSON for programs.

#![warn(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod diagnostics;
mod excerpt;
mod explanation;
mod service;

pub use diagnostics::{Style, diagnostics, diagnostics_json};
pub use explanation::explanation_json;
pub use service::service_explanation_json;
