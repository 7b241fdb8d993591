//! Rows of `search` and `search_cell` → columns.

use super::append_estimate::{lat_deg, lon_deg, steps};
use super::columns::{all, some, text, times, truth};
use duckdb::arrow::array::ArrayRef;
use duckdb::arrow::datatypes::{Float32Type, Float64Type, Int32Type, UInt8Type, UInt16Type, UInt32Type};
use skyhound::facts::{SearchRun, Searched};

/// Columns of `search`.
pub fn search(rows: &[Searched]) -> Vec<ArrayRef> {
    vec![
        times(rows, |row| row.at),
        text(rows, |row| Some(row.pattern)),
        some::<Float32Type, _>(rows, |row| row.spacing_m.map(|m| m as f32)),
        all::<Float32Type, _>(rows, |row| row.progress as f32),
        truth(rows, |row| Some(row.is_flown)),
        all::<Float64Type, _>(rows, |row| row.pos),
        all::<Float64Type, _>(rows, |row| row.area_m2),
        all::<Float64Type, _>(rows, |row| row.searched_m2),
        all::<UInt32Type, _>(rows, |row| row.listening_count),
        all::<Float32Type, _>(rows, |row| row.floor_dbm_hz as f32),
        all::<Float32Type, _>(rows, |row| row.height_m as f32),
    ]
}

/// Columns of `search_cell`.
pub fn cells(rows: &[SearchRun]) -> Vec<ArrayRef> {
    vec![
        times(rows, |row| row.at),
        all::<Int32Type, _>(rows, |row| steps(row.origin, row.run.from, lat_deg)),
        all::<Int32Type, _>(rows, |row| steps(row.origin, row.run.from, lon_deg)),
        all::<Float32Type, _>(rows, |row| row.run.size_m as f32),
        all::<UInt16Type, _>(rows, |row| row.run.count),
        all::<Float32Type, _>(rows, |row| row.poa as f32),
        all::<UInt8Type, _>(rows, |row| row.pod_percent),
    ]
}
