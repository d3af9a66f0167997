//! NetworkPolicies from plain structs.

use std::ptr;

use netpol_core::model::{
    IntOrString, IpBlock, LabelSelector, LabelSelectorRequirement, NetworkPolicy,
    NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    Object,
};

use crate::cluster::{admission, netpol_cluster, upsert};
use crate::guard::guard;
use crate::objects::{labels, namespace, netpol_label, protocol, sized, texts};
use crate::pointer;
use crate::report::{Listener, netpol_report};
use crate::status::netpol_status;
use crate::text::netpol_str;

/// One of a selector's `matchExpressions`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_requirement {
    /// The label key.
    pub key: netpol_str,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator_: netpol_str,
    /// The values.
    pub values: *const netpol_str,
    /// How many there are.
    pub values_len: usize,
}

/// A label selector. One without anything selects everything.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_selector {
    /// `matchLabels`.
    pub match_labels: *const netpol_label,
    /// How many there are.
    pub match_labels_len: usize,
    /// `matchExpressions`.
    pub match_expressions: *const netpol_requirement,
    /// How many there are.
    pub match_expressions_len: usize,
}

/// One of a rule's `from` or `to`: either a block, or selectors.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_peer {
    /// `podSelector`; NULL when it is not there.
    pub pod_selector: *const netpol_selector,
    /// `namespaceSelector`; NULL when it is not there.
    pub namespace_selector: *const netpol_selector,
    /// `ipBlock.cidr`; empty when there is no block.
    pub cidr: netpol_str,
    /// `ipBlock.except`.
    pub except: *const netpol_str,
    /// How many there are.
    pub except_len: usize,
}

/// One of a rule's `ports`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_port {
    /// The name of a port; empty when it is meant by number.
    pub name: netpol_str,
    /// The number; 0 for every port of the protocol, when there is no name.
    pub number: i32,
    /// `endPort`; 0 when it is not there.
    pub end: i32,
    /// The protocol number: 6 (TCP), 17 (UDP) or 132 (SCTP); 0 for TCP.
    pub protocol: u8,
    /// Not used; 0.
    pub reserved: [u8; 7],
}

/// One of `spec.ingress` or `spec.egress`. Without peers it speaks of everybody, without ports of
/// every port and protocol.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_rule {
    /// `from` or `to`.
    pub peers: *const netpol_peer,
    /// How many there are.
    pub peers_len: usize,
    /// `ports`.
    pub ports: *const netpol_port,
    /// How many there are.
    pub ports_len: usize,
}

/// A NetworkPolicy.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_network_policy {
    /// `sizeof(netpol_network_policy)`.
    pub size: usize,
    /// Its namespace; `default` when empty.
    pub namespace_: netpol_str,
    /// Its name.
    pub name: netpol_str,
    /// The pods it isolates.
    pub pod_selector: netpol_selector,
    /// `policyTypes`; when it is empty, Ingress, and Egress where there are egress rules.
    pub policy_types: *const netpol_str,
    /// How many there are.
    pub policy_types_len: usize,
    /// What may come in.
    pub ingress: *const netpol_rule,
    /// How many rules there are.
    pub ingress_len: usize,
    /// What may go out.
    pub egress: *const netpol_rule,
    /// How many rules there are.
    pub egress_len: usize,
}

// Each of these follows the pointers of its struct: null, or arrays of the lengths beside them.

impl netpol_selector {
    /// # Safety
    ///
    /// As above.
    unsafe fn read(&self) -> Result<LabelSelector, netpol_status> {
        // SAFETY: the caller's promise.
        unsafe {
            let requirements = pointer::array(self.match_expressions, self.match_expressions_len)?;
            let requirements = requirements.iter().map(|requirement| {
                Ok(LabelSelectorRequirement {
                    key: requirement.key.owned()?,
                    operator: requirement.operator_.owned()?,
                    values: texts(requirement.values, requirement.values_len)?,
                })
            });
            Ok(LabelSelector {
                match_labels: labels(self.match_labels, self.match_labels_len)?,
                match_expressions: requirements.collect::<Result<_, netpol_status>>()?,
            })
        }
    }

