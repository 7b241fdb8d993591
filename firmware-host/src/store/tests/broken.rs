//! Damage in and beside a flight file: what is read, what is told, and that nothing broken passes as whole.

use super::super::checksum::checksum;
use super::super::place::with_suffix;
use super::super::sample::{self, settings, start};
use super::super::*;
use super::{value, wait_for};
use duckdb::{Config, Connection};
use std::path::{Path, PathBuf};

/// A flight as a kill would leave it: `commits` commits of ten readings in its WAL.
pub(super) fn killed(folder: &Path, commits: u64) -> PathBuf {
    let recorded = tempfile::tempdir().unwrap();
    let (mut inlets, recorder) = start(&settings(recorded.path()));
    for commit in 0..commits {
        (0..10).for_each(|index| assert!(inlets.readings.push(sample::reading(commit * 10 + index, 0))));
        wait_for("a commit", || recorder.handle().totals().reading_total == (commit + 1) * 10);
    }
    let file = recorder.file().unwrap();
    let copy = folder.join(file.file_name().unwrap());
    std::fs::copy(&file, &copy).unwrap();
    std::fs::copy(with_suffix(&file, ".wal"), wal(&copy)).unwrap();
    recorder.stop().unwrap();
    copy
}

fn clean(folder: &Path) -> PathBuf {
    super::record_one(folder).files.remove(0)
}

pub(super) fn wal(path: &Path) -> PathBuf {
    with_suffix(path, ".wal")
}

pub(super) fn asked(path: &Path) -> (u64, Option<String>) {
    let mut out = Vec::new();
    let answered = query(path, "SELECT count(*) FROM reading", Format::Csv, 0, &mut out)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let rows = String::from_utf8(out).unwrap().lines().nth(1).unwrap().parse().unwrap();
    (rows, answered.unread)
}

pub(super) fn state(path: &Path) -> FlightState {
    flights(path.parent().unwrap()).unwrap().into_iter().find(|entry| entry.path == path).unwrap().state
}

pub(super) fn is_cut(path: &Path, words: &str) {
    let FlightState::Cut { why } = state(path) else { panic!("{:?}", state(path)) };
    assert!(why.contains(words), "{why}");
    let told = crate::report::report(path, 0).unwrap().unread.unwrap();
    assert!(told.contains(words), "{told}");
}

#[test]
fn a_whole_wal_is_read_and_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 3);
    assert_eq!((asked(&path), state(&path)), ((30, None), FlightState::Unclean));
    recover(&path).unwrap();
    assert_eq!((asked(&path), state(&path)), ((30, None), FlightState::Clean));
    assert_eq!(value(&path, "SELECT ended FROM flight"), "recovered");
    let closed = clean(folder.path());
    assert_eq!(
        (state(&closed), value(&closed, "SELECT ended FROM flight")),
        (FlightState::Clean, "closed".into())
    );
}

#[test]
fn a_flight_killed_before_its_first_commit_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 0);
    assert_eq!((asked(&path), state(&path)), ((0, None), FlightState::Unclean));
}

#[test]
fn a_flipped_byte_costs_only_what_stands_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 12);
    let whole = std::fs::read(wal(&path)).unwrap();
    let (mut most, mut least) = (0, u64::MAX);
    for step in 1..16 {
        let at = step * whole.len() / 16;
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(wal(&path), &bytes).unwrap();
        let (rows, unread) = asked(&path);
        assert!(
            unread.is_some_and(|why| why.contains(&format!("of {} bytes", whole.len()))),
            "byte {at}: {rows} rows"
        );
        assert!(rows <= 120, "byte {at}: {rows} rows");
        assert_eq!(
            value(&path, "SELECT count(*) FROM reading WHERE acquired_us <> 5000 + rowid * 10000"),
            "0"
        );
        is_cut(&path, "bytes");
        (most, least) = (most.max(rows), least.min(rows));
        assert_eq!(std::fs::read(wal(&path)).unwrap(), bytes, "reading changed the WAL");
    }
    assert!(most > least, "{least} to {most} rows");
    // A size that leads behind the end: DuckDB takes it for the end, and says nothing.
    let mut bytes = whole.clone();
    let flush = [5_u64.to_le_bytes().as_slice(), &[0xE7]].concat();
    let at = bytes.windows(9).position(|window| window == flush).unwrap();
    bytes[at + 5] = 1;
    std::fs::write(wal(&path), &bytes).unwrap();
    is_cut(&path, "are lost");
    assert!(recover(&path).unwrap_err().to_string().contains("are lost"));
    assert_eq!(std::fs::read(wal(&path)).unwrap(), bytes);
    is_salvaged(&path, asked(&path).0, "are lost");
}

