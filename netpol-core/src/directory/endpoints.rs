use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

use crate::inventory::EndpointRecord;
use crate::model::Labels;
use crate::tables::ClassId;

/// Handle of an endpoint of an [`Engine`](crate::Engine): a pod, or a workload that stands in for
/// pods that are not there.
///
/// Get one from [`Engine::endpoint`](crate::Engine::endpoint) or
/// [`Engine::owner`](crate::Engine::owner). It means the same endpoint in every later engine of the
/// same cluster, as long as that endpoint is there, whatever becomes of its labels and addresses;
/// then it may come to mean another. In an engine of another cluster it is an error or means another
/// endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EndpointId(pub(crate) u32);

impl EndpointId {
    /// The handle as a number, for languages that have no such types.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The handle with a [number](EndpointId::number). One that no engine gave out is a handle of
    /// another engine.
    #[must_use]
    pub const fn from_number(number: u32) -> EndpointId {
        EndpointId(number)
    }
}

/// An endpoint and the classes it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointEntry {
    pub(crate) record: Arc<EndpointRecord>,
    /// Its addresses in the pod's order.
    pub(crate) addresses: SmallVec<[EndpointAddress; 2]>,
    /// Its class when it has no address.
    pub(crate) without_address: ClassId,
    /// Number of the set of addresses of its own node.
    pub(crate) own_node: u32,
    /// Whether policies see it as a pod; not so for pods in the host network, by default.
    pub(crate) is_pod: bool,
}

/// An address of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndpointAddress {
    pub(crate) address: IpAddr,
    /// The endpoint's class at this address when it is meant by name, whoever owns the address.
    pub(crate) class: ClassId,
    /// Whether packets of the address are the endpoint's.
    pub(crate) owned: bool,
}

/// A namespace and its labels as selectors see them.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceEntry {
    pub(crate) name: Arc<str>,
    pub(crate) labels: Arc<Labels>,
}
