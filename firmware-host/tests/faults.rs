//! A recording on a disk that fails at any of its calls, or whose power is cut at any moment: what COMMIT answered for is there,
//! and what is missing was counted.
//!
//! `SKYHOUND_FAULTS=all` fails each call of each kind in turn, `SKYHOUND_POWER_CUTS=2000` cuts the power more often.

mod bad_disk;
mod power;
mod random;
mod rows;

use rows::reading;
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, FlightState, Format, Recorder, flights, lanes, query, recover, salvage};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

const CHILD_FOLDER: &str = "SKYHOUND_DISK";

/// Not a test of its own: records at 1 kHz for 1.2 s, with landings, and tells what was answered for.
#[test]
fn recording_child() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let settings = RecorderSettings {
        flights: PathBuf::from(folder),
        commit_interval_us: 50_000,
        memory_limit_mb: 32,
        threads: 1,
        disk_reserve_mb: 0,
        stall_bridge_s: 30,
        disk_warn_h: 0.0,
    };
    let clock = Clock::start();
    let (mut inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, clock, |body| {
        realtime::start(Role::Recorder, body)
    })
    .unwrap();
    let handle = recorder.handle();
    let (started, mut said, mut index) = (clock.now(), 0, 0);
    while clock.now().since_us(started) < 1_200_000 {
        while index < clock.now().since_us(started) / 1_000 {
            inlets.readings.push(reading(index));
            index += 1;
            if index.is_multiple_of(190) {
                handle.landed();
            }
        }
        let acknowledged = handle.totals().reading_total;
        if acknowledged > said {
            said = acknowledged;
            println!("\nacknowledged {said}");
            std::io::stdout().flush().unwrap();
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    let stopped = recorder.stop();
    let totals = handle.totals();
    let dropped = inlets.readings.gauge().dropped_total();
    println!(
        "\nresult {index} {} {dropped} {} {}",
        totals.reading_total,
        totals.unrecorded_total,
        stopped.is_ok()
    );
}

/// The readings that are in the file.
fn indices(path: &Path) -> Vec<u64> {
    let mut out = Vec::new();
    query(path, "SELECT acquired_us // 1000 FROM reading", Format::Csv, 0, &mut out)
        .unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(out).unwrap().lines().skip(1).map(|line| line.parse().unwrap()).collect()
}

#[derive(Copy, Clone, Debug)]
struct Fault {
    call: &'static str,
    /// errno; 0: the half is written.
    error: i32,
    first: u32,
    /// 0: all that follow.
    count: u32,
}

/// What came of it: readings recorded of those made, and files.
fn record_with(fault: Fault, library: &Path) -> (usize, u64, usize) {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("flights");
    std::fs::create_dir(&disk).unwrap();
    let Fault { call, error, first, count } = fault;
    let output = bad_disk::child("recording_child", &disk, library)
        .env("SKYHOUND_DISK_FAULT", format!("{call}:{error}:{first}:{count}"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let result = said.lines().find_map(|line| line.strip_prefix("result "));
    let result =
        result.unwrap_or_else(|| panic!("{fault:?}: {said}{}", String::from_utf8_lossy(&output.stderr)));
    let mut words = result.split(' ');
    let mut number = || words.next().unwrap().parse::<u64>().unwrap();
    let (pushed, acknowledged, dropped, unrecorded) = (number(), number(), number(), number());
    let found = flights(&disk).unwrap();
    assert!(
        !found.iter().any(|entry| matches!(entry.state, FlightState::Damaged { .. })),
        "{fault:?}: {found:?}"
    );
    let there: BTreeSet<u64> = found.iter().flat_map(|entry| indices(&entry.path)).collect();
    let missing = pushed - there.len() as u64;
    assert!(
        there.len() as u64 >= acknowledged,
        "{fault:?}: {acknowledged} answered for, {} there",
        there.len()
    );
    assert!(
        missing <= dropped + unrecorded,
        "{fault:?}: {missing} missing, {dropped} and {unrecorded} counted"
    );
    // What does not fail for ever costs nothing.
    assert!(missing == 0 || count == 0, "{fault:?}: {missing} missing");
    (there.len(), pushed, found.len())
}

const ENOSPC: i32 = 28;
const EIO: i32 = 5;
const EINTR: i32 = 4;
const EROFS: i32 = 30;
const HALF: i32 = 0;

fn faults(is_all: bool) -> Vec<Fault> {
    let errors = |call| match call {
        "write" | "pwrite" => &[ENOSPC, EIO, EINTR, HALF][..],
        "open" => &[ENOSPC, EIO, EINTR, EROFS],
        _ => &[ENOSPC, EIO, EINTR],
    };
    // Calls of each kind in 1.2 s with seven checkpoints: some 60 to 90 syncs and writes, 8 of the others.
    let calls = [
        ("open", 12),
        ("write", 60),
        ("pwrite", 70),
        ("fsync", 90),
        ("rename", 1),
        ("unlink", 9),
        ("ftruncate", 2),
    ];
    let mut faults = Vec::new();
    for (call, most) in calls {
        let once = |first| errors(call).iter().map(move |&error| Fault { call, error, first, count: 1 });
        if is_all {
            faults.extend((1..=most).flat_map(once));
            faults.extend((1..=most).step_by(7).map(|first| Fault { call, error: EIO, first, count: 0 }));
        } else {
            faults.extend([1, 1 + most / 2].into_iter().flat_map(|first| once(first).step_by(2)));
        }
    }
    if !is_all {
        faults.extend(["write", "fsync"].map(|call| Fault { call, error: EIO, first: 30, count: 0 }));
        faults.push(Fault { call: "open", error: EROFS, first: 1, count: 0 });
    }
    // For long enough that the file is left, and for less than the lanes bridge.
    for (call, first) in [("write", 25), ("fsync", 26)] {
        faults.push(Fault { call, error: EIO, first, count: 7 });
    }
    faults
}

#[test]
fn a_call_that_fails_costs_nothing_that_was_answered_for() {
    let Some(library) = bad_disk::library() else { return };
    let faults = faults(std::env::var("SKYHOUND_FAULTS").is_ok_and(|what| what == "all"));
    let (left, told) = (Mutex::new(faults.clone()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(fault) = { left.lock().unwrap().pop() } {
                    let came = record_with(fault, library);
                    told.lock().unwrap().push((fault, came));
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), faults.len());
    assert!(told.iter().any(|(_, came)| came.2 > 1), "no flight went on in a next file");
    for call in ["open", "write", "pwrite", "fsync", "rename", "unlink", "ftruncate"] {
        for (kind, count) in [("once", 1), ("7 times", 7), ("for ever", 0)] {
            let of: Vec<_> = told.iter().filter(|(f, _)| (f.call, f.count) == (call, count)).collect();
            if of.is_empty() {
                continue;
            }
            let (there, made) =
                of.iter().fold((0, 0), |(there, made), (_, came)| (there + came.0, made + came.1));
            let more_files = of.iter().filter(|(_, came)| came.2 > 1).count();
            println!(
                "{call:9} fails {kind:8}: {} tried, committed rows lost 0, {there} of {made} readings recorded, {more_files} with a \
                 next file",
                of.len()
            );
        }
    }
}

#[test]
fn a_power_cut_costs_nothing_that_was_answered_for() {
    let Some(library) = bad_disk::library() else { return };
    let cuts: u64 = std::env::var("SKYHOUND_POWER_CUTS").map_or(120, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (disk, log) = (folder.path().join("flights"), folder.path().join("log"));
    std::fs::create_dir(&disk).unwrap();
    let output =
        bad_disk::child("recording_child", &disk, library).env("SKYHOUND_DISK_LOG", &log).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = power::Log::read(&log, &disk);
    let (mut whole, mut cut_short, mut no_wal, mut none, mut most) = (0, 0, 0, 0, 0);
    for cut in 0..cuts {
        let after = folder.path().join("after");
        let acknowledged = log.cut(cut, &after);
        let found = flights(&after).unwrap();
        assert!(found.len() <= 1, "{found:?}");
        let Some(entry) = found.first() else {
            assert_eq!(acknowledged, 0, "cut {cut}: no file");
            none += 1;
            std::fs::remove_dir_all(&after).unwrap();
            continue;
        };
        let rows = |what: &str| {
            let there = indices(&entry.path);
            assert!(
                there.iter().enumerate().all(|(at, index)| at as u64 == *index),
                "cut {cut}: no prefix {what}"
            );
            assert!(
                there.len() as u64 >= acknowledged,
                "cut {cut}: {acknowledged} answered for, {} {what}",
                there.len()
            );
            there.len()
        };
        let read = rows("read");
        match recover(&entry.path) {
            Ok(()) => whole += 1,
            // Just behind a checkpoint there is no WAL yet, and that one may be lost is told.
            Err(error) if error.to_string().contains("no WAL") => no_wal += 1,
            Err(_) => {
                salvage(&entry.path, true).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
                cut_short += 1;
            }
        }
        assert_eq!(rows("after recovering"), read, "cut {cut}");
        most = most.max(acknowledged);
        std::fs::remove_dir_all(&after).unwrap();
    }
    println!(
        "{cuts} power cuts: {whole} recovered, {cut_short} salvaged (a torn commit that nobody was told of), {no_wal} between \
         two WALs, {none} before the file was there; committed rows lost 0 of up to {most}"
    );
    assert!(whole > cuts / 2 && most > 800);
}
