//! What a cluster-wide policy says, and what of it can be understood.
//!
//! Nothing that the API server would refuse is ignored when it lies in a cluster nevertheless, or
//! comes from an API that is newer than this. A subject that cannot be understood is nobody, since
//! cluster-wide policies isolate nobody by being there. A *rule* of which any part cannot be
//! understood fails closed as a whole: to accept, it matches nothing; to deny or to pass, it denies
//! everything, whatever its other peers and its protocols are.
//!
//! Sources: the comments and the kubebuilder markers of
//! `sigs.k8s.io/network-policy-api/apis/v1alpha2` and `.../v1alpha1`, among them those on
//! `ClusterNetworkPolicyEgressPeer` ("fail closed") and on `AdminNetworkPolicyEgressPeer`.

use netpol_core::Direction;
use netpol_core::model::{
    AdminNetworkPolicy, AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule,
    AdminNetworkPolicyPort, BaselineAdminNetworkPolicy, ClusterNetworkPolicy,
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyEgressRule,
    ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyIngressRule, ClusterNetworkPolicyProtocol,
    ClusterNetworkPolicyProtocolPorts, ClusterNetworkPolicySubject, Kind, LabelSelector,
    NamespacedPod,
};
use netpol_core::net::Protocol;

use super::World;
use super::cidr::Cidr;
use super::domains::DomainPattern;
use super::labels;
use super::reason::Tier;

/// A cluster-wide policy of any kind.
#[derive(Clone, Copy, Debug)]
pub(super) enum ClusterPolicy<'a> {
    /// `v1alpha2`, of either tier.
    Cluster(&'a ClusterNetworkPolicy),
    /// `v1alpha1`, of the Admin tier.
    Admin(&'a AdminNetworkPolicy),
    /// `v1alpha1`, of the Baseline tier.
    Baseline(&'a BaselineAdminNetworkPolicy),
}

/// Pods by the labels of their namespace and by their own; `None` means all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pods<'a> {
    pub(super) namespaces: Option<&'a LabelSelector>,
    pub(super) pods: Option<&'a LabelSelector>,
}

/// One entry of `ingress` or `egress`.
#[derive(Clone, Debug)]
pub(super) enum Rule<'a> {
    /// It is understood.
    Understood {
        action: Action,
        /// `from` or `to`.
        peers: Vec<Peer<'a>>,
        /// `protocols` or `ports`; `None` means every packet.
        ports: Option<Vec<Port<'a>>>,
    },
    /// It accepts something, but nobody can say what: it matches nothing.
    MatchesNothing,
    /// It denies something, or keeps it from later rules, or does what nobody knows; nobody can
    /// say to what: it denies everything.
    DeniesEverything,
}

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It passes, whatever any tier behind says.
    Accept,
    /// It does not pass.
    Deny,
    /// The tier behind decides.
    Pass,
}

