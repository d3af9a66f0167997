//! Policies in the compact form of case files, and back: a name and the fields of their specs.

use netpol_core::model::{
    AdminNetworkPolicy, AdminNetworkPolicySpec, AlphaNetworkPolicy, AlphaNetworkPolicySpec,
    BaselineAdminNetworkPolicy, BaselineAdminNetworkPolicySpec, ClusterNetworkPolicy,
    ClusterNetworkPolicySpec, ExtensionsNetworkPolicy, ExtensionsNetworkPolicySpec, NetworkPolicy,
    NetworkPolicySpec, Object, ObjectMeta,
};
use serde::{Deserialize, Serialize};

use super::rows::{metadata, qualified};

/// Rows of policies that live in a namespace.
macro_rules! namespaced {
    ($($(#[$doc:meta])* $row:ident: $kind:ident, $spec:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $row {
            /// `namespace/name`.
            pub name: String,
            /// Its spec, with the fields of the API.
            #[serde(flatten)]
            pub spec: $spec,
        }

        impl $row {
            /// The object.
            ///
            /// # Errors
            ///
            /// Says which part of the row is malformed.
            pub fn object(&self) -> Result<Object, String> {
                Ok(Object::$kind($kind { metadata: metadata(&self.name)?, spec: self.spec.clone() }))
            }

            /// The row for an object.
            #[must_use]
            pub fn new(policy: &$kind) -> $row {
                $row { name: qualified(&policy.metadata), spec: policy.spec.clone() }
            }
        }
    )*};
}

/// Rows of policies of the whole cluster.
macro_rules! cluster_wide {
    ($($(#[$doc:meta])* $row:ident: $kind:ident, $spec:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $row {
            /// Its name.
            pub name: String,
            /// Its spec, with the fields of the API.
            #[serde(flatten)]
            pub spec: $spec,
        }

        impl $row {
            /// The object.
            #[must_use]
            pub fn object(&self) -> Object {
                let metadata = ObjectMeta { name: self.name.clone(), ..ObjectMeta::default() };
                Object::$kind($kind { metadata, spec: self.spec.clone() })
            }

            /// The row for an object.
            #[must_use]
            pub fn new(policy: &$kind) -> $row {
                $row { name: policy.metadata.name.clone(), spec: policy.spec.clone() }
            }
        }
    )*};
}

namespaced! {
    /// A NetworkPolicy.
    PolicyRow: NetworkPolicy, NetworkPolicySpec;
    /// A NetworkPolicy of `extensions/v1beta1`.
    ExtensionsPolicyRow: ExtensionsNetworkPolicy, ExtensionsNetworkPolicySpec;
    /// A NetworkPolicy of `net.alpha.kubernetes.io/v1alpha1`.
    AlphaPolicyRow: AlphaNetworkPolicy, AlphaNetworkPolicySpec;
}

cluster_wide! {
    /// A ClusterNetworkPolicy.
    ClusterPolicyRow: ClusterNetworkPolicy, ClusterNetworkPolicySpec;
    /// An AdminNetworkPolicy.
    AdminPolicyRow: AdminNetworkPolicy, AdminNetworkPolicySpec;
    /// A BaselineAdminNetworkPolicy.
    BaselineAdminPolicyRow: BaselineAdminNetworkPolicy, BaselineAdminNetworkPolicySpec;
}
