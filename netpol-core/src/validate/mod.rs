//! What kube-apiserver would say about an object: from the model to a list of field errors.
//!
//! One function per API type, each in upstream's order, each collecting every error instead of
//! stopping at the first. [`object`] dispatches on the kind. Errors have upstream's type, path and
//! wording, and an [`origin`](crate::field::origin) that names the rule. Checked are the fields
//! that the [model](crate::model) has, that is those that can change a verdict, and the metadata.
//!
//! The functions for parts of a NetworkPolicy ([`network_policy_peer`], [`network_policy_port`],
//! [`label_selector()`], [`ip_block()`]) can be called alone. Where an object has to be lived with
//! although it is invalid, a part without errors is one that can be interpreted.
//!
//! Cluster-wide policies are custom resources, which the server holds against a schema: it counts
//! their rules and looks at their numbers, and takes any text for a selector.
//!
//! [`warnings()`] is apart, because a warning never refuses anything, and so is
//! [`not_understood()`], which says what becomes of parts that mean nothing.
//!
//! ```
//! use netpol_core::model::Object;
//! use netpol_core::validate::{self, ValidateOptions};
//!
//! let policy = serde_json::from_str(
//!     r#"{"metadata": {"name": "web", "namespace": "default"},
//!         "spec": {"ingress": [{"from": [{}], "ports": [{"port": 0}]}]}}"#,
//! )?;
//! let errors = validate::object(&Object::NetworkPolicy(policy), &ValidateOptions::default());
//! assert_eq!(
//!     errors.to_string(),
//!     "spec.ingress[0].ports[0].port: Invalid value: \"0\": must be between 1 and 65535, inclusive\n\
//!      spec.ingress[0].from[0]: Required value: must specify a peer"
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[cfg(test)]
mod assertions;
mod cluster_network_policy;
mod cluster_policy;
mod cluster_ports;
mod cluster_rules;
mod endpoint_slice;
mod ip_block;
mod label_selector;
mod meta;
mod names;
mod namespace;
mod network_policy;
mod network_policy_update;
mod node;
mod not_understood;
mod older_network_policies;
mod options;
mod pod;
mod schema;
mod service;
mod warnings;
mod workload;

pub use cluster_network_policy::{
    admin_network_policy, baseline_admin_network_policy, cluster_network_policy,
};
pub use endpoint_slice::endpoint_slice;
pub use ip_block::ip_block;
pub use label_selector::label_selector;
pub use meta::{object_meta, object_meta_update};
pub use namespace::namespace;
pub use network_policy::{
    network_policy, network_policy_peer, network_policy_port, network_policy_spec,
};
pub use network_policy_update::network_policy_update;
pub use node::node;
pub use not_understood::not_understood;
pub use older_network_policies::{alpha_network_policy, extensions_network_policy};
pub use options::ValidateOptions;
pub use pod::pod;
pub use service::service;
pub use warnings::warnings;
pub use workload::workload;

use crate::field::ErrorList;
use crate::model::Object;

/// Every fault that kube-apiserver would find in a new object, in its order.
#[must_use]
pub fn object(object: &Object, options: &ValidateOptions) -> ErrorList {
    match object {
        Object::Namespace(object) => namespace(object),
        Object::Node(object) => node(object, options),
        Object::Pod(object) => pod(object),
        Object::Workload(object) => workload(object, options),
        Object::Service(object) => service(object),
        Object::EndpointSlice(object) => endpoint_slice(object),
        Object::NetworkPolicy(object) => network_policy(object, options),
        Object::ExtensionsNetworkPolicy(object) => extensions_network_policy(object, options),
        Object::AlphaNetworkPolicy(object) => alpha_network_policy(object),
        Object::ClusterNetworkPolicy(object) => cluster_network_policy(object),
        Object::AdminNetworkPolicy(object) => admin_network_policy(object),
        Object::BaselineAdminNetworkPolicy(object) => baseline_admin_network_policy(object),
    }
}
