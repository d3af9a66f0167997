//! Numbers that things are known by, given out again when they are free.

/// Which numbers are taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// Numbers from here on were never given out.
    next: u32,
    free: Vec<u32>,
}

impl Numbers {
    /// With the first `taken` numbers in use.
    pub(crate) const fn from(taken: u32) -> Numbers {
        Numbers { next: taken, free: Vec::new() }
    }

    /// A number that is not in use and below `limit`; `None` when there is none.
    pub(crate) fn take(&mut self, limit: u32) -> Option<u32> {
        if let Some(number) = self.free.pop() {
            return Some(number);
        }
        let number = self.next;
        if number >= limit {
            return None;
        }
        self.next += 1;
        Some(number)
    }

    /// Takes a number back.
    pub(crate) fn give_back(&mut self, number: u32) {
        self.free.push(number);
        if self.free.len() as u64 == u64::from(self.next) {
            // Nothing is left: numbers start from below again.
            *self = Numbers::default();
        }
    }

    /// How many are in use.
    pub(crate) fn used(&self) -> usize {
        self.next as usize - self.free.len()
    }

    /// Numbers are below this.
    pub(crate) const fn end(&self) -> u32 {
        self.next
    }

    pub(crate) fn bytes(&self) -> usize {
        self.free.capacity() * size_of::<u32>()
    }
}
