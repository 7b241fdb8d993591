//! The recorder against DuckDB's `append_row`, and what its files cost: bytes per row, peak memory at three limits, opening
//! after a kill, an hour read back. CPU time for work, wall time where a disk is waited for.
//!
//! Short by default (a tenth of an hour at 1 kHz); `SKYHOUND_BENCH_LONG=1` records a whole hour at 1 kHz. Peak memory and
//! kills need processes of their own: the program starts itself.

use duckdb::{Connection, params};
use rustix::time::{ClockId, clock_gettime};
use skyhound::budget::BudgetReport;
use skyhound::command::{Command as Order, Velocity};
use skyhound::facts::{Facts, Floor, NoGradient, Pattern, Trend};
use skyhound::geo::Wgs84;
use skyhound::record::{Name, PlacedReading, Record};
use skyhound::signal::{Flags, Pulse, Reading, Spectrum};
use skyhound::time::{Aged, TimeUs};
use skyhound::units::CentiDb;
use skyhound::vehicle::{Attitude, Battery, Pose, Position, Rc, Vehicle};
use skyhound_benches::{median, print_head, print_row, thread_cpu_ns};
use skyhound_host::clock::Clock;
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
    memory(hour_rows);
    after_kill();
}

/// A reading as a flight has them: noise of 3 dB (sum of four uniforms), 10 m/s over ground, positions at 10 Hz.
fn reading(index: u64, hop_us: u64) -> PlacedReading {
    let mut z = index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^= z >> 27;
    let noise = (0..4).map(|part| (z >> (part * 16)) as u16 as i64).sum::<i64>() / 250 - 524;
    let quiet = (z.wrapping_mul(0x94D0_49BB_1331_11EB) >> 56) as i16 / 4;
    let db = |hundredths: i64| CentiDb::from_hundredths(hundredths as i16);
    let at_s = (index * hop_us) as f64 / 1e6;
    let place =
        Wgs84 { lat_deg: 47.3 + 1e-3 * (at_s / 60.0).sin(), lon_deg: 8.5 + 1.3e-3 * (at_s / 60.0).cos() };
    let yaw_rad = Some((at_s / 60.0).sin() * 3.0);
    PlacedReading {
        reading: Reading {
            acquired_us: TimeUs(5_000 + index * hop_us),
            sample_index: index * hop_us * 2,
            channel: 0,
            flags: Flags::NONE,
            frame_count: 9,
            clipping_e4: 0,
            mean: db(-9_000 + noise),
            peak: db(-8_600 + noise + i64::from(z as u8)),
            quiet: db(-9_050 + i64::from(quiet)),
        },
        pose: Some(Pose { place, alt_rel_m: 30.0 + (at_s / 7.0).sin(), yaw_rad, gap_us: 100_000 }),
    }
}

