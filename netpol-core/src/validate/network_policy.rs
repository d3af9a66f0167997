use super::names::{port_name_faults, port_number_fault};
use super::{ValidateOptions, ip_block, label_selector, object_meta};
use crate::field::{Error, ErrorList, Path, origin};
use crate::model::{
    IntOrString, Kind, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use crate::net::Protocol;

/// Every fault of a new NetworkPolicy, in upstream's order: metadata, `spec.podSelector`, each
/// ingress rule (ports, then peers), each egress rule, `policyTypes`.
///
/// Source: `ValidateNetworkPolicy` of kubernetes/pkg/apis/networking/validation.
#[must_use]
pub fn network_policy(policy: &NetworkPolicy, options: &ValidateOptions) -> ErrorList {
    let mut errors = object_meta(&policy.metadata, Kind::NetworkPolicy, &Path::new("metadata"));
    errors.append(network_policy_spec(&policy.spec, options, &Path::new("spec")));
    errors
}

/// Every fault of a NetworkPolicy's spec at `path`.
///
/// Source: `ValidateNetworkPolicySpec` of kubernetes/pkg/apis/networking/validation.
#[must_use]
pub fn network_policy_spec(
    spec: &NetworkPolicySpec,
    options: &ValidateOptions,
    path: &Path,
) -> ErrorList {
    let mut errors = label_selector(&spec.pod_selector, options, &path.child("podSelector"));
    for (index, rule) in spec.ingress.iter().enumerate() {
        let path = path.child("ingress").index(index);
        errors.append(ports(&rule.ports, &path.child("ports")));
        errors.append(peers(&rule.from, options, &path.child("from")));
    }
    for (index, rule) in spec.egress.iter().enumerate() {
        let path = path.child("egress").index(index);
        errors.append(ports(&rule.ports, &path.child("ports")));
        errors.append(peers(&rule.to, options, &path.child("to")));
    }
    errors.append(policy_types(&spec.policy_types, &path.child("policyTypes")));
    errors
}

/// Every fault of one entry of a rule's `ports` at `path`.
///
/// Source: `ValidateNetworkPolicyPort` of kubernetes/pkg/apis/networking/validation.
#[must_use]
pub fn network_policy_port(port: &NetworkPolicyPort, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(protocol) = &port.protocol
        && Protocol::from_api(protocol).is_none()
    {
        let path = path.child("protocol");
        let supported = ["TCP", "UDP", "SCTP"];
        errors.push(Error::not_supported(&path, protocol, &supported, origin::PROTOCOL));
    }
    match (&port.port, port.end_port) {
        (Some(IntOrString::Int(first)), last) => {
            if let Some(fault) = port_number_fault(*first) {
                let path = path.child("port");
                errors.push(Error::invalid(&path, first, fault, origin::PORT_NUMBER));
            }
            if let Some(last) = last {
                errors.append(end_port(*first, last, &path.child("endPort")));
            }
        }
        (Some(IntOrString::String(name)), last) => {
            if let Some(last) = last {
                errors.push(Error::invalid(
                    &path.child("endPort"),
                    last,
                    "may not be specified when `port` is non-numeric",
                    origin::END_PORT_FORBIDDEN,
                ));
            }
            for fault in port_name_faults(name) {
                errors.push(Error::invalid(&path.child("port"), name, fault, origin::PORT_NAME));
            }
        }
        (None, Some(last)) => errors.push(Error::invalid(
            &path.child("endPort"),
            last,
            "may not be specified when `port` is not specified",
            origin::END_PORT_FORBIDDEN,
        )),
        (None, None) => {}
    }
    errors
}

/// Every fault of one entry of a rule's `from` or `to` at `path`.
///
/// Source: `ValidateNetworkPolicyPeer` of kubernetes/pkg/apis/networking/validation.
#[must_use]
pub fn network_policy_peer(
    peer: &NetworkPolicyPeer,
    options: &ValidateOptions,
    path: &Path,
) -> ErrorList {
    let NetworkPolicyPeer { pod_selector, namespace_selector, ip_block: block } = peer;
    let mut errors = ErrorList::new();
    if let Some(selector) = pod_selector {
        errors.append(label_selector(selector, options, &path.child("podSelector")));
    }
    if let Some(selector) = namespace_selector {
        errors.append(label_selector(selector, options, &path.child("namespaceSelector")));
    }
    if let Some(block) = block {
        errors.append(ip_block(block, options, &path.child("ipBlock")));
    }
    let has_selector = pod_selector.is_some() || namespace_selector.is_some();
    match (has_selector, block.is_some()) {
        (false, false) => {
            errors.push(Error::required(path, "must specify a peer", origin::PEER_REQUIRED));
        }
        (true, true) => errors.push(Error::forbidden(
            path,
            "may not specify both ipBlock and another peer",
            origin::PEER_EXCLUSIVE,
        )),
        _ => {}
    }
    errors
}

/// Every fault of a rule's `ports` at `path`.
pub(super) fn ports(ports: &[NetworkPolicyPort], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, port) in ports.iter().enumerate() {
        errors.append(network_policy_port(port, &path.index(index)));
    }
    errors
}

/// Every fault of a rule's `from` or `to` at `path`.
pub(super) fn peers(
    peers: &[NetworkPolicyPeer],
    options: &ValidateOptions,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, peer) in peers.iter().enumerate() {
        errors.append(network_policy_peer(peer, options, &path.index(index)));
    }
    errors
}

/// Faults of the last port of a range that begins at `first`.
fn end_port(first: i32, last: i32, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if last < first {
        let detail = "must be greater than or equal to `port`";
        errors.push(Error::invalid(path, last, detail, origin::END_PORT));
    }
    if let Some(fault) = port_number_fault(last) {
        errors.push(Error::invalid(path, last, fault, origin::END_PORT));
    }
    errors
}

/// Every fault of `policyTypes` at `path`.
pub(super) fn policy_types(types: &[String], path: &Path) -> ErrorList {
    let supported = ["Ingress", "Egress"];
    if types.len() > supported.len() {
        let detail = "may not specify more than two policyTypes";
        let error = Error::invalid(path, types.join(", "), detail, origin::POLICY_TYPES_MAX);
        return [error].into_iter().collect();
    }
    types
        .iter()
        .enumerate()
        .filter(|(_, policy_type)| !supported.contains(&policy_type.as_str()))
        .map(|(index, policy_type)| {
            Error::not_supported(&path.index(index), policy_type, &supported, origin::POLICY_TYPE)
        })
        .collect()
}

#[cfg(test)]
mod tests;
