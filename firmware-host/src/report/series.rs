//! What a report draws over time, thinned so that an hour fits on a page: power, floor, SNR, height, battery, certainty, states, spectrum.

use super::facts::{Answer, BEACON, has, lines};
use duckdb::{Connection, Row};
use serde::Serialize;
use std::collections::BTreeMap;

/// Points of a curve at most.
const POINTS_MAX: i64 = 1_200;
/// Rows of the waterfall at most.
const ROWS_MAX: i64 = 240;
/// A step of the waterfall's levels, dB.
pub const LEVEL_STEP_DB: f64 = 0.5;
/// What its level 0 is, dBFS.
pub const LEVEL_ZERO_DBFS: f64 = -140.0;

/// Curves of a flight.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// Power of each channel.
    pub power: Vec<PowerSeries>,
    /// SNR of each channel.
    pub snr: Vec<Curve>,
    /// Height over home, m.
    pub height: Curve,
    /// Speed over the ground, m/s.
    pub speed: Curve,
    /// Voltage of the battery, V.
    pub battery: Curve,
    /// Radius of the region of 95 % of each beacon, m.
    pub radius: Vec<Curve>,
    /// States one after another.
    pub states: Vec<Stay>,
    /// The spectrum.
    pub waterfall: Option<Waterfall>,
}

/// A curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Of what: a channel's name, or empty.
    pub name: String,
    /// Times, s since start.
    pub at_s: Vec<f64>,
    /// Values; `None`: not known.
    pub value: Vec<Option<f64>>,
}

/// Power of a channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PowerSeries {
    /// Channel's name.
    pub name: String,
    /// Times, s since start.
    pub at_s: Vec<f64>,
    /// Mean of mean power, dBFS.
    pub mean: Vec<Option<f64>>,
    /// Strongest mean power, dBFS.
    pub most: Vec<Option<f64>>,
    /// Mean of the spectral floor, dBFS.
    pub floor: Vec<Option<f64>>,
}

/// A stay in a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stay {
    /// The state.
    pub state: String,
    /// From, s since start.
    pub from_s: f64,
    /// Until, s since start.
    pub until_s: f64,
}

/// The spectrum over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Waterfall {
    /// Times of its rows, s since start.
    pub at_s: Vec<f64>,
    /// Centre of the first bin, Hz.
    pub first_bin_hz: f64,
    /// Between bins, Hz.
    pub bin_hz: f64,
    /// Bins of a row.
    pub bin_count: usize,
    /// Level of each bin of each row in hexadecimal, two digits: steps of 0.5 dB over −140 dBFS.
    pub levels: String,
}

const POWER: &str =
    "SELECT BEACON, channel, avg(acquired_us) / 1e6, avg(mean_dbfs), max(mean_dbfs), avg(quiet_dbfs)
    FROM reading WHERE flags & 1144 = 0 GROUP BY channel, acquired_us // STEP ORDER BY channel, 3";
const SNR: &str = "SELECT BEACON, channel, avg(at_us) / 1e6, max(snr_db) FROM signal GROUP BY channel, at_us // STEP ORDER BY channel, 3";
const RADIUS: &str = "SELECT BEACON, channel, avg(at_us) / 1e6, min(radius_95_m)::DOUBLE FROM estimate GROUP BY channel, at_us // STEP ORDER BY channel, 3";
const BATTERY: &str =
    "SELECT '', 0, avg(at_us) / 1e6, min(battery_v) FROM vehicle_status WHERE battery_us IS NOT NULL
    GROUP BY at_us // STEP ORDER BY 3";
const MOTION: &str = "SELECT '', 0, avg(at_us) / 1e6, COLUMN FROM vehicle_motion WHERE position_us IS NOT NULL GROUP BY at_us // STEP ORDER BY 3";
const SPEED: &str = "max(sqrt(north_mps * north_mps + east_mps * east_mps))";
const STAYS: &str = "SELECT state, from_us / 1e6, until_us / 1e6 FROM (
    SELECT state, at_us AS from_us, lead(at_us, 1, greatest(at_us, ?)) OVER (ORDER BY at_us, place) AS until_us FROM (
        SELECT to_state AS state, at_us, rowid AS place FROM state_change
        UNION ALL SELECT arg_min(from_state, rowid), 0, -1 FROM state_change HAVING count(*) > 0)) ORDER BY from_us, until_us";
const LAST: &str =
    "SELECT coalesce(greatest(max(at_us), (SELECT max(at_us) FROM signal)), 0) FROM state_change";
