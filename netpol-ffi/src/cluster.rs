//! The cluster: what writers see.

use std::time::Duration;

use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::model::{Kind, Object, WorkloadKind};
use netpol_core::{Applied, Cluster, Error};

use crate::address::{self, netpol_address};
use crate::engine::netpol_engine;
use crate::guard::{guard, guard_or};
use crate::options::netpol_options;
use crate::pointer::{self, Place};
use crate::reader::netpol_readers;
use crate::report::{Listener, netpol_report};
use crate::status::netpol_status;
use crate::text::netpol_str;

/// A cluster as its writer sees it: objects go in, `netpol_cluster_publish` makes engines of them.
///
/// One thread at a time may use a cluster. Engines and readers outlive it.
#[derive(Debug)]
pub struct netpol_cluster {
    pub(crate) cluster: Cluster,
    pub(crate) reading: ReadOptions,
}

/// How strictly objects are taken in.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_admission {
    /// For files and people: what `kubectl create` would refuse is refused, all of it at once.
    Create = 0,
    /// For what a cluster already holds: what parses is taken, and each fault is a warning. What
    /// cannot be understood matches nothing while its policy still isolates.
    Stored = 1,
}

/// Kinds of objects, for `netpol_cluster_delete`.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_kind {
    /// Namespace; goes with everything in it.
    Namespace = 1,
    /// Node.
    Node = 2,
    /// Pod.
    Pod = 3,
    /// NetworkPolicy, in any of its forms.
    NetworkPolicy = 4,
    /// ClusterNetworkPolicy.
    ClusterNetworkPolicy = 5,
    /// AdminNetworkPolicy.
    AdminNetworkPolicy = 6,
    /// BaselineAdminNetworkPolicy.
    BaselineAdminNetworkPolicy = 7,
    /// Deployment.
    Deployment = 8,
    /// ReplicaSet.
    ReplicaSet = 9,
    /// StatefulSet.
    StatefulSet = 10,
    /// DaemonSet.
    DaemonSet = 11,
    /// Job.
    Job = 12,
    /// CronJob.
    CronJob = 13,
    /// ReplicationController.
    ReplicationController = 14,
    /// Service.
    Service = 15,
    /// EndpointSlice.
    EndpointSlice = 16,
}

pub(crate) const fn admission(number: i32) -> Result<Admission, netpol_status> {
    if number == netpol_admission::Create as i32 {
        Ok(Admission::Create)
    } else if number == netpol_admission::Stored as i32 {
        Ok(Admission::Stored)
    } else {
        Err(netpol_status::InvalidValue)
    }
}

pub(crate) const fn kind(number: i32) -> Result<Kind, netpol_status> {
    Ok(match number {
        1 => Kind::Namespace,
        2 => Kind::Node,
        3 => Kind::Pod,
        4 => Kind::NetworkPolicy,
        5 => Kind::ClusterNetworkPolicy,
        6 => Kind::AdminNetworkPolicy,
        7 => Kind::BaselineAdminNetworkPolicy,
        8 => Kind::Workload(WorkloadKind::Deployment),
        9 => Kind::Workload(WorkloadKind::ReplicaSet),
        10 => Kind::Workload(WorkloadKind::StatefulSet),
        11 => Kind::Workload(WorkloadKind::DaemonSet),
        12 => Kind::Workload(WorkloadKind::Job),
        13 => Kind::Workload(WorkloadKind::CronJob),
        14 => Kind::Workload(WorkloadKind::ReplicationController),
        15 => Kind::Service,
        16 => Kind::EndpointSlice,
        _ => return Err(netpol_status::InvalidValue),
    })
}

/// Tells what a call had to say.
pub(crate) fn outcome(
    result: Result<Applied, Error>,
    manifest: &Manifest,
    listener: Listener,
) -> Result<usize, netpol_status> {
    match result {
        Ok(applied) => {
            listener.tell(&applied.warnings, manifest);
            Ok(applied.objects)
        }
        Err(error) => Err(listener.refuse(&error, manifest)),
    }
}

/// Takes one object in.
pub(crate) fn upsert(
    cluster: &mut netpol_cluster,
    object: Object,
    admission: Admission,
    listener: Listener,
) -> Result<(), netpol_status> {
    let result = cluster.cluster.upsert(object, admission);
    outcome(result, &Manifest::default(), listener).map(|_| ())
}

/// An empty cluster. `options` may be NULL for the defaults; they never change.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_new(
    options: *const netpol_options,
    cluster_out: *mut *mut netpol_cluster,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let ((options, reading), place) =
            unsafe { (netpol_options::read(options)?, Place::new(cluster_out)?) };
        place.hand_over(netpol_cluster { cluster: Cluster::new(options), reading });
        Ok(())
    })
}

/// Frees a cluster; NULL is ignored. Its engines and readers go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_cluster_free(cluster: *mut netpol_cluster) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(cluster) });
}

/// Adds the objects of a text, YAML or JSON: manifests, lists, `kubectl get -o yaml` dumps. Objects
/// that are there already are replaced. `name` is what reports call the text and may be empty;
/// `admission` is a `netpol_admission`; `objects_out`, which may be NULL, is told how many there were.
///
/// NETPOL_STATUS_REFUSED when anything in it is refused; then nothing was applied, and the report has
/// every error with its line, column and field.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_apply(
    cluster: *mut netpol_cluster,
    name: netpol_str,
    text: netpol_str,
    admission: i32,
    objects_out: *mut usize,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?) };
        // SAFETY: the header's contract.
        let (name, text) = unsafe { (name.text()?, text.bytes()?) };
        let admission = self::admission(admission)?;
        let name = if name.is_empty() { None } else { Some(name) };
        let manifest = Manifest::read(name, text, &cluster.reading);
        let objects = outcome(cluster.cluster.apply(&manifest, admission), &manifest, listener)?;
        // SAFETY: the header's contract.
        if let Ok(place) = unsafe { Place::new(objects_out) } {
            place.write(objects);
        }
        Ok(())
    })
}

