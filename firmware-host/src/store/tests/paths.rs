//! Folders and names that DuckDB takes for more than a path: flights are recorded in them, and read from them.

use super::super::place::with_suffix;
use super::super::sample::{self, settings, start};
use super::super::*;
use super::{value, wait_for};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const NAMES: [&[u8]; 22] = [
    b"a?b",
    b"?",
    b"a?b?c",
    b":memory:",
    b"md:flights",
    b"s3:",
    b"file:",
    b"sqlite:x",
    b"postgres:x",
    b"ducklake:x",
    b"~",
    b"~x",
    b"a*b",
    b"[a-z]",
    b"{a,b}",
    b" trailing ",
    b"a#b",
    b"a%20b",
    b"it's",
    b"a\"b",
    b"x.parquet",
    b"\xFF\xFEnot UTF-8",
];

fn folder_named(within: &Path, name: &[u8]) -> PathBuf {
    let folder = within.join(OsStr::from_bytes(name));
    std::fs::create_dir(&folder).unwrap();
    folder
}

/// Records ten readings in `folder`; before the end it is copied as a kill would leave it, to `killed`.
fn record(folder: &Path, killed: &Path) -> (PathBuf, PathBuf) {
    let (mut inlets, recorder) = start(&settings(folder));
    (0..10).for_each(|index| assert!(inlets.readings.push(sample::reading(index, 0))));
    wait_for("a commit", || recorder.handle().totals().reading_total == 10);
    let file = recorder.file().unwrap();
    let real = file.canonicalize().unwrap();
    let copy = killed.join(file.file_name().unwrap());
    std::fs::copy(&file, &copy).unwrap();
    let side = super::super::place::side_path(&real, ".wal");
    assert!(side.starts_with(folder.canonicalize().unwrap()), "{}", side.display());
    std::fs::copy(side, with_suffix(&copy, ".wal")).unwrap();
    let summary = recorder.stop().unwrap();
    assert!(summary.is_clean, "{summary:?}");
    (file, copy)
}

#[test]
fn a_flight_is_recorded_and_read_in_any_folder() {
    let within = tempfile::tempdir().unwrap();
    for name in NAMES {
        let shown = String::from_utf8_lossy(name).into_owned();
        let folder = folder_named(within.path(), name);
        let killed = folder_named(within.path(), &[name, b".killed"].concat());
        let (file, copy) = record(&folder, &killed);
        for (path, state) in [(&file, FlightState::Clean), (&copy, FlightState::Unclean)] {
            assert_eq!(value(path, "SELECT count(*) FROM reading"), "10", "{shown}");
            assert_eq!(flights(path.parent().unwrap()).unwrap()[0].state, state, "{shown}");
        }
        recover(&copy).unwrap_or_else(|e| panic!("{shown}: {e}"));
        assert_eq!(value(&copy, "SELECT count(*) FROM reading"), "10", "{shown}");
        assert_eq!(flights(&killed).unwrap()[0].state, FlightState::Clean, "{shown}");
    }
}

#[test]
fn a_flight_is_read_by_any_name() {
    let within = tempfile::tempdir().unwrap();
    let folder = folder_named(within.path(), b"flights");
    let (_, killed) = record(&folder, within.path());
    for name in NAMES.into_iter().chain([&b"temp.duckdb"[..], b"system.duckdb", b"main", b"reading.duckdb"]) {
        let renamed = within.path().join("named").join(OsStr::from_bytes(name));
        std::fs::create_dir_all(renamed.parent().unwrap()).unwrap();
        std::fs::copy(&killed, &renamed).unwrap();
        std::fs::copy(with_suffix(&killed, ".wal"), with_suffix(&renamed, ".wal")).unwrap();
        assert_eq!(
            value(&renamed, "SELECT count(reading.acquired_us) FROM reading"),
            "10",
            "{}",
            renamed.display()
        );
    }
}

/// DuckDB looks for the WAL beside the link.
#[test]
fn a_link_leads_to_the_flight_and_its_wal() {
    let within = tempfile::tempdir().unwrap();
    let (folder, killed) = (folder_named(within.path(), b"flights"), folder_named(within.path(), b"killed"));
    let (_, copy) = record(&folder, &killed);
    let link = within.path().join("link.duckdb");
    std::os::unix::fs::symlink(&copy, &link).unwrap();
    assert_eq!(value(&link, "SELECT count(*) FROM reading"), "10");
    assert_eq!(flights(within.path()).unwrap()[0].state, FlightState::Unclean);
    // A folder by a link too, also while this process records in it.
    let by_link = within.path().join("by link");
    std::os::unix::fs::symlink(&folder, &by_link).unwrap();
    let (_inlets, recorder) = start(&settings(&by_link));
    let real = folder.join(recorder.file().unwrap().file_name().unwrap());
    let refused = query(&real, "SELECT 1", Format::Csv, 0, &mut Vec::new());
    assert!(matches!(refused, Err(StoreError::LiveHere(_))), "{refused:?}");
    recorder.stop().unwrap();
}

/// Nothing that is no file is opened, and none is made.
#[test]
fn what_is_no_file_is_not_found() {
    for path in [
        "",
        ":memory:",
        "md:",
        "md:flights",
        "s3://bucket/f.duckdb",
        "http://localhost/f",
        "file:/etc/hostname",
        "sqlite:x",
        "~",
        "/",
        ".",
        "/tmp",
        "/dev/null",
        "*.duckdb",
        "none?access_mode=read_only",
    ] {
        let refused = query(Path::new(path), "SELECT 1", Format::Csv, 0, &mut Vec::new());
        assert!(matches!(refused, Err(StoreError::NotFound(_))), "{path}: {refused:?}");
    }
}

#[test]
fn a_folder_with_a_question_mark_that_cannot_be_linked_is_refused_with_the_mend() {
    let within = tempfile::tempdir().unwrap();
    let folder = folder_named(within.path(), b"a?b");
    std::fs::write(within.path().join("a.wal?b"), b"in the way").unwrap();
    let (_inlets, outlets) = lanes(&settings(&folder), 1_000.0);
    let refused = Recorder::start(
        &settings(&folder),
        &sample::about(),
        outlets,
        crate::clock::Clock::start(),
        |body| crate::realtime::start(crate::realtime::Role::Recorder, body),
    );
    let Err(refused) = refused else { panic!("it began") };
    let said = refused.to_string();
    assert!(said.contains("a.wal?b") && said.contains("name a folder without"), "{said}");
}
