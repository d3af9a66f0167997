//! Events to trees, within the limits: aliases resolved, merge keys merged, keys made strings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::field::Location;

use super::event::{Event, Events, Fault};
use super::mapping::Mapping;
use super::options::Limits;
use super::scalar;
use super::tree::{Entry, Node, Value};

/// Builds one tree after the other from a stream of events.
pub(super) struct Builder<'text, E> {
    events: E,
    limits: &'text Limits,
    /// The anchored nodes of the document; a node that is not finished is not there.
    anchors: BTreeMap<usize, Anchored<'text>>,
    /// Values left until the limit, for the object being read.
    nodes_left: u32,
    /// Bytes that anchors and aliases of the document may still add.
    alias_bytes_left: usize,
}

struct Anchored<'text> {
    node: Node<'text>,
    size: Size,
}

/// The key of a mapping entry, before its value is known.
pub(super) struct Key<'text> {
    pub(super) text: Cow<'text, str>,
    place: Location,
    converted: bool,
    merge: bool,
}

impl<'text> Key<'text> {
    /// Puts the entry of this key into `mapping`.
    pub(super) fn file(
        self,
        value: Node<'text>,
        mapping: &mut Mapping<'text>,
    ) -> Result<(), Fault> {
        if self.merge {
            return mapping.merge(value);
        }
        mapping.push(Entry {
            key: self.text,
            key_place: self.place,
            converted: self.converted,
            value,
        });
        Ok(())
    }
}

/// The node of a finished mapping that begins at `start` and whose end event is at `end`.
pub(super) fn map_node(start: Location, end: Location, mapping: Mapping<'_>) -> Node<'_> {
    let entries = mapping.finish();
    let place = entries.first().map_or_else(|| enclose(start, end), |entry| entry.key_place);
    Node { place, value: Value::Map(entries) }
}

/// What copying a tree costs.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: u32,
    bytes: usize,
    height: usize,
}

