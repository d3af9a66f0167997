use std::sync::Arc;

use super::TooLarge;
use super::facts::TermIndex;
use super::peers::Peers;
use crate::diagnostic::{Diagnostic, Problem};
use crate::directory::{
    NamespaceEntry, PeerLine, PolicyLines, PolicyNumber, PortKeys, PortLine, RuleLines,
};
use crate::field::Path;
use crate::hash::{Map, Set};
use crate::inventory::Inventory;
use crate::model::{Kind, ObjectRef};
use crate::net::{PolicyPort, Ports};
use crate::options::{MissingNamespaces, Options};
use crate::packet::Direction;
use crate::policy::{Policy, Rule, Subject};
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
    /// Sorted by namespace and name; the index is the [`PolicyNumber`].
    pub(super) list: Vec<Arc<Policy>>,
    /// Parallel to `list`.
    pub(super) lines: Vec<PolicyLines>,
    /// By namespace number: which of its policies select a pod.
    pub(super) subjects: Vec<TermIndex<PolicyNumber>>,
    /// Sorted lists of excluded atoms, by their numbers.
    pub(super) excepts: Records<Arc<[Atom]>>,
    pub(super) port_names: PortNames,
}

/// The port names that rules use.
#[derive(Debug, Default)]
pub(super) struct PortNames {
    numbers: Map<String, u32>,
    /// Those that egress rules use, which therefore must be known of destinations.
    egress: Set<u32>,
}

impl PortNames {
    fn intern(&mut self, name: &str, direction: Direction) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry_ref(name).or_insert(next);
        if direction == Direction::Egress {
            self.egress.insert(number);
        }
        number
    }

    /// The number of a name, when some rule uses it.
    pub(super) fn get(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
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
) -> Result<Policies, TooLarge> {
    let mut policies = Policies {
        peers: Peers::new(),
        list: Vec::new(),
        lines: Vec::new(),
        subjects: Vec::with_capacity(namespaces.len()),
        excepts: Records::default(),
        port_names: PortNames::default(),
    };
    let mut known_excepts = Map::default();
    for (number, record) in (0..).zip(inventory.namespaces.values()) {
        let mut subjects = TermIndex::default();
        for policy in record.policies.values() {
            let policy_number = u32::try_from(policies.list.len()).map_err(|_| TooLarge)?;
            let terms = match &policy.subject {
                Subject::Pods(selector) => policies.peers.pod_facts.terms(selector),
                Subject::Unreadable => super::facts::Terms::default(),
            };
            subjects.insert(terms, PolicyNumber(policy_number));
            let mut of = |direction| {
                let rules = (0..).zip(policy.rules(direction).unwrap_or_default());
                rules
                    .map(|(index, rule)| {
                        policies.rule(number, direction, index, rule, &mut known_excepts)
                    })
                    .collect::<Result<_, _>>()
            };
            let lines =
                PolicyLines { ingress: of(Direction::Ingress)?, egress: of(Direction::Egress)? };
            policies.lines.push(lines);
            policies.list.push(Arc::clone(policy));
        }
        policies.subjects.push(subjects);
    }
    Ok(policies)
}

impl Policies {
    fn rule(
        &mut self,
        namespace: u32,
        direction: Direction,
        index: u32,
        rule: &Rule,
        known_excepts: &mut Map<Arc<[Atom]>, u32>,
    ) -> Result<RuleLines, TooLarge> {
        let mut peers = Vec::with_capacity(rule.peers.len());
        for (index, peer) in (0..).zip(&rule.peers) {
            let Some(atoms) = self.peers.atoms(peer, namespace, direction)? else { continue };
            let excepts = if atoms.excepts.is_empty() {
                0
            } else if let Some(number) = known_excepts.get(&*atoms.excepts) {
                *number
            } else {
                let list: Arc<[Atom]> = atoms.excepts.into();
                let number = self.excepts.push(Arc::clone(&list)).ok_or(TooLarge)?;
                known_excepts.insert(list, number);
                number
            };
            peers.push(PeerLine { peer: index, atom: atoms.base, excepts });
        }
        let ports = (0..).zip(&rule.ports).filter_map(|(index, port)| {
            let keys = self.port_keys(port.as_ref()?, direction);
            Some(PortLine { port: index, keys })
        });
        let ports = ports.collect::<Box<[_]>>();
        Ok(RuleLines {
            rule: index,
            peers: (!rule.peers.is_empty()).then(|| peers.into_boxed_slice()),
            ports: (!rule.ports.is_empty()).then_some(ports),
        })
    }

    fn port_keys(&mut self, port: &PolicyPort, direction: Direction) -> PortKeys {
        let key = |number: u16| u32::from(port.protocol.0) << 16 | u32::from(number);
        match &port.ports {
            Ports::All => PortKeys::Range(Range::new(key(0), key(u16::MAX))),
            Ports::Range(range) => {
                PortKeys::Range(Range::new(key(range.first()), key(range.last())))
            }
            Ports::Named(name) => PortKeys::Named(NamedPortRef {
                name: self.port_names.intern(name, direction),
                protocol: port.protocol.0,
            }),
        }
    }
}
