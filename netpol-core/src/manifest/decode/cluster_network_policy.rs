use crate::manifest::tree::Node;
use crate::model::{
    ClusterNetworkPolicy, ClusterNetworkPolicyEgressRule, ClusterNetworkPolicyIngressRule,
    ClusterNetworkPolicyPort, ClusterNetworkPolicyPortRange, ClusterNetworkPolicyProtocol,
    ClusterNetworkPolicyProtocolPorts, ClusterNetworkPolicySpec, Object,
};

use super::at::At;
use super::cluster_peers::{
    EGRESS_PEER, INGRESS_PEER, SUBJECT, egress_peers, ingress_peers, subject,
};
use super::decoder::{Decoder, Read, Unreadable};
use super::object_meta::OBJECT_META;
use super::parts::{elements, metadata_and_spec};
use super::shape::{Field, Shape};

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy, as its experimental schema has it. Its
/// status is known and ignored.
pub(in crate::manifest) static CLUSTER_NETWORK_POLICY: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &SPEC),
    Field::plain("status"),
]);

static SPEC: Shape = Shape::custom(&[
    Field::plain("tier"),
    Field::plain("priority"),
    Field::of("subject", &SUBJECT),
    Field::list_of("ingress", &INGRESS_RULE),
    Field::list_of("egress", &EGRESS_RULE),
]);

static INGRESS_RULE: Shape = Shape::custom(&[
    Field::plain("name"),
    Field::plain("action"),
    Field::list_of("from", &INGRESS_PEER),
    Field::list_of("protocols", &PROTOCOL),
]);

static EGRESS_RULE: Shape = Shape::custom(&[
    Field::plain("name"),
    Field::plain("action"),
    Field::list_of("to", &EGRESS_PEER),
    Field::list_of("protocols", &PROTOCOL),
]);

static PROTOCOL: Shape = Shape::custom(&[
    Field::of("tcp", &PROTOCOL_PORTS),
    Field::of("udp", &PROTOCOL_PORTS),
    Field::of("sctp", &PROTOCOL_PORTS),
    Field::plain("destinationNamedPort"),
]);

static PROTOCOL_PORTS: Shape = Shape::custom(&[Field::of("destinationPort", &PORT)]);

static PORT: Shape = Shape::custom(&[Field::plain("number"), Field::of("range", &PORT_RANGE)]);

static PORT_RANGE: Shape = Shape::custom(&[Field::plain("start"), Field::plain("end")]);

/// Reads a policy.
///
/// Whatever is unreadable in a rule becomes something that cannot be understood, so that the rule
/// closes; without a readable subject or tier the policy is nobody's.
pub(in crate::manifest) fn cluster_network_policy(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let unreadable = ClusterNetworkPolicySpec::default;
    let (metadata, spec) = metadata_and_spec(decoder, node, at, spec, unreadable);
    Object::ClusterNetworkPolicy(ClusterNetworkPolicy { metadata, spec })
}

fn spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<ClusterNetworkPolicySpec> {
    let fields = decoder.fields(node, at)?;
    Ok(ClusterNetworkPolicySpec {
        tier: decoder.read_or_default(fields, at, "tier", Decoder::string),
        priority: decoder.read(fields, at, "priority", Decoder::int32).ok().flatten(),
        subject: decoder.read(fields, at, "subject", subject)?,
        ingress: decoder.read_or_default(fields, at, "ingress", |decoder, node, at| {
            let unreadable = ClusterNetworkPolicyIngressRule::default;
            Ok(elements(decoder, node, at, ingress_rule, unreadable))
        }),
        egress: decoder.read_or_default(fields, at, "egress", |decoder, node, at| {
            let unreadable = ClusterNetworkPolicyEgressRule::default;
            Ok(elements(decoder, node, at, egress_rule, unreadable))
        }),
    })
}

fn ingress_rule(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicyIngressRule> {
    let fields = decoder.fields(node, at)?;
    Ok(ClusterNetworkPolicyIngressRule {
        name: decoder.read_or_default(fields, at, "name", Decoder::string),
        action: decoder.read_or_default(fields, at, "action", Decoder::string),
        from: decoder.read_or_default(fields, at, "from", ingress_peers),
        protocols: decoder.read(fields, at, "protocols", protocols)?,
    })
}

fn egress_rule(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicyEgressRule> {
    let fields = decoder.fields(node, at)?;
    Ok(ClusterNetworkPolicyEgressRule {
        name: decoder.read_or_default(fields, at, "name", Decoder::string),
        action: decoder.read_or_default(fields, at, "action", Decoder::string),
        to: decoder.read_or_default(fields, at, "to", egress_peers),
        protocols: decoder.read(fields, at, "protocols", protocols)?,
    })
}

fn protocols(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<ClusterNetworkPolicyProtocol>> {
    Ok(elements(decoder, node, at, protocol, ClusterNetworkPolicyProtocol::default))
}

fn protocol(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicyProtocol> {
    let fields = decoder.fields(node, at)?;
    let tcp = decoder.read(fields, at, "tcp", protocol_ports);
    let udp = decoder.read(fields, at, "udp", protocol_ports);
    let sctp = decoder.read(fields, at, "sctp", protocol_ports);
    let named = decoder.read(fields, at, "destinationNamedPort", Decoder::string);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(ClusterNetworkPolicyProtocol {
        tcp: tcp?,
        udp: udp?,
        sctp: sctp?,
        destination_named_port: named?,
    })
}

fn protocol_ports(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicyProtocolPorts> {
    let fields = decoder.fields(node, at)?;
    let destination_port = decoder.read(fields, at, "destinationPort", port);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(ClusterNetworkPolicyProtocolPorts { destination_port: destination_port? })
}

fn port(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<ClusterNetworkPolicyPort> {
    let fields = decoder.fields(node, at)?;
    let number = decoder.read(fields, at, "number", Decoder::int32);
    let range = decoder.read(fields, at, "range", port_range);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(ClusterNetworkPolicyPort { number: number?, range: range? })
}

fn port_range(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ClusterNetworkPolicyPortRange> {
    let fields = decoder.fields(node, at)?;
    let start = decoder.read(fields, at, "start", Decoder::int32);
    let end = decoder.read(fields, at, "end", Decoder::int32);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(ClusterNetworkPolicyPortRange { start: start?, end: end? })
}
