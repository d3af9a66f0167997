//! Which of eight places may hold a flow, without a look at the flows.

/// How many places there are.
pub(super) const WAYS: usize = 8;

/// Sixteen bits of each place's hash, 0 where there is no flow. Four of them are compared at once, as
/// lanes of a word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tags([u64; 2]);

const LANES: usize = 4;
/// One in each lane.
const ONES: u64 = 0x0001_0001_0001_0001;
/// All bits of each lane but the highest.
const LOW: u64 = ONES * 0x7fff;

/// The highest bit of each lane that is `tag`.
#[inline]
const fn equal(word: u64, tag: u16) -> u64 {
    let differing = word ^ (ONES * tag as u64);
    // Adding carries into the highest bit where any other is set, and never out of the lane.
    !(((differing & LOW) + LOW) | differing | LOW)
}

impl Tags {
    /// The places with a tag, in order.
    #[inline]
    pub(super) fn with(self, tag: u16) -> impl Iterator<Item = usize> {
        let [mut first, mut second] = self.0.map(|word| equal(word, tag));
        std::iter::from_fn(move || {
            let (word, base) = if first != 0 { (&mut first, 0) } else { (&mut second, LANES) };
            if *word == 0 {
                return None;
            }
            let lane = word.trailing_zeros() as usize / 16;
            *word &= *word - 1;
            Some(base + lane)
        })
    }

    /// How many places have no flow.
    pub(super) const fn free(self) -> u32 {
        let [first, second] = self.0;
        equal(first, 0).count_ones() + equal(second, 0).count_ones()
    }

    /// Whether a place has a flow.
    pub(super) fn is_taken(self, way: usize) -> bool {
        self.0.get(way / LANES).is_some_and(|word| *word >> (way % LANES * 16) & 0xffff != 0)
    }

    /// Gives a place a tag, or takes it away: 0.
    pub(super) fn set(&mut self, way: usize, tag: u16) {
        if let Some(word) = self.0.get_mut(way / LANES) {
            let shift = way % LANES * 16;
            *word = *word & !(0xffff << shift) | u64::from(tag) << shift;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tags, WAYS};

    #[test]
    fn tags_are_told_apart() {
        let values = [0, 1, 2, 0x7fff, 0x8000, 0x8001, 0xffff];
        for numbers in 0..values.len().pow(4) {
            let mut tags = Tags::default();
            let mut expected = [0; WAYS];
            let mut rest = numbers;
            // Both words have the same, but for one place.
            for (way, tag) in expected.iter_mut().enumerate() {
                *tag = values[rest % values.len()];
                rest = if way == 3 { numbers + 1 } else { rest / values.len() };
                tags.set(way, 0xabcd);
                tags.set(way, *tag);
            }
            for tag in values {
                let places = (0..WAYS).filter(|way| expected[*way] == tag).collect::<Vec<_>>();
                assert_eq!(tags.with(tag).collect::<Vec<_>>(), places, "{expected:x?}");
            }
            let free = expected.iter().filter(|tag| **tag == 0).count();
            assert_eq!(tags.free() as usize, free);
            assert!((0..WAYS).all(|way| tags.is_taken(way) == (expected[way] != 0)));
        }
    }
}
