use std::sync::Arc;

use super::ipv4_entry::{Entry, MOST_PAGES, Way};
use super::{ClassId, Records};
use crate::numbers::Numbers;

/// IPv4 address to class: a direct table over 16, 8 and 8 bits.
///
/// Addresses of endpoints and prefixes share it, the most specific already resolved, so a lookup
/// is at most three loads. A page of 256 entries that changes at most 16 times is kept as its runs
/// (80 bytes instead of 1 KiB). Every page belongs to one entry, so it is changed and freed where
/// it is.
#[derive(Clone)]
pub(crate) struct Ipv4Table {
    root: Arc<[Entry; 1 << 16]>,
    /// Pages with an entry for each byte, one after the other.
    dense: Records<Entry, { 2 * PAGE_SIZE }>,
    /// Which of them are in use.
    pages: Numbers,
    runs: Records<Runs, 32>,
    /// How many runs each dense page has, for the writer: when they get few, it is kept as such.
    runs_of_dense: Vec<u16>,
}

/// Entries of a page.
const PAGE_SIZE: usize = 256;

const MOST_RUNS: usize = 16;

type Entries = [Entry; PAGE_SIZE];

/// A page that changes rarely: `values[i]` from `starts[i]` on. Unused places repeat the last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Runs {
    values: [Entry; MOST_RUNS],
    starts: [u8; MOST_RUNS],
}

impl Default for Runs {
    fn default() -> Runs {
        let values = [Entry::default(); MOST_RUNS];
        Runs { values, starts: [0; MOST_RUNS] }
    }
}

impl Runs {
    /// The runs of a page; `None` when there are more than a record holds.
    fn of(entries: &Entries) -> Option<Runs> {
        let mut runs = Runs::default();
        let (mut at, mut count) = (0, 0);
        for span in entries.chunk_by(|a, b| a == b) {
            *runs.starts.get_mut(count)? = u8::try_from(at).ok()?;
            *runs.values.get_mut(count)? = *span.first()?;
            at += span.len();
            count += 1;
        }
        let last = count.saturating_sub(1);
        let (start, value) = (runs.starts[last], runs.values[last]);
        runs.starts[count..].fill(start);
        runs.values[count..].fill(value);
        Some(runs)
    }

    fn entries(&self) -> Entries {
        let mut entries = [Entry::default(); PAGE_SIZE];
        for (start, value) in self.starts.iter().zip(&self.values) {
            entries[usize::from(*start)..].fill(*value);
        }
        entries
    }

    #[inline]
    fn at(&self, byte: u8) -> Entry {
        // Counting compares over sixteen bytes is one vector instruction or two; `starts[0]` is 0,
        // so the count is at least 1.
        let count = self.starts.iter().fold(0_u8, |count, start| count + u8::from(*start <= byte));
        let place = usize::from(count.wrapping_sub(1)) & (MOST_RUNS - 1);
        self.values[place]
    }
}

impl Default for Ipv4Table {
    fn default() -> Ipv4Table {
        Ipv4Table::everywhere(ClassId::UNKNOWN)
    }
}

impl std::fmt::Debug for Ipv4Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ipv4Table")
            .field("dense", &self.pages.used())
            .field("runs", &self.runs.used())
            .finish_non_exhaustive()
    }
}

impl Ipv4Table {
    /// With one class for every address.
    pub(crate) fn everywhere(class: ClassId) -> Ipv4Table {
        // By way of the heap: a quarter of a mebibyte is too much for some stacks.
        let entry = Entry::class(class);
        let root: Option<Box<[Entry; 1 << 16]>> =
            vec![entry; 1 << 16].into_boxed_slice().try_into().ok();
        Ipv4Table {
            root: root.map_or_else(|| Arc::new([entry; 1 << 16]), Arc::from),
            dense: Records::default(),
            pages: Numbers::from(1),
            runs: Records::default(),
            runs_of_dense: Vec::new(),
        }
    }

    /// The class of an address.
    #[inline(always)]
    pub(crate) fn lookup(&self, address: u32) -> ClassId {
        let (third, fourth) = ((address >> 8) as u8, address as u8);
        match self.root[(address >> 16) as usize].leads_to() {
            Way::Dense(page) => match self.dense(page, third).leads_to() {
                Way::Dense(page) => self.dense(page, fourth).last(),
                Way::Runs(page) => self.through_runs(page, fourth, fourth),
                Way::Class(class) => class,
            },
            Way::Runs(page) => self.through_runs(page, third, fourth),
            Way::Class(class) => class,
        }
    }

