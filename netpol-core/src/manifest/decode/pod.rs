use crate::manifest::tree::Node;
use crate::model::{Container, ContainerPort, Object, Pod, PodCondition, PodSpec, PodStatus};

use super::at::At;
use super::decoder::{Decoder, Read};
use super::object_meta::{OBJECT_META, object_meta};
use super::shape::{Field, Shape};

/// `v1.Pod`, as far as it is read.
pub(in crate::manifest) static POD: Shape = Shape::open(&[
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &POD_SPEC),
    Field::of("status", &STATUS),
]);

/// `v1.PodSpec`, as far as it is read.
pub(super) static POD_SPEC: Shape = Shape::open(&[
    Field::plain("nodeName"),
    Field::plain("hostNetwork"),
    Field::list_of("containers", &CONTAINER),
    Field::list_of("initContainers", &CONTAINER),
]);

static CONTAINER: Shape = Shape::open(&[
    Field::plain("name"),
    Field::list_of("ports", &CONTAINER_PORT),
    Field::plain("restartPolicy"),
]);

static CONTAINER_PORT: Shape =
    Shape::open(&[Field::plain("name"), Field::plain("containerPort"), Field::plain("protocol")]);

static STATUS: Shape = Shape::open(&[
    Field::plain("phase"),
    Field::plain("podIP"),
    Field::list_of("podIPs", &IP),
    Field::plain("hostIP"),
    Field::list_of("hostIPs", &IP),
    Field::list_of("conditions", &CONDITION),
]);

static CONDITION: Shape = Shape::open(&[Field::plain("type"), Field::plain("status")]);

static IP: Shape = Shape::open(&[Field::plain("ip")]);

/// Reads a pod.
pub(in crate::manifest) fn pod(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Object {
    let fields = decoder.fields(node, at).unwrap_or_default();
    Object::Pod(Pod {
        metadata: decoder.read_or_default(fields, at, "metadata", object_meta),
        spec: decoder.read_or_default(fields, at, "spec", pod_spec),
        status: decoder.read_or_default(fields, at, "status", status),
    })
}

/// Reads the spec of a pod or of a pod template.
pub(super) fn pod_spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<PodSpec> {
    let fields = decoder.fields(node, at)?;
    Ok(PodSpec {
        node_name: decoder.read_or_default(fields, at, "nodeName", Decoder::string),
        host_network: decoder.read_or_default(fields, at, "hostNetwork", Decoder::boolean),
        containers: decoder.read_or_default(fields, at, "containers", containers),
        init_containers: decoder.read_or_default(fields, at, "initContainers", containers),
    })
}

fn containers(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Vec<Container>> {
    decoder.list(node, at, |decoder, node, at| {
        let fields = decoder.fields(node, at).unwrap_or_default();
        Container {
            name: decoder.read_or_default(fields, at, "name", Decoder::string),
            ports: decoder.read_or_default(fields, at, "ports", ports),
            restart_policy: decoder
                .read(fields, at, "restartPolicy", Decoder::string)
                .ok()
                .flatten(),
        }
    })
}

fn ports(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Vec<ContainerPort>> {
    decoder.list(node, at, |decoder, node, at| {
        let fields = decoder.fields(node, at).unwrap_or_default();
        ContainerPort {
            name: decoder.read_or_default(fields, at, "name", Decoder::string),
            container_port: decoder.read_or_default(fields, at, "containerPort", Decoder::int32),
            protocol: decoder.read(fields, at, "protocol", Decoder::string).ok().flatten(),
        }
    })
}

fn status(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<PodStatus> {
    let fields = decoder.fields(node, at)?;
    Ok(PodStatus {
        phase: decoder.read_or_default(fields, at, "phase", Decoder::string),
        pod_ip: decoder.read_or_default(fields, at, "podIP", Decoder::string),
        pod_ips: decoder.read_or_default(fields, at, "podIPs", ips),
        host_ip: decoder.read_or_default(fields, at, "hostIP", Decoder::string),
        host_ips: decoder.read_or_default(fields, at, "hostIPs", ips),
        conditions: decoder.read_or_default(fields, at, "conditions", conditions),
    })
}

/// The condition that matters, of the handful that every pod of a dump has.
fn conditions(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Vec<PodCondition>> {
    let conditions = decoder.list(node, at, |decoder, node, at| {
        let fields = decoder.fields(node, at).unwrap_or_default();
        let kind = decoder.read_or_default(fields, at, "type", Decoder::string);
        (kind == "Ready").then(|| PodCondition {
            kind,
            status: decoder.read_or_default(fields, at, "status", Decoder::string),
        })
    })?;
    Ok(conditions.into_iter().flatten().collect())
}

fn ips(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Vec<String>> {
    decoder.list(node, at, |decoder, node, at| {
        let fields = decoder.fields(node, at).unwrap_or_default();
        decoder.read_or_default(fields, at, "ip", Decoder::string)
    })
}
