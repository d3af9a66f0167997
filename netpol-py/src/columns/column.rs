//! Columns by what their values are, whoever made them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, LargeStringArray, PrimitiveArray, StringArray};
use arrow_array::{StringViewArray, builder::StringBuilder};
use arrow_schema::DataType;

/// Whole numbers.
#[derive(Debug)]
pub(super) enum Numbers {
    Same(i64),
    U8(PrimitiveArray<UInt8Type>),
    U16(PrimitiveArray<UInt16Type>),
    U32(PrimitiveArray<UInt32Type>),
    U64(PrimitiveArray<UInt64Type>),
    I8(PrimitiveArray<Int8Type>),
    I16(PrimitiveArray<Int16Type>),
    I32(PrimitiveArray<Int32Type>),
    I64(PrimitiveArray<Int64Type>),
    /// What other libraries make of whole numbers some of which are missing.
    F64(PrimitiveArray<Float64Type>),
}

impl Numbers {
    /// The numbers of an Arrow array; `None` when it holds none.
    pub(super) fn of(array: &ArrayRef) -> Option<Numbers> {
        Some(match array.data_type() {
            DataType::UInt8 => Numbers::U8(array.as_primitive().clone()),
            DataType::UInt16 => Numbers::U16(array.as_primitive().clone()),
            DataType::UInt32 => Numbers::U32(array.as_primitive().clone()),
            DataType::UInt64 => Numbers::U64(array.as_primitive().clone()),
            DataType::Int8 => Numbers::I8(array.as_primitive().clone()),
            DataType::Int16 => Numbers::I16(array.as_primitive().clone()),
            DataType::Int32 => Numbers::I32(array.as_primitive().clone()),
            DataType::Int64 => Numbers::I64(array.as_primitive().clone()),
            DataType::Float64 => Numbers::F64(array.as_primitive().clone()),
            // A column without any value.
            DataType::Null => Numbers::I64(PrimitiveArray::new_null(array.len())),
            _ => return None,
        })
    }

    /// The number of a row, `None` where there is none; an error where it is no whole number.
    #[inline]
    pub(super) fn at(&self, row: usize) -> Result<Option<i64>, String> {
        macro_rules! value {
            ($array:expr) => {
                $array.is_valid(row).then(|| i64::from($array.value(row)))
            };
        }
        Ok(match self {
            Numbers::Same(number) => Some(*number),
            Numbers::U8(array) => value!(array),
            Numbers::U16(array) => value!(array),
            Numbers::U32(array) => value!(array),
            Numbers::I8(array) => value!(array),
            Numbers::I16(array) => value!(array),
            Numbers::I32(array) => value!(array),
            Numbers::I64(array) => value!(array),
            // Too large for anything that is asked.
            Numbers::U64(array) => {
                array.is_valid(row).then(|| i64::try_from(array.value(row)).unwrap_or(i64::MAX))
            }
            Numbers::F64(array) if array.is_null(row) || array.value(row).is_nan() => None,
            Numbers::F64(array) => {
                let value = array.value(row);
                if value.fract() != 0.0 || value.abs() > 1e15 {
                    return Err(format!("{value} is no whole number"));
                }
                Some(value as i64)
            }
        })
    }
}

/// Texts.
#[derive(Debug)]
pub(super) enum Texts {
    Utf8(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
    /// Each text once.
    Dictionary {
        keys: Keys,
        values: Vec<Option<String>>,
    },
}

/// Places in a dictionary; `u32::MAX` for none.
pub(super) type Keys = Vec<u32>;

impl Texts {
    /// The texts of an Arrow array; `None` when it holds none.
    pub(super) fn of(array: &ArrayRef) -> Option<Texts> {
        match array.data_type() {
            DataType::Utf8 => Some(Texts::Utf8(array.as_string().clone())),
            DataType::LargeUtf8 => Some(Texts::Large(array.as_string().clone())),
            DataType::Utf8View => Some(Texts::View(array.as_string_view().clone())),
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                let texts = Texts::of(dictionary.values())?;
                let count = dictionary.values().len();
                let values = (0..count).map(|row| texts.at(row).map(str::to_owned)).collect();
                if count == 0 {
                    // All rows are null; there is nothing that their keys could be held to.
                    let keys = vec![u32::MAX; dictionary.keys().len()];
                    return Some(Texts::Dictionary { keys, values });
                }
                let keys = dictionary.normalized_keys().into_iter().enumerate();
                let keys = keys.map(|(row, key)| match dictionary.keys().is_valid(row) {
                    true => u32::try_from(key).unwrap_or(u32::MAX),
                    false => u32::MAX,
                });
                Some(Texts::Dictionary { keys: keys.collect(), values })
            }
            _ => None,
        }
    }

    /// From rows of code points, as NumPy has texts: filled up with zeros.
    pub(super) fn of_code_points(points: &[u32], width: usize, rows: usize) -> Texts {
        let mut texts = StringBuilder::with_capacity(rows, points.len());
        for row in 0..rows {
            let points = points.get(row * width..(row + 1) * width).unwrap_or_default();
            let end = points.iter().rposition(|point| *point != 0).map_or(0, |last| last + 1);
            let characters = points.iter().take(end);
            // What is no character is in no name and no address.
            let text = characters.map(|point| char::from_u32(*point).unwrap_or('\u{fffd}'));
            texts.append_value(text.collect::<String>());
        }
        Texts::Utf8(texts.finish())
    }

    /// The text of a row, `None` where there is none.
    #[inline]
    pub(super) fn at(&self, row: usize) -> Option<&str> {
        match self {
            Texts::Utf8(array) => array.is_valid(row).then(|| array.value(row)),
            Texts::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Texts::View(array) => array.is_valid(row).then(|| array.value(row)),
            Texts::Dictionary { keys, values } => {
                let key = *keys.get(row)?;
                values.get(key as usize)?.as_deref()
            }
        }
    }
}

/// Strings of bytes.
#[derive(Debug)]
pub(super) enum Bytes {
    Arrow(ArrayRef),
    /// Rows of equal width.
    Rows {
        bytes: Vec<u8>,
        width: usize,
    },
}

impl Bytes {
    /// The bytes of an Arrow array; `None` when it holds none.
    pub(super) fn of(array: &ArrayRef) -> Option<Bytes> {
        let holds = matches!(
            array.data_type(),
            DataType::FixedSizeBinary(_)
                | DataType::Binary
                | DataType::LargeBinary
                | DataType::BinaryView
        );
        holds.then(|| Bytes::Arrow(Arc::clone(array)))
    }

    /// The bytes of a row, `None` where there are none.
    pub(super) fn at(&self, row: usize) -> Option<&[u8]> {
        match self {
            Bytes::Rows { bytes, width } => bytes.get(row * width..(row + 1) * width),
            Bytes::Arrow(array) if array.is_null(row) => None,
            Bytes::Arrow(array) => match array.data_type() {
                DataType::FixedSizeBinary(_) => Some(array.as_fixed_size_binary().value(row)),
                DataType::Binary => Some(array.as_binary::<i32>().value(row)),
                DataType::LargeBinary => Some(array.as_binary::<i64>().value(row)),
                DataType::BinaryView => Some(array.as_binary_view().value(row)),
                _ => None,
            },
        }
    }
}

/// Truth values.
#[derive(Debug)]
pub(super) enum Flags {
    Same(bool),
    Array(BooleanArray),
}

impl Flags {
    /// The truth value of a row, `None` where there is none.
    pub(super) fn at(&self, row: usize) -> Option<bool> {
        match self {
            Flags::Same(flag) => Some(*flag),
            Flags::Array(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}