fn start(folder: &Path, memory_limit_mb: u32, commit_interval_us: u32) -> (Inlets, Recorder) {
    let settings = RecorderSettings {
        flights: folder.to_path_buf(),
        commit_interval_us,
        memory_limit_mb,
        threads: 1,
        disk_reserve_mb: 0,
        stall_bridge_s: 10,
    };
    let (inlets, outlets) = lanes(&settings, 4_000.0);
    let recorder =
        Recorder::start(&settings, &About::default(), outlets, Clock::start()).expect("a recorder");
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
    let path = recorder.stop().expect("a clean stop").path;
    let flight = open_flight(&path).expect("a flight");
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
                pose.yaw_rad.map(|yaw_rad| (yaw_rad.to_degrees() * 1e2).round() as i16),
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

/// The readings of a flight at 1 kHz with all else that goes with them: the aircraft and commands at 20 Hz, facts at 10 Hz,
/// two spectrum rows, a pulse and a budget each second.
fn fill_flight(inlets: &mut Inlets, rows: u64) {
    for index in 0..rows {
        while inlets.readings.vacant_count() == 0
            || inlets.control.vacant_count() < 8
            || inlets.spectra.vacant_count() == 0
        {
            assert!(!inlets.readings.is_abandoned(), "the recorder stopped");
            std::thread::sleep(Duration::from_millis(1));
        }
        let placed = reading(index, 1_000);
        inlets.readings.push(placed);
        let at = placed.reading.acquired_us;
        if index.is_multiple_of(50) {
            inlets.control.push(Record::Vehicle(at, vehicle(&placed)));
            let velocity = Velocity { north_mps: (index as f64).sin(), ..Velocity::default() };
            inlets.control.push(Record::Command(at, Order::Velocity(velocity)));
        }
        if index.is_multiple_of(100) {
            inlets.control.push(Record::Facts(facts(&placed)));
        }
        if index.is_multiple_of(500) {
            let power = std::array::from_fn(|bin| reading(index + bin as u64, 1_000).reading.mean);
            inlets.spectra.push(Spectrum {
                acquired_us: at,
                first_bin_hz: 433e6,
                bin_hz: 8e3,
                bin_count: 256,
                power,
            });
        }
        if index.is_multiple_of(1_000) {
            let Reading { mean, peak, quiet, .. } = placed.reading;
            let (width_us, flags) = (50_000 + index as u32 % 977, Flags::NONE);
            inlets.control.push(Record::Pulse(Pulse {
                start_us: at,
                width_us,
                channel: 0,
                flags,
                mean,
                peak,
                floor: quiet,
            }));
            inlets.control.push(Record::Budget(at, Name::new("control"), BudgetReport::default()));
        }
    }
}

fn vehicle(placed: &PlacedReading) -> Vehicle {
    let at = placed.reading.acquired_us;
    let pose = placed.pose.expect("always placed");
    let (north_mps, east_mps, down_mps) = (pose.alt_rel_m.sin(), pose.alt_rel_m.cos(), 0.1);
    let alt_amsl_m = pose.alt_rel_m + 400.0;
    let (place, alt_rel_m) = (pose.place, pose.alt_rel_m);
    let position = Position { place, alt_amsl_m, alt_rel_m, north_mps, east_mps, down_mps };
    let yaw_rad = pose.yaw_rad.unwrap_or_default();
    let attitude =
        Attitude { roll_rad: north_mps / 9.0, pitch_rad: east_mps / 9.0, yaw_rad, yaw_rate_rad_s: 0.1 };
    let battery = Battery { voltage_v: Some(15.9), current_a: Some(alt_rel_m), remaining_ratio: Some(0.8) };
    Vehicle {
        attitude: Some(Aged::new(attitude, at)),
        position: Some(Aged::new(position, at)),
        battery: Some(Aged::new(battery, at)),
        rc: Some(Aged::new(Rc { sticks_us: [1500, 1500, 1100, 1500], channel_count: 16 }, at)),
        ..Vehicle::default()
    }
}

fn facts(placed: &PlacedReading) -> Facts {
    let Reading { acquired_us: at, mean, quiet, .. } = placed.reading;
    let value = mean.db() / 3.0;
    Facts {
        at,
        newest_reading_us: at,
        channel: 0,
        reading_count: 10_000,
        power_dbfs: Some(mean.db()),
        floor_temporal_dbfs: Some(value * 3.1),
        floor_spectral_dbfs: Some(quiet.db()),
        snr_db: Some(mean.db() - quiet.db()),
        snr_floor: Floor::Spectral,
        rolling_mean_dbfs: Some(value),
        volatility_db: Some(value.sin()),
        delta_db: Some(value.cos()),
        trend: Some(Trend { slope_db_s: value.tan(), r2: Some(value.sin().abs()) }),
        gradient: Err(NoGradient::NotHeard),
        pattern: Pattern::default(),
        heard: false,
    }
}

fn size_and_reading(rows: u64, rate: &str, hop_us: u64, size_goal: &str, read_goal: &str) {
    print_head(&format!("an hour at {rate}: {rows} readings"));
    let folder = tempfile::tempdir().expect("a folder");
    let summary = record(folder.path(), 32, rows, hop_us);
    let mut csv = Vec::new();
    query(&summary.path, "FROM reading", Format::Csv, &mut csv).expect("CSV");
    let per_row = |bytes: f64| format!("{:.1} B/row", bytes / rows as f64);
    let (ours, peers) = (summary.file_bytes as f64, csv.len() as f64);
    let what = format!("file, {:.2} MB", ours / 1e6);
    print_row(&what, &per_row(ours), "the same as CSV", &per_row(peers), peers / ours, size_goal);

    let flight = open_flight(&summary.path).expect("a flight");
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
    fill_flight(&mut inlets, number(2));
    let summary = recorder.stop().expect("a clean stop");
    assert_eq!(summary.totals.reading_total, number(2));
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
        let flight = open_flight(path).expect("a flight");
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
