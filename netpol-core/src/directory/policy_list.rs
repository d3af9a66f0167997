use std::sync::Arc;

use super::{PolicyEntry, PolicyNumber, Shape};
use crate::packet::Direction;
use crate::tables::{Atom, AtomSpans};

/// Policies of one tier that select an endpoint and have something to say about a direction, in
/// the order in which their rules are told.
#[derive(Clone, Debug)]
pub(crate) struct PolicyList {
    pub(crate) policies: Arc<[PolicyNumber]>,
    /// Parallel to them: what spares a look at their rules.
    shapes: Box<[Shape]>,
    index: Option<Index>,
}

/// Longer lists are searched by atom.
const SCANNED: usize = 16;

/// Which policies of a long list speak of an atom, by their places in it.
#[derive(Clone, Debug)]
struct Index {
    spans: AtomSpans,
    places: Box<[u32]>,
    /// Those with a rule that speaks of everybody.
    everybody: Box<[u32]>,
}

impl PolicyList {
    /// A list in order, with what each policy says about the direction.
    pub(crate) fn new(
        policies: Arc<[PolicyNumber]>,
        direction: Direction,
        entry: impl Fn(PolicyNumber) -> Arc<PolicyEntry>,
    ) -> PolicyList {
        let index = (policies.len() > SCANNED).then(|| {
            let (mut pairs, mut everybody) = (Vec::new(), Vec::new());
            for (place, number) in (0..).zip(policies.iter()) {
                let entry = entry(*number);
                for rule in entry.lines.of(direction) {
                    match &rule.peers {
                        None => everybody.push(place),
                        Some(peers) => pairs.extend(peers.iter().map(|line| (line.atom, place))),
                    }
                }
            }
            pairs.sort_unstable();
            pairs.dedup();
            everybody.dedup();
            let (atoms, places): (Vec<Atom>, Vec<u32>) = pairs.into_iter().unzip();
            Index {
                spans: AtomSpans::new(&atoms),
                places: places.into(),
                everybody: everybody.into(),
            }
        });
        let shapes = policies.iter().map(|number| *entry(*number).shape(direction)).collect();
        PolicyList { policies, shapes, index }
    }

    /// Tries the policies that may have a rule for a peer with these atoms, whose bits are in `bloom`,
    /// until one gives an answer; the answer of the first in order.
    pub(crate) fn first<T>(
        &self,
        atoms: &[Atom],
        bloom: u64,
        mut attempt: impl FnMut(PolicyNumber) -> Option<T>,
    ) -> Option<T> {
        let Some(index) = &self.index else {
            // Most policies speak of somebody else, which their bit patterns tell.
            let may = |shape: &Shape| shape.everybody || shape.bloom & bloom != 0;
            let candidates = self.policies.iter().zip(&self.shapes).filter(|(_, s)| may(s));
            return candidates.map(|(number, _)| *number).find_map(attempt);
        };
        let mut first: Option<(u32, T)> = None;
        let lists = atoms.iter().map(|atom| index.places.get(index.spans.of(*atom)));
        for places in std::iter::once(Some(&*index.everybody)).chain(lists).flatten() {
            for place in places {
                if first.as_ref().is_some_and(|(found, _)| found <= place) {
                    break;
                }
                let number = self.policies.get(*place as usize);
                if let Some(answer) = number.and_then(|number| attempt(*number)) {
                    first = Some((*place, answer));
                    break;
                }
            }
        }
        first.map(|(_, answer)| answer)
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let index = self.index.as_ref().map_or(0, |index| {
            index.spans.bytes() + (index.places.len() + index.everybody.len()) * size_of::<u32>()
        });
        size_of::<PolicyList>()
            + size_of_val::<[PolicyNumber]>(&self.policies)
            + size_of_val::<[Shape]>(&self.shapes)
            + index
    }
}
