//! Where the flows are: places enough for the number that is asked for, and no more.

use siphasher::sip::SipHasher13;

use super::FlowsError;
use super::entry::{Entry, Standing};
use super::key::Key;
use super::timeouts::Limits;

/// How many flows have the same home.
const WAYS: usize = 8;

/// The most homes there can be, as a hash tells no more apart.
const MOST_HOMES: usize = 1 << 24;

/// A table in which every flow has two homes with eight places each. It is in one of them, and nothing
/// ever moves: so finding it, and finding it a place, looks at sixteen places at most.
///
/// With one home of eight places, every fiftieth flow would find its home full when the table is half
/// full; with two homes to choose from, of which it takes the emptier, that begins at three quarters.
pub(super) struct Table {
    /// Sixteen bits of each flow's hash, 0 where there is none, so that entries of other flows need
    /// not be looked at. (To compare four of them at once, as lanes of a word, took more instructions.)
    tags: Vec<[u16; WAYS]>,
    entries: Vec<[Entry; WAYS]>,
    hasher: SipHasher13,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    home: usize,
    way: usize,
}

/// What had to go to make room for a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// The place was free.
    Free,
    /// A flow whose time was over.
    Expired,
    /// One whose time was not.
    Evicted,
}

/// The hash of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(u64);

impl Hash {
    const fn tag(self) -> u16 {
        let tag = (self.0 >> 48) as u16;
        if tag == 0 { 1 } else { tag }
    }
}

impl Table {
    pub(super) fn new(capacity: usize, seed: [u64; 2]) -> Result<Table, FlowsError> {
        let homes = capacity.div_ceil(WAYS).max(2).checked_next_power_of_two();
        let homes = homes.filter(|homes| *homes <= MOST_HOMES).ok_or(FlowsError { capacity })?;
        let [key0, key1] = seed;
        Ok(Table {
            tags: filled([0; WAYS], homes).ok_or(FlowsError { capacity })?,
            entries: filled([Entry::NONE; WAYS], homes).ok_or(FlowsError { capacity })?,
            hasher: SipHasher13::new_with_keys(key0, key1),
        })
    }

    pub(super) const fn capacity(&self) -> usize {
        self.tags.len() * WAYS
    }

    pub(super) const fn bytes(&self) -> usize {
        self.capacity() * (size_of::<u16>() + size_of::<Entry>())
    }

    #[inline]
    pub(super) fn hash(&self, key: &Key) -> Hash {
        Hash(key.hash(&self.hasher))
    }

    /// The two homes of a flow, which differ.
    #[inline]
    const fn homes(&self, hash: Hash) -> [usize; 2] {
        let mask = self.tags.len() - 1;
        let first = hash.0 as usize & mask;
        let second = (hash.0 >> 24) as usize & mask;
        [first, if second == first { first ^ 1 } else { second }]
    }

    /// Where a flow is.
    #[inline]
    pub(super) fn find(&self, key: &Key, hash: Hash) -> Option<Place> {
        let tag = hash.tag();
        for home in self.homes(hash) {
            let (tags, entries) = (self.tags.get(home)?, self.entries.get(home)?);
            let places = tags.iter().zip(entries);
            let found = places.into_iter().position(|(t, entry)| *t == tag && entry.key == *key);
            if let Some(way) = found {
                return Some(Place { home, way });
            }
        }
        None
    }

    #[inline]
    pub(super) fn get(&self, place: Place) -> Option<&Entry> {
        self.entries.get(place.home)?.get(place.way)
    }

    #[inline]
    pub(super) fn at(&mut self, place: Place) -> Option<&mut Entry> {
        self.entries.get_mut(place.home)?.get_mut(place.way)
    }

    /// Forgets a flow.
    pub(super) fn release(&mut self, place: Place) {
        if let Some(tag) = self.tags.get_mut(place.home).and_then(|tags| tags.get_mut(place.way)) {
            *tag = 0;
        }
    }

    /// Puts a flow that is not there yet into one of its homes. Where both are full, it takes the place
    /// of the flow that is done without first, and of these the one that was quiet longest. `None`
    /// when all are established.
    pub(super) fn insert(
        &mut self,
        entry: Entry,
        hash: Hash,
        limits: &Limits,
        now: u64,
    ) -> Option<Room> {
        let homes = self.homes(hash);
        let free = homes.map(|home| {
            self.tags.get(home).map_or(0, |tags| tags.iter().filter(|tag| **tag == 0).count())
        });
        let [first, second] = homes;
        let emptier = if free[1] > free[0] { second } else { first };
        let (place, room) = match self.free_place(emptier) {
            Some(place) => (place, Room::Free),
            None => self.place_to_vacate(homes, limits, now)?,
        };
        *self.tags.get_mut(place.home)?.get_mut(place.way)? = hash.tag();
        *self.at(place)? = entry;
        Some(room)
    }

    fn free_place(&self, home: usize) -> Option<Place> {
        let way = self.tags.get(home)?.iter().position(|tag| *tag == 0)?;
        Some(Place { home, way })
    }

    fn place_to_vacate(
        &self,
        homes: [usize; 2],
        limits: &Limits,
        now: u64,
    ) -> Option<(Place, Room)> {
        let candidates = homes.into_iter().filter_map(|home| Some((home, self.entries.get(home)?)));
        let candidates = candidates.flat_map(|(home, entries)| {
            entries.iter().enumerate().map(move |(way, entry)| (Place { home, way }, entry))
        });
        let standings = candidates.map(|(place, entry)| {
            let standing = entry.standing(limits, now);
            (standing, entry.seen, place)
        });
        let (standing, _, place) = standings
            .filter(|(standing, ..)| *standing != Standing::Established)
            .min_by_key(|(standing, seen, _)| (*standing, *seen))?;
        let expired = standing == Standing::Expired;
        Some((place, if expired { Room::Expired } else { Room::Evicted }))
    }

    /// Every flow that is there, those whose time is over among them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        let places = self.tags.iter().flatten().zip(self.entries.iter().flatten());
        places.filter(|(tag, _)| **tag != 0).map(|(_, entry)| entry)
    }

    /// The same, to be changed; who is not to be kept is forgotten.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Entry) -> bool) {
        let places = self.tags.iter_mut().flatten().zip(self.entries.iter_mut().flatten());
        for (tag, entry) in places.filter(|(tag, _)| **tag != 0) {
            if !keep(entry) {
                *tag = 0;
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.tags.fill([0; WAYS]);
    }
}

/// So many copies of a value; `None` when there is no memory for them.
pub(super) fn filled<T: Clone>(value: T, length: usize) -> Option<Vec<T>> {
    let mut copies = Vec::new();
    copies.try_reserve_exact(length).ok()?;
    copies.resize(length, value);
    Some(copies)
}
