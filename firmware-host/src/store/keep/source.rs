//! Where rows from elsewhere are from: table `import_source`, a row for each file.

use crate::vehicle_log::row::Account;
use duckdb::{Connection, params};
use std::path::Path;

/// Of the names of tables that hold rows from elsewhere.
pub const IMPORT_PREFIX: &str = "import_";

/// Makes the table where it is not there yet.
pub const STATEMENTS: &str = "CREATE TABLE IF NOT EXISTS import_source (source INTEGER, path VARCHAR, sha256 VARCHAR, file_bytes BIGINT, kind VARCHAR,
    offset_us BIGINT, spread_us BIGINT, method VARCHAR, record_count BIGINT, taken_count BIGINT, refused_count BIGINT,
    left_count BIGINT, account VARCHAR);
    COMMENT ON TABLE import_source IS 'Files whose rows are in the tables import_…: record_count = taken_count + refused_count + left_count';
    COMMENT ON COLUMN import_source.source IS 'Its number in the other import tables';
    COMMENT ON COLUMN import_source.offset_us IS 'at_us - log_us, by method';
    COMMENT ON COLUMN import_source.spread_us IS 'One sigma of offset_us; NULL: not known';
    COMMENT ON COLUMN import_source.account IS 'What was taken, changed, refused and left, as JSON';\n";

/// Where rows are from.
#[derive(Copy, Clone, Debug)]
pub struct Source<'a> {
    /// The file.
    pub path: &'a Path,
    /// SHA-256 of it, hexadecimal.
    pub sha256: &'a str,
    /// Its size.
    pub file_bytes: u64,
    /// What it is.
    pub kind: &'a str,
    /// The flight's time - the file's, µs.
    pub offset_us: i64,
    /// Its spread, one sigma, µs.
    pub spread_us: Option<i64>,
    /// How it was found.
    pub method: &'a str,
    /// Its records.
    pub account: &'a Account,
}

impl Source<'_> {
    /// The number that it gets.
    ///
    /// # Errors
    /// Its bytes were taken before, or the table cannot be read.
    pub(super) fn number(&self, connection: &Connection) -> Result<i32, String> {
        let known = "SELECT count(*), (SELECT coalesce(max(source), 0) + 1 FROM import_source) FROM import_source WHERE sha256 = ?";
        let row = connection.query_row(known, [self.sha256], |row| Ok((row.get(0)?, row.get(1)?)));
        match row.map_err(|error| error.to_string())? {
            (0_i64, number) => Ok(number),
            _ => Err("was taken before: the same bytes are in the joined file already".into()),
        }
    }

    /// Keeps its row.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn keep(&self, connection: &Connection, number: i32) -> Result<(), String> {
        let account = serde_json::to_string(self.account).map_err(|error| error.to_string())?;
        let mut rows = connection.appender("import_source").map_err(|error| error.to_string())?;
        let counts = [
            self.account.record_count,
            self.account.taken_count,
            self.account.refused_count,
            self.account.left_count(),
        ];
        let [records, taken, refused, left] = counts.map(|count| count as i64);
        let row = params![
            number,
            self.path.to_string_lossy().into_owned(),
            self.sha256,
            self.file_bytes as i64,
            self.kind,
            self.offset_us,
            self.spread_us,
            self.method,
            records,
            taken,
            refused,
            left,
            account
        ];
        rows.append_row(row).and_then(|()| rows.flush()).map_err(|error| error.to_string())
    }
}
