//! The statements that make the tables, macros and views of a flight again, as it has them: also one of an earlier version.

use super::super::sql::{identifier, quoted};
use duckdb::Connection;

/// Of the flight that `connection` was opened with.
///
/// # Errors
/// DuckDB cannot tell.
pub fn definitions(connection: &Connection) -> Result<Vec<String>, duckdb::Error> {
    let of = "database_name = current_database() AND schema_name = 'main' AND NOT internal";
    let mut found =
        texts(connection, &format!("SELECT sql FROM duckdb_tables() WHERE {of} ORDER BY table_oid"))?;
    let macros = format!(
        "SELECT function_name, array_to_string(parameters, ', '), macro_definition FROM duckdb_functions()
        WHERE {of} AND function_type = 'macro' ORDER BY function_oid"
    );
    let mut macros = connection.prepare(&macros)?;
    let macros = macros.query_map([], |row| {
        let (name, parameters, body): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("CREATE MACRO {}({parameters}) AS {body}", identifier(&name)))
    })?;
    found.extend(macros.collect::<Result<Vec<_>, _>>()?);
    found.extend(texts(connection, &format!("SELECT sql FROM duckdb_views() WHERE {of} ORDER BY view_oid"))?);
    for (kind, names) in [("TABLE", "duckdb_tables"), ("VIEW", "duckdb_views")] {
        let name = format!("{}_name", kind.to_lowercase());
        let sql =
            format!("SELECT {name}, comment FROM {names}() WHERE {of} AND comment IS NOT NULL ORDER BY 1");
        let mut comments = connection.prepare(&sql)?;
        let comments = comments.query_map([], |row| {
            let (name, comment): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("COMMENT ON {kind} {} IS {}", identifier(&name), quoted(&comment)))
        })?;
        found.extend(comments.collect::<Result<Vec<_>, _>>()?);
    }
    let sql = format!(
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE {of} AND comment IS NOT NULL
        AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE {of}) ORDER BY table_name, column_index"
    );
    let mut comments = connection.prepare(&sql)?;
    let comments = comments.query_map([], |row| {
        let (table, column, comment): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let column = format!("{}.{}", identifier(&table), identifier(&column));
        Ok(format!("COMMENT ON COLUMN {column} IS {}", quoted(&comment)))
    })?;
    found.extend(comments.collect::<Result<Vec<_>, _>>()?);
    Ok(found)
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, duckdb::Error> {
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}
