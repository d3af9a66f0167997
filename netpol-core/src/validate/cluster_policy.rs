//! The cluster-wide policies of both versions, as one: what validation sees of them.

use crate::field::Path;
use crate::model::{
    AdminNetworkPolicy, AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule,
    AdminNetworkPolicyPort, BaselineAdminNetworkPolicy, ClusterNetworkPolicy,
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyEgressRule,
    ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyIngressRule, ClusterNetworkPolicyProtocol,
    ClusterNetworkPolicySubject, LabelSelector, NamespacedPod, Object,
};

/// What the kinds disagree about.
#[derive(Debug)]
pub(super) struct Api {
    /// How many rules there may be for a direction, and peers and ports in a rule.
    pub(super) limit: usize,
    /// What a rule may do; the first lets traffic in.
    pub(super) actions: &'static [&'static str],
    /// Whether a selector of pods needs one of namespaces beside it.
    pub(super) namespace_selector_required: bool,
    /// Whether a destination may be given by domain names.
    pub(super) domain_names: bool,
}

static CLUSTER: Api = Api {
    limit: 25,
    actions: &["Accept", "Deny", "Pass"],
    namespace_selector_required: false,
    domain_names: true,
};

static ADMIN: Api = Api {
    limit: 100,
    actions: &["Allow", "Deny", "Pass"],
    namespace_selector_required: true,
    domain_names: true,
};

static BASELINE_ADMIN: Api = Api {
    limit: 100,
    actions: &["Allow", "Deny"],
    namespace_selector_required: true,
    domain_names: false,
};

/// A cluster-wide policy.
#[derive(Debug)]
pub(super) struct ClusterPolicy<'o> {
    pub(super) api: &'static Api,
    /// `None` where the kind says it.
    pub(super) tier: Option<&'o str>,
    /// `None` where the kind has none.
    pub(super) priority: Option<Option<i32>>,
    pub(super) subject: Option<&'o ClusterNetworkPolicySubject>,
    pub(super) ingress: Vec<Rule<'o>>,
    pub(super) egress: Vec<Rule<'o>>,
}

/// One of its rules.
#[derive(Debug)]
pub(super) struct Rule<'o> {
    pub(super) name: &'o str,
    pub(super) action: &'o str,
    pub(super) peers: Peers<'o>,
    pub(super) ports: Ports<'o>,
}

/// Whom a rule is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Peers<'o> {
    From(&'o [ClusterNetworkPolicyIngressPeer]),
    To(&'o [ClusterNetworkPolicyEgressPeer]),
}

/// Which protocols and ports it is about; `None` for all.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ports<'o> {
    Protocols(Option<&'o [ClusterNetworkPolicyProtocol]>),
    Ports(Option<&'o [AdminNetworkPolicyPort]>),
}

impl<'o> ClusterPolicy<'o> {
    /// The policy that `object` is; `None` for all other kinds.
    pub(super) fn of(object: &'o Object) -> Option<ClusterPolicy<'o>> {
        match object {
            Object::ClusterNetworkPolicy(policy) => Some(policy.into()),
            Object::AdminNetworkPolicy(policy) => Some(policy.into()),
            Object::BaselineAdminNetworkPolicy(policy) => Some(policy.into()),
            _ => None,
        }
    }

    /// Every selector in it, with its path in the object.
    pub(super) fn selectors(&self) -> Vec<(Path, &'o LabelSelector)> {
        let spec = Path::new("spec");
        let mut found = Selectors(Vec::new());
        if let Some(ClusterNetworkPolicySubject { namespaces, pods }) = self.subject {
            found.of_pods(namespaces.as_ref(), pods.as_ref(), &spec.child("subject"));
        }
        for (direction, rules) in self.directions() {
            for (index, rule) in rules.iter().enumerate() {
                let path = spec.child(direction).index(index).child(rule.peers.field());
                match rule.peers {
                    Peers::From(peers) => {
                        for (index, peer) in peers.iter().enumerate() {
                            let path = path.index(index);
                            found.of_pods(peer.namespaces.as_ref(), peer.pods.as_ref(), &path);
                        }
                    }
                    Peers::To(peers) => {
                        for (index, peer) in peers.iter().enumerate() {
                            let path = path.index(index);
                            found.of_pods(peer.namespaces.as_ref(), peer.pods.as_ref(), &path);
                            found.add(peer.nodes.as_ref(), &path.child("nodes"));
                        }
                    }
                }
            }
        }
        found.0
    }

    /// The names of the two lists of rules, and the rules.
    pub(super) fn directions(&self) -> [(&'static str, &[Rule<'o>]); 2] {
        [("ingress", &self.ingress), ("egress", &self.egress)]
    }
}

struct Selectors<'o>(Vec<(Path, &'o LabelSelector)>);

