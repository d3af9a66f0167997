//! The face for writers: objects go in, snapshots come out.
//!
//! A [`Cluster`] is fed with whole manifests or object by object. Nothing that reads sees a change
//! before [`publish`](Cluster::publish) turns everything since the last one into an
//! [`Engine`] at once. A call that is refused changes nothing.

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod admit;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::compile::{self, Compiled, Compiler};
use crate::contents::Contents;
use crate::diagnostic::{Diagnostic, Error};
use crate::engine::{Engine, History, MemoryUsage, Publisher, ReaderFactory};
use crate::hash::Set;
use crate::inventory::{Inventory, NodeRecord};
use crate::legacy;
use crate::manifest::{Admission, Manifest, ReadOptions};
use crate::model::{Kind, Object};
use crate::options::Options;
use crate::policy;
use crate::tables::Change;

/// Everything that is known of a cluster, ready to be compiled.
///
/// ```
/// use netpol_core::model::{Kind, Object, Pod};
/// use netpol_core::{Admission, Cluster, Options};
///
/// let mut cluster = Cluster::new(Options::default());
/// let mut pod = Pod::default();
/// pod.metadata.name = "db-0".into();
/// pod.metadata.namespace = "shop".into();
/// pod.status.pod_ip = "10.0.0.1".into();
/// cluster.upsert(Object::Pod(pod), Admission::Stored)?;
/// let engine = cluster.publish()?;
/// assert!(engine.owner("10.0.0.1".parse()?).is_some());
///
/// assert!(cluster.delete(Kind::Pod, "shop", "db-0"));
/// assert!(cluster.publish()?.owner("10.0.0.1".parse()?).is_none());
/// // The first engine still answers as it did.
/// assert!(engine.owner("10.0.0.1".parse()?).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Cluster {
    options: Options,
    /// Shared with [`Contents`] that were taken, and copied when it changes then.
    inventory: Arc<Inventory>,
    /// `None` until the first publication, and after one that failed halfway.
    compiler: Option<Compiler>,
    generation: u64,
    synced: bool,
    /// Whether the newest engine answered for want of a complete cluster.
    was_synced: Option<bool>,
    publisher: Publisher,
    history: Arc<History>,
}

/// A cluster of its own, that nobody reads yet: to see what a change would do.
impl Clone for Cluster {
    fn clone(&self) -> Cluster {
        Cluster {
            options: self.options.clone(),
            inventory: Arc::clone(&self.inventory),
            compiler: self.compiler.clone(),
            generation: self.generation,
            synced: self.synced,
            was_synced: None,
            publisher: Publisher::new(&self.options),
            history: Arc::default(),
        }
    }
}

/// A cluster that goes on from there. What was published there already is published here under the same
/// generation; endpoints get other handles.
impl From<Contents> for Cluster {
    fn from(contents: Contents) -> Cluster {
        let Contents { options, inventory, synced, generation } = contents;
        let publisher = Publisher::new(&options);
        Cluster {
            options,
            inventory,
            compiler: None,
            generation: generation.saturating_sub(1),
            synced,
            was_synced: None,
            publisher,
            history: Arc::default(),
        }
    }
}

/// A call went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// How many objects were added or replaced.
    pub objects: usize,
    /// What was odd about them, in the order of the input.
    pub warnings: Vec<Diagnostic>,
}

impl Cluster {
    /// An empty cluster. Its options never change.
    #[must_use]
    pub fn new(options: Options) -> Cluster {
        let inventory = Arc::default();
        Cluster::from(Contents { options, inventory, synced: false, generation: 1 })
    }

    /// A cluster with the objects of a manifest, by default options, as
    /// [`Admission::Create`] takes them. Warnings are dropped; [`apply`](Cluster::apply) returns
    /// them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text.
    pub fn from_manifests(text: &str) -> Result<Cluster, Error> {
        let mut cluster = Cluster::new(Options::default());
        let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
        cluster.apply(&manifest, Admission::Create)?;
        Ok(cluster)
    }

