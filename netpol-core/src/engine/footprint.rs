//! What a snapshot takes, part by part and policy by policy.

use serde::Serialize;

use super::{Engine, PolicyId};
use crate::hash::Map;
use crate::packet::Direction;
use crate::tables::NamedPort;

/// How many bytes there are on the heap, part by part, each with its name.
///
/// Counted from the records and their capacities, without what the allocator adds. Snapshots share
/// what did not change between them, so those of several engines of a cluster do not add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MemoryUsage {
    /// What `decide` reads.
    pub hot: Vec<(&'static str, usize)>,
    /// What attribution and explanation read besides: policies and what their rules came to.
    pub provenance: Vec<(&'static str, usize)>,
    /// Who endpoints and addresses are; read for questions by name and packets that need it.
    pub names: Vec<(&'static str, usize)>,
    /// What the writer keeps to itself, to compile the next change; estimated, and only told by
    /// [`Cluster::memory_usage`](crate::Cluster::memory_usage).
    pub writer: Vec<(&'static str, usize)>,
}

impl MemoryUsage {
    /// All that `decide` reads, in bytes.
    #[must_use]
    pub fn hot_bytes(&self) -> usize {
        self.hot.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Everything, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let cold = [&self.provenance, &self.names, &self.writer];
        self.hot_bytes() + cold.iter().flat_map(|part| *part).map(|(_, bytes)| bytes).sum::<usize>()
    }
}

/// What one policy takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PolicyFootprint {
    /// The policy; [`Engine::policy_name`] names it.
    pub policy: PolicyId,
    /// How many combinations of policies it is part of, one for each set of policies that selects some
    /// pod, and direction.
    pub combinations: usize,
    /// How many entries of rule sets come from it: its pairs of rule and peer, once for each
    /// combination.
    pub entries: usize,
    /// Its share of the rule sets' memory and its own, in bytes.
    pub bytes: usize,
}

/// An entry of a rule set's record: an atom and a guard, and its part of the rest of the record.
const ENTRY: usize = 64 / 6;

impl Engine {
    /// How many bytes the engine takes. Walks through all of it.
    #[must_use]
    pub fn memory_usage(&self) -> MemoryUsage {
        let directory = &self.0.directory;
        let policies = directory.policies.iter().map(|(_, entry)| entry.bytes()).sum::<usize>();
        let lists = directory.policy_lists.iter().map(|(_, list)| list.bytes()).sum::<usize>();
        let ports = directory.port_lists.iter();
        let ports = ports.map(|(_, ports)| size_of_val::<[NamedPort]>(ports)).sum::<usize>();
        let endpoints = directory.endpoints.iter().map(|(_, e)| e.record.bytes()).sum::<usize>();
        MemoryUsage {
            hot: self.0.tables.memory().to_vec(),
            provenance: vec![
                ("policies", policies + directory.policies.bytes()),
                ("policy lists", lists + directory.policy_lists.bytes()),
                ("origins", directory.isolating.bytes() + directory.other_origins.bytes()),
                ("port lists", ports + directory.port_lists.bytes()),
            ],
            names: vec![
                ("endpoints", directory.endpoints.bytes() + endpoints),
                ("owners", directory.owners.bytes()),
                ("names", directory.names.bytes()),
                ("namespaces", directory.namespaces.bytes()),
                ("prefixes", directory.prefixes.bytes()),
                ("services", directory.services.bytes() + self.0.endpoints_by_namespace.bytes()),
            ],
            writer: Vec::new(),
        }
    }

    /// What each policy takes, the largest first. Walks through all policies and combinations.
    #[must_use]
    pub fn policy_footprints(&self) -> Vec<PolicyFootprint> {
        let directory = &self.0.directory;
        let mut footprints = directory
            .policies
            .iter()
            .map(|(number, entry)| {
                let policy = PolicyId(number);
                let bytes = entry.bytes();
                (number, PolicyFootprint { policy, combinations: 0, entries: 0, bytes })
            })
            .collect::<Map<_, _>>();
        let mut seen: Map<(u32, Direction), ()> = Map::default();
        for class in (0..).zip(directory.isolating.iter()).map(|(class, _)| class) {
            let origin = directory.class_origin(class);
            for direction in [Direction::Ingress, Direction::Egress] {
                for list in origin.lists(direction) {
                    if seen.insert((list, direction), ()).is_some() {
                        continue;
                    }
                    for number in directory.policy_list(list) {
                        let entries = directory.policies.get(number.0).map_or(0, |entry| {
                            let rules = entry.lines.of(direction).iter();
                            rules.map(|rule| rule.peers.as_ref().map_or(1, |p| p.len())).sum()
                        });
                        if let Some(footprint) = footprints.get_mut(&number.0) {
                            footprint.combinations += 1;
                            footprint.entries += entries;
                            footprint.bytes += entries * ENTRY;
                        }
                    }
                }
            }
        }
        let mut footprints = footprints.into_values().collect::<Vec<_>>();
        footprints.sort_by_key(|f| (std::cmp::Reverse(f.bytes), f.policy));
        footprints
    }
}
