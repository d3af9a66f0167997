use crate::manifest::tree::Node;
use crate::model::{Namespace, Object};

use super::at::At;
use super::decoder::Decoder;
use super::object_meta::{OBJECT_META, object_meta};
use super::shape::{Field, Shape};

/// `v1.Namespace`.
pub(in crate::manifest) static NAMESPACE: Shape =
    Shape::open(&[Field::of("metadata", &OBJECT_META)]);

/// Reads a namespace.
pub(in crate::manifest) fn namespace(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Object {
    let fields = decoder.fields(node, at).unwrap_or_default();
    let metadata = decoder.read_or_default(fields, at, "metadata", object_meta);
    Object::Namespace(Namespace { metadata })
}
