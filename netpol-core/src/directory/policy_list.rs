use std::sync::Arc;

use super::{PolicyEntry, PolicyNumber, PortKeys, PortLine, RuleLines};
use crate::packet::Direction;
use crate::tables::{Atom, AtomSpans, Range};

/// Policies of one tier that select an endpoint and have something to say about a direction, in
/// the order in which their rules are told. Others who have the list share what it holds.
#[derive(Clone, Debug)]
pub(crate) struct PolicyList {
    pub(crate) policies: Arc<[PolicyNumber]>,
    pub(crate) form: Form,
}

/// How the rule that matches is found in a list.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// Few rules that add up lie side by side, so that no policy has to be looked at.
    Laid(Arc<[Line]>),
    /// Many are found by the atoms of the peer.
    Indexed(Arc<Index>),
    /// Where order counts, the tables tell which entry of theirs decides: what each came from.
    Ordered(Arc<[RulePart]>),
}

/// How many lines are laid side by side: two kilobytes, of which most calls read a part.
const LAID: usize = 64;

/// Names a peer of a rule, or the rule when it speaks of everybody, and the port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RulePart {
    pub(crate) policy: PolicyNumber,
    /// The rule's index in its list.
    pub(crate) rule: u32,
    peer: u32,
    port: u32,
}

/// Stands for an index where there is no list.
const NO_LIST: u32 = u32::MAX;

/// Stands for the index of a port where the rule has to be asked.
const ASK: u32 = u32::MAX - 1;

/// Stands for it where there is no rule of the object, but what fails closed in place of one.
const NOT_UNDERSTOOD: u32 = u32::MAX - 2;

/// Which port of its rule a [`RulePart`] means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartPort {
    /// This one, or every port when the rule has no list.
    Known(Option<u32>),
    /// The first of several that means the packet, or one with a name.
    AskRule,
}

impl RulePart {
    /// The parts of a rule, one for each of its peers, in order.
    pub(crate) fn of_rule(
        policy: PolicyNumber,
        lines: &RuleLines,
    ) -> impl Iterator<Item = RulePart> {
        let port = match lines.ports.as_deref() {
            _ if !lines.understood => NOT_UNDERSTOOD,
            None => NO_LIST,
            Some([PortLine { port, keys: PortKeys::Range(_) }]) => *port,
            Some(_) => ASK,
        };
        let rule = lines.rule;
        let part = move |peer| RulePart { policy, rule, peer, port };
        let everybody = lines.peers.is_none().then(|| part(NO_LIST));
        everybody.into_iter().chain(lines.peers.iter().flatten().map(move |line| part(line.peer)))
    }

    /// The index of the peer in its list; `None` when the rule speaks of everybody.
    pub(crate) const fn peer(&self) -> Option<u32> {
        if self.peer == NO_LIST { None } else { Some(self.peer) }
    }

    /// The port.
    pub(crate) const fn port(&self) -> PartPort {
        match self.port {
            ASK => PartPort::AskRule,
            NO_LIST | NOT_UNDERSTOOD => PartPort::Known(None),
            port => PartPort::Known(Some(port)),
        }
    }

    /// Whether it is of a rule of the object, and not of what fails closed in place of one.
    pub(crate) const fn is_understood(&self) -> bool {
        self.port != NOT_UNDERSTOOD
    }
}

/// A part of a rule, and what it is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// What an endpoint must match; [`Atom::EVERYBODY`] when anybody does.
    pub(crate) atom: Atom,
    /// Number of the list of atoms it must not match, 0 for none.
    pub(crate) excepts: u32,
    /// The packets that the rule's ports mean; every one where the rule has to be asked.
    pub(crate) keys: Range,
    pub(crate) part: RulePart,
}

