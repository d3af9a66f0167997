//! The way through a stream: document by document, and through a big list item by item, so that a
//! dump of a hundred thousand pods is never one tree.

use super::build::{Builder, map_node};
use super::event::{Event, Events, Fault};
use super::mapping::Mapping;
use super::options::Limits;
use super::tree::{Entry, Node, Value};

/// What is done with the trees on the way.
pub(super) trait Visitor<'text> {
    /// An element of a document's top-level `items`; `before` are the fields that stand before it.
    /// Handed back when it cannot be understood before the whole document is known.
    fn item(&mut self, item: Node<'text>, before: &[Entry<'text>]) -> Option<Node<'text>>;

    /// A whole document, after its items: its `items` are empty if they were visited, and `kept`
    /// are those that were handed back.
    fn document(&mut self, document: Node<'text>, kept: Vec<Node<'text>>);

    /// Something that ends a document early.
    fn fault(&mut self, fault: Fault);

    /// Whether there is nothing more to learn.
    fn is_done(&self) -> bool;
}

/// Goes through all documents of `events`.
pub(super) fn walk<'text, E: Events<'text>>(
    events: E,
    limits: &'text Limits,
    visitor: &mut impl Visitor<'text>,
) {
    let mut builder = Builder::new(events, limits);
    let mut documents: u32 = 0;
    while !visitor.is_done() {
        let outcome = match builder.event() {
            Ok((Event::End, _)) => return,
            Ok((Event::Document, place)) => {
                documents = documents.saturating_add(1);
                if documents > limits.documents {
                    visitor.fault(Fault::limit(
                        "limits.documents",
                        limits.documents,
                        "the rest of the text is not read; split it or raise the limit",
                        Some(place),
                    ));
                    return;
                }
                document(&mut builder, visitor)
            }
            Ok(_) => Ok(()),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = outcome {
            visitor.fault(fault);
            if !builder.recover() {
                return;
            }
        }
    }
}

fn document<'text, E: Events<'text>>(
    builder: &mut Builder<'text, E>,
    visitor: &mut impl Visitor<'text>,
) -> Result<(), Fault> {
    builder.start_document();
    let (event, start) = builder.event()?;
    if !matches!(event, Event::Map { anchor: None }) {
        let node = builder.node(event, start, 0)?;
        visitor.document(node, Vec::new());
        return Ok(());
    }
    let mut mapping = Mapping::default();
    let mut kept = Vec::new();
    loop {
        let (event, key_place) = builder.event()?;
        if matches!(event, Event::MapEnd) {
            visitor.document(map_node(start, key_place, mapping), kept);
            return Ok(());
        }
        let key = builder.key(event, key_place, 1)?;
        let (event, place) = builder.event()?;
        let value = if key.text == "items" && matches!(event, Event::List { anchor: None }) {
            items(builder, visitor, mapping.entries(), &mut kept)?;
            Node { place, value: Value::List(Vec::new()) }
        } else {
            builder.node(event, place, 1)?
        };
        key.file(value, &mut mapping)?;
    }
}

fn items<'text, E: Events<'text>>(
    builder: &mut Builder<'text, E>,
    visitor: &mut impl Visitor<'text>,
    before: &[Entry<'text>],
    kept: &mut Vec<Node<'text>>,
) -> Result<(), Fault> {
    loop {
        let (event, place) = builder.event()?;
        if matches!(event, Event::ListEnd) {
            return Ok(());
        }
        // Items that are kept count together, as they are in memory together.
        if kept.is_empty() {
            builder.start_object();
        }
        let item = builder.node(event, place, 2)?;
        kept.extend(visitor.item(item, before));
        if visitor.is_done() {
            return Ok(());
        }
    }
}