    /// # Safety
    ///
    /// As above.
    unsafe fn read_optional(
        selector: *const netpol_selector,
    ) -> Result<Option<LabelSelector>, netpol_status> {
        if ptr::eq(selector, ptr::null()) {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        unsafe { pointer::shared(selector)?.read() }.map(Some)
    }
}

impl netpol_peer {
    /// # Safety
    ///
    /// As above.
    unsafe fn read(&self) -> Result<NetworkPolicyPeer, netpol_status> {
        // SAFETY: the caller's promise.
        unsafe {
            let (cidr, except) = (self.cidr.owned()?, texts(self.except, self.except_len)?);
            let is_block = !cidr.is_empty() || !except.is_empty();
            Ok(NetworkPolicyPeer {
                pod_selector: netpol_selector::read_optional(self.pod_selector)?,
                namespace_selector: netpol_selector::read_optional(self.namespace_selector)?,
                ip_block: is_block.then_some(IpBlock { cidr, except }),
            })
        }
    }
}

impl netpol_port {
    /// # Safety
    ///
    /// As above.
    unsafe fn read(&self) -> Result<NetworkPolicyPort, netpol_status> {
        if self.reserved != [0; 7] {
            return Err(netpol_status::InvalidValue);
        }
        // SAFETY: the caller's promise.
        let name = unsafe { self.name.owned() }?;
        let port = match (name.is_empty(), self.number) {
            (false, _) => Some(IntOrString::String(name)),
            (true, 0) => None,
            (true, number) => Some(IntOrString::Int(number)),
        };
        let end_port = (self.end != 0).then_some(self.end);
        Ok(NetworkPolicyPort { protocol: protocol(self.protocol), port, end_port })
    }
}

impl netpol_rule {
    /// # Safety
    ///
    /// As above.
    unsafe fn read(
        &self,
    ) -> Result<(Vec<NetworkPolicyPeer>, Vec<NetworkPolicyPort>), netpol_status> {
        // SAFETY: the caller's promise.
        unsafe {
            let peers = pointer::array(self.peers, self.peers_len)?.iter().map(|p| p.read());
            let ports = pointer::array(self.ports, self.ports_len)?.iter().map(|p| p.read());
            Ok((peers.collect::<Result<_, _>>()?, ports.collect::<Result<_, _>>()?))
        }
    }
}

impl netpol_network_policy {
    /// # Safety
    ///
    /// As above.
    unsafe fn read(&self) -> Result<NetworkPolicy, netpol_status> {
        // SAFETY: the caller's promise.
        unsafe {
            let mut policy = NetworkPolicy::default();
            policy.metadata.namespace = namespace(self.namespace_)?;
            policy.metadata.name = self.name.owned()?;
            policy.spec.pod_selector = self.pod_selector.read()?;
            policy.spec.policy_types = texts(self.policy_types, self.policy_types_len)?;
            for rule in pointer::array(self.ingress, self.ingress_len)? {
                let (from, ports) = rule.read()?;
                policy.spec.ingress.push(NetworkPolicyIngressRule { ports, from });
            }
            for rule in pointer::array(self.egress, self.egress_len)? {
                let (to, ports) = rule.read()?;
                policy.spec.egress.push(NetworkPolicyEgressRule { ports, to });
            }
            Ok(policy)
        }
    }
}

/// Adds a NetworkPolicy, or replaces the one of its name. As `netpol_cluster_upsert_namespace`; what
/// is left out is filled in as the API server does. Cluster-wide policies are taken as text, by
/// `netpol_cluster_apply`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_cluster_upsert_network_policy(
    cluster: *mut netpol_cluster,
    policy: *const netpol_network_policy,
    admission: i32,
    report_out: *mut *mut netpol_report,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (listener, cluster, policy) =
            unsafe { (Listener::new(report_out), pointer::exclusive(cluster)?, sized(policy)?) };
        // SAFETY: the header's contract.
        let policy = unsafe { policy.read() }?;
        upsert(cluster, Object::NetworkPolicy(policy), self::admission(admission)?, listener)
    })
}
