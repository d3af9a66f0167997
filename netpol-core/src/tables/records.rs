use std::fmt;
use std::sync::Arc;

use super::spares::{Chunk, Chunks, Spares};
use crate::numbers::Numbers;

/// Records addressed by number, where every number has an answer, and of which a snapshot is
/// taken without copying them.
///
/// Number 0 always exists: it is the record's default, which each record type makes the harmless
/// one, and also the answer for numbers that were never given out. So a lookup needs no branch
/// that could panic.
///
/// Records lie in chunks of `N`, a power of two. [`share`](Records::share) copies one pointer, to
/// the list of chunks; who then writes exchanges the list, and the chunks written to, for
/// [`Spares`]: lists and chunks of earlier snapshots, brought up to date. So a publication costs
/// what it writes, in steps of a chunk, however many records there are.
#[derive(Clone)]
pub(crate) struct Records<T, const N: usize> {
    chunks: Chunks<T, N>,
    /// Apart from the others, so that a snapshot stays small however large a record is.
    first: Arc<T>,
    numbers: Numbers,
    /// How many chunks of the list were ever written to; those behind them are one and the same.
    used: usize,
    spares: Spares<T, N>,
}

/// How many records there can be of a kind.
pub(crate) const MOST_RECORDS: u32 = 1 << 28;

impl<T: Default, const N: usize> Default for Records<T, N> {
    fn default() -> Records<T, N> {
        Records {
            chunks: Arc::default(),
            first: Arc::default(),
            numbers: Numbers::from(1),
            used: 0,
            spares: Spares::default(),
        }
    }
}

impl<T: fmt::Debug, const N: usize> fmt::Debug for Records<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("used", &self.numbers.used()).finish_non_exhaustive()
    }
}

impl<T, const N: usize> Records<T, N> {
    /// The record with this number.
    #[inline]
    pub(crate) fn at(&self, number: u32) -> &T {
        match self.chunks.get(number as usize / N) {
            // `N` is a power of two, so this is a mask and needs no check.
            Some(chunk) => &chunk[number as usize % N],
            None => self.missing(),
        }
    }

    /// Out of the way, so that looking a record up costs a compare and not a choice of addresses.
    #[cold]
    #[inline(never)]
    fn missing(&self) -> &T {
        &self.first
    }

    /// The chunk in which a record lies.
    #[inline]
    pub(crate) fn chunk(&self, number: u32) -> Option<&[T; N]> {
        self.chunks.get(number as usize / N).map(|chunk| &**chunk)
    }

    /// How many records are in use, number 0 included.
    pub(crate) fn used(&self) -> usize {
        self.numbers.used()
    }

    /// How many there is room for.
    pub(crate) const fn room(&self) -> usize {
        self.used * N
    }

    /// The records of all chunks in order of their numbers, those that are not in use included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().take(self.used).flat_map(|chunk| chunk.iter())
    }

    /// Bytes of the chunks and their list.
    pub(crate) fn bytes(&self) -> usize {
        self.used * size_of::<[T; N]>() + self.chunks.len() * 3 * size_of::<usize>()
    }
}

impl<T: Default + Clone, const N: usize> Records<T, N> {
    /// Bytes of what the writer keeps of earlier snapshots.
    pub(crate) fn spare_bytes(&self) -> usize {
        self.spares.bytes()
    }

    /// Adds a record and says its number; `None` when the numbers have run out.
    pub(crate) fn insert(&mut self, record: T) -> Option<u32> {
        let number = self.numbers.take(MOST_RECORDS)?;
        self.set(number, record);
        Some(number)
    }

    /// Replaces a record; the number may be one that somebody else gives out.
    pub(crate) fn set(&mut self, number: u32, record: T) {
        *self.get_mut(number) = record;
    }

    /// A record to write to.
    pub(crate) fn get_mut(&mut self, number: u32) -> &mut T {
        &mut self.chunk_mut(number)[number as usize % N]
    }

