//! Texts, dictionaries and objects of the `kubernetes` client, as manifests.

use std::path::PathBuf;

use netpol_core::manifest::ReadOptions;
use netpol_core::render::{self, Style};
use netpol_core::{Admission, Cluster, Diagnostic, Options, legacy};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use crate::diagnostics::{self, read_diagnostic};
use crate::errors::wrong_type;
use crate::{classes, options};

/// Objects as they were read, and everything that was wrong with the text.
///
/// Reading refuses nothing; `check` says what an admission would refuse. A manifest can be applied to
/// any number of clusters: `cluster.apply(manifest)`.
///
/// >>> manifest = netpol.Manifest.read('''
/// ... apiVersion: networking.k8s.io/v1
/// ... kind: NetworkPolicy
/// ... metadata: {name: deny-all}
/// ... spec:
/// ...   podSelector: {}
/// ...   policyType: [Ingress]
/// ... ''', name="deny.yaml")
/// >>> print(*manifest.check(), sep="\n")
/// deny.yaml:7:3: error: NetworkPolicy default/deny-all: spec.policyType: Unknown field: did you mean `policyTypes`?
#[pyclass(frozen, module = "netpol", weakref)]
pub(crate) struct Manifest {
    pub(crate) manifest: netpol_core::Manifest,
    /// Whether places in it mean something to whoever gave it.
    pub(crate) is_text: bool,
}

#[pymethods]
impl Manifest {
    /// Reads objects: YAML or JSON as text or bytes, one document or many, an open file, a dictionary
    /// (one object, or a list as `kubectl get -o json` prints it), an object of the `kubernetes`
    /// client, or an iterable of those. Never a path: that is `read_files`.
    ///
    /// `name` is what diagnostics call a text, usually its path. Raises `TypeError` for anything else.
    #[classmethod]
    #[pyo3(signature = (source, /, *, name=None, reading=None))]
    fn read(
        _class: &Bound<'_, pyo3::types::PyType>,
        source: &Bound<'_, PyAny>,
        name: Option<&str>,
        reading: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Manifest> {
        Manifest::of(source, name, &options::read_options(reading)?)
    }

    /// Reads files, and the `.yaml`, `.yml` and `.json` files in directories and below; `-` is the
    /// standard input. A file that cannot be read is told by `check`, as everything else is.
    #[classmethod]
    #[pyo3(signature = (*paths, reading=None))]
    fn read_files(
        _class: &Bound<'_, pyo3::types::PyType>,
        paths: &Bound<'_, PyTuple>,
        reading: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Manifest> {
        Manifest::of_files(paths, &options::read_options(reading)?)
    }

    /// The names of the objects, in the order of the text.
    fn objects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let objects = self.manifest.objects().iter();
        let names = objects.map(|object| diagnostics::object_name(py, &object.object_ref()));
        PyTuple::new(py, names.collect::<PyResult<Vec<_>>>()?)
    }

    /// The kinds that were passed over, as `apiVersion kind`, and how many objects of each: ConfigMaps,
    /// Secrets, and whatever else no verdict depends on.
    fn skipped<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let skipped = PyDict::new(py);
        for (kind, count) in self.manifest.skipped() {
            skipped.set_item(kind, count)?;
        }
        Ok(skipped)
    }

    /// Everything to be said about the objects, in the order of the text: errors where the admission
    /// would refuse them, and warnings.
    ///
    /// `together=True` says, behind that and where nothing is refused, what is odd about a cluster that
    /// holds these objects and no others: what `Cluster.publish` refuses, `Engine.warnings` and
    /// `Engine.lints`, with their places in the text.
    #[pyo3(signature = (*, admission=None, options=None, together=false))]
    fn check<'py>(
        &self,
        py: Python<'py>,
        admission: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyAny>>,
        together: bool,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let found = self.checked(py, admission, options, together)?;
        diagnostics::tuple(py, &found, self.is_text)
    }

    /// What `check` finds, as a compiler prints it: each with the lines of the text that it is about.
    /// `coloured` puts ANSI escape codes between; what manifests say never becomes one.
    #[pyo3(signature = (*, admission=None, options=None, together=false, coloured=false))]
    fn report(
        &self,
        py: Python<'_>,
        admission: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyAny>>,
        together: bool,
        coloured: bool,
    ) -> PyResult<String> {
        let found = self.checked(py, admission, options, together)?;
        Ok(py.detach(|| render::diagnostics(&found, &self.manifest, style(coloured))))
    }

    /// Diagnostics about this manifest, such as the notes of `convert`, as `report` prints what `check`
    /// finds.
    #[pyo3(signature = (diagnostics, /, *, coloured=false))]
    fn excerpts(
        &self,
        py: Python<'_>,
        diagnostics: &Bound<'_, PyAny>,
        coloured: bool,
    ) -> PyResult<String> {
        let expected = "an iterable of netpol.Diagnostic";
        let wrong = |_| wrong_type("diagnostics", expected, diagnostics);
        let found = diagnostics.try_iter().map_err(wrong)?.map(|one| read_diagnostic(&one?));
        let found = found.collect::<PyResult<Vec<_>>>()?;
        Ok(py.detach(|| render::diagnostics(&found, &self.manifest, style(coloured))))
    }

    /// The NetworkPolicies of `networking.k8s.io/v1` that mean today what these objects meant to
    /// Kubernetes 1.3 to 1.6, with a note for everything that was left out. Read the manifest with
    /// `ReadOptions(legacy=True)` to have the form of 2016 in it.
    ///
    /// Nothing is changed where none of the objects is of an older form and no namespace isolates its
    /// pods by annotation.
    fn convert<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let conversion = legacy::convert(self.manifest.objects());
        let policies = conversion.policies.iter().map(|policy| {
            let text = serde_json::to_string(policy)
                .map_err(|error| PyValueError::new_err(error.to_string()))?;
            let body = py.import("json")?.call_method1("loads", (text,))?;
            let document = PyDict::new(py);
            document.set_item("apiVersion", "networking.k8s.io/v1")?;
            document.set_item("kind", "NetworkPolicy")?;
            document.update(body.cast::<PyDict>()?.as_mapping())?;
            Ok(document)
        });
        let policies = PyTuple::new(py, policies.collect::<PyResult<Vec<_>>>()?)?;
        let notes = self.manifest.located(conversion.notes);
        let notes = diagnostics::tuple(py, &notes, self.is_text)?;
        classes::conversion(py)?.call1((policies, notes))
    }

    fn __len__(&self) -> usize {
        self.manifest.objects().len()
    }

    fn __repr__(&self) -> String {
        let (objects, findings) = (self.manifest.objects().len(), self.manifest.findings().len());
        format!("<netpol.Manifest: {objects} objects, {findings} findings>")
    }
}

