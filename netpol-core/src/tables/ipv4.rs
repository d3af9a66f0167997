use std::sync::Arc;

use super::{ClassId, Records};
use crate::hash::Map;

/// IPv4 address to class: a direct table over 16, 8 and 8 bits.
///
/// Addresses of endpoints and prefixes share it, the most specific already resolved, so a lookup
/// is at most three loads. A page of 256 entries that changes at most 16 times is kept as its runs
/// (80 bytes instead of 1 KiB), and equal pages are kept once.
#[derive(Clone)]
pub(crate) struct Ipv4Table {
    root: Arc<[u32; 1 << 16]>,
    /// Pages with an entry for each byte, one after the other.
    dense: Vec<u32>,
    runs: Records<Runs>,
}

/// Set in an entry that leads to a page with an entry for each byte; its number is in the low bits.
const DENSE: u32 = 1 << 31;
/// Set in an entry that leads to a page of [`Runs`]; its number is in the low bits, and before it
/// how far an address is shifted to become the byte that chooses.
const RUNS: u32 = 1 << 30;
const SHIFT: u32 = 24;

/// Bits of an entry that number a page.
const NUMBER: u32 = (1 << SHIFT) - 1;

/// Entries of a page.
const PAGE_SIZE: usize = 256;

const MOST_RUNS: usize = 16;

/// A page that changes rarely: `values[i]` from `starts[i]` on. Unused places repeat the last run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
        Ipv4Table::new(&[(0, ClassId::UNKNOWN.bits())]).unwrap_or_else(|| Ipv4Table {
            root: Arc::new([0; 1 << 16]),
            dense: Vec::new(),
            runs: Records::default(),
        })
    }
}

impl std::fmt::Debug for Ipv4Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ipv4Table")
            .field("dense", &(self.dense.len() / PAGE_SIZE))
            .field("runs", &self.runs.len())
            .finish_non_exhaustive()
    }
}

impl Ipv4Table {
    /// From the points at which the class changes, as [`flatten`](super::flatten) gives them.
    /// `None` when there are more pages than numbers.
    pub(crate) fn new(points: &[(u32, u32)]) -> Option<Ipv4Table> {
        let mut builder = Builder::default();
        let mut root = vec![0; 1 << 16];
        let mut rest = points;
        let mut class = 0;
        let mut done = 0;
        while let Some((at, _)) = rest.first() {
            // Most of the space lies between two points.
            let block = (at >> 16) as usize;
            root.get_mut(done..block)?.fill(class);
            let first = at & !0xffff;
            let cut = Cut::new(class, rest, first, first | 0xffff);
            *root.get_mut(block)? = builder.entry::<2>(&cut, first)?;
            (class, rest) = (cut.last_class(), cut.after);
            done = block + 1;
        }
        root.get_mut(done..)?.fill(class);
        builder.dense.shrink_to_fit();
        builder.runs.shrink();
        let root: Box<[u32; 1 << 16]> = root.into_boxed_slice().try_into().ok()?;
        Some(Ipv4Table { root: Arc::from(root), dense: builder.dense, runs: builder.runs })
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
            }
        }
        if entry & RUNS != 0 {
            entry = self.through_runs(entry, address);
        }
        ClassId::from_bits(entry)
    }

    #[inline]
    fn dense(&self, page: u32, byte: u8) -> u32 {
        // The shift drops the mark and makes room for the byte.
        let place = page << 8 | u32::from(byte);
        self.dense.get(place as usize).copied().unwrap_or(0)
    }

    /// From a page of runs on. Mostly for addresses of the outside; out of the way, so that the way
    /// of the others is short.
    #[inline(never)]
    fn through_runs(&self, mut entry: u32, address: u32) -> u32 {
        let [.., fourth] = address.to_be_bytes();
        while entry & RUNS != 0 {
            let shift = entry >> SHIFT & 0x1f;
            entry = self.runs.at(entry & NUMBER).at((address >> shift) as u8);
        }
        if entry & DENSE != 0 { self.dense(entry, fourth) } else { entry }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of::<[u32; 1 << 16]>() + self.dense.capacity() * size_of::<u32>() + self.runs.bytes()
    }
}

/// The points of a table, cut at a block of addresses.
struct Cut<'points> {
    /// The class at the start of the block.
    class: u32,
    /// The points inside it, without one at its start.
    inside: &'points [(u32, u32)],
    /// The points after it.
    after: &'points [(u32, u32)],
}