    /// The chunk in which a record lies, to write to.
    pub(crate) fn chunk_mut(&mut self, number: u32) -> &mut [T; N] {
        let chunk = number as usize / N;
        if chunk >= self.used {
            self.grow(chunk + 1);
        }
        // Looking at the counts is cheaper than what `make_mut` does, which then finds nothing to
        // copy.
        if Arc::strong_count(&self.chunks) > 1 {
            self.spares.exchange_list(&mut self.chunks);
        }
        let own = &mut Arc::make_mut(&mut self.chunks)[chunk];
        if Arc::strong_count(own) > 1 {
            self.spares.exchange_chunk(chunk, own);
        }
        Arc::make_mut(own)
    }

    /// Forgets a record; its number will be another's.
    pub(crate) fn remove(&mut self, number: u32) {
        self.set(number, T::default());
        self.numbers.give_back(number);
    }

    #[cold]
    fn grow(&mut self, chunks: usize) {
        self.used = chunks;
        if chunks > self.chunks.len() {
            // Larger by a quarter, so that growing one by one stays cheap.
            let room = chunks + chunks / 4;
            let empty: Chunk<T, N> = Arc::new(std::array::from_fn(|_| T::default()));
            let more = room - self.chunks.len();
            let list = self.chunks.iter().cloned().chain(std::iter::repeat_n(empty, more));
            self.chunks = list.collect();
            self.spares = Spares::default();
        }
    }

    /// The records as they are now, for a snapshot: writing to these does not change those.
    pub(crate) fn share(&self) -> Records<T, N> {
        Records {
            chunks: Arc::clone(&self.chunks),
            first: Arc::clone(&self.first),
            numbers: Numbers::from(self.numbers.end()),
            used: self.used,
            spares: Spares::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn a_share_stays_as_it_was() {
        let mut records: Records<u64, 4> = Records::default();
        let numbers = (0..100).map(|value| records.insert(value).unwrap()).collect::<Vec<_>>();
        let share = records.share();
        for number in &numbers {
            records.set(*number, 7);
        }
        for (value, number) in (0..).zip(&numbers) {
            assert_eq!((*share.at(*number), *records.at(*number)), (value, 7));
        }
        assert_eq!((*share.at(0), *share.at(5_000), *records.at(u32::MAX)), (0, 0, 0));
        records.remove(numbers[3]);
        assert_eq!((records.used(), records.insert(9)), (100, Some(numbers[3])));
    }

    /// As many snapshots as a reader may lag behind, one that is kept for long, and all of them
    /// compared with plain copies.
    #[test]
    fn every_share_stays_as_it_was_whoever_lets_go_of_which() {
        let mut records: Records<Option<Box<u32>>, 4> = Records::default();
        let mut copy: Vec<Option<Box<u32>>> = vec![None; 400];
        let mut shares = Vec::new();
        let mut state = 1_u32;
        for round in 0..3_000_u32 {
            for _ in 0..=round % 5 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let number = (state >> 16) % 400;
                let value = (state & 0x100 != 0).then(|| Box::new(state));
                records.set(number, value.clone());
                copy[number as usize] = value;
            }
            shares.push((records.share(), copy.clone()));
            if shares.len() > (round / 100 % 7) as usize {
                let gone = (state >> 8) as usize % shares.len();
                let (share, copy) = shares.swap_remove(gone);
                assert!(share.iter().zip(&copy).all(|(a, b)| a == b), "round {round}");
                drop(share);
            }
        }
        for (share, copy) in shares {
            assert!(share.iter().zip(&copy).all(|(a, b)| a == b));
        }
    }

    #[test]
    fn in_turn_lists_and_chunks_are_used_again() {
        let mut records: Records<u64, 4> = Records::default();
        records.set(999, 1);
        let mut share = records.share();
        for round in 0..100 {
            records.set(round % 40, 5);
            // The one before is let go of only now, as when readers see the next.
            share = records.share();
        }
        assert_eq!(*share.at(39), 5);
        assert_eq!(records.spares.copied_lists(), 1);
    }
}