    /// The options it was created with.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Adds the objects of a manifest; one that is there already is replaced. One that the API
    /// server would name (it has a `generateName` alone) is always another one: it is called `web-*`,
    /// the next with that prefix `web-*2`.
    ///
    /// # Errors
    ///
    /// When the admission refuses anything in it, everything that it refuses; then nothing was
    /// applied.
    pub fn apply(&mut self, manifest: &Manifest, admission: Admission) -> Result<Applied, Error> {
        let diagnostics = admit::manifest(manifest, admission, &self.options);
        let warnings = accept(diagnostics)?;
        for object in manifest.objects() {
            self.insert(object);
        }
        Ok(Applied { objects: manifest.objects().len(), warnings })
    }

    /// Adds an object; one of the same kind, namespace and name is replaced.
    ///
    /// # Errors
    ///
    /// When the admission refuses it, with every reason; then the old one stays.
    pub fn upsert(&mut self, object: Object, admission: Admission) -> Result<Applied, Error> {
        let warnings = accept(admit::object(&object, admission, &self.options))?;
        self.insert(&object);
        Ok(Applied { objects: 1, warnings })
    }

    /// Makes `objects` all there are of their kind, in one step, as a relisting feeder does. Of
    /// workloads, only those of the given kind are replaced.
    ///
    /// # Errors
    ///
    /// When the admission refuses any of them, or one is of another kind; then the old ones stay.
    pub fn replace_all(
        &mut self,
        kind: Kind,
        objects: Vec<Object>,
        admission: Admission,
    ) -> Result<Applied, Error> {
        let mut seen = Set::default();
        let mut diagnostics = Vec::new();
        for object in &objects {
            diagnostics.extend(admit::kind(object, kind));
            diagnostics.extend(admit::duplicate(object, &mut seen));
            diagnostics.extend(admit::object(object, admission, &self.options));
        }
        let warnings = accept(diagnostics)?;
        self.delete_others(kind, &objects);
        for object in &objects {
            self.insert(object);
        }
        Ok(Applied { objects: objects.len(), warnings })
    }

    /// Removes an object; `namespace` is ignored for cluster-scoped kinds. Says whether it was
    /// there.
    ///
    /// A namespace goes with everything in it, as the API server has it.
    pub fn delete(&mut self, kind: Kind, namespace: &str, name: &str) -> bool {
        let inventory = self.inventory_mut();
        match kind {
            Kind::Namespace => inventory.clear_namespace(name),
            Kind::Node => inventory.delete_node(name),
            Kind::Pod | Kind::Workload(_) => inventory.delete_endpoint(kind, namespace, name),
            Kind::Service => inventory.delete_service(namespace, name),
            Kind::EndpointSlice => inventory.delete_endpoint_slice(namespace, name),
            Kind::NetworkPolicy => inventory.delete_policy(namespace, name),
            Kind::ClusterNetworkPolicy
            | Kind::AdminNetworkPolicy
            | Kind::BaselineAdminNetworkPolicy => inventory.delete_cluster_policy(kind, name),
        }
    }

    /// Says which further addresses a node sends from, such as that of its bridge or gateway.
    /// Replaces what was said of the node before; the node need not be known.
    pub fn set_node_addresses(&mut self, node: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses =
            addresses.into_iter().map(|address| address.to_canonical()).collect::<BTreeSet<_>>();
        self.inventory_mut().feed_node_addresses(node, addresses);
    }

    /// Says what a domain name resolves to, for the `domainNames` peers of cluster-wide policies:
    /// the addresses of one answer, until `expires`, or until they are withdrawn when that is
    /// `None`. Adds to earlier answers; an address that several of them give stays until the last
    /// of them expires.
    ///
    /// Names compare without regard to case and to a dot at the end. `expires` is on the clock that
    /// [`advance`](Cluster::advance) is told: the time since whatever moment the caller counts
    /// from. What has expired already adds nothing.
    pub fn resolve_domain(
        &mut self,
        name: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
        expires: Option<Duration>,
    ) {
        self.inventory_mut().domains.resolve(name, addresses, expires);
    }

