//! One hasher with a fixed seed for every map of the crate.
//!
//! With a random seed instruction counts and table layouts would differ from run to run. The maps
//! hold bounded, validated input and are never read on the packet path, so resistance against
//! chosen keys is not needed there.

use std::hash::BuildHasher;

/// Builds foldhash hashers that all start alike.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FixedHasher;

impl BuildHasher for FixedHasher {
    type Hasher = foldhash::fast::FoldHasher<'static>;

    fn build_hasher(&self) -> Self::Hasher {
        foldhash::fast::FixedState::with_seed(0x6e65_7470_6f6c).build_hasher()
    }
}

/// A map with the fixed hasher.
pub(crate) type Map<K, V> = hashbrown::HashMap<K, V, FixedHasher>;
/// A set with the fixed hasher.
pub(crate) type Set<K> = hashbrown::HashSet<K, FixedHasher>;
