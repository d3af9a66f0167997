use crate::manifest::tree::Node;
use crate::model::{ManagedFieldsEntry, ObjectMeta, OwnerReference};

use super::at::At;
use super::decoder::{Decoder, Read};
use super::shape::{Field, Shape};

/// `metav1.ObjectMeta`, with the fields that are known and not read.
pub(in crate::manifest) static OBJECT_META: Shape = Shape::closed(&[
    Field::plain("name"),
    Field::plain("generateName"),
    Field::plain("namespace"),
    Field::plain("selfLink"),
    Field::plain("uid"),
    Field::plain("resourceVersion"),
    Field::plain("generation"),
    Field::plain("creationTimestamp"),
    Field::plain("deletionTimestamp"),
    Field::plain("deletionGracePeriodSeconds"),
    Field::plain("labels"),
    Field::plain("annotations"),
    Field::list_of("ownerReferences", &OWNER_REFERENCE),
    Field::plain("finalizers"),
    Field::list_of("managedFields", &MANAGED_FIELDS_ENTRY),
]);

static OWNER_REFERENCE: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::plain("name"),
    Field::plain("uid"),
    Field::plain("controller"),
    Field::plain("blockOwnerDeletion"),
]);

static MANAGED_FIELDS_ENTRY: Shape = Shape::closed(&[
    Field::plain("manager"),
    Field::plain("operation"),
    Field::plain("apiVersion"),
    Field::plain("time"),
    Field::plain("fieldsType"),
    Field::plain("fieldsV1"),
    Field::plain("subresource"),
]);

/// Reads the metadata of an object. What is unreadable in it is left empty, except values of labels
/// and annotations, which are kept as written: a label that vanishes could open what a policy
/// isolates.
pub(in crate::manifest) fn object_meta(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<ObjectMeta> {
    let fields = decoder.fields(node, at)?;
    Ok(ObjectMeta {
        name: decoder.read_or_default(fields, at, "name", Decoder::string),
        generate_name: decoder.read_or_default(fields, at, "generateName", Decoder::string),
        namespace: decoder.read_or_default(fields, at, "namespace", Decoder::string),
        uid: decoder.read_or_default(fields, at, "uid", Decoder::string),
        resource_version: decoder.read_or_default(fields, at, "resourceVersion", Decoder::string),
        generation: decoder.read_or_default(fields, at, "generation", Decoder::int64),
        creation_timestamp: decoder
            .read(fields, at, "creationTimestamp", Decoder::timestamp)
            .ok()
            .flatten(),
        deletion_timestamp: decoder
            .read(fields, at, "deletionTimestamp", Decoder::timestamp)
            .ok()
            .flatten(),
        deletion_grace_period_seconds: decoder
            .read(fields, at, "deletionGracePeriodSeconds", Decoder::int64)
            .ok()
            .flatten(),
        labels: decoder.read_or_default(fields, at, "labels", Decoder::string_map).0,
        annotations: decoder.read_or_default(fields, at, "annotations", Decoder::string_map).0,
        owner_references: decoder.read_or_default(fields, at, "ownerReferences", owner_references),
        finalizers: decoder.read_or_default(fields, at, "finalizers", Decoder::strings),
        managed_fields: decoder.read_or_default(fields, at, "managedFields", managed_fields),
    })
}

fn owner_references(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<OwnerReference>> {
    decoder.list(node, at, |decoder, node, at| {
        let fields = decoder.fields(node, at).unwrap_or_default();
        OwnerReference {
            api_version: decoder.read_or_default(fields, at, "apiVersion", Decoder::string),
            kind: decoder.read_or_default(fields, at, "kind", Decoder::string),
            name: decoder.read_or_default(fields, at, "name", Decoder::string),
            uid: decoder.read_or_default(fields, at, "uid", Decoder::string),
            controller: decoder.read(fields, at, "controller", Decoder::boolean).ok().flatten(),
            block_owner_deletion: decoder
                .read(fields, at, "blockOwnerDeletion", Decoder::boolean)
                .ok()
                .flatten(),
        }
    })
}

fn managed_fields(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<ManagedFieldsEntry>> {
    decoder.list(node, at, |decoder, node, at| {
        let fields = decoder.fields(node, at).unwrap_or_default();
        ManagedFieldsEntry {
            manager: decoder.read_or_default(fields, at, "manager", Decoder::string),
            operation: decoder.read_or_default(fields, at, "operation", Decoder::string),
            api_version: decoder.read_or_default(fields, at, "apiVersion", Decoder::string),
            fields_type: decoder.read_or_default(fields, at, "fieldsType", Decoder::string),
            subresource: decoder.read_or_default(fields, at, "subresource", Decoder::string),
        }
    })
}
