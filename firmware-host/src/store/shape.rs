//! What the values of a column are made of, and as what DuckDB hands them over so that nothing of them changes.
//!
//! Arrow has no room for some of DuckDB's values (HUGEINT's ends, TIMETZ's offset, BIT, BIGNUM, infinite times), and shows
//! others in its own way. So DuckDB itself makes text of whatever is not a number, a truth or a text already.

use super::sql::identifier;
use duckdb::core::{LogicalTypeHandle, LogicalTypeId as Id};

/// What a value is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Arrow has it as it is: truths, numbers of up to 64 bits (DECIMAL where nothing can be cast), text. With its name in SQL.
    Plain(&'static str),
    /// A number of more digits, as text.
    Digits,
    /// A time with date, as text; with a zone in UTC.
    Time,
    /// Text that DuckDB makes of it.
    Text,
    /// LIST and ARRAY.
    List(Box<Shape>),
    /// STRUCT.
    Struct(Vec<(String, Shape)>),
    /// STRUCT without names.
    Row(Vec<Shape>),
    /// MAP: of its keys as text.
    Map(Box<Shape>),
}

impl Shape {
    /// The shape of a type's values.
    pub fn of(kind: &LogicalTypeHandle) -> Shape {
        match kind.id() {
            Id::Boolean => Shape::Plain("BOOLEAN"),
            Id::Tinyint => Shape::Plain("TINYINT"),
            Id::Smallint => Shape::Plain("SMALLINT"),
            Id::Integer => Shape::Plain("INTEGER"),
            Id::Bigint => Shape::Plain("BIGINT"),
            Id::UTinyint => Shape::Plain("UTINYINT"),
            Id::USmallint => Shape::Plain("USMALLINT"),
            Id::UInteger => Shape::Plain("UINTEGER"),
            Id::UBigint => Shape::Plain("UBIGINT"),
            Id::Float => Shape::Plain("FLOAT"),
            Id::Double => Shape::Plain("DOUBLE"),
            Id::Varchar => Shape::Plain("VARCHAR"),
            Id::Hugeint | Id::UHugeint | Id::Bignum | Id::Decimal => Shape::Digits,
            Id::Timestamp | Id::TimestampS | Id::TimestampMs | Id::TimestampNs | Id::TimestampTZ => {
                Shape::Time
            }
            Id::List | Id::Array => Shape::List(Box::new(Shape::of(&kind.child(0)))),
            Id::Struct => Shape::of_struct(kind),
            Id::Map => Shape::Map(Box::new(Shape::of(&kind.child(1)))),
            _ => Shape::Text,
        }
    }

    fn of_struct(kind: &LogicalTypeHandle) -> Shape {
        let parts: Vec<_> =
            (0..kind.num_children()).map(|at| (kind.child_name(at), Shape::of(&kind.child(at)))).collect();
        if parts.iter().any(|(name, _)| name.is_empty()) {
            return Shape::Row(parts.into_iter().map(|(_, part)| part).collect());
        }
        Shape::Struct(parts)
    }

    /// Whether a value is a single one that Arrow has as it is.
    pub fn is_plain(&self) -> bool {
        matches!(self, Shape::Plain(_))
    }

    /// Whether it is a number.
    pub fn is_numeric(&self) -> bool {
        match self {
            Shape::Plain(name) => !["BOOLEAN", "VARCHAR"].contains(name),
            other => *other == Shape::Digits,
        }
    }

    /// As which type DuckDB hands it over, in SQL.
    pub fn sql(&self) -> String {
        let part = |name: &str, shape: &Shape| format!("{} {}", identifier(name), shape.sql());
        match self {
            Shape::Plain(name) => (*name).to_string(),
            Shape::Digits | Shape::Time | Shape::Text => "VARCHAR".to_string(),
            Shape::List(of) => format!("{}[]", of.sql()),
            Shape::Struct(parts) => {
                let parts: Vec<_> = parts.iter().map(|(name, shape)| part(name, shape)).collect();
                format!("STRUCT({})", parts.join(", "))
            }
            Shape::Row(parts) => {
                let parts: Vec<_> =
                    parts.iter().enumerate().map(|(at, shape)| part(&format!("v{at}"), shape)).collect();
                format!("STRUCT({})", parts.join(", "))
            }
            Shape::Map(of) => format!("MAP(VARCHAR, {})", of.sql()),
        }
    }
}