    /// Takes back what a domain name resolves to: some addresses, or everything for `None`. Says
    /// whether there was any of it.
    pub fn withdraw_domain(&mut self, name: &str, addresses: Option<&[IpAddr]>) -> bool {
        self.inventory_mut().domains.withdraw(name, addresses)
    }

    /// Says what time it is, on the clock of [`resolve_domain`](Cluster::resolve_domain): answers
    /// that expire then or before are gone from the next [`publish`](Cluster::publish) on. Time
    /// that goes back is ignored.
    pub fn advance(&mut self, now: Duration) {
        self.inventory_mut().domains.advance(now);
    }

    /// How many engines it published.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// What it holds now, to be [written down](Contents::to_bytes) or compiled elsewhere. Copies a
    /// pointer; the next change copies what the pointer leads to, if the contents are still there.
    #[must_use]
    pub fn contents(&self) -> Contents {
        let is_published =
            self.was_synced == Some(self.is_complete()) && !self.inventory.is_dirty();
        Contents {
            options: self.options.clone(),
            inventory: Arc::clone(&self.inventory),
            synced: self.synced,
            // What was published already is the same publication elsewhere.
            generation: self.generation + u64::from(!is_published),
        }
    }

    /// Whether the cluster was said to be complete.
    #[must_use]
    pub const fn is_synced(&self) -> bool {
        self.synced
    }

    /// Says whether the cluster is complete. Matters only with
    /// [`Options::until_synced`]: before the first listing is complete an engine answers with that
    /// verdict.
    pub fn set_synced(&mut self, synced: bool) {
        self.synced = synced;
    }

    /// Makes everything that happened since the last call visible at once, in a new snapshot that
    /// shares with the one before what did not change.
    ///
    /// Only what depends on the changes is compiled: the endpoints that came or changed, the kinds of
    /// endpoints that changed policies select or speak of, the addresses concerned. The first call, and
    /// the first after a failure, compiles everything.
    ///
    /// # Errors
    ///
    /// When the cluster does not fit the tables, or a namespace is missing and
    /// [`Options::missing_namespaces`] refuses that. Earlier engines go on, and the call can be
    /// repeated.
    pub fn publish(&mut self) -> Result<Engine, Error> {
        let Compiled { mut tables, directory, warnings, mut changed } =
            compile::compile(&mut self.compiler, Arc::make_mut(&mut self.inventory), &self.options)
                .map_err(Error::new)?;
        let until_synced = self.options.until_synced.filter(|_| !self.synced);
        if until_synced.is_some() {
            tables.flag_everything();
        }
        if self.was_synced.replace(until_synced.is_none()) != Some(until_synced.is_none()) {
            changed = Change::everything();
        }
        self.generation += 1;
        self.history.add(self.generation, changed);
        let options = self.options.clone();
        let engine = Engine::new(
            self.generation,
            options,
            until_synced,
            tables,
            directory,
            warnings,
            Arc::clone(&self.history),
        );
        self.publisher.publish(&engine);
        Ok(engine)
    }

    /// As [`publish`](Cluster::publish), but compiles everything, as if nothing had been published
    /// before. The answers are the same; it takes as long as the first publication did.
    ///
    /// # Errors
    ///
    /// As [`publish`](Cluster::publish).
    pub fn publish_anew(&mut self) -> Result<Engine, Error> {
        self.compiler = None;
        self.publish()
    }

    /// What makes readers, which see every publication from then on.
    ///
    /// Before the first publication they deny everything, or answer as
    /// [`Options::until_synced`] says.
    #[must_use]
    pub fn readers(&self) -> ReaderFactory {
        self.publisher.readers()
    }

