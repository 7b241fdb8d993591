//! The recorder against DuckDB's `append_row`, and what its files cost: bytes per row, an hour with an
//! aircraft, peak memory at three limits, opening
//! after a kill, an hour read back. CPU time for work, wall time where a disk is waited for.
//!
//! Short by default (a tenth of an hour at 1 kHz); `SKYHOUND_BENCH_LONG=1` records a whole hour at 1 kHz. Peak memory and
//! kills need processes of their own: the program starts itself.

use duckdb::{Connection, params};
use rustix::time::{ClockId, clock_gettime};
use skyhound::record::PlacedReading;
use skyhound_benches::flight::{Flight, Pass, reading};
use skyhound_benches::{median, print_head, print_row, thread_cpu_ns};
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, Format, Inlets, Recorder, RecorderSummary, lanes, open_flight, query};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const CHILD: &str = "SKYHOUND_BENCH_CHILD";
const COMMIT_ROWS: u64 = 1_000;
const INTERVAL_US: u32 = 250_000; // as the settings have it
const AT_ONCE_US: u32 = 1;
const ROUNDS: u64 = 5;

fn main() {
    if let Ok(task) = std::env::var(CHILD) {
        return child(&task);
    }
    let hour_rows = if std::env::var_os("SKYHOUND_BENCH_LONG").is_some() { 3_600_000 } else { 360_000 };
    throughput();
    size_and_reading(360_000, "100 Hz", 10_000, "<= 5.8 MB/h", "<= 60 ms");
    if hour_rows > 360_000 {
        size_and_reading(hour_rows, "1 kHz", 1_000, "<= 45 MB/h", "<= 250 ms");
    }
    growth();
    memory(hour_rows);
    after_kill();
}

fn start(folder: &Path, memory_limit_mb: u32, commit_interval_us: u32) -> (Inlets, Recorder) {
    let settings = RecorderSettings {
        flights: folder.to_path_buf(),
        commit_interval_us,
        memory_limit_mb,
        threads: 1,
        disk_reserve_mb: 0,
        stall_bridge_s: 10,
        disk_warn_h: 0.0,
    };
    let (inlets, outlets) = lanes(&settings, 4_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    })
    .expect("a recorder");
    (inlets, recorder)
}

fn process_cpu_ns() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Rows per CPU-second of the recorder's thread, against `append_row` of the same rows in as large commits.
fn throughput() {
    print_head("recorder: 14 columns, no index, commits of 1000 rows (rows per CPU-s)");
    let folder = tempfile::tempdir().expect("a folder");
    let (mut inlets, recorder) = start(folder.path(), 32, AT_ONCE_US);
    let handle = recorder.handle();
    let peer = Connection::open(folder.path().join("peer.duckdb")).expect("a database");
    let schema = open_schema(folder.path());
    peer.execute_batch(&format!("SET threads = 1; SET memory_limit = '32MB'; {schema}")).expect("a table");
    let (mut ours, mut peers, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut index, commits) = (0, 40);
    for _ in 0..ROUNDS {
        let begun = process_cpu_ns() - thread_cpu_ns();
        for _ in 0..commits {
            let rows: Vec<_> = (index..index + COMMIT_ROWS).map(|index| reading(index, 1_000)).collect();
            index += COMMIT_ROWS;
            // The next rows come during a commit, so that it never sleeps and cools down, as the peer does not.
            while inlets.readings.vacant_count() < inlets.readings.gauge().capacity_count() {
                std::thread::sleep(Duration::from_micros(20));
            }
            inlets.readings.push_slice(&rows);
        }
        while handle.totals().reading_total < index {
            std::thread::sleep(Duration::from_micros(20));
        }
        let ours_ns = (process_cpu_ns() - thread_cpu_ns() - begun) as f64 / (commits * COMMIT_ROWS) as f64;
        let begun = thread_cpu_ns();
        for commit in 0..commits {
            append_rows(&peer, commit * COMMIT_ROWS);
        }
        let peer_ns = (thread_cpu_ns() - begun) as f64 / (commits * COMMIT_ROWS) as f64;
        ours.push(1e9 / ours_ns);
        peers.push(1e9 / peer_ns);
        ratios.push(peer_ns / ours_ns);
    }
    let totals = recorder.stop().expect("a clean stop").totals;
    let per_commit = totals.reading_total / totals.commit_total;
    let rate = |values: &mut Vec<f64>| format!("{:.0} k", median(values) / 1e3);
    let (ours, peers) = (rate(&mut ours), rate(&mut peers));
    let what = format!("rows, lane to COMMIT of {per_commit}");
    print_row(&what, &ours, "append_row + COMMIT", &peers, median(&mut ratios), ">= 750 k");
}

