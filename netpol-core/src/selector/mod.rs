//! Label selectors: made from the API's form or parsed from a string, and matched.
//!
//! A [`Selector`] is a conjunction of [`Requirement`]s on labels. The same type serves both forms
//! that Kubernetes has: the structured `LabelSelector` of manifests
//! ([`TryFrom`](Selector#impl-TryFrom<%26LabelSelector>-for-Selector)) and the string of
//! `kubectl get -l` ([`Selector::parse`]).
//!
//! ```
//! use netpol_core::model::Labels;
//! use netpol_core::selector::Selector;
//!
//! let selector = Selector::parse("app in (web, api), !canary")?;
//! let mut labels = Labels::from([("app".to_owned(), "web".to_owned())]);
//! assert!(selector.matches(&labels));
//! labels.insert("canary".to_owned(), String::new());
//! assert!(!selector.matches(&labels));
//! # Ok::<(), netpol_core::selector::ParseSelectorError>(())
//! ```
//!
//! Sources: `k8s.io/apimachinery/pkg/labels/selector.go`,
//! `k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`,
//! `k8s.io/apimachinery/pkg/api/validate/content/kube.go`.

mod conjunction;
mod label_syntax;
mod parse;
mod requirement;

pub use conjunction::Selector;
pub(crate) use label_syntax::{
    dns_subdomain_faults, is_dns_label, label_key_faults, label_value_faults, longer_than,
};
pub use parse::ParseSelectorError;
pub use requirement::{InvalidRequirement, Operator, Requirement};
