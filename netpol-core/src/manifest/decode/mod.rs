//! Trees to the model, with every fault told and something harmless in its place.
//!
//! [`Decoder`] holds what all types share: paths, judged fields, readers of scalars, lists and
//! maps. The other files hold one API type each: a [`Shape`] that lists its fields, and a function
//! that reads them. A reader returns [`Unreadable`] after it has told the fault, and the caller puts
//! the value in place that makes the least of it.

mod admin_network_policy;
mod alpha_network_policy;
mod at;
mod cluster_network_policy;
mod cluster_peers;
mod decoder;
mod endpoint_slice;
mod extensions_network_policy;
mod label_selector;
mod namespace;
mod network_policy;
mod node;
mod object_meta;
mod parts;
mod pod;
mod service;
mod shape;
mod suggestion;
mod workload;

pub(super) use admin_network_policy::{
    ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY, admin_network_policy,
    baseline_admin_network_policy,
};
pub(super) use alpha_network_policy::{
    ALPHA_NETWORK_POLICY, alpha_network_policy, is_alpha_network_policy,
};
pub(super) use at::At;
pub(super) use cluster_network_policy::{CLUSTER_NETWORK_POLICY, cluster_network_policy};
pub(super) use decoder::Decoder;
pub(super) use endpoint_slice::{ENDPOINT_SLICE, endpoint_slice};
pub(super) use extensions_network_policy::extensions_network_policy;
pub(super) use namespace::{NAMESPACE, namespace};
pub(super) use network_policy::{NETWORK_POLICY, network_policy};
pub(super) use node::{NODE, node};
pub(super) use object_meta::{OBJECT_META, object_meta};
pub(super) use pod::{POD, pod};
pub(super) use service::{SERVICE, service};
pub(super) use shape::{Field, Shape};
pub(super) use suggestion::nearest;
pub(super) use workload::{CRON_JOB, REPLICATION_CONTROLLER, WORKLOAD, workload};
