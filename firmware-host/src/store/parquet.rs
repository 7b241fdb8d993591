//! What DuckDB's Parquet writer gets of each column: as it is where Parquet has a type for it, else as text. By itself it would
//! write HUGEINT as DOUBLE, INTERVAL in milliseconds, TIMETZ without its offset, infinite times as the year 294247, and 24:00:00
//! as a time that no day has. Times within lists, structs and maps are text: which of them are infinite cannot be asked there.

use super::shape::Shape;
use super::sql::{identifier, quoted};
use duckdb::core::{LogicalTypeHandle, LogicalTypeId as Id};

/// The column at `place`, named `name`, as Parquet can hold it.
pub fn column(place: &str, name: &str, kind: &LogicalTypeHandle) -> String {
    let value = match kind.id() {
        id if is_time(id) => {
            let named = identifier(name);
            let why = format!(
                "column \"{name}\": Parquet has no infinite times and no 24:00:00; write {named}::VARCHAR"
            );
            let refused = format!("error({})", quoted(&why));
            format!(
                "CASE WHEN CAST({place} AS VARCHAR) IN ('infinity', '-infinity', '24:00:00') THEN {refused} ELSE {place} END"
            )
        }
        _ if is_in_parquet(kind) => place.to_string(),
        _ => format!("CAST({place} AS {})", Shape::of(kind).sql()),
    };
    format!("{value} AS {}", identifier(name))
}

fn is_time(id: Id) -> bool {
    let stamps = [Id::Timestamp, Id::TimestampS, Id::TimestampMs, Id::TimestampNs, Id::TimestampTZ];
    matches!(id, Id::Date | Id::Time) || stamps.contains(&id)
}

fn is_in_parquet(kind: &LogicalTypeHandle) -> bool {
    let parts = || (0..kind.num_children()).all(|at| is_in_parquet(&kind.child(at)));
    match kind.id() {
        Id::Boolean
        | Id::Tinyint
        | Id::Smallint
        | Id::Integer
        | Id::Bigint
        | Id::UTinyint
        | Id::USmallint
        | Id::UInteger
        | Id::UBigint
        | Id::Float
        | Id::Double
        | Id::Decimal
        | Id::Varchar
        | Id::Blob
        | Id::Uuid
        | Id::Enum => true,
        Id::List | Id::Array | Id::Map => parts(),
        Id::Struct => (0..kind.num_children()).all(|at| !kind.child_name(at).is_empty()) && parts(),
        _ => false,
    }
}
