use std::sync::Arc;

use super::open_table::{OpenTable, Slot};
use super::{ClassId, Segment, flatten};

/// IPv6 address to class: an exact hash for single addresses, flat ranges for prefixes.
///
/// Single addresses are looked up first, in one array with open addressing, so that most packets
/// cost one load; the rest search the sorted points at which the class changes.
#[derive(Clone, Debug)]
pub(crate) struct Ipv6Table {
    exact: OpenTable<Exact, 128>,
    starts: Arc<[u128]>,
    classes: Arc<[u32]>,
}

/// An address as two halves, which need not lie on a boundary of sixteen bytes.
#[derive(Clone, Copy, Debug)]
struct Exact {
    high: u64,
    low: u64,
    class: u32,
}

/// No class has these bits, so the slot is free.
const FREE: u32 = u32::MAX;

impl Default for Exact {
    fn default() -> Exact {
        Exact { high: 0, low: 0, class: FREE }
    }
}

impl Exact {
    fn new(address: u128, class: u32) -> Exact {
        Exact { high: (address >> 64) as u64, low: address as u64, class }
    }

    #[inline]
    fn is(&self, address: u128) -> bool {
        self.low == address as u64 && self.high == (address >> 64) as u64
    }
}

impl Slot for Exact {
    fn is_free(&self) -> bool {
        self.class == FREE
    }

    fn hash(&self) -> u32 {
        hash(u128::from(self.high) << 64 | u128::from(self.low))
    }
}

impl Default for Ipv6Table {
    fn default() -> Ipv6Table {
        Ipv6Table::everywhere(ClassId::UNKNOWN)
    }
}

impl Ipv6Table {
    /// With one class for every address.
    pub(crate) fn everywhere(class: ClassId) -> Ipv6Table {
        Ipv6Table {
            exact: OpenTable::default(),
            starts: Arc::new([0]),
            classes: Arc::new([class.bits()]),
        }
    }

    /// The class of an address.
    pub(crate) fn lookup(&self, address: u128) -> ClassId {
        if let Some(slot) = self.exact.find(hash(address), |slot| slot.is(address)) {
            return ClassId::from_bits(slot.class);
        }
        let after = self.starts.partition_point(|start| *start <= address);
        let class = self.classes.get(after.wrapping_sub(1));
        class.map_or(ClassId::UNKNOWN, |class| ClassId::from_bits(*class))
    }

    /// Gives a single address a class of its own, or takes that back.
    pub(crate) fn assign(&mut self, address: u128, class: Option<ClassId>) {
        let hash = hash(address);
        match class {
            None => {
                self.exact.remove(hash, |slot| slot.is(address));
            }
            Some(class) => {
                let slot = Exact::new(address, class.bits());
                if !self.exact.replace(hash, |slot| slot.is(address), slot) {
                    self.exact.insert(slot);
                }
            }
        }
    }

    /// How many single addresses there are.
    pub(crate) const fn singles(&self) -> usize {
        self.exact.len()
    }

    /// How many single addresses there is room for.
    pub(crate) const fn room(&self) -> usize {
        self.exact.room()
    }

    /// Makes room for so many more single addresses in one step.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.exact.reserve(more);
    }

    /// Sets the classes of prefixes, which come in address order, outer before inner.
    pub(crate) fn set_prefixes(&mut self, prefixes: impl Iterator<Item = Segment<u128>>) {
        let outside = ClassId::UNKNOWN.bits();
        let points = flatten(prefixes, outside, |address: u128| address.checked_add(1));
        self.starts = points.iter().map(|(start, _)| *start).collect();
        self.classes = points.iter().map(|(_, class)| *class).collect();
    }

    /// The table as it is now, for a snapshot.
    pub(crate) fn share(&self) -> Ipv6Table {
        Ipv6Table {
            exact: self.exact.share(),
            starts: Arc::clone(&self.starts),
            classes: Arc::clone(&self.classes),
        }
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(super) fn spare_bytes(&self) -> usize {
        self.exact.spare_bytes()
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.exact.bytes()
            + size_of_val::<[u128]>(&self.starts)
            + size_of_val::<[u32]>(&self.classes)
    }
}

/// Folds both halves with odd multipliers and keeps the high bits; the seed is fixed, so that a
/// table is the same in every run.
#[inline]
fn hash(address: u128) -> u32 {
    let high = (address >> 64) as u64;
    let low = address as u64;
    let folded =
        (high ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(32) ^ low;
    let mixed = folded.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::{ClassId, Ipv6Table, Segment};

    #[test]
    fn single_addresses_come_before_prefixes() {
        let class = |number| ClassId::new(number, false);
        let mut table = Ipv6Table::default();
        let segment = |first, last, number| Segment { first, last, class: class(number).bits() };
        table.set_prefixes([segment(0, u128::MAX, 1), segment(16, 31, 2)].into_iter());
        for address in 0..64 {
            table.assign(address * 3, Some(class(100)));
        }
        let shared = table.share();
        for address in 0..64 {
            table.assign(address * 3, (address % 2 == 0).then(|| class(200)));
        }
        for address in 0..200_u128 {
            let prefix = if (16..32).contains(&address) { 2 } else { 1 };
            let single = address % 3 == 0 && address < 192;
            let before = if single { 100 } else { prefix };
            let after = if single && address % 2 == 0 { 200 } else { prefix };
            assert_eq!(shared.lookup(address), class(before), "{address}");
            assert_eq!(table.lookup(address), class(after), "{address}");
        }
    }
}
