//! The native half of the Python package `netpol`.
//!
//! Thin by intent: arguments are read, the library is asked without the interpreter's lock, answers
//! are given to the classes of the package. What is a plain value there (names, decisions,
//! explanations, diagnostics, options, exceptions) is a class written in Python; here are those that
//! hold something of the library. The documentation of the methods is the one that `help()` shows.

#![deny(unsafe_code)]
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod answers;
mod arguments;
mod changes;
mod classes;
mod cluster;
mod columns;
mod diagnostics;
mod engine;
mod errors;
mod ip_block;
mod label_selector;
mod manifest;
mod options;
mod question;
mod row_fault;

/// The extension module; everything in it is exported by the package `netpol`.
#[pyo3::pymodule(gil_used = true)]
mod _netpol {
    #[pymodule_export]
    use crate::{
        changes::Changes,
        cluster::Cluster,
        columns::flow_table::FlowTable,
        engine::Engine,
        ip_block::IpBlock,
        label_selector::LabelSelector,
        manifest::Manifest,
        options::{check_options, check_read_options},
    };
    use pyo3::prelude::*;

    /// Every reason with its number, which is stable and the one of the C library.
    #[pyfunction]
    fn reasons() -> Vec<(&'static str, u8)> {
        netpol_core::Reason::ALL.map(|reason| (reason.name(), reason as u8)).to_vec()
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("version", env!("CARGO_PKG_VERSION"))
    }
}
