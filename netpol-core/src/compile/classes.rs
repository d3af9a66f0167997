use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::TooLarge;
use super::cluster_subjects::SubjectsInNamespace;
use super::facts::FactList;
use super::policies::Policies;
use super::prefixes::{Chain, Chains};
use super::rule_sets::RuleSetCompiler;
use crate::directory::{ClassOrigin, ListsOfTiers, NamespaceEntry, PolicyNumber};
use crate::hash::Map;
use crate::inventory::EndpointRecord;
use crate::options::{BaselineScope, Options};
use crate::packet::Direction;
use crate::policy::Tier;
use crate::tables::{
    Atom, Class, ClassId, NamedPort, NamedPortRef, OrderedId, Records, RuleSetId, RuleSetsOfTiers,
    Signature, SignatureDetail, SignatureId,
};

/// Makes classes, each kind once.
#[derive(Debug)]
pub(super) struct Classes<'options> {
    options: &'options Options,
    pub(super) policies: Policies,
    pub(super) chains: Chains,
    pub(super) namespaces: Vec<NamespaceEntry>,
    /// By namespace number: the scopes it lies in.
    scopes: Vec<Vec<usize>>,
    /// By namespace number: the cluster-wide policies that select pods in it.
    cluster_subjects: Vec<Arc<SubjectsInNamespace>>,
    pub(super) compiler: RuleSetCompiler,

    label_classes: Vec<LabelClass>,
    known_label_classes: Map<(u32, FactList, u32, bool), LabelClassId>,
    chain_atoms: Map<Chain, Arc<AtomLists>>,

    pub(super) records: Records<Class>,
    pub(super) origins: Records<ClassOrigin>,
    known_records: Map<(Class, ClassOrigin), u32>,
    known_classes: Map<(Option<LabelClassId>, Chain, bool), ClassId>,

    pub(super) signatures: Records<Signature>,
    pub(super) signature_details: Records<SignatureDetail>,
    known_signatures: Map<(Vec<Atom>, u32), SignatureId>,

    known_rule_sets: Map<(Direction, Vec<PolicyNumber>, u32), (RuleSetId, u32)>,
    known_ordered: Map<(Direction, Vec<PolicyNumber>, u32), (OrderedId, u32)>,
    pub(super) policy_lists: Records<Arc<[PolicyNumber]>>,
    known_policy_lists: Map<Arc<[PolicyNumber]>, u32>,
    pub(super) port_lists: Records<Arc<[NamedPort]>>,
    known_port_lists: Map<Arc<[NamedPort]>, u32>,
}

/// Number of a [`LabelClass`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LabelClassId(u32);

/// What endpoints have in common that are in one namespace and look alike to every selector.
#[derive(Debug)]
struct LabelClass {
    atoms: AtomLists,
    ingress: RuleSetsOfTiers,
    egress: RuleSetsOfTiers,
    origin: ClassOrigin,
}

/// Sorted atoms: those that ingress rules speak of, and those that egress rules do.
#[derive(Clone, Debug, Default)]
struct AtomLists {
    as_source: Vec<Atom>,
    as_destination: Vec<Atom>,
}

