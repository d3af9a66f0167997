use std::sync::Arc;

use super::{ClassId, Records};

/// IPv4 address to class: a direct table over 16, 8 and 8 bits.
///
/// Addresses of endpoints and prefixes share it, the most specific already resolved, so a lookup
/// is at most three loads. A page of 256 entries that changes at most 16 times is kept as its runs
/// (80 bytes instead of 1 KiB). Every page belongs to one entry, so it is changed and freed where
/// it is.
#[derive(Clone)]
pub(crate) struct Ipv4Table {
    root: Arc<[u32; 1 << 16]>,
    /// Pages with an entry for each byte.
    dense: Records<Page, 2>,
    runs: Records<Runs, 32>,
    /// How many runs each dense page has, for the writer: when they get few, it is kept as such.
    runs_of_dense: Vec<u16>,
}

/// Set in an entry that leads to a page with an entry for each byte; its number is in the low bits.
const DENSE: u32 = 1 << 31;
/// Set in an entry that leads to a page of [`Runs`]; its number is in the low bits.
const RUNS: u32 = 1 << 30;

/// Bits of an entry that number a page.
const NUMBER: u32 = RUNS - 1;

/// Entries of a page.
const PAGE_SIZE: usize = 256;

const MOST_RUNS: usize = 16;

type Entries = [u32; PAGE_SIZE];

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Page(Entries);

impl Default for Page {
    fn default() -> Page {
        Page([0; PAGE_SIZE])
    }
}

/// A page that changes rarely: `values[i]` from `starts[i]` on. Unused places repeat the last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Runs {
    values: [u32; MOST_RUNS],
    starts: [u8; MOST_RUNS],
}

impl Default for Runs {
    fn default() -> Runs {
        Runs { values: [0; MOST_RUNS], starts: [0; MOST_RUNS] }
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
        let mut entries = [0; PAGE_SIZE];
        for (start, value) in self.starts.iter().zip(&self.values) {
            entries[usize::from(*start)..].fill(*value);
        }
        entries
    }

    #[inline]
    fn at(&self, byte: u8) -> u32 {
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
            .field("dense", &self.dense.used())
            .field("runs", &self.runs.used())
            .finish_non_exhaustive()
    }
}

impl Ipv4Table {
    /// With one class for every address.
    pub(crate) fn everywhere(class: ClassId) -> Ipv4Table {
        // By way of the heap: a quarter of a mebibyte is too much for some stacks.
        let root: Option<Box<[u32; 1 << 16]>> =
            vec![class.bits(); 1 << 16].into_boxed_slice().try_into().ok();
        Ipv4Table {
            root: root.map_or_else(|| Arc::new([0; 1 << 16]), Arc::from),
            dense: Records::default(),
            runs: Records::default(),
            runs_of_dense: Vec::new(),
        }
    }

    /// The class of an address.
    #[inline]
    pub(crate) fn lookup(&self, address: u32) -> ClassId {
        let [high, low, third, fourth] = address.to_be_bytes();
        let mut entry = self.root[usize::from(u16::from_be_bytes([high, low]))];
        if entry & DENSE != 0 {
            entry = self.dense(entry, third);
            if entry & DENSE != 0 {
                entry = self.dense(entry, fourth);
            } else if entry & RUNS != 0 {
                entry = self.through_runs(entry, fourth, fourth);
            }
        } else if entry & RUNS != 0 {
            entry = self.through_runs(entry, third, fourth);
        }
        ClassId::from_bits(entry)
    }

    #[inline]
    fn dense(&self, page: u32, byte: u8) -> u32 {
        self.dense.at(page & !DENSE).0[usize::from(byte)]
    }

