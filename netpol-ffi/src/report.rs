//! Reports: what a call has to say about its input.

use netpol_core::Error;
use netpol_core::diagnostic::{Diagnostic, Problem, Severity};
use netpol_core::manifest::Manifest;
use netpol_core::render::{self, Style};

use crate::guard::{guard, guard_or};
use crate::pointer::{self, Place};
use crate::status::netpol_status;
use crate::text::netpol_str;

/// What a call has to say about its input: every error and every warning, with places and fields.
///
/// Functions that take a `netpol_report **` write it whenever there is something to say, whatever
/// their status, and NULL when there is nothing; pass NULL where nobody listens. Any thread may read
/// a report; it lives until it is freed.
#[derive(Debug)]
pub struct netpol_report {
    rendered: String,
    json: String,
    entries: Vec<Entry>,
}

/// The texts of a diagnostic that it does not hold as such.
#[derive(Debug)]
struct Entry {
    diagnostic: Diagnostic,
    kind: &'static str,
    path: String,
    message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_severity {
    /// The call was refused for it.
    Error = 1,
    /// The call went through.
    Warning = 2,
}

/// One entry of a report. The texts live as long as the report; those that do not apply are empty.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_diagnostic {
    /// A `netpol_severity`.
    pub severity: u8,
    /// Not used; 0.
    pub reserved: [u8; 3],
    /// Line in the text, from 1; 0 when there is none.
    pub line: u32,
    /// Column in characters, from 1; 0 when there is none.
    pub column: u32,
    /// Not used; 0.
    pub reserved_2: u32,
    /// The name that the text was given when it was read.
    pub source: netpol_str,
    /// Kind of the object it is about.
    pub object_kind: netpol_str,
    /// Namespace of the object.
    pub object_namespace: netpol_str,
    /// Name of the object.
    pub object_name: netpol_str,
    /// The field, such as `spec.ingress[0].from[1]`.
    pub field: netpol_str,
    /// The error type as kube-apiserver has it, such as `Invalid value`; for warnings about
    /// legal objects the name of the check.
    pub type_: netpol_str,
    /// What is wrong, in a sentence.
    pub message: netpol_str,
}

impl netpol_report {
    /// A report, if there is anything to say.
    pub(crate) fn of(diagnostics: &[Diagnostic], manifest: &Manifest) -> Option<netpol_report> {
        if diagnostics.is_empty() {
            return None;
        }
        Some(netpol_report {
            rendered: render::diagnostics(diagnostics, manifest, Style::Plain),
            json: render::diagnostics_json(diagnostics),
            entries: diagnostics.iter().map(Entry::of).collect(),
        })
    }
}

impl Entry {
    fn of(diagnostic: &Diagnostic) -> Entry {
        let (kind, path) = match &diagnostic.problem {
            Problem::Field(error) => (error.kind().as_str(), error.path().to_string()),
            Problem::Note { code, path, .. } => (*code, path.to_string()),
            Problem::Syntax { .. } => ("Syntax", String::new()),
            Problem::Limit { .. } => ("Limit", String::new()),
            Problem::UnknownKind { .. } => ("UnknownKind", String::new()),
            Problem::DuplicateObject { .. } => ("DuplicateObject", String::new()),
            _ => ("", String::new()),
        };
        let message = diagnostic.problem.to_string();
        Entry { diagnostic: diagnostic.clone(), kind, path, message }
    }

    fn view(&self) -> netpol_diagnostic {
        let Diagnostic { severity, source, location, object, .. } = &self.diagnostic;
        let object = object.as_ref();
        netpol_diagnostic {
            severity: match severity {
                Severity::Error => netpol_severity::Error,
                Severity::Warning => netpol_severity::Warning,
            } as u8,
            reserved: [0; 3],
            line: location.map_or(0, |location| location.line),
            column: location.map_or(0, |location| location.column),
            reserved_2: 0,
            source: source.as_deref().map_or(netpol_str::NONE, netpol_str::of),
            object_kind: object.map_or(netpol_str::NONE, |o| netpol_str::of(o.kind.as_str())),
            object_namespace: object.map_or(netpol_str::NONE, |o| netpol_str::of(&o.namespace)),
            object_name: object.map_or(netpol_str::NONE, |o| netpol_str::of(&o.name)),
            field: netpol_str::of(&self.path),
            type_: netpol_str::of(self.kind),
            message: netpol_str::of(&self.message),
        }
    }
}

/// Where a report goes, if anywhere.
pub(crate) struct Listener(Option<Place<*mut netpol_report>>);

impl Listener {
    /// The place, with NULL in it until there is something to say.
    ///
    /// # Safety
    ///
    /// Null, or room for a pointer that nobody else uses during the call.
    pub(crate) unsafe fn new(place: *mut *mut netpol_report) -> Listener {
        if !place.is_null() {
            // SAFETY: the caller's promise.
            unsafe { place.write(std::ptr::null_mut()) };
        }
        // SAFETY: the caller's promise.
        Listener(unsafe { Place::new(place) }.ok())
    }

    /// Tells what there is to say about `manifest`.
    pub(crate) fn tell(self, diagnostics: &[Diagnostic], manifest: &Manifest) {
        if let Some(place) = self.0
            && let Some(report) = netpol_report::of(diagnostics, manifest)
        {
            place.hand_over(report);
        }
    }

    /// Tells why something was refused.
    pub(crate) fn refuse(self, error: &Error, manifest: &Manifest) -> netpol_status {
        self.tell(error.diagnostics(), manifest);
        netpol_status::Refused
    }
}

/// Everything in a report as a compiler prints it, with the lines of the text. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_report_text(report: *const netpol_report) -> netpol_str {
    guard_or(netpol_str::NONE, || {
        // SAFETY: the header's contract.
        let report = unsafe { pointer::shared(report) };
        report.map_or(netpol_str::NONE, |report| netpol_str::of(&report.rendered))
    })
}

/// Everything in a report as a JSON array. Empty for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_report_json(report: *const netpol_report) -> netpol_str {
    guard_or(netpol_str::NONE, || {
        // SAFETY: the header's contract.
        let report = unsafe { pointer::shared(report) };
        report.map_or(netpol_str::NONE, |report| netpol_str::of(&report.json))
    })
}

/// How many entries a report has; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_report_count(report: *const netpol_report) -> usize {
    // SAFETY: the header's contract.
    guard_or(0, || unsafe { pointer::shared(report) }.map_or(0, |report| report.entries.len()))
}

/// One entry of a report, in the order of the input.
///
/// NETPOL_STATUS_INVALID_LENGTH when there are not so many.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_report_at(
    report: *const netpol_report,
    index: usize,
    diagnostic_out: *mut netpol_diagnostic,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (report, place) = unsafe { (pointer::shared(report)?, Place::new(diagnostic_out)?) };
        let entry = report.entries.get(index).ok_or(netpol_status::InvalidLength)?;
        place.write(entry.view());
        Ok(())
    })
}

/// Frees a report; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_report_free(report: *mut netpol_report) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(report) });
}