    #[inline]
    fn dense(&self, page: u32, byte: u8) -> Entry {
        match self.dense.chunk(page) {
            Some(chunk) => chunk[(page | u32::from(byte)) as usize % chunk.len()],
            None => self.nowhere(),
        }
    }

    /// What a page that does not exist leads to; no entry leads to one.
    #[cold]
    #[inline(never)]
    fn nowhere(&self) -> Entry {
        Entry::default()
    }

    /// From a page of runs on, where `byte` chooses; after it, `fourth` does. Mostly for addresses
    /// of the outside; out of the way, so that the way of the others is short.
    #[inline(never)]
    fn through_runs(&self, page: u32, byte: u8, fourth: u8) -> ClassId {
        let entry = self.runs.at(page).at(byte);
        match entry.leads_to() {
            Way::Dense(page) => self.dense(page, fourth).last(),
            Way::Runs(page) => self.runs.at(page).at(fourth).last(),
            Way::Class(class) => class,
        }
    }

    /// Gives single addresses their classes; `points` are sorted by address, each once. `None` when
    /// there are more pages than numbers; then the table is of no use any more.
    pub(crate) fn assign(&mut self, points: &[(u32, ClassId)]) -> Option<()> {
        for block in points.chunk_by(|a, b| a.0 >> 16 == b.0 >> 16) {
            let Some((address, _)) = block.first() else { continue };
            let place = (address >> 16) as usize;
            let entry = *self.root.get(place)?;
            let changed = self.assign_below(entry, 8, block)?;
            self.set_root(place, entry, changed);
        }
        Some(())
    }

    /// The entry that replaces `entry` when the addresses below it have got their classes; the byte
    /// at `shift` chooses in its page.
    fn assign_below(
        &mut self,
        entry: Entry,
        shift: u32,
        points: &[(u32, ClassId)],
    ) -> Option<Entry> {
        let dense = match entry.leads_to() {
            Way::Dense(first) => Some(first),
            Way::Runs(_) | Way::Class(_) => None,
        };
        let mut entries = dense.is_none().then(|| self.open(entry));
        for same in points.chunk_by(|a, b| a.0 >> shift == b.0 >> shift) {
            let Some((address, class)) = same.first() else { continue };
            let byte = (address >> shift) as u8;
            let place = usize::from(byte);
            let old = match (&entries, dense) {
                (Some(entries), _) => entries[place],
                (None, first) => self.dense(first.unwrap_or(0), byte),
            };
            let new = match shift {
                0 => Entry::class(*class),
                _ => self.assign_below(old, shift - 8, same)?,
            };
            match &mut entries {
                Some(entries) => entries[place] = new,
                None if dense.is_some_and(|first| self.write_entry(first, place, new)) => {}
                None => entries.insert(self.open(entry))[place] = new,
            }
        }
        match entries {
            Some(entries) => self.close(entry, &entries),
            None => Some(entry),
        }
    }

    /// Writes one entry of a dense page, without looking at all the others. Says no, and does not,
    /// when the page would have so few runs that it is to be kept as those.
    fn write_entry(&mut self, first: u32, place: usize, new: Entry) -> bool {
        let number = first as usize / PAGE_SIZE;
        let entry = |place: usize| *self.dense.at(first | place as u32);
        let old = entry(place);
        if old == new {
            return true;
        }
        let left = place.checked_sub(1).map(entry);
        let right = (place + 1 < PAGE_SIZE).then(|| entry(place + 1));
        let mut runs = self.runs_of_dense[number];
        for neighbour in left.into_iter().chain(right) {
            runs = runs + u16::from(new != neighbour) - u16::from(old != neighbour);
        }
        if usize::from(runs) <= MOST_RUNS {
            return false;
        }
        self.runs_of_dense[number] = runs;
        self.dense.set(first | place as u32, new);
        true
    }

    /// Where an address from `first` to `last` has the class `from`, it gets `to`. `None` as in
    /// [`assign`](Self::assign).
    pub(crate) fn replace(
        &mut self,
        first: u32,
        last: u32,
        from: ClassId,
        to: ClassId,
    ) -> Option<()> {
        for place in first >> 16..=last >> 16 {
            let (start, end) = (place << 16, place << 16 | 0xffff);
            let place = place as usize;
            let entry = *self.root.get(place)?;
            let range = (first.max(start), last.min(end));
            let changed = self.replace_below(entry, 8, start, range, (from, to))?;
            self.set_root(place, entry, changed);
        }
        Some(())
    }

