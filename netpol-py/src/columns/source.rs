//! Where columns come from: Arrow streams and batches, and mappings of whatever Python has.

use std::sync::Mutex;

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, RecordBatch, make_array};
use arrow_data::ArrayData;
use arrow_pyarrow::FromPyArrow;
use arrow_schema::DataType;
use netpol_core::{Engine, Party};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyMapping, PyString};

use super::column::{Bytes, Flags, Numbers, Texts};
use super::flows::{COLUMNS, Ends, Flows, Ports, Protocols};
use crate::arguments;
use crate::errors::wrong_type;
use crate::question;

/// A table that is still to be judged, part by part.
pub(super) struct Source {
    rest: Mutex<Rest>,
    /// What the table calls each of the columns.
    names: Names,
}

enum Rest {
    Stream(RecordBatchStreamReader),
    Batch(RecordBatch),
    Flows(Box<Flows>),
    Nothing,
}

type Names = [(&'static str, String); COLUMNS.len()];

impl Source {
    /// The table that a caller gave.
    pub(super) fn new(
        engine: &Engine,
        flows: &Bound<'_, PyAny>,
        columns: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Source> {
        let names = names(columns)?;
        let rest = if flows.hasattr("__arrow_c_stream__")? {
            Rest::Stream(RecordBatchStreamReader::from_pyarrow_bound(flows)?)
        } else if flows.hasattr("__arrow_c_array__")? {
            Rest::Batch(RecordBatch::from_pyarrow_bound(flows)?)
        } else if let Ok(mapping) = flows.cast::<PyMapping>() {
            Rest::Flows(Box::new(of_mapping(engine, mapping, &names)?))
        } else {
            let expected =
                "a table with __arrow_c_stream__ or __arrow_c_array__, or a mapping of columns";
            return Err(wrong_type("flows", expected, flows));
        };
        Ok(Source { rest: Mutex::new(rest), names })
    }

    /// The next part; `None` at the end.
    pub(super) fn next(&self, py: Python<'_>, engine: &Engine) -> PyResult<Option<Flows>> {
        // Nobody else has it.
        let mut rest = self.rest.lock().map_err(|_| crate::errors::poisoned())?;
        match std::mem::replace(&mut *rest, Rest::Nothing) {
            Rest::Nothing => Ok(None),
            Rest::Flows(flows) => Ok(Some(*flows)),
            Rest::Batch(batch) => of_batch(py, engine, &batch, &self.names).map(Some),
            Rest::Stream(mut stream) => {
                let batch = stream.next().transpose();
                let batch = batch.map_err(|error| PyValueError::new_err(error.to_string()))?;
                let Some(batch) = batch else { return Ok(None) };
                *rest = Rest::Stream(stream);
                of_batch(py, engine, &batch, &self.names).map(Some)
            }
        }
    }
}

/// What the table calls the columns, by the mapping that a caller gave.
fn names(columns: Option<&Bound<'_, PyAny>>) -> PyResult<Names> {
    let mut names = COLUMNS.map(|name| (name, name.to_owned()));
    let Some(columns) = columns else { return Ok(names) };
    let expected = "a mapping from our names of columns to the table's";
    let mapping =
        columns.cast::<PyMapping>().map_err(|_| wrong_type("columns", expected, columns))?;
    for entry in mapping.items()? {
        let (own, theirs) = entry.extract::<(String, String)>()?;
        let Some((_, name)) = names.iter_mut().find(|(known, _)| *known == own) else {
            let message = format!("no column `{own}` is read; there are {}", COLUMNS.join(", "));
            return Err(PyValueError::new_err(message));
        };
        *name = theirs;
    }
    Ok(names)
}

/// A column before it is known what it is for.
enum Given<'py> {
    Arrow(ArrayRef),
    Value(Bound<'py, PyAny>),
    Objects(Bound<'py, PyList>),
    Numbers(Numbers),
    Flags(BooleanArray),
    Texts(Texts),
    Bytes(Bytes),
}

fn of_batch(
    py: Python<'_>,
    engine: &Engine,
    batch: &RecordBatch,
    names: &Names,
) -> PyResult<Flows> {
    let schema = batch.schema();
    for (own, theirs) in names {
        // A name that was given must be there; a default one need not be.
        if own != theirs && batch.column_by_name(theirs).is_none() {
            let there = schema.fields().iter().map(|field| field.name().as_str());
            let there = there.collect::<Vec<_>>().join(", ");
            let message = format!("the table has no column `{theirs}`; there are {there}");
            return Err(PyValueError::new_err(message));
        }
    }
    let find = |own: &str| {
        let (_, theirs) = names.iter().find(|(known, _)| *known == own)?;
        Some(Given::Arrow(ArrayRef::clone(batch.column_by_name(theirs)?)))
    };
    assemble(py, engine, batch.num_rows(), |own| Ok(find(own)))
}

fn of_mapping(engine: &Engine, mapping: &Bound<'_, PyMapping>, names: &Names) -> PyResult<Flows> {
    let py = mapping.py();
    for name in mapping.keys()? {
        let name = name.extract::<String>()?;
        if !names.iter().any(|(_, theirs)| *theirs == name) {
            let known = names.iter().map(|(_, theirs)| theirs.as_str()).collect::<Vec<_>>();
            let message = format!("no column `{name}` is read; there are {}", known.join(", "));
            return Err(PyValueError::new_err(message));
        }
    }
    let plain = py.import("netpol._columns")?.getattr("plain")?;
    let mut given = Vec::new();
    let mut rows: Option<(&str, usize)> = None;
    for (own, theirs) in names {
        if !mapping.contains(theirs)? {
            continue;
        }
        let (form, values): (String, Bound<'_, PyAny>) =
            plain.call1((*own, mapping.get_item(theirs)?))?.extract()?;
        let (column, length) = Given::of(own, &form, values)?;
        if let Some(length) = length {
            let (first, expected) = *rows.get_or_insert((own, length));
            if expected != length {
                let message = format!("{own} has {length} rows, where {first} has {expected}");
                return Err(PyValueError::new_err(message));
            }
        }
        given.push((*own, column));
    }
    let Some((_, rows)) = rows else {
        let message =
            "flows hold single values only: give at least one column, or ask Engine.decide";
        return Err(PyTypeError::new_err(message));
    };
    assemble(py, engine, rows, |own| {
        let place = given.iter().position(|(known, _)| *known == own);
        Ok(place.map(|place| given.swap_remove(place).1))
    })
}

fn assemble<'py>(
    py: Python<'py>,
    engine: &Engine,
    rows: usize,
    mut find: impl FnMut(&'static str) -> PyResult<Option<Given<'py>>>,
) -> PyResult<Flows> {
    let mut end = |own| match find(own)? {
        Some(given) => given.ends(py, engine, own),
        None => Err(PyValueError::new_err(format!("the table has no column `{own}`"))),
    };
    let (source, destination) = (end("source")?, end("destination")?);
    let port = find("port")?.map(|given| given.ports("port")).transpose()?;
    let protocol = match find("protocol")? {
        Some(given) => given.protocols("protocol")?,
        None => Protocols::Same(netpol_core::net::Protocol::TCP),
    };
    let mut numbers = |own| find(own)?.map(|given| given.numbers(own)).transpose();
    let (icmp_type, icmp_code) = (numbers("icmp_type")?, numbers("icmp_code")?);
    let mut flags = |own| match find(own)? {
        Some(given) => given.flags(own),
        None => Ok(Flags::Same(false)),
    };
    let (fragment, via_service) = (flags("fragment")?, flags("via_service")?);
    Ok(Flows {
        rows,
        source,
        destination,
        port,
        protocol,
        icmp_type,
        icmp_code,
        fragment,
        via_service,
    })
}

impl<'py> Given<'py> {
    /// A column in one of the forms of `netpol._columns.plain`, and how many rows it has.
    fn of(
        own: &str,
        form: &str,
        values: Bound<'py, PyAny>,
    ) -> PyResult<(Given<'py>, Option<usize>)> {
        Ok(match form {
            "value" => (Given::Value(values), None),
            "arrow" => {
                let array = make_array(ArrayData::from_pyarrow_bound(&values)?);
                let rows = array.len();
                (Given::Arrow(array), Some(rows))
            }
            "numbers" => {
                let numbers = copied(&values)
                    .ok_or_else(|| wrong_type(own, "an array of numbers", &values))?;
                (Given::Numbers(numbers), Some(values.len()?))
            }
            "flags" => {
                let array = values.extract::<PyReadonlyArray1<'_, bool>>()?;
                let flags = array.as_array().iter().copied().map(Some).collect::<BooleanArray>();
                let rows = flags.len();
                (Given::Flags(flags), Some(rows))
            }
            "bytes" => {
                let array = values.extract::<PyReadonlyArray2<'_, u8>>()?;
                let array = array.as_array();
                let bytes = array.iter().copied().collect();
                (Given::Bytes(Bytes::Rows { bytes, width: array.ncols() }), Some(array.nrows()))
            }
            "text" => {
                let array = values.extract::<PyReadonlyArray2<'_, u32>>()?;
                let array = array.as_array();
                let points = array.iter().copied().collect::<Vec<_>>();
                let texts = Texts::of_code_points(&points, array.ncols(), array.nrows());
                (Given::Texts(texts), Some(array.nrows()))
            }
            _ => {
                let list = values.cast_into::<PyList>()?;
                let rows = list.len();
                (Given::Objects(list), Some(rows))
            }
        })
    }

    fn ends(self, py: Python<'py>, engine: &Engine, own: &str) -> PyResult<Ends> {
        match self {
            Given::Value(value) => {
                if let Some(number) = arguments::integer(&value) {
                    return Ok(Ends::Numbers(Numbers::Same(number?)));
                }
                question::party(engine, own, &value).map(Ends::Same)
            }
            Given::Objects(list) => {
                let mut parties = Vec::with_capacity(list.len());
                for item in &list {
                    parties.push(party_of_object(py, engine, own, &item)?);
                }
                let keys = (0..).take(parties.len()).collect();
                Ok(Ends::Known { keys, parties })
            }
            Given::Numbers(numbers) => Ok(Ends::Numbers(numbers)),
            Given::Texts(texts) => Ok(Ends::Text(texts)),
            Given::Bytes(bytes) => Ok(Ends::Bytes(bytes)),
            Given::Arrow(array) => {
                if let Some(texts) = Texts::of(&array) {
                    return Ok(found_once(engine, texts));
                }
                if let Some(bytes) = Bytes::of(&array) {
                    return Ok(Ends::Bytes(bytes));
                }
                Numbers::of(&array).map(Ends::Numbers).ok_or_else(|| not(own, ENDS, &array))
            }
            Given::Flags(_) => Err(not_flags(own, ENDS)),
        }
    }

    fn ports(self, own: &str) -> PyResult<Ports> {
        match self {
            Given::Value(value) => {
                if let Ok(text) = value.cast::<PyString>() {
                    return Ok(Ports::Name(text.to_str()?.to_owned()));
                }
                match arguments::integer(&value) {
                    Some(number) => Ok(Ports::Numbers(Numbers::Same(number?))),
                    None => Err(wrong_type(own, PORTS, &value)),
                }
            }
            other => match other.texts_or_numbers(own, PORTS)? {
                Ok(texts) => Ok(Ports::Text(texts)),
                Err(numbers) => Ok(Ports::Numbers(numbers)),
            },
        }
    }

    fn protocols(self, own: &str) -> PyResult<Protocols> {
        match self {
            Given::Value(value) => arguments::protocol(&value).map(Protocols::Same),
            other => match other.texts_or_numbers(own, PROTOCOLS)? {
                Ok(texts) => Ok(Protocols::Text(texts)),
                Err(numbers) => Ok(Protocols::Numbers(numbers)),
            },
        }
    }

    fn numbers(self, own: &str) -> PyResult<Numbers> {
        if let Given::Value(value) = &self {
            return match arguments::integer(value) {
                Some(number) => Ok(Numbers::Same(number?)),
                None => Err(wrong_type(own, "a number", value)),
            };
        }
        self.texts_or_numbers(own, "numbers")?
            .err()
            .ok_or_else(|| PyTypeError::new_err(format!("{own} must hold numbers, not text")))
    }

    fn flags(self, own: &str) -> PyResult<Flags> {
        let wrong = || PyTypeError::new_err(format!("{own} must hold truth values"));
        match self {
            Given::Flags(flags) => Ok(Flags::Array(flags)),
            Given::Value(value) => {
                let flag = value.cast::<PyBool>().map_err(|_| wrong())?;
                Ok(Flags::Same(flag.is_true()))
            }
            Given::Objects(list) => {
                let flags = list.extract::<Vec<Option<bool>>>().map_err(|_| wrong())?;
                Ok(Flags::Array(flags.into_iter().collect()))
            }
            Given::Arrow(array) if *array.data_type() == DataType::Boolean => {
                Ok(Flags::Array(arrow_array::cast::AsArray::as_boolean(&array).clone()))
            }
            _ => Err(wrong()),
        }
    }

    fn texts_or_numbers(self, own: &str, expected: &str) -> PyResult<Result<Texts, Numbers>> {
        match self {
            Given::Texts(texts) => Ok(Ok(texts)),
            Given::Numbers(numbers) => Ok(Err(numbers)),
            Given::Arrow(array) => match Texts::of(&array) {
                Some(texts) => Ok(Ok(texts)),
                None => Numbers::of(&array).map(Err).ok_or_else(|| not(own, expected, &array)),
            },
            Given::Objects(list) => of_objects(&list, own, expected),
            Given::Value(value) => Err(wrong_type(own, expected, &value)),
            Given::Flags(_) => Err(not_flags(own, expected)),
            Given::Bytes(_) => {
                Err(PyTypeError::new_err(format!("{own} must hold {expected}, not bytes")))
            }
        }
    }
}

const ENDS: &str = "addresses or names of endpoints";
const PORTS: &str = "numbers or names of ports";
const PROTOCOLS: &str = "numbers or names of protocols";

fn not(own: &str, expected: &str, array: &ArrayRef) -> PyErr {
    let found = array.data_type();
    PyTypeError::new_err(format!("{own} must hold {expected}, not values of type {found}"))
}

fn not_flags(own: &str, expected: &str) -> PyErr {
    PyTypeError::new_err(format!("{own} must hold {expected}, not truth values"))
}

/// An end that stands in a list of objects; what is wrong with it is wrong with its row.
fn party_of_object(
    py: Python<'_>,
    engine: &Engine,
    own: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<Result<Party, String>> {
    if value.is_none() {
        return Ok(Err("there is no value".to_owned()));
    }
    if let Some(number) = arguments::integer(value) {
        let bits = u32::try_from(number?);
        return Ok(bits
            .map(|bits| Party::from(std::net::IpAddr::from(std::net::Ipv4Addr::from_bits(bits))))
            .map_err(|_| format!("{value} is no IPv4 address: 0 to 4294967295")));
    }
    match question::party(engine, own, value) {
        Ok(party) => Ok(Ok(party)),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => Err(error),
        Err(error) => Ok(Err(error.value(py).to_string())),
    }
}

/// Objects of a list that are all texts, or all numbers, as far as they are there.
fn of_objects(
    list: &Bound<'_, PyList>,
    own: &str,
    expected: &str,
) -> PyResult<Result<Texts, Numbers>> {
    if list.iter().any(|item| item.is_instance_of::<PyString>()) {
        let wrong = || PyTypeError::new_err(format!("{own} must hold {expected}"));
        let texts = list.iter().map(|item| match item.cast::<PyString>() {
            Ok(text) => Ok(Some(text.to_str()?.to_owned())),
            Err(_) if item.is_none() => Ok(None),
            // Numbers among names are the numbers.
            Err(_) if arguments::integer(&item).is_some() => {
                Ok(Some(item.str()?.to_str()?.to_owned()))
            }
            Err(_) => Err(wrong()),
        });
        let texts = texts.collect::<PyResult<Vec<_>>>()?;
        return Ok(Ok(Texts::Utf8(texts.into_iter().collect())));
    }
    let numbers = list.iter().map(|item| match arguments::integer(&item) {
        Some(number) => number.map(Some),
        None if item.is_none() => Ok(None),
        None => match item.extract::<f64>() {
            Ok(number) if number.fract() == 0.0 && number.abs() < 1e15 => Ok(Some(number as i64)),
            _ => Err(wrong_type(own, expected, &item)),
        },
    });
    let numbers = numbers.collect::<PyResult<Vec<Option<i64>>>>()?;
    Ok(Err(Numbers::I64(PrimitiveArray::from_iter(numbers))))
}

/// Texts that stand in a dictionary are looked up once.
fn found_once(engine: &Engine, texts: Texts) -> Ends {
    match texts {
        Texts::Dictionary { keys, values } => {
            let parties = values.iter().map(|text| match text {
                Some(text) => {
                    question::party_of_text(engine, text).map_err(|error| error.to_string())
                }
                None => Err("there is no value".to_owned()),
            });
            Ends::Known { keys, parties: parties.collect() }
        }
        texts => Ends::Text(texts),
    }
}

/// The numbers of a NumPy array. They are copied: with the lock released, somebody could change them.
fn copied(array: &Bound<'_, PyAny>) -> Option<Numbers> {
    fn values<T: Element + Copy>(array: &Bound<'_, PyAny>) -> Option<Vec<T>> {
        let array = array.extract::<PyReadonlyArray1<'_, T>>().ok()?;
        Some(match array.as_slice() {
            Ok(values) => values.to_vec(),
            Err(_) => array.as_array().iter().copied().collect(),
        })
    }
    macro_rules! try_each {
        ($($type:ty => $form:ident),*) => {
            $(if let Some(values) = values::<$type>(array) {
                return Some(Numbers::$form(PrimitiveArray::new(values.into(), None)));
            })*
        };
    }
    try_each!(
        u32 => U32, u16 => U16, u8 => U8, u64 => U64,
        i64 => I64, i32 => I32, i16 => I16, i8 => I8, f64 => F64
    );
    None
}
