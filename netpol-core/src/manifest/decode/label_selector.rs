use crate::manifest::tree::Node;
use crate::model::{LabelSelector, LabelSelectorRequirement};

use super::at::At;
use super::decoder::{Decoder, Read, Unreadable};
use super::shape::{Field, Shape};

/// `metav1.LabelSelector`.
pub(super) static LABEL_SELECTOR: Shape =
    Shape::closed(&[Field::plain("matchLabels"), Field::list_of("matchExpressions", &REQUIREMENT)]);

static REQUIREMENT: Shape =
    Shape::closed(&[Field::plain("key"), Field::plain("operator"), Field::plain("values")]);

/// `metav1.LabelSelector` inside a custom resource.
pub(super) static CUSTOM_LABEL_SELECTOR: Shape = Shape::custom(&[
    Field::plain("matchLabels"),
    Field::list_of("matchExpressions", &CUSTOM_REQUIREMENT),
]);

static CUSTOM_REQUIREMENT: Shape =
    Shape::custom(&[Field::plain("key"), Field::plain("operator"), Field::plain("values")]);

/// Reads a selector. One with anything unreadable in it carries a requirement that validation
/// refuses, so that it never selects more than was meant. In a custom resource an unknown field is
/// unreadable too: the selectors of its first versions had `namespaceSelector` and `sameLabels`
/// inside, and nothing is left without them but what selects everything.
pub(super) fn label_selector(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> LabelSelector {
    let Ok(fields) = decoder.fields(node, at) else {
        return unreadable_selector();
    };
    let mut selector = LabelSelector::default();
    let is_custom = at.shape.is_some_and(|shape| shape.custom);
    let mut unreadable = is_custom && fields.iter().any(|entry| at.has_unknown(entry));
    match decoder.read(fields, at, "matchLabels", Decoder::string_map) {
        Ok(Some((labels, faulty))) => {
            selector.match_labels = labels;
            unreadable |= faulty;
        }
        Ok(None) => {}
        Err(Unreadable) => unreadable = true,
    }
    match decoder.read(fields, at, "matchExpressions", requirements) {
        Ok(requirements) => selector.match_expressions = requirements.unwrap_or_default(),
        Err(Unreadable) => unreadable = true,
    }
    if unreadable {
        let index = selector.match_expressions.len();
        decoder.stand_in(at.path().child("matchExpressions").index(index));
        selector.match_expressions.push(LabelSelectorRequirement::default());
    }
    selector
}

/// The selector in the place of one that cannot be read.
pub(super) fn unreadable_selector() -> LabelSelector {
    LabelSelector {
        match_expressions: vec![LabelSelectorRequirement::default()],
        ..LabelSelector::default()
    }
}

fn requirements(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<Vec<LabelSelectorRequirement>> {
    decoder.list(node, at, |decoder, node, at| {
        requirement(decoder, node, at).unwrap_or_else(|Unreadable| {
            decoder.stand_in(at.path());
            LabelSelectorRequirement::default()
        })
    })
}

fn requirement(
    decoder: &mut Decoder<'_>,
    node: &Node<'_>,
    at: &At<'_>,
) -> Read<LabelSelectorRequirement> {
    let fields = decoder.fields(node, at)?;
    let key = decoder.read(fields, at, "key", Decoder::string);
    let operator = decoder.read(fields, at, "operator", Decoder::string);
    let mut faulty = false;
    let values = decoder.read(fields, at, "values", |decoder, node, at| {
        decoder.list(node, at, |decoder, node, at| {
            decoder.string(node, at).unwrap_or_else(|Unreadable| {
                faulty = true;
                String::new()
            })
        })
    });
    if faulty {
        return Err(Unreadable);
    }
    Ok(LabelSelectorRequirement {
        key: key?.unwrap_or_default(),
        operator: operator?.unwrap_or_default(),
        values: values?.unwrap_or_default(),
    })
}