impl<'o> Selectors<'o> {
    fn add(&mut self, selector: Option<&'o LabelSelector>, path: &Path) {
        self.0.extend(selector.map(|selector| (path.clone(), selector)));
    }

    fn of_pods(
        &mut self,
        namespaces: Option<&'o LabelSelector>,
        pods: Option<&'o NamespacedPod>,
        path: &Path,
    ) {
        self.add(namespaces, &path.child("namespaces"));
        if let Some(pods) = pods {
            let path = path.child("pods");
            self.add(pods.namespace_selector.as_ref(), &path.child("namespaceSelector"));
            self.add(pods.pod_selector.as_ref(), &path.child("podSelector"));
        }
    }
}

impl Peers<'_> {
    /// The field that has them.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Peers::From(_) => "from",
            Peers::To(_) => "to",
        }
    }
}

impl Ports<'_> {
    /// The field that has them.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Ports::Protocols(_) => "protocols",
            Ports::Ports(_) => "ports",
        }
    }

    /// Whether one of them is a port by name.
    pub(super) fn has_named(self) -> bool {
        match self {
            Ports::Protocols(list) => list
                .unwrap_or_default()
                .iter()
                .any(|protocol| protocol.destination_named_port.is_some()),
            Ports::Ports(list) => {
                list.unwrap_or_default().iter().any(|port| port.named_port.is_some())
            }
        }
    }
}

impl<'o> From<&'o ClusterNetworkPolicy> for ClusterPolicy<'o> {
    fn from(policy: &'o ClusterNetworkPolicy) -> ClusterPolicy<'o> {
        let spec = &policy.spec;
        ClusterPolicy {
            api: &CLUSTER,
            tier: Some(&spec.tier),
            priority: Some(spec.priority),
            subject: spec.subject.as_ref(),
            ingress: spec.ingress.iter().map(Rule::from).collect(),
            egress: spec.egress.iter().map(Rule::from).collect(),
        }
    }
}

impl<'o> From<&'o AdminNetworkPolicy> for ClusterPolicy<'o> {
    fn from(policy: &'o AdminNetworkPolicy) -> ClusterPolicy<'o> {
        let spec = &policy.spec;
        ClusterPolicy {
            api: &ADMIN,
            tier: None,
            priority: Some(spec.priority),
            subject: spec.subject.as_ref(),
            ingress: spec.ingress.iter().map(Rule::from).collect(),
            egress: spec.egress.iter().map(Rule::from).collect(),
        }
    }
}

impl<'o> From<&'o BaselineAdminNetworkPolicy> for ClusterPolicy<'o> {
    fn from(policy: &'o BaselineAdminNetworkPolicy) -> ClusterPolicy<'o> {
        let spec = &policy.spec;
        ClusterPolicy {
            api: &BASELINE_ADMIN,
            tier: None,
            priority: None,
            subject: spec.subject.as_ref(),
            ingress: spec.ingress.iter().map(Rule::from).collect(),
            egress: spec.egress.iter().map(Rule::from).collect(),
        }
    }
}

impl<'o> From<&'o ClusterNetworkPolicyIngressRule> for Rule<'o> {
    fn from(rule: &'o ClusterNetworkPolicyIngressRule) -> Rule<'o> {
        Rule {
            name: &rule.name,
            action: &rule.action,
            peers: Peers::From(&rule.from),
            ports: Ports::Protocols(rule.protocols.as_deref()),
        }
    }
}

impl<'o> From<&'o ClusterNetworkPolicyEgressRule> for Rule<'o> {
    fn from(rule: &'o ClusterNetworkPolicyEgressRule) -> Rule<'o> {
        Rule {
            name: &rule.name,
            action: &rule.action,
            peers: Peers::To(&rule.to),
            ports: Ports::Protocols(rule.protocols.as_deref()),
        }
    }
}

impl<'o> From<&'o AdminNetworkPolicyIngressRule> for Rule<'o> {
    fn from(rule: &'o AdminNetworkPolicyIngressRule) -> Rule<'o> {
        Rule {
            name: &rule.name,
            action: &rule.action,
            peers: Peers::From(&rule.from),
            ports: Ports::Ports(rule.ports.as_deref()),
        }
    }
}

impl<'o> From<&'o AdminNetworkPolicyEgressRule> for Rule<'o> {
    fn from(rule: &'o AdminNetworkPolicyEgressRule) -> Rule<'o> {
        Rule {
            name: &rule.name,
            action: &rule.action,
            peers: Peers::To(&rule.to),
            ports: Ports::Ports(rule.ports.as_deref()),
        }
    }
}
