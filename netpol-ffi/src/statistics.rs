//! Memory and snapshots.

use netpol_core::engine::MemoryUsage;

use crate::cluster::netpol_cluster;
use crate::engine::netpol_engine;
use crate::guard::guard;
use crate::pointer::{self, Place};
use crate::status::netpol_status;

/// How many bytes there are on the heap, by what reads them. Engines of one cluster share what did
/// not change between them, so theirs do not add up.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_memory {
    /// What decisions read.
    pub hot: usize,
    /// What attributions and explanations read besides.
    pub provenance: usize,
    /// Who endpoints and addresses are.
    pub names: usize,
    /// What the writer keeps to itself; 0 for an engine.
    pub writer: usize,
}

impl netpol_memory {
    fn of(usage: &MemoryUsage) -> netpol_memory {
        let sum = |parts: &[(&str, usize)]| parts.iter().map(|(_, bytes)| bytes).sum();
        netpol_memory {
            hot: sum(&usage.hot),
            provenance: sum(&usage.provenance),
            names: sum(&usage.names),
            writer: sum(&usage.writer),
        }
    }
}

/// What an engine takes. Walks through all of it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_memory(
    engine: *const netpol_engine,
    memory_out: *mut netpol_memory,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, place) = unsafe { (pointer::shared(engine)?, Place::new(memory_out)?) };
        place.write(netpol_memory::of(&engine.0.memory_usage()));
        Ok(())
    })
}

/// What a cluster takes, with its newest engine. Walks through all of it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_memory(
    cluster: *const netpol_cluster,
    memory_out: *mut netpol_memory,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, place) = unsafe { (pointer::shared(cluster)?, Place::new(memory_out)?) };
        place.write(netpol_memory::of(&cluster.cluster.memory_usage()));
        Ok(())
    })
}

/// How many engines of the cluster readers and handles still keep alive, the newest included.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_snapshots(
    cluster: *mut netpol_cluster,
    snapshots_out: *mut usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (cluster, place) =
            unsafe { (pointer::exclusive(cluster)?, Place::new(snapshots_out)?) };
        place.write(cluster.cluster.snapshots());
        Ok(())
    })
}
