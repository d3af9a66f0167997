//! One immutable snapshot, and everything one may ask of it.
//!
//! Here is what there is in it. What may be asked of it stands beside, a block of methods for each kind of
//! question.

mod changes;
mod questions;
mod reach;
mod saving;
mod services;
mod tables;

use std::sync::Arc;

use netpol_core::EndpointId;
use netpol_core::contents::Contents;
use netpol_core::net::Protocol;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arguments::{self, address_to_python};
use crate::{answers, classes, columns, diagnostics, errors, options, question};

/// A snapshot of the cluster that answers questions.
///
/// Made by `Cluster.publish`, `netpol.load` or `netpol.loads`. It never changes, and any number of
/// threads may ask at once. A pickle of it holds what its cluster held, and is compiled again where it
/// is read; it gives the same answers there.
///
/// An end of a question is `"namespace/name"`, `"kind/namespace/name"`, an `Endpoint`, or an address
/// as text or as an object of `ipaddress`. Addresses and ports are those after DNAT: of pods. What a
/// Service makes of them, `decide_service` knows.
///
/// >>> engine = netpol.load("netpol-core/examples/shop")
/// >>> engine.decide("shop/web", "shop/api", port="http")
/// <Verdict.ALLOW: 'allow'>
/// >>> engine.decide("shop/db", "10.20.99.7", port=443)
/// <Verdict.DENY: 'deny'>
#[pyclass(frozen, module = "netpol", weakref)]
pub(crate) struct Engine {
    pub(crate) engine: netpol_core::Engine,
    /// What it was compiled from.
    contents: Contents,
    /// Which cluster it is of.
    pub(crate) lineage: Arc<()>,
}

#[pymethods]
impl Engine {
    /// Counts the publications of the cluster, from 1.
    #[getter]
    fn generation(&self) -> u64 {
        self.engine.generation()
    }

    /// The options of the cluster it came from.
    #[getter]
    fn options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        options::to_python(py, self.engine.options())
    }

    /// What was odd about the cluster as a whole, such as two pods on one address, or namespaces that
    /// were never loaded.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        diagnostics::tuple(py, self.engine.warnings(), true)
    }

    /// The endpoint with this name. Raises `UnknownEndpointError` or `AmbiguousEndpointError`.
    #[pyo3(signature = (name, /))]
    fn endpoint<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        answers::endpoint(py, &self.engine, question::endpoint(&self.engine, "name", name)?)
    }

    /// Every endpoint, in order of namespace, name and kind.
    fn endpoints<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let endpoints = self.engine.endpoints().collect::<Vec<EndpointId>>();
        answers::endpoints(py, &self.engine, &endpoints)
    }

    /// The addresses of an endpoint, in the pod's order; none for a workload.
    #[pyo3(signature = (endpoint, /))]
    fn addresses<'py>(
        &self,
        py: Python<'py>,
        endpoint: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let endpoint = question::endpoint(&self.engine, "endpoint", endpoint)?;
        let addresses = self.engine.addresses(endpoint).into_iter();
        let addresses = addresses.map(|address| address_to_python(py, address));
        PyTuple::new(py, addresses.collect::<PyResult<Vec<_>>>()?)
    }

    /// Which pod owns an address; `None` for addresses of nodes and of the outside.
    #[pyo3(signature = (address, /))]
    fn owner<'py>(
        &self,
        py: Python<'py>,
        address: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let owner = self.engine.owner(arguments::address("address", address)?);
        owner.map(|owner| answers::endpoint(py, &self.engine, owner)).transpose()
    }

    /// The number of a named port on an endpoint. Raises `PortNameError` when it does not declare the
    /// name for the protocol, or declares it for several numbers.
    #[pyo3(signature = (destination, name, /, *, protocol=None))]
    fn port_number(
        &self,
        py: Python<'_>,
        destination: &Bound<'_, PyAny>,
        name: &str,
        protocol: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u16> {
        let endpoint = question::endpoint(&self.engine, "destination", destination)?;
        let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(Protocol::TCP);
        let number = self.engine.port_number(endpoint, name, protocol);
        number.map_err(|error| errors::question(py, &error))
    }

    /// Every policy, in order of tier, priority, namespace and name.
    fn policies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let policies = columns::policies(&self.engine);
        let names = policies.iter().map(|(_, name)| answers::policy_name(py, name));
        PyTuple::new(py, names.collect::<PyResult<Vec<_>>>()?)
    }

    /// How many bytes the engine takes, part by part. Walks through all of it.
    fn memory_usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        answers::memory_usage(py, &self.engine.memory_usage())
    }

    /// What each policy takes, the largest first. Walks through all policies.
    fn policy_footprints<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let footprints = self.engine.policy_footprints();
        let footprints = footprints
            .iter()
            .filter_map(|footprint| Some((footprint, self.engine.policy_name(footprint.policy)?)));
        let footprints = footprints.map(|(footprint, name)| {
            let (combinations, entries) = (footprint.combinations, footprint.entries);
            let name = answers::policy_name(py, &name)?;
            classes::policy_footprint(py)?.call1((name, combinations, entries, footprint.bytes))
        });
        PyTuple::new(py, footprints.collect::<PyResult<Vec<_>>>()?)
    }

    fn __repr__(&self) -> String {
        let (endpoints, policies) = (self.engine.endpoints().count(), self.engine.policies().len());
        let generation = self.engine.generation();
        format!(
            "<netpol.Engine, generation {generation}: {endpoints} endpoints, {policies} policies>"
        )
    }
}

impl Engine {
    pub(crate) fn new(engine: netpol_core::Engine, contents: Contents, lineage: Arc<()>) -> Engine {
        Engine { engine, contents, lineage }
    }
}
