//! From each kind of policy to the normal form.
//!
//! Lowering never fails. A policy that kube-apiserver refuses can still be stored in a cluster of
//! another version, and refusing it here would leave an older, more open one in force; so what
//! cannot be read closes: see each kind.

mod cluster;
mod legacy;
mod network_policy;
mod ports;

pub(crate) use cluster::{
    admin_network_policy, baseline_admin_network_policy, cluster_network_policy,
};
pub(crate) use legacy::{alpha_network_policy, extensions_network_policy, isolated_namespace};
pub(crate) use network_policy::network_policy;