/// One entry of `from` or `to`.
#[derive(Clone, Debug)]
pub(super) enum Peer<'a> {
    /// `namespaces` or `pods`.
    Pods(Pods<'a>),
    /// `nodes`.
    Nodes(&'a LabelSelector),
    /// `networks`.
    Networks(Vec<Cidr>),
    /// `domainNames`.
    DomainNames(Vec<DomainPattern<'a>>),
}

/// One entry of `protocols` or `ports`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Port<'a> {
    /// These destination ports, the last included.
    Numbers { protocol: Protocol, first: i32, last: i32 },
    /// The ports of the destination's containers that have this name, with their protocols.
    Named(&'a str),
}

impl World {
    /// All cluster-wide policies.
    pub(super) fn cluster_wide_policies(&self) -> impl Iterator<Item = ClusterPolicy<'_>> {
        let cluster = self.cluster_policies.iter().map(ClusterPolicy::Cluster);
        let admin = self.admin_policies.iter().map(ClusterPolicy::Admin);
        let baseline = self.baseline_admin_policies.iter().map(ClusterPolicy::Baseline);
        cluster.chain(admin).chain(baseline)
    }
}

impl<'a> ClusterPolicy<'a> {
    pub(super) fn kind(self) -> Kind {
        match self {
            ClusterPolicy::Cluster(_) => Kind::ClusterNetworkPolicy,
            ClusterPolicy::Admin(_) => Kind::AdminNetworkPolicy,
            ClusterPolicy::Baseline(_) => Kind::BaselineAdminNetworkPolicy,
        }
    }

    pub(super) fn name(self) -> &'a str {
        match self {
            ClusterPolicy::Cluster(policy) => &policy.metadata.name,
            ClusterPolicy::Admin(policy) => &policy.metadata.name,
            ClusterPolicy::Baseline(policy) => &policy.metadata.name,
        }
    }

    /// The tier it belongs to, if that can be understood.
    pub(super) fn tier(self) -> Option<Tier> {
        match self {
            ClusterPolicy::Cluster(policy) => match policy.spec.tier.as_str() {
                "Admin" => Some(Tier::Admin),
                "Baseline" => Some(Tier::Baseline),
                _ => None,
            },
            ClusterPolicy::Admin(_) => Some(Tier::Admin),
            ClusterPolicy::Baseline(_) => Some(Tier::Baseline),
        }
    }

    /// Its place in the tier; a lower number is asked first. A missing one is Go's zero. `None`
    /// for the kind that has no such field.
    pub(super) fn priority(self) -> Option<i32> {
        match self {
            ClusterPolicy::Cluster(policy) => Some(policy.spec.priority.unwrap_or(0)),
            ClusterPolicy::Admin(policy) => Some(policy.spec.priority.unwrap_or(0)),
            ClusterPolicy::Baseline(_) => None,
        }
    }

    /// The pods it is about, if that can be understood.
    pub(super) fn subject(self) -> Option<Pods<'a>> {
        let subject = match self {
            ClusterPolicy::Cluster(policy) => &policy.spec.subject,
            ClusterPolicy::Admin(policy) => &policy.spec.subject,
            ClusterPolicy::Baseline(policy) => &policy.spec.subject,
        };
        let ClusterNetworkPolicySubject { namespaces, pods } = subject.as_ref()?;
        self.pods(namespaces.as_ref(), pods.as_ref())
    }

    /// Whether the policy has any effect at all.
    pub(super) fn is_effective(self) -> bool {
        self.tier().is_some() && self.subject().is_some()
    }

    /// The rules of `direction`, in their order.
    pub(super) fn rules(self, direction: Direction) -> Vec<Rule<'a>> {
        match self {
            ClusterPolicy::Cluster(policy) => match direction {
                Direction::Ingress => {
                    let rules = policy.spec.ingress.iter();
                    let rule = |rule: &'a ClusterNetworkPolicyIngressRule| {
                        let ports = optional(rule.protocols.as_deref(), protocol);
                        self.rule(&rule.action, self.sources(&rule.from), ports)
                    };
                    rules.map(rule).collect()
                }
                Direction::Egress => {
                    let rules = policy.spec.egress.iter();
                    let rule = |rule: &'a ClusterNetworkPolicyEgressRule| {
                        let ports = optional(rule.protocols.as_deref(), protocol);
                        self.rule(&rule.action, self.destinations(&rule.to), ports)
                    };
                    rules.map(rule).collect()
                }
            },
            ClusterPolicy::Admin(policy) => {
                self.admin_rules(direction, &policy.spec.ingress, &policy.spec.egress)
            }
            ClusterPolicy::Baseline(policy) => {
                self.admin_rules(direction, &policy.spec.ingress, &policy.spec.egress)
            }
        }
    }

    fn admin_rules(
        self,
        direction: Direction,
        ingress: &'a [AdminNetworkPolicyIngressRule],
        egress: &'a [AdminNetworkPolicyEgressRule],
    ) -> Vec<Rule<'a>> {
        match direction {
            Direction::Ingress => {
                let rule = |rule: &'a AdminNetworkPolicyIngressRule| {
                    let ports = optional(rule.ports.as_deref(), admin_port);
                    self.rule(&rule.action, self.sources(&rule.from), ports)
                };
                ingress.iter().map(rule).collect()
            }
            Direction::Egress => {
                let rule = |rule: &'a AdminNetworkPolicyEgressRule| {
                    let ports = optional(rule.ports.as_deref(), admin_port);
                    self.rule(&rule.action, self.destinations(&rule.to), ports)
                };
                egress.iter().map(rule).collect()
            }
        }
    }

    /// The rule of these parts, each of which is `None` when it is not understood.
    fn rule(
        self,
        action: &str,
        peers: Option<Vec<Peer<'a>>>,
        ports: Option<Option<Vec<Port<'a>>>>,
    ) -> Rule<'a> {
        match (self.action(action), peers, ports) {
            (Some(action), Some(peers), Some(ports)) => Rule::Understood { action, peers, ports },
            (Some(Action::Accept), _, _) => Rule::MatchesNothing,
            _ => Rule::DeniesEverything,
        }
    }

    /// What the word means in this kind of policy.
    fn action(self, word: &str) -> Option<Action> {
        match (self, word) {
            (ClusterPolicy::Cluster(_), "Accept") => Some(Action::Accept),
            (ClusterPolicy::Admin(_) | ClusterPolicy::Baseline(_), "Allow") => Some(Action::Accept),
            (_, "Deny") => Some(Action::Deny),
            (ClusterPolicy::Cluster(_) | ClusterPolicy::Admin(_), "Pass") => Some(Action::Pass),
            _ => None,
        }
    }

    fn sources(self, from: &'a [ClusterNetworkPolicyIngressPeer]) -> Option<Vec<Peer<'a>>> {
        required(from, |peer| {
            self.pods(peer.namespaces.as_ref(), peer.pods.as_ref()).map(Peer::Pods)
        })
    }

    fn destinations(self, to: &'a [ClusterNetworkPolicyEgressPeer]) -> Option<Vec<Peer<'a>>> {
        required(to, |peer| {
            let (namespaces, pods) = (peer.namespaces.as_ref(), peer.pods.as_ref());
            match (&peer.nodes, &peer.networks, &peer.domain_names) {
                (None, None, None) => self.pods(namespaces, pods).map(Peer::Pods),
                _ if namespaces.is_some() || pods.is_some() => None,
                (Some(nodes), None, None) => understood(nodes).map(Peer::Nodes),
                (None, Some(networks), None) => {
                    required(networks, |text| Cidr::parse_strict(text)).map(Peer::Networks)
                }
                (None, None, Some(names)) if self.knows_domain_names() => {
                    required(names, |text| DomainPattern::parse(text)).map(Peer::DomainNames)
                }
                _ => None,
            }
        })
    }

    fn knows_domain_names(self) -> bool {
        !matches!(self, ClusterPolicy::Baseline(_))
    }

    /// Exactly one of both. Pods need a selector of their own; in `v1alpha1` one of namespaces too,
    /// which later came to mean all of them when it is missing.
    fn pods(
        self,
        namespaces: Option<&'a LabelSelector>,
        pods: Option<&'a NamespacedPod>,
    ) -> Option<Pods<'a>> {
        match (namespaces, pods) {
            (Some(namespaces), None) => {
                Some(Pods { namespaces: Some(understood(namespaces)?), pods: None })
            }
            (None, Some(NamespacedPod { namespace_selector, pod_selector })) => {
                let namespaces = match (namespace_selector, self) {
                    (Some(selector), _) => Some(understood(selector)?),
                    (None, ClusterPolicy::Cluster(_)) => None,
                    (None, ClusterPolicy::Admin(_) | ClusterPolicy::Baseline(_)) => return None,
                };
                Some(Pods { namespaces, pods: Some(understood(pod_selector.as_ref()?)?) })
            }
            (None, None) | (Some(_), Some(_)) => None,
        }
    }
}

