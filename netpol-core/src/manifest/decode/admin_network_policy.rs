use crate::manifest::tree::Node;
use crate::model::{
    AdminNetworkPolicy, AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule,
    AdminNetworkPolicyPort, AdminNetworkPolicyPortNumber, AdminNetworkPolicyPortRange,
    AdminNetworkPolicySpec, BaselineAdminNetworkPolicy, BaselineAdminNetworkPolicySpec, Object,
};

use super::at::At;
use super::cluster_peers::{
    BASELINE_EGRESS_PEER, EGRESS_PEER, INGRESS_PEER, SUBJECT, egress_peers, ingress_peers, subject,
};
use super::decoder::{Decoder, Read, Unreadable};
use super::object_meta::OBJECT_META;
use super::parts::{elements, metadata_and_spec};
use super::shape::{Field, Shape};

/// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy, as its experimental schema has it. Its
/// status is known and ignored.
pub(in crate::manifest) static ADMIN_NETWORK_POLICY: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &SPEC),
    Field::plain("status"),
]);

/// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy, likewise.
pub(in crate::manifest) static BASELINE_ADMIN_NETWORK_POLICY: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &BASELINE_SPEC),
    Field::plain("status"),
]);

static SPEC: Shape = Shape::custom(&[
    Field::plain("priority"),
    Field::of("subject", &SUBJECT),
    Field::list_of("ingress", &INGRESS_RULE),
    Field::list_of("egress", &EGRESS_RULE),
]);

static BASELINE_SPEC: Shape = Shape::custom(&[
    Field::of("subject", &SUBJECT),
    Field::list_of("ingress", &INGRESS_RULE),
    Field::list_of("egress", &BASELINE_EGRESS_RULE),
]);

static INGRESS_RULE: Shape = Shape::custom(&[
    Field::plain("name"),
    Field::plain("action"),
    Field::list_of("from", &INGRESS_PEER),
    Field::list_of("ports", &PORT),
]);

static EGRESS_RULE: Shape = Shape::custom(&[
    Field::plain("name"),
    Field::plain("action"),
    Field::list_of("to", &EGRESS_PEER),
    Field::list_of("ports", &PORT),
]);

static BASELINE_EGRESS_RULE: Shape = Shape::custom(&[
    Field::plain("name"),
    Field::plain("action"),
    Field::list_of("to", &BASELINE_EGRESS_PEER),
    Field::list_of("ports", &PORT),
]);

static PORT: Shape = Shape::custom(&[
    Field::of("portNumber", &PORT_NUMBER),
    Field::plain("namedPort"),
    Field::of("portRange", &PORT_RANGE),
]);

// Their protocol has a default, which stands in for null too.
static PORT_NUMBER: Shape = Shape::closed(&[Field::plain("protocol"), Field::plain("port")]);

static PORT_RANGE: Shape =
    Shape::closed(&[Field::plain("protocol"), Field::plain("start"), Field::plain("end")]);

/// Reads a policy, as [`cluster_network_policy`](super::cluster_network_policy()) does.
pub(in crate::manifest) fn admin_network_policy(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let unreadable = AdminNetworkPolicySpec::default;
    let (metadata, spec) = metadata_and_spec(decoder, node, at, spec, unreadable);
    Object::AdminNetworkPolicy(AdminNetworkPolicy { metadata, spec })
}

/// Reads a policy, as [`cluster_network_policy`](super::cluster_network_policy()) does.
pub(in crate::manifest) fn baseline_admin_network_policy(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let unreadable = BaselineAdminNetworkPolicySpec::default;
    let (metadata, spec) = metadata_and_spec(decoder, node, at, baseline_spec, unreadable);
    Object::BaselineAdminNetworkPolicy(BaselineAdminNetworkPolicy { metadata, spec })
}

fn spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<AdminNetworkPolicySpec> {
    let fields = decoder.fields(node, at)?;
    Ok(AdminNetworkPolicySpec {
        priority: decoder.read(fields, at, "priority", Decoder::int32).ok().flatten(),
        subject: decoder.read(fields, at, "subject", subject)?,
        ingress: decoder.read_or_default(fields, at, "ingress", ingress),
        egress: decoder.read_or_default(fields, at, "egress", egress),
    })
}

fn baseline_spec(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<BaselineAdminNetworkPolicySpec> {
    let fields = decoder.fields(node, at)?;
    Ok(BaselineAdminNetworkPolicySpec {
        subject: decoder.read(fields, at, "subject", subject)?,
        ingress: decoder.read_or_default(fields, at, "ingress", ingress),
        egress: decoder.read_or_default(fields, at, "egress", egress),
    })
}

fn ingress(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<AdminNetworkPolicyIngressRule>> {
    Ok(elements(decoder, node, at, ingress_rule, AdminNetworkPolicyIngressRule::default))
}

fn egress(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<AdminNetworkPolicyEgressRule>> {
    Ok(elements(decoder, node, at, egress_rule, AdminNetworkPolicyEgressRule::default))
}

fn ingress_rule(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<AdminNetworkPolicyIngressRule> {
    let fields = decoder.fields(node, at)?;
    Ok(AdminNetworkPolicyIngressRule {
        name: decoder.read_or_default(fields, at, "name", Decoder::string),
        action: decoder.read_or_default(fields, at, "action", Decoder::string),
        from: decoder.read_or_default(fields, at, "from", ingress_peers),
        ports: decoder.read(fields, at, "ports", ports)?,
    })
}

fn egress_rule(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<AdminNetworkPolicyEgressRule> {
    let fields = decoder.fields(node, at)?;
    Ok(AdminNetworkPolicyEgressRule {
        name: decoder.read_or_default(fields, at, "name", Decoder::string),
        action: decoder.read_or_default(fields, at, "action", Decoder::string),
        to: decoder.read_or_default(fields, at, "to", egress_peers),
        ports: decoder.read(fields, at, "ports", ports)?,
    })
}

fn ports(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<AdminNetworkPolicyPort>> {
    Ok(elements(decoder, node, at, port, AdminNetworkPolicyPort::default))
}

fn port(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<AdminNetworkPolicyPort> {
    let fields = decoder.fields(node, at)?;
    let port_number = decoder.read(fields, at, "portNumber", port_number);
    let named_port = decoder.read(fields, at, "namedPort", Decoder::string);
    let port_range = decoder.read(fields, at, "portRange", port_range);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(AdminNetworkPolicyPort {
        port_number: port_number?,
        named_port: named_port?,
        port_range: port_range?,
    })
}

fn port_number(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<AdminNetworkPolicyPortNumber> {
    let fields = decoder.fields(node, at)?;
    let protocol = decoder.read(fields, at, "protocol", Decoder::string);
    let port = decoder.read(fields, at, "port", Decoder::int32);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(AdminNetworkPolicyPortNumber { protocol: protocol?, port: port? })
}

fn port_range(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<AdminNetworkPolicyPortRange> {
    let fields = decoder.fields(node, at)?;
    let protocol = decoder.read(fields, at, "protocol", Decoder::string);
    let start = decoder.read(fields, at, "start", Decoder::int32);
    let end = decoder.read(fields, at, "end", Decoder::int32);
    if decoder.is_strange(fields, at) {
        return Err(Unreadable);
    }
    Ok(AdminNetworkPolicyPortRange { protocol: protocol?, start: start?, end: end? })
}
