use std::sync::Arc;

/// Number of a [`Guard`]; or a guard of the commonest kinds, one port or every port, which needs
/// no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GuardId(pub(crate) u32);

impl GuardId {
    /// Admits nothing; stands where there is no guard.
    pub(crate) const NONE: GuardId = GuardId(0);

    /// Admits every key, those without a port included.
    pub(crate) const EVERYTHING: GuardId = GuardId(NO_RECORD | 1 << 24);

    /// Admits one key; `None` unless it is one of a protocol and a port.
    pub(crate) const fn one(key: u32) -> Option<GuardId> {
        if key < 1 << 24 { Some(GuardId(NO_RECORD | key)) } else { None }
    }

    /// Whether it is the number of a record; otherwise it [admits](Self::admits) or not by itself.
    #[inline]
    pub(crate) const fn is_record(self) -> bool {
        self.0 & NO_RECORD == 0
    }

    /// Whether it admits the key without a look at a record.
    #[inline]
    pub(crate) const fn admits(self, key: u32) -> bool {
        self.0 == NO_RECORD | key || self.0 == GuardId::EVERYTHING.0
    }
}

/// Set where the guard needs no record: keys have 24 bits or the highest one, and numbers of
/// records 28.
const NO_RECORD: u32 = 1 << 29;

/// A range of packet keys (`protocol << 16 | port`), both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Range {
    /// First key.
    pub(crate) first: u32,
    /// Last key, as the distance from the first, so that one compare tests both ends.
    pub(crate) length: u32,
}

impl Range {
    /// Every key, those without a port included: a rule without ports.
    pub(crate) const EVERYTHING: Range = Range { first: 0, length: u32::MAX };

    /// A key that no packet has.
    const NOTHING: Range = Range { first: u32::MAX, length: 0 };

    /// The keys from `first` to `last`.
    pub(crate) const fn new(first: u32, last: u32) -> Range {
        Range { first, length: last.wrapping_sub(first) }
    }

    /// The last key.
    pub(crate) const fn last(self) -> u32 {
        self.first.wrapping_add(self.length)
    }

    #[inline]
    pub(crate) const fn contains(self, key: u32) -> bool {
        key.wrapping_sub(self.first) <= self.length
    }
}

/// A named port that an egress entry admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NamedPortRef {
    /// Number of the interned name.
    pub(crate) name: u32,
    /// Protocol number.
    pub(crate) protocol: u8,
}

/// What a port name means on one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NamedPort {
    /// Name and protocol.
    pub(crate) port: NamedPortRef,
    /// The packet key it resolves to.
    pub(crate) key: u32,
}

const INLINE: usize = 3;

/// Which ports an entry admits, and which atoms it excludes: 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C, align(32))]
pub(crate) struct Guard {
    ranges: [Range; INLINE],
    /// Number of the [`GuardDetail`], 0 for none.
    pub(super) detail: u32,
    /// Number of the sorted list of excluded atoms, 0 for none.
    pub(super) excepts: u32,
}

/// What does not fit into a [`Guard`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct GuardDetail {
    /// All ranges in order and disjoint, when there are more than the record holds; else empty.
    pub(crate) ranges: Arc<[Range]>,
    /// Ports whose number depends on the destination.
    pub(crate) named: Arc<[NamedPortRef]>,
}

impl Default for Guard {
    fn default() -> Guard {
        Guard { ranges: [Range::NOTHING; INLINE], detail: 0, excepts: 0 }
    }
}

impl Guard {
    /// The guard of sorted, disjoint `ranges`; more than fit must also stand in `detail`.
    pub(crate) fn new(ranges: &[Range], detail: u32, excepts: u32) -> Guard {
        let mut guard = Guard { detail, excepts, ..Guard::default() };
        for (place, range) in guard.ranges.iter_mut().zip(ranges) {
            *place = *range;
        }
        guard
    }

    /// Whether so many ranges need a [`GuardDetail`].
    pub(crate) const fn needs_detail(ranges: usize) -> bool {
        ranges > INLINE
    }

    /// Whether one of the record's own ranges holds the key.
    #[inline]
    pub(super) fn contains(&self, key: u32) -> bool {
        // Without short-circuit: three compares are cheaper than a branch that guesses wrong.
        self.ranges.iter().fold(false, |found, range| found | range.contains(key))
    }
}

impl GuardDetail {
    /// Whether one of the ranges holds the key, or one of the names means it on the destination.
    pub(super) fn contains(&self, key: u32, destination: &[NamedPort]) -> bool {
        let after = self.ranges.partition_point(|range| range.first <= key);
        let before = after.checked_sub(1).and_then(|index| self.ranges.get(index));
        if before.is_some_and(|range| range.contains(key)) {
            return true;
        }
        destination
            .iter()
            .any(|port| port.key == key && self.named.binary_search(&port.port).is_ok())
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val::<[Range]>(&self.ranges) + size_of_val::<[NamedPortRef]>(&self.named)
    }
}
