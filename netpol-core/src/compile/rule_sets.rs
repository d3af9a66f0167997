use std::sync::Arc;

use super::TooLarge;
use crate::directory::{PolicyLines, PolicyNumber, PortKeys, PortLine};
use crate::hash::Map;
use crate::packet::Direction;
use crate::policy::Action;
use crate::tables::{
    Atom, Guard, GuardDetail, GuardId, NamedPort, NamedPortRef, OrderedEntry, OrderedId,
    OrderedRuleSets, Outcome, Range, Records, RuleSetEntry, RuleSetId, RuleSets,
};

/// How many entries all ordered lists may have together, some gigabytes: they are kept for each
/// combination of policies that selects some pod, of which there can be more than memory for.
const MOST_ORDERED_ENTRIES: usize = 1 << 26;

/// Puts the rules of several policies together into one rule set, interned by content.
#[derive(Debug, Default)]
pub(super) struct RuleSetCompiler {
    pub(super) rule_sets: RuleSets,
    pub(super) ordered: OrderedRuleSets,
    pub(super) guards: Records<Guard>,
    pub(super) guard_details: Records<GuardDetail>,
    ordered_entries: usize,
    port_sets: PortSets,
    known_guards: Map<(u32, u32), GuardId>,
    known_rule_sets: Map<(GuardId, Box<[RuleSetEntry]>), RuleSetId>,
    known_ordered: Map<Box<[OrderedEntry]>, OrderedId>,
}

impl RuleSetCompiler {
    /// The rule set of the policies that isolate an endpoint in one direction.
    ///
    /// `own_ports` is what port names mean on the endpoint itself, where ingress rules look; egress
    /// rules leave the name to the destination.
    pub(super) fn rule_set(
        &mut self,
        policies: &[PolicyNumber],
        lines: &[PolicyLines],
        direction: Direction,
        own_ports: &[NamedPort],
    ) -> Result<RuleSetId, TooLarge> {
        let mut any = Vec::new();
        let mut entries: Vec<(Atom, u32, u32)> = Vec::new();
        let rules = policies.iter().filter_map(|policy| lines.get(policy.0 as usize));
        for rule in rules.flat_map(|lines| lines.of(direction)) {
            let ports = self.port_sets.of_rule(rule.ports.as_deref(), direction, own_ports)?;
            if ports == PortSets::NOTHING {
                continue;
            }
            match &rule.peers {
                None => any.push(ports),
                Some(peers) => {
                    entries.extend(peers.iter().map(|peer| (peer.atom, peer.excepts, ports)));
                }
            }
        }
        entries.sort_unstable();
        let mut merged = Vec::new();
        for same in entries.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some((atom, excepts, _)) = same.first() else { continue };
            let ports = self.port_sets.union(same.iter().map(|entry| entry.2).collect())?;
            merged.push(RuleSetEntry { atom: *atom, guard: self.guard(ports, *excepts)? });
        }
        let any = if any.is_empty() {
            GuardId::NONE
        } else {
            let ports = self.port_sets.union(any)?;
            self.guard(ports, 0)?
        };
        self.intern(any, merged.into_boxed_slice())
    }

    fn intern(
        &mut self,
        any: GuardId,
        entries: Box<[RuleSetEntry]>,
    ) -> Result<RuleSetId, TooLarge> {
        let key = (any, entries);
        if let Some(known) = self.known_rule_sets.get(&key) {
            return Ok(*known);
        }
        let number = self.rule_sets.push(any, &key.1).ok_or(TooLarge)?;
        self.known_rule_sets.insert(key, number);
        Ok(number)
    }

    /// The list of the policies of an ordered tier, in their order, of which the first match
    /// decides.
    pub(super) fn ordered(
        &mut self,
        policies: &[PolicyNumber],
        lines: &[PolicyLines],
        direction: Direction,
        own_ports: &[NamedPort],
    ) -> Result<OrderedId, TooLarge> {
        let mut entries = Vec::new();
        let rules = policies.iter().filter_map(|policy| lines.get(policy.0 as usize));
        for rule in rules.flat_map(|lines| lines.of(direction)) {
            let ports = self.port_sets.of_rule(rule.ports.as_deref(), direction, own_ports)?;
            if ports == PortSets::NOTHING {
                continue;
            }
            let outcome = match rule.action {
                Action::Accept => Outcome::Accept,
                Action::Deny => Outcome::Deny,
                Action::Pass => Outcome::Pass,
            };
            match &rule.peers {
                None => {
                    let guard = self.guard(ports, 0)?;
                    entries.push(OrderedEntry { atom: Atom::EVERYBODY, guard, outcome });
                    if ports == self.port_sets.everything {
                        // Nothing after it is ever asked.
                        break;
                    }
                }
                Some(peers) => {
                    for peer in peers {
                        let guard = self.guard(ports, peer.excepts)?;
                        entries.push(OrderedEntry { atom: peer.atom, guard, outcome });
                    }
                }
            }
        }
        if let Some(known) = self.known_ordered.get(&*entries) {
            return Ok(*known);
        }
        self.ordered_entries += entries.len();
        if self.ordered_entries > MOST_ORDERED_ENTRIES {
            return Err(TooLarge);
        }
        let number = self.ordered.push(&entries).ok_or(TooLarge)?;
        self.known_ordered.insert(entries.into_boxed_slice(), number);
        Ok(number)
    }

    fn guard(&mut self, ports: u32, excepts: u32) -> Result<GuardId, TooLarge> {
        if let Some(known) = self.known_guards.get(&(ports, excepts)) {
            return Ok(*known);
        }
        let set = self.port_sets.get(ports);
        let long = Guard::needs_detail(set.ranges.len());
        let detail = if long || !set.named.is_empty() {
            let ranges = if long { Arc::clone(&set.ranges) } else { Arc::default() };
            let detail = GuardDetail { ranges, named: Arc::clone(&set.named) };
            self.guard_details.push(detail).ok_or(TooLarge)?
        } else {
            0
        };
        let guard = Guard::new(&set.ranges, detail, excepts);
        let number = GuardId(self.guards.push(guard).ok_or(TooLarge)?);
        self.known_guards.insert((ports, excepts), number);
        Ok(number)
    }
}

