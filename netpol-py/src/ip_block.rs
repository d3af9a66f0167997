//! ipBlocks, useful without the rest.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::arguments::{address, network, network_to_python};
use crate::errors::wrong_type;

/// A range of addresses without some smaller ranges, as the `ipBlock` of a NetworkPolicy has it.
///
/// An except must be a strict subset of the block. Families are kept apart: `0.0.0.0/0` holds no IPv6
/// address, and an IPv4 address in IPv6 form is the IPv4 address.
///
/// >>> block = netpol.IpBlock("10.0.0.0/8", ["10.1.0.0/16"])
/// >>> "10.2.0.1" in block, "10.1.0.1" in block
/// (True, False)
/// >>> print(block)
/// 10.0.0.0/8 except 10.1.0.0/16
#[pyclass(frozen, module = "netpol", eq)]
#[derive(PartialEq, Eq)]
pub(crate) struct IpBlock(netpol_core::net::IpBlock);

#[pymethods]
impl IpBlock {
    /// The block of `cidr` without `excepts`; each is a text or a network of `ipaddress`. Raises
    /// `ValueError` for what kube-apiserver would refuse.
    #[new]
    #[pyo3(signature = (cidr, excepts=None))]
    fn new(cidr: &Bound<'_, PyAny>, excepts: Option<&Bound<'_, PyAny>>) -> PyResult<IpBlock> {
        let cidr = network("cidr", cidr)?.to_string();
        let mut texts = Vec::new();
        if let Some(excepts) = excepts {
            let wrong = || wrong_type("excepts", "an iterable of CIDRs", excepts);
            if excepts.is_instance_of::<PyString>() {
                return Err(wrong());
            }
            for except in excepts.try_iter().map_err(|_| wrong())? {
                texts.push(network("except", &except?)?.to_string());
            }
        }
        netpol_core::net::IpBlock::parse(&cidr, &texts)
            .map(IpBlock)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// The whole range.
    #[getter]
    fn cidr<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        network_to_python(py, self.0.cidr())
    }

    /// The ranges cut out of it, in the order given.
    #[getter]
    fn excepts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let excepts = self.0.excepts().iter().map(|except| network_to_python(py, *except));
        PyTuple::new(py, excepts.collect::<PyResult<Vec<_>>>()?)
    }

    fn __contains__(&self, item: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.0.contains(address("an address", item)?))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (String, Vec<String>)) {
        let block = &slf.get().0;
        let excepts = block.excepts().iter().map(ToString::to_string).collect();
        (slf.get_type(), (block.cidr().to_string(), excepts))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let excepts = self.0.excepts().iter().map(|except| format!("'{except}'"));
        let excepts = excepts.collect::<Vec<_>>().join(", ");
        format!("IpBlock('{}', [{excepts}])", self.0.cidr())
    }
}
