//! Values of rows → one Arrow column.

use duckdb::arrow::array::{ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringArray};
use duckdb::arrow::datatypes::Int64Type;
use skyhound::time::TimeUs;
use std::sync::Arc;

/// A column without NULLs.
pub fn all<T: ArrowPrimitiveType, R>(rows: &[R], value: impl Fn(&R) -> T::Native) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter_values(rows.iter().map(value)))
}

/// A column with NULL for `None`.
pub fn some<T: ArrowPrimitiveType, R>(rows: &[R], value: impl Fn(&R) -> Option<T::Native>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<PrimitiveArray<T>>())
}

/// A BIGINT column of times.
pub fn times<R>(rows: &[R], value: impl Fn(&R) -> TimeUs) -> ArrayRef {
    all::<Int64Type, R>(rows, |row| value(row).0 as i64)
}

/// A VARCHAR column.
pub fn text<'a, R>(rows: &'a [R], value: impl Fn(&'a R) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

/// A BOOLEAN column.
pub fn truth<R>(rows: &[R], value: impl Fn(&R) -> Option<bool>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<BooleanArray>())
}
