//! The flight record beside the ways it replaces: the gradient and a whole replay against SQL in DuckDB over the same rows, durable
//! rows against a transaction each, five questions at once against five connections of one database.
//!
//! The noise floor against SQL is in `statistics`; sizes, memory, rows per CPU-second and reading back are in `recorder`.
//! `SKYHOUND_BENCH_LONG=1`: a whole hour is flown and replayed instead of a tenth.

use duckdb::{Connection, params};
use skyhound::analytics::Analytics;
use skyhound::config::{ChannelConfig, Emission};
use skyhound::geo::NorthEast;
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound_benches::flight::reading;
use skyhound_benches::{compare, median, print_head, print_row};
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::replay::{Replay, summary::Summary};
use skyhound_host::settings::{Flags as SettingsFlags, Pace, RecorderSettings, Settings};
use skyhound_host::store::{About, Chain, Comparison, Format, Recorder, answer_from, lanes, open_flight};
use skyhound_host::wiring;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const CLIENTS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let hours = if std::env::var_os("SKYHOUND_BENCH_LONG").is_some() { 1.0 } else { 0.1 };
    print_head("the flight record");
    gradient();
    let flight = flown(folder.path(), hours);
    replayed(&flight, hours);
    written(folder.path());
    asked(&flight);
}

fn ms(ns: f64) -> String {
    format!("{:.4} ms", ns / 1e6)
}

/// Carrier heard on a weaving course: time in s, where, power.
fn course(index: u64) -> (TimeUs, NorthEast, CentiDb) {
    let at_s = index as f64 / 1e3;
    let at = NorthEast { north_m: 6.0 * at_s, east_m: 20.0 * (at_s / 3.0).sin() };
    let ripple = (index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as f64 - 128.0;
    let power = -6_000.0 + 8.0 * at.north_m + 5.0 * at.east_m + ripple;
    (TimeUs(index * 1_000), at, CentiDb::from_hundredths(power as i16))
}

/// Weighted least squares over cells of 2 m, as the engine does it.
const GRADIENT: &str = "
    WITH cell AS (SELECT avg(north_m) AS n, avg(east_m) AS e, avg(power_db) AS p, least(count(*), 16) AS w
        FROM placed GROUP BY floor(north_m / 2), floor(east_m / 2)),
    mid AS (SELECT sum(w * n) / sum(w) AS n, sum(w * e) / sum(w) AS e, sum(w * p) / sum(w) AS p FROM cell),
    about AS (SELECT w, cell.n - mid.n AS n, cell.e - mid.e AS e, cell.p - mid.p AS p FROM cell, mid),
    moment AS (SELECT sum(w*n*n) AS nn, sum(w*n*e) AS ne, sum(w*e*e) AS ee, sum(w*n*p) AS np, sum(w*e*p) AS ep FROM about)
    SELECT (np * ee - ep * ne) / (nn * ee - ne * ne), (ep * nn - np * ne) / (nn * ee - ne * ne) FROM moment";

/// A reading and a fit over the last 20 s of 1 kHz, with all other facts of the channel, against SQL that fits alone.
fn gradient() {
    let settings = Settings::load(None, &["sense.hop_ms=1".to_string()], &SettingsFlags::default());
    let config = settings.expect("good settings").engine(2_048_000.0, 433.92e6).expect("settings that fit");
    let channel = ChannelConfig { emission: Emission::Continuous, ..config.sense.channels[0].clone() };
    let mut analytics = Analytics::new(&config.analytics, &[channel], 1_000);
    let mut index = 0;
    let mut step = |analytics: &mut Analytics| {
        let (at, place, mean) = course(index);
        index += 1;
        let quiet = CentiDb::from_hundredths(-12_000);
        let (channel, flags, frame_count, clipping_e4, sample_index) = (0, Flags::NONE, 9, 0, at.0);
        let made = Reading {
            acquired_us: at,
            sample_index,
            channel,
            flags,
            frame_count,
            clipping_e4,
            mean,
            peak: mean,
            quiet,
        };
        analytics.reading(&made);
        analytics.detections(at, &mut |_| {});
        analytics.place(&made, place);
        analytics.facts(0, at)
    };
    let facts = (0..40_000).map(|_| step(&mut analytics)).last().expect("steps");
    let ours = facts.gradient.expect("a gradient");

    let db = Connection::open_in_memory().expect("DuckDB");
    db.execute_batch("SET threads = 1; CREATE TABLE placed (north_m DOUBLE, east_m DOUBLE, power_db DOUBLE)")
        .expect("a table");
    let mut appender = db.appender("placed").expect("an appender");
    for (_, at, power) in (20_000..40_000).map(course) {
        let mm = |m: f64| (m * 1e3).round() / 1e3;
        appender.append_row(params![mm(at.north_m), mm(at.east_m), power.db()]).expect("a row");
    }
    drop(appender);
    let mut statement = db.prepare(GRADIENT).expect("a statement");
    let mut ask =
        || statement.query_row([], |row| Ok((row.get::<_, f64>(0)?, row.get::<_, f64>(1)?))).expect("a fit");
    let (north_db_m, east_db_m) = ask();
    let is_same = |ours: f64, theirs: f64| (ours / theirs - 1.0).abs() < 1e-6;
    assert!(
        is_same(ours.north_db_m, north_db_m) && is_same(ours.east_db_m, east_db_m),
        "{ours:?} {north_db_m} {east_db_m}"
    );
    let compared = compare(
        2_000,
        || (0..2_000).for_each(|_| _ = black_box(step(&mut analytics))),
        20,
        || (0..20).for_each(|_| _ = black_box(ask())),
    );
    let (ours, theirs) = (ms(compared.ours_ns), ms(compared.peer_ns));
    print_row(
        "gradient of 20 s at 1 kHz, with all facts",
        &ours,
        "DuckDB SQL, the fit alone",
        &theirs,
        compared.ratio,
        "<= 20 ms",
    );
}

/// A flight of `hours` at 100 readings a second: noise with a carrier that comes and goes.
fn flown(folder: &Path, hours: f64) -> PathBuf {
    let recording = folder.join("tone_433.92M_48k.cu8");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&recording).expect("a recording"));
    let mut seed = 7_u32;
    for n in 0..(hours * 3_600.0 * 48_000.0) as u64 {
        let level = if n / 480_000 % 3 == 1 { 20.0 } else { 0.0 };
        let (sin, cos) = (std::f64::consts::TAU * (n % 8) as f64 / 8.0).sin_cos();
        let sample = [cos, sin].map(|part| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (127.5 + level * part + 24.0 * (f64::from(seed >> 8) / f64::from(1 << 24) - 0.5)).round() as u8
        });
        file.write_all(&sample).expect("samples");
    }
    file.flush().expect("samples");
    let sets = [
        "beacon.0.offset_hz=6000",
        "beacon.0.bandwidth_hz=2000",
        "beacon.0.emission=continuous",
        "recorder.disk_reserve_mb=16",
    ];
    let flags = SettingsFlags {
        sdr: Some(format!("file:{}", recording.display())),
        flights: Some(folder.join("flights")),
        pace: Some(Pace::Max),
        autopilot: Some("none".into()),
        ..SettingsFlags::default()
    };
    let settings = Settings::load(None, &sets.map(String::from), &flags).expect("good settings");
    let summary = wiring::fly(&settings, None);
    summary.unwrap_or_else(|error| panic!("{error:?}")).files.remove(0)
}

