//! A recording on a disk that fails at any of its calls, or whose power is cut at any moment: what COMMIT answered for is there,
//! and what is missing was counted.
//!
//! `SKYHOUND_FAULTS=all` fails each call of each kind in turn, `SKYHOUND_POWER_CUTS=2000` cuts the power more often.

mod bad_disk;
mod power;
mod random;
mod rows;

use random::random;
use rows::reading;
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, FlightState, Format, Recorder, flights, lanes, query, recover, salvage};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

const CHILD_FOLDER: &str = "SKYHOUND_DISK";

/// Not a test of its own: records at 1 kHz for 1.2 s, with landings, and tells what was answered for.
#[test]
fn recording_child() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let settings = RecorderSettings { stall_bridge_s: 30, ..rows::settings(Path::new(&folder)) };
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

/// What came of it: readings recorded, readings made, files.
type Came = (usize, u64, usize);

fn record_with(fault: Fault, library: &Path) -> Came {
    let folder = tempfile::tempdir().unwrap();
    let Fault { call, error, first, count } = fault;
    let mut child = bad_disk::child("recording_child", folder.path(), library);
    child.env("SKYHOUND_DISK_FAULT", format!("{call}:{error}:{first}:{count}"));
    let (came, missing) = record(child, folder.path(), &format!("{fault:?}"));
    // What does not fail for ever costs nothing.
    assert!(missing == 0 || count == 0, "{fault:?}: {missing} missing");
    came
}

/// Runs the child to its end: what was answered for is there, and what is missing, which is told, was counted.
fn record(mut child: Command, disk: &Path, what: &str) -> (Came, u64) {
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let result = said.lines().find_map(|line| line.strip_prefix("result "));
    let result =
        result.unwrap_or_else(|| panic!("{what}: {said}{}", String::from_utf8_lossy(&output.stderr)));
    let mut words = result.split(' ');
    let mut number = || words.next().unwrap().parse::<u64>().unwrap();
    let (pushed, acknowledged, dropped, unrecorded) = (number(), number(), number(), number());
    let found = flights(disk).unwrap();
    assert!(
        !found.iter().any(|entry| matches!(entry.state, FlightState::Damaged { .. })),
        "{what}: {found:?}"
    );
    let there: BTreeSet<u64> = found.iter().flat_map(|entry| indices(&entry.path)).collect();
    let missing = pushed - there.len() as u64;
    assert!(there.len() as u64 >= acknowledged, "{what}: {acknowledged} answered for, {} there", there.len());
    assert!(missing <= dropped + unrecorded, "{what}: {missing} missing, {dropped} and {unrecorded} counted");
    ((there.len(), pushed, found.len()), missing)
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

/// A disk that has room and no names left: for the blocks of a checkpoint, for a WAL, for the file.
#[test]
fn a_disk_without_inodes_costs_nothing_that_was_answered_for() {
    let Some(library) = bad_disk::library() else { return };
    std::thread::scope(|scope| {
        for inodes in 2..=5 {
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let options = format!("size=64m,nr_inodes={inodes}");
                let mount = Command::new("mount")
                    .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
                    .arg(folder.path())
                    .status();
                if !mount.is_ok_and(|status| status.success()) {
                    return println!("ignored, needs root to mount a small tmpfs");
                }
                let child = bad_disk::child("recording_child", folder.path(), library);
                let (came, missing) = record(child, folder.path(), &options);
                println!("{options}: {} of {} readings recorded", came.0, came.1);
                let unmounted = Command::new("umount").arg("-l").arg(folder.path()).status();
                assert!(unmounted.is_ok() && (missing == 0) == (inodes > 2), "{options}: {missing} missing");
            });
        }
    });
}

/// Memory that is refused, from the program's begin on or later: it may die of it.
#[test]
fn a_process_out_of_memory_costs_nothing_that_was_answered_for() {
    let Some(library) = bad_disk::library() else { return };
    let (next, told) = (Mutex::new((100..=260).step_by(32)), Mutex::new((0, 0)));
    let one = |limit_mb: usize| {
        let folder = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        let limited = format!(
            "ulimit -v {}; exec '{}' --exact recording_child --nocapture",
            limit_mb << 10,
            program.display()
        );
        let mut child = Command::new("sh");
        child.args(["-c", &limited]).env(CHILD_FOLDER, folder.path()).env("LD_PRELOAD", library);
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let acknowledged =
            said.lines().filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok()).next_back();
        let found = flights(folder.path()).unwrap();
        let there: BTreeSet<u64> = found.iter().flat_map(|entry| indices(&entry.path)).collect();
        let acknowledged: u64 = acknowledged.unwrap_or(0);
        assert!(
            there.len() as u64 >= acknowledged,
            "{limit_mb} MB: {acknowledged} answered for, {} there",
            there.len()
        );
        let mut told = told.lock().unwrap();
        told.0 += 1;
        told.1 += u32::from(!output.status.success());
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(limit_mb) = { next.lock().unwrap().next() } {
                    one(limit_mb);
                }
            });
        }
    });
    let (tried, died) = told.into_inner().unwrap();
    println!("{tried} limits: {died} processes died of it; committed rows lost 0");
    assert!(died > 0 && died < tried);
}

