use super::Records;

/// A slot of an [`OpenTable`]; its default is the free one.
pub(crate) trait Slot: Copy + Default {
    /// Whether nothing is in it.
    fn is_free(&self) -> bool;
    /// The hash of what is in it.
    fn hash(&self) -> u32;
}

/// Open addressing with linear probing, in chunks that snapshots share.
///
/// It may have any size, not powers of two alone, so that it is between a half and two thirds full
/// where memory counts. What is removed leaves no mark: those behind it move up.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenTable<S: Slot, const N: usize> {
    slots: Records<S, N>,
    size: u32,
    used: u32,
}

impl<S: Slot, const N: usize> OpenTable<S, N> {
    /// The slot of something with this hash.
    #[inline]
    pub(crate) fn find(&self, hash: u32, same: impl FnMut(&S) -> bool) -> Option<&S> {
        self.search(hash, same).map(|(_, slot)| slot)
    }

    #[inline]
    fn search(&self, hash: u32, mut same: impl FnMut(&S) -> bool) -> Option<(u32, &S)> {
        if self.size == 0 {
            return None;
        }
        let mut place = self.home(hash);
        loop {
            let slot = self.slots.at(place);
            if slot.is_free() {
                return None;
            }
            if same(slot) {
                return Some((place, slot));
            }
            place = self.after(place);
        }
    }

    /// Where something with this hash would like to be.
    #[inline]
    fn home(&self, hash: u32) -> u32 {
        ((u64::from(hash) * u64::from(self.size)) >> 32) as u32
    }

    #[inline]
    fn after(&self, place: u32) -> u32 {
        // There is always a free slot, so probing ends.
        if place + 1 == self.size { 0 } else { place + 1 }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.used as usize
    }

    /// How many slots there are.
    pub(crate) const fn room(&self) -> usize {
        self.size as usize
    }

    /// Makes room for so many more in one step.
    pub(crate) fn reserve(&mut self, more: usize) {
        let wanted = (self.used as usize + more) as u64;
        if wanted * 3 > u64::from(self.size) * 2 {
            self.resize(wanted);
        }
    }

    /// Adds what is not in it yet.
    pub(crate) fn insert(&mut self, slot: S) {
        if u64::from(self.used + 1) * 3 > u64::from(self.size) * 2 {
            self.resize(u64::from(self.used) * 5 / 4 + 8);
        }
        self.put(slot);
        self.used += 1;
    }

    fn put(&mut self, slot: S) {
        let mut place = self.home(slot.hash());
        while !self.slots.at(place).is_free() {
            place = self.after(place);
        }
        self.slots.set(place, slot);
    }

    /// Changes what is in a slot to something with the same hash. Says whether there was any.
    pub(crate) fn replace(&mut self, hash: u32, same: impl Fn(&S) -> bool, with: S) -> bool {
        let Some(place) = self.place_of(hash, same) else { return false };
        self.slots.set(place, with);
        true
    }

    /// Removes something. Says whether it was there.
    pub(crate) fn remove(&mut self, hash: u32, same: impl Fn(&S) -> bool) -> bool {
        let Some(mut hole) = self.place_of(hash, same) else { return false };
        let mut place = hole;
        loop {
            place = self.after(place);
            let slot = *self.slots.at(place);
            if slot.is_free() {
                break;
            }
            // It may move up unless its home lies behind the hole.
            let home = self.home(slot.hash());
            let distance =
                |from: u32, to: u32| if to >= from { to - from } else { to + self.size - from };
            if distance(home, place) >= distance(hole, place) {
                self.slots.set(hole, slot);
                hole = place;
            }
        }
        self.slots.set(hole, S::default());
        self.used -= 1;
        if self.size > 64 && u64::from(self.used) * 4 < u64::from(self.size) {
            self.resize(u64::from(self.used));
        }
        true
    }

    fn place_of(&self, hash: u32, same: impl Fn(&S) -> bool) -> Option<u32> {
        self.search(hash, same).map(|(place, _)| place)
    }

    /// Builds it again with room for so many.
    #[cold]
    fn resize(&mut self, room: u64) {
        let size = u32::try_from(room * 5 / 3 + 8).unwrap_or(u32::MAX);
        let old = std::mem::take(&mut self.slots);
        (self.slots, self.size) = (Records::default(), size);
        // In order of the places, so that chunks are written one after the other.
        for slot in old.iter().filter(|slot| !slot.is_free()) {
            self.put(*slot);
        }
    }

    /// The table as it is now, for a snapshot.
    pub(crate) fn share(&self) -> OpenTable<S, N> {
        OpenTable { slots: self.slots.share(), size: self.size, used: self.used }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.slots.bytes()
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(crate) fn spare_bytes(&self) -> usize {
        self.slots.spare_bytes()
    }
}

/// From a hash to a number that something else can be asked about: an index for things that lie
/// elsewhere.
pub(crate) type NumberIndex = OpenTable<NumberSlot, 64>;

/// A number and the hash of what it stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberSlot {
    hash: u32,
    number: u32,
}

impl NumberSlot {
    /// The slot for something with this hash and number.
    pub(crate) const fn new(hash: u32, number: u32) -> NumberSlot {
        NumberSlot { hash, number }
    }

    /// The number.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// Whether it may be what was meant.
    pub(crate) const fn has_hash(&self, hash: u32) -> bool {
        self.hash == hash
    }
}

impl Default for NumberSlot {
    fn default() -> NumberSlot {
        NumberSlot { hash: 0, number: u32::MAX }
    }
}

impl Slot for NumberSlot {
    fn is_free(&self) -> bool {
        self.number == u32::MAX
    }

    fn hash(&self) -> u32 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::{NumberIndex, NumberSlot};

    #[test]
    fn finds_what_is_there_after_any_changes() {
        let mut table = NumberIndex::default();
        // Few hashes, so that runs are long and wrap around.
        let hash = |number: u32| (number % 97).wrapping_mul(0x02f0_1234) | 0xf000_0000;
        let mut there = std::collections::BTreeSet::new();
        let mut state = 1_u32;
        for _ in 0..20_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = (state >> 16) % 600;
            let same = |slot: &NumberSlot| slot.number() == number;
            if there.remove(&number) {
                assert!(table.remove(hash(number), same));
            } else {
                table.insert(NumberSlot::new(hash(number), number));
                there.insert(number);
            }
            assert_eq!(table.len(), there.len());
            let probe = state % 600;
            let found = table.find(hash(probe), |slot| slot.number() == probe).is_some();
            assert_eq!(found, there.contains(&probe));
        }
    }
}