    /// How many of each thing the compiled form has, such as atoms, classes and rule sets, by name;
    /// empty before the first publication. Depends on what the cluster holds, and not on how it came
    /// to hold it.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts = self.compiler.as_ref().map(Compiler::counts).unwrap_or_default();
        counts.push(("labels", self.inventory.names.labels.len()));
        counts.push(("endpoint slices", self.inventory.services.slices()));
        counts
    }

    /// How many bytes the newest engine and the cluster itself take. Walks through all of it.
    #[must_use]
    pub fn memory_usage(&self) -> MemoryUsage {
        let mut usage = self.publisher.newest().memory_usage();
        usage.writer = self.compiler.as_ref().map(Compiler::memory).unwrap_or_default();
        usage.writer.push(("objects", self.inventory.bytes()));
        usage
    }

    /// How many snapshots are in memory: the newest, and each that a reader or an [`Engine`]
    /// elsewhere still holds. Frees those that nobody holds any more.
    pub fn snapshots(&mut self) -> usize {
        self.publisher.snapshots()
    }

    fn inventory_mut(&mut self) -> &mut Inventory {
        Arc::make_mut(&mut self.inventory)
    }

    /// Whether an engine of now answers as its tables say.
    fn is_complete(&self) -> bool {
        self.synced || self.options.until_synced.is_none()
    }

    /// Adds what has been admitted.
    fn insert(&mut self, object: &Object) {
        let name = self.name_for(object);
        let (inventory, options) = (Arc::make_mut(&mut self.inventory), &self.options);
        match object {
            Object::Namespace(object) => {
                let isolated = legacy::is_isolated(&object.metadata.annotations);
                inventory.upsert_namespace(&name, &object.metadata.labels, isolated);
            }
            Object::Node(object) => {
                inventory.upsert_node(name, NodeRecord::from_node(object, options));
            }
            Object::Pod(object) => {
                inventory.upsert_pod(name, object, options);
            }
            Object::Workload(object) => {
                inventory.upsert_workload(name, object, options);
            }
            Object::Service(object) => inventory.upsert_service(name, object),
            Object::EndpointSlice(object) => inventory.upsert_endpoint_slice(name, object),
            Object::NetworkPolicy(object) => {
                let policy = policy::network_policy(name, object, options);
                inventory.upsert_policy(policy);
            }
            Object::ExtensionsNetworkPolicy(object) => {
                let policy = policy::extensions_network_policy(name, object, options);
                inventory.upsert_policy(policy);
            }
            Object::AlphaNetworkPolicy(object) => {
                let policy = policy::alpha_network_policy(name, object, options);
                inventory.upsert_policy(policy);
            }
            Object::ClusterNetworkPolicy(object) => {
                inventory.upsert_cluster_policy(policy::cluster_network_policy(name, object));
            }
            Object::AdminNetworkPolicy(object) => {
                inventory.upsert_cluster_policy(policy::admin_network_policy(name, object));
            }
            Object::BaselineAdminNetworkPolicy(object) => {
                inventory
                    .upsert_cluster_policy(policy::baseline_admin_network_policy(name, object));
            }
        }
    }

    /// Removes the objects of a kind that are not among these.
    fn delete_others(&mut self, kind: Kind, objects: &[Object]) {
        let kept = objects.iter().map(|object| {
            let metadata = object.metadata();
            (metadata.namespace.as_str(), metadata.name.as_str())
        });
        let kept = kept.collect::<Set<_>>();
        let mut others = self.inventory.names_of(kind);
        others.retain(|(namespace, name)| !kept.contains(&(&**namespace, &**name)));
        for (namespace, name) in others {
            if kind == Kind::Namespace {
                // What is in it stays: it is another kind's.
                self.inventory_mut().delete_namespace(&name);
            } else {
                self.delete(kind, &namespace, &name);
            }
        }
    }

    /// The name that an object is kept under.
    fn name_for(&mut self, object: &Object) -> Box<str> {
        let own = &object.metadata().name;
        if !own.is_empty() {
            return own.as_str().into();
        }
        let prefix = object.object_ref();
        let name = prefix.name.clone();
        let count = self.inventory_mut().unnamed.entry(prefix).or_default();
        *count = count.saturating_add(1);
        match *count {
            1 => name.into(),
            count => format!("{name}{count}").into(),
        }
    }
}

/// The warnings, when there is nothing worse among the diagnostics.
fn accept(diagnostics: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Error> {
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Error::new(diagnostics));
    }
    Ok(diagnostics)
}
