//! A flight file of an earlier version → a new one of the present version beside it, with the same rows.
//!
//! A table whose columns are all there in the present version is carried over; one of which a column is no more, or of another type, is kept as
//! it was under the name `vN_TABLE`: nothing is reckoned anew, and nothing lost. Each is compared by the hash of its rows. What the
//! present version has and the file has not is told, and stays empty; but for tables that a view is lent for, which get its rows.

use super::super::error::StoreError;
use super::super::live::is_live_here;
use super::super::name::FLIGHT_ENDING;
use super::super::place::{existing, flight_bytes};
use super::super::read::open_flight;
use super::super::recover::recover;
use super::super::schema::{SCHEMA_VERSION, lent, statements};
use super::super::scratch::{Room, part_in};
use super::super::sql::identifier;
use super::canonical::canonical_type;
use super::content::{Relation, content_of, own_relations};
use super::fresh;
use super::landing::{self, Part};
use duckdb::Connection;
use std::path::{Path, PathBuf};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Migrated {
    /// Which file; it stays as it is.
    pub from: PathBuf,
    /// Its version.
    pub from_version: i32,
    /// The new one.
    pub to: PathBuf,
    /// Its version.
    pub to_version: i32,
    /// Rows that it had; each of them is in the new one.
    pub row_count: u64,
    /// SHA-256 of them, the same in both.
    pub sha256: String,
    /// Tables and columns of the present version that it has not.
    pub lacking: Vec<String>,
    /// Tables that are kept under another name, as `signal as v1_signal`.
    pub kept: Vec<String>,
    /// Tables that it had not, and that were made of its rows.
    pub made: Vec<String>,
}

/// Makes `NAME-vN.duckdb` beside the file at `path`. The disk keeps `reserve_mb` MB free.
///
/// # Errors
/// It is of the present version or a later one, in use, or not all of it can be read; or a file of that name is there.
pub fn migrate(path: &Path, reserve_mb: u32) -> Result<Migrated, StoreError> {
    let real = existing(path)?;
    if is_live_here(&real) {
        return Err(StoreError::LiveHere(path.to_path_buf()));
    }
    let name = real.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let to = real.with_file_name(format!("{name}-v{SCHEMA_VERSION}.{FLIGHT_ENDING}"));
    if to.exists() {
        return Err(StoreError::kept(&to, "is there already; nothing is replaced: move it away"));
    }
    let folder = real.parent().unwrap_or(Path::new("/"));
    Room::at(&to, &real, flight_bytes(&real), reserve_mb)?;
    recover(&real)?;
    let flight = open_flight(&real, reserve_mb)?;
    if let Some(why) = flight.unread {
        return Err(StoreError::kept(
            path,
            format!("not all of it can be read: {why}; `skyhound verify` tells more"),
        ));
    }
    let told = || StoreError::database(path, "cannot be read in whole");
    let version = version(flight.connection()).map_err(told())?;
    let plan = match version {
        Some(version) if version < SCHEMA_VERSION => plan(flight.connection(), version).map_err(told())?,
        Some(SCHEMA_VERSION) => {
            return Err(StoreError::kept(
                path,
                format!("is of version {SCHEMA_VERSION}, the present one: there is nothing to do"),
            ));
        }
        Some(later) => {
            return Err(StoreError::kept(
                path,
                format!("is of version {later}, a later one than {SCHEMA_VERSION}: take a newer skyhound"),
            ));
        }
        None => return Err(StoreError::kept(path, "does not say its version; is it a flight file?")),
    };
    let said = content_of(flight.connection(), &plan.counted()).map_err(told())?;
    let part = Part::at(part_in(folder));
    fresh::make(&part.path, &plan.definitions, &plan.fills, &plan.after, Some(&real), true)?;
    let made = open_flight(&part.path, 0)?;
    let again = content_of(made.connection(), &plan.counted_again()).map_err(told())?;
    drop(made);
    if again != said {
        let why = format!(
            "what was made of it is not the same ({}); nothing is kept of that",
            again.differences(&said)
        );
        return Err(StoreError::kept(path, why));
    }
    landing::name(&part.path, &to)?;
    Ok(Migrated {
        from: path.to_path_buf(),
        from_version: plan.version,
        to,
        to_version: SCHEMA_VERSION,
        row_count: said.row_count(),
        sha256: said.sha256,
        lacking: plan.lacking,
        kept: plan.kept,
        made: plan.made,
    })
}