    /// The entry that replaces `entry`, which is for the block of addresses from `start` whose page
    /// is chosen from by the byte at `shift`; `range` lies in the block.
    fn replace_below(
        &mut self,
        entry: Entry,
        shift: u32,
        start: u32,
        range: (u32, u32),
        classes: (ClassId, ClassId),
    ) -> Option<Entry> {
        if let Way::Class(class) = entry.leads_to() {
            let whole = range == (start, start | ((1 << (shift + 8)) - 1));
            if class != classes.0 {
                return Some(entry);
            } else if whole {
                return Some(Entry::class(classes.1));
            }
        }
        let mut entries = self.open(entry);
        for byte in (range.0 >> shift) % 256..=(range.1 >> shift) % 256 {
            let place = byte as usize;
            let old = entries[place];
            if shift == 0 {
                if old == Entry::class(classes.0) {
                    entries[place] = Entry::class(classes.1);
                }
                continue;
            }
            let first = start | byte << shift;
            let part = (range.0.max(first), range.1.min(first | ((1 << shift) - 1)));
            entries[place] = self.replace_below(old, shift - 8, first, part, classes)?;
        }
        self.close(entry, &entries)
    }

    fn set_root(&mut self, place: usize, before: Entry, entry: Entry) {
        // The root is copied when a snapshot shares it, so it is left alone where nothing changes.
        if entry != before
            && let Some(root) = Arc::make_mut(&mut self.root).get_mut(place)
        {
            *root = entry;
        }
    }

    /// What an entry has for each byte.
    fn open(&self, entry: Entry) -> Entries {
        match entry.leads_to() {
            Way::Dense(page) => self.page(page),
            Way::Runs(page) => self.runs.at(page).entries(),
            Way::Class(_) => [entry; PAGE_SIZE],
        }
    }

    /// The entries of a dense page.
    fn page(&self, first: u32) -> Entries {
        let chunk = self.dense.chunk(first).map(|chunk| chunk.as_chunks().0);
        let page = chunk.and_then(|pages| pages.get(first as usize / PAGE_SIZE % pages.len()));
        page.copied().unwrap_or([Entry::default(); PAGE_SIZE])
    }

    fn set_page(&mut self, first: u32, entries: &Entries) {
        let pages = self.dense.chunk_mut(first).as_chunks_mut().0;
        let place = first as usize / PAGE_SIZE % pages.len();
        pages[place] = *entries;
    }

    /// The entry for what was `before` and is now `entries`; the page is kept, changed, made or
    /// freed.
    fn close(&mut self, before: Entry, entries: &Entries) -> Option<Entry> {
        let way = before.leads_to();
        // Most changes lie below the page, and a page that is not written to is not copied.
        if let Way::Dense(page) = way
            && self.page(page) == *entries
        {
            return Some(before);
        }
        let after = entries.iter().skip(1);
        let changes = entries.iter().zip(after).map(|(a, b)| u32::from(a != b)).sum::<u32>();
        let runs = changes as usize + 1;
        let first = entries[0];
        if runs == 1 && matches!(first.leads_to(), Way::Class(_)) {
            self.free(before);
            return Some(first);
        }
        if runs > MOST_RUNS {
            let page = if let Way::Dense(first) = way {
                first / PAGE_SIZE as u32
            } else {
                self.free(before);
                self.pages.take(MOST_PAGES)?
            };
            if page as usize >= self.runs_of_dense.len() {
                self.runs_of_dense.resize(page as usize + 1, 0);
            }
            self.runs_of_dense[page as usize] = u16::try_from(runs).ok()?;
            let entry = Entry::dense(page);
            self.set_page(entry.first(), entries);
            return Some(entry);
        }
        let content = Runs::of(entries)?;
        if let Way::Runs(page) = way {
            self.runs.set(page, content);
            return Some(before);
        }
        self.free(before);
        Some(Entry::runs(self.runs.insert(content)?))
    }

    fn free(&mut self, entry: Entry) {
        match entry.leads_to() {
            Way::Dense(page) => self.pages.give_back(page / PAGE_SIZE as u32),
            Way::Runs(page) => self.runs.remove(page),
            Way::Class(_) => {}
        }
    }

