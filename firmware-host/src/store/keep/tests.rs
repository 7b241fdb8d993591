//! The content of a flight: what changes it and what does not; that copies lose no row, and that nothing is overwritten.

mod across;
mod archived;
mod catalogued;

use super::super::sample::{self, settings, start};
use super::super::{StoreError, open_flight, recover};
use super::*;
use duckdb::{Config, Connection};
use std::path::{Path, PathBuf};

/// A closed flight with rows in every table.
pub(super) fn flight(folder: &Path, reading_count: u64) -> PathBuf {
    let (mut inlets, recorder) = start(&settings(folder));
    (0..reading_count).for_each(|index| assert!(inlets.readings.push(sample::reading(index, 0))));
    assert!(inlets.spectra.push(sample::spectrum(1_000_000)));
    sample::records(1_500_000).into_iter().for_each(|record| assert!(inlets.control.push(record)));
    assert!(inlets.switches.push(sample::switch(1_500_000)));
    recorder.stop().unwrap().files.remove(0)
}

/// The same without a closing: as a kill leaves it.
pub(super) fn killed(folder: &Path) -> PathBuf {
    let recorded = tempfile::tempdir().unwrap();
    let (mut inlets, recorder) = start(&settings(recorded.path()));
    (0..100).for_each(|index| assert!(inlets.readings.push(sample::reading(index, 0))));
    while recorder.handle().totals().reading_total < 100 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let file = recorder.file().unwrap();
    let copy = folder.join(file.file_name().unwrap());
    std::fs::copy(&file, &copy).unwrap();
    std::fs::copy(file.with_extension("duckdb.wal"), copy.with_extension("duckdb.wal")).unwrap();
    recorder.stop().unwrap();
    copy
}

pub(super) fn said(path: &Path) -> Content {
    content(open_flight(path, 0).unwrap().connection()).unwrap()
}

pub(super) fn edit(path: &Path, sql: &str) {
    Connection::open_with_flags(path, Config::default()).unwrap().execute_batch(sql).unwrap();
}

fn sha256(sql: &str) -> String {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(sql).unwrap();
    content(&database).unwrap().sha256
}

#[test]
fn a_content_is_of_rows_and_their_order_and_of_nothing_else() {
    let one =
        sha256("CREATE TABLE a(x SMALLINT, y VARCHAR); INSERT INTO a VALUES (1, 'b'), (NULL, ''), (3, NULL)");
    let same = [
        // Other portions, other storage, a column that is reckoned, tables without rows, another order of columns.
        "CREATE TABLE a(x SMALLINT, y VARCHAR); INSERT INTO a VALUES (1, 'b'); INSERT INTO a VALUES (NULL, ''), (3, NULL)",
        "CREATE TABLE c(z INTEGER); CREATE TABLE a(y VARCHAR, w BIGINT AS (x + 1), x SMALLINT);
            INSERT INTO a(x, y) VALUES (1, 'b'), (NULL, ''), (3, NULL); CREATE VIEW v AS FROM a",
    ];
    same.iter().for_each(|sql| assert_eq!(sha256(sql), one, "{sql}"));
    let rows = |rows: &str| format!("CREATE TABLE a(x SMALLINT, y VARCHAR); INSERT INTO a VALUES {rows}");
    let others = [
        rows("(NULL, ''), (1, 'b'), (3, NULL)"),
        rows("(1, 'b'), (0, ''), (3, NULL)"),
        rows("(1, 'b'), (NULL, NULL), (3, '')"),
        rows("(1, 'b'), (NULL, ''), (3, NULL), (3, NULL)"),
        "CREATE TABLE a(x INTEGER, y VARCHAR); INSERT INTO a VALUES (1, 'b'), (NULL, ''), (3, NULL)"
            .to_string(),
        "CREATE TABLE b(x SMALLINT, y VARCHAR); INSERT INTO b VALUES (1, 'b'), (NULL, ''), (3, NULL)"
            .to_string(),
    ];
    others.iter().for_each(|sql| assert_ne!(sha256(sql), one, "{sql}"));
    let list =
        |kind: &str, rows: &str| sha256(&format!("CREATE TABLE a(x {kind}); INSERT INTO a VALUES {rows}"));
    assert_eq!(
        list("SMALLINT[2]", "([1, NULL]), (NULL), ([3, 4])"),
        list("SMALLINT[]", "([1, NULL]), (NULL), ([3, 4])")
    );
    assert_ne!(list("DOUBLE[]", "([]), (NULL)"), list("DOUBLE[]", "(NULL), ([])"));
    assert_ne!(list("DOUBLE[]", "([1, 2]), ([3])"), list("DOUBLE[]", "([1]), ([2, 3])"));
    assert_ne!(list("DOUBLE", "(0.0)"), list("DOUBLE", "('-0.0')"));
    assert_eq!(list("DECIMAL(4,1)[]", "([1.5])"), list("VARCHAR[]", "(['1.5'])"));
}

