//! Whose verdicts may differ between two generations.

use netpol_core::engine::QuestionError;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::arguments::{address_to_python, network_to_python};
use crate::columns::{self, Batch};
use crate::{answers, classes, question};

/// What changed from one generation to a later one: whose verdicts may differ. Get it from
/// `Engine.changes_since`.
///
/// Sound: a flow that is not touched has the same verdict in both engines, and in each between. Tight:
/// endpoints that no changed policy selects and whose own labels, ports and addresses mean the same to
/// all policies are not touched.
///
/// >>> cluster = netpol.Cluster()
/// >>> _ = cluster.apply_files("netpol-core/examples/shop")
/// >>> before = cluster.publish()
/// >>> cluster.delete("NetworkPolicy", "db", namespace="shop")
/// True
/// >>> changes = cluster.publish().changes_since(before)
/// >>> [str(endpoint) for endpoint in changes.endpoints()]
/// ['statefulset/shop/db']
#[pyclass(frozen, module = "netpol", weakref)]
pub(crate) struct Changes {
    engine: netpol_core::Engine,
    changes: netpol_core::Changes,
}

#[pymethods]
impl Changes {
    /// The generation they start from.
    #[getter]
    #[expect(clippy::wrong_self_convention, reason = "it is an attribute, not a conversion")]
    fn from_generation(&self) -> u64 {
        self.changes.from_generation()
    }

    /// The generation they lead to, that of the engine that told them.
    #[getter]
    fn to_generation(&self) -> u64 {
        self.changes.to_generation()
    }

    /// Whether nothing is known about what is as it was, so that everything is touched.
    #[getter]
    fn is_everything(&self) -> bool {
        self.changes.is_everything()
    }

    /// Whether nothing is touched.
    #[getter]
    fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether verdicts about any of these ends may differ: endpoints and addresses, as questions take
    /// them. So it is for an endpoint that is not there any more, and for a name that never was.
    #[pyo3(signature = (*parties))]
    fn touches(&self, parties: &Bound<'_, PyTuple>) -> PyResult<bool> {
        if parties.is_empty() {
            return Err(PyTypeError::new_err("touches takes one end or more"));
        }
        let mut touched = false;
        for value in parties {
            touched |= self.touches_party(&value)?;
        }
        Ok(touched)
    }

    /// Which flows of a table the changes touch. `flows`, `columns` and `threads` are as in
    /// `Engine.decide_batch`; an endpoint that is not there raises `RowError`.
    #[pyo3(signature = (flows, /, *, columns=None, threads=None))]
    fn touches_batch<'py>(
        &self,
        py: Python<'py>,
        flows: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batch = Batch::new(&self.engine, flows, columns, None, threads)?;
        columns::touches(py, &batch, &self.changes)
    }

    /// The endpoints of the later engine that are touched. Looks at every endpoint.
    fn endpoints<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        answers::endpoints(py, &self.engine, &self.changes.endpoints())
    }

    /// The single addresses that came to an owner, lost one or got another, sorted; without those of
    /// endpoints that are touched for another reason.
    fn addresses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let addresses = self.changes.addresses().into_iter();
        let addresses = addresses.map(|address| address_to_python(py, address));
        PyTuple::new(py, addresses.collect::<PyResult<Vec<_>>>()?)
    }

    /// The prefixes whose addresses that are nobody's are touched, sorted. A prefix stands for its
    /// addresses that lie in no narrower prefix that some policy names.
    fn prefixes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let prefixes = self.changes.prefixes().into_iter();
        let prefixes = prefixes.map(|prefix| network_to_python(py, prefix));
        PyTuple::new(py, prefixes.collect::<PyResult<Vec<_>>>()?)
    }

    fn __repr__(&self) -> String {
        let (from, to) = (self.changes.from_generation(), self.changes.to_generation());
        let what = if self.changes.is_everything() {
            "everything".to_owned()
        } else {
            format!("{} endpoints", self.changes.endpoints().len())
        };
        format!("<netpol.Changes from generation {from} to {to}: {what}>")
    }
}

impl Changes {
    pub(crate) fn new(engine: netpol_core::Engine, earlier: u64) -> Changes {
        let changes = engine.changes_since(earlier);
        Changes { engine, changes }
    }

    pub(crate) const fn inner(&self) -> &netpol_core::Changes {
        &self.changes
    }

    fn touches_party(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        let name = if value.is_instance(classes::endpoint(value.py())?)? {
            Some(question::endpoint_text(value)?)
        } else {
            value
                .cast::<PyString>()
                .ok()
                .map(|text| text.to_str().map(str::to_owned))
                .transpose()?
        };
        if let Some(name) = name
            && let Err(QuestionError::Unknown { .. }) = question::party_of_text(&self.engine, &name)
        {
            return Ok(true);
        }
        let party = question::party(&self.engine, "an end", value)?;
        Ok(match party {
            netpol_core::Party::Address(address) => self.changes.touches_address(address),
            netpol_core::Party::Endpoint(endpoint) => self.changes.touches_endpoint(endpoint),
        })
    }
}
