use serde::{Deserialize, Serialize};

use super::ObjectMeta;

/// `v1.Namespace`; only its metadata can change a verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Namespace {
    /// Name and labels.
    pub metadata: ObjectMeta,
}