/// The version that a flight says to be of.
pub fn version(connection: &Connection) -> Result<Option<i32>, duckdb::Error> {
    connection.query_row("SELECT any_value(schema_version) FROM flight", [], |row| row.get(0))
}

/// Tables and columns of the present version that the flight has not, with the type of a column.
///
/// # Errors
/// DuckDB cannot tell.
pub fn lacking(there: &[Relation]) -> Result<Vec<String>, duckdb::Error> {
    let mut lacking = Vec::new();
    for ours in present()? {
        match there.iter().find(|relation| relation.name == ours.name) {
            None => lacking.push(format!("the table {}", ours.name)),
            Some(table) => {
                let missing = ours.columns.iter().filter(|column| !table.columns.contains(column));
                lacking.extend(missing.map(|(column, kind)| format!("{}.{column} ({kind})", ours.name)));
            }
        }
    }
    Ok(lacking)
}

/// The tables of the present version.
fn present() -> Result<Vec<Relation>, duckdb::Error> {
    let ours = Connection::open_in_memory()?;
    ours.execute_batch(&statements())?;
    own_relations(&ours)
}

struct Plan {
    version: i32,
    definitions: Vec<String>,
    fills: Vec<Relation>,
    /// What is done when all rows are there.
    after: Vec<String>,
    /// The tables of the file, with the names that they get.
    tables: Vec<(Relation, String)>,
    lacking: Vec<String>,
    kept: Vec<String>,
    made: Vec<String>,
}

impl Plan {
    /// All rows of the file; but not the version, which is another one.
    fn counted(&self) -> Vec<Relation> {
        let is_same =
            |(column, _): &(String, String), table: &str| table != "flight" || column != "schema_version";
        let counted = self.tables.iter().map(|(table, _)| {
            let mut table = table.clone();
            table.columns.retain(|column| is_same(column, &table.name));
            table
        });
        counted.collect()
    }

    /// The same rows where they came to lie.
    fn counted_again(&self) -> Vec<Relation> {
        let mut counted = self.counted();
        for (relation, (_, name)) in counted.iter_mut().zip(&self.tables) {
            relation.source = format!("main.{}", identifier(name));
        }
        counted
    }
}

