//! One immutable snapshot, and everything one may ask of it.

use std::sync::Arc;

use netpol_core::contents::Contents;
use netpol_core::{Direction, EndpointId, Party, Question};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};

use crate::arguments::{self, address_to_python};
use crate::changes::Changes;
use crate::columns::flow_table::FlowTable;
use crate::columns::{self, Batch};
use crate::errors::{self, wrong_type};
use crate::question::{self, Asking};
use crate::service::{self, service_question};
use crate::{answers, classes, diagnostics, options};

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
    engine: netpol_core::Engine,
    /// What it was compiled from.
    contents: Contents,
    lineage: Arc<()>,
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

    /// May `source` open this connection to `destination`?
    ///
    /// `port` is a number, or a name that the destination's containers have for it. `protocol` is
    /// `TCP`, `UDP`, `SCTP`, `ICMP`, `ICMPv6` or a number. `icmp` is type and code; without it a
    /// question about ICMP by its name is about an echo request, of the family in which the ends meet,
    /// and one about it by its number is about a message of unknown type.
    /// `fragment=True` is a packet of the protocol that carries no ports. `via_service=True` says that
    /// a Service led the packet there. `direction` asks one side alone.
    ///
    /// Raises `QuestionError` when the question has no answer: an end that is not there, two ends
    /// without an address family in common, a port name that the destination does not have.
    #[pyo3(signature = (source, destination, *, port=None, protocol=None, icmp=None, fragment=false, via_service=false, direction=None))]
    #[expect(clippy::too_many_arguments, reason = "they are the parts of a question, by keyword")]
    fn decide<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        destination: &Bound<'py, PyAny>,
        port: Option<&Bound<'py, PyAny>>,
        protocol: Option<&Bound<'py, PyAny>>,
        icmp: Option<&Bound<'py, PyAny>>,
        fragment: bool,
        via_service: bool,
        direction: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let asking = Asking { port, protocol, icmp, fragment, via_service };
        let question = self.question(source, destination, &asking)?;
        let verdict = match direction.map(question::direction).transpose()? {
            None => self.engine.decide_question(&question),
            Some(Direction::Ingress) => self.engine.decide_question_ingress(&question),
            Some(Direction::Egress) => self.engine.decide_question_egress(&question),
        };
        answers::verdict(py, verdict.map_err(|error| errors::question(py, &error))?)
    }

    /// The same verdict, and for each direction what it rests on: the reason, and the tier, policy,
    /// rule, peer and port that decided.
    #[pyo3(signature = (source, destination, *, port=None, protocol=None, icmp=None, fragment=false, via_service=false))]
    #[expect(clippy::too_many_arguments, reason = "they are the parts of a question, by keyword")]
    fn attribute<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        destination: &Bound<'py, PyAny>,
        port: Option<&Bound<'py, PyAny>>,
        protocol: Option<&Bound<'py, PyAny>>,
        icmp: Option<&Bound<'py, PyAny>>,
        fragment: bool,
        via_service: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let asking = Asking { port, protocol, icmp, fragment, via_service };
        let question = self.question(source, destination, &asking)?;
        let decision = self.engine.attribute_question(&question);
        let decision = decision.map_err(|error| errors::question(py, &error))?;
        answers::decision(py, &self.engine, &decision)
    }

    /// The same verdict with everything it rests on, for people and programs: every policy that
    /// isolates, every rule that allows, or the one that came nearest.
    ///
    /// >>> engine = netpol.load("netpol-core/examples/shop")
    /// >>> print(engine.explain("shop/web", "shop/db", port="postgres"))
    /// deny
    /// TCP shop/web -> shop/db port 5432
    /// egress from shop/web: allow, not isolated
    /// ingress to shop/db: deny, isolated by NetworkPolicy shop/db, NetworkPolicy shop/default-deny, and no rule matches
    ///   nearest: NetworkPolicy shop/db spec.ingress[0] (from[0]): the pod's labels do not match `app=api`
    #[pyo3(signature = (source, destination, *, port=None, protocol=None, icmp=None, fragment=false, via_service=false))]
    #[expect(clippy::too_many_arguments, reason = "they are the parts of a question, by keyword")]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        destination: &Bound<'py, PyAny>,
        port: Option<&Bound<'py, PyAny>>,
        protocol: Option<&Bound<'py, PyAny>>,
        icmp: Option<&Bound<'py, PyAny>>,
        fragment: bool,
        via_service: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let asking = Asking { port, protocol, icmp, fragment, via_service };
        let question = self.question(source, destination, &asking)?;
        let explanation = self.engine.explain_question(&question);
        let explanation = explanation.map_err(|error| errors::question(py, &error))?;
        answers::explanation(py, &explanation)
    }

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
        service::verdict(py, verdict.map_err(|error| errors::service(py, &error))?)
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
        service::backends(py, &self.engine, &backends)
    }

    /// Every Service, in order of namespace and name.
    fn services<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        service::names(py, &self.engine)
    }

    /// What policies say that they probably do not mean, and that no object gives rise to alone: notes
    /// with the code `service-port` where a policy names the port of a Service instead of its targetPort.
    /// Looks at every Service, policy and endpoint.
    fn lints<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        diagnostics::tuple(py, &py.detach(|| self.engine.lints()), true)
    }

    /// May this packet pass, as it lies in memory, from its IP header on?
    ///
    /// Raises `RawPacketError` when it cannot be read; then it must not pass.
    #[pyo3(signature = (packet, /))]
    fn decide_raw<'py>(&self, py: Python<'py>, packet: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let verdict = self.engine.decide_raw(packet);
        answers::verdict(py, verdict.map_err(|error| errors::raw_packet(py, error))?)
    }

    /// The verdict on each flow of a table, `True` where it may pass, in the order of its rows.
    ///
    /// `flows` is an Arrow table of any library (anything with `__arrow_c_stream__` or
    /// `__arrow_c_array__`: pyarrow, polars, pandas, DuckDB), or a mapping of column names to NumPy
    /// arrays, Arrow arrays, or single values that all rows have. Its columns:
    ///
    /// ```text
    /// source, destination    IPv4 addresses as unsigned integers, addresses as 4 or 16 bytes or as text,
    ///                        endpoints as text
    /// port                   numbers; or text: numbers, and names of ports of the destination
    /// protocol               numbers, or names; TCP when the column is not there
    /// icmp_type, icmp_code   numbers; not known when the columns are not there
    /// fragment, via_service  truth values; false when the columns are not there
    /// ```
    ///
    /// `columns` says what the table calls them: `{"source": "srcaddr"}`. Protocols without ports need
    /// no port. `direction` asks one side alone.
    ///
    /// A row that means no flow (no port, an unknown endpoint, addresses of two families) raises
    /// `RowError` with its number; with `invalid="mask"` it is masked, and the result is a masked array
    /// whose data say `False` there.
    ///
    /// The interpreter's lock is released meanwhile. Large tables are shared out among `threads`, by
    /// default one for each processor that the process may use. NumPy arrays are copied first.
    ///
    /// >>> import numpy as np
    /// >>> engine = netpol.load("netpol-core/examples/shop")
    /// >>> engine.decide_batch({
    /// ...     "source": np.array(["shop/api", "shop/web"]),
    /// ...     "destination": "shop/db",
    /// ...     "port": 5432,
    /// ... })
    /// array([ True, False])
    #[pyo3(signature = (flows, /, *, columns=None, direction=None, invalid="raise", threads=None))]
    fn decide_batch<'py>(
        &self,
        py: Python<'py>,
        flows: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyAny>>,
        direction: Option<&Bound<'py, PyAny>>,
        invalid: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batch = Batch::new(&self.engine, flows, columns, Some(invalid), threads)?;
        let direction = direction.map(question::direction).transpose()?;
        columns::decide(py, &batch, direction)
    }

    /// The same verdicts with what they rest on, as a table with a column for each of these, in this
    /// order; `select` takes some of them.
    ///
    /// ```text
    /// verdict                 may it pass?
    /// source, destination     the endpoint at that end, where it is one: `shop/web`
    /// direction               the direction that decides: the first on the way that denies; when both
    ///                         allow, the last one in which a policy does
    /// reason, tier, policy, rule, peer, port
    ///                         what the verdict of that direction rests on, as `attribute` tells it
    /// egress_verdict, egress_reason, egress_tier, egress_policy, egress_rule, egress_peer, egress_port
    /// ingress_verdict, …      the same of each direction
    /// ```
    ///
    /// Texts are dictionary-encoded. The table is any library's: `pyarrow.table(table)`,
    /// `polars.DataFrame(table)`. With `invalid="mask"` the rows that mean no flow have nulls.
    #[pyo3(signature = (flows, /, *, columns=None, select=None, invalid="raise", threads=None))]
    fn attribute_batch(
        &self,
        flows: &Bound<'_, PyAny>,
        columns: Option<&Bound<'_, PyAny>>,
        select: Option<Vec<String>>,
        invalid: &str,
        threads: Option<usize>,
    ) -> PyResult<FlowTable> {
        let batch = Batch::new(&self.engine, flows, columns, Some(invalid), threads)?;
        columns::attribute(flows.py(), &batch, select.as_deref())
    }

    /// Who may open a connection to `port` of this destination, an endpoint or an address.
    ///
    /// Asks once for each kind of source, not for each source.
    #[pyo3(signature = (destination, /, *, port, protocol=None))]
    fn sources_of<'py>(
        &self,
        py: Python<'py>,
        destination: &Bound<'py, PyAny>,
        port: &Bound<'py, PyAny>,
        protocol: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let party = question::party(&self.engine, "destination", destination)?;
        let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(TCP);
        let port = question::port_of(py, &self.engine, party, port, protocol)?;
        let reach = py.detach(|| self.engine.sources_of(party, protocol, port));
        answers::reach(py, &self.engine, &reach.map_err(|error| errors::question(py, &error))?)
    }

    /// To whom this source, an endpoint or an address, may open a connection to `port`.
    #[pyo3(signature = (source, /, *, port, protocol=None))]
    fn destinations_of<'py>(
        &self,
        py: Python<'py>,
        source: &Bound<'py, PyAny>,
        port: &Bound<'py, PyAny>,
        protocol: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let party = question::party(&self.engine, "source", source)?;
        let Some(port) = arguments::integer(port) else {
            // Each destination would have its own.
            return Err(wrong_type("port", "a number", port));
        };
        let port = arguments::port_number(port?).map_err(PyValueError::new_err)?;
        let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(TCP);
        let reach = py.detach(|| self.engine.destinations_of(party, protocol, port));
        answers::reach(py, &self.engine, &reach.map_err(|error| errors::question(py, &error))?)
    }

    /// What changed since an earlier engine of the same cluster, or since a generation of it.
    ///
    /// One that is too old (more than four thousand generations back) or later than this one touches
    /// everything. Raises `ValueError` for an engine of another cluster; a copy and what was read from
    /// a pickle are other clusters.
    #[pyo3(signature = (earlier, /))]
    fn changes_since(&self, earlier: &Bound<'_, PyAny>) -> PyResult<Changes> {
        let generation = if let Ok(engine) = earlier.cast::<Engine>() {
            if !Arc::ptr_eq(&engine.get().lineage, &self.lineage) {
                return Err(PyValueError::new_err("the engine is of another cluster"));
            }
            engine.get().generation()
        } else {
            match arguments::integer(earlier) {
                Some(number) => u64::try_from(number?)
                    .map_err(|_| PyValueError::new_err("generations count from 1"))?,
                None => {
                    let expected = "a netpol.Engine or a generation";
                    return Err(wrong_type("earlier", expected, earlier));
                }
            }
        };
        Ok(Changes::new(self.engine.clone(), generation))
    }

    /// The rows of a table whose verdict is not what it was, in order. `before` are the verdicts that
    /// they got in the generation that `changes` start from; only the rows that the changes touch are
    /// decided again.
    #[pyo3(signature = (changes, flows, before, /, *, columns=None, threads=None))]
    fn recheck<'py>(
        &self,
        py: Python<'py>,
        changes: &Bound<'py, Changes>,
        flows: &Bound<'py, PyAny>,
        before: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batch = Batch::new(&self.engine, flows, columns, None, threads)?;
        let wrong = || wrong_type("before", "an array of truth values", before);
        let verdicts = py.import("numpy")?.call_method1("asarray", (before,))?;
        let verdicts = verdicts.extract::<PyReadonlyArray1<'_, bool>>().map_err(|_| wrong())?;
        let before = verdicts.as_array().iter().copied().collect::<Vec<_>>();
        columns::recheck(py, &batch, changes.get().inner(), &before)
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
        let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(TCP);
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

    /// What the engine was compiled from, as bytes that `restore` reads: JSON that carries a version,
    /// about 300 bytes for each pod. A pickle holds the same.
    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.contents.to_bytes()))
    }

    /// The engine that `save` wrote, compiled again: with the same options, generation and answers.
    ///
    /// Raises `SavedError` for other bytes, and for those of a version that is not known here.
    #[classmethod]
    #[pyo3(signature = (saved, /))]
    fn restore(_class: &Bound<'_, PyType>, py: Python<'_>, saved: &[u8]) -> PyResult<Engine> {
        let contents = py.detach(|| Contents::from_bytes(saved));
        let contents = contents.map_err(|error| errors::saved(py, &error))?;
        let published = py.detach(|| netpol_core::Cluster::from(contents.clone()).publish());
        let engine = published.map_err(|error| errors::refused(py, &error, None))?;
        Ok(Engine::new(engine, contents, Arc::default()))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (memo, /))]
    fn __deepcopy__(slf: Py<Self>, memo: &Bound<'_, PyDict>) -> Py<Self> {
        let _ = memo;
        slf
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let saved = slf.get().save(slf.py());
        Ok((slf.get_type().getattr("restore")?, (saved,)))
    }

    fn __repr__(&self) -> String {
        let (endpoints, policies) = (self.engine.endpoints().count(), self.engine.policies().len());
        let generation = self.engine.generation();
        format!(
            "<netpol.Engine, generation {generation}: {endpoints} endpoints, {policies} policies>"
        )
    }
}

const TCP: netpol_core::net::Protocol = netpol_core::net::Protocol::TCP;

impl Engine {
    pub(crate) fn new(engine: netpol_core::Engine, contents: Contents, lineage: Arc<()>) -> Engine {
        Engine { engine, contents, lineage }
    }

    fn question(
        &self,
        source: &Bound<'_, PyAny>,
        destination: &Bound<'_, PyAny>,
        asking: &Asking<'_, '_>,
    ) -> PyResult<Question> {
        let source_party: Party = question::party(&self.engine, "source", source)?;
        let destination = question::party(&self.engine, "destination", destination)?;
        asking.question(source.py(), &self.engine, source_party, destination)
    }
}
