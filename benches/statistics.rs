//! Percentile and trend of a sliding window against the plain ways and DuckDB SQL over the same rows, in CPU time.
//!
//! Rows are noise with a beacon that comes and goes (60 dB jumps). Before anything is timed the answers are compared: the
//! percentile must be the same f64, the slope the same to 1e-9. The tail (p99.99) is of wall time per update and query,
//! less what reading the clock costs; on a busy machine it contains interruptions.
//!
//! `cargo bench -p skyhound-benches --bench statistics`; with `-- ours` only ours runs (for callgrind).

use duckdb::{Connection, params};
use skyhound::analytics::Analytics;
use skyhound::analytics::percentile::SlidingPercentile;
use skyhound::analytics::trend::SlidingTrend;
use skyhound::config::{AnalyticsConfig, ChannelConfig, Emission, PulseTrain};
use skyhound::geo::NorthEast;
use skyhound::signal::{Flags, Pulse, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound_benches::{compare, print_head, print_row, thread_cpu_ns};
use std::hint::black_box;
use std::time::Instant;

const HOP_US: u32 = 1_000;
const RATIO: f64 = 0.10;
const OURS_ITEMS: usize = 400_000;

/// Noise of 2 dB about −90 dBFS, 60 dB up for 300 of every 1000 rows.
fn rows(count: usize) -> Vec<(TimeUs, CentiDb)> {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    (0..count)
        .map(|i| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let beacon = if i % 1_000 < 300 { 6_000 } else { 0 };
            let hundredths = -9_000 + beacon + (state % 400) as i16 - 200;
            (TimeUs(i as u64 * u64::from(HOP_US)), CentiDb::from_hundredths(hundredths))
        })
        .collect()
}

/// The same formula over a copy of the window that is in order where it matters.
fn interpolate(at: impl Fn(usize) -> i16, count: usize) -> f64 {
    let rank = (count - 1) as f64 * RATIO;
    let (low, fraction) = (rank as usize, rank - rank.floor());
    let db = |index: usize| f64::from(at(index)) / 100.0;
    db(low) * (1.0 - fraction) + db((low + 1).min(count - 1)) * fraction
}

fn sort_a_copy(window: &[(TimeUs, CentiDb)], copy: &mut Vec<i16>) -> f64 {
    copy.clear();
    copy.extend(window.iter().map(|row| row.1.hundredths()));
    copy.sort_unstable();
    interpolate(|index| copy[index], copy.len())
}

fn select_nth(window: &[(TimeUs, CentiDb)], copy: &mut Vec<i16>) -> f64 {
    copy.clear();
    copy.extend(window.iter().map(|row| row.1.hundredths()));
    let rank = ((copy.len() - 1) as f64 * RATIO) as usize;
    let (_, low, above) = copy.select_nth_unstable(rank);
    let (low, high) = (*low, above.iter().min().copied().unwrap_or(*low));
    interpolate(|index| if index == rank { low } else { high }, window.len())
}

fn plain_slope(window: &[(TimeUs, CentiDb)]) -> f64 {
    let n = window.len() as f64;
    let point = |row: &(TimeUs, CentiDb)| (row.0.0 as f64 / 1e6, row.1.db());
    let (t, y) = window.iter().map(point).fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    let (t, y) = (t / n, y / n);
    let (tt, ty) = window
        .iter()
        .map(point)
        .fold((0.0, 0.0), |sum, p| (sum.0 + (p.0 - t) * (p.0 - t), sum.1 + (p.0 - t) * (p.1 - y)));
    ty / tt
}

fn table_of(window: &[(TimeUs, CentiDb)]) -> Connection {
    let db = Connection::open_in_memory().expect("DuckDB opens in memory");
    db.execute_batch("SET threads = 1; CREATE TABLE reading (time_s DOUBLE, mean DOUBLE)").expect("table");
    let mut appender = db.appender("reading").expect("appender");
    for (at, value) in window {
        appender.append_row(params![at.0 as f64 / 1e6, value.db()]).expect("row");
    }
    appender.flush().expect("rows");
    drop(appender);
    db
}

/// p99.99 of the wall time of `step`, ns, less the median cost of reading the clock.
fn tail_ns(mut step: impl FnMut()) -> f64 {
    let mut times: Vec<u64> = Vec::with_capacity(OURS_ITEMS);
    let mut clock: Vec<u64> = Vec::with_capacity(1_000);
    for _ in 0..1_000 {
        let begun = Instant::now();
        clock.push(begun.elapsed().as_nanos() as u64);
    }
    for _ in 0..OURS_ITEMS {
        let begun = Instant::now();
        step();
        times.push(begun.elapsed().as_nanos() as u64);
    }
    clock.sort_unstable();
    times.sort_unstable();
    times[times.len() - times.len() / 10_000].saturating_sub(clock[clock.len() / 2]) as f64
}

