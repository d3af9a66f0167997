use super::ClassId;

/// IPv6 address to class: an exact hash for endpoints and nodes, flat ranges for prefixes.
///
/// Endpoints are looked up first, in one array with open addressing, so that most packets cost one
/// load; the rest search the sorted points at which the class changes.
#[derive(Clone, Debug)]
pub(crate) struct Ipv6Table {
    /// At most half full; empty when there are no exact addresses.
    slots: Box<[Slot]>,
    /// How far the hash is shifted to become a slot number.
    shift: u32,
    starts: Box<[u128]>,
    classes: Box<[u32]>,
}

#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
struct Slot {
    address: u128,
    class: u32,
}

/// No class has these bits, so the slot is free.
const FREE: u32 = u32::MAX;

impl Default for Ipv6Table {
    fn default() -> Ipv6Table {
        Ipv6Table::new(&[], &[(0, ClassId::UNKNOWN.bits())])
    }
}

impl Ipv6Table {
    /// From exact addresses, each once, and the points at which the class of the rest changes, as
    /// [`flatten`](super::flatten) gives them.
    pub(crate) fn new(exact: &[(u128, u32)], points: &[(u128, u32)]) -> Ipv6Table {
        let size = if exact.is_empty() { 0 } else { (exact.len() * 2).next_power_of_two() };
        let shift = 64 - size.max(1).trailing_zeros();
        let mut slots = vec![Slot { address: 0, class: FREE }; size].into_boxed_slice();
        for (address, class) in exact {
            let mut place = hash(*address, shift);
            while let Some(slot) = slots.get_mut(place) {
                if slot.class == FREE {
                    *slot = Slot { address: *address, class: *class };
                    break;
                }
                place = (place + 1) & (size - 1);
            }
        }
        Ipv6Table {
            slots,
            shift,
            starts: points.iter().map(|(start, _)| *start).collect(),
            classes: points.iter().map(|(_, class)| *class).collect(),
        }
    }

    /// The class of an address.
    pub(crate) fn lookup(&self, address: u128) -> ClassId {
        let mask = self.slots.len().wrapping_sub(1);
        let mut place = hash(address, self.shift);
        while let Some(slot) = self.slots.get(place) {
            if slot.class == FREE {
                break;
            }
            if slot.address == address {
                return ClassId::from_bits(slot.class);
            }
            place = (place + 1) & mask;
        }
        let after = self.starts.partition_point(|start| *start <= address);
        ClassId::from_bits(self.classes.get(after.wrapping_sub(1)).copied().unwrap_or(0))
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of_val::<[Slot]>(&self.slots)
            + size_of_val::<[u128]>(&self.starts)
            + size_of_val::<[u32]>(&self.classes)
    }
}

/// Folds both halves with odd multipliers and keeps the high bits; the seed is fixed, so that a
/// table is the same in every run.
#[inline]
fn hash(address: u128, shift: u32) -> usize {
    let high = (address >> 64) as u64;
    let low = address as u64;
    let folded =
        (high ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(32) ^ low;
    let mixed = folded.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed.checked_shr(shift).unwrap_or(0) as usize
}
