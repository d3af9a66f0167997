use crate::manifest::tree::Node;
use crate::model::{
    IpBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec, Object,
};

use super::at::At;
use super::decoder::{Decoder, Read};
use super::label_selector::{LABEL_SELECTOR, unreadable_selector};
use super::object_meta::OBJECT_META;
use super::parts::{elements, metadata_and_spec, selector, strings};
use super::shape::{Field, Shape};

/// `networking.k8s.io/v1` NetworkPolicy, and `extensions/v1beta1` NetworkPolicy. Its status, which one release had, is known and ignored.
pub(in crate::manifest) static NETWORK_POLICY: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &SPEC),
    Field::plain("status"),
]);

static SPEC: Shape = Shape::closed(&[
    Field::of("podSelector", &LABEL_SELECTOR),
    Field::list_of("ingress", &INGRESS_RULE),
    Field::list_of("egress", &EGRESS_RULE),
    Field::plain("policyTypes"),
]);

static INGRESS_RULE: Shape =
    Shape::closed(&[Field::list_of("ports", &PORT), Field::list_of("from", &PEER)]);

static EGRESS_RULE: Shape =
    Shape::closed(&[Field::list_of("ports", &PORT), Field::list_of("to", &PEER)]);

static PORT: Shape =
    Shape::closed(&[Field::plain("protocol"), Field::plain("port"), Field::plain("endPort")]);

static PEER: Shape = Shape::closed(&[
    Field::of("podSelector", &LABEL_SELECTOR),
    Field::of("namespaceSelector", &LABEL_SELECTOR),
    Field::of("ipBlock", &IP_BLOCK),
]);

static IP_BLOCK: Shape = Shape::closed(&[Field::plain("cidr"), Field::plain("except")]);

/// Reads a policy.
///
/// Whatever is unreadable in it becomes something that validation refuses and that matches nothing:
/// a policy that a cluster holds keeps isolating what it isolates, and lets through only what could
/// be read.
pub(in crate::manifest) fn network_policy(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let (metadata, spec) = metadata_and_spec(decoder, node, at, spec, || NetworkPolicySpec {
        pod_selector: unreadable_selector(),
        ..Default::default()
    });
    Object::NetworkPolicy(NetworkPolicy { metadata, spec })
}

fn spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<NetworkPolicySpec> {
    let fields = decoder.fields(node, at)?;
    Ok(NetworkPolicySpec {
        pod_selector: decoder.read_or_default(fields, at, "podSelector", selector),
        ingress: decoder.read_or_default(fields, at, "ingress", |decoder, node, at| {
            Ok(elements(decoder, node, at, ingress_rule, unreadable_ingress_rule))
        }),
        egress: decoder.read_or_default(fields, at, "egress", egress),
        policy_types: decoder.read_or_default(fields, at, "policyTypes", strings),
    })
}

fn ingress_rule(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<NetworkPolicyIngressRule> {
    let fields = decoder.fields(node, at)?;
    Ok(NetworkPolicyIngressRule {
        from: decoder.read_or_default(fields, at, "from", peers),
        ports: decoder.read_or_default(fields, at, "ports", ports),
    })
}

/// The rules for what goes out.
pub(super) fn egress(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<NetworkPolicyEgressRule>> {
    Ok(elements(decoder, node, at, egress_rule, unreadable_egress_rule))
}

fn egress_rule(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<NetworkPolicyEgressRule> {
    let fields = decoder.fields(node, at)?;
    Ok(NetworkPolicyEgressRule {
        to: decoder.read_or_default(fields, at, "to", peers),
        ports: decoder.read_or_default(fields, at, "ports", ports),
    })
}

/// The peers of a rule.
pub(super) fn peers(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<NetworkPolicyPeer>> {
    Ok(elements(decoder, node, at, peer, unreadable_peer))
}

fn peer(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<NetworkPolicyPeer> {
    let fields = decoder.fields(node, at)?;
    let pod_selector = decoder.read(fields, at, "podSelector", selector);
    let namespace_selector = decoder.read(fields, at, "namespaceSelector", selector);
    let ip_block = decoder.read(fields, at, "ipBlock", ip_block);
    Ok(NetworkPolicyPeer {
        pod_selector: pod_selector?,
        namespace_selector: namespace_selector?,
        ip_block: ip_block?,
    })
}

/// The ports of a rule.
pub(super) fn ports(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<NetworkPolicyPort>> {
    Ok(elements(decoder, node, at, port, unreadable_port))
}

fn port(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<NetworkPolicyPort> {
    let fields = decoder.fields(node, at)?;
    let protocol = decoder.read(fields, at, "protocol", Decoder::string);
    let port = decoder.read(fields, at, "port", Decoder::int_or_string);
    let end_port = decoder.read(fields, at, "endPort", Decoder::int32);
    Ok(NetworkPolicyPort { protocol: protocol?, port: port?, end_port: end_port? })
}

fn ip_block(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<IpBlock> {
    let fields = decoder.fields(node, at)?;
    let cidr = decoder.read(fields, at, "cidr", Decoder::string);
    let except = decoder.read_or_default(fields, at, "except", strings);
    Ok(IpBlock { cidr: cidr?.unwrap_or_default(), except })
}

/// The peer in the place of one that cannot be read.
pub(super) fn unreadable_peer() -> NetworkPolicyPeer {
    NetworkPolicyPeer::default()
}

fn unreadable_port() -> NetworkPolicyPort {
    NetworkPolicyPort { protocol: Some(String::new()), ..Default::default() }
}

fn unreadable_ingress_rule() -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: vec![unreadable_peer()], ..Default::default() }
}

fn unreadable_egress_rule() -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: vec![unreadable_peer()], ..Default::default() }
}