const LOUDEST: &str = "SELECT acquired_us // 1000000, max(mean_dbfs) FROM reading WHERE channel = ? AND flags & 1144 = 0 GROUP BY 1";
/// Of the layout that most rows have.
const SPECTRUM: &str = "WITH layout AS (SELECT first_bin_hz AS f, bin_hz AS b, bin_count AS n, count(*) AS rows FROM spectrum GROUP BY ALL
        ORDER BY rows DESC LIMIT 1)
    SELECT at_s, f, b, n, levels FROM (
        SELECT acquired_us / 1e6 AS at_s, f, b, n, array_to_string(power_e1[1:bin_count], ',') AS levels,
            (row_number() OVER (ORDER BY acquired_us) - 1) % greatest(1, (rows + ? - 1) // ?) AS place
        FROM spectrum JOIN layout ON first_bin_hz = f AND bin_hz = b AND bin_count = n) WHERE place = 0 ORDER BY at_s";

/// The curves of a flight of this length.
pub(super) fn series(flight: &Connection, duration_s: f64) -> Answer<Series> {
    let last_us: i64 = flight.query_row(LAST, [], |r| r.get(0))?;
    let step_us = ((duration_s * 1e6) as i64 / POINTS_MAX).max(100_000).to_string();
    let of = |sql: &str| sql.replace("BEACON", BEACON).replace("STEP", &step_us);
    let curve = |sql: &str| curves(flight, &of(sql));
    let single = |sql: &str| -> Answer<Curve> { Ok(curve(sql)?.pop().unwrap_or_default()) };
    let motion = |column: &str| single(&MOTION.replace("COLUMN", column));
    let mut power: Vec<(i64, PowerSeries)> = Vec::new();
    for (name, channel, at_s, [mean, most, floor]) in lines(flight, &of(POWER), |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?, r.get::<_, f64>(2)?, numbers(r)?))
    })? {
        if power.last().is_none_or(|(last, _)| *last != channel) {
            power.push((channel, PowerSeries { name, ..PowerSeries::default() }));
        }
        if let Some((_, series)) = power.last_mut() {
            series.at_s.push(rounded(at_s));
            series.mean.push(mean);
            series.most.push(most);
            series.floor.push(floor);
        }
    }
    let mut stays = flight.prepare(STAYS)?;
    let stays = stays.query_map([last_us], |r| {
        Ok(Stay { state: r.get(0)?, from_s: rounded(r.get(1)?), until_s: rounded(r.get(2)?) })
    })?;
    Ok(Series {
        power: power.into_iter().map(|(_, series)| series).collect(),
        snr: curve(SNR)?,
        height: motion("avg(alt_rel_m)")?,
        speed: motion(SPEED)?,
        battery: single(BATTERY)?,
        radius: if has(flight, "estimate")? { curve(RADIUS)? } else { Vec::new() },
        states: stays.collect::<Answer<_>>()?,
        waterfall: waterfall(flight)?,
    })
}

/// Strongest mean power of a channel, dBFS, by second of the flight.
pub(super) fn loudest(flight: &Connection, channel: i64) -> Answer<BTreeMap<i64, f64>> {
    let mut seconds = flight.prepare(LOUDEST)?;
    let seconds = seconds.query_map([channel], |r| Ok((r.get(0)?, rounded(r.get(1)?))))?;
    seconds.collect()
}

fn numbers(r: &Row<'_>) -> Answer<[Option<f64>; 3]> {
    let number = |column| r.get::<_, Option<f64>>(column).map(|number| number.map(rounded));
    Ok([number(3)?, number(4)?, number(5)?])
}

/// Curves of (name, channel, time, value), a channel after another.
fn curves(flight: &Connection, sql: &str) -> Answer<Vec<Curve>> {
    let mut curves: Vec<(i64, Curve)> = Vec::new();
    let rows = lines(flight, sql, |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?, r.get::<_, f64>(2)?, r.get::<_, Option<f64>>(3)?))
    })?;
    for (name, channel, at_s, value) in rows {
        if curves.last().is_none_or(|(last, _)| *last != channel) {
            curves.push((channel, Curve { name, ..Curve::default() }));
        }
        if let Some((_, curve)) = curves.last_mut() {
            curve.at_s.push(rounded(at_s));
            curve.value.push(value.map(rounded));
        }
    }
    Ok(curves.into_iter().map(|(_, curve)| curve).collect())
}

fn waterfall(flight: &Connection) -> Answer<Option<Waterfall>> {
    let mut rows = flight.prepare(SPECTRUM)?;
    let rows = rows.query_map([ROWS_MAX, ROWS_MAX], |r| {
        Ok((r.get::<_, f64>(0)?, r.get(1)?, r.get(2)?, r.get::<_, u16>(3)?, r.get::<_, String>(4)?))
    })?;
    let mut fall: Option<Waterfall> = None;
    for row in rows {
        let (at_s, first_bin_hz, bin_hz, count, levels) = row?;
        let bin_count = usize::from(count);
        let fall = fall.get_or_insert(Waterfall { first_bin_hz, bin_hz, bin_count, ..Waterfall::default() });
        fall.at_s.push(rounded(at_s));
        let level = |text: &str| {
            let dbfs = text.parse::<f64>().unwrap_or(f64::NEG_INFINITY) / 10.0;
            ((dbfs - LEVEL_ZERO_DBFS) / LEVEL_STEP_DB).round().clamp(0.0, 255.0) as u8
        };
        let row: Vec<u8> = levels.split(',').map(level).chain(std::iter::repeat(0)).take(bin_count).collect();
        fall.levels.push_str(&crate::hash::hex(row));
    }
    Ok(fall)
}

/// A hundredth is as fine as a page shows.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
