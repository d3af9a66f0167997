//! Kubernetes' error vocabulary: a [`Path`] to a field, and an [`Error`] of a kind about it.
//!
//! The types follow `k8s.io/apimachinery/pkg/util/validation/field`, so that a message here reads
//! as the one `kubectl apply` prints. Two things are added: the [`Location`] in the text, when
//! there is a text, and an [origin](Error::origin) on every error, which names the rule that was
//! broken and is what tests compare instead of prose.

mod error;
mod location;
pub mod origin;
mod path;

pub use error::{Error, ErrorKind, ErrorList};
pub use location::Location;
pub use path::Path;
pub(crate) use path::Step;
