//! Parquet and back, smaller files, files for others: always the same rows, or an error that leaves all as it was.

use super::super::super::sql::quoted;
use super::*;

fn answer(path: &Path, sql: &str) -> String {
    let mut out = Vec::new();
    super::super::super::query(path, sql, super::super::super::Format::Csv, 0, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn an_archive_has_all_rows_and_becomes_the_same_flight_again() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = flight(folder.path(), 3_000);
    // A folder whose name is a pattern and has a quote.
    let to = dest.path().join("arc[1]*'s");
    let archived = archive(&path, &to, 0).unwrap();
    assert_eq!((archived.outcome, &archived.content), (Outcome::Made, &said(&path)));
    let name = path.file_stem().unwrap().to_str().unwrap();
    let partition =
        archived.path.strip_prefix(to.canonicalize().unwrap()).unwrap().to_str().unwrap().to_string();
    assert!(
        partition.starts_with("date=20") && partition.ends_with(&format!("/flight={name}")),
        "{partition}"
    );
    assert_eq!(archive(&path, &to, 0).unwrap().outcome, Outcome::AlreadyThere);
    assert_eq!(verify(&archived.path, None, 0).faults, [""; 0]);
    // As any tool reads it: one table over all flights, with the folders' names as columns.
    let all = quoted(&dest.path().join("*/*/*/reading.parquet").to_string_lossy());
    let counted: (String, i64) = Connection::open_in_memory()
        .unwrap()
        .query_row(
            &format!("SELECT any_value(flight), count(*) FROM read_parquet({all}, hive_partitioning = true)"),
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(counted, (name.to_string(), 3_000));

    let back = dest.path().join("back.duckdb");
    assert_eq!(restore_archive(&archived.path, &back, 0).unwrap().content, archived.content);
    for sql in [
        "FROM detections",
        "FROM track LIMIT 5",
        "FROM minute_noise",
        "SELECT ended, utc(5) FROM flight",
        "SELECT table_name, comment FROM duckdb_tables()",
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal",
        "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal",
    ] {
        assert_eq!(answer(&back, sql), answer(&path, sql), "{sql}");
    }
    free(&path, &archived, 0).unwrap();
    assert!(!path.exists());
    assert_eq!(restore_archive(&archived.path, &path, 0).unwrap().outcome, Outcome::Made);
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 1, "parts were left");
}

#[test]
fn nothing_is_freed_that_is_not_archived_in_whole() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cut = killed(folder.path());
    std::fs::remove_file(cut.with_extension("duckdb.wal")).unwrap();
    let archived = archive(&cut, dest.path(), 0).unwrap();
    assert!(free(&cut, &archived, 0).unwrap_err().to_string().contains("not all of it could be read"));
    assert!(verify(&archived.path, None, 0).faults[0].contains("no WAL is beside it"));
    let back = dest.path().join("back.duckdb");
    assert!(restore_archive(&archived.path, &back, 0).unwrap().unread.is_some());
    assert!(!verify(&back, None, 0).faults.is_empty(), "what was cut passes as whole");

    let path = flight(folder.path(), 100);
    let archived = archive(&path, dest.path(), 0).unwrap();
    let file = archived.path.join("event.parquet");
    let kept = std::fs::read(&file).unwrap();
    let broken = [&kept[..40], &[kept[40] ^ 1], &kept[41..]].concat();
    std::fs::write(&file, &broken).unwrap();
    assert!(free(&path, &archived, 0).is_err());
    assert!(!verify(&archived.path, None, 0).faults.is_empty());
    assert!(restore_archive(&archived.path, &dest.path().join("no.duckdb"), 0).is_err());
    std::fs::write(&file, &kept).unwrap();
    edit(&path, "INSERT INTO event(text) VALUES ('more')");
    assert!(free(&path, &archived, 0).unwrap_err().to_string().contains("another thing by now"));
    assert!(path.exists());
    assert_eq!(archive(&path, dest.path(), 0).unwrap().outcome, Outcome::Renewed);
}

#[test]
fn a_compacted_file_is_smaller_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = flight(folder.path(), 3_000);
    edit(
        &path,
        "CREATE TABLE x AS SELECT hash(i) FROM range(200000) t(i); CHECKPOINT; DROP TABLE x; CHECKPOINT; BEGIN; COMMIT",
    );
    let before = said(&path);
    let compacted = compact(&path, 0).unwrap();
    assert_eq!((said(&path), &compacted.sha256), (before.clone(), &before.sha256));
    assert_eq!(std::fs::metadata(&path).unwrap().len(), compacted.after_bytes);
    assert!(compacted.after_bytes < compacted.before_bytes, "{compacted:?}");
    assert_eq!(verify(&path, None, 0).faults, [""; 0]);
    // Again there is nothing to gain, and the file stays the same file.
    let again = compact(&path, 0).unwrap();
    assert_eq!(again.after_bytes, again.before_bytes);
    // With a WAL, which goes into it; and one that lost it stays as it is.
    let killed = [killed(folder.path()), killed(folder.path())];
    compact(&killed[0], 0).unwrap();
    assert_eq!(said(&killed[0]).tables["reading"].row_count, 100);
    std::fs::remove_file(killed[1].with_extension("duckdb.wal")).unwrap();
    let bytes = std::fs::read(&killed[1]).unwrap();
    assert!(compact(&killed[1], 0).is_err());
    let reader = open_flight(&path, 0).unwrap();
    assert_eq!(std::fs::read(&killed[1]).unwrap().len(), bytes.len());
    drop(reader);
}

#[test]
fn what_is_exported_is_read_by_others() {
    let (folder, dest) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = flight(folder.path(), 300);
    for (at, form) in [Tables::Database, Tables::DatabaseCsv].into_iter().enumerate() {
        let to = dest.path().join(format!("{at}"));
        let exported = export(&path, &to, form, 0).unwrap();
        assert_eq!((exported.rows["reading"], exported.unread), (300, None));
        let imported = Connection::open_in_memory().unwrap();
        imported.execute_batch(&format!("IMPORT DATABASE {}", quoted(&to.to_string_lossy()))).unwrap();
        // An empty text is NULL in CSV; all else is as it was.
        if form == Tables::Database {
            assert_eq!(content(&imported).unwrap(), said(&path));
        }
        let rows = imported
            .query_row("SELECT count(*) FROM reading WHERE mean_dbfs < -60", [], |row| row.get::<_, i64>(0));
        assert_eq!(rows.unwrap(), 300);
        assert!(export(&path, &to, form, 0).unwrap_err().to_string().contains("there already"));
    }
    export(&path, &dest.path().join("j"), Tables::JsonLines, 0).unwrap();
    export(&path, &dest.path().join("c"), Tables::Csv, 0).unwrap();
    let lines = std::fs::read_to_string(dest.path().join("j/reading.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 300);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["acquired_us"], first["mean_dbfs"].as_f64()), (&5_000.into(), Some(-65.0)));
    assert_eq!(
        std::fs::read_to_string(dest.path().join("c/reading.csv")).unwrap(),
        answer(&path, "FROM reading")
    );
    assert_eq!(
        std::fs::read_to_string(dest.path().join("j/zone.jsonl")).unwrap().lines().count() as i64,
        said(&path).tables["zone"].row_count as i64
    );
}
