use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Problem};
use crate::field::{Error, ErrorKind, Location, Path, origin};
use crate::model::Object;

use super::decode::{self, At, Decoder, Field, OBJECT_META, Shape, is_alpha_network_policy};
use super::event::Fault;
use super::kinds::{ALPHA, Dispatch, PROTOTYPE, Row, by_kind, dispatch};
use super::options::ReadOptions;
use super::text::Text;
use super::tree::{Entry, Node, Value, find};
use super::walk::Visitor;
use super::{Finding, Refuses};

/// What one text has given so far.
pub(super) struct Intake<'text> {
    text: Text<'text>,
    options: &'text ReadOptions,
    source: Option<Arc<str>>,
    /// The objects and the places where they begin.
    pub(super) objects: Vec<(Object, Location)>,
    pub(super) findings: Vec<Finding>,
    /// The fields whose values are none of the text's, by object.
    pub(super) stand_ins: Vec<(usize, Path)>,
    pub(super) skipped: BTreeMap<String, usize>,
    /// The document broke off, or nothing more is told.
    pub(super) broken: bool,
    /// What was there before the document.
    before: Before,
    /// What the fields before the items of this document say about them.
    items: Option<Items>,
}

#[derive(Clone, Copy, Default)]
struct Before {
    objects: usize,
    findings: usize,
    stand_ins: usize,
}

/// What is known about the elements of a list.
#[derive(Clone, Copy)]
enum Items {
    /// They name their kinds.
    Named,
    /// They may leave out that they are of this kind.
    Of(&'static Row),
    /// The list has not told its kind yet.
    Unknown,
}

impl<'text> Intake<'text> {
    pub(super) fn new(
        text: Text<'text>,
        options: &'text ReadOptions,
        source: Option<Arc<str>>,
    ) -> Intake<'text> {
        Intake {
            text,
            options,
            source,
            objects: Vec::new(),
            findings: Vec::new(),
            stand_ins: Vec::new(),
            skipped: BTreeMap::new(),
            broken: false,
            before: Before::default(),
            items: None,
        }
    }

    fn find(&mut self, mut finding: Finding) {
        let limit = self.options.limits.findings;
        let allowed = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.findings.len() > allowed {
            return;
        }
        if self.findings.len() == allowed {
            let fault = Fault::limit(
                "limits.findings",
                limit,
                "there is more to tell; mend these first",
                finding.diagnostic.location,
            );
            finding = Finding {
                diagnostic: Diagnostic::error(*fault.problem).located(None, fault.place),
                object: None,
                refuses: Refuses::Always,
            };
        }
        finding.diagnostic.source = self.source.clone();
        self.findings.push(finding);
    }

    fn error(&mut self, problem: Problem, place: Option<Location>) {
        let diagnostic = Diagnostic::error(problem).located(None, place);
        self.find(Finding { diagnostic, object: None, refuses: Refuses::Always });
    }

    /// Tells of a character that ends a line for kube-apiserver and not here.
    pub(super) fn foreign_line_break(&mut self) {
        if let Some(place) = self.text.foreign_line_break {
            let message = "kube-apiserver ends a line at this character (U+0085, U+2028 or \
                           U+2029), by YAML 1.1; remove it or write it as an escape in double \
                           quotes";
            let problem = Problem::Syntax { message: message.into() };
            let diagnostic = Diagnostic::error(problem).located(None, Some(place));
            self.find(Finding { diagnostic, object: None, refuses: Refuses::Create });
        }
    }

    fn field_error(
        &mut self,
        kind: ErrorKind,
        path: &Path,
        detail: &str,
        origin: &'static str,
        place: Location,
    ) {
        let error = Error::of_kind(kind, path, None, detail, origin).at(Some(place));
        self.error(Problem::Field(error), Some(place));
    }

    /// A document or list item; `assumed` is what it is if it does not say.
    fn object(&mut self, node: &Node<'text>, assumed: Option<&'static Row>) {
        if !matches!(node.value, Value::Map(_)) {
            let detail = format!("must be a mapping, not {}", node.value.type_name());
            self.field_error(
                ErrorKind::TypeInvalid,
                &Path::root(),
                &detail,
                origin::TYPE,
                node.place,
            );
            return;
        }
        let api_version = self.type_field(node, "apiVersion");
        let kind = self.type_field(node, "kind");
        match (api_version, kind, assumed) {
            (TypeField::Absent, TypeField::Absent, Some(row)) => self.decode(node, row),
            (TypeField::Text(api_version, at), TypeField::Text(kind, kind_at), _) => {
                let outcome = dispatch(api_version, kind, self.options.legacy);
                self.dispatched(node, outcome, (api_version, at), (kind, kind_at));
            }
            (TypeField::Absent, TypeField::Text("NetworkPolicy", at), _)
                if self.options.legacy && is_of_2016(node) =>
            {
                if is_alpha_network_policy(node) {
                    self.decode(node, &ALPHA);
                } else {
                    self.error(unknown_kind("", "NetworkPolicy", PROTOTYPE.into()), Some(at));
                }
            }
            (api_version, kind, _) => self.untyped(node, api_version, kind),
        }
    }

