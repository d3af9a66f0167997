use crate::manifest::tree::Node;
use crate::model::{
    AlphaAllowIncoming, AlphaInboundRule, AlphaNetworkPolicy, AlphaNetworkPolicySpec, AlphaPeer,
    AlphaPort, Labels, Object,
};

use super::at::At;
use super::decoder::{Decoder, Read, Unreadable};
use super::object_meta::OBJECT_META;
use super::parts::{elements, metadata_and_spec};
use super::shape::{Field, Shape};

/// `net.alpha.kubernetes.io/v1alpha1` NetworkPolicy.
pub(in crate::manifest) static ALPHA_NETWORK_POLICY: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &SPEC),
    Field::plain("status"),
]);

static SPEC: Shape = Shape::closed(&[
    Field::plain("podSelector"),
    Field::of("allowIncoming", &ALLOW_INCOMING),
    Field::list_of("inbound", &INBOUND_RULE),
]);

static ALLOW_INCOMING: Shape =
    Shape::closed(&[Field::list_of("from", &PEER), Field::list_of("toPorts", &PORT)]);

static INBOUND_RULE: Shape =
    Shape::closed(&[Field::list_of("from", &PEER), Field::list_of("ports", &PORT)]);

static PEER: Shape = Shape::closed(&[Field::plain("pods"), Field::plain("namespaces")]);

static PORT: Shape = Shape::closed(&[Field::plain("port"), Field::plain("protocol")]);

/// Reads a policy of the third-party resource of 2016. What is unreadable in it matches nothing, as
/// in its successors.
pub(in crate::manifest) fn alpha_network_policy(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let unreadable =
        || AlphaNetworkPolicySpec { pod_selector: unreadable_labels(), ..Default::default() };
    let (metadata, spec) = metadata_and_spec(decoder, node, at, spec, unreadable);
    Object::AlphaNetworkPolicy(AlphaNetworkPolicy { metadata, spec })
}

/// Whether the spec of an object of kind NetworkPolicy that names no apiVersion is of this form.
pub(in crate::manifest) fn is_alpha_network_policy(node: &Node<'_>) -> bool {
    node.get("spec").is_some_and(|spec| {
        ["allowIncoming", "inbound"].iter().any(|name| spec.value.get(name).is_some())
    })
}

fn spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<AlphaNetworkPolicySpec> {
    let fields = decoder.fields(node, at)?;
    let allow_incoming = decoder.read(fields, at, "allowIncoming", allow_incoming);
    Ok(AlphaNetworkPolicySpec {
        pod_selector: decoder.read_or_default(fields, at, "podSelector", labels),
        allow_incoming: allow_incoming.unwrap_or_else(|Unreadable| {
            Some(AlphaAllowIncoming { from: vec![AlphaPeer::default()], to_ports: Vec::new() })
        }),
        inbound: decoder.read_or_default(fields, at, "inbound", |decoder, node, at| {
            Ok(elements(decoder, node, at, inbound_rule, || AlphaInboundRule {
                from: vec![AlphaPeer::default()],
                ports: Vec::new(),
            }))
        }),
    })
}

fn allow_incoming(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<AlphaAllowIncoming> {
    let fields = decoder.fields(node, at)?;
    Ok(AlphaAllowIncoming {
        from: decoder.read_or_default(fields, at, "from", peers),
        to_ports: decoder.read_or_default(fields, at, "toPorts", ports),
    })
}

fn inbound_rule(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<AlphaInboundRule> {
    let fields = decoder.fields(node, at)?;
    Ok(AlphaInboundRule {
        from: decoder.read_or_default(fields, at, "from", peers),
        ports: decoder.read_or_default(fields, at, "ports", ports),
    })
}

fn peers(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Vec<AlphaPeer>> {
    Ok(elements(decoder, node, at, peer, AlphaPeer::default))
}

fn peer(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<AlphaPeer> {
    let fields = decoder.fields(node, at)?;
    let pods = decoder.read(fields, at, "pods", labels);
    // It never meant anything, so that it matters only whether it is there.
    let namespaces = decoder.read(fields, at, "namespaces", labels);
    Ok(AlphaPeer { pods: pods?, namespaces: namespaces? })
}

fn ports(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Vec<AlphaPort>> {
    let unreadable = || AlphaPort { port: None, protocol: Some(String::new()) };
    Ok(elements(decoder, node, at, port, unreadable))
}

fn port(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<AlphaPort> {
    let fields = decoder.fields(node, at)?;
    let port = decoder.read(fields, at, "port", Decoder::int_or_string);
    let protocol = decoder.read(fields, at, "protocol", Decoder::string);
    Ok(AlphaPort { port: port?, protocol: protocol? })
}

/// A plain map of labels; one with anything unreadable in it asks for a label that nobody can have.
fn labels(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Labels> {
    match decoder.string_map(node, at) {
        Ok((labels, false)) => Ok(labels),
        Ok((_, true)) => {
            decoder.stand_in(at.path());
            Ok(unreadable_labels())
        }
        Err(Unreadable) => Ok(unreadable_labels()),
    }
}

fn unreadable_labels() -> Labels {
    Labels::from([(String::new(), String::new())])
}
