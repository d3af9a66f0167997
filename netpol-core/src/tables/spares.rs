use std::collections::VecDeque;
use std::sync::Arc;

/// Some records that lie side by side.
pub(super) type Chunk<T, const N: usize> = Arc<[T; N]>;

/// The chunks of a table, in order.
pub(super) type Chunks<T, const N: usize> = Arc<[Chunk<T, N>]>;

/// What snapshots of a table gave back, for the writer to use again.
///
/// A snapshot of a large table has thousands of chunks, nearly all of them those of the snapshot
/// before. To copy the list of them is to count one more owner of each, and to drop it one less:
/// locked instructions on cold cache lines, which cost more than all else in a publication. So
/// the writer keeps the lists of the last few snapshots, with the places in which each differs
/// from the next. One that no reader has any more is brought up to date place by place. The chunks
/// that it lets go of become those that the writer copies to, so that in the long run nothing is
/// allocated or freed either.
#[derive(Debug)]
pub(super) struct Spares<T, const N: usize> {
    /// Oldest first; the last one differs from the list in use.
    lists: VecDeque<Earlier<T, N>>,
    /// Chunks that nobody else has.
    chunks: Vec<Chunk<T, N>>,
    #[cfg(test)]
    copied_lists: usize,
}

#[derive(Debug)]
struct Earlier<T, const N: usize> {
    chunks: Chunks<T, N>,
    /// Where the next list has other chunks.
    differs: Vec<u32>,
}

/// How many lists are kept: how many publications a reader may lag behind before it costs the
/// writer a copy of the list.
const MOST_LISTS: usize = 4;

/// From here on, and from where half the list differs, a list is not worth keeping.
const FEW: usize = 64;

impl<T, const N: usize> Default for Spares<T, N> {
    fn default() -> Spares<T, N> {
        Spares {
            lists: VecDeque::new(),
            chunks: Vec::new(),
            #[cfg(test)]
            copied_lists: 0,
        }
    }
}

impl<T, const N: usize> Clone for Spares<T, N> {
    /// Whoever starts with a copy has nothing to spare yet.
    fn clone(&self) -> Spares<T, N> {
        Spares::default()
    }
}

impl<T: Default + Clone, const N: usize> Spares<T, N> {
    /// Puts a list that nobody else has in the place of one that a snapshot shares.
    #[cold]
    pub(super) fn exchange_list(&mut self, list: &mut Chunks<T, N>) {
        let is_free = |earlier: &Earlier<T, N>| Arc::strong_count(&earlier.chunks) == 1;
        let free = self.lists.iter().position(is_free);
        let own = free.and_then(|place| self.bring_up_to_date(place, list)).unwrap_or_else(|| {
            #[cfg(test)]
            {
                self.copied_lists += 1;
            }
            list.iter().cloned().collect()
        });
        let shared = std::mem::replace(list, own);
        self.lists.push_back(Earlier { chunks: shared, differs: Vec::new() });
        let most = FEW.max(list.len() / 2);
        let is_worth_it = |earlier: &Earlier<T, N>| earlier.differs.len() <= most;
        // Those before it would have to be brought up to date by way of it.
        let worthless = self.lists.iter().rposition(|earlier| !is_worth_it(earlier));
        let surplus = self.lists.len().saturating_sub(MOST_LISTS);
        self.lists.drain(..surplus.max(worthless.map_or(0, |place| place + 1)));
    }

    /// An earlier list, made equal to the one in use.
    fn bring_up_to_date(&mut self, place: usize, list: &Chunks<T, N>) -> Option<Chunks<T, N>> {
        let Earlier { chunks: mut own, mut differs } = self.lists.remove(place)?;
        if let Some(before) = place.checked_sub(1).and_then(|place| self.lists.get_mut(place)) {
            // Its next one is now the one after.
            before.differs.extend(&differs);
        }
        for later in self.lists.range(place..) {
            differs.extend(&later.differs);
        }
        let places = Arc::get_mut(&mut own)?;
        for place in &differs {
            let place = *place as usize;
            if let (Some(own), Some(now)) = (places.get_mut(place), list.get(place)) {
                let gone = std::mem::replace(own, Arc::clone(now));
                self.keep(gone, list.len());
            }
        }
        Some(own)
    }

    /// Keeps a chunk that one list let go of, if no other has it.
    fn keep(&mut self, mut chunk: Chunk<T, N>, length: usize) {
        if self.chunks.len() > FEW.max(length / 8) {
            return;
        }
        if let Some(records) = Arc::get_mut(&mut chunk) {
            if std::mem::needs_drop::<T>() {
                // What they own is not kept with them.
                records.fill(T::default());
            }
            self.chunks.push(chunk);
        }
    }

    /// Puts a copy that nobody else has in the place of a chunk that a snapshot shares.
    #[cold]
    pub(super) fn exchange_chunk(&mut self, place: usize, chunk: &mut Chunk<T, N>) {
        if let Some(mut own) = self.chunks.pop() {
            Arc::make_mut(&mut own).clone_from(chunk);
            *chunk = own;
        } else {
            Arc::make_mut(chunk);
        }
        if let (Some(last), Ok(place)) = (self.lists.back_mut(), u32::try_from(place)) {
            last.differs.push(place);
        }
    }

    /// Bytes of lists, and of chunks that no list in use has.
    pub(super) fn bytes(&self) -> usize {
        let lists = self.lists.iter().map(|earlier| {
            size_of_val::<[_]>(&earlier.chunks)
                + earlier.differs.len() * (size_of::<u32>() + size_of::<[T; N]>())
        });
        lists.sum::<usize>() + self.chunks.len() * size_of::<[T; N]>()
    }

    /// How often a list had to be copied.
    #[cfg(test)]
    pub(super) fn copied_lists(&self) -> usize {
        self.copied_lists
    }
}
