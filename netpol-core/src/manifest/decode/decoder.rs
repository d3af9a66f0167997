use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Problem};
use crate::field::{Error, ErrorKind, Location, Path, origin};
use crate::manifest::tree::{Entry, Node, Value};
use crate::manifest::{Finding, ReadOptions, Refuses, UnknownFields};
use crate::model::{IntOrString, Timestamp};

use super::at::At;
use super::shape::Shape;
use super::suggestion;

/// Reads one object and collects what is wrong with it.
pub(in crate::manifest) struct Decoder<'d> {
    /// The text, and how many bytes of the file precede it.
    text: &'d str,
    base: usize,
    options: &'d ReadOptions,
    findings: Vec<Finding>,
    stand_ins: Vec<Path>,
}

/// The value could not be read; the fault has been told.
#[derive(Clone, Copy, Debug)]
pub(in crate::manifest) struct Unreadable;

/// What a reader returns: the value, unless it is unreadable.
pub(in crate::manifest) type Read<T> = Result<T, Unreadable>;

impl<'d> Decoder<'d> {
    pub(in crate::manifest) fn new(
        text: &'d str,
        base: usize,
        options: &'d ReadOptions,
    ) -> Decoder<'d> {
        Decoder { text, base, options, findings: Vec::new(), stand_ins: Vec::new() }
    }

    /// What was wrong, in the order in which it was met, and the fields whose values stand in for
    /// what could not be read.
    pub(in crate::manifest) fn finish(self) -> (Vec<Finding>, Vec<Path>) {
        (self.findings, self.stand_ins)
    }

    /// Remembers that the value of the field at `path` is none of the text's.
    pub(in crate::manifest) fn stand_in(&mut self, path: Path) {
        if !self.is_full() {
            self.stand_ins.push(path);
        }
    }

    /// Whether nothing more will be told, one finding beyond what is: it stands for all the rest.
    fn is_full(&self) -> bool {
        u32::try_from(self.findings.len())
            .map_or(true, |findings| findings > self.options.limits.findings)
    }

    /// Tells a fault of a field.
    pub(in crate::manifest) fn error(&mut self, error: Error, place: Location, refuses: Refuses) {
        if self.is_full() {
            return;
        }
        let error = error.at(Some(place));
        let diagnostic = Diagnostic::error(Problem::Field(error)).located(None, Some(place));
        self.findings.push(Finding { diagnostic, object: None, refuses });
    }

    /// The entries of the structure here, with its unknown and repeated fields told.
    pub(in crate::manifest) fn fields<'n, 'text>(
        &mut self,
        node: &'n Node<'text>,
        at: &At<'_>,
    ) -> Read<&'n [Entry<'text>]> {
        match &node.value {
            Value::Map(entries) => {
                if let Some(shape) = at.shape {
                    self.judge(entries, shape, at);
                }
                Ok(entries)
            }
            Value::Null if !at.shape.is_some_and(|shape| shape.custom) => Ok(&[]),
            _ => Err(self.wrong_type(node, at, "a mapping")),
        }
    }

    /// Whether the structure here has fields of its own and others that are unknown: what it says
    /// with them is not what is left without them. Its value is then none of the text's.
    ///
    /// For types of which a newer API may have more than is known here, and to which another field
    /// gives another meaning.
    pub(in crate::manifest) fn is_strange(&mut self, entries: &[Entry<'_>], at: &At<'_>) -> bool {
        let unknown = |entry: &Entry<'_>| at.has_unknown(entry);
        let strange = entries.iter().any(unknown) && !entries.iter().all(unknown);
        if strange {
            self.stand_in(at.path());
        }
        strange
    }

    /// Field `name` among `entries`, read by `read`; `None` when it is absent or null. Of a field
    /// that is given more than once the last counts, as for a JSON decoder, and the others are read
    /// for their faults.
    pub(in crate::manifest) fn read<'n, 'text, T>(
        &mut self,
        entries: &'n [Entry<'text>],
        at: &At<'_>,
        name: &str,
        mut read: impl FnMut(&mut Self, &'n Node<'text>, &At<'_>) -> Read<T>,
    ) -> Read<Option<T>> {
        let mut value = Ok(None);
        for entry in entries.iter().filter(|entry| entry.key == name) {
            value = match entry.value.value {
                Value::Null => Ok(None),
                _ => read(self, &entry.value, &at.child(entry)).map(Some),
            };
        }
        value
    }

    /// As [`Decoder::read`], with the zero value for what is absent or unreadable.
    pub(in crate::manifest) fn read_or_default<'n, 'text, T: Default>(
        &mut self,
        entries: &'n [Entry<'text>],
        at: &At<'_>,
        name: &str,
        read: impl FnMut(&mut Self, &'n Node<'text>, &At<'_>) -> Read<T>,
    ) -> T {
        self.read(entries, at, name, read).ok().flatten().unwrap_or_default()
    }

    pub(in crate::manifest) fn string(&mut self, node: &Node<'_>, at: &At<'_>) -> Read<String> {
        match &node.value {
            Value::String(text) => Ok(text.clone().into_owned()),
            Value::Null => Ok(String::new()),
            _ => Err(self.wrong_type(node, at, "a string")),
        }
    }

    pub(in crate::manifest) fn boolean(&mut self, node: &Node<'_>, at: &At<'_>) -> Read<bool> {
        match &node.value {
            Value::Bool(value) => Ok(*value),
            Value::Null => Ok(false),
            _ => Err(self.wrong_type(node, at, "true or false")),
        }
    }

    pub(in crate::manifest) fn int64(&mut self, node: &Node<'_>, at: &At<'_>) -> Read<i64> {
        match &node.value {
            Value::Integer(value) => Ok(*value),
            Value::Null => Ok(0),
            _ => Err(self.wrong_type(node, at, "a 64-bit integer")),
        }
    }

    pub(in crate::manifest) fn int32(&mut self, node: &Node<'_>, at: &At<'_>) -> Read<i32> {
        match &node.value {
            Value::Integer(value) => {
                i32::try_from(*value).map_err(|_| self.wrong_type(node, at, "a 32-bit integer"))
            }
            Value::Null => Ok(0),
            _ => Err(self.wrong_type(node, at, "a 32-bit integer")),
        }
    }

    /// As `intstr.IntOrString.UnmarshalJSON`: a string is a name, anything else must be an int32.
    pub(in crate::manifest) fn int_or_string(
        &mut self,
        node: &Node<'_>,
        at: &At<'_>,
    ) -> Read<IntOrString> {
        match &node.value {
            Value::String(text) => Ok(IntOrString::String(text.clone().into_owned())),
            Value::Integer(value) => i32::try_from(*value)
                .map(IntOrString::Int)
                .map_err(|_| self.wrong_type(node, at, "a 32-bit integer or a name")),
            _ => Err(self.wrong_type(node, at, "a 32-bit integer or a name")),
        }
    }

    pub(in crate::manifest) fn timestamp(
        &mut self,
        node: &Node<'_>,
        at: &At<'_>,
    ) -> Read<Timestamp> {
        let text = self.string(node, at)?;
        text.parse().map_err(|fault| {
            let error = Error::of_kind(
                ErrorKind::TypeInvalid,
                &at.path(),
                Some(text),
                format!("{fault}"),
                origin::TIMESTAMP,
            );
            self.error(error, at.place, Refuses::Create);
            Unreadable
        })
    }

    /// The elements of the list here, each read by `read`, which has to find something for an
    /// unreadable one.
    pub(in crate::manifest) fn list<'n, 'text, T>(
        &mut self,
        node: &'n Node<'text>,
        at: &At<'_>,
        mut read: impl FnMut(&mut Self, &'n Node<'text>, &At<'_>) -> T,
    ) -> Read<Vec<T>> {
        match &node.value {
            Value::List(list) => Ok(list
                .iter()
                .enumerate()
                .map(|(index, node)| read(self, node, &at.index(index, node.place)))
                .collect()),
            Value::Null => Ok(Vec::new()),
            _ => Err(self.wrong_type(node, at, "a list")),
        }
    }

    /// A list of strings, with an empty one for each that is unreadable.
    pub(in crate::manifest) fn strings(
        &mut self,
        node: &Node<'_>,
        at: &At<'_>,
    ) -> Read<Vec<String>> {
        self.list(node, at, |decoder, node, at| decoder.string(node, at).unwrap_or_default())
    }

    /// A map of strings. A number or boolean is kept as it is written, and anything else that is no
    /// string is empty; `true` beside the map says that there was one.
    pub(in crate::manifest) fn string_map(
        &mut self,
        node: &Node<'_>,
        at: &At<'_>,
    ) -> Read<(BTreeMap<String, String>, bool)> {
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Null => return Ok((BTreeMap::new(), false)),
            _ => return Err(self.wrong_type(node, at, "a mapping of strings")),
        };
        self.judge_repeated(entries, |_| true, |key| at.path().key(key));
        let mut faulty = false;
        let mut map = BTreeMap::new();
        for entry in entries {
            let at = at.key(&entry.key, entry.place());
            if entry.converted {
                self.note_converted(entry, at.path());
            }
            let value = self.string(&entry.value, &at).unwrap_or_else(|Unreadable| {
                faulty = true;
                match entry.value.value {
                    Value::Bool(_) | Value::Integer(_) | Value::Number(_) => {
                        self.written(entry.value.place).unwrap_or_default().to_owned()
                    }
                    _ => String::new(),
                }
            });
            map.insert(entry.key.clone().into_owned(), value);
        }
        Ok((map, faulty))
    }

    /// Tells that the value here has the wrong type.
    pub(in crate::manifest) fn wrong_type(
        &mut self,
        node: &Node<'_>,
        at: &At<'_>,
        expected: &str,
    ) -> Unreadable {
        let is_scalar = !matches!(node.value, Value::List(_) | Value::Map(_));
        let written = if is_scalar { self.written(node.place).map(str::to_owned) } else { None };
        let found = match &node.value {
            Value::Mistagged(why) => why,
            Value::Integer(_) if expected.contains("integer") => "a number out of its range",
            Value::Number(_) if expected.contains("integer") => "another number",
            other => other.type_name(),
        };
        let mut detail = format!("must be {expected}, not {found}");
        let is_word = matches!(node.value, Value::Bool(_) | Value::Integer(_) | Value::Number(_));
        if is_word && expected.contains("string") {
            detail.push_str("; write it in quotes");
        }
        let error =
            Error::of_kind(ErrorKind::TypeInvalid, &at.path(), written, detail, origin::TYPE);
        self.error(error, at.place, Refuses::Create);
        self.stand_in(at.path());
        Unreadable
    }

    /// Unknown and repeated fields of a structure.
    fn judge(&mut self, entries: &[Entry<'_>], shape: &'static Shape, at: &At<'_>) {
        if !shape.open && self.options.unknown_fields == UnknownFields::Judge {
            for entry in entries {
                if self.is_full() {
                    break;
                }
                if shape.field(&entry.key).is_none() {
                    self.unknown_field(entry, at);
                }
            }
        }
        self.judge_repeated(
            entries,
            |key| !shape.open || shape.field(key).is_some(),
            |key| at.path().child(key),
        );
    }

    fn unknown_field(&mut self, entry: &Entry<'_>, at: &At<'_>) {
        let error = Error::of_kind(
            ErrorKind::UnknownField,
            &at.path().child(&entry.key),
            None,
            suggestion::for_field(&entry.key, at),
            origin::UNKNOWN_FIELD,
        );
        self.error(error, entry.key_place, Refuses::Create);
    }

    fn judge_repeated(
        &mut self,
        entries: &[Entry<'_>],
        judged: impl Fn(&str) -> bool,
        path: impl Fn(&str) -> Path,
    ) {
        for (first, again) in repeated(entries) {
            if self.is_full() {
                break;
            }
            if judged(&again.key) {
                let path = path(&again.key);
                let detail = format!("it is also given at {}", first.key_place);
                let error = Error::of_kind(
                    ErrorKind::DuplicateField,
                    &path,
                    None,
                    detail,
                    origin::DUPLICATE_FIELD,
                );
                self.error(error, again.key_place, Refuses::Create);
            }
        }
    }

    fn note_converted(&mut self, entry: &Entry<'_>, path: Path) {
        if self.is_full() {
            return;
        }
        let written = self.written(entry.key_place).unwrap_or_default();
        let message = format!(
            "the key {written:?} is no string in YAML and is read as {:?}; write it in quotes",
            entry.key
        );
        let problem = Problem::Note { code: "converted-key", path, message };
        let diagnostic = Diagnostic::warning(problem).located(None, Some(entry.key_place));
        self.findings.push(Finding { diagnostic, object: None, refuses: Refuses::Never });
    }

    /// The text at `place`.
    fn written(&self, place: Location) -> Option<&'d str> {
        let start = usize::try_from(place.offset).ok()?.checked_sub(self.base)?;
        let end = start.checked_add(usize::try_from(place.length).ok()?)?;
        self.text.get(start..end)
    }
}

/// The entries whose key stands earlier already, each with the first of them, in order.
fn repeated<'n, 'text>(entries: &'n [Entry<'text>]) -> Vec<(&'n Entry<'text>, &'n Entry<'text>)> {
    // PERF: structures have few fields, and sorting them costs an allocation.
    const FEW: usize = 12;
    let mut found = Vec::new();
    if entries.len() <= FEW {
        for (position, again) in entries.iter().enumerate() {
            let earlier = entries.iter().take(position);
            if let Some(first) = earlier.into_iter().find(|entry| entry.key == again.key) {
                found.push((first, again));
            }
        }
        return found;
    }
    let mut firsts: BTreeMap<&str, &Entry<'_>> = BTreeMap::new();
    for entry in entries {
        match firsts.get(&*entry.key) {
            Some(first) => found.push((*first, entry)),
            None => {
                firsts.insert(&entry.key, entry);
            }
        }
    }
    found
}