/// The `CREATE TABLE reading` of a flight file.
fn open_schema(folder: &Path) -> String {
    let scratch = tempfile::tempdir_in(folder).expect("a folder");
    let (_inlets, recorder) = start(scratch.path(), 32, AT_ONCE_US);
    let path = recorder.stop().expect("a clean stop").files.remove(0);
    let flight = open_flight(&path, 0).expect("a flight");
    let sql = "SELECT sql FROM duckdb_tables() WHERE table_name = 'reading'";
    flight.connection().query_row(sql, [], |row| row.get(0)).expect("the table's SQL")
}

fn append_rows(peer: &Connection, first: u64) {
    peer.execute_batch("BEGIN").expect("BEGIN");
    let mut appender = peer.appender("reading").expect("an appender");
    for index in first..first + COMMIT_ROWS {
        let PlacedReading { reading: r, pose } = reading(index, 1_000);
        let pose = pose.expect("always placed");
        appender
            .append_row(params![
                r.acquired_us.0 as i64,
                r.sample_index as i64,
                r.channel,
                r.mean.hundredths(),
                r.peak.hundredths(),
                r.quiet.hundredths(),
                r.clipping_e4,
                r.flags.0,
                r.frame_count,
                (pose.place.lat_deg * 1e7).round() as i32,
                (pose.place.lon_deg * 1e7).round() as i32,
                (pose.alt_rel_m * 1e2).round() as i32,
                pose.attitude.map(|attitude| (attitude.yaw_rad.to_degrees() * 1e2).round() as i16),
                pose.gap_us,
            ])
            .expect("a row");
    }
    appender.flush().expect("a flush");
    drop(appender);
    peer.execute_batch("COMMIT").expect("COMMIT");
}

fn record(folder: &Path, memory_limit_mb: u32, rows: u64, hop_us: u64) -> RecorderSummary {
    let (mut inlets, recorder) = start(folder, memory_limit_mb, INTERVAL_US);
    fill(&mut inlets, rows, hop_us);
    let summary = recorder.stop().expect("a clean stop");
    assert_eq!(summary.totals.reading_total, rows);
    summary
}

fn fill(inlets: &mut Inlets, rows: u64, hop_us: u64) {
    for index in 0..rows {
        while inlets.readings.vacant_count() == 0 {
            assert!(!inlets.readings.is_abandoned(), "the recorder stopped");
            std::thread::sleep(Duration::from_millis(1));
        }
        inlets.readings.push(reading(index, hop_us));
    }
}

/// The first `rows` readings of a flight with all else that goes with them, as fast as the recorder takes them.
fn fill_flight(inlets: &mut Inlets, rows: u64, hop_us: u64) {
    let (mut flight, mut pass) = (Flight::start(hop_us), Pass::default());
    let mut index = 0;
    while index < rows {
        flight.pass(&mut pass);
        wait_for_room(inlets, &pass);
        push(inlets, &pass);
        index += pass.readings.len() as u64;
    }
}

fn push(inlets: &mut Inlets, pass: &Pass) {
    inlets.readings.push_slice(&pass.readings);
    pass.records.iter().for_each(|record| assert!(inlets.control.push(*record)));
    pass.spectra.iter().for_each(|row| assert!(inlets.spectra.push(*row)));
}

/// What an hour of readings takes, and what it takes with all that goes with it: the bytes that go through the WAL when each
/// commit holds a quarter of a second, as in flight, and the file with as many checkpoints as come of that.
fn growth() {
    print_head("an hour at one channel of 100 Hz, alone and with an aircraft at the default rates");
    let mb = |bytes: f64| format!("{:.2} MB/h", bytes / 1e6);
    let (wal, wal_alone) = (wal_bytes(false), wal_bytes(true));
    let (file, file_alone) = (file_bytes(false, wal), file_bytes(true, wal_alone));
    let peer = "readings alone";
    print_row("file with an aircraft", &mb(file), peer, &mb(file_alone), file_alone / file, "<= 10 MB/h");
    print_row("WAL with an aircraft", &mb(wal), peer, &mb(wal_alone), wal_alone / wal, "<= 100 MB/h");
}

