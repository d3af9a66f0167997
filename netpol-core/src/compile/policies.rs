use std::sync::Arc;

use smallvec::SmallVec;

use super::TooLarge;
use super::cluster_subjects::ClusterSubjects;
use super::facts::{TermIndex, Terms};
use super::peers::{Peers, Speaker};
use crate::diagnostic::{Diagnostic, Problem};
use crate::directory::{
    NamespaceEntry, PeerLine, PolicyLines, PolicyNumber, PortKeys, PortLine, RuleLines,
};
use crate::field::Path;
use crate::hash::{Map, Set};
use crate::inventory::{Inventory, NamespaceRecord};
use crate::model::{Kind, ObjectRef};
use crate::net::{PolicyPort, Ports};
use crate::options::{
    EqualPriorities, HostNetworkPods, MissingNamespaces, NetworkPolicySemantics, Options,
};
use crate::packet::Direction;
use crate::policy::{Policy, Rule, Subject, Tier, isolated_namespace};
use crate::tables::{Atom, NamedPortRef, Range, Records};

/// Set by the API server on every namespace (KEP-2161).
const METADATA_NAME: &str = "kubernetes.io/metadata.name";

/// All namespaces, sorted by name, with the labels that selectors see, and a warning for each that
/// was never loaded.
pub(super) fn namespaces(
    inventory: &Inventory,
    options: &Options,
) -> Result<(Vec<NamespaceEntry>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut warnings = Vec::new();
    let mut refusals = Vec::new();
    let mut entries = Vec::with_capacity(inventory.namespaces.len());
    for (name, record) in &inventory.namespaces {
        let mut labels = record.labels.clone().unwrap_or_default();
        let missing = record.labels.is_none();
        let inject = if missing {
            let (list, severity): (_, fn(Problem) -> Diagnostic) = match options.missing_namespaces
            {
                MissingNamespaces::Error => (&mut refusals, Diagnostic::error),
                _ => (&mut warnings, Diagnostic::warning),
            };
            list.push(severity(missing_namespace(options)).about(ObjectRef {
                kind: Kind::Namespace,
                namespace: String::new(),
                name: name.to_string(),
            }));
            options.missing_namespaces == MissingNamespaces::MetadataNameOnly
        } else {
            options.inject_metadata_name
        };
        if inject && labels.get(METADATA_NAME).map(String::as_str) != Some(name) {
            Arc::make_mut(&mut labels).insert(METADATA_NAME.to_owned(), name.to_string());
        }
        entries.push(NamespaceEntry { name: name.clone(), labels });
    }
    if refusals.is_empty() { Ok((entries, warnings)) } else { Err(refusals) }
}

fn missing_namespace(options: &Options) -> Problem {
    let seen_as = match options.missing_namespaces {
        MissingNamespaces::MetadataNameOnly => {
            "; it is taken to have no label but kubernetes.io/metadata.name"
        }
        MissingNamespaces::Empty => "; it is taken to have no labels",
        MissingNamespaces::Error => "",
    };
    Problem::Note {
        code: "missing-namespace",
        path: Path::root(),
        message: format!(
            "objects are in this namespace, but the namespace was never loaded{seen_as}"
        ),
    }
}

/// The policies in compiled parts, before they are put together for their subjects.
#[derive(Debug)]
pub(super) struct Policies {
    pub(super) peers: Peers,
    /// By [`PolicyNumber`].
    pub(super) list: Vec<Arc<Policy>>,
    /// Parallel to `list`.
    pub(super) lines: Vec<PolicyLines>,
    /// By namespace number: which of its policies select a pod.
    pub(super) subjects: Vec<TermIndex<PolicyNumber>>,
    /// Which cluster-wide policies select a pod.
    pub(super) cluster_subjects: ClusterSubjects,
    /// Sorted lists of excluded atoms, by their numbers.
    pub(super) excepts: Records<Arc<[Atom]>>,
    known_excepts: Map<Arc<[Atom]>, u32>,
    pub(super) port_names: PortNames,
}

/// The port names that rules use.
#[derive(Debug, Default)]
pub(super) struct PortNames {
    numbers: Map<String, u32>,
    /// Those of the ordered tiers, where those do not see all pods that NetworkPolicies see.
    of_ordered_tiers: Map<String, u32>,
    two_audiences: bool,
    count: u32,
    /// Those that egress rules use, which therefore must be known of destinations.
    egress: Set<u32>,
}