/// All that every pass derives, compared bit for bit, against three of these columns in SQL. Wall time: DuckDB
/// reads a flight with threads of its own.
fn replayed(file: &Path, hours: f64) {
    const SQL: &str = "SELECT count(*), sum(floor), sum(slope), sum(mean) FROM (SELECT
        quantile_cont(mean_dbfs, 0.1) OVER (ORDER BY acquired_us RANGE 10000000 PRECEDING) AS floor,
        regr_slope(mean_dbfs, acquired_us / 1e6) OVER (ORDER BY acquired_us RANGE 2000000 PRECEDING) AS slope,
        avg(mean_dbfs) OVER (ORDER BY acquired_us RANGE 1000000 PRECEDING) AS mean FROM reading)";
    let db = Connection::open_in_memory().expect("DuckDB");
    let attach = format!("SET threads = 1; ATTACH '{}' AS flight (READ_ONLY)", file.display());
    db.execute_batch(&attach).expect("the flight");
    db.execute_batch(
        "CREATE TABLE reading AS SELECT acquired_us, mean_dbfs FROM flight.reading; DETACH flight",
    )
    .expect("its readings");
    let (mut verified, mut ours, mut peers, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let chain = Chain::open(file, 0).expect("a flight");
        let begun = Instant::now();
        Replay::new(&chain, &[]).expect("a replay").fly(None, &mut Summary::default());
        ours.push(begun.elapsed().as_secs_f64() * 1e3 / hours);
        let begun = Instant::now();
        let mut comparison = Comparison::read(&chain).expect("what was kept");
        let flown = Replay::new(&chain, &[]).expect("a replay").fly(None, &mut comparison);
        let compared = comparison.finish(flown.cut.is_some()).expect("a comparison");
        assert_eq!(compared.iter().map(|one| one.different_count).sum::<usize>(), 0);
        verified.push(begun.elapsed().as_secs_f64() * 1e3 / hours);
        let begun = Instant::now();
        let count: u64 = db.query_row(SQL, [], |row| row.get(0)).expect("an answer");
        peers.push(begun.elapsed().as_secs_f64() * 1e3 / hours);
        assert_eq!(count, flown.reading_count);
        ratios.push(peers[peers.len() - 1] / ours[ours.len() - 1]);
    }
    let [ours, verified, peers] = [ours, verified, peers].map(|mut ms| median(&mut ms));
    let text = |ms: f64| format!("{ms:.0} ms/h");
    let (peer, ratio) = ("SQL windows: floor, slope, mean", median(&mut ratios));
    print_row("replay of a flight's hour at 100 Hz", &text(ours), peer, &text(peers), ratio, "<= 1000 ms/h");
    print_row(
        "and compared bit for bit",
        &text(verified),
        peer,
        &text(peers),
        peers / verified,
        "<= 1000 ms/h",
    );
}

