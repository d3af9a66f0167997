//! Arguments that many calls take: addresses, ranges, ports, protocols, kinds, times.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use netpol_core::model::Kind;
use netpol_core::net::{Cidr, Protocol};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyInt, PyString};

use crate::classes;
use crate::errors::wrong_type;

/// An object of `ipaddress`; `None` for anything else.
pub(crate) fn address_object(value: &Bound<'_, PyAny>) -> PyResult<Option<IpAddr>> {
    let py = value.py();
    if value.is_instance(classes::ipv4_address(py)?)? {
        return value.extract().map(Some);
    }
    if !value.is_instance(classes::ipv6_address(py)?)? {
        return Ok(None);
    }
    if !value.getattr("scope_id")?.is_none() {
        let message = format!("{value} has a zone, and policies know no zones");
        return Err(PyValueError::new_err(message));
    }
    value.extract().map(Some)
}

/// An address as text or as an object of `ipaddress`.
pub(crate) fn address(what: &str, value: &Bound<'_, PyAny>) -> PyResult<IpAddr> {
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_str()?;
        return text.parse().map_err(|_| {
            PyValueError::new_err(format!("{what} must be an IP address, not `{text}`"))
        });
    }
    let expected = "an IP address as text or as an object of ipaddress";
    address_object(value)?.ok_or_else(|| wrong_type(what, expected, value))
}

/// Several addresses; a single text is not meant as its letters.
pub(crate) fn addresses(what: &str, values: &Bound<'_, PyAny>) -> PyResult<Vec<IpAddr>> {
    let wrong = || wrong_type(what, "an iterable of IP addresses", values);
    if values.is_instance_of::<PyString>() {
        return Err(wrong());
    }
    let values = values.try_iter().map_err(|_| wrong())?;
    values.map(|value| address(what, &value?)).collect()
}

/// A range of addresses, as text or as an object of `ipaddress`.
pub(crate) fn network(what: &str, value: &Bound<'_, PyAny>) -> PyResult<IpNet> {
    let py = value.py();
    let is_object = value.is_instance(classes::ipv4_network(py)?)?
        || value.is_instance(classes::ipv6_network(py)?)?;
    if !is_object && !value.is_instance_of::<PyString>() {
        return Err(wrong_type(what, "a CIDR as text or a network of ipaddress", value));
    }
    let text = value.str()?;
    let text = text.to_str()?;
    let cidr = Cidr::parse(text);
    let cidr = cidr.map_err(|error| PyValueError::new_err(format!("{what} `{text}` {error}")))?;
    Ok(cidr.network())
}

/// An address as an object of `ipaddress`.
pub(crate) fn address_to_python(py: Python<'_>, address: IpAddr) -> PyResult<Bound<'_, PyAny>> {
    match address {
        IpAddr::V4(address) => classes::ipv4_address(py)?.call1((address.to_bits(),)),
        IpAddr::V6(address) => classes::ipv6_address(py)?.call1((address.to_bits(),)),
    }
}

/// A range as an object of `ipaddress`.
pub(crate) fn network_to_python(py: Python<'_>, network: IpNet) -> PyResult<Bound<'_, PyAny>> {
    match network {
        IpNet::V4(network) => {
            let bits = network.network().to_bits();
            classes::ipv4_network(py)?.call1(((bits, network.prefix_len()),))
        }
        IpNet::V6(network) => {
            let bits = network.network().to_bits();
            classes::ipv6_network(py)?.call1(((bits, network.prefix_len()),))
        }
    }
}

/// A whole number, which truth values are not.
pub(crate) fn integer(value: &Bound<'_, PyAny>) -> Option<PyResult<i64>> {
    if value.is_instance_of::<PyBool>() {
        return None;
    }
    // NumPy's integers are no `int`, but say that they are indexes.
    let is_integer = value.is_instance_of::<PyInt>() || value.hasattr("__index__").unwrap_or(false);
    is_integer.then(|| value.extract::<i64>().or(Ok(i64::MAX)))
}

/// A port as a number.
pub(crate) fn port_number(number: i64) -> Result<u16, String> {
    u16::try_from(number).map_err(|_| format!("{number} is no port: 0 to 65535"))
}

/// A protocol by its name in any case, or by its number.
pub(crate) fn protocol(value: &Bound<'_, PyAny>) -> PyResult<Protocol> {
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_str()?;
        return protocol_name(text).ok_or_else(|| {
            PyValueError::new_err(format!(
                "unknown protocol `{text}`: TCP, UDP, SCTP, ICMP, ICMPv6, or a number"
            ))
        });
    }
    match integer(value) {
        Some(number) => protocol_number(number?).map_err(PyValueError::new_err),
        None => Err(wrong_type("protocol", "a name such as `TCP` or a number", value)),
    }
}

/// A protocol by its name in any case.
pub(crate) fn protocol_name(text: &str) -> Option<Protocol> {
    let known = [
        ("TCP", Protocol::TCP),
        ("UDP", Protocol::UDP),
        ("SCTP", Protocol::SCTP),
        ("ICMP", Protocol::ICMP),
        ("ICMPv6", Protocol::ICMPV6),
    ];
    known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, known)| known)
}

/// A protocol by its number.
pub(crate) fn protocol_number(number: i64) -> Result<Protocol, String> {
    u8::try_from(number)
        .map(Protocol)
        .map_err(|_| format!("{number} is no protocol number: 0 to 255"))
}

/// A kind as the API spells it.
pub(crate) fn kind(text: &str) -> PyResult<Kind> {
    Kind::from_api(text).ok_or_else(|| {
        PyValueError::new_err(format!("no kind `{text}` is read here: write it as the API does"))
    })
}

/// A time on the caller's clock: seconds, or a `timedelta`.
pub(crate) fn time(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let expected = "seconds or a timedelta";
    let negative =
        || PyValueError::new_err(format!("{what} must not be before 0, and not without end"));
    if value.is_instance_of::<PyDelta>() {
        return value.extract().map_err(|_| negative());
    }
    let is_number = value.is_instance_of::<PyFloat>() || integer(value).is_some();
    if !is_number {
        return Err(wrong_type(what, expected, value));
    }
    Duration::try_from_secs_f64(value.extract()?).map_err(|_| negative())
}
