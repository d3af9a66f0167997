use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Problem};
use crate::field::{self, Location};
use crate::model::Object;

use super::event::Fault;
use super::intake::Intake;
use super::json::Json;
use super::options::ReadOptions;
use super::text::{Format, Text};
use super::walk::walk;
use super::yaml::YamlEvents;
use super::{Admission, Finding, Refuses, duplicates, locate};

/// What one load understood: objects, and everything that was wrong with the text.
///
/// A manifest says nothing yet about being accepted; that depends on the [`Admission`]. It keeps
/// the text, so that what validation finds later can be [located](Manifest::locate) and shown.
///
/// ```
/// use netpol_core::manifest::{Admission, Manifest, ReadOptions};
///
/// let text = "
/// apiVersion: networking.k8s.io/v1
/// kind: NetworkPolicy
/// metadata: {name: deny-all}
/// spec:
///   podSelector: {}
///   policyType: [Ingress]
/// ";
/// let manifest = Manifest::read(Some("deny.yaml"), text.as_bytes(), &ReadOptions::default());
/// assert_eq!(manifest.objects().len(), 1);
/// assert_eq!(
///     manifest.diagnostics(Admission::Create)[0].to_string(),
///     "deny.yaml:7:3: error: NetworkPolicy default/deny-all: \
///      spec.policyType: Unknown field: did you mean `policyTypes`?",
/// );
/// assert!(!manifest.diagnostics(Admission::Stored)[0].is_error());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    pub(super) objects: Vec<Object>,
    pub(super) places: Vec<Place>,
    pub(super) sources: Vec<Source>,
    pub(super) findings: Vec<Finding>,
    stand_ins: Vec<(usize, field::Path)>,
    /// The first object of each name, in the order of kind, namespace and name.
    pub(super) by_name: Vec<usize>,
    skipped: BTreeMap<String, usize>,
}

/// Where an object begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// An index into `Manifest::sources`.
    pub(super) source: usize,
    pub(super) location: Location,
}

/// A text that was read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    name: Option<Arc<str>>,
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) format: Format,
    pub(super) options: ReadOptions,
}

impl Manifest {
    /// Reads the objects in `bytes`: YAML or JSON, one document or many, lists of objects (as
    /// `kubectl get -o yaml` prints them) among them. `name` is what diagnostics call the text,
    /// usually its path.
    ///
    /// Nothing is refused here: whatever is wrong is a [finding](Manifest::findings), and
    /// everything else is understood.
    #[must_use]
    pub fn read(name: Option<&str>, bytes: &[u8], options: &ReadOptions) -> Manifest {
        Manifest::read_owned(name, bytes.to_vec(), options)
    }

    /// As [`Manifest::read`], without a copy of the text.
    pub(super) fn read_owned(
        name: Option<&str>,
        bytes: Vec<u8>,
        options: &ReadOptions,
    ) -> Manifest {
        let name: Option<Arc<str>> = name.map(Arc::from);
        let text = match Text::of(&bytes, &options.limits) {
            Ok(text) => text,
            Err(fault) => {
                // What exceeds the limit is not worth keeping.
                let kept = if fault.place.is_some() { bytes } else { Vec::new() };
                let mut manifest = Manifest::default();
                manifest.findings.push(unread(&name, fault));
                manifest.sources.push(Source {
                    name,
                    bytes: Arc::new(kept),
                    format: Format::Yaml,
                    options: options.clone(),
                });
                return manifest;
            }
        };
        let (intake, format) = match text.format() {
            Format::Yaml => (read_yaml(text, options, &name), Format::Yaml),
            Format::Json => {
                let json = read_json(text, options, &name);
                // `{a: b}` is YAML too.
                let yaml = json.broken.then(|| read_yaml(text, options, &name));
                match yaml {
                    Some(yaml) if !yaml.broken || !text.is_plainly_json() => (yaml, Format::Yaml),
                    _ => (json, Format::Json),
                }
            }
        };
        let mut manifest = Manifest::from_intake(intake);
        let bytes = Arc::new(bytes);
        manifest.sources.push(Source { name, bytes, format, options: options.clone() });
        manifest.index();
        manifest
    }

    fn from_intake(intake: Intake<'_>) -> Manifest {
        let mut manifest = Manifest {
            findings: intake.findings,
            stand_ins: intake.stand_ins,
            skipped: intake.skipped,
            ..Manifest::default()
        };
        manifest.objects.reserve_exact(intake.objects.len());
        manifest.places.reserve_exact(intake.objects.len());
        for (object, location) in intake.objects {
            manifest.objects.push(object);
            manifest.places.push(Place { source: 0, location });
        }
        manifest
    }

    /// Tells the duplicates, once everything else is there.
    fn index(&mut self) {
        let limit = self.sources.first().map_or(0, |source| source.options.limits.findings);
        duplicates::index(self, limit);
        self.findings.sort_by_key(|finding| {
            finding.diagnostic.location.map_or(0, |location| location.offset)
        });
    }

