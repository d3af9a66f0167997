//! What clusters come to.

use std::collections::BTreeMap;

use netpol_core::Cluster;
use netpol_core::engine::MemoryUsage;
use netpol_core::model::Object;

use super::objects::cluster;

/// What is made before anything is grown: the tables of an empty cluster and the first chunks of
/// each room, which have some sixteen kibibytes each.
pub(crate) const FIRST_CHUNKS: usize = 640 << 10;

/// What a cluster came to.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Beyond those of a cluster with an empty namespace.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    pub(crate) usage: MemoryUsage,
}

impl Measured {
    pub(crate) fn of(measured: &Cluster) -> Measured {
        let empty = cluster([]).counts();
        let counts = measured.counts().into_iter().zip(empty);
        let counts = counts.map(|((name, count), (_, empty))| (name, count - empty)).collect();
        Measured { counts, usage: measured.memory_usage() }
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        *self.counts.get(name).unwrap_or_else(|| panic!("{name} is not counted"))
    }

    pub(crate) fn hot(&self, name: &str) -> usize {
        part(&self.usage.hot, name)
    }
}

pub(crate) fn part(parts: &[(&'static str, usize)], name: &str) -> usize {
    let part = parts.iter().find(|(part, _)| *part == name);
    part.unwrap_or_else(|| panic!("{name} is not told")).1
}

pub(crate) fn sum(parts: &[(&'static str, usize)]) -> usize {
    parts.iter().map(|(_, bytes)| bytes).sum()
}

pub(crate) fn measure(objects: impl IntoIterator<Item = Object>) -> Measured {
    Measured::of(&cluster(objects))
}

/// Compiles a cluster of `size` and one of twice that. Every count at most doubles, and a few more;
/// and each one more takes at most so many bytes of what `decide` reads, and so many in all.
pub(crate) fn assert_linear<I: IntoIterator<Item = Object>>(
    size: u32,
    make: impl Fn(u32) -> I,
    hot_each: usize,
    each: usize,
) -> (Measured, Measured) {
    let (once, twice) = (measure(make(size)), measure(make(size * 2)));
    for (name, count) in &twice.counts {
        assert!(*count <= 2 * once.count(name) + 8, "{name}: {} to {count}", once.count(name));
    }
    let more = size as usize;
    let hot = twice.usage.hot_bytes().saturating_sub(once.usage.hot_bytes()) / more;
    let all = twice.usage.bytes().saturating_sub(once.usage.bytes()) / more;
    assert!(hot <= hot_each, "{hot} bytes each of {:#?}", twice.usage);
    assert!(all <= each, "{all} bytes each of {:#?}", twice.usage);
    assert!(once.usage.hot_bytes() <= FIRST_CHUNKS + more * hot_each, "{:#?}", once.usage);
    (once, twice)
}
