//! The older forms of NetworkPolicy, and what they mean in `networking.k8s.io/v1`.
//!
//! Kubernetes 1.3 to 1.6 judged NetworkPolicies differently: an annotation of the
//! [namespace isolates](is_isolated), and policies only open what it closes. Whoever keeps such
//! objects has two questions. What do they say when a cluster of today reads them?
//! [`network_policy`] and [`alpha_network_policy`] answer that, object by object. And which policies
//! of today do what they did then? That is a question about all of them together, and their
//! namespaces, and [`convert`] answers it.

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod convert;
mod draft;
mod isolation;
mod lift;

pub use convert::{Conversion, convert};
pub use isolation::is_isolated;
pub use lift::{alpha_network_policy, network_policy};