    /// Adds what another load understood behind what is here. An object that both hold is a
    /// duplicate.
    pub fn append(&mut self, other: Manifest) {
        let Manifest { objects, places, sources, findings, stand_ins, by_name, skipped } = other;
        let (objects_before, sources_before) = (self.objects.len(), self.sources.len());
        self.objects.extend(objects);
        self.places.extend(
            places.into_iter().map(|place| Place {
                source: place.source.saturating_add(sources_before),
                ..place
            }),
        );
        self.sources.extend(sources);
        self.findings.extend(findings.into_iter().map(|finding| Finding {
            object: finding.object.map(|object| object.saturating_add(objects_before)),
            ..finding
        }));
        self.stand_ins.extend(
            stand_ins
                .into_iter()
                .map(|(object, path)| (object.saturating_add(objects_before), path)),
        );
        let added =
            by_name.into_iter().map(|object| object.saturating_add(objects_before)).collect();
        duplicates::add(self, added);
        for (kind, count) in skipped {
            let total = self.skipped.entry(kind).or_default();
            *total = total.saturating_add(count);
        }
    }

    /// The objects, in the order of the text.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The text that object number `object` came from, as it was named, and where the object
    /// begins in it. Both `None` for a number that no object has.
    #[must_use]
    pub fn place(&self, object: usize) -> (Option<Arc<str>>, Option<Location>) {
        match self.places.get(object) {
            Some(place) => (
                self.sources.get(place.source).and_then(|source| source.name.clone()),
                Some(place.location),
            ),
            None => (None, None),
        }
    }

    /// What was wrong with the text, in the order of the text.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings as errors and warnings of `admission`, in the order of the text.
    #[must_use]
    pub fn diagnostics(&self, admission: Admission) -> Vec<Diagnostic> {
        self.findings.iter().map(|finding| finding.diagnostic_in(admission)).collect()
    }

    /// The fields that could not be read, and whose values in the objects are therefore none of the
    /// text's: the number of the object and the path. A finding tells each; what validation says
    /// about them and about the fields inside them would only repeat it.
    #[must_use]
    pub fn stand_ins(&self) -> &[(usize, field::Path)] {
        &self.stand_ins
    }

    /// The kinds that were passed over, as `apiVersion kind` in alphabetical order, and how many
    /// objects of each: Services, ConfigMaps, and whatever else no verdict depends on.
    pub fn skipped(&self) -> impl Iterator<Item = (&str, usize)> {
        self.skipped.iter().map(|(kind, count)| (kind.as_str(), *count))
    }

    /// The text that diagnostics call `name`; `None` stands for a text that was given no name.
    #[must_use]
    pub fn source_text(&self, name: Option<&str>) -> Option<&[u8]> {
        self.sources
            .iter()
            .find(|source| source.name.as_deref() == name)
            .map(|source| source.bytes.as_slice())
    }

    /// The place of a text in the order of reading; after all others for a name that none has.
    pub(crate) fn source_position(&self, name: Option<&str>) -> usize {
        let mut sources = self.sources.iter();
        sources.position(|source| source.name.as_deref() == name).unwrap_or(self.sources.len())
    }

    /// The places of fields in the text, one for each of `wanted`: the number of an object and a
    /// path in it. A field that is not there is located at the nearest field around it that is.
    ///
    /// The text is read once more for all of them together, so collect the fields first. `None`
    /// for objects that do not exist.
    #[must_use]
    pub fn locate(&self, wanted: &[(usize, field::Path)]) -> Vec<Option<Location>> {
        locate::locate(self, wanted)
    }
}

fn read_yaml<'text>(
    text: Text<'text>,
    options: &'text ReadOptions,
    name: &Option<Arc<str>>,
) -> Intake<'text> {
    let mut intake = Intake::new(text, options, name.clone());
    intake.foreign_line_break();
    walk(YamlEvents::new(text.text, text.base, &options.limits), &options.limits, &mut intake);
    intake
}

fn read_json<'text>(
    text: Text<'text>,
    options: &'text ReadOptions,
    name: &Option<Arc<str>>,
) -> Intake<'text> {
    let mut intake = Intake::new(text, options, name.clone());
    walk(Json::new(text.text, text.base, &options.limits), &options.limits, &mut intake);
    intake
}

/// A finding about a text as a whole.
fn unread(name: &Option<Arc<str>>, fault: Fault) -> Finding {
    Finding {
        diagnostic: Diagnostic::error(*fault.problem).located(name.clone(), fault.place),
        object: None,
        refuses: Refuses::Always,
    }
}

impl Manifest {
    /// A load that failed before there was a text.
    pub(super) fn unreadable(name: &str, message: String) -> Manifest {
        let fault = Fault { problem: Box::new(Problem::Syntax { message }), place: None };
        Manifest { findings: vec![unread(&Some(name.into()), fault)], ..Manifest::default() }
    }
}
