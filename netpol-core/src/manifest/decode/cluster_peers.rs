//! What the cluster-wide policies of both versions have in common: subjects and peers.
//!
//! Each of these types says what it says with exactly one of its fields, and a newer API may have
//! others. Whatever is unreadable, or given together with a field that is unknown here, becomes an
//! empty one, which nobody can take for something that was meant.

use crate::manifest::tree::Node;
use crate::model::{
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicySubject,
    LabelSelector, NamespacedPod,
};

use super::at::At;
use super::decoder::{Decoder, Read, Unreadable};
use super::label_selector::CUSTOM_LABEL_SELECTOR;
use super::parts::{elements, selector, strings};
use super::shape::{Field, Shape};

/// A subject.
pub(super) static SUBJECT: Shape = Shape::custom(&[
    Field::of("namespaces", &CUSTOM_LABEL_SELECTOR),
    Field::of("pods", &NAMESPACED_POD),
]);

/// A source.
pub(super) static INGRESS_PEER: Shape = Shape::custom(&[
    Field::of("namespaces", &CUSTOM_LABEL_SELECTOR),
    Field::of("pods", &NAMESPACED_POD),
]);

/// A destination.
pub(super) static EGRESS_PEER: Shape = Shape::custom(&[
    Field::of("namespaces", &CUSTOM_LABEL_SELECTOR),
    Field::of("pods", &NAMESPACED_POD),
    Field::of("nodes", &CUSTOM_LABEL_SELECTOR),
    Field::plain("networks"),
    Field::plain("domainNames"),
]);

/// A destination of BaselineAdminNetworkPolicy.
pub(super) static BASELINE_EGRESS_PEER: Shape = Shape::custom(&[
    Field::of("namespaces", &CUSTOM_LABEL_SELECTOR),
    Field::of("pods", &NAMESPACED_POD),
    Field::of("nodes", &CUSTOM_LABEL_SELECTOR),
    Field::plain("networks"),
]);

static NAMESPACED_POD: Shape = Shape::custom(&[
    Field::of("namespaceSelector", &CUSTOM_LABEL_SELECTOR),
    Field::of("podSelector", &CUSTOM_LABEL_SELECTOR),
]);

/// Reads a subject; one that is unreadable selects nobody.
pub(super) fn subject(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicySubject> {
    let Ok(fields) = decoder.fields(node, at) else {
        return Ok(ClusterNetworkPolicySubject::default());
    };
    let namespaces = decoder.read_or_default(fields, at, "namespaces", some_selector);
    let pods = decoder.read_or_default(fields, at, "pods", namespaced_pod);
    if decoder.is_strange(fields, at) {
        return Ok(ClusterNetworkPolicySubject::default());
    }
    Ok(ClusterNetworkPolicySubject { namespaces, pods })
}

/// Reads the sources of a rule.
pub(super) fn ingress_peers(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<ClusterNetworkPolicyIngressPeer>> {
    Ok(elements(decoder, node, at, ingress_peer, ClusterNetworkPolicyIngressPeer::default))
}

/// Reads the destinations of a rule.
pub(super) fn egress_peers(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<ClusterNetworkPolicyEgressPeer>> {
    Ok(elements(decoder, node, at, egress_peer, ClusterNetworkPolicyEgressPeer::default))
}

fn ingress_peer(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicyIngressPeer> {
    let fields = decoder.fields(node, at)?;
    let namespaces = decoder.read_or_default(fields, at, "namespaces", some_selector);
    let pods = decoder.read_or_default(fields, at, "pods", namespaced_pod);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(ClusterNetworkPolicyIngressPeer { namespaces, pods })
}

fn egress_peer(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicyEgressPeer> {
    let fields = decoder.fields(node, at)?;
    let peer = ClusterNetworkPolicyEgressPeer {
        namespaces: decoder.read_or_default(fields, at, "namespaces", some_selector),
        pods: decoder.read_or_default(fields, at, "pods", namespaced_pod),
        nodes: decoder.read_or_default(fields, at, "nodes", some_selector),
        networks: decoder.read(fields, at, "networks", strings)?,
        domain_names: if at.shape.is_some_and(|shape| shape.field("domainNames").is_some()) {
            decoder.read(fields, at, "domainNames", strings)?
        } else {
            None
        },
    };
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(peer)
}

/// One that is unreadable has no selectors, and so selects nobody.
fn namespaced_pod(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Option<NamespacedPod>> {
    let Ok(fields) = decoder.fields(node, at) else { return Ok(Some(NamespacedPod::default())) };
    let namespace_selector =
        decoder.read_or_default(fields, at, "namespaceSelector", some_selector);
    let pod_selector = decoder.read_or_default(fields, at, "podSelector", some_selector);
    if decoder.is_strange(fields, at) {
        return Ok(Some(NamespacedPod::default()));
    }
    Ok(Some(NamespacedPod { namespace_selector, pod_selector }))
}

fn some_selector(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Option<LabelSelector>> {
    selector(decoder, node, at).map(Some)
}
