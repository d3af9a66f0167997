use crate::manifest::tree::Node;
use crate::model::{Labels, Object, Service, ServicePort, ServiceSpec};

use super::at::At;
use super::decoder::{Decoder, Read, Unreadable};
use super::object_meta::OBJECT_META;
use super::parts::{elements, metadata_and_spec, strings};
use super::shape::{Field, Shape};

/// `v1.Service`, with the fields that are known and not read.
pub(in crate::manifest) static SERVICE: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &SPEC),
    Field::plain("status"),
]);

static SPEC: Shape = Shape::closed(&[
    Field::list_of("ports", &PORT),
    Field::plain("selector"),
    Field::plain("clusterIP"),
    Field::plain("clusterIPs"),
    Field::plain("type"),
    Field::plain("externalIPs"),
    Field::plain("sessionAffinity"),
    Field::plain("loadBalancerIP"),
    Field::plain("loadBalancerSourceRanges"),
    Field::plain("externalName"),
    Field::plain("externalTrafficPolicy"),
    Field::plain("healthCheckNodePort"),
    Field::plain("publishNotReadyAddresses"),
    Field::plain("sessionAffinityConfig"),
    Field::plain("ipFamilies"),
    Field::plain("ipFamilyPolicy"),
    Field::plain("allocateLoadBalancerNodePorts"),
    Field::plain("loadBalancerClass"),
    Field::plain("internalTrafficPolicy"),
    Field::plain("trafficDistribution"),
]);

static PORT: Shape = Shape::closed(&[
    Field::plain("name"),
    Field::plain("protocol"),
    Field::plain("appProtocol"),
    Field::plain("port"),
    Field::plain("targetPort"),
    Field::plain("nodePort"),
]);

/// Reads a Service. What is unreadable in it becomes something that validation refuses and that
/// questions about the Service have no answer to.
pub(in crate::manifest) fn service(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let (metadata, spec) = metadata_and_spec(decoder, node, at, spec, || ServiceSpec {
        selector: unreadable_selector(),
        ..ServiceSpec::default()
    });
    Object::Service(Service { metadata, spec })
}

fn spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<ServiceSpec> {
    let fields = decoder.fields(node, at)?;
    Ok(ServiceSpec {
        kind: decoder.read_or_default(fields, at, "type", |decoder, node, at| {
            let kind = decoder.string(node, at);
            Ok(kind.unwrap_or_else(|Unreadable| "?".to_owned()))
        }),
        selector: decoder.read_or_default(fields, at, "selector", selector),
        ports: decoder.read_or_default(fields, at, "ports", |decoder, node, at| {
            Ok(elements(decoder, node, at, port, ServicePort::default))
        }),
        cluster_ip: decoder.read_or_default(fields, at, "clusterIP", Decoder::string),
        cluster_ips: decoder.read_or_default(fields, at, "clusterIPs", strings),
        ip_families: decoder.read_or_default(fields, at, "ipFamilies", strings),
        external_ips: decoder.read_or_default(fields, at, "externalIPs", strings),
        external_name: decoder.read_or_default(fields, at, "externalName", Decoder::string),
        publish_not_ready_addresses: decoder.read_or_default(
            fields,
            at,
            "publishNotReadyAddresses",
            Decoder::boolean,
        ),
        internal_traffic_policy: decoder
            .read(fields, at, "internalTrafficPolicy", Decoder::string)
            .ok()
            .flatten(),
    })
}

fn port(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<ServicePort> {
    let fields = decoder.fields(node, at)?;
    let name = decoder.read(fields, at, "name", Decoder::string);
    let protocol = decoder.read(fields, at, "protocol", Decoder::string);
    let port = decoder.read(fields, at, "port", Decoder::int32);
    let target_port = decoder.read(fields, at, "targetPort", Decoder::int_or_string);
    Ok(ServicePort {
        name: name?.unwrap_or_default(),
        protocol: protocol?,
        port: port?.unwrap_or_default(),
        target_port: target_port?,
    })
}

fn selector(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Labels> {
    Ok(match decoder.string_map(node, at) {
        Ok((selector, false)) => selector,
        Ok((_, true)) | Err(Unreadable) => {
            decoder.stand_in(at.path());
            unreadable_selector()
        }
    })
}

/// A selector that nothing has, in the place of one that cannot be read.
fn unreadable_selector() -> Labels {
    Labels::from([(String::new(), String::new())])
}