impl PortNames {
    fn new(options: &Options) -> PortNames {
        let two_audiences = options.host_network_pods == HostNetworkPods::TreatAsPod;
        PortNames { two_audiences, ..PortNames::default() }
    }

    fn intern(&mut self, name: &str, direction: Direction, tier: Tier) -> u32 {
        let numbers = match tier {
            Tier::Admin | Tier::Baseline if self.two_audiences => &mut self.of_ordered_tiers,
            _ => &mut self.numbers,
        };
        let number = *numbers.entry_ref(name).or_insert(self.count);
        self.count += u32::from(number == self.count);
        if direction == Direction::Egress {
            self.egress.insert(number);
        }
        number
    }

    /// The numbers of a name that rules use who see the pod.
    pub(super) fn get(&self, name: &str, host_network: bool) -> impl Iterator<Item = u32> {
        let ordered = self.of_ordered_tiers.get(name).filter(|_| !host_network);
        self.numbers.get(name).into_iter().chain(ordered).copied()
    }

    /// Whether some egress rule uses the name.
    pub(super) fn is_used_by_egress(&self, number: u32) -> bool {
        self.egress.contains(&number)
    }
}

/// Compiles every policy of the inventory.
pub(super) fn compile(
    inventory: &Inventory,
    namespaces: &[NamespaceEntry],
    options: &Options,
) -> Result<Policies, TooLarge> {
    let mut policies = Policies {
        peers: Peers::new(options),
        list: Vec::new(),
        lines: Vec::new(),
        subjects: Vec::with_capacity(namespaces.len()),
        cluster_subjects: ClusterSubjects::default(),
        excepts: Records::default(),
        known_excepts: Map::default(),
        port_names: PortNames::new(options),
    };
    for (number, (name, record)) in (0..).zip(&inventory.namespaces) {
        let mut subjects = TermIndex::default();
        for policy in of_namespace(name, record, options) {
            let policy_number = policies.add(&policy, number)?;
            let terms = match &policy.subject {
                Subject::Pods(selector) => policies.peers.pod_facts.terms(selector),
                Subject::EveryPod => Terms::default(),
                Subject::Cluster { .. } | Subject::Nobody => continue,
            };
            subjects.insert(terms, policy_number);
        }
        policies.subjects.push(subjects);
    }
    for policy in in_order(inventory) {
        // No rule of theirs speaks of the policy's own namespace.
        let policy_number = policies.add(policy, u32::MAX)?;
        if let Subject::Cluster { namespaces, pods } = &policy.subject {
            let namespaces = policies.peers.namespace_facts.terms(namespaces);
            let pods = policies.peers.pod_facts.terms(pods);
            policies.cluster_subjects.insert(namespaces, pods, policy_number);
        }
    }
    Ok(policies)
}

/// The NetworkPolicies that count in a namespace.
fn of_namespace(
    name: &str,
    record: &NamespaceRecord,
    options: &Options,
) -> impl Iterator<Item = Arc<Policy>> {
    let (annotation, count) = match options.network_policies {
        NetworkPolicySemantics::V1 => (None, true),
        // The annotation isolates; where it does not, policies have nothing to open.
        NetworkPolicySemantics::Legacy => {
            let annotation = record.isolated.then(|| Arc::new(isolated_namespace(name.into())));
            (annotation, record.isolated)
        }
    };
    annotation.into_iter().chain(record.policies.values().filter(move |_| count).cloned())
}

/// The cluster-wide policies in the order in which they are asked.
fn in_order(inventory: &Inventory) -> Vec<&Arc<Policy>> {
    let mut policies = inventory.cluster_policies.values().collect::<Vec<_>>();
    policies.sort_by(|a, b| a.order().cmp(&b.order()));
    policies
}