    fn dispatched(
        &mut self,
        node: &Node<'text>,
        outcome: Dispatch,
        (api_version, api_version_at): (&str, Location),
        (kind, kind_at): (&str, Location),
    ) {
        match outcome {
            Dispatch::Read(row) => self.decode(node, row),
            Dispatch::List(row) => self.list(node, row),
            Dispatch::Skip => {
                self.skip(api_version, kind);
            }
            Dispatch::Warn(message) => {
                // One warning for each kind; how many there are is counted.
                if self.skip(api_version, kind) == 1 {
                    let problem = unknown_kind(api_version, kind, message);
                    let diagnostic = Diagnostic::warning(problem).located(None, Some(kind_at));
                    self.find(Finding { diagnostic, object: None, refuses: Refuses::Never });
                }
            }
            Dispatch::Refuse { message, meant } => {
                let wrong_group = by_kind(kind.strip_suffix("List").unwrap_or(kind)).is_some();
                let place = if wrong_group { api_version_at } else { kind_at };
                self.error(unknown_kind(api_version, kind, message), Some(place));
                match meant {
                    Some(row) => self.decode(node, row),
                    None => self.judge(node, &ANY),
                }
            }
        }
    }

    /// A document or item without a usable apiVersion or kind.
    fn untyped(&mut self, node: &Node<'text>, api_version: TypeField<'_>, kind: TypeField<'_>) {
        let version_detail = if is_of_2016(node) {
            "must name group and version, such as `networking.k8s.io/v1`; policies of the form of \
             2016, which needed none, are read with the option `legacy`"
        } else {
            "must name group and version, such as `networking.k8s.io/v1`"
        };
        for (name, field, detail) in [
            ("apiVersion", &api_version, version_detail),
            ("kind", &kind, "must name the kind, such as `NetworkPolicy`"),
        ] {
            if matches!(field, TypeField::Absent) {
                let path = Path::new(name);
                self.field_error(ErrorKind::Required, &path, detail, origin::TYPE_META, node.place);
            }
        }
        if let TypeField::Text(kind, _) = kind
            && let Some(row) = by_kind(kind)
        {
            self.decode(node, row);
            return;
        }
        self.judge(node, &ANY);
        let Value::Map(entries) = &node.value else { return };
        for entry in entries {
            let known = ANY.fields.iter().map(|field| field.name);
            if ANY.field(&entry.key).is_none()
                && let Some(meant) = decode::nearest(&entry.key, known)
            {
                let path = Path::new(&entry.key);
                let detail = format!("did you mean `{meant}`?");
                let origin = origin::UNKNOWN_FIELD;
                self.field_error(ErrorKind::UnknownField, &path, &detail, origin, entry.key_place);
            }
        }
    }

    /// The `apiVersion` or `kind` of an object.
    fn type_field<'n>(&mut self, node: &'n Node<'_>, name: &str) -> TypeField<'n> {
        let Some(entry) = node.get(name) else { return TypeField::Absent };
        let place = entry.place();
        match &entry.value.value {
            Value::String(text) if text.is_empty() => TypeField::Absent,
            Value::String(text) => TypeField::Text(text, place),
            other => {
                let detail = format!("must be a string, not {}", other.type_name());
                let path = Path::new(name);
                self.field_error(ErrorKind::TypeInvalid, &path, &detail, origin::TYPE, place);
                TypeField::Unusable
            }
        }
    }

    fn skip(&mut self, api_version: &str, kind: &str) -> usize {
        let count = self.skipped.entry(format!("{api_version} {kind}")).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// Reads an object of a known kind.
    fn decode(&mut self, node: &Node<'text>, row: &'static Row) {
        let mut decoder = self.decoder();
        let mut object = (row.decode)(&mut decoder, node, &At::root(Some(row.shape), node.place));
        let namespaced = object.kind().is_namespaced();
        let metadata = object.metadata_mut();
        if namespaced && metadata.namespace.is_empty() {
            metadata.namespace.clone_from(&self.options.default_namespace);
        }
        let index = self.objects.len();
        let (mut findings, stand_ins) = decoder.finish();
        self.stand_ins.extend(stand_ins.into_iter().map(|path| (index, path)));
        if !findings.is_empty() {
            let object = object.object_ref();
            findings.sort_by_key(place_of);
            for mut finding in findings {
                finding.object = Some(index);
                finding.diagnostic.object = Some(object.clone());
                self.find(finding);
            }
        }
        self.objects.push((object, node.place));
    }

    /// Tells what is wrong with the fields of `shape`, and keeps nothing.
    fn judge(&mut self, node: &Node<'text>, shape: &'static Shape) {
        let mut decoder = self.decoder();
        let at = At::root(Some(shape), node.place);
        let fields = decoder.fields(node, &at).unwrap_or_default();
        decoder.read_or_default(fields, &at, "metadata", decode::object_meta);
        for finding in decoder.finish().0 {
            self.find(finding);
        }
    }

    fn decoder(&self) -> Decoder<'text> {
        Decoder::new(self.text.text, self.text.base, self.options)
    }

