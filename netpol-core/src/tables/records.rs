use std::fmt;
use std::sync::Arc;

use crate::numbers::Numbers;

/// Records addressed by number, where every number has an answer, and of which a snapshot is
/// taken without copying them.
///
/// Number 0 always exists: it is the record's default, which each record type makes the harmless
/// one, and also the answer for numbers that were never given out. So a lookup needs no branch
/// that could panic.
///
/// Records lie in chunks of `N`, a power of two. [`share`](Records::share) copies pointers; who
/// then writes copies the chunks it writes to, once each. `N` is chosen so that a chunk has about
/// 16 KiB: what a write copies, and what the list of chunks grows to, are in balance there.
#[derive(Clone)]
pub(crate) struct Records<T, const N: usize> {
    chunks: Arc<[Arc<[T; N]>]>,
    /// Elsewhere, so that records of a cache line do not spread the tables out.
    first: Arc<T>,
    numbers: Numbers,
}

/// How many records there can be of a kind.
pub(crate) const MOST_RECORDS: u32 = 1 << 28;

impl<T: Default + Clone, const N: usize> Default for Records<T, N> {
    fn default() -> Records<T, N> {
        Records { chunks: Arc::default(), first: Arc::default(), numbers: Numbers::from(1) }
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
    pub(crate) fn room(&self) -> usize {
        self.chunks.len() * N
    }

    /// The records of all chunks in order of their numbers, those that are not in use included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Bytes of the chunks.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.len() * (N * size_of::<T>() + size_of::<Arc<T>>())
    }
}

impl<T: Default + Clone, const N: usize> Records<T, N> {
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
        if chunk >= self.chunks.len() {
            self.grow(chunk + 1);
        }
        let chunks = Arc::make_mut(&mut self.chunks);
        Arc::make_mut(&mut chunks[chunk])
    }

    /// Forgets a record; its number will be another's.
    pub(crate) fn remove(&mut self, number: u32) {
        self.set(number, T::default());
        self.numbers.give_back(number);
    }

    #[cold]
    fn grow(&mut self, chunks: usize) {
        let mut list = self.chunks.to_vec();
        // Chunks that nobody wrote to are one chunk.
        let empty: Arc<[T; N]> = Arc::new(std::array::from_fn(|_| T::default()));
        list.resize(chunks.max(list.len()), empty);
        self.chunks = list.into();
    }

    /// The records as they are now, for a snapshot: writing to these does not change those.
    pub(crate) fn share(&self) -> Records<T, N> {
        let numbers = Numbers::from(self.numbers.end());
        Records { chunks: Arc::clone(&self.chunks), first: self.first.clone(), numbers }
    }
}

/// Values with owners of their own, such as names, addressed by number; like [`Records`], but with
/// one more level of pointers, so that a write copies little however many there are.
#[derive(Clone)]
pub(crate) struct Shelf<T> {
    boards: Arc<[Arc<Board<T>>]>,
}

/// What a write copies: sixteen values, and the pointers to as many neighbours again and again.
const VALUES: usize = 8;
const BUNDLES: usize = 64;

type Board<T> = [Arc<[Option<T>; VALUES]>; BUNDLES];

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf { boards: Arc::from([]) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shelf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> Shelf<T> {
    /// The value with this number.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        let board = self.boards.get(number / (VALUES * BUNDLES))?;
        board[number / VALUES % BUNDLES][number % VALUES].as_ref()
    }

    /// Every value with its number, in order of the numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let places = self.boards.iter().flat_map(|board| board.iter().flat_map(|b| b.iter()));
        (0..).zip(places).filter_map(|(number, value)| Some((number, value.as_ref()?)))
    }

    /// Bytes of the places, without what the values own.
    pub(crate) fn bytes(&self) -> usize {
        self.boards.len() * BUNDLES * (VALUES * size_of::<Option<T>>() + 3 * size_of::<usize>())
    }
}

impl<T: Clone> Shelf<T> {
    /// Puts a value in a place, or clears it.
    pub(crate) fn set(&mut self, number: u32, value: Option<T>) {
        *self.place(number) = value;
    }

    /// A value to write to.
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.get(number)?;
        self.place(number).as_mut()
    }

    fn place(&mut self, number: u32) -> &mut Option<T> {
        let number = number as usize;
        let board = number / (VALUES * BUNDLES);
        if board >= self.boards.len() {
            let mut boards = self.boards.to_vec();
            let bundle: Arc<[Option<T>; VALUES]> = Arc::new(std::array::from_fn(|_| None));
            let empty = Arc::new(std::array::from_fn(|_| Arc::clone(&bundle)));
            boards.resize(board + 1, empty);
            self.boards = boards.into();
        }
        let board = Arc::make_mut(&mut Arc::make_mut(&mut self.boards)[board]);
        &mut Arc::make_mut(&mut board[number / VALUES % BUNDLES])[number % VALUES]
    }
}

#[cfg(test)]
mod tests {
    use super::{Records, Shelf};

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

    #[test]
    fn a_shelf_keeps_what_was_shared() {
        let mut shelf = Shelf::default();
        for number in [0, 7, 8, 511, 512, 10_000] {
            shelf.set(number, Some(number.to_string()));
        }
        let shared = shelf.clone();
        shelf.set(512, None);
        assert_eq!(shared.get(512).map(String::as_str), Some("512"));
        assert_eq!((shelf.get(512), shelf.get(9), shelf.get(1 << 30)), (None, None, None));
        let numbers = shelf.iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers, [0, 7, 8, 511, 10_000]);
    }
}
