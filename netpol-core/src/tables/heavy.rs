use super::atom_spans::AtomSpans;
use super::chains::HeavyForm;
use super::{Atom, GuardId, RuleSetEntry};

/// A rule set too long to scan: from each atom to its guards.
///
/// A packet costs as many probes as its peer's signature has atoms, however many entries there
/// are; and one look where none speaks of its port.
#[derive(Clone, Debug, Default)]
pub(super) struct HeavyRuleSet {
    /// The ports of all entries together.
    pub(super) ports: GuardId,
    spans: AtomSpans,
    guards: Box<[GuardId]>,
}

impl HeavyRuleSet {
    /// From entries sorted by atom, and the ports of all of them together.
    pub(super) fn new(entries: &[RuleSetEntry], ports: GuardId) -> HeavyRuleSet {
        let atoms = entries.iter().map(|entry| entry.atom).collect::<Vec<_>>();
        let guards = entries.iter().map(|entry| entry.guard).collect();
        HeavyRuleSet { ports, spans: AtomSpans::new(&atoms), guards }
    }

    /// The guards of the entries with this atom.
    pub(super) fn guards(&self, atom: Atom) -> &[GuardId] {
        self.guards.get(self.spans.of(atom)).unwrap_or(&[])
    }
}

impl HeavyForm for HeavyRuleSet {
    fn bytes(&self) -> usize {
        self.spans.bytes() + size_of_val::<[GuardId]>(&self.guards)
    }
}
