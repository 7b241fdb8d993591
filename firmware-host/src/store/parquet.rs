//! What DuckDB's Parquet writer gets of each column: as it is where Parquet has a type for it, else as text. By itself it would
//! write HUGEINT as DOUBLE, INTERVAL in milliseconds, TIMETZ without its offset, and infinite times as the year 294247.

use super::shape::Shape;
use super::sql::{identifier, quoted};
use duckdb::core::{LogicalTypeHandle, LogicalTypeId as Id};

/// The column at `place`, named `name`, as Parquet can hold it.
pub fn column(place: &str, name: &str, kind: &LogicalTypeHandle) -> String {
    let value = match kind.id() {
        Id::Date | Id::Timestamp | Id::TimestampS | Id::TimestampMs | Id::TimestampNs | Id::TimestampTZ => {
            let why = format!(
                "column \"{name}\": Parquet has no infinite times; write {}::VARCHAR",
                identifier(name)
            );
            let refused = format!("error({})", quoted(&why));
            format!(
                "CASE WHEN CAST({place} AS VARCHAR) IN ('infinity', '-infinity') THEN {refused} ELSE {place} END"
            )
        }
        _ if is_in_parquet(kind) => place.to_string(),
        _ => format!("CAST({place} AS {})", Shape::of(kind).sql()),
    };
    format!("{value} AS {}", identifier(name))
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
        | Id::Enum
        | Id::Date
        | Id::Time
        | Id::Timestamp
        | Id::TimestampS
        | Id::TimestampMs
        | Id::TimestampNs
        | Id::TimestampTZ => true,
        Id::List | Id::Array | Id::Map => parts(),
        Id::Struct => (0..kind.num_children()).all(|at| !kind.child_name(at).is_empty()) && parts(),
        _ => false,
    }
}
