//! A flight → 32 numbers that are alike where the same emission was heard, whatever its frequency and level.
//!
//! - 0 to 15: how far bands of 2.5 kHz about where it was heard stand over the floor (the ninth decile over the flight, dB);
//! - 16 to 20: hearings that were a line, a train, energy, a chirp, a burst;
//! - 21 to 25: widths of pulses, in bands of a factor of 4 from 4 ms on;
//! - 26 to 31: periods of pulses, in bands of a factor of 2 from 0.5 s on.
//!
//! Each of the four has the length 1, or 0 where there is nothing of it; so cosines compare them.

use duckdb::Connection;

/// How many numbers.
pub const LENGTH: usize = 32;
/// Where the four begin, and the end.
const PARTS: [usize; 5] = [0, 16, 21, 26, LENGTH];
const KINDS: [&str; 5] = ["line", "train", "energy", "chirp", "burst"];
const WIDTH_FIRST_US: f64 = 4e3;
const PERIOD_FIRST_US: f64 = 0.5e6;

const SPECTRUM: &str = "WITH heard AS (
        SELECT coalesce((SELECT arg_max(frequency_hz, cn0_e2) FROM hearing), (SELECT any_value(frequency_hz) FROM flight)) AS hz
    ), level AS (
        SELECT band, power_e1[1 + round((hz + (band - 7.5) * 2500 - first_bin_hz) / bin_hz)::BIGINT] / 10
            - list_aggregate(power_e1[1:bin_count], 'median') / 10 AS over_db
        FROM spectrum, heard, range(16) AS bands(band)
    )
    SELECT band, quantile_cont(over_db, 0.9) FROM level WHERE over_db IS NOT NULL GROUP BY band";

/// The fingerprint of the flight that `connection` was opened with; `None` where nothing was heard.
///
/// # Errors
/// It has other tables than ours.
pub fn fingerprint(connection: &Connection) -> Result<Option<[f32; LENGTH]>, duckdb::Error> {
    let mut numbers = [0.0; LENGTH];
    let mut heard = connection.prepare(
        "SELECT kind, count(*)::DOUBLE, median(nullif(width_us, 0))::DOUBLE, median(period_us)::DOUBLE FROM hearing GROUP BY kind
        UNION ALL SELECT 'detection', count(*)::DOUBLE, median(pulse_width_us)::DOUBLE, median(pulse_period_us)::DOUBLE
        FROM detection WHERE pulse_period_us IS NOT NULL HAVING count(*) > 0",
    )?;
    let rows = heard.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    for row in rows {
        let (kind, count, width_us, period_us): (String, f64, Option<f64>, Option<f64>) = row?;
        if let Some(at) = KINDS.iter().position(|known| *known == kind) {
            numbers[PARTS[1] + at] += count;
        }
        width_us
            .into_iter()
            .for_each(|us| spread(&mut numbers[PARTS[2]..PARTS[3]], (us / WIDTH_FIRST_US).log(4.0), count));
        period_us
            .into_iter()
            .for_each(|us| spread(&mut numbers[PARTS[3]..], (us / PERIOD_FIRST_US).log2(), count));
    }
    if numbers.iter().all(|number| *number == 0.0) {
        return Ok(None);
    }
    let mut levels = connection.prepare(SPECTRUM)?;
    for row in levels.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?)))? {
        let (band, over_db) = row?;
        numbers[band as usize % PARTS[1]] = over_db.clamp(0.0, 60.0);
    }
    for (from, to) in PARTS.into_iter().zip(PARTS.into_iter().skip(1)) {
        let part = &mut numbers[from..to];
        let length = part.iter().map(|number| number * number).sum::<f64>().sqrt();
        part.iter_mut().filter(|_| length > 0.0).for_each(|number| *number /= length);
    }
    Ok(Some(numbers.map(|number| number as f32)))
}

/// Shares `count` among the two bands beside `at`, so that what is nearly alike is nearly the same.
fn spread(bands: &mut [f64], at: f64, count: f64) {
    let at = at.clamp(0.0, (bands.len() - 1) as f64);
    let (low, share) = (at.floor() as usize, at.fract());
    bands[low] += count * (1.0 - share);
    if let Some(high) = bands.get_mut(low + 1) {
        *high += count * share;
    }
}
