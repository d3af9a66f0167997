use netpol_core::Action;
use netpol_core::model::{
    ClusterNetworkPolicy, ClusterNetworkPolicyProtocol, ClusterNetworkPolicyProtocolPorts,
    ClusterNetworkPolicySubject, LabelSelector, NamespacedPod,
};
use netpol_core::net::Protocol;

use super::read::{Reader, prefix};
use super::records::{ClusterRecord, OrderedRule, Peer, Port, Rule, Selector};

impl Reader {
    /// The policies of a tier, in the order in which they are asked.
    pub(super) fn tier(
        &mut self,
        policies: &[ClusterNetworkPolicy],
        tier: &str,
    ) -> Vec<ClusterRecord> {
        let mut of_tier =
            policies.iter().filter(|policy| policy.spec.tier == tier).collect::<Vec<_>>();
        of_tier.sort_by_key(|policy| (policy.spec.priority, &policy.metadata.name));
        of_tier.into_iter().map(|policy| self.cluster_policy(policy)).collect()
    }

    fn cluster_policy(&mut self, policy: &ClusterNetworkPolicy) -> ClusterRecord {
        let spec = &policy.spec;
        let subject = spec.subject.as_ref().expect("a subject");
        let ClusterNetworkPolicySubject { namespaces, pods } = subject;
        let (namespaces, pods) = self.pods_by_label(namespaces.as_ref(), pods.as_ref());
        let ingress = spec.ingress.iter().map(|rule| {
            let peers = rule.from.iter().map(|peer| {
                let (namespaces, pods) =
                    self.pods_by_label(peer.namespaces.as_ref(), peer.pods.as_ref());
                Peer::Pods { namespaces: Some(namespaces), pods }
            });
            let peers = peers.collect();
            let rule_of = Rule { ports: self.protocols(rule.protocols.as_deref()), peers };
            OrderedRule { action: action(&rule.action), rule: rule_of }
        });
        let ingress = ingress.collect();
        let egress = spec.egress.iter().map(|rule| {
            let mut peers = Vec::new();
            for peer in &rule.to {
                if let Some(networks) = &peer.networks {
                    peers.extend(networks.iter().map(|network| Peer::Block {
                        cidr: prefix(network),
                        except: Box::default(),
                    }));
                } else {
                    let (namespaces, pods) =
                        self.pods_by_label(peer.namespaces.as_ref(), peer.pods.as_ref());
                    peers.push(Peer::Pods { namespaces: Some(namespaces), pods });
                }
            }
            let ports = self.protocols(rule.protocols.as_deref());
            OrderedRule { action: action(&rule.action), rule: Rule { ports, peers: peers.into() } }
        });
        let egress = egress.collect();
        ClusterRecord { namespaces, pods, ingress, egress }
    }

    fn pods_by_label(
        &mut self,
        namespaces: Option<&LabelSelector>,
        pods: Option<&NamespacedPod>,
    ) -> (Selector, Selector) {
        let everything = LabelSelector::default();
        let mut read =
            |selector: Option<&LabelSelector>| self.selector(selector.unwrap_or(&everything));
        match pods {
            None => (read(namespaces), read(None)),
            Some(pods) => {
                (read(pods.namespace_selector.as_ref()), read(pods.pod_selector.as_ref()))
            }
        }
    }

    fn protocols(&mut self, entries: Option<&[ClusterNetworkPolicyProtocol]>) -> Box<[Port]> {
        let mut ports = Vec::new();
        for entry in entries.unwrap_or_default() {
            if let Some(name) = &entry.destination_named_port {
                let name = self.symbol(name);
                let protocols = [Protocol::TCP, Protocol::UDP, Protocol::SCTP];
                ports.extend(protocols.map(|protocol| Port::Named { protocol, name }));
            }
            ports.extend(range(Protocol::TCP, entry.tcp.as_ref()));
            ports.extend(range(Protocol::UDP, entry.udp.as_ref()));
            ports.extend(range(Protocol::SCTP, entry.sctp.as_ref()));
        }
        ports.into()
    }
}

fn range(protocol: Protocol, ports: Option<&ClusterNetworkPolicyProtocolPorts>) -> Option<Port> {
    let port = ports?.destination_port.as_ref()?;
    let (first, last) = match &port.range {
        None => (port.number, port.number),
        Some(range) => (range.start, range.end),
    };
    let number = |number: Option<i32>| u16::try_from(number?).ok();
    Some(Port::Range { protocol, first: number(first)?, last: number(last)? })
}

fn action(text: &str) -> Action {
    match text {
        "Accept" => Action::Accept,
        "Deny" => Action::Deny,
        "Pass" => Action::Pass,
        other => panic!("action {other}"),
    }
}