impl Manifest {
    /// Reads what a caller gave; a manifest is one already.
    pub(crate) fn of(
        source: &Bound<'_, PyAny>,
        name: Option<&str>,
        options: &ReadOptions,
    ) -> PyResult<Manifest> {
        let (text, name, is_text) = text_of(source, name)?;
        let manifest =
            source.py().detach(|| netpol_core::Manifest::read(name.as_deref(), &text, options));
        Ok(Manifest { manifest, is_text })
    }

    /// Reads files and directories.
    pub(crate) fn of_files(
        paths: &Bound<'_, PyTuple>,
        options: &ReadOptions,
    ) -> PyResult<Manifest> {
        let py = paths.py();
        if paths.is_empty() {
            return Err(PyValueError::new_err("no files and no directories are given"));
        }
        let mut manifest = netpol_core::Manifest::default();
        for path in paths {
            let path = path
                .extract::<PathBuf>()
                .map_err(|_| wrong_type("a path", "a text or an os.PathLike", &path))?;
            if path.as_os_str() == "-" {
                let input = py.import("sys")?.getattr("stdin")?.getattr("buffer")?;
                let text = input.call_method0("read")?;
                let read = Manifest::of(&text, Some("<stdin>"), options)?;
                manifest.append(read.manifest);
            } else {
                let paths = std::slice::from_ref(&path);
                let read = py.detach(|| netpol_core::Manifest::read_paths(paths, options));
                manifest.append(read);
            }
        }
        Ok(Manifest { manifest, is_text: true })
    }

    fn checked(
        &self,
        py: Python<'_>,
        admission: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyAny>>,
        together: bool,
    ) -> PyResult<Vec<Diagnostic>> {
        let admission = admission.map_or(Ok(Admission::Create), options::admission)?;
        let options: Options = options::cluster_options(options)?;
        Ok(py.detach(|| {
            // A cluster says everything that is wrong with a manifest.
            let mut cluster = Cluster::new(options);
            let mut found = match cluster.apply(&self.manifest, admission) {
                Ok(applied) => applied.warnings,
                Err(error) => return error.diagnostics().to_vec(),
            };
            if together {
                let whole = match cluster.publish() {
                    Ok(engine) => engine.warnings().iter().cloned().chain(engine.lints()).collect(),
                    Err(error) => error.diagnostics().to_vec(),
                };
                found.extend(self.manifest.located(whole));
            }
            found
        }))
    }
}

fn style(coloured: bool) -> Style {
    if coloured { Style::Coloured } else { Style::Plain }
}

/// The text of a source, what it is called, and whether it was a text to begin with.
fn text_of(
    source: &Bound<'_, PyAny>,
    name: Option<&str>,
) -> PyResult<(Vec<u8>, Option<String>, bool)> {
    let given = || name.map(str::to_owned);
    if let Ok(text) = source.cast::<PyString>() {
        let text = text.to_str()?;
        if is_path(text) {
            let message = format!(
                "`{text}` is a path, and text is expected here: netpol.load, Cluster.apply_files and \
                 Manifest.read_files take paths"
            );
            return Err(PyTypeError::new_err(message));
        }
        return Ok((text.as_bytes().to_vec(), given(), true));
    }
    if let Ok(bytes) = source.cast::<PyBytes>() {
        return Ok((bytes.as_bytes().to_vec(), given(), true));
    }
    let read = source.py().import("netpol._sources")?.call_method1("read", (source,))?;
    let (text, own, is_text): (Vec<u8>, Option<String>, bool) = read.extract()?;
    Ok((text, given().or(own), is_text))
}

/// Whether a text that cannot be a manifest is the path of something that is there.
fn is_path(text: &str) -> bool {
    let is_one_word = !text.contains(['\n', '{', '\0']) && !text.contains(": ");
    is_one_word && !text.is_empty() && std::path::Path::new(text).exists()
}
