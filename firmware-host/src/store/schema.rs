//! The tables and views of a flight file: `schema.sql`, `schema_vehicle.sql` and `views.sql`, their comments made into SQL comments.
//!
//! The remarks in the SQL text and the comments in the file are the same words, written once. Everything is created before
//! take-off; there is no DDL in flight.

use super::sql::quoted;

/// Version of the tables, in `flight.schema_version`. Raise it when a table or column changes its meaning.
pub const SCHEMA_VERSION: i32 = 5;

const TABLES: &str = concat!(include_str!("schema.sql"), include_str!("schema_vehicle.sql"));
const VIEWS: &str = include_str!("views.sql");
const LENT: &str = include_str!("lent.sql");

/// All statements that make an empty flight file.
pub fn statements() -> String {
    let mut sql = format!("{TABLES}\n{VIEWS}\n");
    let mut table = "";
    for line in TABLES.lines() {
        let Some((code, remark)) = line.split_once(" -- ") else { continue };
        let remark = quoted(remark.trim());
        if let Some(name) = code.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split(' ').next()) {
            table = name;
            sql.push_str(&format!("COMMENT ON TABLE {table} IS {remark};\n"));
        } else if let Some(column) = code.trim_start().split(' ').next().filter(|_| line.starts_with("    "))
        {
            sql.push_str(&format!("COMMENT ON COLUMN {table}.{column} IS {remark};\n"));
        }
    }
    let mut remark = "";
    for line in VIEWS.lines() {
        if let Some(text) = line.strip_prefix("-- ") {
            remark = text;
        } else if let Some(rest) = line.strip_prefix("CREATE VIEW ") {
            let view = rest.split(' ').next().unwrap_or_default();
            sql.push_str(&format!("COMMENT ON VIEW {view} IS {};\n", quoted(remark)));
        }
    }
    sql
}

/// Views, each with its name and what it is AS, that a file of any version is lent where it has nothing of that name.
pub fn lent() -> impl Iterator<Item = (&'static str, &'static str)> {
    let views = [LENT, VIEWS].into_iter().flat_map(|sql| sql.split("\nCREATE VIEW ").skip(1));
    views.filter_map(|view| view.split(";\n").next()?.split_once(" AS\n"))
}

/// Columns of a table that are stored, in their order: those that are reckoned from others are not.
pub fn stored_columns(table: &str) -> impl Iterator<Item = &'static str> {
    let begin = format!("CREATE TABLE {table} (");
    let lines = TABLES.lines().skip_while(move |line| !line.starts_with(&begin)).skip(1);
    let columns = lines.take_while(|line| line.starts_with("    ")).filter(|line| {
        let code = line.split(" -- ").next().unwrap_or_default();
        !code.contains(" AS (")
    });
    columns.filter_map(|line| line.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;

    #[test]
    fn every_table_column_and_view_says_what_it_is() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&statements()).unwrap();
        let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM duckdb_tables() WHERE comment IS NULL"), 0);
        assert_eq!(count("SELECT count(*) FROM duckdb_tables()"), 30);
        let bare = "SELECT count(*) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal
            AND table_name IN (SELECT table_name FROM duckdb_tables())";
        assert_eq!(count(bare), 0);
        assert_eq!(count("SELECT count(*) FROM duckdb_views() WHERE NOT internal AND comment IS NULL"), 0);
        assert_eq!(count("SELECT count(*) FROM duckdb_views() WHERE NOT internal"), 12);
        assert_eq!(lent().count(), 13);
        assert_eq!(count("SELECT count(*) FROM duckdb_indexes()"), 0);
        assert_eq!(count("SELECT count(*) FROM duckdb_constraints()"), 0);
    }

    #[test]
    fn every_view_can_be_read() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&statements()).unwrap();
        for (view, _) in lent() {
            database.execute_batch(&format!("FROM {view}")).unwrap();
        }
    }
}
