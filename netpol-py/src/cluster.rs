//! The face for writers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use netpol_core::contents::Contents;
use netpol_core::{Admission, Applied, Error};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};

use crate::engine::Engine;
use crate::manifest::Manifest;
use crate::{answers, arguments, diagnostics, errors, options};

/// Everything that is known of a cluster: objects go in, snapshots come out.
///
/// Nothing that reads sees a change before `publish` turns everything since the last one into an
/// `Engine` at once. A call that is refused raises `RefusedError` with everything that is wrong, and
/// changes nothing.
///
/// Any number of threads may use it; their calls come one after the other. A pickle holds what the
/// cluster holds and its options, and is compiled again when it is published there.
///
/// >>> cluster = netpol.Cluster(netpol.Options(own_node_egress=True))
/// >>> cluster.apply('''
/// ... apiVersion: v1
/// ... kind: Pod
/// ... metadata: {name: db, namespace: shop}
/// ... status: {phase: Running, podIP: 10.0.0.1}
/// ... ''').objects
/// 1
/// >>> engine = cluster.publish()
/// >>> engine.owner("10.0.0.1")
/// Endpoint(namespace='shop', name='db', kind='Pod')
/// >>> cluster.delete("Pod", "db", namespace="shop")
/// True
/// >>> cluster.publish().owner("10.0.0.1") is None
/// True
/// >>> engine.owner("10.0.0.1") is None  # the first engine still answers as it did
/// False
#[pyclass(frozen, module = "netpol", weakref)]
pub(crate) struct Cluster {
    cluster: Mutex<netpol_core::Cluster>,
    /// The same for all engines of this cluster.
    lineage: Arc<()>,
}

#[pymethods]
impl Cluster {
    /// An empty cluster. Its options never change.
    #[new]
    #[pyo3(signature = (options=None))]
    fn new(options: Option<&Bound<'_, PyAny>>) -> PyResult<Cluster> {
        let options = options::cluster_options(options)?;
        Ok(Cluster::of(netpol_core::Cluster::new(options)))
    }