    /// How many pages there are, dense ones and those of runs.
    pub(crate) fn pages(&self) -> (usize, usize) {
        (self.pages.used() - 1, self.runs.used() - 1)
    }

    /// How many there is room for.
    pub(crate) fn room(&self) -> (usize, usize) {
        (self.dense.room() / PAGE_SIZE, self.runs.room())
    }

    /// The table as it is now, for a snapshot.
    pub(crate) fn share(&self) -> Ipv4Table {
        Ipv4Table {
            root: Arc::clone(&self.root),
            dense: self.dense.share(),
            pages: Numbers::from(self.pages.end()),
            runs: self.runs.share(),
            runs_of_dense: Vec::new(),
        }
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(super) fn spare_bytes(&self) -> usize {
        self.dense.spare_bytes() + self.runs.spare_bytes()
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of::<[Entry; 1 << 16]>() + self.dense.bytes() + self.runs.bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{ClassId, Ipv4Table};

    fn class(number: u32) -> ClassId {
        ClassId::new(number, false)
    }

    #[test]
    fn answers_as_what_was_assigned_last() {
        let mut table = Ipv4Table::default();
        let mut singles = BTreeMap::new();
        // Prefixes, each inside the one before, and their classes.
        let prefixes: [(u32, u32); 4] =
            [(0, 0), (0x0a00_0000, 8), (0x0a01_0000, 16), (0x0a01_0280, 25)];
        let last = |first: u32, length: u32| first | u32::MAX.checked_shr(length).unwrap_or(0);
        for (number, (first, length)) in (0..4).zip(prefixes) {
            let before = if number == 0 { 0 } else { 100 + number - 1 };
            table.replace(first, last(first, length), class(before), class(100 + number)).unwrap();
        }
        let mut state = 1_u32;
        for round in 0..3_000_u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let address = 0x0a01_0000 | state >> 16 & 0x3ff;
            let external = || {
                let inside = (0..4).zip(prefixes).rfind(|(_, (first, length))| {
                    *first <= address && address <= last(*first, *length)
                });
                inside.map_or(0, |(number, _): (u32, _)| 100 + number)
            };
            let now = if singles.remove(&address).is_some() {
                external()
            } else {
                singles.insert(address, round % 7 + 1);
                round % 7 + 1
            };
            table.assign(&[(address, class(now))]).unwrap();
            if round % 500 == 0 {
                // The innermost prefix goes and comes again.
                let (first, length) = prefixes[3];
                let last = last(first, length);
                table.replace(first, last, class(103), class(102)).unwrap();
                assert_eq!(table.lookup(last), class(singles.get(&last).map_or(102, |c| *c)));
                table.replace(first, last, class(102), class(103)).unwrap();
            }
        }
        for address in 0x0a01_0000..0x0a01_0500_u32 {
            let external = if (0x0a01_0280..0x0a01_0300).contains(&address) { 103 } else { 102 };
            let expected = singles.get(&address).copied().unwrap_or(external);
            assert_eq!(table.lookup(address), class(expected), "{address:#x}");
        }
        for (address, expected) in [(0, 100), (u32::MAX, 100), (0x0aff_ffff, 101)] {
            assert_eq!(table.lookup(address), class(expected), "{address:#x}");
        }
        // When everything is gone, so are the pages.
        for address in singles.keys() {
            let external = if (0x0a01_0280..0x0a01_0300).contains(address) { 103 } else { 102 };
            table.assign(&[(*address, class(external))]).unwrap();
        }
        for (number, (first, length)) in (0..4_u32).zip(prefixes).rev() {
            let before = if number == 0 { 0 } else { 100 + number - 1 };
            table.replace(first, last(first, length), class(100 + number), class(before)).unwrap();
        }
        assert_eq!(table.pages(), (0, 0));
    }

    #[test]
    fn a_share_stays_as_it_was() {
        let mut table = Ipv4Table::default();
        let points = (0..4_096).map(|at| (at * 3, class(at % 11 + 1))).collect::<Vec<_>>();
        table.assign(&points).unwrap();
        let shared = table.share();
        let cleared = points.iter().map(|(at, _)| (*at, class(0))).collect::<Vec<_>>();
        table.assign(&cleared).unwrap();
        for (at, expected) in points {
            assert_eq!((shared.lookup(at), table.lookup(at)), (expected, class(0)));
        }
        assert_eq!(table.pages(), (0, 0));
    }
}
