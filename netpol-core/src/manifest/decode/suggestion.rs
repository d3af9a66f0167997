//! What a misspelt or misplaced field was probably meant to be.

use super::at::At;
use super::shape::Shape;

/// The sentence behind "unknown field", for the field `name` of the structure at `at`.
pub(super) fn for_field(name: &str, at: &At<'_>) -> String {
    let mut homes = Vec::new();
    let mut outer = at.parent();
    while let Some(here) = outer {
        if here.shape.is_some_and(|shape| !shape.open && shape.field(name).is_some()) {
            homes.push(here.path().child(name).to_string());
            break;
        }
        outer = here.parent();
    }
    for field in at.shape.map_or(&[][..], |shape| shape.fields) {
        if field.shape.is_some_and(|shape| shape.field(name).is_some()) {
            let path = at.path().child(field.name);
            let path = if field.list { path.index(0) } else { path };
            homes.push(path.child(name).to_string());
        }
    }
    if !homes.is_empty() {
        let homes = homes.iter().map(|home| format!("`{home}`")).collect::<Vec<_>>();
        return format!("it belongs at {}", homes.join(" or "));
    }
    let names = at.shape.map_or(&[][..], |shape| shape.fields).iter().map(|field| field.name);
    match nearest(name, names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => at.shape.map_or_else(String::new, known_fields),
    }
}

/// The one of `candidates` that `name` is a likely misspelling of.
pub(in crate::manifest) fn nearest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    // The distance is quadratic in the length, and no name that is read is longer than this.
    const LONGEST: usize = 40;
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, candidate.to_ascii_lowercase().as_str());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            let tolerated = match candidate.len() {
                0..=4 => 1,
                5..=8 => 2,
                _ => 3,
            };
            *distance <= tolerated
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn known_fields(shape: &'static Shape) -> String {
    let names = shape.fields.iter().map(|field| field.name).collect::<Vec<_>>();
    format!("the fields here are {}", names.join(", "))
}
