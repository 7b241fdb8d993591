//! What SQL may do to the flight that it asks: nothing, whatever it says.

use super::super::*;
use super::broken::{asked, killed};
use std::path::Path;

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn statements(target: &str) -> [String; 22] {
    let copy = format!("copy (select 1) to '{target}' (format csv, use_tmp_file false)");
    [
        copy.clone(),
        format!("select 1; {copy}; select 2"),
        format!("begin; {copy}"),
        format!("/* ; */ explain analyze {copy}"),
        format!("explain (analyze, format json) {copy}"),
        format!("prepare p as {copy}; execute p"),
        format!("export database '{target}'"),
        format!("import database '{target}'"),
        format!("call enable_profiling(save_location = '{target}'); select 1; select 2"),
        format!("from enable_logging('QueryLog', storage = 'file', storage_path = '{target}'); select 1"),
        format!("attach '{target}' as other (read_only false); create table other.a (b integer)"),
        format!("set profiling_output = '{target}'"),
        format!("set temp_directory = '{target}'"),
        format!("pragma profile_output = '{target}'"),
        format!("load '{target}'"),
        format!("install '{target}'"),
        "vacuum".to_string(),
        "checkpoint".to_string(),
        "force checkpoint".to_string(),
        "from checkpoint()".to_string(),
        "delete from reading".to_string(),
        "create index i on reading (acquired_us)".to_string(),
    ]
}

#[test]
fn no_statement_changes_the_flight_it_asks() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 2);
    // Names that DuckDB would write profiles to.
    for name in ["flight.txt", "flight.json"] {
        let named = folder.path().join(name);
        std::fs::copy(&path, &named).unwrap();
        std::fs::copy(super::broken::wal(&path), super::broken::wal(&named)).unwrap();
    }
    let before = files(folder.path());
    let all = ["", ".wal", ".wal.checkpoint"];
    let named = ["flight.txt", "flight.json"].map(|name| (folder.path().join(name), &all[..1]));
    for (flight, suffixes) in [(path, &all[..])].into_iter().chain(named) {
        for suffix in suffixes {
            for sql in statements(&format!("{}{suffix}", flight.display())) {
                let answered = query(&flight, &sql, Format::Csv, 0, &mut Vec::new());
                assert!(before == files(folder.path()), "{sql}: {answered:?}");
                let is_writer = super::super::sql::file_writer(&sql).is_some();
                assert!(!is_writer || matches!(answered, Err(StoreError::Sql(_))), "{sql}: {answered:?}");
            }
        }
        assert_eq!(asked(&flight), (20, None));
    }
}

#[test]
fn a_statement_that_writes_files_is_refused_with_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 1);
    for format in [Format::Csv, Format::Parquet] {
        let refused = query(&path, "COPY reading TO 'x.csv'", format, 0, &mut Vec::new()).unwrap_err();
        assert!(refused.to_string().contains("ask with SELECT"), "{refused}");
    }
}