/// The file of an hour in which a checkpoint comes with each 16 MB of a WAL that grows by `wal_hour_bytes`.
fn file_bytes(only_readings: bool, wal_hour_bytes: f64) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut inlets, recorder) = start(folder.path(), 32, INTERVAL_US);
    let (handle, wal) = (recorder.handle(), recorder.file().expect("a file").with_extension("duckdb.wal"));
    let (mut flight, mut pass) = (Flight::start(10_000), Pass::default());
    let (passes, mut pushed) = (3_600 * 20_u64, 0);
    let passes_between = (passes as f64 * 16.0 * 1_048_576.0 / wal_hour_bytes) as u64;
    for count in 1..=passes {
        next_pass(&mut flight, &mut pass, only_readings);
        wait_for_room(&inlets, &pass);
        push(&mut inlets, &pass);
        pushed += pass.readings.len() as u64;
        if count % passes_between == 0 {
            while handle.totals().reading_total < pushed {
                std::thread::sleep(Duration::from_millis(1));
            }
            handle.landed();
            while std::fs::metadata(&wal).is_ok_and(|wal| wal.len() > 0) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    recorder.stop().expect("a clean stop").file_bytes as f64
}

fn next_pass(flight: &mut Flight, pass: &mut Pass, only_readings: bool) {
    flight.pass(pass);
    if only_readings {
        pass.records.clear();
        pass.spectra.clear();
    }
}

fn wait_for_room(inlets: &Inlets, pass: &Pass) {
    while inlets.readings.vacant_count() < pass.readings.len()
        || inlets.control.vacant_count() < pass.records.len()
        || inlets.spectra.vacant_count() == 0
    {
        assert!(!inlets.readings.is_abandoned(), "the recorder stopped");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// An hour's, reckoned from 100 s.
fn wal_bytes(only_readings: bool) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut inlets, recorder) = start(folder.path(), 32, AT_ONCE_US);
    let (handle, wal) = (recorder.handle(), recorder.file().expect("a file").with_extension("duckdb.wal"));
    let (mut flight, mut pass) = (Flight::start(10_000), Pass::default());
    for commit in 1..=400_u64 {
        for _ in 0..5 {
            next_pass(&mut flight, &mut pass, only_readings);
            push(&mut inlets, &pass);
        }
        while handle.totals().reading_total < commit * 25 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let bytes = std::fs::metadata(&wal).map_or(0, |wal| wal.len());
    recorder.stop().expect("a clean stop");
    bytes as f64 * 36.0
}

fn size_and_reading(rows: u64, rate: &str, hop_us: u64, size_goal: &str, read_goal: &str) {
    print_head(&format!("an hour at {rate}: {rows} readings"));
    let folder = tempfile::tempdir().expect("a folder");
    let summary = record(folder.path(), 32, rows, hop_us);
    let mut csv = Vec::new();
    query(&summary.files[0], "FROM reading", Format::Csv, 0, &mut csv).expect("CSV");
    let per_row = |bytes: f64| format!("{:.1} B/row", bytes / rows as f64);
    let (ours, peers) = (summary.file_bytes as f64, csv.len() as f64);
    let what = format!("file, {:.2} MB", ours / 1e6);
    print_row(&what, &per_row(ours), "the same as CSV", &per_row(peers), peers / ours, size_goal);

    let flight = open_flight(&summary.files[0], 0).expect("a flight");
    let sql = "SELECT acquired_us, channel, mean_dbfs, quiet_dbfs, lat_deg, lon_deg, alt_rel_m FROM reading";
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = thread_cpu_ns();
        let mut statement = flight.connection().prepare(sql).expect("a statement");
        let streamed: usize = statement.stream_arrow([]).expect("rows").map(|batch| batch.num_rows()).sum();
        ours.push((thread_cpu_ns() - begun) as f64 / 1e6);
        assert_eq!(streamed as u64, rows);
        let begun = thread_cpu_ns();
        let mut cells = flight.connection().prepare(sql).expect("a statement");
        let mut cells = cells.query([]).expect("rows");
        let mut sum_dbfs = 0.0;
        while let Some(row) = cells.next().expect("a row") {
            sum_dbfs += row.get::<_, f64>(2).expect("a power");
        }
        peers.push((thread_cpu_ns() - begun) as f64 / 1e6);
        assert!(sum_dbfs < 0.0);
    }
    let (ours, peers) = (median(&mut ours), median(&mut peers));
    let ms = |value: f64| format!("{value:.1} ms");
    print_row(
        "read back, 7 columns, stream_arrow (CPU)",
        &ms(ours),
        "row by row",
        &ms(peers),
        peers / ours,
        read_goal,
    );
}

/// Peak memory and rate at three limits, each in a process of its own, against a process that only opens a flight file.
fn memory(rows: u64) {
    print_head(&format!("a whole flight, all tables, {rows} readings at 1 kHz: peak memory (VmHWM)"));
    let idle = ask_child("idle 32 0")[0];
    for limit_mb in [32, 64, 128] {
        let said = ask_child(&format!("record {limit_mb} {rows}"));
        let per_row = said[2] / rows as f64;
        let what = format!("limit {limit_mb} MB, {:.0} k readings/s, {per_row:.1} B each", said[1] / 1e3);
        let mb = |kb: f64| format!("{:.1} MB", kb / 1024.0);
        let goal = if limit_mb == 32 { "<= 96 MB" } else { "" };
        print_row(&what, &mb(said[0]), "process with an empty flight", &mb(idle), idle / said[0], goal);
    }
}

fn ask_child(task: &str) -> Vec<f64> {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).env(CHILD, task).output().expect("a child");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(|n| n.parse().expect("a number")).collect()
}

