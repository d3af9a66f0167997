//! Questions about one packet between two ends.

use netpol_core::{Direction, Party, Question};
use pyo3::prelude::*;

use super::Engine;
use crate::question::{self, Asking};
use crate::{answers, errors};

#[pymethods]
impl Engine {
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

    /// May this packet pass, as it lies in memory, from its IP header on?
    ///
    /// Raises `RawPacketError` when it cannot be read; then it must not pass.
    #[pyo3(signature = (packet, /))]
    fn decide_raw<'py>(&self, py: Python<'py>, packet: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let verdict = self.engine.decide_raw(packet);
        answers::verdict(py, verdict.map_err(|error| errors::raw_packet(py, error))?)
    }
}

impl Engine {
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
