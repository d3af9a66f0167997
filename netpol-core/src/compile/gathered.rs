/// Things that are gathered in any order, each as often as there is a reason for it, and then read
/// in order, each once.
///
/// To add one is a push. Where the same few are added again and again, the list stays within twice
/// their number.
#[derive(Clone, Debug)]
pub(super) struct Gathered<T> {
    list: Vec<T>,
    /// How many there were when the list was sorted last.
    distinct: usize,
}

/// Up to here a list is not worth sorting.
const FEW: usize = 1024;

impl<T> Default for Gathered<T> {
    fn default() -> Gathered<T> {
        Gathered { list: Vec::new(), distinct: 0 }
    }
}

impl<T: Copy + Ord> Gathered<T> {
    pub(super) fn insert(&mut self, item: T) {
        if self.list.len() > 2 * self.distinct + FEW {
            self.sort();
        }
        self.list.push(item);
    }

    fn sort(&mut self) {
        // What is in order already is not sorted again, nor looked at twice.
        if !self.list.is_sorted_by(|a, b| a < b) {
            self.list.sort_unstable();
            self.list.dedup();
        }
        self.distinct = self.list.len();
    }

    /// All of them.
    pub(super) fn sorted(&mut self) -> &[T] {
        self.sort();
        &self.list
    }

    /// Takes all of them out.
    pub(super) fn take(&mut self) -> Vec<T> {
        self.sort();
        self.distinct = 0;
        std::mem::take(&mut self.list)
    }

    /// Takes a list back that [`take`](Self::take) gave, for its room.
    pub(super) fn reuse(&mut self, mut list: Vec<T>) {
        if self.list.is_empty() {
            list.clear();
            self.list = list;
        }
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.distinct = 0;
    }
}

impl<T: Copy + Ord> Extend<T> for Gathered<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        for item in items {
            self.insert(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Gathered};

    #[test]
    fn each_once_in_order_and_in_little_room() {
        let mut gathered = Gathered::default();
        for round in 0..100_000_u32 {
            gathered.insert(round * 7 % 50);
        }
        assert!(gathered.list.capacity() < 4 * FEW);
        assert_eq!(gathered.sorted(), (0..50).collect::<Vec<_>>());
        assert_eq!(gathered.take().len(), 50);
        assert!(gathered.sorted().is_empty());
    }
}