fn plan(connection: &Connection, version: i32) -> Result<Plan, duckdb::Error> {
    let (there, present) = (own_relations(connection)?, present()?);
    let mut plan = Plan {
        version,
        definitions: vec![statements()],
        fills: Vec::new(),
        after: Vec::new(),
        tables: Vec::new(),
        lacking: lacking(&there)?,
        kept: Vec::new(),
        made: Vec::new(),
    };
    for table in there {
        let ours = present.iter().find(|ours| ours.name == table.name);
        let fits = |(column, kind): &(String, String)| {
            ours.is_some_and(|ours| {
                ours.columns
                    .iter()
                    .any(|(name, of)| name == column && canonical_type(of) == canonical_type(kind))
            })
        };
        let name = if table.columns.iter().all(fits) {
            table.name.clone()
        } else {
            let name = format!("v{version}_{}", table.name);
            let columns: Vec<_> =
                table.columns.iter().map(|(column, kind)| format!("{} {kind}", identifier(column))).collect();
            plan.definitions.push(format!("CREATE TABLE {} ({})", identifier(&name), columns.join(", ")));
            plan.kept.push(format!("{} as {name}", table.name));
            name
        };
        let source = format!("source.main.{}", identifier(&table.name));
        plan.fills.push(Relation { name: name.clone(), source, ..table.clone() });
        plan.tables.push((table, name));
    }
    for (view, sql) in lent() {
        let is_missing = plan.tables.iter().all(|(table, _)| table.name != view);
        if is_missing && present.iter().any(|ours| ours.name == view) {
            plan.after.push(format!("INSERT INTO main.{} BY NAME {sql}", identifier(view)));
            plan.made.push(view.to_string());
        }
    }
    plan.after.push(format!("UPDATE main.flight SET schema_version = {SCHEMA_VERSION}"));
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::verify;

    /// A flight of `version`, by what the later ones have more than it.
    fn flight_of(folder: &Path, version: i32) -> PathBuf {
        let path = folder.join(format!("20260101T120000Z-0000000{version}.duckdb"));
        let flight = Connection::open(&path).unwrap();
        flight.execute_batch(&statements()).unwrap();
        let since = [
            (5, "DROP TABLE switch"),
            (
                4,
                "ALTER TABLE health DROP COLUMN value; ALTER TABLE flight DROP COLUMN ended; DROP TABLE log CASCADE",
            ),
            (3, "DROP TABLE pass"),
            (
                2,
                "DROP TABLE signal CASCADE; CREATE TABLE signal (at_us BIGINT, channel UTINYINT, power_dbfs DOUBLE)",
            ),
        ];
        for (_, without) in since.iter().filter(|(since, _)| *since > version) {
            flight.execute_batch(without).unwrap();
        }
        let signal = if version == 1 { "power_dbfs" } else { "power_e2" };
        let rows = format!(
            "INSERT INTO flight (name, schema_version) VALUES ('of {version}', {version});
            INSERT INTO operator VALUES (5, 'homing_on'), (7, 'homing_off');
            INSERT INTO event VALUES (6, 'note', 'mode_change', 'GUIDED');
            INSERT INTO signal (at_us, channel, {signal}) SELECT n, 1, -90 - n % 7 FROM range(5000) AS r(n)"
        );
        flight.execute_batch(&rows).unwrap();
        if version >= 4 {
            flight.execute_batch("UPDATE flight SET ended = 'closed'").unwrap();
        }
        flight.close().unwrap();
        path
    }

    #[test]
    fn a_flight_of_any_version_becomes_one_of_the_present_with_every_row() {
        let folder = tempfile::tempdir().unwrap();
        for version in 1..SCHEMA_VERSION {
            let path = flight_of(folder.path(), version);
            let before = std::fs::read(&path).unwrap();
            let lacking = verify(&path, None, 0).lacking;
            assert!(lacking.contains(&"the table switch".to_string()), "{lacking:?}");
            let has_log = version >= 4;
            assert_eq!(lacking.contains(&"the table log".to_string()), !has_log);
            let migrated = migrate(&path, 0).unwrap();
            assert_eq!((migrated.row_count, &migrated.lacking), (5_004, &lacking));
            assert_eq!(migrated.lacking.contains(&"the table pass".to_string()), version < 3);
            assert_eq!(migrated.kept, ["signal as v1_signal"][..usize::from(version == 1)]);
            assert_eq!(migrated.made, ["log"][usize::from(has_log)..]);
            assert_eq!(std::fs::read(&path).unwrap(), before, "the file itself was touched");

            let verified = verify(&migrated.to, None, 0);
            assert!(verified.faults.is_empty() && verified.lacking.is_empty(), "{verified:?}");
            let made = open_flight(&migrated.to, 0).unwrap();
            let one = |sql: &str| made.connection().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(one("SELECT schema_version FROM flight"), i64::from(SCHEMA_VERSION));
            let logged = if has_log { 0 } else { 5 + 2 * 6 + 3 * 7 };
            assert_eq!(one("SELECT coalesce(sum(at_us * id), 0) FROM log"), logged);
            let signal = if version == 1 { "v1_signal" } else { "signal" };
            assert_eq!(
                one(&format!("SELECT sum(power_dbfs)::BIGINT FROM {signal} WHERE at_us < 7")),
                if version == 1 { -651 } else { -7 }
            );
            let again = migrate(&path, 0).unwrap_err().to_string();
            assert!(again.contains("nothing is replaced"), "{again}");
        }
        let present = folder.path().join(format!("20260101T120000Z-00000001-v{SCHEMA_VERSION}.duckdb"));
        assert!(migrate(&present, 0).unwrap_err().to_string().contains("nothing to do"));
    }
}