impl Classes<'_> {
    pub(super) fn new(
        policies: Policies,
        chains: Chains,
        namespaces: Vec<NamespaceEntry>,
        options: &Options,
    ) -> Classes<'_> {
        let scopes = (0..)
            .zip(&namespaces)
            .map(|(number, entry)| policies.peers.scopes_of(number, &entry.labels))
            .collect();
        let facts = namespaces.iter().map(|entry| policies.peers.namespace_facts.of(&entry.labels));
        let cluster_subjects = policies.cluster_subjects.by_namespace(facts);
        Classes {
            options,
            policies,
            chains,
            namespaces,
            scopes,
            cluster_subjects,
            compiler: RuleSetCompiler::default(),
            label_classes: Vec::new(),
            known_label_classes: Map::default(),
            chain_atoms: Map::default(),
            records: Records::default(),
            origins: Records::default(),
            known_records: std::iter::once(((Class::default(), ClassOrigin::default()), 0))
                .collect(),
            known_classes: Map::default(),
            signatures: Records::default(),
            signature_details: Records::default(),
            known_signatures: std::iter::once(((Vec::new(), 0), SignatureId::default())).collect(),
            known_rule_sets: Map::default(),
            known_ordered: Map::default(),
            policy_lists: Records::default(),
            known_policy_lists: std::iter::once((Arc::default(), 0)).collect(),
            port_lists: Records::default(),
            known_port_lists: std::iter::once((Arc::default(), 0)).collect(),
        }
    }

    /// The label class of an endpoint that policies see as a pod.
    pub(super) fn label_class(
        &mut self,
        namespace: u32,
        record: &EndpointRecord,
    ) -> Result<LabelClassId, TooLarge> {
        let facts = self.policies.peers.facts_of(&record.labels);
        let ports = self.port_list(record)?;
        let key = (namespace, facts, ports, record.host_network);
        if let Some(known) = self.known_label_classes.get(&key) {
            return Ok(*known);
        }
        let class = self.new_label_class(namespace, &key.1, ports, record.host_network)?;
        let id = LabelClassId(u32::try_from(self.label_classes.len()).map_err(|_| TooLarge)?);
        self.label_classes.push(class);
        self.known_label_classes.insert(key, id);
        Ok(id)
    }

    fn new_label_class(
        &mut self,
        namespace: u32,
        facts: &FactList,
        ports: u32,
        host_network: bool,
    ) -> Result<LabelClass, TooLarge> {
        let no_scopes = Vec::new();
        let scopes = self.scopes.get(namespace as usize).unwrap_or(&no_scopes);
        let atoms = self.split(self.policies.peers.atoms_of(scopes, facts, host_network));
        let mut selecting = Vec::new();
        if let Some(subjects) = self.policies.subjects.get(namespace as usize) {
            subjects.find(facts, |policy| selecting.push(policy));
        }
        selecting.sort_unstable();
        // Ordered tiers never select pods in the host network, whatever NetworkPolicies do.
        let subjects = self.cluster_subjects.get(namespace as usize).filter(|_| !host_network);
        let ordered = subjects.map_or_else(Vec::new, |subjects| subjects.selecting(facts));
        let is_admin = |number: &PolicyNumber| {
            let policy = self.policies.list.get(number.0 as usize);
            policy.is_some_and(|policy| policy.tier == Tier::Admin)
        };
        let (before, mut after) = ordered.split_at(ordered.partition_point(is_admin));
        if self.options.baseline == BaselineScope::Literal && !selecting.is_empty() {
            after = &[];
        }
        let mut of = |direction| -> Result<_, TooLarge> {
            let (isolating, network_policy) = self.rule_set(direction, &selecting, ports)?;
            let (before, admin) = self.ordered(direction, before, ports)?;
            let (after, baseline) = self.ordered(direction, after, ports)?;
            let sets = RuleSetsOfTiers { before, isolating, after };
            Ok((sets, ListsOfTiers { admin, network_policy, baseline }))
        };
        let (ingress, ingress_origin) = of(Direction::Ingress)?;
        let (egress, egress_origin) = of(Direction::Egress)?;
        let origin = ClassOrigin { ingress: ingress_origin, egress: egress_origin, ports };
        Ok(LabelClass { atoms, ingress, egress, origin })
    }

    /// Those of some policies that have something to say about a direction.
    fn with_rules(&self, direction: Direction, policies: &[PolicyNumber]) -> Vec<PolicyNumber> {
        let list = &self.policies.list;
        let has_rules = |number: &PolicyNumber| {
            list.get(number.0 as usize).is_some_and(|policy| policy.rules(direction).is_some())
        };
        policies.iter().copied().filter(has_rules).collect()
    }

    /// As [`rule_set`](Self::rule_set), for the policies of an ordered tier.
    fn ordered(
        &mut self,
        direction: Direction,
        selecting: &[PolicyNumber],
        ports: u32,
    ) -> Result<(OrderedId, u32), TooLarge> {
        let policies = self.with_rules(direction, selecting);
        if policies.is_empty() {
            return Ok((OrderedId::EMPTY, 0));
        }
        let key = (direction, policies, ports);
        if let Some(known) = self.known_ordered.get(&key) {
            return Ok(*known);
        }
        let own_ports = Arc::clone(self.port_lists.at(ports));
        let list = self.compiler.ordered(&key.1, &self.policies.lines, direction, &own_ports)?;
        let origin = intern(&mut self.policy_lists, &mut self.known_policy_lists, &key.1)?;
        self.known_ordered.insert(key, (list, origin));
        Ok((list, origin))
    }

    /// The rule set for one direction of an endpoint that these policies select, and the number of
    /// the list of those among them that isolate.
    fn rule_set(
        &mut self,
        direction: Direction,
        selecting: &[PolicyNumber],
        ports: u32,
    ) -> Result<(RuleSetId, u32), TooLarge> {
        let isolating = self.with_rules(direction, selecting);
        if isolating.is_empty() {
            return Ok((RuleSetId::NOT_ISOLATED, 0));
        }
        let key = (direction, isolating, ports);
        if let Some(known) = self.known_rule_sets.get(&key) {
            return Ok(*known);
        }
        let own_ports = Arc::clone(self.port_lists.at(ports));
        let rule_set =
            self.compiler.rule_set(&key.1, &self.policies.lines, direction, &own_ports)?;
        let origin = intern(&mut self.policy_lists, &mut self.known_policy_lists, &key.1)?;
        self.known_rule_sets.insert(key, (rule_set, origin));
        Ok((rule_set, origin))
    }

    /// What the port names that rules use mean on an endpoint.
    fn port_list(&mut self, record: &EndpointRecord) -> Result<u32, TooLarge> {
        let names = &self.policies.port_names;
        let mut ports = record
            .named_ports
            .iter()
            .flat_map(|port| {
                let protocol = port.protocol.0;
                let key = u32::from(protocol) << 16 | u32::from(port.number);
                let names = names.get(&port.name, record.host_network);
                names.map(move |name| NamedPort { port: NamedPortRef { name, protocol }, key })
            })
            .collect::<SmallVec<[_; 8]>>();
        if ports.is_empty() {
            return Ok(0);
        }
        ports.sort_unstable();
        intern(&mut self.port_lists, &mut self.known_port_lists, &ports)
    }

    /// The class of an endpoint by name: at one of its addresses, or without any.
    pub(super) fn of_endpoint(
        &mut self,
        label_class: Option<LabelClassId>,
        address: Option<IpAddr>,
        flagged: bool,
    ) -> Result<ClassId, TooLarge> {
        let chain = address.map_or(Chain::WithoutAddress, |address| self.chains.of(address));
        self.class(label_class, chain, flagged)
    }

    /// The class with these labels and this chain.
    pub(super) fn class(
        &mut self,
        label_class: Option<LabelClassId>,
        chain: Chain,
        flagged: bool,
    ) -> Result<ClassId, TooLarge> {
        let key = (label_class, chain, flagged);
        if let Some(known) = self.known_classes.get(&key) {
            return Ok(*known);
        }
        let chain_atoms = self.chain_atoms(chain);
        let labels =
            label_class.and_then(|LabelClassId(number)| self.label_classes.get(number as usize));
        let merge = |of_chain: &[Atom], of_labels: &[Atom]| {
            let for_pods = |atom: &&Atom| self.policies.peers.is_for_pods(**atom);
            let mut atoms =
                of_chain.iter().filter(for_pods).chain(of_labels).copied().collect::<Vec<_>>();
            atoms.sort_unstable();
            atoms
        };
        let (as_source, as_destination, ingress, egress, origin) = match labels {
            Some(labels) => (
                merge(&chain_atoms.as_source, &labels.atoms.as_source),
                merge(&chain_atoms.as_destination, &labels.atoms.as_destination),
                labels.ingress,
                labels.egress,
                labels.origin,
            ),
            None => {
                let AtomLists { as_source, as_destination } = (*chain_atoms).clone();
                let open = RuleSetsOfTiers::default();
                (as_source, as_destination, open, open, ClassOrigin::default())
            }
        };
        let record = Class {
            ingress,
            egress,
            as_source: self.signature(as_source, 0)?,
            as_destination: self.signature(as_destination, origin.ports)?,
        };
        let content = (record, origin);
        let number = if let Some(known) = self.known_records.get(&content) {
            *known
        } else {
            let number = self.records.push(record).filter(|number| *number < ClassId::LIMIT);
            let number = number.ok_or(TooLarge)?;
            self.origins.push(origin).ok_or(TooLarge)?;
            self.known_records.insert(content, number);
            number
        };
        let class = ClassId::new(number, flagged, record.is_ordered());
        self.known_classes.insert(key, class);
        Ok(class)
    }

    fn chain_atoms(&mut self, chain: Chain) -> Arc<AtomLists> {
        if let Some(known) = self.chain_atoms.get(&chain) {
            return Arc::clone(known);
        }
        let mut atoms = self.chains.atoms(chain);
        atoms.sort_unstable();
        // Two names, or two lines of a node, may give one address.
        atoms.dedup();
        let atoms = Arc::new(self.split(atoms));
        self.chain_atoms.insert(chain, Arc::clone(&atoms));
        atoms
    }

    fn split(&self, atoms: Vec<Atom>) -> AtomLists {
        let used = |direction| {
            let peers = &self.policies.peers;
            atoms.iter().copied().filter(|atom| peers.is_used(*atom, direction)).collect()
        };
        // A source is judged by ingress rules, a destination by egress rules.
        AtomLists { as_source: used(Direction::Ingress), as_destination: used(Direction::Egress) }
    }

    fn signature(&mut self, atoms: Vec<Atom>, ports: u32) -> Result<SignatureId, TooLarge> {
        let names = &self.policies.port_names;
        let named = self
            .port_lists
            .at(ports)
            .iter()
            .filter(|port| names.is_used_by_egress(port.port.name))
            .copied()
            .collect::<Arc<[_]>>();
        let ports = if named.is_empty() { 0 } else { ports };
        let key = (atoms, ports);
        if let Some(known) = self.known_signatures.get(&key) {
            return Ok(*known);
        }
        let long = Signature::needs_detail(key.0.len());
        let detail = if long || !named.is_empty() {
            let atoms = if long { key.0.as_slice().into() } else { Arc::default() };
            let detail = SignatureDetail { atoms, named_ports: named };
            self.signature_details.push(detail).ok_or(TooLarge)?
        } else {
            0
        };
        let signature = Signature::new(&key.0, detail);
        let number = SignatureId(self.signatures.push(signature).ok_or(TooLarge)?);
        self.known_signatures.insert(key, number);
        Ok(number)
    }
}

/// The number of a list, which is added when it is new.
fn intern<T: std::hash::Hash + Eq + Clone>(
    lists: &mut Records<Arc<[T]>>,
    known: &mut Map<Arc<[T]>, u32>,
    list: &[T],
) -> Result<u32, TooLarge> {
    if let Some(number) = known.get(list) {
        return Ok(*number);
    }
    let list: Arc<[T]> = list.into();
    let number = lists.push(Arc::clone(&list)).ok_or(TooLarge)?;
    known.insert(list, number);
    Ok(number)
}
