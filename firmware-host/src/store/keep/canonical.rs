//! A column of rows → SHA-256 of its values in one canonical form, however they are stored and in whatever portions they come.
//!
//! Of a column two streams are hashed, and a third one of a list's items:
//! - the numbers (64 bits) of the rows at which a value begins to be NULL or stops being it, counted from 0;
//! - the values: numbers and times as their bytes in memory, a truth as one byte, a text as its length (64 bits) and its bytes, a
//!   list as its length; a NULL is a zero of the same width, or the length 0. All little endian;
//! - the items of all lists, one behind the other, as a column.

use duckdb::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use duckdb::arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// Types whose values are hashed as they are; of all others the text that DuckDB makes of them.
const AS_THEY_ARE: [&str; 15] = [
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
    "VARCHAR",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
];

/// As what a column of this type of DuckDB is hashed: an array is a list.
pub fn canonical_type(kind: &str) -> String {
    if AS_THEY_ARE.contains(&kind) {
        return kind.to_string();
    }
    match kind.strip_suffix(']').and_then(|kind| kind.rsplit_once('[')) {
        Some((of, size)) if size.bytes().all(|digit| digit.is_ascii_digit()) => {
            format!("{}[]", canonical_type(of))
        }
        _ => "VARCHAR".to_string(),
    }
}

/// Takes the values of a column.
#[derive(Default)]
pub struct Column {
    row_count: u64,
    is_null: bool,
    changes: Sha256,
    values: Sha256,
    items: Option<Box<Column>>,
    buffer: Vec<u8>,
}

impl Column {
    /// The next values.
    ///
    /// # Errors
    /// They are of a type that [`canonical_type`] never asks for.
    pub fn take(&mut self, array: &dyn Array) -> Result<(), String> {
        self.take_nulls(array);
        self.buffer.clear();
        match array.data_type() {
            DataType::Boolean => {
                let values = array.as_boolean();
                self.buffer
                    .extend((0..values.len()).map(|row| u8::from(values.is_valid(row) && values.value(row))));
            }
            DataType::Utf8 => {
                let values = array.as_string::<i32>();
                for row in 0..values.len() {
                    let text = if values.is_valid(row) { values.value(row) } else { "" };
                    self.buffer.extend((text.len() as u64).to_le_bytes());
                    self.buffer.extend(text.as_bytes());
                }
            }
            DataType::List(_) => {
                let values = array.as_list::<i32>();
                self.take_lists(
                    (0..values.len()).map(|row| values.is_valid(row).then(|| values.value(row))),
                )?;
            }
            _ => self.take_numbers(array)?,
        }
        self.values.update(&self.buffer);
        self.row_count += array.len() as u64;
        Ok(())
    }

    fn take_nulls(&mut self, array: &dyn Array) {
        if array.null_count() == 0 && !self.is_null {
            return;
        }
        for row in 0..array.len() {
            if array.is_null(row) != self.is_null {
                self.is_null = !self.is_null;
                self.changes.update((self.row_count + row as u64).to_le_bytes());
            }
        }
    }

    fn take_lists(&mut self, lists: impl Iterator<Item = Option<ArrayRef>>) -> Result<(), String> {
        let items = self.items.get_or_insert_default();
        for list in lists {
            let length = list.as_ref().map_or(0, |list| list.len() as u64);
            self.buffer.extend(length.to_le_bytes());
            list.map_or(Ok(()), |list| items.take(list.as_ref()))?;
        }
        Ok(())
    }

    fn take_numbers(&mut self, array: &dyn Array) -> Result<(), String> {
        match array.data_type() {
            DataType::Int8 => self.numbers::<Int8Type, 1>(array, i8::to_le_bytes),
            DataType::Int16 => self.numbers::<Int16Type, 2>(array, i16::to_le_bytes),
            DataType::Int32 => self.numbers::<Int32Type, 4>(array, i32::to_le_bytes),
            DataType::Int64 => self.numbers::<Int64Type, 8>(array, i64::to_le_bytes),
            DataType::UInt8 => self.numbers::<UInt8Type, 1>(array, u8::to_le_bytes),
            DataType::UInt16 => self.numbers::<UInt16Type, 2>(array, u16::to_le_bytes),
            DataType::UInt32 => self.numbers::<UInt32Type, 4>(array, u32::to_le_bytes),
            DataType::UInt64 => self.numbers::<UInt64Type, 8>(array, u64::to_le_bytes),
            DataType::Float32 => self.numbers::<Float32Type, 4>(array, f32::to_le_bytes),
            DataType::Float64 => self.numbers::<Float64Type, 8>(array, f64::to_le_bytes),
            DataType::Date32 => self.numbers::<Date32Type, 4>(array, i32::to_le_bytes),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                self.numbers::<TimestampMicrosecondType, 8>(array, i64::to_le_bytes);
            }
            other => return Err(format!("values of type {other} have no canonical form")),
        }
        Ok(())
    }

    fn numbers<T: ArrowPrimitiveType, const N: usize>(
        &mut self,
        array: &dyn Array,
        bytes: impl Fn(T::Native) -> [u8; N],
    ) {
        let values = array.as_primitive::<T>();
        let begin = self.buffer.len();
        self.buffer.resize(begin + N * values.len(), 0);
        let (places, _) = self.buffer[begin..].as_chunks_mut::<N>();
        if values.null_count() == 0 {
            places.iter_mut().zip(values.values()).for_each(|(place, value)| *place = bytes(*value));
        } else {
            for (place, value) in places.iter_mut().zip(values) {
                *place = value.map_or([0; N], &bytes);
            }
        }
    }

    /// How many values it took, and the hash of them.
    pub fn finish(self) -> (u64, Hash) {
        let mut whole = Sha256::new();
        whole.update(self.row_count.to_le_bytes());
        whole.update(self.changes.finalize());
        whole.update(self.values.finalize());
        if let Some(items) = self.items {
            whole.update(items.finish().1);
        }
        (self.row_count, whole.finalize().into())
    }
}