/// As `netpol_cluster_apply`, but makes the objects of the text all there are of their kind, in one
/// step, as a feeder does that lists anew. `kind` is a `netpol_kind`; all objects must be of it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_replace_all(
    cluster: *mut netpol_cluster,
    kind: i32,
    name: netpol_str,
    text: netpol_str,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?) };
        // SAFETY: the header's contract.
        let (name, text) = unsafe { (name.text()?, text.bytes()?) };
        let (kind, admission) = (self::kind(kind)?, self::admission(admission)?);
        let name = if name.is_empty() { None } else { Some(name) };
        let manifest = Manifest::read(name, text, &cluster.reading);
        let found = manifest.diagnostics(admission);
        if found.iter().any(netpol_core::Diagnostic::is_error) {
            return Err(listener.refuse(&Error::new(found), &manifest));
        }
        let objects = manifest.objects().to_vec();
        outcome(cluster.cluster.replace_all(kind, objects, admission), &manifest, listener)
            .map(|_| ())
    })
}

/// Removes an object. `kind` is a `netpol_kind`; `namespace` is not looked at for kinds that live in
/// none. `existed_out`, which may be NULL, is told whether it was there.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_delete(
    cluster: *mut netpol_cluster,
    kind: i32,
    namespace_: netpol_str,
    name: netpol_str,
    existed_out: *mut bool,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, namespace, name) =
            unsafe { (pointer::exclusive(cluster)?, namespace_.text()?, name.text()?) };
        let existed = cluster.cluster.delete(self::kind(kind)?, namespace, name);
        // SAFETY: the header's contract.
        if let Ok(place) = unsafe { Place::new(existed_out) } {
            place.write(existed);
        }
        Ok(())
    })
}

/// Says which further addresses a node sends from, such as that of its bridge. Replaces what was said
/// of the node before.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_set_node_addresses(
    cluster: *mut netpol_cluster,
    node: netpol_str,
    addresses: *const netpol_address,
    addresses_len: usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, node) = unsafe { (pointer::exclusive(cluster)?, node.text()?) };
        // SAFETY: the header's contract.
        let addresses = unsafe { address::list(addresses, addresses_len) }?;
        cluster.cluster.set_node_addresses(node, addresses);
        Ok(())
    })
}

/// Says what a domain name resolves to, for `domainNames` peers: one answer, which adds to earlier
/// ones until `expires`, in nanoseconds on the clock of `netpol_cluster_advance`; 0 for never.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_resolve_domain(
    cluster: *mut netpol_cluster,
    domain: netpol_str,
    addresses: *const netpol_address,
    addresses_len: usize,
    expires: u64,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, domain) = unsafe { (pointer::exclusive(cluster)?, domain.text()?) };
        // SAFETY: the header's contract.
        let addresses = unsafe { address::list(addresses, addresses_len) }?;
        let expires = (expires != 0).then(|| Duration::from_nanos(expires));
        cluster.cluster.resolve_domain(domain, addresses, expires);
        Ok(())
    })
}

/// Takes back what a domain name resolves to: these addresses, or everything when `addresses` is
/// NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_withdraw_domain(
    cluster: *mut netpol_cluster,
    domain: netpol_str,
    addresses: *const netpol_address,
    addresses_len: usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, domain) = unsafe { (pointer::exclusive(cluster)?, domain.text()?) };
        if addresses.is_null() {
            cluster.cluster.withdraw_domain(domain, None);
        } else {
            // SAFETY: the header's contract.
            let addresses = unsafe { address::list(addresses, addresses_len) }?;
            cluster.cluster.withdraw_domain(domain, Some(&addresses));
        }
        Ok(())
    })
}

/// Says what time it is, in nanoseconds from whatever moment the caller counts from: answers that
/// expire then or before are gone from the next publication on. Time that goes back is ignored.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_advance(
    cluster: *mut netpol_cluster,
    now: u64,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        unsafe { pointer::exclusive(cluster) }?.cluster.advance(Duration::from_nanos(now));
        Ok(())
    })
}

/// Says whether the cluster is complete; matters with the option `until_synced`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_set_synced(
    cluster: *mut netpol_cluster,
    synced: bool,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        unsafe { pointer::exclusive(cluster) }?.cluster.set_synced(synced);
        Ok(())
    })
}

/// Makes everything that happened since the last call visible at once: to every reader, and in a new
/// engine when `engine_out` is not NULL.
///
/// NETPOL_STATUS_REFUSED when the cluster does not fit or an option refuses it, with the reason in
/// the report; earlier engines go on, and the call can be repeated.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_publish(
    cluster: *mut netpol_cluster,
    engine_out: *mut *mut netpol_engine,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?) };
        let manifest = Manifest::default();
        match cluster.cluster.publish() {
            Ok(engine) => {
                listener.tell(engine.warnings(), &manifest);
                // SAFETY: the header's contract.
                if let Ok(place) = unsafe { Place::new(engine_out) } {
                    place.hand_over(netpol_engine(engine));
                }
                Ok(())
            }
            Err(error) => Err(listener.refuse(&error, &manifest)),
        }
    })
}

/// What makes readers, which see every publication from then on. Any thread may use it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_readers(
    cluster: *const netpol_cluster,
    readers_out: *mut *mut netpol_readers,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, place) = unsafe { (pointer::shared(cluster)?, Place::new(readers_out)?) };
        place.hand_over(netpol_readers(cluster.cluster.readers()));
        Ok(())
    })
}