    /// The options it was created with.
    #[getter]
    fn options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let options = self.with(py, |cluster| cluster.options().clone())?;
        options::to_python(py, &options)
    }

    /// How many engines were published. `Engine.generation` counts them.
    #[getter]
    fn generation(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |cluster| cluster.generation())
    }

    /// Whether the cluster was said to be complete. Matters only with `Options.until_synced`: before
    /// the first listing is complete an engine answers with that verdict.
    #[getter]
    fn synced(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |cluster| cluster.is_synced())
    }

    #[setter]
    fn set_synced(&self, py: Python<'_>, synced: bool) -> PyResult<()> {
        self.with(py, |cluster| cluster.set_synced(synced))
    }

    /// Adds objects; one that is there already is replaced. All of them, or none.
    ///
    /// `source` is a `Manifest` or whatever `Manifest.read` takes: text, an open file, dictionaries,
    /// objects of the `kubernetes` client; never a path. `admission` is `create` for files and people:
    /// whatever kube-apiserver would refuse is refused. It is `stored` for objects that a cluster
    /// already holds: each fault is a warning, and what means nothing matches nothing.
    ///
    /// Returns how many objects there were, and what was odd about them. Raises `RefusedError`.
    #[pyo3(signature = (source, /, *, admission=None, name=None, reading=None))]
    fn apply<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        admission: Option<&Bound<'py, PyAny>>,
        name: Option<&str>,
        reading: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let admission = admission_or_create(admission)?;
        if let Ok(manifest) = source.cast::<Manifest>() {
            return self.apply_manifest(py, manifest.get(), admission);
        }
        let manifest = Manifest::of(source, name, &options::read_options(reading)?)?;
        self.apply_manifest(py, &manifest, admission)
    }

    /// Adds the objects in files, and in the `.yaml`, `.yml` and `.json` files of directories and
    /// below; `-` is the standard input. As `apply` in everything else.
    #[pyo3(signature = (*paths, admission=None, reading=None))]
    fn apply_files<'py>(
        &self,
        py: Python<'py>,
        paths: &Bound<'py, PyTuple>,
        admission: Option<&Bound<'py, PyAny>>,
        reading: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let admission = admission_or_create(admission)?;
        let manifest = Manifest::of_files(paths, &options::read_options(reading)?)?;
        self.apply_manifest(py, &manifest, admission)
    }

    /// Adds one object, or replaces the one of its kind, namespace and name, as a watch event has it.
    /// As `apply`, but more than one object, or none, is a `ValueError`.
    #[pyo3(signature = (object, /, *, admission=None, reading=None))]
    fn upsert<'py>(
        &self,
        py: Python<'py>,
        object: &Bound<'py, PyAny>,
        admission: Option<&Bound<'py, PyAny>>,
        reading: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let admission = admission_or_create(admission)?;
        let manifest = Manifest::of(object, None, &options::read_options(reading)?)?;
        let is_refused =
            manifest.manifest.diagnostics(admission).iter().any(|found| found.is_error());
        match manifest.manifest.objects().len() {
            1 => self.apply_manifest(py, &manifest, admission),
            _ if is_refused => self.apply_manifest(py, &manifest, admission),
            count => Err(PyValueError::new_err(format!(
                "upsert takes one object that policies know, and here are {count}"
            ))),
        }
    }

    /// Makes `objects` all there are of a kind, in one step, as a relisting feeder does. `kind` is
    /// spelt as in the API; of workloads, only those of that kind are replaced.
    ///
    /// Raises `RefusedError`, also for an object of another kind; then the old ones stay.
    #[pyo3(signature = (kind, objects, /, *, admission=None, reading=None))]
    fn replace_all<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        objects: &Bound<'py, PyAny>,
        admission: Option<&Bound<'py, PyAny>>,
        reading: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (kind, admission) = (arguments::kind(kind)?, admission_or_create(admission)?);
        let Manifest { manifest, is_text } =
            Manifest::of(objects, None, &options::read_options(reading)?)?;
        let applied = self.with(py, |cluster| {
            let mut found = manifest.diagnostics(admission);
            if found.iter().any(|found| found.is_error()) {
                return Err(Error::new(found));
            }
            let mut applied = cluster.replace_all(kind, manifest.objects().to_vec(), admission)?;
            found.append(&mut applied.warnings);
            applied.warnings = found;
            Ok(applied)
        })?;
        told(py, applied, &manifest, is_text)
    }

    /// Removes an object, and says whether it was there. `kind` is spelt as in the API; what lives in
    /// a namespace needs `namespace`. A namespace goes with everything in it.
    #[pyo3(signature = (kind, name, /, *, namespace=None))]
    fn delete(
        &self,
        py: Python<'_>,
        kind: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> PyResult<bool> {
        let kind = arguments::kind(kind)?;
        let namespace = match (kind.is_namespaced(), namespace) {
            (true, None) => {
                let message = format!("a {kind} is in a namespace: give `namespace`");
                return Err(PyValueError::new_err(message));
            }
            (false, Some(_)) => {
                return Err(PyValueError::new_err(format!("a {kind} is in no namespace")));
            }
            (_, namespace) => namespace.unwrap_or_default(),
        };
        self.with(py, |cluster| cluster.delete(kind, namespace, name))
    }

    /// Says which further addresses a node sends from, such as that of its bridge or gateway. Replaces
    /// what was said of the node before; the node need not be known.
    #[pyo3(signature = (node, addresses, /))]
    fn set_node_addresses(
        &self,
        py: Python<'_>,
        node: &str,
        addresses: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let addresses = arguments::addresses("addresses", addresses)?;
        self.with(py, |cluster| cluster.set_node_addresses(node, addresses))
    }

    /// Says what a domain name resolves to, for the `domainNames` peers of cluster-wide policies: the
    /// addresses of one answer, until `expires`, or until they are withdrawn. Adds to earlier answers.
    ///
    /// `expires` is in seconds, or a `timedelta`, on the clock that `advance` is told.
    #[pyo3(signature = (name, addresses, /, *, expires=None))]
    fn resolve_domain(
        &self,
        py: Python<'_>,
        name: &str,
        addresses: &Bound<'_, PyAny>,
        expires: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let addresses = arguments::addresses("addresses", addresses)?;
        let expires = expires.map(|expires| arguments::time("expires", expires)).transpose()?;
        self.with(py, |cluster| cluster.resolve_domain(name, addresses, expires))
    }

    /// Takes back what a domain name resolves to: some addresses, or everything. Says whether there was
    /// any of it.
    #[pyo3(signature = (name, addresses=None, /))]
    fn withdraw_domain(
        &self,
        py: Python<'_>,
        name: &str,
        addresses: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let addresses =
            addresses.map(|some| arguments::addresses("addresses", some)).transpose()?;
        self.with(py, |cluster| cluster.withdraw_domain(name, addresses.as_deref()))
    }

    /// Says what time it is, in seconds or as a `timedelta` since whatever moment the caller counts
    /// from: answers that expire then or before are gone from the next `publish` on. Time that goes
    /// back is ignored.
    #[pyo3(signature = (now, /))]
    fn advance(&self, py: Python<'_>, now: &Bound<'_, PyAny>) -> PyResult<()> {
        let now: Duration = arguments::time("now", now)?;
        self.with(py, |cluster| cluster.advance(now))
    }

    /// Makes everything that happened since the last call visible at once, in a new snapshot that
    /// shares with the one before what did not change. Only what depends on the changes is compiled.
    ///
    /// An engine that is still held when the cluster changes next makes it copy what it holds, so that
    /// the engine can be pickled as it is: a third of a millisecond for ten thousand pods.
    ///
    /// Raises `RefusedError` when the cluster does not fit the tables, or the options refuse what is in
    /// it (missing namespaces, equal priorities). Earlier engines go on.
    fn publish(&self, py: Python<'_>) -> PyResult<Engine> {
        self.published(py, netpol_core::Cluster::publish)
    }

    /// As `publish`, but compiles everything, as if nothing had been published before. The answers are
    /// the same.
    fn publish_anew(&self, py: Python<'_>) -> PyResult<Engine> {
        self.published(py, netpol_core::Cluster::publish_anew)
    }

    /// How many of each thing the compiled form has, such as atoms, classes and rule sets; empty before
    /// the first publication.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = PyDict::new(py);
        for (name, count) in self.with(py, |cluster| cluster.counts())? {
            counts.set_item(name, count)?;
        }
        Ok(counts)
    }

    /// How many bytes the newest engine and the cluster itself take. Walks through all of it.
    fn memory_usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let usage = self.with(py, |cluster| cluster.memory_usage())?;
        answers::memory_usage(py, &usage)
    }

    /// How many snapshots are in memory: the newest, and each that somebody still holds.
    fn snapshots(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, netpol_core::Cluster::snapshots)
    }

    /// What the cluster holds and its options, as bytes that `restore` reads: JSON that carries a
    /// version, about 300 bytes for each pod. A pickle holds the same.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let contents = self.with(py, |cluster| cluster.contents())?;
        Ok(PyBytes::new(py, &py.detach(|| contents.to_bytes())))
    }

    /// The cluster that `save` wrote. Nothing of it is published yet.
    ///
    /// Raises `SavedError` for other bytes, and for those of a version that is not known here.
    #[classmethod]
    #[pyo3(signature = (saved, /))]
    fn restore(_class: &Bound<'_, PyType>, py: Python<'_>, saved: &[u8]) -> PyResult<Cluster> {
        let contents = py.detach(|| Contents::from_bytes(saved));
        let contents = contents.map_err(|error| errors::saved(py, &error))?;
        Ok(Cluster::of(netpol_core::Cluster::from(contents)))
    }

    /// A cluster of its own with the same objects, to see what a change would do.
    fn copy(&self, py: Python<'_>) -> PyResult<Cluster> {
        Ok(Cluster::of(self.with(py, |cluster| cluster.clone())?))
    }

    fn __copy__(&self, py: Python<'_>) -> PyResult<Cluster> {
        self.copy(py)
    }

    #[pyo3(signature = (memo, /))]
    fn __deepcopy__(&self, py: Python<'_>, memo: &Bound<'_, PyDict>) -> PyResult<Cluster> {
        let _ = memo;
        self.copy(py)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let saved = slf.get().save(slf.py())?;
        Ok((slf.get_type().getattr("restore")?, (saved,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let generation = self.generation(py)?;
        Ok(format!("<netpol.Cluster, published {generation} times>"))
    }
}

impl Cluster {
    fn of(cluster: netpol_core::Cluster) -> Cluster {
        Cluster { cluster: Mutex::new(cluster), lineage: Arc::default() }
    }

    /// Does something with the cluster, without the interpreter's lock: who waits for the cluster never
    /// holds that.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&mut netpol_core::Cluster) -> T + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| self.cluster.lock().ok().map(|mut cluster| act(&mut cluster)));
        done.ok_or_else(errors::poisoned)
    }

    fn apply_manifest<'py>(
        &self,
        py: Python<'py>,
        manifest: &Manifest,
        admission: Admission,
    ) -> PyResult<Bound<'py, PyAny>> {
        let applied = self.with(py, |cluster| cluster.apply(&manifest.manifest, admission))?;
        told(py, applied, &manifest.manifest, manifest.is_text)
    }

    fn published(
        &self,
        py: Python<'_>,
        publish: impl FnOnce(&mut netpol_core::Cluster) -> Result<netpol_core::Engine, Error> + Send,
    ) -> PyResult<Engine> {
        let published = self.with(py, |cluster| {
            let engine = publish(cluster)?;
            Ok((engine, cluster.contents()))
        })?;
        let (engine, contents) = published.map_err(|error| errors::refused(py, &error, None))?;
        Ok(Engine::new(engine, contents, Arc::clone(&self.lineage)))
    }
}

fn admission_or_create(admission: Option<&Bound<'_, PyAny>>) -> PyResult<Admission> {
    admission.map_or(Ok(Admission::Create), options::admission)
}

/// What a call says that read a manifest.
fn told<'py>(
    py: Python<'py>,
    applied: Result<Applied, Error>,
    manifest: &netpol_core::Manifest,
    is_text: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match applied {
        Ok(applied) => diagnostics::applied(py, &applied, is_text),
        Err(error) => Err(errors::refused(py, &error, is_text.then_some(manifest))),
    }
}
