//! DuckDB is the oracle: the same rows, the same numbers.
//!
//! Random rows (jumps, repeats, ties, gaps, readings that take no part, as NULL) go through the engine and into an
//! in-memory DuckDB; at chosen rows the engine's windowed statistics are compared with SQL over the same rows. The windows
//! are written in SQL as the engine defines them: `acquired_us > now - span AND acquired_us <= now`.

use duckdb::{Connection, params};
use proptest::prelude::*;
use skyhound::analytics::Analytics;
use skyhound::config::{AnalyticsConfig, ChannelConfig, Emission};
use skyhound::facts::Facts;
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;

const FLOOR_US: u32 = 3_000_000;
const TREND_US: u32 = 2_000_000;
const ROLLING_US: u32 = 1_000_000;
const EWMA_US: u32 = 500_000;
const HOP_US: u32 = 10_000;

fn analytics(floor_percentile: f64) -> Analytics {
    let config = AnalyticsConfig {
        floor_window_us: FLOOR_US,
        floor_percentile,
        trend_window_us: TREND_US,
        rolling_window_us: ROLLING_US,
        ewma_time_constant_us: EWMA_US,
        gradient_window_us: 20_000_000,
        gradient_cell_m: 2.0,
        gradient_spread_min_m: 3.0,
        trigger_db: 12.0,
        drop_db: 6.0,
        debounce_us: 50_000,
        hold_us: 1_000_000,
        false_alarms_per_hour: 0.05,
    };
    let channel = ChannelConfig {
        name: "oracle".to_string(),
        frequency_hz: 433.92e6,
        bandwidth_hz: 10e3,
        emission: Emission::Continuous,
        pulse_width_min_us: 1_000,
        pulse_width_max_us: 100_000,
        pulse_bridge_us: 1_000,
        pulse_trigger_db: 10.0,
    };
    // Times may come closer than a hop here: the windows get room for readings every half millisecond.
    Analytics::new(&config, &[channel], HOP_US / 20)
}

/// One row: time since the row before, mean and quiet power in hundredths, and what is wrong with it.
#[derive(Clone, Debug)]
struct Row {
    step_us: u64,
    mean: i16,
    quiet: i16,
    flags: Flags,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let step = prop_oneof![
        12 => Just(u64::from(HOP_US)), 4 => 1u64..30_000, 1 => Just(0u64), 1 => 500_000u64..4_000_000
    ];
    // Noise with ties, a strong beacon (60 dB jumps), the type's whole range, and one constant.
    let power = || prop_oneof![6 => -9_100i16..-8_900, 2 => -3_100i16..-2_900, 1 => -20_000i16..=10_000, 2 => Just(-9_000i16)];
    let flags = prop_oneof![
        12 => Just(Flags::NONE),
        1 => Just(Flags::NO_QUIET),
        1 => Just(Flags::NON_FINITE),
        1 => Just(Flags::SHORT),
        1 => Just(Flags::CLIPPED),
    ];
    let row = (step, power(), power(), flags).prop_map(|(step_us, mean, quiet, flags)| Row {
        step_us,
        mean,
        quiet,
        flags,
    });
    prop::collection::vec(row, 1..400)
}

/// What SQL says of the rows up to one time; NaN (DuckDB's regr_slope of too few) and NULL are both `None`.
struct Oracle {
    count: u32,
    floor: Option<f64>,
    quiet: Option<f64>,
    mean: Option<f64>,
    deviation: Option<f64>,
    delta: Option<f64>,
    ewma: Option<f64>,
    slope: Option<f64>,
    r2: Option<f64>,
    /// Deviation of power over deviation of time: the scale on which a slope is judged near zero.
    steepness: f64,
}

// The percentile is cast from text: a literal of many digits would be a DECIMAL and lose the last bit of the f64.
fn ask(db: &Connection, now_us: u64, percentile: f64) -> Oracle {
    let sql = format!(
        "WITH known AS (SELECT * FROM reading WHERE acquired_us <= {now_us}),
              floor_rows AS (SELECT mean FROM known WHERE acquired_us > {now_us} - {FLOOR_US}),
              rolling_rows AS (SELECT * FROM known WHERE acquired_us > {now_us} - {ROLLING_US}),
              trend_rows AS (SELECT mean, acquired_us / 1e6 AS time_s FROM known
                             WHERE acquired_us > {now_us} - {TREND_US}),
              ewma_rows AS (SELECT mean, acquired_us, lag(acquired_us) OVER (ORDER BY position) AS before_us,
                                   max(acquired_us) OVER () AS newest_us FROM known WHERE mean IS NOT NULL)
         SELECT (SELECT count(mean) FROM floor_rows),
                (SELECT percentile_cont('{percentile:?}'::DOUBLE) WITHIN GROUP (ORDER BY mean) FROM floor_rows),
                (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY quiet) FROM rolling_rows),
                (SELECT avg(mean) FROM rolling_rows),
                (SELECT stddev_samp(mean) FROM rolling_rows),
                (SELECT arg_max(mean, position) - arg_min(mean, position) FROM rolling_rows WHERE mean IS NOT NULL),
                (SELECT sum(mean * (1 - coalesce(exp((before_us - acquired_us) / {EWMA_US}.0), 0))
                                 * exp((acquired_us - newest_us) / {EWMA_US}.0)) FROM ewma_rows),
                (SELECT regr_slope(mean, time_s) FROM trend_rows),
                (SELECT regr_r2(mean, time_s) FROM trend_rows),
                (SELECT stddev_pop(mean) / nullif(stddev_pop(time_s), 0) FROM trend_rows WHERE mean IS NOT NULL)"
    );
    let number = |value: Option<f64>| value.filter(|value| !value.is_nan());
    db.query_row(&sql, [], |row| {
        Ok(Oracle {
            count: row.get(0)?,
            floor: row.get(1)?,
            quiet: row.get(2)?,
            mean: row.get(3)?,
            deviation: row.get(4)?,
            delta: row.get(5)?,
            ewma: row.get(6)?,
            slope: number(row.get(7)?),
            r2: number(row.get(8)?),
            steepness: row.get::<_, Option<f64>>(9)?.unwrap_or(0.0),
        })
    })
    .unwrap()
}

