use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

use crate::inventory::EndpointRecord;
use crate::model::Labels;
use crate::tables::ClassId;

/// Handle of an endpoint of one [`Engine`](crate::Engine): a pod, or a workload that stands in for
/// pods that are not there.
///
/// Get one from [`Engine::endpoint`](crate::Engine::endpoint) or
/// [`Engine::owner`](crate::Engine::owner). It belongs to that engine; a handle of another engine
/// is an error or means another endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EndpointId(pub(crate) u32);

/// An endpoint and the classes it has.
#[derive(Clone, Debug)]
pub(crate) struct EndpointEntry {
    pub(crate) record: Arc<EndpointRecord>,
    /// Number of its namespace.
    pub(crate) namespace: u32,
    /// Its addresses in the pod's order, each with its class when the endpoint is meant by name.
    pub(crate) addresses: SmallVec<[(IpAddr, ClassId); 2]>,
    /// Its class when it has no address.
    pub(crate) without_address: ClassId,
    /// Number of the set of addresses of its own node.
    pub(crate) own_node: u32,
    /// Whether policies see it as a pod; not so for pods in the host network, by default.
    pub(crate) is_pod: bool,
}

/// A namespace and its labels as selectors see them.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceEntry {
    pub(crate) name: Box<str>,
    pub(crate) labels: Arc<Labels>,
}