    /// A list whose items are in the tree: one inside another, or one that an alias stands for.
    fn list(&mut self, node: &Node<'text>, row: Option<&'static Row>) {
        self.judge_list(node);
        if let Some(Entry { value: Node { value: Value::List(items), .. }, .. }) = node.get("items")
        {
            for item in items {
                self.object(item, row);
            }
        }
    }

    fn judge_list(&mut self, node: &Node<'text>) {
        let mut decoder = self.decoder();
        let at = At::root(Some(&LIST), node.place);
        let fields = decoder.fields(node, &at).unwrap_or_default();
        let items = decoder
            .read(fields, &at, "items", |decoder, node, at| decoder.list(node, at, |_, _, _| ()));
        let unreadable = items.is_err();
        for mut finding in decoder.finish().0 {
            if unreadable {
                finding.refuses = Refuses::Always;
            }
            self.find(finding);
        }
    }

    /// What the fields before the items say about them.
    fn items_of(&self, entries: &[Entry<'_>]) -> Items {
        let text = |name| match find(entries, name).map(|entry| &entry.value.value) {
            Some(Value::String(text)) => Some(&**text),
            _ => None,
        };
        match (text("apiVersion"), text("kind")) {
            (_, None) => Items::Unknown,
            (api_version, Some(kind)) => {
                match dispatch(api_version.unwrap_or_default(), kind, self.options.legacy) {
                    Dispatch::List(Some(row)) => Items::Of(row),
                    _ => Items::Named,
                }
            }
        }
    }

    fn end_document(&mut self) {
        self.before = Before {
            objects: self.objects.len(),
            findings: self.findings.len(),
            stand_ins: self.stand_ins.len(),
        };
        self.items = None;
    }
}

impl<'text> Visitor<'text> for Intake<'text> {
    fn item(&mut self, item: Node<'text>, before: &[Entry<'text>]) -> Option<Node<'text>> {
        let items = match self.items {
            Some(items) => items,
            None => *self.items.insert(self.items_of(before)),
        };
        let typed = item.get("kind").is_some() || item.get("apiVersion").is_some();
        match items {
            Items::Unknown if !typed => return Some(item),
            Items::Of(row) => self.object(&item, Some(row)),
            Items::Named | Items::Unknown => self.object(&item, None),
        }
        None
    }

    fn document(&mut self, document: Node<'text>, kept: Vec<Node<'text>>) {
        // A document of comments, or a stray separator.
        if document.value == Value::Null {
            return self.end_document();
        }
        let outcome = document.text("kind").map(|kind| {
            let api_version = document.text("apiVersion").unwrap_or_default();
            dispatch(api_version, kind, self.options.legacy)
        });
        match outcome {
            Some(Dispatch::List(row)) => {
                self.list(&document, row);
                for item in &kept {
                    self.object(item, row);
                }
            }
            // It has items and says what it is, and that is no list: they were fields of its own.
            Some(_) if self.items.is_some() => {
                self.objects.truncate(self.before.objects);
                self.stand_ins.truncate(self.before.stand_ins);
                self.findings.truncate(self.before.findings);
                self.object(&document, None);
            }
            _ => {
                self.object(&document, None);
                for item in &kept {
                    self.object(item, None);
                }
            }
        }
        self.end_document();
    }

    fn fault(&mut self, fault: Fault) {
        self.broken = true;
        self.error(*fault.problem, fault.place);
        self.end_document();
    }

    fn is_done(&self) -> bool {
        u32::try_from(self.findings.len())
            .map_or(true, |findings| findings > self.options.limits.findings)
    }
}

enum TypeField<'n> {
    Absent,
    Text(&'n str, Location),
    /// It is there and of no use; that has been told.
    Unusable,
}

/// A list of objects.
static LIST: Shape = Shape::closed(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::plain("metadata"),
    Field::plain("items"),
]);

/// What every object has.
static ANY: Shape = Shape::open(&[
    Field::plain("apiVersion"),
    Field::plain("kind"),
    Field::of("metadata", &OBJECT_META),
    Field::plain("spec"),
    Field::plain("items"),
]);

/// Whether a NetworkPolicy without an apiVersion is of a form that never needed one: it was posted to
/// an address that named it.
fn is_of_2016(node: &Node<'_>) -> bool {
    is_alpha_network_policy(node) || node.get("allowIncoming").is_some()
}

fn unknown_kind(api_version: &str, kind: &str, message: String) -> Problem {
    let shorten = |text: &str| text.chars().take(253).collect();
    Problem::UnknownKind { api_version: shorten(api_version), kind: shorten(kind), message }
}

fn place_of(finding: &Finding) -> u32 {
    finding.diagnostic.location.map_or(0, |place| place.offset)
}