/// `v1alpha2`: exactly one field; a protocol needs its port.
fn protocol(entry: &ClusterNetworkPolicyProtocol) -> Option<Port<'_>> {
    let ClusterNetworkPolicyProtocol { tcp, udp, sctp, destination_named_port } = entry;
    match (tcp, udp, sctp, destination_named_port) {
        (Some(ports), None, None, None) => numbers(Protocol::TCP, ports),
        (None, Some(ports), None, None) => numbers(Protocol::UDP, ports),
        (None, None, Some(ports), None) => numbers(Protocol::SCTP, ports),
        (None, None, None, Some(name)) => named(name),
        _ => None,
    }
}

/// `destinationPort`: exactly one of a number and a range.
fn numbers(protocol: Protocol, ports: &ClusterNetworkPolicyProtocolPorts) -> Option<Port<'static>> {
    let port = ports.destination_port.as_ref()?;
    match (port.number, &port.range) {
        (Some(number), None) => range(protocol, number, number),
        (None, Some(ends)) => range(protocol, ends.start?, ends.end?),
        _ => None,
    }
}

/// `v1alpha1`: exactly one field; TCP where no protocol is named.
fn admin_port(entry: &AdminNetworkPolicyPort) -> Option<Port<'_>> {
    let protocol = |name: &Option<String>| Protocol::from_api(name.as_deref().unwrap_or("TCP"));
    match (&entry.port_number, &entry.named_port, &entry.port_range) {
        (Some(number), None, None) => {
            range(protocol(&number.protocol)?, number.port?, number.port?)
        }
        (None, Some(name), None) => named(name),
        (None, None, Some(ends)) => range(protocol(&ends.protocol)?, ends.start?, ends.end?),
        _ => None,
    }
}

/// A range of one port is refused by the schema of `v1alpha2` alone, and everybody can tell what
/// it means.
fn range(protocol: Protocol, first: i32, last: i32) -> Option<Port<'static>> {
    (1 <= first && first <= last && last <= 65535).then_some(Port::Numbers {
        protocol,
        first,
        last,
    })
}

/// Every name is one that a container may or may not have, but the empty one is what Go takes for
/// missing.
fn named(name: &str) -> Option<Port<'_>> {
    (!name.is_empty()).then_some(Port::Named(name))
}

fn understood(selector: &LabelSelector) -> Option<&LabelSelector> {
    labels::is_understood(selector).then_some(selector)
}

/// A list that must have entries, all of them understood.
fn required<'a, T, U>(list: &'a [T], read: impl Fn(&'a T) -> Option<U>) -> Option<Vec<U>> {
    if list.is_empty() {
        return None;
    }
    list.iter().map(read).collect()
}

/// The same for a list that may be missing, which is understood.
fn optional<'a, T, U>(
    list: Option<&'a [T]>,
    read: impl Fn(&'a T) -> Option<U>,
) -> Option<Option<Vec<U>>> {
    match list {
        Some(list) => required(list, read).map(Some),
        None => Some(None),
    }
}
