use crate::manifest::tree::Node;
use crate::model::{LabelSelector, Object, PodTemplateSpec, Workload, WorkloadKind};

use super::at::At;
use super::decoder::{Decoder, Read};
use super::label_selector::{LABEL_SELECTOR, label_selector, unreadable_selector};
use super::object_meta::{OBJECT_META, object_meta};
use super::pod::{POD_SPEC, pod_spec};
use super::shape::{Field, Shape};

/// A Deployment and its kin, as far as they are read.
pub(in crate::manifest) static WORKLOAD: Shape =
    Shape::open(&[Field::of("metadata", &OBJECT_META), Field::of("spec", &SPEC)]);

/// `batch/v1` CronJob, as far as it is read.
pub(in crate::manifest) static CRON_JOB: Shape =
    Shape::open(&[Field::of("metadata", &OBJECT_META), Field::of("spec", &CRON_JOB_SPEC)]);

/// `v1` ReplicationController, whose selector is a plain map, as far as it is read.
pub(in crate::manifest) static REPLICATION_CONTROLLER: Shape = Shape::open(&[
    Field::of("metadata", &OBJECT_META),
    Field::of("spec", &REPLICATION_CONTROLLER_SPEC),
]);

static SPEC: Shape =
    Shape::open(&[Field::of("selector", &LABEL_SELECTOR), Field::of("template", &TEMPLATE)]);

static REPLICATION_CONTROLLER_SPEC: Shape =
    Shape::open(&[Field::plain("selector"), Field::of("template", &TEMPLATE)]);

static CRON_JOB_SPEC: Shape = Shape::open(&[Field::of("jobTemplate", &JOB_TEMPLATE)]);

static JOB_TEMPLATE: Shape = Shape::open(&[Field::of("spec", &SPEC)]);

static TEMPLATE: Shape =
    Shape::open(&[Field::of("metadata", &OBJECT_META), Field::of("spec", &POD_SPEC)]);

/// Reads a workload of the given kind.
pub(in crate::manifest) fn workload(
    kind: WorkloadKind,
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let fields = decoder.fields(node, at).unwrap_or_default();
    let metadata = decoder.read_or_default(fields, at, "metadata", object_meta);
    let read_spec = match kind {
        WorkloadKind::CronJob => cron_job_spec,
        WorkloadKind::ReplicationController => replication_controller_spec,
        _ => spec,
    };
    let Spec { selector, template } = decoder.read_or_default(fields, at, "spec", read_spec);
    Object::Workload(Workload { kind, metadata, selector, template })
}

#[derive(Default)]
struct Spec {
    selector: Option<LabelSelector>,
    template: PodTemplateSpec,
}

fn spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Spec> {
    let fields = decoder.fields(node, at)?;
    let selector = decoder.read_or_default(fields, at, "selector", |decoder, node, at| {
        Ok(Some(label_selector(decoder, node, at)))
    });
    Ok(Spec { selector, template: decoder.read_or_default(fields, at, "template", template) })
}

fn replication_controller_spec(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Spec> {
    let fields = decoder.fields(node, at)?;
    let selector = decoder.read_or_default(fields, at, "selector", |decoder, node, at| {
        Ok(Some(match decoder.string_map(node, at) {
            Ok((match_labels, false)) => LabelSelector { match_labels, ..Default::default() },
            _ => unreadable_selector(),
        }))
    });
    Ok(Spec { selector, template: decoder.read_or_default(fields, at, "template", template) })
}

fn cron_job_spec(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<Spec> {
    let fields = decoder.fields(node, at)?;
    let job = decoder.read_or_default(fields, at, "jobTemplate", |decoder, node, at| {
        let fields = decoder.fields(node, at)?;
        Ok(decoder.read_or_default(fields, at, "spec", spec))
    });
    // The selector of a CronJob's jobs is the server's, made anew for each of them.
    Ok(Spec { selector: None, ..job })
}

fn template(decoder: &mut Decoder<'_>, node: &Node<'_>, at: &At<'_>) -> Read<PodTemplateSpec> {
    let fields = decoder.fields(node, at)?;
    Ok(PodTemplateSpec {
        metadata: decoder.read_or_default(fields, at, "metadata", object_meta),
        spec: decoder.read_or_default(fields, at, "spec", pod_spec),
    })
}
