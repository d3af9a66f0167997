use std::sync::Arc;

use super::TooLarge;
use super::guards::{Guards, PortSet};
use super::policies::Policies;
use super::slab::Interner;
use crate::directory::{Directory, PolicyList, PolicyNumber, RulePart};
use crate::packet::Direction;
use crate::policy::Action;
use crate::tables::{
    Atom, GuardId, NamedPort, OrderedEntry, OrderedId, Outcome, RuleSetEntry, RuleSetId, RuleSets,
    Tables,
};

/// How many entries all ordered lists may have together, some gigabytes: they are kept for each
/// combination of policies that selects some pod, of which there can be more than memory for.
const MOST_ORDERED_ENTRIES: usize = 1 << 26;

/// Puts the rules of several policies together into one rule set, interned twice: by the policies,
/// and by content.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleSetCompiler {
    pub(super) guards: Guards,
    lists: Interner<ListKey, Content>,
    additive: Interner<RuleSetContent, RuleSetId>,
    ordered: Interner<Box<[OrderedEntry]>, OrderedId>,
    ordered_entries: usize,
}

/// The policies of one tier that select an endpoint and have something to say about a direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ListKey {
    direction: Direction,
    /// Whether their order counts, and they are in it; otherwise they are sorted by number.
    ordered: bool,
    policies: Box<[PolicyNumber]>,
    /// What port names mean on the endpoint, where rules ask for that.
    ports: u32,
}

/// What a rule set of NetworkPolicies is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RuleSetContent {
    /// What passes from and to everybody.
    any: GuardId,
    /// Where there are many entries, the ports of all together.
    ports: GuardId,
    entries: Box<[RuleSetEntry]>,
}

/// A list's rule set: the number in the tables, and where it is interned here; 0 for the list
/// without entries.
#[derive(Clone, Copy, Debug)]
struct Content {
    number: u32,
    interned: u32,
}

/// What rule sets are made from.
pub(super) struct Sources<'compiler> {
    pub(super) policies: &'compiler Policies,
    pub(super) tables: &'compiler mut Tables,
    pub(super) directory: &'compiler mut Directory,
}

/// The list of policies and its rule set for an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// Number of the list, 0 for the empty one; used once more.
    pub(super) list: u32,
    /// Number of the rule set or ordered list.
    pub(super) set: u32,
    /// The first policy of the list.
    pub(super) first: Option<PolicyNumber>,
}

impl RuleSetCompiler {
    /// What policies of one tier come to for one direction of an endpoint that they select.
    ///
    /// `own_ports` is what port names mean on the endpoint, by its number.
    pub(super) fn acquire(
        &mut self,
        direction: Direction,
        ordered: bool,
        selecting: &[PolicyNumber],
        own_ports: (u32, &[NamedPort]),
        sources: &mut Sources<'_>,
    ) -> Result<Listed, TooLarge> {
        let mut names = false;
        let with_rules = selecting.iter().copied().filter(|number| {
            let entry = sources.policies.get(*number);
            let has_rules = entry.policy.rules(direction).is_some();
            names |= has_rules && entry.names_ports(direction);
            has_rules
        });
        let policies = with_rules.collect::<Box<[_]>>();
        if policies.is_empty() {
            return Ok(Listed::default());
        }
        let ports = if names && direction == Direction::Ingress { own_ports.0 } else { 0 };
        let key = ListKey { direction, ordered, policies, ports };
        if let Some(list) = self.lists.find(&key) {
            self.lists.hold(list);
            let first = sources.directory.policy_list(list).first().copied();
            return Ok(Listed { list, set: self.lists.value(list).number, first });
        }
        let mut in_order: Arc<[PolicyNumber]> = key.policies.as_ref().into();
        let (content, policies) = if ordered {
            let (content, parts) = self.ordered_list(&key, own_ports.1, sources)?;
            (content, PolicyList::ordered(in_order, &parts))
        } else {
            let content = self.rule_set(&key, own_ports.1, sources)?;
            let policies = sources.policies;
            if let Some(in_order) = Arc::get_mut(&mut in_order) {
                policies.sort_by_name(in_order);
            }
            let entry = |number| Arc::clone(policies.get(number));
            (content, PolicyList::additive(in_order, direction, entry))
        };
        let list = self.lists.insert(key, content);
        let first = policies.policies.first().copied();
        sources.directory.policy_lists.set(list, Some(policies));
        Ok(Listed { list, set: content.number, first })
    }

    /// An endpoint's kind does not need a list any more.
    pub(super) fn release(&mut self, list: u32) {
        if list != 0 {
            self.lists.release(list);
        }
    }

