use std::sync::Arc;

use super::TooLarge;
use super::slab::Interner;
use crate::directory::{PortKeys, PortLine};
use crate::packet::Direction;
use crate::tables::{
    Guard, GuardDetail, GuardId, MOST_RECORDS, NamedPort, NamedPortRef, Range, Tables,
};

/// The guards of entries, interned by content: which ports they admit, and which atoms exclude.
#[derive(Clone, Debug, Default)]
pub(super) struct Guards {
    /// With the number of the detail in the tables, 0 for none.
    known: Interner<(PortSet, u32), u32>,
}

/// A set of ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PortSet {
    /// Sorted and disjoint.
    ranges: Vec<Range>,
    /// Sorted.
    named: Vec<NamedPortRef>,
}

impl Guards {
    /// The guard of a set of ports and a list of excluded atoms, used once more.
    pub(super) fn acquire(
        &mut self,
        ports: PortSet,
        excepts: u32,
        tables: &mut Tables,
    ) -> Result<GuardId, TooLarge> {
        if excepts == 0
            && let Some(guard) = ports.without_record()
        {
            return Ok(guard);
        }
        let key = (ports, excepts);
        if let Some(number) = self.known.find(&key) {
            self.known.hold(number);
            return Ok(GuardId(number));
        }
        let (ports, _) = &key;
        let long = Guard::needs_detail(ports.ranges.len());
        let detail = if long || !ports.named.is_empty() {
            let ranges = if long { ports.ranges.as_slice().into() } else { Arc::default() };
            let detail = GuardDetail { ranges, named: ports.named.as_slice().into() };
            tables.guard_details.insert(detail).ok_or(TooLarge)?
        } else {
            0
        };
        let guard = Guard::new(&ports.ranges, detail, excepts);
        let number = self.known.insert(key, detail);
        if number >= MOST_RECORDS {
            return Err(TooLarge);
        }
        tables.guards.set(number, guard);
        Ok(GuardId(number))
    }

    /// An entry is gone.
    pub(super) fn release(&mut self, guard: GuardId) {
        if guard != GuardId::NONE && guard.is_record() {
            self.known.release(guard.0);
        }
    }

    /// Forgets what no entry uses.
    pub(super) fn sweep(&mut self, tables: &mut Tables) {
        while let Some((number, _, detail)) = self.known.sweep() {
            tables.guards.set(number, Guard::default());
            if detail != 0 {
                tables.guard_details.remove(detail);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let owned = self.known.iter().map(|(_, (ports, _), _)| {
            ports.ranges.capacity() * size_of::<Range>()
                + ports.named.capacity() * size_of::<NamedPortRef>()
        });
        owned.sum::<usize>() + self.known.bytes()
    }
}

impl PortSet {
    /// The ports of a rule: everything when it names none. `own_ports` is what port names mean on
    /// the endpoint itself, where ingress rules look; egress rules leave the name to the destination.
    pub(super) fn of_rule(
        ports: Option<&[PortLine]>,
        direction: Direction,
        own_ports: &[NamedPort],
    ) -> PortSet {
        let mut set = PortSet::default();
        let Some(ports) = ports else {
            set.ranges.push(Range::EVERYTHING);
            return set;
        };
        for line in ports {
            match line.keys {
                PortKeys::Range(range) => set.ranges.push(range),
                PortKeys::Named(port) if direction == Direction::Egress => set.named.push(port),
                PortKeys::Named(port) => {
                    let meant = own_ports.iter().filter(|own| own.port == port);
                    set.ranges.extend(meant.map(|own| Range::new(own.key, own.key)));
                }
            }
        }
        set.normalize();
        set
    }

    /// Whether it has no port at all.
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.named.is_empty()
    }

    /// Whether it has every port of every protocol.
    pub(super) fn is_everything(&self) -> bool {
        self.ranges == [Range::EVERYTHING]
    }

    /// The guard, if it is one of those that need no record.
    fn without_record(&self) -> Option<GuardId> {
        match *self.ranges {
            _ if !self.named.is_empty() => None,
            [Range::EVERYTHING] => Some(GuardId::EVERYTHING),
            [range] if range.length == 0 => GuardId::one(range.first),
            _ => None,
        }
    }

    /// Adds the ports of another set; [`normalize`](Self::normalize) is to be called after it.
    pub(super) fn extend(&mut self, other: &PortSet) {
        self.ranges.extend_from_slice(&other.ranges);
        self.named.extend_from_slice(&other.named);
    }

    /// Sorts everything, and joins ranges that touch.
    pub(super) fn normalize(&mut self) {
        self.named.sort_unstable();
        self.named.dedup();
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, before| {
            let touch = next.first <= before.last().saturating_add(1);
            if touch {
                *before = Range::new(before.first, before.last().max(next.last()));
            }
            touch
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{PortSet, Range};

    #[test]
    fn ranges_join_where_they_overlap_and_touch() {
        let merged = |ranges: &[(u32, u32)]| {
            let ranges = ranges.iter().map(|(first, last)| Range::new(*first, *last)).collect();
            let mut set = PortSet { ranges, named: Vec::new() };
            set.normalize();
            set.ranges
        };
        let ranges = [(70, 90), (80, 80), (80, 80), (91, 95), (97, 97)];
        assert_eq!(merged(&ranges), [Range::new(70, 95), Range::new(97, 97)]);
        assert_eq!(merged(&[(1, 2), (0, u32::MAX)]), [Range::EVERYTHING]);
    }
}