fn agree(name: &str, ours: Option<f64>, sql: Option<f64>, scale: f64) -> Result<(), TestCaseError> {
    match (ours, sql) {
        (Some(a), Some(b)) => {
            prop_assert!((a - b).abs() <= 1e-9 * b.abs().max(scale), "{name}: {a} is not SQL's {b}");
        }
        _ => prop_assert_eq!(ours, sql, "{}", name),
    }
    Ok(())
}

fn compare(facts: &Facts, sql: &Oracle) -> Result<(), TestCaseError> {
    prop_assert_eq!(facts.reading_count, sql.count);
    // The floors are the same number, bit for bit.
    prop_assert_eq!(
        facts.floor_temporal_dbfs.map(f64::to_bits),
        sql.floor.map(f64::to_bits),
        "temporal floor"
    );
    prop_assert_eq!(
        facts.floor_spectral_dbfs.map(f64::to_bits),
        sql.quiet.map(f64::to_bits),
        "spectral floor"
    );
    agree("mean", facts.rolling_mean_dbfs, sql.mean, 1e-3)?;
    agree("volatility", facts.volatility_db, sql.deviation, 1e-3)?;
    agree("delta", facts.delta_db, sql.delta, 1e-3)?;
    agree("ewma", facts.ewma_dbfs, sql.ewma, 1.0)?;
    agree("slope", facts.trend.map(|trend| trend.slope_db_s), sql.slope, sql.steepness)?;
    // Without a slope there is no fit, whatever SQL's r² says of it.
    let r2 = sql.slope.and(sql.r2);
    agree("r2", facts.trend.and_then(|trend| trend.r2), r2, 1.0)
}

/// Rows into both; compares after each row of `checks`.
fn check(rows: &[Row], percentile: f64, checks: &[usize]) -> Result<(), TestCaseError> {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("CREATE TABLE reading (position BIGINT, acquired_us BIGINT, mean DOUBLE, quiet DOUBLE)")
        .unwrap();
    let mut engine = analytics(percentile);
    let (mut now_us, mut facts_at) = (0, Vec::new());
    let mut appender = db.appender("reading").unwrap();
    for (position, row) in rows.iter().enumerate() {
        now_us += row.step_us;
        let (mean, quiet) = (CentiDb::from_hundredths(row.mean), CentiDb::from_hundredths(row.quiet));
        engine.reading(&Reading {
            acquired_us: TimeUs(now_us),
            sample_index: position as u64,
            channel: 0,
            flags: row.flags,
            frame_count: 9,
            clipping_e4: 0,
            mean,
            peak: mean,
            quiet,
        });
        let used = !row.flags.any(Flags::UNUSABLE);
        let mean_db = used.then(|| mean.db());
        let quiet_db = (used && !row.flags.any(Flags::NO_QUIET)).then(|| quiet.db());
        appender.append_row(params![position as i64, now_us as i64, mean_db, quiet_db]).unwrap();
        // Rows of one time are one moment to SQL: compare only after the last of them.
        let is_last = rows.get(position + 1).is_none_or(|next| next.step_us > 0);
        if checks.contains(&position) && is_last {
            facts_at.push((now_us, engine.facts(0, TimeUs(now_us))));
        }
    }
    appender.flush().unwrap();
    for (now_us, facts) in &facts_at {
        compare(facts, &ask(&db, *now_us, percentile))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn the_engine_and_duckdb_say_the_same_of_the_same_rows(
        rows in rows(),
        percentile in prop_oneof![3 => Just(0.1), 1 => Just(0.0), 1 => Just(1.0), 2 => 0.0..1.0f64],
        picks in prop::collection::vec(any::<prop::sample::Index>(), 6),
    ) {
        let mut checks: Vec<usize> = picks.iter().map(|pick| pick.index(rows.len())).collect();
        checks.push(rows.len() - 1);
        check(&rows, percentile, &checks)?;
    }
}

#[test]
fn the_first_rows_of_a_flight_are_unknown_where_sql_says_null() {
    let row = |mean, flags| Row { step_us: 10_000, mean, quiet: -9_100, flags };
    let rows = [
        row(-9_000, Flags::NON_FINITE),
        row(-9_010, Flags::NO_QUIET),
        row(-9_010, Flags::NONE),
        row(-9_010, Flags::NONE),
        row(-8_000, Flags::NONE),
    ];
    check(&rows, 0.1, &[0, 1, 2, 3, 4]).unwrap();
}
