use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::TooLarge;
use super::ground::{Ground, Speaker};
use super::label_classes::LabelClasses;
use super::peers::Peers;
use super::port_names::PortNames;
use super::slab::{Interner, Slab};
use super::terms::{TermIndex, Terms};
use crate::directory::{
    PeerLine, PolicyEntry, PolicyLines, PolicyNumber, PortKeys, PortLine, RuleLines,
};
use crate::hash::Map;
use crate::inventory::Fact;
use crate::model::Kind;
use crate::net::{PolicyPort, Ports};
use crate::options::Options;
use crate::packet::Direction;
use crate::policy::{Policy, Rule, Subject, Tier};
use crate::tables::{Atom, NamedPortRef, Range};

/// The policies in compiled parts, before they are put together for their subjects.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    list: Slab<Compiled>,
    by_name: Map<Name, PolicyNumber>,
    /// By namespace: which of its policies select a pod.
    subjects: Map<u32, TermIndex<PolicyNumber>>,
    /// Cluster-wide policies, in the order in which they are asked.
    in_order: Vec<PolicyNumber>,
    /// By namespace: the cluster-wide policies that select pods in it, in order.
    in_namespace: BTreeMap<u32, Vec<PolicyNumber>>,
    /// Sorted lists of excluded atoms, by their numbers.
    pub(super) excepts: Interner<Arc<[Atom]>>,
    pub(super) port_names: PortNames,
    /// Policies that nobody has any more; their numbers are others' after this publication.
    gone: Vec<PolicyNumber>,
    /// Those that came, and those that went.
    pub(super) changed: Vec<PolicyNumber>,
}

/// What a policy is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    /// In the namespace with this number.
    Namespaced(u32, Box<str>),
    /// Stands for an annotation of the namespace with this number.
    Annotation(u32),
    ClusterWide(Kind, Box<str>),
}

#[derive(Clone, Debug)]
struct Compiled {
    entry: Arc<PolicyEntry>,
    filed: Filed,
}

#[derive(Clone, Debug)]
enum Filed {
    Nowhere,
    Namespace { number: u32, item: u32 },
    Cluster(Box<ClusterSubject>),
}

/// The pods that a cluster-wide policy selects.
#[derive(Clone, Debug)]
struct ClusterSubject {
    namespaces: Terms,
    pods: Terms,
}