fn ns(value: f64) -> String {
    if value < 1e3 { format!("{value:.1} ns") } else { format!("{:.1} µs", value / 1e3) }
}

/// Steps round and round through `rows`, times going on.
struct Stream<'a> {
    rows: &'a [(TimeUs, CentiDb)],
    index: usize,
    now_us: u64,
}

impl Stream<'_> {
    fn step(&mut self) -> (TimeUs, CentiDb) {
        let value = self.rows[self.index].1;
        self.index = if self.index + 1 == self.rows.len() { 0 } else { self.index + 1 };
        self.now_us += u64::from(HOP_US);
        (TimeUs(self.now_us), value)
    }
}

fn percentiles(count: usize, only_ours: bool) {
    let rows = rows(count);
    let mut ours = SlidingPercentile::new(RATIO, count as u32 * HOP_US, HOP_US);
    rows.iter().for_each(|(at, value)| ours.push(*at, *value));
    let mut stream = Stream { rows: &rows, index: 0, now_us: rows[count - 1].0.0 };
    let first = ours.value_db().expect("rows");
    let mut step = || {
        let (at, value) = stream.step();
        ours.push(at, value);
        black_box(ours.value_db());
    };
    if only_ours {
        (0..OURS_ITEMS).for_each(|_| step());
        return;
    }
    let mut copy = Vec::with_capacity(count);
    let db = table_of(&rows);
    let sql = format!("SELECT percentile_cont({RATIO}) WITHIN GROUP (ORDER BY mean) FROM reading");
    let mut statement = db.prepare(&sql).expect("statement");
    let mut ask = || statement.query_row([], |row| row.get::<_, f64>(0)).expect("percentile");
    assert_eq!(first.to_bits(), sort_a_copy(&rows, &mut copy).to_bits());
    assert_eq!(first.to_bits(), select_nth(&rows, &mut copy).to_bits());
    assert_eq!(first.to_bits(), ask().to_bits(), "DuckDB over the same rows");
    let what = format!("percentile, window {count}, update + query");
    let items = OURS_ITEMS as u64;
    let mut run = || (0..OURS_ITEMS).for_each(|_| step());
    let repeats = (2_000_000 / count).max(20) as u64;
    let sorted = compare(items, &mut run, repeats / 10 + 1, || {
        (0..repeats / 10 + 1).for_each(|_| _ = black_box(sort_a_copy(&rows, &mut copy)));
    });
    print_row(&what, &ns(sorted.ours_ns), "sort a copy", &ns(sorted.peer_ns), sorted.ratio, "≤ 10 ns");
    let mut copy = Vec::with_capacity(count);
    let selected = compare(items, &mut run, repeats, || {
        (0..repeats).for_each(|_| _ = black_box(select_nth(&rows, &mut copy)));
    });
    print_row(&what, &ns(selected.ours_ns), "select_nth_unstable", &ns(selected.peer_ns), selected.ratio, "");
    let asked = compare(items, &mut run, 20, || (0..20).for_each(|_| _ = black_box(ask())));
    print_row(&what, &ns(asked.ours_ns), "DuckDB SQL", &ns(asked.peer_ns), asked.ratio, "≥ 50 000 x");
    println!("{what}: p99.99 {}   (goal ≤ 0.5 µs)", ns(tail_ns(step)));
}

fn trends(count: usize, only_ours: bool) {
    let rows = rows(count);
    let mut ours = SlidingTrend::new(count as u32 * HOP_US, HOP_US);
    rows.iter().for_each(|(at, value)| ours.push(*at, *value));
    let first = ours.value().expect("rows");
    let mut stream = Stream { rows: &rows, index: 0, now_us: rows[count - 1].0.0 };
    let mut step = || {
        let (at, value) = stream.step();
        ours.push(at, value);
        black_box(ours.value());
    };
    if only_ours {
        (0..OURS_ITEMS).for_each(|_| step());
        return;
    }
    let db = table_of(&rows);
    let sql = "SELECT regr_slope(mean, time_s), regr_r2(mean, time_s) FROM reading";
    let mut statement = db.prepare(sql).expect("statement");
    let mut ask =
        || statement.query_row([], |row| Ok((row.get::<_, f64>(0)?, row.get::<_, f64>(1)?))).expect("trend");
    let (slope, r2) = ask();
    assert!((first.slope_db_s / slope - 1.0).abs() < 1e-9, "{first:?} {slope}");
    assert!((first.slope_db_s / plain_slope(&rows) - 1.0).abs() < 1e-9);
    assert!((first.r2.unwrap_or(-1.0) - r2).abs() < 1e-9, "{first:?} {r2}");
    let what = format!("slope + r², window {count}, update + query");
    let items = OURS_ITEMS as u64;
    let mut run = || (0..OURS_ITEMS).for_each(|_| step());
    let repeats = (1_000_000 / count) as u64;
    let plain = compare(items, &mut run, repeats, || {
        (0..repeats).for_each(|_| _ = black_box(plain_slope(black_box(&rows))));
    });
    print_row(
        &what,
        &ns(plain.ours_ns),
        "two passes (slope only)",
        &ns(plain.peer_ns),
        plain.ratio,
        "≤ 15 ns",
    );
    let asked = compare(items, &mut run, 20, || (0..20).for_each(|_| _ = black_box(ask())));
    print_row(&what, &ns(asked.ours_ns), "DuckDB SQL", &ns(asked.peer_ns), asked.ratio, "");
    println!("{what}: p99.99 {}", ns(tail_ns(step)));
}

