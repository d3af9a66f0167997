//! Cluster-wide policies of every kind, over the labels, addresses and ports of the cluster.

use netpol_core::model::{
    AdminNetworkPolicy, AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule,
    AdminNetworkPolicyPort, AdminNetworkPolicyPortNumber, AdminNetworkPolicyPortRange,
    AdminNetworkPolicySpec, BaselineAdminNetworkPolicy, BaselineAdminNetworkPolicySpec,
    ClusterNetworkPolicy, ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyEgressRule,
    ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyIngressRule, ClusterNetworkPolicyPort,
    ClusterNetworkPolicyPortRange, ClusterNetworkPolicyProtocol, ClusterNetworkPolicyProtocolPorts,
    ClusterNetworkPolicySpec, ClusterNetworkPolicySubject, LabelSelector, NamespacedPod, Object,
    ObjectMeta,
};

use super::addresses::Block;
use super::cluster::{PORT_NAMES, PORT_NUMBERS, PROTOCOLS, namespace_selector, selector};
use super::cluster_kind::ClusterKind;
use super::policies::Policies;
use super::{Choices, domains, junk};

impl Policies<'_> {
    pub(super) fn cluster_wide_policy(
        &mut self,
        choices: &mut impl Choices,
        number: usize,
    ) -> Object {
        let kind = match choices.below(8) {
            0..=4 => ClusterKind::Cluster,
            5 | 6 => ClusterKind::Admin,
            _ => ClusterKind::BaselineAdmin,
        };
        self.policy_of_kind(choices, kind, number)
    }

    pub(super) fn policy_of_kind(
        &mut self,
        choices: &mut impl Choices,
        kind: ClusterKind,
        number: usize,
    ) -> Object {
        let mut metadata = ObjectMeta {
            // Names that sort otherwise than they are made, and that two kinds may share.
            name: format!("{}-{}", choices.pick(&["m", "a", "z"]), number / 2),
            ..ObjectMeta::default()
        };
        // Few priorities, so that two policies have the same now and then.
        let mut priority = Some(*choices.pick(&[1, 2, 3, 0, 4, 1000]));
        if self.spoils(choices) {
            priority = *choices.pick(&[None, Some(-1), Some(1001), Some(i32::MAX), Some(i32::MIN)]);
        }
        let subject = Some(self.subject(choices, kind));
        match kind {
            ClusterKind::Cluster => {
                let spoilt = self.spoils(choices) && choices.once_in(2);
                let tiers = if spoilt { ["", "admin"] } else { ["Admin", "Baseline"] };
                let tier = (*choices.pick(&tiers)).to_owned();
                let ingress = self.ingress(choices);
                let egress = self.egress(choices);
                let spec = ClusterNetworkPolicySpec { tier, priority, subject, ingress, egress };
                Object::ClusterNetworkPolicy(ClusterNetworkPolicy { metadata, spec })
            }
            ClusterKind::Admin => {
                let ingress = self.admin_ingress(choices, kind);
                let egress = self.admin_egress(choices, kind);
                let spec = AdminNetworkPolicySpec { priority, subject, ingress, egress };
                Object::AdminNetworkPolicy(AdminNetworkPolicy { metadata, spec })
            }
            ClusterKind::BaselineAdmin => {
                // A cluster has one, unless nobody looked at what went into it.
                if !self.spoils(choices) {
                    "default".clone_into(&mut metadata.name);
                }
                let ingress = self.admin_ingress(choices, kind);
                let egress = self.admin_egress(choices, kind);
                let spec = BaselineAdminNetworkPolicySpec { subject, ingress, egress };
                Object::BaselineAdminNetworkPolicy(BaselineAdminNetworkPolicy { metadata, spec })
            }
        }
    }

    fn subject(
        &self,
        choices: &mut impl Choices,
        kind: ClusterKind,
    ) -> ClusterNetworkPolicySubject {
        let ClusterNetworkPolicyIngressPeer { mut namespaces, mut pods } = source(choices, kind);
        if self.spoils(choices) && choices.once_in(2) {
            junk::spoil_pods(choices, &mut namespaces, &mut pods);
        }
        ClusterNetworkPolicySubject { namespaces, pods }
    }

    /// Three rules of three peers and three ports at most: enough for the third to decide, and for
    /// one that decides to hide another.
    fn ingress(&mut self, choices: &mut impl Choices) -> Vec<ClusterNetworkPolicyIngressRule> {
        let kind = ClusterKind::Cluster;
        let mut rules = Vec::new();
        for _ in 0..choices.between(0, 3) {
            let mut rule = ClusterNetworkPolicyIngressRule {
                action: (*choices.pick(kind.actions())).to_owned(),
                from: (0..choices.between(1, 3)).map(|_| source(choices, kind)).collect(),
                protocols: self.protocols(choices),
                ..ClusterNetworkPolicyIngressRule::default()
            };
            if self.spoils_rule(choices) {
                match choices.below(3) {
                    0 => rule.action = junk::action(choices, kind),
                    1 => junk::spoil_sources(choices, &mut rule.from),
                    _ => junk::spoil_protocols(choices, &mut rule.protocols),
                }
            }
            rules.push(rule);
        }
        rules
    }

    fn egress(&mut self, choices: &mut impl Choices) -> Vec<ClusterNetworkPolicyEgressRule> {
        let kind = ClusterKind::Cluster;
        let mut rules = Vec::new();
        for _ in 0..choices.between(0, 3) {
            let mut rule = ClusterNetworkPolicyEgressRule {
                action: (*choices.pick(kind.actions())).to_owned(),
                to: (0..choices.between(1, 3)).map(|_| self.destination(choices, kind)).collect(),
                protocols: self.protocols(choices),
                ..ClusterNetworkPolicyEgressRule::default()
            };
            if self.spoils_rule(choices) {
                match choices.below(3) {
                    0 => rule.action = junk::action(choices, kind),
                    1 => junk::spoil_destinations(choices, &mut rule.to),
                    _ => junk::spoil_protocols(choices, &mut rule.protocols),
                }
            }
            rules.push(rule);
        }
        rules
    }

    fn admin_ingress(
        &mut self,
        choices: &mut impl Choices,
        kind: ClusterKind,
    ) -> Vec<AdminNetworkPolicyIngressRule> {
        let mut rules = Vec::new();
        for _ in 0..choices.between(0, 3) {
            let mut rule = AdminNetworkPolicyIngressRule {
                action: (*choices.pick(kind.actions())).to_owned(),
                from: (0..choices.between(1, 3)).map(|_| source(choices, kind)).collect(),
                ports: self.admin_ports(choices),
                ..AdminNetworkPolicyIngressRule::default()
            };
            if self.spoils_rule(choices) {
                match choices.below(3) {
                    0 => rule.action = junk::action(choices, kind),
                    1 => junk::spoil_sources(choices, &mut rule.from),
                    _ => junk::spoil_admin_ports(choices, &mut rule.ports),
                }
            }
            rules.push(rule);
        }
        rules
    }

    fn admin_egress(
        &mut self,
        choices: &mut impl Choices,
        kind: ClusterKind,
    ) -> Vec<AdminNetworkPolicyEgressRule> {
        let mut rules = Vec::new();
        for _ in 0..choices.between(0, 3) {
            let mut rule = AdminNetworkPolicyEgressRule {
                action: (*choices.pick(kind.actions())).to_owned(),
                to: (0..choices.between(1, 3)).map(|_| self.destination(choices, kind)).collect(),
                ports: self.admin_ports(choices),
                ..AdminNetworkPolicyEgressRule::default()
            };
            if self.spoils_rule(choices) {
                match choices.below(3) {
                    0 => rule.action = junk::action(choices, kind),
                    1 => junk::spoil_destinations(choices, &mut rule.to),
                    _ => junk::spoil_admin_ports(choices, &mut rule.ports),
                }
            }
            rules.push(rule);
        }
        rules
    }

    /// Rarer than elsewhere: a rule that is not understood often denies whatever comes after it.
    fn spoils_rule(&self, choices: &mut impl Choices) -> bool {
        self.spoils(choices) && choices.once_in(2)
    }

    fn destination(
        &mut self,
        choices: &mut impl Choices,
        kind: ClusterKind,
    ) -> ClusterNetworkPolicyEgressPeer {
        let mut peer = ClusterNetworkPolicyEgressPeer::default();
        match choices.below(10) {
            0..=3 => {
                let ClusterNetworkPolicyIngressPeer { namespaces, pods } = source(choices, kind);
                (peer.namespaces, peer.pods) = (namespaces, pods);
            }
            4 | 5 => peer.nodes = Some(selector(choices, false)),
            // The older Baseline does not know them.
            6 | 7 if kind != ClusterKind::BaselineAdmin || self.spoils(choices) => {
                peer.domain_names = Some(domains::patterns(choices));
            }
            _ => {
                let networks = (0..choices.between(1, 2)).map(|_| self.network(choices));
                peer.networks = Some(networks.collect());
            }
        }
        peer
    }

    fn network(&mut self, choices: &mut impl Choices) -> String {
        let address = *choices.pick(self.addresses);
        let block = Block::around(choices, address);
        self.boundaries.extend(block.boundaries());
        block.write_strictly(choices)
    }

    fn protocols(
        &mut self,
        choices: &mut impl Choices,
    ) -> Option<Vec<ClusterNetworkPolicyProtocol>> {
        let count = [0, 1, 1, 2, 3][choices.below(5)];
        (count > 0).then(|| (0..count).map(|_| self.protocol(choices)).collect())
    }

    fn protocol(&mut self, choices: &mut impl Choices) -> ClusterNetworkPolicyProtocol {
        let mut entry = ClusterNetworkPolicyProtocol::default();
        if choices.once_in(2) {
            entry.destination_named_port = Some(port_name(choices));
            return entry;
        }
        let mut port = ClusterNetworkPolicyPort::default();
        let (first, last) = self.range(choices);
        if first == last && !choices.once_in(4) {
            port.number = Some(first);
        } else {
            let (start, end) = (Some(first), Some(last));
            port.range = Some(ClusterNetworkPolicyPortRange { start, end });
        }
        let ports = Some(ClusterNetworkPolicyProtocolPorts { destination_port: Some(port) });
        match choices.below(6) {
            4 => entry.udp = ports,
            5 => entry.sctp = ports,
            _ => entry.tcp = ports,
        }
        entry
    }

    fn admin_ports(&mut self, choices: &mut impl Choices) -> Option<Vec<AdminNetworkPolicyPort>> {
        let count = [0, 1, 1, 2, 3][choices.below(5)];
        (count > 0).then(|| (0..count).map(|_| self.admin_port(choices)).collect())
    }

    fn admin_port(&mut self, choices: &mut impl Choices) -> AdminNetworkPolicyPort {
        let mut entry = AdminNetworkPolicyPort::default();
        if choices.once_in(2) {
            entry.named_port = Some(port_name(choices));
            return entry;
        }
        let protocol = choices.once_in(2).then(|| (*choices.pick(&PROTOCOLS)).to_owned());
        let (first, last) = self.range(choices);
        if first == last && !choices.once_in(4) {
            let port = Some(first);
            entry.port_number = Some(AdminNetworkPolicyPortNumber { protocol, port });
        } else {
            let (start, end) = (Some(first), Some(last));
            entry.port_range = Some(AdminNetworkPolicyPortRange { protocol, start, end });
        }
        entry
    }

    /// One port most of the time, otherwise several in a row.
    fn range(&mut self, choices: &mut impl Choices) -> (i32, i32) {
        let first = *choices.pick(&PORT_NUMBERS);
        let last = match choices.below(3) {
            2 => first.saturating_add(*choices.pick(&[1, 2, 1000, u16::MAX])),
            _ => first,
        };
        self.remember_ends(first, last);
        (first.into(), last.into())
    }
}

/// Any text is a name; "HTTP" is none that a NetworkPolicy could use.
fn port_name(choices: &mut impl Choices) -> String {
    let name = if choices.once_in(8) { "HTTP" } else { *choices.pick(&PORT_NAMES) };
    name.to_owned()
}

/// Pods or all pods of namespaces; of all namespaces often, because what must fit a subject, a
/// peer and a port of one rule fits little.
fn source(choices: &mut impl Choices, kind: ClusterKind) -> ClusterNetworkPolicyIngressPeer {
    let all = choices.once_in(3);
    let namespaces =
        Some(if all { LabelSelector::default() } else { namespace_selector(choices, false) });
    if choices.below(2) == 0 {
        return ClusterNetworkPolicyIngressPeer { namespaces, pods: None };
    }
    // The older version asks for both selectors.
    let any_namespace = kind == ClusterKind::Cluster && choices.once_in(3);
    let pods = NamespacedPod {
        namespace_selector: namespaces.filter(|_| !any_namespace),
        pod_selector: Some(selector(choices, false)),
    };
    ClusterNetworkPolicyIngressPeer { namespaces: None, pods: Some(pods) }
}
