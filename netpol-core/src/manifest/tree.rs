//! The spanned tree: what YAML and JSON have in common, one object at a time.

use std::borrow::Cow;

use crate::field::Location;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node<'text> {
    /// A scalar's own text; a mapping's first key; otherwise where the collection begins.
    pub(super) place: Location,
    pub(super) value: Value<'text>,
}

/// A value as JSON has it, after the parser's reading of plain scalars.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'text> {
    Null,
    Bool(bool),
    Integer(i64),
    /// A number that is no 64-bit integer.
    Number(f64),
    String(Cow<'text, str>),
    List(Vec<Node<'text>>),
    Map(Vec<Entry<'text>>),
    /// A scalar whose explicit tag it does not satisfy, or whose tag is not supported: of no use
    /// to any field.
    Mistagged(Box<str>),
}

/// One entry of a mapping, in the order of the text; keys may repeat.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry<'text> {
    pub(super) key: Cow<'text, str>,
    pub(super) key_place: Location,
    /// The key was no string in the text: `80:` and `on:` are the keys `80` and `true`.
    pub(super) converted: bool,
    pub(super) value: Node<'text>,
}

/// Nodes are compared by value; two readings of one text may differ in places.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<'text> Node<'text> {
    /// The last entry of that name, unless it is null, which everywhere in the API means absent.
    /// The last, because that is the one a JSON decoder keeps.
    pub(super) fn get(&self, name: &str) -> Option<&Entry<'text>> {
        match &self.value {
            Value::Map(entries) => find(entries, name),
            _ => None,
        }
    }

    /// The value of field `name`, if it is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.value.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// As [`Node::get`], among `entries`.
pub(super) fn find<'n, 'text>(entries: &'n [Entry<'text>], name: &str) -> Option<&'n Entry<'text>> {
    entries
        .iter()
        .rev()
        .find(|entry| entry.key == name)
        .filter(|entry| entry.value.value != Value::Null)
}

impl Entry<'_> {
    /// Where a reader should look for the field: at a scalar itself, but at the key of a
    /// collection, which may be long, and of a null, which may be invisible.
    pub(super) fn place(&self) -> Location {
        match self.value.value {
            Value::Null | Value::List(_) | Value::Map(_) => self.key_place,
            _ => self.value.place,
        }
    }
}

impl Value<'_> {
    /// The JSON type, with its article.
    pub(super) const fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Integer(_) | Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Mistagged(_) => "a value with an unusable tag",
        }
    }
}
