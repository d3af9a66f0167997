//! What follows from a label class: the rule sets of the policies that select it, and the atoms that
//! it matches.

use super::TooLarge;
use super::label_classes::LabelClasses;
use super::peers::Peers;
use super::prefixes::AtomLists;
use super::rule_sets::{RuleSetCompiler, Sources};
use crate::directory::{ClassOrigin, Isolated, IsolatingLists, OrderedLists, OtherOrigin};
use crate::options::{BaselineScope, Options};
use crate::packet::Direction;
use crate::tables::{Atom, OrderedId, RuleSetId, RuleSetsOfTiers};

impl LabelClasses {
    /// Puts a label class together from what policies there are now. Says whether it changed.
    pub(super) fn refresh(
        &mut self,
        number: u32,
        peers: &Peers,
        rule_sets: &mut RuleSetCompiler,
        sources: &mut Sources<'_>,
        options: &Options,
    ) -> Result<bool, TooLarge> {
        let key = self.key(number);
        let (facts, namespace) = (&key.facts, key.namespace);
        let atoms = split(peers, &peers.scopes.atoms_of(namespace, facts, key.host_network));
        let selecting = sources.policies.selecting(namespace, facts);
        // Ordered tiers never select pods in the host network, whatever NetworkPolicies do.
        let (admin, mut baseline) = if key.host_network {
            (Vec::new(), Vec::new())
        } else {
            sources.policies.selecting_cluster_wide(namespace, facts)
        };
        if options.baseline == BaselineScope::Literal && !selecting.is_empty() {
            baseline.clear();
        }
        let ports = (key.ports, self.ports(number));
        let mut of = |direction| -> Result<_, TooLarge> {
            let before = rule_sets.acquire(direction, true, &admin, ports, sources)?;
            let isolating = rule_sets.acquire(direction, false, &selecting, ports, sources)?;
            let after = rule_sets.acquire(direction, true, &baseline, ports, sources)?;
            let sets = RuleSetsOfTiers::new(
                OrderedId(before.set),
                RuleSetId(isolating.set),
                OrderedId(after.set),
                Isolated::pods(isolating.first).otherwise(),
            );
            let ordered = OrderedLists { admin: before.list, baseline: after.list };
            Ok((sets, ordered, isolating.list))
        };
        let (ingress, ordered_ingress, isolating_ingress) = of(Direction::Ingress)?;
        let (egress, ordered_egress, isolating_egress) = of(Direction::Egress)?;
        let origin = ClassOrigin {
            isolating: IsolatingLists { ingress: isolating_ingress, egress: isolating_egress },
            others: OtherOrigin {
                ingress: ordered_ingress,
                egress: ordered_egress,
                ports: ports.0,
            },
        };
        let class = self.get_mut(number);
        // After the new lists are held, so that lists that are both old and new stay.
        release_lists(&class.origin, rule_sets);
        let changed = !class.is_ready
            || (class.ingress, class.egress, class.origin) != (ingress, egress, origin)
            || class.atoms != atoms;
        (class.atoms, class.ingress, class.egress) = (atoms, ingress, egress);
        (class.origin, class.is_ready) = (origin, true);
        Ok(changed)
    }
}

/// A label class is gone, or has other lists now.
pub(super) fn release_lists(origin: &ClassOrigin, rule_sets: &mut RuleSetCompiler) {
    for direction in [Direction::Ingress, Direction::Egress] {
        for list in origin.lists(direction) {
            rule_sets.release(list);
        }
    }
}

/// Sorts atoms by who speaks of them: a source is judged by ingress rules, a destination by egress
/// rules.
pub(super) fn split(peers: &Peers, atoms: &[Atom]) -> AtomLists {
    let used =
        |direction| atoms.iter().copied().filter(|atom| peers.is_used(*atom, direction)).collect();
    AtomLists { as_source: used(Direction::Ingress), as_destination: used(Direction::Egress) }
}