/// Interned sets of ports.
#[derive(Debug)]
struct PortSets {
    sets: Vec<PortSet>,
    known: Map<PortSet, u32>,
    unions: Map<Vec<u32>, u32>,
    /// The set of every key.
    everything: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct PortSet {
    /// Sorted and disjoint.
    ranges: Arc<[Range]>,
    /// Sorted.
    named: Arc<[NamedPortRef]>,
}

impl Default for PortSets {
    fn default() -> PortSets {
        let nothing = PortSet::default();
        let everything = PortSet { ranges: Arc::new([Range::EVERYTHING]), named: Arc::default() };
        let sets = vec![nothing, everything];
        let known = sets.iter().cloned().zip(0..).collect();
        PortSets { sets, known, unions: Map::default(), everything: 1 }
    }
}

impl PortSets {
    /// The empty set.
    const NOTHING: u32 = 0;

    fn get(&self, number: u32) -> PortSet {
        self.sets.get(number as usize).cloned().unwrap_or_default()
    }

    /// The ports of a rule: everything when it names none.
    fn of_rule(
        &mut self,
        ports: Option<&[PortLine]>,
        direction: Direction,
        own_ports: &[NamedPort],
    ) -> Result<u32, TooLarge> {
        let Some(ports) = ports else { return self.intern(vec![Range::EVERYTHING], Vec::new()) };
        let (mut ranges, mut named) = (Vec::new(), Vec::new());
        for line in ports {
            match line.keys {
                PortKeys::Range(range) => ranges.push(range),
                PortKeys::Named(port) if direction == Direction::Egress => named.push(port),
                PortKeys::Named(port) => {
                    let meant = own_ports.iter().filter(|own| own.port == port);
                    ranges.extend(meant.map(|own| Range::new(own.key, own.key)));
                }
            }
        }
        self.intern(ranges, named)
    }

    /// The union of sets.
    fn union(&mut self, mut sets: Vec<u32>) -> Result<u32, TooLarge> {
        sets.sort_unstable();
        sets.dedup();
        if let [single] = *sets {
            return Ok(single);
        }
        if let Some(known) = self.unions.get(&sets) {
            return Ok(*known);
        }
        let (mut ranges, mut named) = (Vec::new(), Vec::new());
        for number in &sets {
            let set = self.get(*number);
            ranges.extend_from_slice(&set.ranges);
            named.extend_from_slice(&set.named);
        }
        let number = self.intern(ranges, named)?;
        self.unions.insert(sets, number);
        Ok(number)
    }

    fn intern(
        &mut self,
        ranges: Vec<Range>,
        mut named: Vec<NamedPortRef>,
    ) -> Result<u32, TooLarge> {
        named.sort_unstable();
        named.dedup();
        let set = PortSet { ranges: merge(ranges).into(), named: named.into() };
        if let Some(known) = self.known.get(&set) {
            return Ok(*known);
        }
        let number = u32::try_from(self.sets.len()).map_err(|_| TooLarge)?;
        self.sets.push(set.clone());
        self.known.insert(set, number);
        Ok(number)
    }
}

/// Sorts ranges and joins those that touch.
fn merge(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(before) if range.first <= before.last().saturating_add(1) => {
                *before = Range::new(before.first, before.last().max(range.last()));
            }
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::{Range, merge};

    #[test]
    fn merges_overlap_and_touch() {
        let ranges = [(70, 90), (80, 80), (80, 80), (91, 95), (97, 97)];
        let merged = merge(ranges.map(|(first, last)| Range::new(first, last)).to_vec());
        assert_eq!(merged, [Range::new(70, 95), Range::new(97, 97)]);
        assert_eq!(merge(vec![Range::new(1, 2), Range::EVERYTHING]), [Range::EVERYTHING]);
    }
}
