use super::ground::{Ground, Speaker};
use crate::hash::Map;
use crate::inventory::{Fact, Label};
use crate::options::{HostNetworkPods, Options};
use crate::packet::Direction;
use crate::policy::Tier;

/// The port names that rules use.
///
/// A name has a number for everybody and, where the ordered tiers do not see all pods that
/// NetworkPolicies see, another one for those tiers.
#[derive(Clone, Debug, Default)]
pub(super) struct PortNames {
    two_audiences: bool,
    /// How many lines of rules use a number, by direction.
    uses: Map<u32, Uses>,
}

#[derive(Clone, Debug)]
struct Uses {
    label: Label,
    lines: [u32; 2],
}

impl PortNames {
    pub(super) fn new(options: &Options) -> PortNames {
        let two_audiences = options.host_network_pods == HostNetworkPods::TreatAsPod;
        PortNames { two_audiences, ..PortNames::default() }
    }

    fn number(label: Label, of_ordered_tiers: bool) -> u32 {
        label.number() << 1 | u32::from(of_ordered_tiers)
    }

    /// The number of a name for a rule, which uses it.
    pub(super) fn acquire(&mut self, name: &str, by: Speaker, ground: &mut Ground<'_>) -> u32 {
        let ordered = self.two_audiences && matches!(by.tier, Tier::Admin | Tier::Baseline);
        let label = ground.inventory.names.ports.intern("", name);
        let number = PortNames::number(label, ordered);
        ground.inventory.names.ports.want(Fact::has(label));
        let uses = self.uses.entry(number).or_insert(Uses { label, lines: [0; 2] });
        let lines = &mut uses.lines[by.direction as usize];
        *lines += 1;
        if *lines == 1 {
            ground.work.port_names.push(Fact::has(label));
        }
        number
    }

    /// A rule does not use a number any more.
    pub(super) fn release(&mut self, number: u32, direction: Direction, ground: &mut Ground<'_>) {
        let Some(uses) = self.uses.get_mut(&number) else { return };
        let fact = Fact::has(uses.label);
        ground.inventory.names.ports.unwant(fact);
        let lines = &mut uses.lines[direction as usize];
        *lines -= 1;
        if *lines == 0 {
            ground.work.port_names.push(fact);
        }
        if uses.lines == [0; 2] {
            self.uses.remove(&number);
        }
    }

    /// The numbers of a name that rules use who see the pod.
    pub(super) fn of(&self, label: Label, host_network: bool) -> impl Iterator<Item = u32> {
        let ordered = PortNames::number(label, true);
        let everybody = PortNames::number(label, false);
        let seen = std::iter::once(everybody).chain((!host_network).then_some(ordered));
        seen.filter(|number| self.uses.contains_key(number))
    }

    /// Whether some egress rule uses the number.
    pub(super) fn is_used_by_egress(&self, number: u32) -> bool {
        let uses = self.uses.get(&number);
        uses.is_some_and(|uses| uses.lines[Direction::Egress as usize] > 0)
    }
}
