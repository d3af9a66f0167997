use crate::manifest::tree::Node;
use crate::model::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, Object, ObjectReference,
};

use super::at::At;
use super::decoder::{Decoder, Read, Unreadable};
use super::object_meta::{OBJECT_META, object_meta};
use super::parts::{elements, strings};
use super::shape::{Field, Shape};

/// `discovery.k8s.io/v1.EndpointSlice`, with the fields that are known and not read.
pub(in crate::manifest) static ENDPOINT_SLICE: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::plain("addressType"),
    Field::list_of("endpoints", &ENDPOINT),
    Field::list_of("ports", &PORT),
]);

static ENDPOINT: Shape = Shape::closed(&[
    Field::plain("addresses"),
    Field::of("conditions", &CONDITIONS),
    Field::plain("hostname"),
    Field::of("targetRef", &OBJECT_REFERENCE),
    Field::plain("deprecatedTopology"),
    Field::plain("nodeName"),
    Field::plain("zone"),
    Field::plain("hints"),
]);

static CONDITIONS: Shape =
    Shape::closed(&[Field::plain("ready"), Field::plain("serving"), Field::plain("terminating")]);

static OBJECT_REFERENCE: Shape = Shape::closed(&[
    Field::plain("kind"),
    Field::plain("namespace"),
    Field::plain("name"),
    Field::plain("uid"),
    Field::plain("apiVersion"),
    Field::plain("resourceVersion"),
    Field::plain("fieldPath"),
]);

static PORT: Shape = Shape::closed(&[
    Field::plain("name"),
    Field::plain("protocol"),
    Field::plain("port"),
    Field::plain("appProtocol"),
]);

/// Reads an EndpointSlice. An endpoint that is unreadable is one without an address, which
/// validation refuses, and which leaves questions about the Service without an answer.
pub(in crate::manifest) fn endpoint_slice(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let fields = decoder.fields(node, at).unwrap_or_default();
    Object::EndpointSlice(EndpointSlice {
        metadata: decoder.read_or_default(fields, at, "metadata", object_meta),
        address_type: decoder.read_or_default(fields, at, "addressType", Decoder::string),
        endpoints: decoder.read_or_default(fields, at, "endpoints", |decoder, node, at| {
            Ok(elements(decoder, node, at, endpoint, Endpoint::default))
        }),
        ports: decoder.read_or_default(fields, at, "ports", |decoder, node, at| {
            Ok(elements(decoder, node, at, port, unreadable_port))
        }),
    })
}

fn endpoint(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Endpoint> {
    let fields = decoder.fields(node, at)?;
    Ok(Endpoint {
        addresses: decoder.read_or_default(fields, at, "addresses", strings),
        conditions: decoder.read_or_default(fields, at, "conditions", conditions),
        target_ref: decoder.read(fields, at, "targetRef", object_reference).ok().flatten(),
    })
}

/// What cannot be read is not said, so that the endpoint is taken to get traffic.
fn conditions(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<EndpointConditions> {
    let fields = decoder.fields(node, at)?;
    let mut condition = |name| decoder.read(fields, at, name, Decoder::boolean).ok().flatten();
    Ok(EndpointConditions {
        ready: condition("ready"),
        serving: condition("serving"),
        terminating: condition("terminating"),
    })
}

fn object_reference(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ObjectReference> {
    let fields = decoder.fields(node, at)?;
    Ok(ObjectReference {
        kind: decoder.read_or_default(fields, at, "kind", Decoder::string),
        namespace: decoder.read_or_default(fields, at, "namespace", Decoder::string),
        name: decoder.read_or_default(fields, at, "name", Decoder::string),
    })
}

fn port(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<EndpointPort> {
    let fields = decoder.fields(node, at)?;
    let name = decoder.read(fields, at, "name", Decoder::string);
    let protocol = decoder.read(fields, at, "protocol", Decoder::string);
    let port = decoder.read(fields, at, "port", Decoder::int32);
    match (name, protocol, port) {
        (Ok(name), Ok(protocol), Ok(port)) => Ok(EndpointPort { name, protocol, port }),
        _ => Err(Unreadable),
    }
}

fn unreadable_port() -> EndpointPort {
    EndpointPort { protocol: Some(String::new()), ..EndpointPort::default() }
}