impl<'points> Cut<'points> {
    /// Cuts `points`, none of which lies before the block; `before` is the class in front of it.
    fn new(before: u32, points: &'points [(u32, u32)], first: u32, last: u32) -> Cut<'points> {
        let count = points.iter().take_while(|(at, _)| *at <= last).count();
        let (inside, after) = points.split_at(count);
        match inside.split_first() {
            Some(((at, class), inside)) if *at == first => Cut { class: *class, inside, after },
            _ => Cut { class: before, inside, after },
        }
    }

    /// The class at the end of the block.
    fn last_class(&self) -> u32 {
        self.inside.last().map_or(self.class, |(_, class)| *class)
    }
}

#[derive(Default)]
struct Builder {
    dense: Vec<u32>,
    runs: Records<Runs>,
    known_runs: Map<Runs, u32>,
}

impl Builder {
    /// The entry for a block: its class, or a page when it changes inside. `LEVEL` is how many
    /// bytes of address are below it.
    fn entry<const LEVEL: u32>(&mut self, block: &Cut<'_>, first: u32) -> Option<u32> {
        if block.inside.is_empty() {
            return Some(block.class);
        }
        let shift = 8 * (LEVEL - 1);
        let mut page = [0; PAGE_SIZE];
        let mut class = block.class;
        let mut rest = block.inside;
        for (byte, entry) in (0_u32..).zip(page.iter_mut()) {
            let first = first | byte << shift;
            let cut = Cut::new(class, rest, first, first | ((1 << shift) - 1));
            *entry = if LEVEL > 1 { self.entry::<1>(&cut, first)? } else { cut.class };
            (class, rest) = (cut.last_class(), cut.after);
        }
        self.page(page, shift)
    }

    /// The entry for a page that is chosen from by the byte at `shift`.
    fn page(&mut self, page: [u32; PAGE_SIZE], shift: u32) -> Option<u32> {
        let mut runs = Runs::default();
        let mut count = 0;
        for (start, span) in page.chunk_by(|a, b| a == b).scan(0, |at, span| {
            let start = *at;
            *at += span.len();
            Some((start, span))
        }) {
            let (Some(place), Some(value), Some(first)) =
                (runs.starts.get_mut(count), runs.values.get_mut(count), span.first())
            else {
                let number = u32::try_from(self.dense.len() / PAGE_SIZE).ok()?;
                self.dense.extend_from_slice(&page);
                return (number <= NUMBER).then_some(number | DENSE);
            };
            *place = u8::try_from(start).ok()?;
            *value = *first;
            count += 1;
        }
        let last = count.saturating_sub(1);
        let (start, value) = (runs.starts[last], runs.values[last]);
        runs.starts[count..].fill(start);
        runs.values[count..].fill(value);
        let number = match self.known_runs.get(&runs) {
            Some(number) => *number,
            None => {
                let number = self.runs.push(runs.clone())?;
                self.known_runs.insert(runs, number);
                number
            }
        };
        (number <= NUMBER).then_some(number | RUNS | shift << SHIFT)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ipv4Table, PAGE_SIZE};

    #[test]
    fn answers_as_the_points_say() {
        // A block with a dense page, one with runs, a single address, and both ends of the space.
        let mut points = vec![(0, 7), (1, 0), (0x0a00_0000, 1), (0x0a00_0105, 2), (0x0a00_0106, 1)];
        for address in 0x0a00_0200_u32..0x0a00_0300 {
            points.push((address, 10 + address % 7));
        }
        points.extend([(0x0a00_0300, 1), (0x0b00_0000, 0), (0xffff_ffff, 9)]);
        let table = Ipv4Table::new(&points).unwrap();
        let mut probes = vec![0, 1, u32::MAX, u32::MAX - 1, 0x0a80_0000];
        for (at, _) in &points {
            probes.extend([at.wrapping_sub(1), *at, at.wrapping_add(1)]);
        }
        for address in probes {
            let (_, class) = points.iter().rev().find(|(at, _)| *at <= address).unwrap();
            assert_eq!(table.lookup(address).bits(), *class, "{address:#x}");
        }
        assert!(table.runs.len() > 1 && table.dense.len() == PAGE_SIZE, "{table:?}");
    }
}
