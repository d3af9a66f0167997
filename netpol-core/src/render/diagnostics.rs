use std::borrow::Cow;

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Problem, Severity};
use crate::field::Location;
use crate::manifest::Manifest;

use super::excerpt::Excerpt;

/// Whether text carries terminal colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// ANSI escape codes between the text. What manifests say never becomes one.
    Coloured,
}

/// `diagnostics` as a compiler prints them, one below the other, with the lines of `manifest` that
/// they are about.
///
/// ```
/// use netpol_core::manifest::{Admission, Manifest, ReadOptions};
/// use netpol_core::render::{self, Style};
///
/// let text = "kind: NetworkPolcy\napiVersion: networking.k8s.io/v1\nmetadata: {name: a}\n";
/// let manifest = Manifest::read(Some("a.yaml"), text.as_bytes(), &ReadOptions::default());
/// let found = manifest.diagnostics(Admission::Create);
/// let printed = render::diagnostics(&found, &manifest, Style::Plain);
/// assert!(printed.contains("--> a.yaml:1:7"), "{printed}");
/// assert!(printed.contains("1 | kind: NetworkPolcy"), "{printed}");
/// assert!(printed.contains("did you mean `NetworkPolicy`?"), "{printed}");
/// ```
#[must_use]
pub fn diagnostics(diagnostics: &[Diagnostic], manifest: &Manifest, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let mut printed = String::new();
    for diagnostic in diagnostics {
        if !printed.is_empty() {
            printed.push('\n');
        }
        printed.push_str(&renderer.render(&report(diagnostic, manifest)));
        printed.push('\n');
    }
    printed
}

/// `diagnostics` as a JSON array; each is the [`Diagnostic`] as it serialises and its `message`.
#[must_use]
pub fn diagnostics_json(diagnostics: &[Diagnostic]) -> String {
    #[derive(Serialize)]
    struct Record<'d> {
        #[serde(flatten)]
        diagnostic: &'d Diagnostic,
        message: String,
    }
    let records: Vec<Record<'_>> = diagnostics
        .iter()
        .map(|diagnostic| Record { diagnostic, message: diagnostic.problem.to_string() })
        .collect();
    serde_json::to_string_pretty(&records)
        .unwrap_or_else(|error| serde_json::Value::String(error.to_string()).to_string())
}

fn report<'m>(diagnostic: &Diagnostic, manifest: &'m Manifest) -> Vec<Group<'m>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(shorten(diagnostic.problem.to_string()));
    let mut group = Group::with_title(title);
    group = with_place(group, diagnostic.source.as_deref(), diagnostic.location, manifest);
    if let Some(object) = &diagnostic.object {
        group = group.element(Level::NOTE.no_name().message(untrusted(&format!("in {object}"))));
    }
    let mut report = vec![group];
    if let Problem::DuplicateObject { first_source, first } = &diagnostic.problem {
        let title = Level::NOTE.secondary_title("the first one is here");
        let group = Group::with_title(title);
        report.push(with_place(group, first_source.as_deref(), *first, manifest));
    }
    report
}

/// Adds the file, the position, and the lines there.
fn with_place<'m>(
    group: Group<'m>,
    source: Option<&str>,
    location: Option<Location>,
    manifest: &'m Manifest,
) -> Group<'m> {
    let path = untrusted(source.unwrap_or("<input>"));
    let Some(location) = location else {
        return if source.is_some() { group.element(Origin::path(path)) } else { group };
    };
    let excerpt = manifest.source_text(source).and_then(|text| Excerpt::of(text, location));
    let Some(Excerpt { text, first_line, span, is_whole }) = excerpt else {
        return group.element(origin(path, location));
    };
    let snippet = Snippet::source(text)
        .line_start(first_line)
        .fold(false)
        .annotation(AnnotationKind::Primary.span(span));
    if is_whole {
        group.element(snippet.path(path))
    } else {
        // The column cannot be counted in what is left of the line.
        group.element(origin(path, location)).element(snippet)
    }
}

fn origin<'m>(path: String, location: Location) -> Origin<'m> {
    let wide = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Origin::path(path).line(wide(location.line)).char_column(wide(location.column))
}

fn untrusted(text: &str) -> String {
    normalize_untrusted_str(&shorten(text.to_owned()))
}

/// The messages are ours, but names and kinds in them may be as long as an author likes.
fn shorten(text: String) -> Cow<'static, str> {
    const LONGEST: usize = 1000;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}