/// Rows a second of the clock until they are on the disk.
fn written(folder: &Path) {
    const ROWS: u64 = 200_000;
    const PEER_ROWS: u64 = 500;
    let settings = RecorderSettings {
        flights: folder.join("written"),
        commit_interval_us: 250_000,
        memory_limit_mb: 32,
        threads: 1,
        disk_reserve_mb: 0,
        stall_bridge_s: 10,
        disk_warn_h: 0.0,
    };
    let (mut inlets, outlets) = lanes(&settings, 4_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    })
    .expect("a recorder");
    let begun = Instant::now();
    for index in 0..ROWS {
        while !inlets.readings.push(reading(index, 1_000)) {
            std::thread::sleep(Duration::from_micros(100));
        }
    }
    while recorder.handle().totals().reading_total < ROWS {
        std::thread::sleep(Duration::from_micros(100));
    }
    let ours = ROWS as f64 / begun.elapsed().as_secs_f64();
    recorder.stop().expect("a clean stop");
    let peer = Connection::open(folder.join("peer.duckdb")).expect("a database");
    peer.execute_batch(
        "CREATE TABLE reading (acquired_us BIGINT, mean DOUBLE, peak DOUBLE, lat DOUBLE, lon DOUBLE)",
    )
    .expect("a table");
    let mut insert = peer.prepare("INSERT INTO reading VALUES (?, ?, ?, 47.3, 8.5)").expect("a statement");
    let begun = Instant::now();
    for index in 0..PEER_ROWS {
        let one = reading(index, 1_000).reading;
        insert.execute(params![one.acquired_us.0, one.mean.db(), one.peak.db()]).expect("a row");
    }
    let theirs = PEER_ROWS as f64 / begun.elapsed().as_secs_f64();
    let text = |rate: f64| format!("{rate:.0} /s");
    print_row(
        "durable rows, commit each 250 ms",
        &text(ours),
        "an INSERT of 5 columns each",
        &text(theirs),
        ours / theirs,
        ">= 100 /s",
    );
}

/// Questions that five clients have answered in a second, one thread each.
fn asked(file: &Path) {
    const SQL: [&str; CLIENTS] = [
        "SELECT count(*), avg(mean_dbfs) FROM reading",
        "SELECT acquired_us // 60000000, quantile_cont(mean_dbfs, 0.1) FROM reading GROUP BY 1 ORDER BY 1",
        "SELECT channel, regr_slope(mean_dbfs, acquired_us / 1e6) FROM reading GROUP BY 1",
        "SELECT kind, count(*) FROM event GROUP BY 1",
        "SELECT * FROM reading ORDER BY acquired_us DESC LIMIT 1000",
    ];
    const EACH: usize = 10;
    let at_once = |ask: &(dyn Fn(&str) + Sync)| {
        let begun = Instant::now();
        std::thread::scope(|scope| {
            SQL.iter().for_each(|sql| {
                scope.spawn(|| (0..EACH).for_each(|_| ask(sql)));
            });
        });
        begun.elapsed().as_secs_f64() * 1e3 / EACH as f64
    };
    let (mut ours, mut peers, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let flight = open_flight(file, 0).expect("a flight");
    let clients = SQL.map(|_| std::sync::Mutex::new(flight.connection().try_clone().expect("a connection")));
    for _ in 0..ROUNDS {
        ours.push(at_once(&|sql| {
            let mut out = Vec::new();
            answer_from((file, file), sql, Format::Csv, 0, 96, &mut out).expect("an answer");
            black_box(out);
        }));
        peers.push(at_once(&|sql| {
            let own = SQL.iter().position(|one| *one == sql).expect("one of them");
            let client = clients[own].lock().expect("nobody else's");
            let mut statement = client.prepare(sql).expect("a statement");
            let rows: usize = statement.stream_arrow([]).expect("rows").map(|batch| batch.num_rows()).sum();
            black_box(rows);
        }));
        ratios.push(peers[peers.len() - 1] / ours[ours.len() - 1]);
    }
    let [ours, peers] = [ours, peers].map(|mut ms| format!("{:.1} ms", median(&mut ms)));
    let what = "five questions at once, each on a copy";
    print_row(what, &ours, "five connections of one database", &peers, median(&mut ratios), "");
}