impl<'text, E: Events<'text>> Builder<'text, E> {
    pub(super) fn new(events: E, limits: &'text Limits) -> Builder<'text, E> {
        Builder {
            events,
            limits,
            anchors: BTreeMap::new(),
            nodes_left: limits.nodes,
            alias_bytes_left: 0,
        }
    }

    /// The next event itself.
    pub(super) fn event(&mut self) -> Result<(Event<'text>, Location), Fault> {
        self.events.next()
    }

    /// Gives the rest of a document up after a fault. Whether another document follows.
    pub(super) fn recover(&mut self) -> bool {
        self.events.recover()
    }

    /// Forgets the anchors of the document before.
    pub(super) fn start_document(&mut self) {
        self.anchors.clear();
        self.alias_bytes_left = usize::try_from(self.limits.alias_bytes).unwrap_or(usize::MAX);
        self.start_object();
    }

    /// Begins a new count of values.
    pub(super) fn start_object(&mut self) {
        self.nodes_left = self.limits.nodes;
    }

    /// The tree that begins with `event`, which lies inside `depth` collections.
    pub(super) fn node(
        &mut self,
        event: Event<'text>,
        place: Location,
        depth: usize,
    ) -> Result<Node<'text>, Fault> {
        self.count(1, place)?;
        let (node, anchor) = match event {
            Event::Scalar { value, anchor, .. } => {
                self.check_scalar(&value, place)?;
                (Node { place, value }, anchor)
            }
            Event::List { anchor } => {
                self.check_depth(depth, place)?;
                (self.list(place, depth)?, anchor)
            }
            Event::Map { anchor } => {
                self.check_depth(depth, place)?;
                (self.map(place, depth)?, anchor)
            }
            Event::Alias(id) => return self.alias(id, place, depth),
            Event::Document | Event::ListEnd | Event::MapEnd | Event::End => {
                return Err(Fault::syntax("the document ends in the middle of a value", place));
            }
        };
        if let Some(id) = anchor {
            let size = size(&node);
            self.spend(size, place)?;
            self.anchors.insert(id, Anchored { node: node.clone(), size });
        }
        Ok(node)
    }

    /// The key of a mapping entry.
    pub(super) fn key(
        &mut self,
        event: Event<'text>,
        place: Location,
        depth: usize,
    ) -> Result<Key<'text>, Fault> {
        let merge = matches!(event, Event::Scalar { merge: true, .. });
        match self.node(event, place, depth)?.value {
            Value::String(text) => Ok(Key { text, place, converted: false, merge }),
            value => match scalar::key_text(&value) {
                Some(text) => Ok(Key { text: text.into(), place, converted: true, merge }),
                None => {
                    let found = value.type_name();
                    Err(Fault::syntax(
                        format!("a mapping key must be a string, not {found}"),
                        place,
                    ))
                }
            },
        }
    }

    fn list(&mut self, place: Location, depth: usize) -> Result<Node<'text>, Fault> {
        let mut list = Vec::new();
        loop {
            let (event, at) = self.events.next()?;
            if matches!(event, Event::ListEnd) {
                let place = if list.is_empty() { enclose(place, at) } else { place };
                return Ok(Node { place, value: Value::List(list) });
            }
            list.push(self.node(event, at, depth.saturating_add(1))?);
        }
    }

    fn map(&mut self, place: Location, depth: usize) -> Result<Node<'text>, Fault> {
        let mut mapping = Mapping::default();
        loop {
            let (event, key_place) = self.events.next()?;
            if matches!(event, Event::MapEnd) {
                return Ok(map_node(place, key_place, mapping));
            }
            let key = self.key(event, key_place, depth.saturating_add(1))?;
            let (event, at) = self.events.next()?;
            let value = self.node(event, at, depth.saturating_add(1))?;
            key.file(value, &mut mapping)?;
        }
    }

    fn alias(&mut self, id: usize, place: Location, depth: usize) -> Result<Node<'text>, Fault> {
        let looped = || Fault::syntax("this alias contains itself", place);
        let size = self.anchors.get(&id).ok_or_else(looped)?.size;
        if depth.saturating_add(size.height) > self.limits.depth() {
            return Err(Fault::depth(self.limits, place));
        }
        self.count(size.nodes, place)?;
        self.spend(size, place)?;
        Ok(self.anchors.get(&id).ok_or_else(looped)?.node.clone())
    }

    fn count(&mut self, nodes: u32, place: Location) -> Result<(), Fault> {
        self.nodes_left = self.nodes_left.checked_sub(nodes).ok_or_else(|| {
            Fault::limit(
                "limits.nodes",
                self.limits.nodes,
                "one object has too many values; raise the limit if it is meant to, and in a list \
                 put `kind` before `items`",
                Some(place),
            )
        })?;
        Ok(())
    }

    fn spend(&mut self, size: Size, place: Location) -> Result<(), Fault> {
        self.alias_bytes_left = self.alias_bytes_left.checked_sub(size.bytes).ok_or_else(|| {
            Fault::limit(
                "limits.aliasBytes",
                self.limits.alias_bytes,
                "anchors and aliases make the document too large; write the values out",
                Some(place),
            )
        })?;
        Ok(())
    }

    fn check_depth(&self, depth: usize, place: Location) -> Result<(), Fault> {
        if depth >= self.limits.depth() {
            return Err(Fault::depth(self.limits, place));
        }
        Ok(())
    }

    fn check_scalar(&self, value: &Value<'_>, place: Location) -> Result<(), Fault> {
        let limit = self.limits.scalar_bytes;
        match value {
            Value::String(text) if u32::try_from(text.len()).is_ok_and(|bytes| bytes <= limit) => {
                Ok(())
            }
            Value::String(_) => Err(Fault::limit(
                "limits.scalarBytes",
                limit,
                "a text is too long; no cluster stores an object that large",
                Some(place),
            )),
            _ => Ok(()),
        }
    }
}

/// From `start` to the end of the token at `end`, when both are on one line.
fn enclose(start: Location, end: Location) -> Location {
    if start.line != end.line {
        return start;
    }
    let length = end.offset.saturating_add(end.length).saturating_sub(start.offset);
    Location::new(start.line, start.column, start.offset, length)
}

fn size(node: &Node<'_>) -> Size {
    let own = size_of::<Node<'_>>();
    match &node.value {
        Value::List(list) => {
            list.iter().map(size).fold(Size { nodes: 1, bytes: own, height: 0 }, Size::around)
        }
        Value::Map(entries) => entries
            .iter()
            .map(|entry| {
                let mut size = size(&entry.value);
                size.nodes = size.nodes.saturating_add(1);
                let key = size_of::<Entry<'_>>().saturating_add(entry.key.len());
                size.bytes = size.bytes.saturating_add(key);
                size
            })
            .fold(Size { nodes: 1, bytes: own, height: 0 }, Size::around),
        Value::String(text) => Size { nodes: 1, bytes: own.saturating_add(text.len()), height: 0 },
        _ => Size { nodes: 1, bytes: own, height: 0 },
    }
}

impl Size {
    fn around(self, inner: Size) -> Size {
        Size {
            nodes: self.nodes.saturating_add(inner.nodes),
            bytes: self.bytes.saturating_add(inner.bytes),
            height: self.height.max(inner.height.saturating_add(1)),
        }
    }
}
