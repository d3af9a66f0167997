use std::fmt;

/// Records addressed by number, where every number has an answer.
///
/// Number 0 always exists: it is the record's default, which each record type makes the harmless
/// one, and also the answer for numbers that were never given out. So a lookup needs no branch
/// that could panic.
#[derive(Clone)]
pub(crate) struct Records<T> {
    first: T,
    records: Vec<T>,
}

impl<T: Default + Clone> Default for Records<T> {
    fn default() -> Records<T> {
        Records { first: T::default(), records: vec![T::default()] }
    }
}

impl<T: fmt::Debug> fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.records).finish()
    }
}

impl<T> Records<T> {
    /// The record with this number.
    #[inline]
    pub(crate) fn at(&self, number: u32) -> &T {
        match self.records.get(number as usize) {
            Some(record) => record,
            None => self.missing(),
        }
    }

    /// Out of the way, so that looking a record up costs a compare and not a choice of addresses.
    #[cold]
    #[inline(never)]
    fn missing(&self) -> &T {
        &self.first
    }

    /// Adds a record and says its number; `None` when the numbers have run out.
    pub(crate) fn push(&mut self, record: T) -> Option<u32> {
        let number = u32::try_from(self.records.len()).ok().filter(|number| *number < 1 << 30)?;
        self.records.push(record);
        Some(number)
    }

    /// How many records there are, number 0 included.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// The records in order of their numbers.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.records.iter()
    }

    /// Gives back memory that growing left over.
    pub(crate) fn shrink(&mut self) {
        self.records.shrink_to_fit();
    }

    /// Bytes of the records themselves.
    pub(crate) fn bytes(&self) -> usize {
        self.records.capacity() * size_of::<T>()
    }
}
