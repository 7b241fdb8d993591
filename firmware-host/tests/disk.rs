//! Bad disks: one that stalls for 10 s, and one that is full. The recording runs in a child process (this test itself), the
//! stall by a library put before libc, the full disk on a small tmpfs.

mod bad_disk;
mod rows;

use rows::reading;
use skyhound::record::Record;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Identity, Mode, Part};
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, FlightState, Format, Recorder, RecorderState, flights, lanes, query};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const CHILD_FOLDER: &str = "SKYHOUND_STALL_CHILD";
const CHILD_BRIDGE_S: &str = "SKYHOUND_STALL_BRIDGE_S";
const STALL: &str = "SKYHOUND_DISK_STALL";

fn settings(folder: &Path, stall_bridge_s: u32) -> RecorderSettings {
    RecorderSettings { commit_interval_us: 250_000, stall_bridge_s, ..rows::settings(folder) }
}

fn number(path: &Path, sql: &str) -> u64 {
    let mut out = Vec::new();
    query(path, sql, Format::Csv, 0, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().nth(1).unwrap().parse().unwrap()
}

/// Not a test of its own: records at 1 kHz, stalls after a second, goes on for a second after the stall.
#[test]
fn stalling_child() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let bridge_s = std::env::var(CHILD_BRIDGE_S).unwrap().parse().unwrap();
    let stall = std::env::var(STALL).unwrap();
    let (flag, stall_s) = stall.split_once(':').unwrap();
    let (flag, stall_s) = (PathBuf::from(flag), stall_s.parse::<u32>().unwrap());
    let settings = settings(Path::new(&folder), bridge_s);
    let clock = Clock::start();
    let (mut inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, clock, |body| {
        realtime::start(Role::Recorder, body)
    })
    .unwrap();
    let handle = recorder.handle();
    let (started, mut index) = (clock.now(), 0);
    let mut record_for = |seconds: f64| {
        let until = clock.now().plus_us((seconds * 1e6) as u64);
        while clock.now() < until {
            while index < clock.now().since_us(started) / 1_000 {
                inlets.readings.push(reading(index));
                index += 1;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    record_for(1.0);
    std::fs::write(&flag, b"").unwrap();
    record_for(0.6);
    assert!(!flag.exists(), "no commit came to stall");
    let before = handle.totals();
    record_for(f64::from(stall_s) - 1.0);
    assert_eq!(handle.totals(), before, "commits went on: the disk did not stall");
    record_for(2.4);
    let summary = recorder.stop().unwrap();
    let dropped: u64 = summary.dropped.iter().map(|(_, count)| count).sum();
    println!("\nresult {index} {dropped} {}", summary.totals.commit_longest_us);
}

/// Pushed, dropped, longest commit in µs, and rows in the file; `None` where no C compiler is.
fn record_over_a_stall(bridge_s: u32, stall_s: u32) -> Option<(u64, u64, u64, PathBuf, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let library = bad_disk::library()?;
    let output = bad_disk::child("stalling_child", folder.path(), library)
        .env(CHILD_FOLDER, folder.path())
        .env(CHILD_BRIDGE_S, bridge_s.to_string())
        .env(STALL, format!("{}:{stall_s}", folder.path().join("flag").display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let result = said.lines().find_map(|line| line.strip_prefix("result "));
    let result = result.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    let numbers: Vec<u64> = result.split(' ').map(|n| n.parse().unwrap()).collect();
    let path = flights(folder.path()).unwrap()[0].path.clone();
    Some((numbers[0], numbers[1], numbers[2], path, folder))
}

#[test]
fn ten_seconds_of_stalled_disk_lose_nothing() {
    let Some((pushed, dropped, longest_us, path, _folder)) = record_over_a_stall(10, 10) else { return };
    println!("{pushed} readings at 1 kHz, longest commit {longest_us} µs, {dropped} dropped");
    assert!(longest_us >= 10_000_000);
    assert_eq!(dropped, 0);
    assert_eq!(number(&path, "SELECT count(*) FROM reading"), pushed);
    let gaps = "SELECT count(*) FROM (SELECT acquired_us - lag(acquired_us) OVER (ORDER BY rowid) AS step FROM reading)
        WHERE step <> 1000";
    assert_eq!(number(&path, gaps), 0);
}

#[test]
fn what_a_longer_stall_costs_is_counted() {
    let Some((pushed, dropped, _, path, _folder)) = record_over_a_stall(1, 6) else { return };
    println!("{pushed} readings at 1 kHz, {dropped} dropped by lanes for 1 s");
    assert!(dropped > 500, "{dropped}");
    assert_eq!(number(&path, "SELECT count(*) FROM reading") + dropped, pushed);
    let counted = "SELECT max(dropped_total) FROM health WHERE name = 'record-readings'";
    assert_eq!(number(&path, counted), dropped);
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// The WAL meets the end of the disk.
#[test]
fn a_disk_full_at_a_commit_costs_no_committed_row() {
    record_until_full(12);
}

/// The first checkpoint (16 MB of WAL) meets it, or the commits after it.
#[test]
fn a_disk_full_at_a_checkpoint_costs_no_committed_row() {
    std::thread::scope(|scope| {
        for size_mb in [17, 18, 19, 21] {
            scope.spawn(move || record_until_full(size_mb));
        }
    });
}

/// A disk in memory; `None`, with a word about it, where there can be none.
fn small_disk(folder: &Path, size_mb: u32) -> Option<Mounted> {
    let disk = folder.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let size = format!("size={size_mb}m");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("ignored, needs root to mount a small tmpfs");
        return None;
    }
    Some(Mounted(disk))
}

fn record_until_full(size_mb: u32) {
    let folder = tempfile::tempdir().unwrap();
    let Some(mounted) = small_disk(folder.path(), size_mb) else { return };
    let disk = &mounted.0;
    let settings = settings(disk, 10);
    let (mut inlets, outlets) = lanes(&settings, 10_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    })
    .unwrap();
    let (handle, mut index) = (recorder.handle(), 0);
    while handle.state() == RecorderState::Recording {
        for _ in 0..inlets.readings.vacant_count().min(2_000) {
            inlets.readings.push(reading(index));
            index += 1;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let state = handle.state();
    let committed = handle.totals().reading_total;
    println!("{size_mb} MB: after {committed} readings: {state:?}; {:?}", handle.totals());
    assert!(committed > 10_000 && matches!(state, RecorderState::Paused { .. }));
    let stopped = recorder.stop();
    println!("{size_mb} MB: {stopped:?}");
    let entry = &flights(disk).unwrap()[0];
    // A last commit that found no room is told, as is that the file could not say that it was closed.
    assert!(!matches!(entry.state, FlightState::Damaged { .. } | FlightState::Open), "{entry:?}");
    assert_eq!(number(&entry.path, "SELECT count(*) FROM reading"), committed);
    assert_eq!(number(&entry.path, "SELECT count(*) FROM reading WHERE acquired_us <> rowid * 1000"), 0);
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The recorder begins without room, then has some, then none, then some.
#[test]
fn a_disk_below_its_reserve_pauses_the_recorder_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mounted) = small_disk(folder.path(), 64) else { return };
    let (disk, ballast) = (&mounted.0, mounted.0.join("ballast"));
    let fill = || std::fs::write(&ballast, vec![1; 52 << 20]).unwrap();
    let settings = RecorderSettings { disk_reserve_mb: 16, ..settings(disk, 10) };
    fill();
    let (mut inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    })
    .unwrap();
    let handle = recorder.handle();
    let is_paused = || match handle.state() {
        RecorderState::Paused { why } => why.starts_with("disk reserve: "),
        _ => false,
    };
    assert!(is_paused() && handle.files().is_empty());
    let mode = Mode { firmware: Firmware::Px4, custom: 4 << 16 };
    let identity = Identity { system: 7, component: 1, firmware: Firmware::Px4 };
    inlets.control.push(Record::Vehicle(TimeUs(1), Part::Identity(Some(identity))));
    inlets.control.push(Record::Vehicle(TimeUs(1), Part::ModeTold(Some(Aged::new(mode, TimeUs(1))))));
    inlets.readings.push(reading(0));
    handle.utc(TimeUs(5_000_000), 1_760_000_005_000_000);
    wait_for("its loss to be counted", || handle.totals().unrecorded_total >= 3);
    // Room, but not with the margin.
    std::fs::write(&ballast, vec![1; 44 << 20]).unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(is_paused());
    std::fs::remove_file(&ballast).unwrap();
    wait_for("the first file", || handle.files().len() == 1);
    inlets.readings.push(reading(1));
    wait_for("a commit", || handle.totals().reading_total == 1);
    fill();
    wait_for("the pause", is_paused);
    inlets.readings.push(reading(2));
    let before = handle.totals().unrecorded_total;
    wait_for("its loss to be counted", || handle.totals().unrecorded_total > before);
    std::fs::remove_file(&ballast).unwrap();
    wait_for("the second file", || handle.files().len() == 2 && handle.state() == RecorderState::Recording);
    inlets.readings.push(reading(3));
    let summary = recorder.stop().unwrap();
    assert!(summary.is_clean && summary.totals.unrecorded_us > 1_000_000, "{summary:?}");
    let [first, second] = &summary.files[..] else { panic!("{summary:?}") };
    let name = first.file_stem().unwrap().to_string_lossy().into_owned();
    assert_eq!(second.file_stem().unwrap().to_string_lossy(), format!("{name}-2"));
    for file in [first, second] {
        let known = "SELECT count(*) FROM vehicle WHERE system = 7 AND mode_told LIKE 'Px4 %'";
        assert_eq!(number(file, known), 1, "the aircraft as it was known");
        let gap = "SELECT count(*) FROM flight, event WHERE kind = 'recorder_resumed' AND utc_source = 'gps'
            AND unrecorded_since_us < opened_us AND text LIKE 'nothing was recorded for%'";
        assert_eq!(number(file, gap), 1);
        assert_eq!(number(file, "SELECT count(*) FROM reading"), 1);
    }
    assert_eq!(number(first, "SELECT count(*) FROM event WHERE kind = 'recorder_paused'"), 1);
    assert_eq!(number(first, "SELECT acquired_us // 1000 FROM reading"), 1);
    assert_eq!(number(second, "SELECT acquired_us // 1000 FROM reading"), 3);
    assert_eq!(number(second, &format!("SELECT count(*) FROM flight WHERE continues = '{name}'")), 1);
}

/// There is no room for a checkpoint, nor for anything else.
#[test]
fn a_landing_on_a_full_disk_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mounted) = small_disk(folder.path(), 24) else { return };
    let (disk, ballast) = (&mounted.0, mounted.0.join("ballast"));
    let settings = settings(disk, 10);
    let (mut inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    })
    .unwrap();
    let handle = recorder.handle();
    inlets.readings.push(reading(0));
    wait_for("a commit", || handle.totals().reading_total == 1);
    // It takes what there is and is told that there is no more.
    let _ = std::fs::write(&ballast, vec![1; 24 << 20]);
    (0..12).for_each(|_| handle.landed());
    inlets.readings.push(reading(1));
    wait_for("a commit that fails", || handle.totals().retry_total > 0 || handle.totals().reading_total == 2);
    assert!(!matches!(handle.state(), RecorderState::Stopped { .. }), "{:?}", handle.state());
    std::fs::remove_file(&ballast).unwrap();
    wait_for("the reading", || handle.totals().reading_total == 2);
    handle.landed();
    let summary = recorder.stop().unwrap();
    assert!(summary.is_clean, "{summary:?}");
    assert_eq!(number(&summary.files[0], "SELECT count(*) FROM reading"), 2);
}