    fn rule_set(
        &mut self,
        key: &ListKey,
        own_ports: &[NamedPort],
        sources: &mut Sources<'_>,
    ) -> Result<Content, TooLarge> {
        let mut any = PortSet::default();
        let mut sets: Vec<PortSet> = Vec::new();
        let mut entries: Vec<(Atom, u32, u32)> = Vec::new();
        let rules = key.policies.iter().map(|number| sources.policies.get(*number));
        for rule in rules.flat_map(|entry| entry.lines.of(key.direction)) {
            let ports = PortSet::of_rule(rule.ports.as_deref(), key.direction, own_ports);
            if ports.is_empty() {
                continue;
            }
            match &rule.peers {
                None => any.extend(&ports),
                Some(peers) => {
                    let number = u32::try_from(sets.len()).map_err(|_| TooLarge)?;
                    entries.extend(peers.iter().map(|peer| (peer.atom, peer.excepts, number)));
                    sets.push(ports);
                }
            }
        }
        entries.sort_unstable();
        let tables = &mut *sources.tables;
        let mut merged = Vec::with_capacity(entries.len());
        for same in entries.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some(((atom, excepts, first), others)) = same.split_first() else { continue };
            let mut ports = sets[*first as usize].clone();
            for (_, _, other) in others {
                ports.extend(&sets[*other as usize]);
            }
            if !others.is_empty() {
                ports.normalize();
            }
            let guard = self.guards.acquire(ports, *excepts, tables)?;
            merged.push(RuleSetEntry { atom: *atom, guard });
        }
        let any = if any.is_empty() {
            GuardId::NONE
        } else {
            any.normalize();
            self.guards.acquire(any, 0, tables)?
        };
        let ports = if RuleSets::is_heavy(merged.len()) {
            let mut ports = PortSet::default();
            sets.iter().for_each(|set| ports.extend(set));
            ports.normalize();
            self.guards.acquire(ports, 0, tables)?
        } else {
            GuardId::NONE
        };
        let content = RuleSetContent { any, ports, entries: merged.into_boxed_slice() };
        if let Some(interned) = self.additive.find(&content) {
            // Those who have it use the guards already.
            self.release_guards(&content);
            self.additive.hold(interned);
            return Ok(Content { number: self.additive.value(interned).0, interned });
        }
        let set = tables.rule_sets.insert(any, ports, &content.entries).ok_or(TooLarge)?;
        let interned = self.additive.insert(content, set);
        Ok(Content { number: set.0, interned })
    }

    fn release_guards(&mut self, content: &RuleSetContent) {
        let entries = content.entries.iter().map(|entry| entry.guard);
        for guard in entries.chain([content.any, content.ports]) {
            self.guards.release(guard);
        }
    }

    /// The list of the policies of an ordered tier, in their order, of which the first match
    /// decides; and what each of its entries came from.
    fn ordered_list(
        &mut self,
        key: &ListKey,
        own_ports: &[NamedPort],
        sources: &mut Sources<'_>,
    ) -> Result<(Content, Vec<RulePart>), TooLarge> {
        let (mut entries, mut parts) = (Vec::new(), Vec::new());
        let rules = key.policies.iter().flat_map(|number| {
            let rules = sources.policies.get(*number).lines.of(key.direction);
            rules.iter().map(move |rule| (*number, rule))
        });
        for (policy, rule) in rules {
            let ports = PortSet::of_rule(rule.ports.as_deref(), key.direction, own_ports);
            if ports.is_empty() {
                continue;
            }
            parts.extend(RulePart::of_rule(policy, rule));
            let outcome = match rule.action {
                Action::Accept => Outcome::Accept,
                Action::Deny => Outcome::Deny,
                Action::Pass => Outcome::Pass,
            };
            match &rule.peers {
                None => {
                    let last = ports.is_everything();
                    let guard = self.guards.acquire(ports, 0, sources.tables)?;
                    entries.push(OrderedEntry { atom: Atom::EVERYBODY, guard, outcome });
                    if last {
                        // Nothing after it is ever asked.
                        break;
                    }
                }
                Some(peers) => {
                    for peer in peers {
                        let guard =
                            self.guards.acquire(ports.clone(), peer.excepts, sources.tables)?;
                        entries.push(OrderedEntry { atom: peer.atom, guard, outcome });
                    }
                }
            }
        }
        if entries.is_empty() {
            return Ok((Content { number: OrderedId::EMPTY.0, interned: 0 }, parts));
        }
        let entries = entries.into_boxed_slice();
        if let Some(interned) = self.ordered.find(&entries) {
            for entry in &entries {
                self.guards.release(entry.guard);
            }
            self.ordered.hold(interned);
            return Ok((Content { number: self.ordered.value(interned).0, interned }, parts));
        }
        self.ordered_entries += entries.len();
        if self.ordered_entries > MOST_ORDERED_ENTRIES {
            return Err(TooLarge);
        }
        let number = sources.tables.ordered.insert(&entries).ok_or(TooLarge)?;
        let interned = self.ordered.insert(entries, number);
        Ok((Content { number: number.0, interned }, parts))
    }

    /// Forgets what nobody uses.
    pub(super) fn sweep(&mut self, tables: &mut Tables, directory: &mut Directory) {
        while let Some((list, key, content)) = self.lists.sweep() {
            directory.policy_lists.set(list, None);
            match (key.ordered, content.interned) {
                (_, 0) => {}
                (true, interned) => self.ordered.release(interned),
                (false, interned) => self.additive.release(interned),
            }
        }
        while let Some((_, content, set)) = self.additive.sweep() {
            tables.rule_sets.remove(set);
            self.release_guards(&content);
        }
        while let Some((_, entries, list)) = self.ordered.sweep() {
            tables.ordered.remove(list);
            self.ordered_entries -= entries.len();
            for entry in &entries {
                self.guards.release(entry.guard);
            }
        }
        self.guards.sweep(tables);
    }

    /// How many lists of policies there are, and how many rule sets and ordered lists.
    pub(super) fn len(&self) -> (usize, usize, usize) {
        (self.lists.len(), self.additive.len(), self.ordered.len())
    }

    pub(super) fn bytes(&self) -> usize {
        let lists = self.lists.iter().map(|(_, key, _)| size_of_val::<[_]>(&key.policies));
        let additive = self.additive.iter().map(|(_, key, _)| size_of_val::<[_]>(&key.entries));
        let ordered = self.ordered.iter().map(|(_, entries, _)| size_of_val::<[_]>(entries));
        lists.sum::<usize>()
            + additive.sum::<usize>()
            + ordered.sum::<usize>()
            + self.lists.bytes()
            + self.additive.bytes()
            + self.ordered.bytes()
            + self.guards.bytes()
    }
}
