//! Questions about Services: each is about every backend.

use netpol_core::Party;
use netpol_core::engine::{Backend, ServiceId, ServiceQuestion};
use netpol_core::net::Protocol;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::Engine;
use crate::arguments::{self, address_to_python, integer, port_number};
use crate::errors::{self, wrong_type};
use crate::{answers, classes, diagnostics, question};

#[pymethods]
impl Engine {
    /// May `source` open a connection to that port of a Service? `allow` when each of its backends may be
    /// reached, `deny` when none may, `mixed` otherwise.
    ///
    /// `service` is `"svc/namespace/name"`, with or without `svc/`, or an `ObjectName`; `port` the number
    /// or name of a port of the Service. Policies see packets after DNAT, so this asks about each backend
    /// on its targetPort.
    ///
    /// Raises `ServiceError` when there is no such Service or port, when it has no backends, and when
    /// it cannot be told who they are.
    ///
    /// >>> engine = netpol.loads('''
    /// ... {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
    /// ... ---
    /// ... {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}}
    /// ... ---
    /// ... {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
    /// ... ---
    /// ... {apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop},
    /// ...  spec: {selector: {app: db}, ports: [{port: 5432, targetPort: 15432}]}}
    /// ... ---
    /// ... apiVersion: networking.k8s.io/v1
    /// ... kind: NetworkPolicy
    /// ... metadata: {name: db, namespace: shop}
    /// ... spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 15432}]}]}
    /// ... ''', admission="stored")
    /// >>> engine.decide_service("shop/web", "svc/shop/db", port=5432)
    /// <ServiceVerdict.ALLOW: 'allow'>
    /// >>> engine.backends("shop/web", "svc/shop/db", port=5432)
    /// (Backend(endpoint=Endpoint(namespace='shop', name='db', kind='Pod'), address=None, port=15432),)
    #[pyo3(signature = (source, service, *, port, protocol=None))]
    fn decide_service<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        service: &Bound<'py, PyAny>,
        port: &Bound<'py, PyAny>,
        protocol: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let question = service_question(&self.engine, source, service, port, protocol)?;
        let verdict = py.detach(|| self.engine.decide_service(&question));
        answers::service_verdict(py, verdict.map_err(|error| errors::service(py, &error))?)
    }

    /// The answer of `decide_service`, with the explanation of each backend's.
    #[pyo3(signature = (source, service, *, port, protocol=None))]
    fn explain_service<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        service: &Bound<'py, PyAny>,
        port: &Bound<'py, PyAny>,
        protocol: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let question = service_question(&self.engine, source, service, port, protocol)?;
        let explanation = py.detach(|| self.engine.explain_service(&question));
        let explanation = explanation.map_err(|error| errors::service(py, &error))?;
        answers::service_explanation(py, &explanation)
    }

    /// Who gets what `decide_service` asks about, and on which port: in order of namespace, name and
    /// port, and at the end those that are addresses; never nobody.
    ///
    /// Where the Service has EndpointSlices, their endpoints that are ready; otherwise the pods of its
    /// namespace that its selector matches and that run, and workloads that stand in for pods.
    #[pyo3(signature = (source, service, *, port, protocol=None))]
    fn backends<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        service: &Bound<'py, PyAny>,
        port: &Bound<'py, PyAny>,
        protocol: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let question = service_question(&self.engine, source, service, port, protocol)?;
        let backends = py.detach(|| self.engine.backends(&question));
        let backends = backends.map_err(|error| errors::service(py, &error))?;
        backends_to_python(py, &self.engine, &backends)
    }

    /// Every Service, in order of namespace and name.
    fn services<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        names(py, &self.engine)
    }

    /// What policies say that they probably do not mean, and that no object gives rise to alone: notes
    /// with the code `service-port` where a policy names the port of a Service instead of its targetPort.
    /// Looks at every Service, policy and endpoint.
    fn lints<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        diagnostics::tuple(py, &py.detach(|| self.engine.lints()), true)
    }
}

/// The question, from the arguments that every way to ask takes.
fn service_question(
    engine: &netpol_core::Engine,
    source: &Bound<'_, PyAny>,
    service: &Bound<'_, PyAny>,
    port: &Bound<'_, PyAny>,
    protocol: Option<&Bound<'_, PyAny>>,
) -> PyResult<ServiceQuestion> {
    let source = question::party(engine, "source", source)?;
    let service = by_name(engine, service)?;
    let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(Protocol::TCP);
    let number = |number| {
        let number = port_number(number).map_err(PyValueError::new_err)?;
        PyResult::Ok(ServiceQuestion::port(source, service, protocol, number))
    };
    if let Ok(text) = port.cast::<PyString>() {
        let text = text.to_str()?;
        // Names have a letter, so none is taken for a number.
        if text.contains(|symbol: char| symbol.is_ascii_alphabetic()) {
            return Ok(ServiceQuestion::named_port(source, service, protocol, text));
        }
        return number(text.parse().map_err(|_| {
            PyValueError::new_err(format!("`{text}` is no port: 0 to 65535, or a name"))
        })?);
    }
    match integer(port) {
        Some(found) => number(found?),
        None => Err(wrong_type("port", "a number or the name of a port of the Service", port)),
    }
}

/// A Service by its name, or by the object that names it.
fn by_name(engine: &netpol_core::Engine, value: &Bound<'_, PyAny>) -> PyResult<ServiceId> {
    let py = value.py();
    let text = if value.is_instance(classes::object_name(py)?)? {
        let field = |name: &str| value.getattr(name)?.extract::<String>();
        format!("{}/{}/{}", field("kind")?, field("namespace")?, field("name")?)
    } else {
        let expected = "`svc/namespace/name`, `namespace/name` or a netpol.ObjectName";
        let text = value.cast::<PyString>().map_err(|_| wrong_type("service", expected, value))?;
        text.to_str()?.to_owned()
    };
    engine.service(&text).map_err(|error| errors::service(py, &error))
}

/// Every Service, by name.
fn names<'py>(py: Python<'py>, engine: &netpol_core::Engine) -> PyResult<Bound<'py, PyTuple>> {
    let names = engine.services().filter_map(|service| engine.service_name(service));
    let names = names.map(|name| diagnostics::object_name(py, &name));
    PyTuple::new(py, names.collect::<PyResult<Vec<_>>>()?)
}

/// Those who get what is sent to a Service.
fn backends_to_python<'py>(
    py: Python<'py>,
    engine: &netpol_core::Engine,
    found: &[Backend],
) -> PyResult<Bound<'py, PyTuple>> {
    let backends = found.iter().map(|backend| {
        let (endpoint, address) = match backend.party {
            Party::Endpoint(id) => (Some(answers::endpoint(py, engine, id)?), None),
            Party::Address(address) => (None, Some(address_to_python(py, address)?)),
        };
        classes::backend(py)?.call1((endpoint, address, backend.port))
    });
    PyTuple::new(py, backends.collect::<PyResult<Vec<_>>>()?)
}
