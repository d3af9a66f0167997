use arbitrary::Unstructured;

/// A source of choices.
pub trait Choices {
    /// A number below `bound`; 0 when `bound` is 0. A source that has run dry answers 0, so what
    /// comes first should be what is plain.
    fn below(&mut self, bound: usize) -> usize;

    /// True once in `times`, and not from a dry source.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    /// One of the options.
    ///
    /// # Panics
    ///
    /// When there are none.
    fn pick<'a, T>(&mut self, options: &'a [T]) -> &'a T
    where
        Self: Sized,
    {
        &options[self.below(options.len())]
    }

    /// A number from `least` to `most`.
    fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// Changes the order at will.
    fn shuffle<T>(&mut self, list: &mut [T])
    where
        Self: Sized,
    {
        for last in (1..list.len()).rev() {
            // From a dry source nothing moves.
            let other = last - self.below(last + 1);
            list.swap(last, other);
        }
    }
}

/// Choices that follow from a seed: splitmix64.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The choices of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Seeded {
        Seeded(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Choices for Seeded {
    fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            return 0;
        }
        // The bounds are tiny, so the bias of the remainder is too.
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }
}

impl Choices for Unstructured<'_> {
    fn below(&mut self, bound: usize) -> usize {
        match bound {
            0 => 0,
            bound => self.int_in_range(0..=bound - 1).unwrap_or(0),
        }
    }
}
