//! Questions between two ends, from the arguments that every way to ask takes.

use std::net::IpAddr;

use netpol_core::net::Protocol;
use netpol_core::packet::Transport;
use netpol_core::{Direction, Engine, Party, Question};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::arguments::{self, address_object, integer, port_number};
use crate::classes;
use crate::errors::{self, wrong_type};

/// What an end of a question may be.
const END: &str = "`namespace/name`, a netpol.Endpoint, or an IP address";

/// The arguments of a question, but for its two ends.
pub(crate) struct Asking<'a, 'py> {
    pub(crate) port: Option<&'a Bound<'py, PyAny>>,
    pub(crate) protocol: Option<&'a Bound<'py, PyAny>>,
    pub(crate) icmp: Option<&'a Bound<'py, PyAny>>,
    pub(crate) fragment: bool,
    pub(crate) via_service: bool,
}

/// One end: an address, or an endpoint by its name.
pub(crate) fn party(engine: &Engine, what: &str, value: &Bound<'_, PyAny>) -> PyResult<Party> {
    let py = value.py();
    if let Ok(text) = value.cast::<PyString>() {
        return party_of_text(engine, text.to_str()?).map_err(|e| errors::question(py, &e));
    }
    if let Some(address) = address_object(value)? {
        return Ok(Party::from(address));
    }
    if value.is_instance(classes::endpoint(py)?)? {
        let name = endpoint_text(value)?;
        return Ok(engine.endpoint(&name).map_err(|e| errors::question(py, &e))?.into());
    }
    Err(wrong_type(what, END, value))
}

/// One end as text: what reads as an address is one.
pub(crate) fn party_of_text(
    engine: &Engine,
    text: &str,
) -> Result<Party, netpol_core::engine::QuestionError> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(Party::from(address)),
        Err(_) => Ok(Party::from(engine.endpoint(text)?)),
    }
}

/// An object of the class `Endpoint` in a form that is never ambiguous.
pub(crate) fn endpoint_text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let field = |name: &str| value.getattr(name)?.extract::<String>();
    Ok(format!("{}/{}/{}", field("kind")?, field("namespace")?, field("name")?))
}

