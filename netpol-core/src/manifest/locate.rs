//! The way back from a field to its place in the text.
//!
//! Nothing is kept for it while loading, so that a good dump pays nothing: the texts are read again,
//! once for all fields that are asked for.

use std::collections::BTreeMap;

use crate::field::{Location, Path, Step};

use super::Manifest;
use super::event::Fault;
use super::json::Json;
use super::text::{Format, Text};
use super::tree::{Entry, Node, Value};
use super::walk::{Visitor, walk};
use super::yaml::YamlEvents;

/// See [`Manifest::locate`].
pub(super) fn locate(manifest: &Manifest, wanted: &[(usize, Path)]) -> Vec<Option<Location>> {
    let mut found: Vec<Option<Location>> =
        wanted.iter().map(|(object, _)| manifest.place(*object).1).collect();
    let mut by_source: BTreeMap<usize, Search<'_>> = BTreeMap::new();
    for (number, (object, path)) in wanted.iter().enumerate() {
        if let Some(place) = manifest.places.get(*object) {
            let search = by_source.entry(place.source).or_default();
            search.wanted.entry(place.location.offset).or_default().push((number, path));
        }
    }
    for (source, mut search) in by_source {
        let Some(source) = manifest.sources.get(source) else { continue };
        let limits = &source.options.limits;
        let Ok(Text { text, base, .. }) = Text::of(&source.bytes, limits) else { continue };
        match source.format {
            Format::Json => walk(Json::new(text, base, limits), limits, &mut search),
            Format::Yaml => walk(YamlEvents::new(text, base, limits), limits, &mut search),
        }
        for (number, location) in search.found {
            if let Some(slot) = found.get_mut(number) {
                *slot = Some(location);
            }
        }
    }
    found
}

/// The fields that are wanted of one text.
#[derive(Default)]
struct Search<'w> {
    /// By the offset at which their object begins: the number of each and its path.
    wanted: BTreeMap<u32, Vec<(usize, &'w Path)>>,
    found: Vec<(usize, Location)>,
}

impl Search<'_> {
    fn visit(&mut self, node: &Node<'_>) {
        if let Some(fields) = self.wanted.remove(&node.place.offset) {
            let places = fields.into_iter().map(|(number, path)| (number, place_of(node, path)));
            self.found.extend(places);
        }
        // A list inside a list.
        if let Some(Entry { value: Node { value: Value::List(items), .. }, .. }) = node.get("items")
        {
            for item in items {
                self.visit(item);
            }
        }
    }
}

impl<'text> Visitor<'text> for Search<'_> {
    fn item(&mut self, item: Node<'text>, _: &[Entry<'text>]) -> Option<Node<'text>> {
        self.visit(&item);
        None
    }

    fn document(&mut self, document: Node<'text>, _: Vec<Node<'text>>) {
        self.visit(&document);
    }

    fn fault(&mut self, _: Fault) {}

    fn is_done(&self) -> bool {
        self.wanted.is_empty()
    }
}

/// The place of the field, or of the nearest one around it.
fn place_of(object: &Node<'_>, path: &Path) -> Location {
    let mut node = object;
    let mut place = object.place;
    for step in path.steps() {
        match (step, &node.value) {
            (Step::Index(index), Value::List(list)) => {
                let Some(element) = list.get(*index) else { break };
                (node, place) = (element, element.place);
            }
            (Step::Child(name) | Step::Key(name), Value::Map(entries)) => {
                let Some(entry) = entries.iter().rev().find(|entry| *entry.key == **name) else {
                    break;
                };
                (node, place) = (&entry.value, entry.place());
            }
            _ => break,
        }
    }
    place
}