/// All that can be read is in the file afterwards, which says what is missing; what was given up is kept.
pub(super) fn is_salvaged(path: &Path, rows: u64, words: &str) {
    let kept = |aside: &str| {
        [".wal", ".wal.checkpoint"]
            .map(|side| std::fs::read(with_suffix(path, &format!("{side}{aside}"))).ok())
    };
    let before = kept("");
    assert!(salvage(path, true).unwrap().unwrap().contains(words));
    assert_eq!(kept(".damaged"), before);
    assert!(kept("").iter().all(Option::is_none), "something is left beside it");
    let (read, unread) = asked(path);
    assert!(read == rows && unread.is_some_and(|why| why.contains(words)));
    is_cut(path, words);
    assert_eq!(value(path, "SELECT ended LIKE 'salvaged: %' FROM flight"), "true");
    // Once is enough.
    assert_eq!(salvage(path, true).unwrap(), None);
}

#[test]
fn a_wal_that_duckdb_refuses_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 3);
    let lost = salvage(&path, false).unwrap().unwrap();
    assert!(lost.contains("is not read"), "{lost}");
    assert_eq!(asked(&path).0, 0);
    is_cut(&path, "is not read");
}

/// The header has no checksum, and DuckDB takes what it cannot read in it for the end of the WAL.
#[test]
fn a_flipped_bit_in_the_header_of_a_wal_costs_no_flight() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 3);
    let whole = std::fs::read(wal(&path)).unwrap();
    let header_bytes = whole.windows(2).position(|end| end == [0xFF, 0xFF]).unwrap() + 2;
    for (at, bit) in (0..header_bytes).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        std::fs::write(wal(&path), &bytes).unwrap();
        let FlightState::Cut { why } = state(&path) else {
            panic!("byte {at}, bit {bit}: {:?}", state(&path))
        };
        let is_told = why.contains("another file") || why.contains("all its commits (at least");
        assert!(is_told, "byte {at}, bit {bit}: {why}");
        recover(&path).unwrap_err();
        if bit == at % 8 {
            assert!(matches!(asked(&path), (0, Some(_))), "byte {at}, bit {bit}: {:?}", asked(&path));
        }
        assert_eq!(std::fs::read(wal(&path)).unwrap(), bytes, "byte {at}, bit {bit}");
    }
    std::fs::write(wal(&path), &whole).unwrap();
    recover(&path).unwrap();
    assert_eq!(asked(&path), (30, None));
}

#[test]
fn a_wal_cut_anywhere_is_never_clean() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 6);
    let whole = std::fs::read(wal(&path)).unwrap();
    for step in 0..6 {
        let length = step * whole.len() / 6;
        std::fs::write(wal(&path), &whole[..length]).unwrap();
        let (rows, unread) = asked(&path);
        assert!(unread.is_some() && rows <= 60, "{length} bytes: {rows} rows, {unread:?}");
        is_cut(&path, if length == 0 { "no WAL is beside it" } else { "within a commit" });
        let mut zeroed = whole[..length].to_vec();
        zeroed.resize(whole.len(), 0);
        std::fs::write(wal(&path), &zeroed).unwrap();
        let (again, unread) = asked(&path);
        assert!(unread.is_some() && again == rows, "zeros from byte {length}: {again} rows");
    }
}

#[test]
fn a_missing_wal_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 2);
    std::fs::remove_file(wal(&path)).unwrap();
    let (rows, unread) = asked(&path);
    assert!(rows == 0 && unread.is_some());
    is_cut(&path, "no WAL is beside it");
    assert!(recover(&path).unwrap_err().to_string().contains("no WAL"));
    is_cut(&path, "no WAL is beside it");
}

#[test]
fn the_wal_of_another_flight_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (killed(folder.path(), 2), killed(folder.path(), 5));
    std::fs::rename(wal(&other), wal(&path)).unwrap();
    assert_eq!(asked(&path).0, 0);
    is_cut(&path, "another file");
    let closed = clean(folder.path());
    std::fs::rename(wal(&path), wal(&closed)).unwrap();
    assert_eq!(asked(&closed).0, 3_000);
    is_cut(&closed, "another file");
    recover(&closed).unwrap_err();
    // A closed file misses nothing by that.
    assert!(salvage(&closed, true).unwrap().unwrap().contains("another file"));
    assert_eq!((asked(&closed), state(&closed)), ((3_000, None), FlightState::Clean));
}