/// What there is to say about policies of one tier with the same priority, whose order the API
/// leaves open: a warning for each but the first, or refusals.
pub(super) fn equal_priorities(
    inventory: &Inventory,
    options: &Options,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let mut policies = in_order(inventory);
    policies.retain(|policy| policy.priority.is_some() && policy.subject != Subject::Nobody);
    let mut diagnostics = Vec::new();
    for equal in policies.chunk_by(|a, b| (a.tier, a.priority) == (b.tier, b.priority)) {
        let Some((first, others)) = equal.split_first() else { continue };
        diagnostics.extend(others.iter().map(|policy| {
            let problem = Problem::Note {
                code: "equal-priority",
                path: Path::new("spec").child("priority"),
                message: format!(
                    "{} {} has the same priority in the same tier, and the API leaves open which \
                     is asked first; here they are asked in the order of their names",
                    first.kind, first.name
                ),
            };
            let diagnostic = match options.equal_priorities {
                EqualPriorities::ByName => Diagnostic::warning(problem),
                EqualPriorities::Error => Diagnostic::error(problem),
            };
            diagnostic.about(ObjectRef {
                kind: policy.kind,
                namespace: String::new(),
                name: policy.name.to_string(),
            })
        }));
    }
    match options.equal_priorities {
        EqualPriorities::Error if !diagnostics.is_empty() => Err(diagnostics),
        _ => Ok(diagnostics),
    }
}

impl Policies {
    /// Adds a policy of the namespace with this number.
    fn add(&mut self, policy: &Arc<Policy>, namespace: u32) -> Result<PolicyNumber, TooLarge> {
        let number = u32::try_from(self.list.len()).map_err(|_| TooLarge)?;
        let mut of = |direction| {
            let rules = (0..).zip(policy.rules(direction).unwrap_or_default());
            rules
                .map(|(index, rule)| self.rule(policy, namespace, direction, index, rule))
                .collect::<Result<_, _>>()
        };
        let lines =
            PolicyLines { ingress: of(Direction::Ingress)?, egress: of(Direction::Egress)? };
        self.lines.push(lines);
        self.list.push(Arc::clone(policy));
        Ok(PolicyNumber(number))
    }

    fn rule(
        &mut self,
        policy: &Policy,
        namespace: u32,
        direction: Direction,
        index: u32,
        rule: &Rule,
    ) -> Result<RuleLines, TooLarge> {
        let by = Speaker { own: namespace, tier: policy.tier, direction };
        let mut peers = Vec::with_capacity(rule.peers.len());
        for (index, peer) in (0..).zip(&rule.peers) {
            for atoms in self.peers.atoms(peer, by)? {
                let excepts = self.except_list(atoms.excepts)?;
                peers.push(PeerLine { peer: index, atom: atoms.base, excepts });
            }
        }
        let ports = (0..).zip(&rule.ports).flat_map(|(index, ports)| {
            ports.iter().map(move |port| (index, port)).collect::<SmallVec<[_; 3]>>()
        });
        let ports = ports
            .map(|(index, port)| PortLine { port: index, keys: self.port_keys(port, by) })
            .collect::<Box<[_]>>();
        Ok(RuleLines {
            rule: index,
            action: rule.action,
            understood: rule.understood,
            peers: (!rule.peers.is_empty()).then(|| peers.into_boxed_slice()),
            ports: (!rule.ports.is_empty()).then_some(ports),
        })
    }

    /// The number of a sorted list of atoms; 0 for the empty one.
    fn except_list(&mut self, excepts: Vec<Atom>) -> Result<u32, TooLarge> {
        if excepts.is_empty() {
            return Ok(0);
        }
        if let Some(number) = self.known_excepts.get(&*excepts) {
            return Ok(*number);
        }
        let list: Arc<[Atom]> = excepts.into();
        let number = self.excepts.push(Arc::clone(&list)).ok_or(TooLarge)?;
        self.known_excepts.insert(list, number);
        Ok(number)
    }

    fn port_keys(&mut self, port: &PolicyPort, by: Speaker) -> PortKeys {
        let key = |number: u16| u32::from(port.protocol.0) << 16 | u32::from(number);
        match &port.ports {
            Ports::All => PortKeys::Range(Range::new(key(0), key(u16::MAX))),
            Ports::Range(range) => {
                PortKeys::Range(Range::new(key(range.first()), key(range.last())))
            }
            Ports::Named(name) => PortKeys::Named(NamedPortRef {
                name: self.port_names.intern(name, by.direction, by.tier),
                protocol: port.protocol.0,
            }),
        }
    }
}
