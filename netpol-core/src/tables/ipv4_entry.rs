//! What a table of IPv4 addresses says for a byte of an address.

use super::ClassId;

/// Where an address goes on: to the class of all addresses here, or to a page with an entry for
/// each value of the next byte.
///
/// Most entries on the way of a packet lead to dense pages, so these have no mark that would have
/// to be taken off: they are the number of the page's first entry, to which the byte is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u32);

/// Entries from here on are classes.
const CLASSES: u32 = 1 << 31;
/// Set in an entry that leads to a page of runs; its number is in the low bits.
const RUNS: u32 = 1 << 30;

/// How many dense pages there can be: four gibibytes.
pub(super) const MOST_PAGES: u32 = RUNS >> 8;

impl Default for Entry {
    fn default() -> Entry {
        Entry::class(ClassId::UNKNOWN)
    }
}

impl Entry {
    pub(super) const fn class(class: ClassId) -> Entry {
        Entry(class.bits())
    }

    /// The first entry of a dense page.
    pub(super) const fn first(self) -> u32 {
        self.0
    }

    pub(super) const fn dense(page: u32) -> Entry {
        Entry(page << 8)
    }

    /// The class that an entry for the last byte is.
    pub(super) const fn last(self) -> ClassId {
        ClassId::from_bits(self.0)
    }

    pub(super) const fn runs(page: u32) -> Entry {
        Entry(page | RUNS)
    }

    pub(super) const fn leads_to(self) -> Way {
        if self.0 < RUNS {
            Way::Dense(self.0)
        } else if self.0 < CLASSES {
            Way::Runs(self.0 & !RUNS)
        } else {
            Way::Class(self.last())
        }
    }
}

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The first entry of a page with an entry for each byte.
    Dense(u32),
    /// The number of a page of runs.
    Runs(u32),
    Class(ClassId),
}
