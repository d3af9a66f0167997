use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::ops::{Index, IndexMut};

use hashbrown::HashTable;

use crate::hash::FixedHasher;
use crate::numbers::Numbers;

/// Things by number, from 1 on. Numbers are given out here and held by other parts of the
/// compilation for exactly as long as the thing is there, so asking for one that is not is a fault
/// in this room, and indexing panics.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    items: Vec<Option<T>>,
    numbers: Numbers,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { items: vec![None], numbers: Numbers::from(1) }
    }
}

impl<T> Slab<T> {
    pub(super) fn insert(&mut self, item: T) -> u32 {
        let number = self.numbers.take(u32::MAX).unwrap_or(u32::MAX);
        let place = number as usize;
        if place >= self.items.len() {
            self.items.resize_with(place + 1, || None);
        }
        self.items[place] = Some(item);
        number
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let item = self.items.get_mut(number as usize)?.take()?;
        self.numbers.give_back(number);
        Some(item)
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.items.get(number as usize)?.as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.items).filter_map(|(number, item)| Some((number, item.as_ref()?)))
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.used() - 1
    }

    pub(super) fn bytes(&self) -> usize {
        self.items.capacity() * size_of::<Option<T>>() + self.numbers.bytes()
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, number: u32) -> &T {
        match &self.items[number as usize] {
            Some(item) => item,
            None => unreachable!("number {number} is nobody's"),
        }
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, number: u32) -> &mut T {
        match &mut self.items[number as usize] {
            Some(item) => item,
            None => unreachable!("number {number} is nobody's"),
        }
    }
}

/// Things interned by content, each with a number, counted by who uses them.
///
/// What nobody uses any more stays until the next [`sweep`](Interner::sweep): what one event lets
/// go, the next may take up again, and no number means two things during one publication.
#[derive(Clone, Debug)]
pub(super) struct Interner<K, V = ()> {
    entries: Slab<Entry<K, V>>,
    table: HashTable<u32>,
    idle: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
    uses: u32,
}

impl<K, V> Default for Interner<K, V> {
    fn default() -> Interner<K, V> {
        Interner { entries: Slab::default(), table: HashTable::default(), idle: Vec::new() }
    }
}

impl<K: Hash + Eq, V> Interner<K, V> {
    /// The number of what equals `key`.
    pub(super) fn find<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        let hash = FixedHasher.hash_one(key);
        self.table.find(hash, |number| self.entries[*number].key.borrow() == key).copied()
    }

    /// The same for something that hashes as its key does.
    pub(super) fn find_with(&self, hash: u64, same: impl Fn(&K) -> bool) -> Option<u32> {
        self.table.find(hash, |number| same(&self.entries[*number].key)).copied()
    }

    /// Counts one more who uses a number.
    pub(super) fn hold(&mut self, number: u32) {
        self.entries[number].uses += 1;
    }

    /// Counts one less.
    pub(super) fn release(&mut self, number: u32) {
        let entry = &mut self.entries[number];
        entry.uses -= 1;
        if entry.uses == 0 {
            self.idle.push(number);
        }
    }

    /// Adds what is not there yet, with one who uses it.
    pub(super) fn insert(&mut self, key: K, value: V) -> u32 {
        let hash = FixedHasher.hash_one(&key);
        let number = self.entries.insert(Entry { key, value, uses: 1 });
        let entries = &self.entries;
        self.table
            .insert_unique(hash, number, |number| FixedHasher.hash_one(&entries[*number].key));
        number
    }

    pub(super) fn key(&self, number: u32) -> &K {
        &self.entries[number].key
    }

    pub(super) fn value(&self, number: u32) -> &V {
        &self.entries[number].value
    }

    pub(super) fn value_mut(&mut self, number: u32) -> &mut V {
        &mut self.entries[number].value
    }

    /// Whether somebody uses the number.
    pub(super) fn is_used(&self, number: u32) -> bool {
        self.entries.get(number).is_some_and(|entry| entry.uses > 0)
    }

    /// Everything that is there.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &K, &V)> {
        self.entries.iter().map(|(number, entry)| (number, &entry.key, &entry.value))
    }

    /// Takes out one that nobody uses; `None` when there is none left.
    pub(super) fn sweep(&mut self) -> Option<(u32, K, V)> {
        while let Some(number) = self.idle.pop() {
            if self.entries.get(number).is_none_or(|entry| entry.uses > 0) {
                continue;
            }
            let hash = FixedHasher.hash_one(&self.entries[number].key);
            if let Ok(entry) = self.table.find_entry(hash, |other| *other == number) {
                entry.remove();
            }
            if let Some(entry) = self.entries.remove(number) {
                return Some((number, entry.key, entry.value));
            }
        }
        None
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of the places, without what keys own.
    pub(super) fn bytes(&self) -> usize {
        self.entries.bytes() + self.table.capacity() * 5
    }
}

#[cfg(test)]
mod tests {
    use super::Interner;

    #[test]
    fn numbers_live_as_long_as_they_are_used() {
        let mut interner: Interner<String> = Interner::default();
        let a = interner.insert("a".into(), ());
        let b = interner.insert("b".into(), ());
        assert_eq!((interner.find("a"), interner.find("c")), (Some(a), None));
        interner.release(a);
        interner.release(b);
        // Taken up again before anybody swept.
        interner.hold(a);
        assert_eq!(interner.sweep().map(|(number, ..)| number), Some(b));
        assert!(interner.sweep().is_none());
        assert_eq!((interner.len(), interner.insert("c".into(), ())), (1, b));
        interner.release(a);
        interner.release(a.min(b).max(b));
        assert_eq!(std::iter::from_fn(|| interner.sweep()).count(), 2);
        assert_eq!(interner.len(), 0);
    }
}
