//! A checkpoint that was cut off leaves two WALs: what was committed before it began, and what was committed meanwhile. DuckDB
//! itself makes both states here, before and after it has written the file's header; then each is damaged.

use super::super::place::with_suffix;
use super::super::*;
use super::broken::{asked, is_cut, is_salvaged, killed, state, wal};
use super::wait_for;
use duckdb::Connection;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// How the entry of a checkpoint in the WAL begins, behind its size and checksum.
const MARKER: [u8; 5] = [100, 0, 99, 101, 0];
const DURING: &str = ".wal.checkpoint";

fn marker_at(wal: &[u8]) -> Option<usize> {
    wal.windows(MARKER.len()).position(|window| window == MARKER).map(|at| at - 16)
}

/// 30 readings from before the checkpoint, 7 from while it ran; `abort` says where it was cut off.
fn cut_off(folder: &Path, abort: &str) -> PathBuf {
    let made_in = tempfile::tempdir().unwrap();
    let made = killed(made_in.path(), 3);
    let duckdb = Connection::open(&made).unwrap();
    // Long enough for a commit on a slow machine: the checkpoint waits behind its entry in the WAL.
    duckdb
        .execute_batch(&format!(
            "SET debug_checkpoint_abort = '{abort}'; SET debug_checkpoint_sleep_ms = 3000"
        ))
        .unwrap();
    let path = folder.join("20260101T000000Z-01234567.duckdb");
    let checkpointing = duckdb.try_clone().unwrap();
    let checkpoint = std::thread::spawn(move || checkpointing.execute_batch("CHECKPOINT").is_err());
    wait_for("the checkpoint to begin", || marker_at(&std::fs::read(wal(&made)).unwrap()).is_some());
    duckdb.execute_batch("INSERT INTO reading (acquired_us) FROM range(7)").unwrap();
    assert!(checkpoint.join().unwrap(), "it was not cut off");
    for suffix in ["", ".wal", DURING] {
        std::fs::copy(with_suffix(&made, suffix), with_suffix(&path, suffix)).unwrap();
    }
    path
}

/// All 37 readings are read, and recovered for good.
fn is_whole(path: &Path) {
    assert_eq!((asked(path), state(path)), ((37, None), FlightState::Unclean));
    recover(path).unwrap();
    assert_eq!((asked(path), state(path)), ((37, None), FlightState::Clean));
}

/// Only some are read, that is told, nothing is changed by recovering, and they are salvaged.
fn is_left_as_it_is(path: &Path, rows: RangeInclusive<u64>, words: &str) {
    let sides = || [".wal", DURING].map(|suffix| std::fs::read(with_suffix(path, suffix)).ok());
    let before = sides();
    let (read, unread) = asked(path);
    assert!(
        rows.contains(&read) && unread.as_ref().is_some_and(|why| why.contains(words)),
        "{read} rows, {unread:?}"
    );
    is_cut(path, words);
    recover(path).unwrap_err();
    assert!(before == sides(), "recovering changed a WAL");
    is_salvaged(path, read, words);
}

/// The same file again for each case.
fn again(made: &Path, case: &str) -> PathBuf {
    let folder = made.parent().unwrap().join(case);
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join(made.file_name().unwrap());
    for suffix in ["", ".wal", DURING] {
        std::fs::copy(with_suffix(made, suffix), with_suffix(&path, suffix)).unwrap();
    }
    path
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn both_are_read_when_the_file_is_as_before_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let made = cut_off(folder.path(), "before_header");
    is_whole(&again(&made, "as it was left"));
    let path = again(&made, "no word of a checkpoint");
    change(&wal(&path), |wal| wal.truncate(marker_at(wal).unwrap()));
    is_left_as_it_is(&path, 30..=30, "are not read");
    let path = again(&made, "the first is damaged");
    change(&wal(&path), |wal| {
        let at = marker_at(wal).unwrap() - 30;
        wal[at] ^= 1;
    });
    is_left_as_it_is(&path, 20..=29, "are lost");
    let path = again(&made, "the first is lost");
    std::fs::remove_file(wal(&path)).unwrap();
    is_left_as_it_is(&path, 0..=0, "another state");
    let path = again(&made, "the second is damaged");
    change(&with_suffix(&path, DURING), |wal| wal[60] ^= 1);
    is_left_as_it_is(&path, 30..=30, "are lost");
    // As DuckDB leaves them when it is killed between merging the two and removing the second one.
    let path = again(&made, "merged");
    let during = std::fs::read(with_suffix(&path, DURING)).unwrap();
    let header_bytes = during.windows(2).position(|end| end == [0xFF, 0xFF]).unwrap() + 2;
    change(&wal(&path), |wal| {
        wal.truncate(marker_at(wal).unwrap());
        wal.extend_from_slice(&during[header_bytes..]);
    });
    is_whole(&path);
}

#[test]
fn the_second_is_read_when_the_file_has_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let made = cut_off(folder.path(), "before_truncate");
    is_whole(&again(&made, "as it was left"));
    let path = again(&made, "the first is damaged");
    change(&wal(&path), |wal| {
        let at = wal.len() / 2;
        wal[at] ^= 1;
    });
    is_whole(&path);
    let path = again(&made, "the first is gone");
    std::fs::remove_file(wal(&path)).unwrap();
    is_whole(&path);
    // Then nothing proves that the file has it.
    let path = again(&made, "no word of a checkpoint");
    change(&wal(&path), |wal| wal.truncate(marker_at(wal).unwrap()));
    is_left_as_it_is(&path, 30..=30, "another state");
    let path = again(&made, "the second is damaged");
    change(&with_suffix(&path, DURING), |wal| wal[60] ^= 1);
    is_left_as_it_is(&path, 30..=30, "are lost");
    // What is in the file already is not missed.
    let path = again(&made, "only the first, and damaged");
    std::fs::remove_file(with_suffix(&path, DURING)).unwrap();
    change(&wal(&path), |wal| wal[60] ^= 1);
    assert_eq!(asked(&path), (30, None));
    recover(&path).unwrap();
    assert_eq!((asked(&path), state(&path)), ((30, None), FlightState::Clean));
}
