use crate::manifest::tree::Node as Tree;
use crate::model::{Node, NodeAddress, NodeSpec, NodeStatus, Object};

use super::at::At;
use super::decoder::{Decoder, Read};
use super::object_meta::{OBJECT_META, object_meta};
use super::shape::{Field, Shape};

/// `v1.Node`, as far as it is read.
pub(in crate::manifest) static NODE: Shape = Shape::open(&[
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &SPEC),
    Field::of("status", &STATUS),
]);

static SPEC: Shape = Shape::open(&[Field::plain("podCIDR"), Field::plain("podCIDRs")]);

static STATUS: Shape = Shape::open(&[Field::list_of("addresses", &ADDRESS)]);

static ADDRESS: Shape = Shape::open(&[Field::plain("type"), Field::plain("address")]);

/// Reads a node.
pub(in crate::manifest) fn node(decoder: &mut Decoder<'_>, node: &Tree<'_>, at: &At<'_>) -> Object {
    let fields = decoder.fields(node, at).unwrap_or_default();
    Object::Node(Node {
        metadata: decoder.read_or_default(fields, at, "metadata", object_meta),
        spec: decoder.read_or_default(fields, at, "spec", spec),
        status: decoder.read_or_default(fields, at, "status", status),
    })
}

fn spec(decoder: &mut Decoder<'_>, node: &Tree<'_>, at: &At<'_>) -> Read<NodeSpec> {
    let fields = decoder.fields(node, at)?;
    Ok(NodeSpec {
        pod_cidr: decoder.read_or_default(fields, at, "podCIDR", Decoder::string),
        pod_cidrs: decoder.read_or_default(fields, at, "podCIDRs", Decoder::strings),
    })
}

fn status(decoder: &mut Decoder<'_>, node: &Tree<'_>, at: &At<'_>) -> Read<NodeStatus> {
    let fields = decoder.fields(node, at)?;
    Ok(NodeStatus { addresses: decoder.read_or_default(fields, at, "addresses", addresses) })
}

fn addresses(decoder: &mut Decoder<'_>, node: &Tree<'_>, at: &At<'_>) -> Read<Vec<NodeAddress>> {
    decoder.list(node, at, |decoder, node, at| {
        let fields = decoder.fields(node, at).unwrap_or_default();
        NodeAddress {
            kind: decoder.read_or_default(fields, at, "type", Decoder::string),
            address: decoder.read_or_default(fields, at, "address", Decoder::string),
        }
    })
}
