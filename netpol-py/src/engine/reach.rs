//! Who reaches whom.

use netpol_core::net::Protocol;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::Engine;
use crate::arguments;
use crate::errors::{self, wrong_type};
use crate::{answers, question};

#[pymethods]
impl Engine {
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
        let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(Protocol::TCP);
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
        let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(Protocol::TCP);
        let reach = py.detach(|| self.engine.destinations_of(party, protocol, port));
        answers::reach(py, &self.engine, &reach.map_err(|error| errors::question(py, &error))?)
    }
}
