/// A stream of random numbers (SplitMix64).
///
/// Twenty lines of our own instead of a crate, because worlds are compared across years: neither
/// the stream nor the way ranges are cut from it may change with a dependency.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of a seed for one purpose. Each part of a world has its own, so that drawing
    /// more for one part leaves the others as they were.
    pub(super) fn new(seed: u64, purpose: &str) -> Random {
        let mix = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Random(purpose.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, mix))
    }

    /// Any number.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Any number of 128 bits.
    pub(super) fn wide_bits(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }

    /// A number from 0 to `bound - 1`.
    ///
    /// # Panics
    ///
    /// When `bound` is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "nothing to choose from");
        // The high half of the product; the bias is below 2^-40 for every bound in use.
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// A number from `first` to `last`, both included.
    pub(super) fn between(&mut self, first: u16, last: u16) -> u16 {
        let span = usize::from(last - first) + 1;
        first + u16::try_from(self.below(span)).expect("the span fits")
    }

    /// From 0 to just below 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `true` with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `items`.
    pub(super) fn pick<'items, T>(&mut self, items: &'items [T]) -> &'items T {
        &items[self.below(items.len())]
    }

    /// At least 1, geometrically distributed with this mean.
    pub(super) fn geometric(&mut self, mean: f64) -> usize {
        let mut count = 1;
        while self.chance(1.0 - 1.0 / mean) {
            count += 1;
        }
        count
    }

    /// Puts `items` into any order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Choices of different weight.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    cumulative: Vec<f64>,
}

impl Weights {
    /// Choice `i` has weight `weights[i]`.
    pub(super) fn new(weights: impl IntoIterator<Item = f64>) -> Weights {
        let sum = |sum: &mut f64, weight: f64| {
            *sum += weight;
            Some(*sum)
        };
        Weights { cumulative: weights.into_iter().scan(0.0, sum).collect() }
    }

    /// Zipf's law: choice `i` has weight `1 / (i + 1)^exponent`. All are alike with exponent 0.
    pub(super) fn zipf(choices: usize, exponent: f64) -> Weights {
        Weights::new((1..=choices).map(|rank| (rank as f64).powf(-exponent)))
    }

    /// Draws a choice.
    pub(super) fn draw(&self, random: &mut Random) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let point = random.unit() * total;
        let choice = self.cumulative.partition_point(|sum| *sum <= point);
        choice.min(self.cumulative.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, Weights};

    #[test]
    fn stream_never_changes() {
        let mut random = Random::new(1, "test");
        let drawn = std::array::from_fn::<_, 3, _>(|_| random.bits());
        assert_eq!(drawn, [0xcce1_b79a_8134_fed5, 0x7f52_ab90_969b_8ff9, 0x0eaf_7033_84f5_a6fb]);
    }

    #[test]
    fn zipf_prefers_the_first() {
        let weights = Weights::zipf(100, 1.0);
        let mut random = Random::new(1, "zipf");
        let mut counts = [0; 100];
        for _ in 0..100_000 {
            counts[weights.draw(&mut random)] += 1;
        }
        // The harmonic number of 100 is 5.19, so the first has 19% and the second half of that.
        assert!((18_000..21_000).contains(&counts[0]), "{}", counts[0]);
        assert!((8_500..11_000).contains(&counts[1]), "{}", counts[1]);
        assert!(counts.iter().all(|count| *count > 0));
    }
}
