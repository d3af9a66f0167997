//! Which ends an entry of a rule's `from` or `to` matches.
//!
//! Sources: the comments of `NetworkPolicyPeer` and `IPBlock` in
//! `k8s.io/api/networking/v1/types.go`; `ValidateNetworkPolicyPeer` and `ValidateIPBlock` in
//! `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`.

use netpol_core::model::{IpBlock, NetworkPolicyPeer};
use netpol_core::options::IpBlockPods;

use super::World;
use super::cidr::Cidr;
use super::identity::End;
use super::labels;

impl World {
    /// Whether `peer`, in a policy of `policy_namespace`, matches the `other` end of a packet.
    ///
    /// Selectors match pods and nothing else. A peer with nothing set, or with an ipBlock beside
    /// a selector, means nothing.
    pub(super) fn peer_matches(
        &self,
        peer: &NetworkPolicyPeer,
        policy_namespace: &str,
        other: &End<'_>,
    ) -> bool {
        let pods = peer.pod_selector.as_ref();
        let namespaces = peer.namespace_selector.as_ref();
        match (pods, namespaces, &peer.ip_block) {
            (None, None, Some(block)) => self.block_matches(block, other),
            (None, None, None) | (_, _, Some(_)) => false,
            _ => {
                let Some(endpoint) = other.endpoint else { return false };
                let understood = pods.into_iter().chain(namespaces).all(labels::is_understood);
                let namespace = match namespaces {
                    None => endpoint.namespace() == policy_namespace,
                    Some(selector) => {
                        labels::selects(selector, &self.namespace_labels(endpoint.namespace()))
                    }
                };
                let pod = pods.is_none_or(|selector| labels::selects(selector, endpoint.labels()));
                understood && namespace && pod
            }
        }
    }

    /// Whether the address is in `cidr` and in no `except`; a block with a part that cannot be
    /// understood holds nothing. Whose address it is makes no difference, unless
    /// [`IpBlockPods::Never`] keeps pods out.
    fn block_matches(&self, block: &IpBlock, other: &End<'_>) -> bool {
        if other.endpoint.is_some() && self.options.ip_block_pods == IpBlockPods::Never {
            return false;
        }
        let Some(cidr) = Cidr::parse(&block.cidr) else { return false };
        let excepts: Option<Vec<Cidr>> =
            block.except.iter().map(|text| Cidr::parse(text)).collect();
        let Some(excepts) = excepts else { return false };
        if !excepts.iter().all(|except| cidr.admits_except(except)) {
            return false;
        }
        match other.address {
            Some(address) => {
                cidr.contains(address) && !excepts.iter().any(|except| except.contains(address))
            }
            // Whatever address it will get, a block of everything holds it.
            None => cidr.is_everything() && excepts.is_empty(),
        }
    }
}
