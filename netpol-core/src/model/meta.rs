use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Labels, Timestamp, null_default};

/// `metav1.ObjectMeta`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// The object's name, unique per kind and namespace.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A prefix from which the server makes a name when `name` is empty.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub generate_name: String,
    /// The namespace; empty for cluster-scoped kinds.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Unique in time and space.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Opaque version of the object in the server's store.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// Counts changes of the desired state.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "is_zero")]
    pub generation: i64,
    /// When the server created the object; decides which of two pods owns an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Timestamp>,
    /// Set while the object is being deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Timestamp>,
    /// Seconds the object has left to shut down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// What selectors match on.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Free text, never matched on.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The objects this one belongs to.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub owner_references: Vec<OwnerReference>,
    /// What must happen before the object may go.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
    /// Who manages which fields.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub managed_fields: Vec<ManagedFieldsEntry>,
}

/// `metav1.OwnerReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// Group and version of the owner.
    #[serde(deserialize_with = "null_default")]
    pub api_version: String,
    /// Kind of the owner.
    #[serde(deserialize_with = "null_default")]
    pub kind: String,
    /// Name of the owner.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// UID of the owner.
    #[serde(deserialize_with = "null_default")]
    pub uid: String,
    /// Whether the owner is the managing controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// Whether the owner's deletion waits for this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}

/// `metav1.ManagedFieldsEntry`, without the field set itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFieldsEntry {
    /// Who applied.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub manager: String,
    /// `Apply` or `Update`.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// Version of the field set.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Always `FieldsV1`.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub fields_type: String,
    /// The subresource that was used, if any.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub subresource: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
