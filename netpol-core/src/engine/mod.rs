//! One immutable snapshot of the tables, and everything one may ask of it.
//!
//! [`Engine::decide`] is the hot path: two address lookups and two intersections.
//! [`Engine::attribute`] gives the same verdict with its reason as integers,
//! [`Engine::explain`] with names. Each exists for packets and, with `_question`, for endpoints
//! meant by name or handle. A question about a Service is one about each of its
//! [backends](Engine::backends).

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod attribute;
mod backends;
mod changes;
mod decide;
mod exceptions;
mod explain;
mod footprint;
mod lint;
mod nearest;
mod publication;
mod question;
#[cfg(feature = "packet")]
mod raw;
mod reach;
mod reason;
mod service;
mod service_error;
mod tiers;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

pub use attribute::{Attribution, Decision, PolicyId};
pub use changes::Changes;
pub(crate) use changes::History;
pub use decide::LengthMismatch;
pub use explain::{
    Account, Explanation, NearMiss, PartyName, PolicyName, RuleName, TierOutcome, TierStep,
};
pub use footprint::{MemoryUsage, PolicyFootprint};
pub use nearest::Stage;
pub(crate) use publication::Publisher;
pub use publication::{Reader, ReaderFactory};
pub use question::{Party, Question, QuestionError};
pub use reach::Reach;
pub use reason::Reason;
pub use service::{Backend, ServiceExplanation, ServiceId, ServiceQuestion, ServiceVerdict};
pub use service_error::{NoBackends, ServiceError};

use self::backends::EndpointsByNamespace;
use crate::diagnostic::Diagnostic;
use crate::directory::{Directory, EndpointId};
use crate::model::ObjectRef;
use crate::options::Options;
use crate::packet::Verdict;
use crate::tables::Tables;

/// A snapshot of the cluster that answers questions.
///
/// Made by [`Cluster::publish`](crate::Cluster::publish). It never changes; cloning it copies a
/// pointer, and any number of threads may ask at once.
///
/// # Cost
///
/// A decision is some hundred and eighty-five instructions and touches a dozen cache lines.
/// Memory on the hot side is some tens of bytes per pod and additive: see [`Engine::memory_usage`].
///
/// ```
/// use netpol_core::{Cluster, Packet};
///
/// let mut cluster = Cluster::from_manifests("
/// apiVersion: v1
/// kind: Pod
/// metadata: {name: db, labels: {app: db}}
/// status: {phase: Running, podIP: 10.0.0.1}
/// ---
/// apiVersion: v1
/// kind: Pod
/// metadata: {name: web, labels: {app: web}}
/// status: {phase: Running, podIP: 10.0.0.2}
/// ---
/// apiVersion: networking.k8s.io/v1
/// kind: NetworkPolicy
/// metadata: {name: db}
/// spec:
///   podSelector: {matchLabels: {app: db}}
///   ingress:
///   - from: [{podSelector: {matchLabels: {app: web}}}]
///     ports: [{port: 5432}]
/// ")?;
/// let engine = cluster.publish()?;
/// let (web, db) = ("10.0.0.2".parse()?, "10.0.0.1".parse()?);
/// assert!(engine.decide(&Packet::tcp(web, db, 5432)).is_allow());
/// assert!(!engine.decide(&Packet::tcp(web, db, 22)).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine(Arc<Snapshot>);

struct Snapshot {
    generation: u64,
    options: Options,
    /// The answer to everything, while the cluster is not complete.
    until_synced: Option<Verdict>,
    tables: Tables,
    directory: Directory,
    warnings: Arc<[Diagnostic]>,
    history: Arc<History>,
    endpoints_by_namespace: EndpointsByNamespace,
}

impl Engine {
    /// The engine over compiled tables.
    pub(crate) fn new(
        generation: u64,
        options: Options,
        until_synced: Option<Verdict>,
        tables: Tables,
        directory: Directory,
        warnings: Arc<[Diagnostic]>,
        history: Arc<History>,
    ) -> Engine {
        Engine(Arc::new(Snapshot {
            generation,
            options,
            until_synced,
            tables,
            directory,
            warnings,
            history,
            endpoints_by_namespace: EndpointsByNamespace::default(),
        }))
    }

    /// Counts the publications of the cluster, from 1.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// The options of the cluster it came from.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// What was odd about the cluster as a whole: two pods on one address, namespaces that were
    /// never loaded.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.0.warnings
    }

    /// Which pod owns an address; `None` for addresses of nodes and of the outside.
    #[must_use]
    pub fn owner(&self, address: IpAddr) -> Option<EndpointId> {
        self.0.directory.owner(address.to_canonical())
    }

    /// Kind, namespace and name of an endpoint; `None` for a handle of another engine that has no
    /// endpoint here.
    #[must_use]
    pub fn endpoint_name(&self, endpoint: EndpointId) -> Option<ObjectRef> {
        let record = &self.0.directory.endpoint(endpoint)?.record;
        Some(ObjectRef {
            kind: record.kind,
            namespace: record.namespace.to_string(),
            name: record.name.to_string(),
        })
    }

    /// The addresses of an endpoint in the pod's order, whoever owns them; none for a handle of another
    /// engine that has no endpoint here.
    #[must_use]
    pub fn addresses(&self, endpoint: EndpointId) -> Vec<IpAddr> {
        let entry = self.0.directory.endpoint(endpoint);
        let addresses = entry.into_iter().flat_map(|entry| &entry.addresses);
        addresses.map(|own| own.address).collect()
    }

    /// Every endpoint, in order of namespace, name and kind. Sorts them for each call.
    pub fn endpoints(&self) -> impl Iterator<Item = EndpointId> + use<> {
        let mut endpoints = self.0.directory.endpoints.iter().collect::<Vec<_>>();
        endpoints.sort_by_key(|(_, entry)| {
            let record = &entry.record;
            (Arc::clone(&record.namespace), record.name.clone(), record.kind)
        });
        endpoints.into_iter().map(|(number, _)| EndpointId(number)).collect::<Vec<_>>().into_iter()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("generation", &self.0.generation)
            .field("endpoints", &self.0.directory.names.len())
            .finish_non_exhaustive()
    }
}