fn config() -> AnalyticsConfig {
    AnalyticsConfig {
        floor_window_us: 10_000_000,
        floor_percentile: RATIO,
        trend_window_us: 2_000_000,
        rolling_window_us: 1_000_000,
        ewma_time_constant_us: 500_000,
        gradient_window_us: 20_000_000,
        gradient_cell_m: 2.0,
        gradient_spread_min_m: 3.0,
        trigger_db: 12.0,
        drop_db: 6.0,
        debounce_us: 50_000,
        hold_us: 1_000_000,
        false_alarms_per_hour: 0.05,
    }
}

fn densest(pulses_min: u8) -> ChannelConfig {
    let train = PulseTrain {
        period_min_us: 5_000,
        period_max_us: 2_000_000,
        jitter_ratio_max: 0.05,
        pulses_min,
        pattern: Default::default(),
    };
    ChannelConfig {
        name: "bench".to_string(),
        frequency_hz: 433.92e6,
        bandwidth_hz: 10e3,
        emission: Emission::Any(train),
        pulse_width_min_us: 1_000,
        pulse_width_max_us: 300_000,
        pulse_bridge_us: 2_000,
        pulse_trigger_db: 8.0,
    }
}

fn reading(at: TimeUs, mean: CentiDb) -> Reading {
    Reading {
        acquired_us: at,
        sample_index: at.0,
        channel: 0,
        flags: Flags::NONE,
        frame_count: 2,
        clipping_e4: 0,
        mean,
        peak: mean,
        quiet: CentiDb::from_hundredths(-9_000),
    }
}

/// The whole of the analytics on one channel: a reading, a pulse in the densest stream, the facts.
fn channel() {
    let rows = rows(20_000);
    for pulses_min in [5, 32] {
        let mut analytics = Analytics::new(&config(), &[densest(pulses_min)], HOP_US);
        let (mut readings_ns, mut places_ns, mut pulses_ns, mut facts_ns) = (0, 0, 0, 0);
        for (pass, rows) in rows.chunks(50).enumerate() {
            let begun_ns = thread_cpu_ns();
            rows.iter().for_each(|(at, mean)| analytics.reading(&reading(*at, *mean)));
            let read_ns = thread_cpu_ns();
            for (i, (at, mean)) in rows.iter().enumerate() {
                let place = NorthEast { north_m: pass as f64 * 0.25, east_m: i as f64 };
                analytics.place(&reading(*at, *mean), place);
            }
            let placed_ns = thread_cpu_ns();
            let now = rows[rows.len() - 1].0;
            // Pulses of irregular distance, ten a pass: each pass searches for a train, and finds none.
            for (i, (at, _)) in rows.iter().enumerate().filter(|(i, _)| i % 5 == 0) {
                analytics.pulse(&Pulse {
                    start_us: at.plus_us((i * i * 37 + pass * 613) as u64 % 3_000),
                    width_us: 1_500,
                    channel: 0,
                    flags: Flags::NONE,
                    mean: CentiDb::from_hundredths(-6_000),
                    peak: CentiDb::from_hundredths(-6_000),
                    floor: CentiDb::from_hundredths(-9_000),
                });
            }
            analytics.detections(now, &mut |_| {});
            let searched_ns = thread_cpu_ns();
            black_box(analytics.facts(0, now));
            readings_ns += read_ns - begun_ns;
            places_ns += placed_ns - read_ns;
            pulses_ns += searched_ns - placed_ns;
            facts_ns += thread_cpu_ns() - searched_ns;
        }
        let (passes, count) = ((rows.len() / 50) as f64, rows.len() as f64);
        println!(
            "one channel, pulses_min {pulses_min}: reading {}, place {}, 10 pulses and the search {}, facts {}",
            ns(readings_ns as f64 / count),
            ns(places_ns as f64 / count),
            ns(pulses_ns as f64 / passes),
            ns(facts_ns as f64 / passes)
        );
    }
}

fn main() {
    let only_ours = std::env::args().any(|argument| argument == "ours");
    if !only_ours {
        print_head("Statistics of a sliding window");
    }
    [1_000, 10_000, 100_000].into_iter().for_each(|count| percentiles(count, only_ours));
    [200, 2_000].into_iter().for_each(|count| trends(count, only_ours));
    channel();
}