    /// From a page of runs on, where `byte` chooses; after it, `fourth` does. Mostly for addresses
    /// of the outside; out of the way, so that the way of the others is short.
    #[inline(never)]
    fn through_runs(&self, entry: u32, byte: u8, fourth: u8) -> u32 {
        let entry = self.runs.at(entry & NUMBER).at(byte);
        if entry & DENSE != 0 {
            self.dense(entry, fourth)
        } else if entry & RUNS != 0 {
            self.runs.at(entry & NUMBER).at(fourth)
        } else {
            entry
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
    fn assign_below(&mut self, entry: u32, shift: u32, points: &[(u32, ClassId)]) -> Option<u32> {
        let mut entries = (entry & DENSE == 0).then(|| self.open(entry));
        for same in points.chunk_by(|a, b| a.0 >> shift == b.0 >> shift) {
            let Some((address, class)) = same.first() else { continue };
            let place = (address >> shift) as usize % PAGE_SIZE;
            let old = match &entries {
                Some(entries) => entries[place],
                None => self.dense.at(entry & !DENSE).0[place],
            };
            let new = match shift {
                0 => class.bits(),
                _ => self.assign_below(old, shift - 8, same)?,
            };
            match &mut entries {
                Some(entries) => entries[place] = new,
                None if self.write_entry(entry & !DENSE, place, new) => {}
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
    fn write_entry(&mut self, page: u32, place: usize, new: u32) -> bool {
        let entries = &self.dense.at(page).0;
        let old = entries[place];
        if old == new {
            return true;
        }
        let left = place.checked_sub(1).and_then(|place| entries.get(place));
        let neighbours = left.into_iter().chain(entries.get(place + 1));
        let mut runs = self.runs_of_dense[page as usize];
        for neighbour in neighbours {
            runs = runs + u16::from(new != *neighbour) - u16::from(old != *neighbour);
        }
        if usize::from(runs) <= MOST_RUNS {
            return false;
        }
        self.runs_of_dense[page as usize] = runs;
        self.dense.get_mut(page).0[place] = new;
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
        entry: u32,
        shift: u32,
        start: u32,
        range: (u32, u32),
        classes: (ClassId, ClassId),
    ) -> Option<u32> {
        let leaf = entry & (DENSE | RUNS) == 0;
        if leaf && entry != classes.0.bits() {
            return Some(entry);
        }
        let whole = range == (start, start | ((1 << (shift + 8)) - 1));
        if leaf && whole {
            return Some(classes.1.bits());
        }
        let mut entries = self.open(entry);
        for byte in (range.0 >> shift) % 256..=(range.1 >> shift) % 256 {
            let place = byte as usize;
            let old = entries[place];
            if shift == 0 {
                if old == classes.0.bits() {
                    entries[place] = classes.1.bits();
                }
                continue;
            }
            let first = start | byte << shift;
            let part = (range.0.max(first), range.1.min(first | ((1 << shift) - 1)));
            entries[place] = self.replace_below(old, shift - 8, first, part, classes)?;
        }
        self.close(entry, &entries)
    }

    fn set_root(&mut self, place: usize, before: u32, entry: u32) {
        // The root is copied when a snapshot shares it, so it is left alone where nothing changes.
        if entry != before
            && let Some(root) = Arc::make_mut(&mut self.root).get_mut(place)
        {
            *root = entry;
        }
    }

    /// What an entry has for each byte.
    fn open(&self, entry: u32) -> Entries {
        if entry & DENSE != 0 {
            self.dense.at(entry & !DENSE).0
        } else if entry & RUNS != 0 {
            self.runs.at(entry & NUMBER).entries()
        } else {
            [entry; PAGE_SIZE]
        }
    }

    /// The entry for what was `before` and is now `entries`; the page is kept, changed, made or
    /// freed.
    fn close(&mut self, before: u32, entries: &Entries) -> Option<u32> {
        // Most changes lie below the page, and a page that is not written to is not copied.
        if before & DENSE != 0 && self.dense.at(before & !DENSE).0 == *entries {
            return Some(before);
        }
        let after = entries.iter().skip(1);
        let changes = entries.iter().zip(after).map(|(a, b)| u32::from(a != b)).sum::<u32>();
        let runs = changes as usize + 1;
        let first = entries[0];
        if runs == 1 && first & (DENSE | RUNS) == 0 {
            self.free(before);
            return Some(first);
        }
        if runs > MOST_RUNS {
            let page = if before & DENSE != 0 {
                self.dense.set(before & !DENSE, Page(*entries));
                before & !DENSE
            } else {
                self.free(before);
                self.dense.insert(Page(*entries))?
            };
            if page as usize >= self.runs_of_dense.len() {
                self.runs_of_dense.resize(page as usize + 1, 0);
            }
            self.runs_of_dense[page as usize] = u16::try_from(runs).ok()?;
            return Some(page | DENSE);
        }
        let page = Runs::of(entries)?;
        if before & DENSE == 0 && before & RUNS != 0 {
            self.runs.set(before & NUMBER, page);
            return Some(before);
        }
        self.free(before);
        Some(self.runs.insert(page)? | RUNS)
    }

    fn free(&mut self, entry: u32) {
        if entry & DENSE != 0 {
            self.dense.remove(entry & !DENSE);
        } else if entry & RUNS != 0 {
            self.runs.remove(entry & NUMBER);
        }
    }

    /// How many pages there are, dense ones and those of runs.
    pub(crate) fn pages(&self) -> (usize, usize) {
        (self.dense.used() - 1, self.runs.used() - 1)
    }

    /// How many there is room for.
    pub(crate) fn room(&self) -> (usize, usize) {
        (self.dense.room(), self.runs.room())
    }

    /// The table as it is now, for a snapshot.
    pub(crate) fn share(&self) -> Ipv4Table {
        Ipv4Table {
            root: Arc::clone(&self.root),
            dense: self.dense.share(),
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
        size_of::<[u32; 1 << 16]>() + self.dense.bytes() + self.runs.bytes()
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
