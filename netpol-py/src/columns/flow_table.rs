//! A table that is any library's.

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Int32Type, UInt32Type};
use arrow_array::{RecordBatch, RecordBatchIterator, ffi::FFI_ArrowSchema};
use arrow_schema::{DataType, SchemaRef};
use numpy::PyArray1;
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyString, PyTuple};

use super::masked;

/// A table with a row for each flow, as `Engine.attribute_batch` makes it.
///
/// It speaks Arrow's PyCapsule interface, so it is any library's table without a copy:
/// `pyarrow.table(table)`, `polars.DataFrame(table)`. `table["policy"]` is one column as a NumPy array.
#[pyclass(frozen, module = "netpol", weakref)]
pub(crate) struct FlowTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

#[pymethods]
impl FlowTable {
    /// The names of the columns, in order.
    #[getter]
    fn column_names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.schema.fields().iter().map(|field| field.name()))
    }

    /// How many rows there are.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// A column as a NumPy array: truth values and numbers masked where there is none, texts as an
    /// array of objects with `None` there, in which equal texts are one object.
    ///
    /// Raises `KeyError` for a name that no column has.
    #[pyo3(signature = (name, /))]
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let index = self.schema.index_of(name).map_err(|_| {
            let names = self.schema.fields().iter().map(|field| field.name().as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            PyKeyError::new_err(format!("no column `{name}`; there are {names}"))
        })?;
        let parts = self.batches.iter().map(|batch| batch.column(index));
        match self.schema.field(index).data_type() {
            DataType::Boolean => {
                let parts = parts.map(|part| part.as_boolean());
                let values = parts.flat_map(|part| part.iter().collect::<Vec<_>>());
                optional(py, values, false)
            }
            DataType::UInt32 => {
                let parts = parts.map(|part| part.as_primitive::<UInt32Type>());
                let values = parts.flat_map(|part| part.iter().collect::<Vec<_>>());
                optional(py, values, 0)
            }
            _ => {
                let mut objects: Vec<Py<PyAny>> = Vec::with_capacity(self.num_rows());
                for part in parts {
                    let dictionary = part.as_dictionary::<Int32Type>();
                    let names = dictionary.values().as_string::<i32>().iter();
                    let names = names.map(|name| PyString::new(py, name.unwrap_or_default()));
                    let names = names.collect::<Vec<_>>();
                    objects.extend(dictionary.keys().iter().map(|key| {
                        let name = key.and_then(|key| names.get(usize::try_from(key).ok()?));
                        name.map_or_else(|| py.None(), |name| name.clone().into_any().unbind())
                    }));
                }
                Ok(PyArray1::from_vec(py, objects).into_any())
            }
        }
    }

    fn __len__(&self) -> usize {
        self.num_rows()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.column(py, name)
    }

    /// The schema, for Arrow's PyCapsule interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref())
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The table, for Arrow's PyCapsule interface. `requested_schema` is not looked at, as the interface
    /// allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batches = self.batches.clone().into_iter().map(Ok);
        let reader = RecordBatchIterator::new(batches, SchemaRef::clone(&self.schema));
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __repr__(&self) -> String {
        let (rows, columns) = (self.num_rows(), self.schema.fields().len());
        format!("<netpol.FlowTable: {rows} rows, {columns} columns>")
    }
}

impl FlowTable {
    pub(super) const fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> FlowTable {
        FlowTable { schema, batches }
    }
}

/// An array that is masked where there is no value, and a plain one when there is none such.
fn optional<'py, T: numpy::Element + Copy>(
    py: Python<'py>,
    values: impl Iterator<Item = Option<T>>,
    nothing: T,
) -> PyResult<Bound<'py, PyAny>> {
    let (mask, values): (Vec<bool>, Vec<T>) =
        values.map(|value| (value.is_none(), value.unwrap_or(nothing))).unzip();
    let is_masked = mask.contains(&true);
    let values = PyArray1::from_vec(py, values).into_any();
    if is_masked { masked(values, PyArray1::from_vec(py, mask).into_any()) } else { Ok(values) }
}
