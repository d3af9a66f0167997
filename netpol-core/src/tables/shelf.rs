use std::fmt;

use super::Records;

/// Values with owners of their own, such as names, addressed by number: [`Records`] of which a
/// write copies few, since to copy such a value is to count one more who has it.
#[derive(Clone)]
pub(crate) struct Shelf<T> {
    places: Records<Option<T>, 4>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf { places: Records::default() }
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
        self.places.at(number).as_ref()
    }

    /// Every value with its number, in order of the numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(self.places.iter()).filter_map(|(number, value)| Some((number, value.as_ref()?)))
    }

    /// Bytes of the places, without what the values own.
    pub(crate) fn bytes(&self) -> usize {
        self.places.bytes()
    }
}

impl<T: Clone> Shelf<T> {
    /// Puts a value in a place, or clears it.
    pub(crate) fn set(&mut self, number: u32, value: Option<T>) {
        self.places.set(number, value);
    }

    /// A value to write to.
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.get(number)?;
        self.places.get_mut(number).as_mut()
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(crate) fn spare_bytes(&self) -> usize {
        self.places.spare_bytes()
    }

    /// The values as they are now, for a snapshot.
    pub(crate) fn share(&self) -> Shelf<T> {
        Shelf { places: self.places.share() }
    }
}

#[cfg(test)]
mod tests {
    use super::Shelf;

    #[test]
    fn a_shelf_keeps_what_was_shared() {
        let mut shelf = Shelf::default();
        for number in [0, 7, 8, 511, 512, 10_000] {
            shelf.set(number, Some(number.to_string()));
        }
        let shared = shelf.share();
        shelf.set(512, None);
        assert_eq!(shared.get(512).map(String::as_str), Some("512"));
        assert_eq!((shelf.get(512), shelf.get(9), shelf.get(1 << 30)), (None, None, None));
        let numbers = shelf.iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers, [0, 7, 8, 511, 10_000]);
    }
}