#[test]
fn two_daemons_record_into_one_folder() {
    let Some(library) = bad_disk::library() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut other =
        bad_disk::child("recording_child", folder.path(), library).stdout(Stdio::null()).spawn().unwrap();
    let child = bad_disk::child("recording_child", folder.path(), library).output().unwrap();
    assert!(child.status.success() && other.wait().unwrap().success());
    let found = flights(folder.path()).unwrap();
    assert!(found.len() == 2 && found.iter().all(|entry| entry.state == FlightState::Clean), "{found:?}");
    for entry in found {
        let there = indices(&entry.path);
        assert!(there.len() > 1_000 && there.iter().enumerate().all(|(at, index)| at as u64 == *index));
    }
}

/// Bits flipped, ends cut off, ends zeroed, in the file or its WAL: no wrong row is read, and a missing one is told.
#[test]
fn damage_is_told_and_never_read_as_rows() {
    let damages: u64 = std::env::var("SKYHOUND_DAMAGES").map_or(60, |count| count.parse().unwrap());
    let Some(library) = bad_disk::library() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (disk, log) = (folder.path().join("flights"), folder.path().join("log"));
    std::fs::create_dir(&disk).unwrap();
    let recorded =
        bad_disk::child("recording_child", &disk, library).env("SKYHOUND_DISK_LOG", &log).output().unwrap();
    assert!(recorded.status.success());
    let (log, after, mut seed) = (power::Log::read(&log, &disk), folder.path().join("after"), 1);
    let (mut refused, mut told, mut whole, mut earlier) = (0, 0, 0, 0);
    for damage in 0..damages {
        // As a kill in the middle of it leaves it: a file with rows, and a WAL with more.
        let committed = log.kill(7, 10, &after);
        let mut below = |count: usize| (random(&mut seed) % count.max(1) as u64) as usize;
        let mut names: Vec<_> =
            std::fs::read_dir(&after).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        let file = names[0].clone();
        let victim = names[below(names.len())].clone();
        let mut bytes = std::fs::read(&victim).unwrap();
        let at = below(bytes.len());
        // Cut to what it was after an earlier write it is what a kill at that moment had left: nobody can know better.
        let mut was_once = false;
        match below(3) {
            0 => bytes[at] ^= 1 << below(8),
            1 => {
                bytes.truncate(at);
                was_once = log.lengths(&victim).contains(&at);
            }
            _ => bytes[at..].fill(0),
        }
        std::fs::write(&victim, &bytes).unwrap();
        let mut out = Vec::new();
        match query(&file, "SELECT acquired_us // 1000 FROM reading", Format::Csv, 0, &mut out) {
            Err(_) => refused += 1,
            Ok(answered) => {
                let there = String::from_utf8(out).unwrap();
                let mut rows = 0;
                for line in there.lines().skip(1) {
                    assert_eq!(
                        line.parse::<u64>().unwrap(),
                        rows,
                        "damage {damage}: a row that was not recorded"
                    );
                    rows += 1;
                }
                assert!(
                    rows >= committed || answered.unread.is_some() || was_once,
                    "damage {damage}: {rows} of {committed}, untold; {} cut or changed at {at}",
                    victim.display()
                );
                earlier += u64::from(was_once && rows < committed);
                told += u64::from(answered.unread.is_some());
                whole += u64::from(answered.unread.is_none());
            }
        }
        std::fs::remove_dir_all(&after).unwrap();
    }
    println!(
        "{damages} damages: {refused} refused, {told} read in part and told, {whole} where nothing stands or as an earlier \
         moment was ({earlier} of these)"
    );
    assert!(refused > 0 && told > 0);
}

#[test]
fn a_power_cut_costs_nothing_that_was_answered_for() {
    let Some(library) = bad_disk::library() else { return };
    let cuts: u64 = std::env::var("SKYHOUND_POWER_CUTS").map_or(80, |count| count.parse().unwrap());
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
    // How much was answered for before a cut hangs on the machine; that much there must have been.
    assert!(whole > cuts / 2 && most > 400);
}