#[test]
fn a_wal_that_is_no_wal_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = clean(folder.path());
    for content in [&b"x"[..], b"not a WAL at all", &[0; 4096], &[0xFF; 100]] {
        std::fs::write(wal(&path), content).unwrap();
        assert_eq!(asked(&path).0, 3_000);
        is_cut(&path, "bytes");
    }
    std::fs::write(wal(&path), b"").unwrap();
    assert_eq!((asked(&path), state(&path)), ((3_000, None), FlightState::Clean));
}

#[test]
fn the_wal_of_a_checkpoint_is_read_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = killed(folder.path(), 4);
    let checkpoint = with_suffix(&path, ".wal.checkpoint");
    // As if the WAL before it had been lost: what it holds belongs to a state that the file never had.
    std::fs::rename(wal(&path), &checkpoint).unwrap();
    assert_eq!((asked(&path).0, state(&path)), (40, FlightState::Unclean));
    let alone = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, b"not a WAL").unwrap();
    is_cut(&path, "bytes");
    recover(&path).unwrap_err();
    std::fs::write(&checkpoint, alone).unwrap();
    recover(&path).unwrap();
    assert_eq!((asked(&path), state(&path)), ((40, None), FlightState::Clean));
}

#[test]
fn a_file_cut_short_is_never_clean() {
    let folder = tempfile::tempdir().unwrap();
    let path = clean(folder.path());
    let whole = std::fs::read(&path).unwrap();
    for share in [1, 4, 15] {
        std::fs::write(&path, &whole[..whole.len() * share / 16]).unwrap();
        let mut out = Vec::new();
        let answered = query(&path, "FROM reading", Format::Csv, 0, &mut out);
        assert!(
            answered.as_ref().map_or(true, |answered| answered.unread.is_some()),
            "{share}/16: {answered:?}"
        );
        assert!(matches!(state(&path), FlightState::Cut { .. } | FlightState::Damaged { .. }), "{share}/16");
    }
    std::fs::write(&path, &whole[..100]).unwrap();
    assert!(matches!(state(&path), FlightState::Damaged { .. }));
}

/// The checksum of the main header, as every DuckDB writes it.
fn seal(file: &mut [u8]) {
    let sum = checksum(&file[8..4096]);
    file[..8].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn a_file_of_a_newer_duckdb_is_newer() {
    let folder = tempfile::tempdir().unwrap();
    let path = clean(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let mut newer = whole.clone();
    newer[12..20].copy_from_slice(&999_u64.to_le_bytes());
    newer[52..84].fill(0);
    newer[52..58].copy_from_slice(b"v2.0.0");
    seal(&mut newer);
    std::fs::write(&path, &newer).unwrap();
    assert!(matches!(state(&path), FlightState::Newer { .. }), "{:?}", state(&path));
    let refused = query(&path, "SELECT 1", Format::Csv, 0, &mut Vec::new()).unwrap_err();
    let said = refused.to_string();
    assert!(
        matches!(refused, StoreError::Newer { .. }) && said.contains("v2.0.0") && !said.contains("damaged"),
        "{said}"
    );
    // One whose format is known, and whose content is not.
    let mut later = whole.clone();
    later[52..58].copy_from_slice(b"v9.0.0");
    later[4096..].fill(0);
    seal(&mut later);
    std::fs::write(&path, &later).unwrap();
    assert!(matches!(state(&path), FlightState::Newer { .. }), "{:?}", state(&path));
}

#[test]
fn a_flipped_bit_in_the_first_header_makes_no_newer_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = clean(folder.path());
    let whole = std::fs::read(&path).unwrap();
    for (at, bit) in (0..140).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        std::fs::write(&path, &bytes).unwrap();
        assert!(
            matches!(state(&path), FlightState::Damaged { .. }),
            "byte {at}, bit {bit}: {:?}",
            state(&path)
        );
    }
}

#[test]
fn files_of_others_and_of_before_are_read_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("20260101T000000Z-01234567.duckdb");
    let config = Config::default().with("storage_compatibility_version", "v1.2.0").unwrap();
    let database = Connection::open_with_flags(&path, config).unwrap();
    database
        .execute_batch("CREATE TABLE flight (name VARCHAR); CREATE TABLE reading (a INTEGER); CHECKPOINT")
        .unwrap();
    database.execute_batch("INSERT INTO reading VALUES (1), (2)").unwrap();
    let copy = folder.path().join("20260101T000000Z-01234568.duckdb");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(wal(&path), wal(&copy)).unwrap();
    drop(database);
    assert_eq!((asked(&path), asked(&copy), state(&copy)), ((2, None), (2, None), FlightState::Unclean));
}
