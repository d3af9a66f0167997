//! What the decoders of several kinds begin with or end in.

use crate::manifest::tree::Node;
use crate::model::{LabelSelector, ObjectMeta};

use super::at::At;
use super::decoder::{Decoder, Read, Unreadable};
use super::label_selector::label_selector;
use super::object_meta::object_meta;

/// An object of metadata and a spec. `unreadable` is the spec in the place of one that cannot be
/// read; a missing one is the zero value.
pub(super) fn metadata_and_spec<S: Default>(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
    read_spec: fn(&mut Decoder<'_>, &Node<'_>, &At<'_>) -> Read<S>,
    unreadable: fn() -> S,
) -> (ObjectMeta, S) {
    let fields = decoder.fields(node, at).unwrap_or_default();
    let metadata = decoder.read_or_default(fields, at, "metadata", object_meta);
    let spec = match decoder.read(fields, at, "spec", read_spec) {
        Ok(spec) => spec.unwrap_or_default(),
        Err(Unreadable) => unreadable(),
    };
    (metadata, spec)
}

/// A selector, with something that selects nothing in the place of an unreadable one.
pub(super) fn selector(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<LabelSelector> {
    Ok(label_selector(decoder, node, at))
}

/// A list of strings; an empty string, which validation refuses, stands for what is unreadable.
pub(super) fn strings(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<String>> {
    let strings = decoder.strings(node, at);
    Ok(strings.unwrap_or_else(|Unreadable| vec![String::new()]))
}

/// A list, each element read by `read`; `unreadable` stands for an unreadable element, and alone
/// for a value that is no list.
pub(super) fn elements<T>(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
    read: fn(&mut Decoder<'_>, &Node<'_>, &At<'_>) -> Read<T>,
    unreadable: fn() -> T,
) -> Vec<T> {
    let elements = decoder.list(node, at, |decoder, node, at| {
        read(decoder, node, at).unwrap_or_else(|Unreadable| {
            decoder.stand_in(at.path());
            unreadable()
        })
    });
    elements.unwrap_or_else(|Unreadable| vec![unreadable()])
}
