use super::prefixes::Prefixes;
use super::terms::Terms;
use super::work::Work;
use crate::inventory::Inventory;
use crate::packet::Direction;
use crate::policy::Tier;

/// Where a peer or a port name stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speaker {
    /// The number of the policy's namespace.
    pub(super) own: u32,
    pub(super) tier: Tier,
    pub(super) direction: Direction,
}

/// What rules are compiled on: what they name is looked up in it, and leaves its traces there.
pub(super) struct Ground<'compiler> {
    pub(super) inventory: &'compiler mut Inventory,
    pub(super) prefixes: &'compiler mut Prefixes,
    pub(super) work: &'compiler mut Work,
}

impl Ground<'_> {
    /// A selector asks for facts about pods.
    pub(super) fn want(&mut self, terms: &Terms) {
        for fact in terms.facts() {
            if self.inventory.names.labels.want(fact) {
                self.work.facts.push(fact);
            }
        }
    }

    /// A selector asks no more for facts about pods.
    pub(super) fn unwant(&mut self, terms: &Terms) {
        for fact in terms.facts() {
            if self.inventory.names.labels.unwant(fact) {
                self.work.facts.push(fact);
            }
        }
    }
}
