//! Manifests: what a text holds, for programs that follow texts as they change.

use netpol_core::manifest::Manifest;
use netpol_core::model::{Kind, ObjectRef, WorkloadKind};

use crate::cluster::{admission, netpol_cluster, outcome};
use crate::guard::{guard, guard_or};
use crate::pointer::{self, Place};
use crate::report::{Listener, netpol_report};
use crate::status::netpol_status;
use crate::text::netpol_str;

/// A text that was read: its objects, and everything that is wrong with it. Nothing is refused before
/// it is applied. Any thread may read it; it lives until it is freed.
#[derive(Debug)]
pub struct netpol_manifest {
    manifest: Manifest,
    objects: Vec<ObjectRef>,
}

/// An object of a manifest. The texts live as long as the manifest.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_object {
    /// A `netpol_kind`.
    pub kind: u8,
    /// Not used; 0.
    pub reserved: [u8; 3],
    /// The line where it begins, from 1.
    pub line: u32,
    /// Its namespace; empty for kinds that live in none.
    pub namespace_: netpol_str,
    /// Its name; of one that the API server would name, the prefix and a star.
    pub name: netpol_str,
}

/// The number of a kind, as `netpol_kind` has it.
const fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Namespace => 1,
        Kind::Node => 2,
        Kind::Pod => 3,
        Kind::NetworkPolicy => 4,
        Kind::ClusterNetworkPolicy => 5,
        Kind::AdminNetworkPolicy => 6,
        Kind::BaselineAdminNetworkPolicy => 7,
        Kind::Workload(WorkloadKind::Deployment) => 8,
        Kind::Workload(WorkloadKind::ReplicaSet) => 9,
        Kind::Workload(WorkloadKind::StatefulSet) => 10,
        Kind::Workload(WorkloadKind::DaemonSet) => 11,
        Kind::Workload(WorkloadKind::Job) => 12,
        Kind::Workload(WorkloadKind::CronJob) => 13,
        Kind::Workload(WorkloadKind::ReplicationController) => 14,
        Kind::Service => 15,
        Kind::EndpointSlice => 16,
        _ => 0,
    }
}

/// Reads a text, YAML or JSON, as `netpol_cluster_apply` of this cluster would, without applying it.
/// `name` is what reports call the text and may be empty.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_manifest_read(
    cluster: *const netpol_cluster,
    name: netpol_str,
    text: netpol_str,
    manifest_out: *mut *mut netpol_manifest,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, place) = unsafe { (pointer::shared(cluster)?, Place::new(manifest_out)?) };
        // SAFETY: the header's contract.
        let (name, text) = unsafe { (name.text()?, text.bytes()?) };
        let name = if name.is_empty() { None } else { Some(name) };
        let manifest = Manifest::read(name, text, &cluster.reading);
        let objects = manifest.objects().iter().map(netpol_core::model::Object::object_ref);
        place.hand_over(netpol_manifest { objects: objects.collect(), manifest });
        Ok(())
    })
}

/// How many objects a manifest has; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_manifest_count(manifest: *const netpol_manifest) -> usize {
    // SAFETY: the header's contract.
    guard_or(0, || unsafe { pointer::shared(manifest) }.map_or(0, |m| m.objects.len()))
}

/// One object of a manifest, in the order of the text.
///
/// NETPOL_STATUS_INVALID_LENGTH when there are not so many.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_manifest_at(
    manifest: *const netpol_manifest,
    index: usize,
    object_out: *mut netpol_object,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (manifest, place) = unsafe { (pointer::shared(manifest)?, Place::new(object_out)?) };
        let object = manifest.objects.get(index).ok_or(netpol_status::InvalidLength)?;
        place.write(netpol_object {
            kind: number(object.kind),
            reserved: [0; 3],
            line: manifest.manifest.place(index).1.map_or(0, |location| location.line),
            namespace_: netpol_str::of(&object.namespace),
            name: netpol_str::of(&object.name),
        });
        Ok(())
    })
}

/// Adds the objects of a manifest, as `netpol_cluster_apply` those of a text.
///
/// NETPOL_STATUS_REFUSED when anything in it is refused; then nothing was applied, and the report has
/// every error with its line, column and field.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_apply_manifest(
    cluster: *mut netpol_cluster,
    manifest: *const netpol_manifest,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster, manifest) = unsafe {
            (
                Listener::new(report_out),
                pointer::exclusive(cluster)?,
                &pointer::shared(manifest)?.manifest,
            )
        };
        let admission = self::admission(admission)?;
        outcome(cluster.cluster.apply(manifest, admission), manifest, listener).map(|_| ())
    })
}

/// Frees a manifest; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_manifest_free(manifest: *mut netpol_manifest) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(manifest) });
}

#[cfg(test)]
mod tests {
    use netpol_core::model::Kind;

    #[test]
    fn kinds_have_the_same_numbers_both_ways() {
        for expected in 1..=16 {
            let kind: Kind = crate::cluster::kind(i32::from(expected)).unwrap();
            assert_eq!(super::number(kind), expected, "{kind:?}");
        }
        assert!(crate::cluster::kind(17).is_err());
    }
}