#[test]
fn a_backup_says_what_its_flight_says_and_replaces_no_other() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = flight(folder.path(), 3_000);
    let to = dest.path().join("deep/er").join(path.file_name().unwrap());
    let made = backup(&path, &to, 0).unwrap();
    assert_eq!((made.outcome, made.unread.as_ref(), made.is_live), (Outcome::Made, None, false));
    assert_eq!((made.content.tables.len(), &made.content), (30, &said(&path)));
    assert_eq!(made.content.tables["reading"].row_count, 3_000);
    assert_eq!(backup(&path, &to, 0).unwrap().outcome, Outcome::AlreadyThere);
    assert_eq!(verify(&to, None, 0).faults, [""; 0]);
    // More of the same flight takes the place of less, and less not that of more.
    edit(&path, "INSERT INTO reading(acquired_us) VALUES (1)");
    assert_eq!(backup(&path, &to, 0).unwrap().outcome, Outcome::Renewed);
    assert_eq!(said(&to), said(&path));
    edit(&path, "DELETE FROM reading WHERE acquired_us = 1");
    assert!(backup(&path, &to, 0).unwrap_err().to_string().contains("nothing is replaced by less"));
    let others = tempfile::tempdir().unwrap();
    let other = flight(others.path(), 10);
    assert!(matches!(backup(&other, &to, 0), Err(StoreError::Kept { .. })));
    assert!(backup(&path, &path, 0).unwrap_err().to_string().contains("the flight itself"));
    // No room: the reserve of the disk stays free.
    let free_mb = u32::try_from(super::super::scratch::free_bytes(dest.path()).unwrap() >> 20).unwrap();
    let full = backup(&other, &dest.path().join("full.duckdb"), free_mb + 1_000).unwrap_err();
    assert!(full.to_string().contains("name another folder, or free some disk"), "{full}");
    let left = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
    assert_eq!((left(to.parent().unwrap()), left(dest.path())), (2, 1), "parts were left");
}

#[test]
fn a_killed_flight_is_kept_with_its_wal() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = killed(folder.path());
    let made = backup(&path, &dest.path().join("f.duckdb"), 0).unwrap();
    assert_eq!((made.unread, made.content.tables["reading"].row_count), (None, 100));
    // The copy is one file and whole; the flight itself is as it was, and says the same after it was recovered.
    assert_eq!(verify(&made.path, None, 0).faults, [""; 0]);
    assert!(path.with_extension("duckdb.wal").exists() && !made.path.with_extension("duckdb.wal").exists());
    recover(&path).unwrap();
    assert_eq!(said(&path), made.content);
}

#[test]
fn what_is_missing_or_changed_is_told() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = killed(folder.path());
    std::fs::remove_file(path.with_extension("duckdb.wal")).unwrap();
    let cut = backup(&path, &dest.path().join("cut.duckdb"), 0).unwrap();
    assert!(cut.unread.is_some_and(|why| why.contains("no WAL is beside it")));
    // Its copy does not pass as whole either.
    assert!(verify(&cut.path, None, 0).faults[0].contains("no WAL is beside it"));
    let whole = flight(folder.path(), 3_000);
    let made = backup(&whole, &dest.path().join("f.duckdb"), 0).unwrap();
    assert!(verify(&made.path, Some(&"0".repeat(64)), 0).faults[0].contains("another one than was known"));
    edit(
        &made.path,
        "UPDATE reading SET mean_e2 = mean_e2 + 1 WHERE acquired_us = 5000; DROP TABLE zone CASCADE",
    );
    let faults = verify(&made.path, None, 0).faults.join("\n");
    for words in ["lacks the table zone", "reading: 3000 rows, not the same", "zone: 0 rows, not"] {
        assert!(faults.contains(words), "{faults}");
    }
    let back = dest.path().join("back.duckdb");
    assert!(backup(&made.path, &back, 0).unwrap_err().to_string().contains("any more"));
    assert!(!back.exists());
    assert!(verify(&dest.path().join("none.duckdb"), None, 0).faults[0].contains("no such flight file"));
}

/// Every byte of a block that rows stand in is looked at.
#[test]
fn a_flipped_byte_in_a_block_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path(), 3_000);
    let (whole, expected) = (std::fs::read(&path).unwrap(), said(&path));
    let mut found = 0;
    let places: Vec<_> = (12_288..whole.len()).step_by(29_973).collect();
    for at in &places {
        let mut bytes = whole.clone();
        bytes[*at] ^= 16;
        std::fs::write(&path, bytes).unwrap();
        let verified = verify(&path, Some(&expected.sha256), 0);
        assert!(!verified.faults.is_empty() || verified.content.as_ref() == Some(&expected), "byte {at}");
        found += usize::from(!verified.faults.is_empty());
    }
    // The others stand in blocks that are free.
    assert!(found * 2 > places.len(), "{found} of {}", places.len());
}