impl Policies {
    pub(super) fn new(options: &Options) -> Policies {
        Policies {
            list: Slab::default(),
            by_name: Map::default(),
            subjects: Map::default(),
            in_order: Vec::new(),
            in_namespace: BTreeMap::new(),
            excepts: Interner::default(),
            port_names: PortNames::new(options),
            gone: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Says what the policy of a name is now; `None` when there is none.
    pub(super) fn set(
        &mut self,
        name: Name,
        policy: Option<&Arc<Policy>>,
        peers: &mut Peers,
        label_classes: &LabelClasses,
        ground: &mut Ground<'_>,
    ) -> Result<(), TooLarge> {
        let before = self.by_name.get(&name).copied();
        let same = |number: &PolicyNumber| {
            policy.is_some_and(|policy| *self.list[number.0].entry.policy == **policy)
        };
        if before.as_ref().is_some_and(same) {
            return Ok(());
        }
        // The new one before the old one goes, so that what they have in common stays.
        if let Some(policy) = policy {
            let number = self.add(&name, policy, peers, ground)?;
            self.select(number, peers, label_classes, ground);
            self.by_name.insert(name, number);
        } else {
            self.by_name.remove(&name);
        }
        if let Some(number) = before {
            self.select(number, peers, label_classes, ground);
            self.remove(number, peers, ground);
        }
        Ok(())
    }

    /// Marks the label classes that a policy selects.
    fn select(
        &self,
        number: PolicyNumber,
        peers: &Peers,
        label_classes: &LabelClasses,
        ground: &mut Ground<'_>,
    ) {
        let work = &mut ground.work.label_classes;
        match &self.list[number.0].filed {
            Filed::Nowhere => {}
            Filed::Namespace { number, item } => {
                let terms = self.subjects.get(number).and_then(|subjects| subjects.terms(*item));
                if let Some(terms) = terms {
                    label_classes.of_namespace(*number, terms, work);
                }
            }
            Filed::Cluster(subject) => {
                let ClusterSubject { namespaces, pods } = &**subject;
                for namespace in label_classes.namespaces() {
                    if namespaces.hold_for(peers.scopes.facts(namespace)) {
                        label_classes.of_namespace(namespace, pods, work);
                    }
                }
            }
        }
    }

    fn add(
        &mut self,
        name: &Name,
        policy: &Arc<Policy>,
        peers: &mut Peers,
        ground: &mut Ground<'_>,
    ) -> Result<PolicyNumber, TooLarge> {
        // No rule of a cluster-wide policy speaks of the policy's own namespace.
        let own = match name {
            Name::Namespaced(number, _) | Name::Annotation(number) => *number,
            Name::ClusterWide(..) => u32::MAX,
        };
        let mut of = |direction| {
            let rules = (0..).zip(policy.rules(direction).unwrap_or_default());
            let by = Speaker { own, tier: policy.tier, direction };
            rules
                .map(|(index, rule)| self.rule(by, index, rule, peers, ground))
                .collect::<Result<Box<[_]>, _>>()
        };
        let lines =
            PolicyLines { ingress: of(Direction::Ingress)?, egress: of(Direction::Egress)? };
        let filed = match &policy.subject {
            Subject::Nobody => Filed::Nowhere,
            Subject::Pods(selector) => {
                let terms = Terms::of(selector, &mut ground.inventory.names.labels);
                Filed::Namespace { number: own, item: self.file(own, terms, ground) }
            }
            Subject::EveryPod => {
                let item = self.file(own, Terms::default(), ground);
                Filed::Namespace { number: own, item }
            }
            Subject::Cluster { namespaces, pods } => {
                let namespaces = peers.scopes.terms(namespaces);
                let pods = Terms::of(pods, &mut ground.inventory.names.labels);
                ground.want(&pods);
                Filed::Cluster(Box::new(ClusterSubject { namespaces, pods }))
            }
        };
        let entry = Arc::new(PolicyEntry::new(Arc::clone(policy), lines));
        let number = PolicyNumber(self.list.insert(Compiled { entry, filed }));
        if let Filed::Namespace { number: namespace, item } = self.list[number.0].filed {
            self.subjects.entry(namespace).or_default().set(item, number);
        }
        if let Filed::Cluster(_) = self.list[number.0].filed {
            let order = |number: &PolicyNumber| self.list[number.0].entry.policy.order();
            let place = self.in_order.partition_point(|other| order(other) < policy.order());
            self.in_order.insert(place, number);
            self.refill_namespaces(peers, number, true);
        }
        self.changed.push(number);
        Ok(number)
    }

    /// Files a subject of a namespace's policy under a number that the policy gets later.
    fn file(&mut self, own: u32, terms: Terms, ground: &mut Ground<'_>) -> u32 {
        ground.want(&terms);
        self.subjects.entry(own).or_default().insert(terms, PolicyNumber(0))
    }

    fn remove(&mut self, number: PolicyNumber, peers: &mut Peers, ground: &mut Ground<'_>) {
        let Compiled { entry, filed } = self.list[number.0].clone();
        for direction in [Direction::Ingress, Direction::Egress] {
            for rule in entry.lines.of(direction) {
                for line in rule.peers.iter().flatten() {
                    if line.excepts == 0 {
                        peers.release(line.atom, &[], direction);
                    } else {
                        let excepts = Arc::clone(self.excepts.key(line.excepts));
                        peers.release(line.atom, &excepts, direction);
                        self.excepts.release(line.excepts);
                    }
                }
                for line in rule.ports.iter().flatten() {
                    if let PortKeys::Named(port) = line.keys {
                        self.port_names.release(port.name, direction, ground);
                    }
                }
            }
        }
        match filed {
            Filed::Nowhere => {}
            Filed::Namespace { number, item } => {
                if let Some(subjects) = self.subjects.get_mut(&number) {
                    let terms = subjects.remove(item);
                    ground.unwant(&terms);
                    if subjects.is_empty() {
                        self.subjects.remove(&number);
                    }
                }
            }
            Filed::Cluster(subject) => {
                let ClusterSubject { namespaces, pods } = *subject;
                self.in_order.retain(|other| *other != number);
                self.refill_namespaces(peers, number, false);
                peers.scopes.release_terms(&namespaces);
                ground.unwant(&pods);
            }
        }
        self.changed.push(number);
        self.gone.push(number);
    }

    /// Adds a cluster-wide policy to the namespaces that it selects, or takes it out.
    fn refill_namespaces(&mut self, peers: &Peers, number: PolicyNumber, add: bool) {
        let Filed::Cluster(subject) = &self.list[number.0].filed else { return };
        let namespaces = &subject.namespaces;
        for (namespace, list) in &mut self.in_namespace {
            if !namespaces.hold_for(peers.scopes.facts(*namespace)) {
                continue;
            }
            if add {
                let order = |number: &PolicyNumber| self.list[number.0].entry.policy.order();
                let place = list.partition_point(|other| order(other) < order(&number));
                list.insert(place, number);
            } else {
                list.retain(|other| *other != number);
            }
        }
    }

    /// A namespace is new or has other labels. Says whether other cluster-wide policies select its
    /// pods.
    pub(super) fn set_namespace(&mut self, number: u32, facts: &[Fact]) -> bool {
        let selecting = self.in_order.iter().filter(|policy| match &self.list[policy.0].filed {
            Filed::Cluster(subject) => subject.namespaces.hold_for(facts),
            Filed::Nowhere | Filed::Namespace { .. } => false,
        });
        let selecting = selecting.copied().collect::<Vec<_>>();
        let before = self.in_namespace.insert(number, selecting);
        before.as_ref() != self.in_namespace.get(&number)
    }

    /// Forgets a namespace.
    pub(super) fn remove_namespace(&mut self, number: u32) {
        self.in_namespace.remove(&number);
    }

    fn rule(
        &mut self,
        by: Speaker,
        index: u32,
        rule: &Rule,
        peers: &mut Peers,
        ground: &mut Ground<'_>,
    ) -> Result<RuleLines, TooLarge> {
        let mut lines = Vec::with_capacity(rule.peers.len());
        for (index, peer) in (0..).zip(&rule.peers) {
            for atoms in peers.acquire(peer, by, ground)? {
                let excepts = self.except_list(atoms.excepts);
                lines.push(PeerLine { peer: index, atom: atoms.base, excepts });
            }
        }
        let ports = (0..).zip(&rule.ports).flat_map(|(index, ports)| {
            ports.iter().map(move |port| (index, port)).collect::<SmallVec<[_; 3]>>()
        });
        let ports = ports
            .map(|(index, port)| PortLine { port: index, keys: self.port_keys(port, by, ground) })
            .collect::<Box<[_]>>();
        Ok(RuleLines {
            rule: index,
            action: rule.action,
            understood: rule.understood,
            peers: (!rule.peers.is_empty()).then(|| lines.into_boxed_slice()),
            ports: (!rule.ports.is_empty()).then_some(ports),
        })
    }

    /// The number of a sorted list of atoms; 0 for the empty one.
    fn except_list(&mut self, excepts: Vec<Atom>) -> u32 {
        if excepts.is_empty() {
            return 0;
        }
        if let Some(number) = self.excepts.find(&*excepts) {
            self.excepts.hold(number);
            return number;
        }
        self.excepts.insert(excepts.into(), ())
    }

    fn port_keys(&mut self, port: &PolicyPort, by: Speaker, ground: &mut Ground<'_>) -> PortKeys {
        let key = |number: u16| u32::from(port.protocol.0) << 16 | u32::from(number);
        match &port.ports {
            Ports::All => PortKeys::Range(Range::new(key(0), key(u16::MAX))),
            Ports::Range(range) => {
                PortKeys::Range(Range::new(key(range.first()), key(range.last())))
            }
            Ports::Named(name) => PortKeys::Named(NamedPortRef {
                name: self.port_names.acquire(name, by, ground),
                protocol: port.protocol.0,
            }),
        }
    }

    /// The NetworkPolicies that select a pod with these facts, sorted by number.
    pub(super) fn selecting(&self, namespace: u32, facts: &[Fact]) -> Vec<PolicyNumber> {
        let mut selecting = Vec::new();
        if let Some(subjects) = self.subjects.get(&namespace) {
            subjects.find(facts, |policy| selecting.push(policy));
        }
        selecting.sort_unstable();
        selecting
    }

    /// The cluster-wide policies that select a pod with these facts, in the order in which they are
    /// asked: those of the tier before NetworkPolicies, and those of the tier after them.
    pub(super) fn selecting_cluster_wide(
        &self,
        namespace: u32,
        facts: &[Fact],
    ) -> (Vec<PolicyNumber>, Vec<PolicyNumber>) {
        let (mut admin, mut baseline) = (Vec::new(), Vec::new());
        for number in self.in_namespace.get(&namespace).into_iter().flatten() {
            let Compiled { entry, filed: Filed::Cluster(subject) } = &self.list[number.0] else {
                continue;
            };
            if subject.pods.hold_for(facts) {
                let list =
                    if entry.policy.tier == Tier::Admin { &mut admin } else { &mut baseline };
                list.push(*number);
            }
        }
        (admin, baseline)
    }

    /// Sorts NetworkPolicies of one namespace as they are named.
    pub(super) fn sort_by_name(&self, list: &mut [PolicyNumber]) {
        let key = |number: &PolicyNumber| {
            let policy = &self.get(*number).policy;
            // What stands for an annotation comes first.
            (policy.kind != Kind::Namespace, &policy.name)
        };
        list.sort_by(|a, b| key(a).cmp(&key(b)));
    }

    /// A policy that is there.
    pub(super) fn get(&self, number: PolicyNumber) -> &Arc<PolicyEntry> {
        &self.list[number.0].entry
    }

    /// A policy, if there is one with this number.
    pub(super) fn find(&self, number: PolicyNumber) -> Option<&Arc<PolicyEntry>> {
        if self.gone.contains(&number) {
            return None;
        }
        self.list.get(number.0).map(|compiled| &compiled.entry)
    }

    /// Gives the numbers of policies that are gone back.
    pub(super) fn sweep(&mut self) {
        for number in std::mem::take(&mut self.gone) {
            self.list.remove(number.0);
        }
    }

    /// How many policies there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let entries = self.list.iter().map(|(_, compiled)| compiled.entry.bytes()).sum::<usize>();
        entries
            + self.list.bytes()
            + self.by_name.capacity() * (size_of::<(Name, PolicyNumber)>() + 1)
            + self.subjects.values().map(TermIndex::bytes).sum::<usize>()
            + self.excepts.bytes()
    }
}