/// An endpoint by its name or object.
pub(crate) fn endpoint(
    engine: &Engine,
    what: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<netpol_core::EndpointId> {
    let py = value.py();
    let name = if value.is_instance(classes::endpoint(py)?)? {
        endpoint_text(value)?
    } else {
        let text = value.cast::<PyString>();
        text.map_err(|_| wrong_type(what, "`namespace/name` or a netpol.Endpoint", value))?
            .to_str()?
            .to_owned()
    };
    engine.endpoint(&name).map_err(|error| errors::question(py, &error))
}

/// One of the two directions.
pub(crate) fn direction(value: &Bound<'_, PyAny>) -> PyResult<Direction> {
    let text = value
        .cast::<PyString>()
        .map_err(|_| wrong_type("direction", "`ingress` or `egress`", value))?;
    match text.to_str()? {
        "ingress" => Ok(Direction::Ingress),
        "egress" => Ok(Direction::Egress),
        other => Err(PyValueError::new_err(format!(
            "direction must be `ingress` or `egress`, not `{other}`"
        ))),
    }
}

impl Asking<'_, '_> {
    /// The question, with both ends found.
    pub(crate) fn question(
        &self,
        py: Python<'_>,
        engine: &Engine,
        source: Party,
        destination: Party,
    ) -> PyResult<Question> {
        let protocol = self.protocol.map_or(Ok(Protocol::TCP), arguments::protocol)?;
        let question = match self.transport(py, engine, destination, protocol)? {
            Some(transport) => Question::new(source, destination, protocol, transport),
            None => echo_request(py, engine, source, destination, protocol)?,
        };
        Ok(if self.via_service { question.via_service() } else { question })
    }

    fn names_protocol(&self) -> bool {
        self.protocol.is_some_and(|protocol| protocol.is_instance_of::<PyString>())
    }

    /// What follows the IP header; `None` for an echo request.
    fn transport(
        &self,
        py: Python<'_>,
        engine: &Engine,
        destination: Party,
        protocol: Protocol,
    ) -> PyResult<Option<Transport>> {
        let is_icmp = matches!(protocol, Protocol::ICMP | Protocol::ICMPV6);
        if self.icmp.is_some() && !is_icmp {
            let message = "`icmp` goes with protocol ICMP or ICMPv6";
            return Err(PyValueError::new_err(message));
        }
        if self.fragment && (self.port.is_some() || self.icmp.is_some()) {
            let message = "a fragment has neither ports nor an ICMP type";
            return Err(PyValueError::new_err(message));
        }
        match (self.port, self.icmp.map(icmp).transpose()?) {
            (Some(port), _) if protocol.has_policy_ports() => {
                let destination = port_of(py, engine, destination, port, protocol)?;
                Ok(Some(Transport::Ports { source: 0, destination }))
            }
            (Some(_), _) => Err(PyValueError::new_err(format!("{protocol} has no ports"))),
            (None, Some((kind, code))) => Ok(Some(Transport::Icmp { kind, code })),
            (None, None) if self.fragment => Ok(Some(Transport::Unknown)),
            // Who names ICMP means a ping; who gives its number has a packet of unknown type.
            (None, None) if is_icmp && self.names_protocol() => Ok(None),
            (None, None) if protocol.has_policy_ports() => Err(PyTypeError::new_err(format!(
                "a question about {protocol} needs `port`; a fragment without ports is `fragment=True`"
            ))),
            (None, None) => Ok(Some(Transport::Unknown)),
        }
    }
}

/// Type and code of ICMP.
fn icmp(value: &Bound<'_, PyAny>) -> PyResult<(u8, u8)> {
    let (kind, code) = value
        .extract::<(i64, i64)>()
        .map_err(|_| wrong_type("icmp", "a tuple of type and code", value))?;
    match (u8::try_from(kind), u8::try_from(code)) {
        (Ok(kind), Ok(code)) => Ok((kind, code)),
        _ => Err(PyValueError::new_err(format!("{value} is no ICMP type and code: each 0 to 255"))),
    }
}

/// A port by its number, or by the name that the destination has for it.
pub(crate) fn port_of(
    py: Python<'_>,
    engine: &Engine,
    destination: Party,
    port: &Bound<'_, PyAny>,
    protocol: Protocol,
) -> PyResult<u16> {
    if let Ok(text) = port.cast::<PyString>() {
        let text = text.to_str()?;
        return port_of_text(engine, destination, text, protocol).map_err(|fault| match fault {
            PortFault::Question(error) => errors::question(py, &error),
            PortFault::Number(message) => PyValueError::new_err(message),
            PortFault::Nobody(message) => errors::port_name(py, message),
        });
    }
    match integer(port) {
        Some(number) => port_number(number?).map_err(PyValueError::new_err),
        None => Err(wrong_type("port", "a number or the name of a port", port)),
    }
}

/// Why a text is no port.
pub(crate) enum PortFault {
    Question(netpol_core::engine::QuestionError),
    Number(String),
    Nobody(String),
}

impl std::fmt::Display for PortFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PortFault::Question(error) => error.fmt(f),
            PortFault::Number(message) | PortFault::Nobody(message) => f.write_str(message),
        }
    }
}

/// A port as text: names have a letter, so none is taken for a number.
pub(crate) fn port_of_text(
    engine: &Engine,
    destination: Party,
    text: &str,
    protocol: Protocol,
) -> Result<u16, PortFault> {
    if !text.contains(|symbol: char| symbol.is_ascii_alphabetic()) {
        return text
            .parse()
            .map_err(|_| PortFault::Number(format!("`{text}` is no port: 0 to 65535, or a name")));
    }
    let owner = match destination {
        Party::Endpoint(endpoint) => Some(endpoint),
        Party::Address(address) => engine.owner(address),
    };
    let owner = owner.ok_or_else(|| {
        PortFault::Nobody(format!("port `{text}` means nothing on an address that no pod owns"))
    })?;
    engine.port_number(owner, text, protocol).map_err(PortFault::Question)
}

/// An echo request: of the family in which the two ends meet, when the protocol is ICMP.
fn echo_request(
    py: Python<'_>,
    engine: &Engine,
    source: Party,
    destination: Party,
    protocol: Protocol,
) -> PyResult<Question> {
    let ask = |protocol, kind| {
        let transport = Transport::Icmp { kind, code: 0 };
        Question::new(source, destination, protocol, transport)
    };
    if protocol == Protocol::ICMPV6 {
        return Ok(ask(Protocol::ICMPV6, 128));
    }
    let question = ask(Protocol::ICMP, 8);
    let explanation =
        engine.explain_question(&question).map_err(|error| errors::question(py, &error))?;
    match explanation.source.address.or(explanation.destination.address) {
        Some(IpAddr::V6(_)) => Ok(ask(Protocol::ICMPV6, 128)),
        _ => Ok(question),
    }
}