fn child(task: &str) {
    let words: Vec<&str> = task.split(' ').collect();
    let number = |index: usize| words[index].parse::<u64>().expect("a number");
    if words[0] == "die" {
        let (mut inlets, recorder) = start(&PathBuf::from(words[2]), 32, AT_ONCE_US);
        fill(&mut inlets, number(1), 1_000);
        while recorder.handle().totals().reading_total < number(1) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::process::abort();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let begun = process_cpu_ns();
    let (mut inlets, recorder) = start(folder.path(), number(1) as u32, INTERVAL_US);
    fill_flight(&mut inlets, number(2), 1_000);
    let summary = recorder.stop().expect("a clean stop");
    assert!(summary.totals.reading_total >= number(2));
    let rate = number(2) as f64 / ((process_cpu_ns() - begun) as f64 / 1e9);
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    println!("{} {rate} {}", peak.trim().trim_end_matches(" kB"), summary.file_bytes);
}

/// Opening the file of a process that died with nearly a whole WAL, against opening it once it is clean.
fn after_kill() {
    print_head("opening (wall time, the replay of the WAL included)");
    let rows = 130_000;
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this program");
    let task = format!("die {rows} {}", folder.path().display());
    let died = Command::new(program).env(CHILD, task).output().expect("a child");
    assert!(!died.status.success());
    let found = skyhound_host::store::flights(folder.path()).expect("flights");
    let path = &found[0].path;
    let wal_bytes = std::fs::metadata(path.with_extension("duckdb.wal")).map_or(0, |wal| wal.len());
    let open = || {
        let begun = Instant::now();
        let flight = open_flight(path, 0).expect("a flight");
        let count = flight.connection().query_row("SELECT count(*) FROM reading", [], |r| r.get::<_, u64>(0));
        assert_eq!(count.expect("a count"), rows);
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut unclean: Vec<f64> = (0..ROUNDS).map(|_| open()).collect();
    skyhound_host::store::recover(path).expect("a recovered file");
    let mut clean: Vec<f64> = (0..ROUNDS).map(|_| open()).collect();
    let (unclean, clean) = (median(&mut unclean), median(&mut clean));
    let what = format!("after a kill, {rows} rows, WAL {:.1} MB", wal_bytes as f64 / 1e6);
    let ms = |value: f64| format!("{value:.0} ms");
    print_row(&what, &ms(unclean), "the same file, clean", &ms(clean), clean / unclean, "<= 500 ms");
}