impl Line {
    /// The lines of a rule, in order.
    fn of_rule(policy: PolicyNumber, rules: &RuleLines) -> impl Iterator<Item = Line> {
        let keys = match rules.ports.as_deref() {
            Some([PortLine { keys: PortKeys::Range(keys), .. }]) => *keys,
            _ => Range::EVERYTHING,
        };
        let everybody = rules.peers.is_none().then_some((Atom::EVERYBODY, 0));
        let peers = rules.peers.iter().flatten().map(|line| (line.atom, line.excepts));
        everybody
            .into_iter()
            .chain(peers)
            .zip(RulePart::of_rule(policy, rules))
            .map(move |((atom, excepts), part)| Line { atom, excepts, keys, part })
    }
}

/// Which policies of a long list speak of an atom, by their places in it.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    spans: AtomSpans,
    places: Box<[u32]>,
    /// Those with a rule that speaks of everybody.
    everybody: Box<[u32]>,
}

impl PolicyList {
    /// A list of which every rule adds something, in the order in which they are told, with what each
    /// policy says about the direction.
    pub(crate) fn additive(
        policies: Arc<[PolicyNumber]>,
        direction: Direction,
        entry: impl Fn(PolicyNumber) -> Arc<PolicyEntry>,
    ) -> PolicyList {
        let entries = policies.iter().map(|number| (*number, entry(*number))).collect::<Vec<_>>();
        let rules = || {
            (0_u32..).zip(&entries).flat_map(|(place, (number, entry))| {
                entry.lines.of(direction).iter().map(move |rule| (place, *number, rule))
            })
        };
        let count = rules().map(|(_, _, rule)| rule.peers.as_ref().map_or(1, |peers| peers.len()));
        let form = if count.sum::<usize>() <= LAID {
            let lines = rules().flat_map(|(_, number, rule)| Line::of_rule(number, rule));
            Form::Laid(lines.collect())
        } else {
            Form::Indexed(Arc::new(Index::new(rules().map(|(place, _, rule)| (place, rule)))))
        };
        PolicyList { policies, form }
    }

    /// A list of which the first rule that matches decides; `parts` are parallel to the entries of its
    /// ordered rule set.
    pub(crate) fn ordered(policies: Arc<[PolicyNumber]>, parts: &[RulePart]) -> PolicyList {
        PolicyList { policies, form: Form::Ordered(parts.into()) }
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let form = match &self.form {
            Form::Laid(lines) => size_of_val::<[Line]>(lines),
            Form::Indexed(index) => index.bytes(),
            Form::Ordered(parts) => size_of_val::<[RulePart]>(parts),
        };
        size_of_val::<[PolicyNumber]>(&self.policies) + form
    }
}

impl Index {
    fn new<'rules>(rules: impl Iterator<Item = (u32, &'rules RuleLines)>) -> Index {
        let (mut pairs, mut everybody) = (Vec::new(), Vec::new());
        for (place, rule) in rules {
            match &rule.peers {
                None => everybody.push(place),
                Some(peers) => pairs.extend(peers.iter().map(|line| (line.atom, place))),
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        everybody.dedup();
        let (atoms, places): (Vec<Atom>, Vec<u32>) = pairs.into_iter().unzip();
        Index { spans: AtomSpans::new(&atoms), places: places.into(), everybody: everybody.into() }
    }

    /// Tries the policies, by their places, that may have a rule for a peer with these atoms until
    /// one gives an answer; the answer of the first in order.
    pub(crate) fn first<T>(
        &self,
        atoms: &[Atom],
        mut attempt: impl FnMut(usize) -> Option<T>,
    ) -> Option<T> {
        let mut first: Option<(u32, T)> = None;
        let lists = atoms.iter().map(|atom| self.places.get(self.spans.of(*atom)));
        for places in std::iter::once(Some(&*self.everybody)).chain(lists).flatten() {
            for place in places {
                if first.as_ref().is_some_and(|(found, _)| found <= place) {
                    break;
                }
                if let Some(answer) = attempt(*place as usize) {
                    first = Some((*place, answer));
                    break;
                }
            }
        }
        first.map(|(_, answer)| answer)
    }

    fn bytes(&self) -> usize {
        let places = self.places.len() + self.everybody.len();
        size_of::<Index>() + self.spans.bytes() + places * size_of::<u32>()
    }
}
