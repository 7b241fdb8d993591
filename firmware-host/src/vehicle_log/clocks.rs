//! How a log's clock stands to a flight's: by GPS time that both knew, then by where both say that the aircraft was.
//!
//! GPS time joins them to some 0.2 s: a fix is logged when it has come, not when it was. Where both have a moving track, the offset is
//! that at which the tracks lie best on each other; parts of the flight each give one too, and how far these differ is told as the
//! spread. A constant distance of the tracks (another receiver, another datum) does not count.

use serde::Serialize;
use skyhound::geo::{NorthEast, Origin, Wgs84};

mod tracks;

use tracks::Tracks;

/// Fixes and clock readings that are kept; of longer logs every second, fourth … one.
const KEPT_MAX: usize = 4096;
/// A GPS clock is right to this after all delays, s.
const GPS_WINDOW_S: f64 = 3.0;
/// A computer's clock that nobody set in flight, s.
const COMPUTER_WINDOW_S: f64 = 120.0;
/// Tracks of one aircraft differ by less; those of two by more, m rms.
const RESIDUAL_MAX_M: f64 = 25.0;
const PART_COUNT_MIN: usize = 3;
/// Median absolute deviation → standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;

/// A place at a time.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Fix {
    /// When, µs of one clock.
    pub us: i64,
    /// Where.
    pub place: Wgs84,
}

/// At most some thousand of what came, evenly.
#[derive(Clone, Debug)]
pub struct Thinned<T> {
    /// What is kept.
    pub kept: Vec<T>,
    stride: usize,
    came: usize,
}

impl<T> Default for Thinned<T> {
    fn default() -> Thinned<T> {
        Thinned { kept: Vec::new(), stride: 1, came: 0 }
    }
}

impl<T> Thinned<T> {
    /// Takes one.
    pub fn push(&mut self, one: T) {
        if self.came.is_multiple_of(self.stride) {
            if self.kept.len() == KEPT_MAX {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.stride *= 2;
            }
            if self.came.is_multiple_of(self.stride) {
                self.kept.push(one);
            }
        }
        self.came += 1;
    }
}

/// One side: what its clock and its track say.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Its clock with UTC as GPS told it at that time, µs.
    pub clock: Thinned<(i64, i64)>,
    /// UTC − clock by a computer's own clock, µs; `None`: it has none.
    pub computer_us: Option<i64>,
    /// Where it says it was.
    pub track: Thinned<Fix>,
    /// Its first and last time, µs.
    pub span_us: Option<(i64, i64)>,
}

impl Side {
    /// A time of it.
    pub fn spans(&mut self, us: i64) {
        let (first, last) = self.span_us.unwrap_or((us, us));
        self.span_us = Some((first.min(us), last.max(us)));
    }

    /// UTC − clock with its spread, µs, and whether GPS told it.
    fn utc(&self) -> Option<(i64, i64, bool)> {
        let differences: Vec<f64> = self.clock.kept.iter().map(|(us, utc_us)| (utc_us - us) as f64).collect();
        match median_and_spread(differences) {
            Some((median, spread)) => Some((median as i64, spread as i64, true)),
            None => self.computer_us.map(|us| (us, 0, false)),
        }
    }
}

/// How a log's clock stands to a flight's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Joined {
    /// The flight's time − the log's, µs.
    pub offset_us: i64,
    /// Its spread, one sigma, µs; `None`: only two computers' clocks say it.
    pub spread_us: Option<i64>,
    /// How it was found.
    pub method: &'static str,
    /// The same by GPS time alone, µs.
    pub by_gps_us: Option<i64>,
    /// How far the tracks are from each other at that offset, without a constant distance, m rms.
    pub residual_m: Option<f64>,
    /// Parts of the flight that told it by themselves.
    pub part_count: usize,
    /// How long both were there, s.
    pub overlap_s: f64,
}

/// Joins the two.
///
/// # Errors
/// It cannot be told, or they were not there at the same time.
pub fn join(log: &Side, flight: &Side) -> Result<Joined, String> {
    let told = match (log.utc(), flight.utc()) {
        (Some(log), Some(flight)) => {
            let spread_us = (log.1 as f64).hypot(flight.1 as f64) as i64;
            Some((log.0 - flight.0, spread_us, log.2 && flight.2))
        }
        _ => None,
    };
    let tracks = Tracks::of(&points(&log.track.kept, flight), &points(&flight.track.kept, flight));
    let window = match told {
        Some((_, _, true)) => Some(GPS_WINDOW_S),
        Some(_) => Some(COMPUTER_WINDOW_S),
        None => None,
    };
    let by_gps_us = told.filter(|told| told.2).map(|told| told.0);
    let refined = tracks.best(told.map(|told| told.0 as f64 / 1e6), window).and_then(|best| {
        let parts = tracks.parts(best.offset_s);
        let (_, spread) = median_and_spread(parts.clone()).filter(|_| parts.len() >= PART_COUNT_MIN)?;
        (best.residual_m < RESIDUAL_MAX_M).then_some((best.offset_s, spread, best.residual_m, parts.len()))
    });
    let mut joined = match (refined, told) {
        (Some((offset_s, spread_s, residual_m, part_count)), _) => Joined {
            offset_us: (offset_s * 1e6).round() as i64,
            spread_us: Some((spread_s * 1e6).max(1e3) as i64),
            method: if by_gps_us.is_some() { "GPS time, then position" } else { "position" },
            by_gps_us,
            residual_m: Some(residual_m),
            part_count,
            overlap_s: 0.0,
        },
        (None, Some((offset_us, spread_us, is_gps))) => Joined {
            offset_us,
            spread_us: is_gps.then_some(spread_us),
            method: if is_gps { "GPS time" } else { "clocks of computers" },
            by_gps_us,
            residual_m: None,
            part_count: 0,
            overlap_s: 0.0,
        },
        (None, None) => {
            return Err("when it was cannot be told: it lacks GPS time, and a moving track that the flight has too; take a log with a GPS fix".into());
        }
    };
    joined.overlap_s = overlap_s(log, flight, joined.offset_us);
    if joined.overlap_s <= 0.0 {
        let apart_s = -joined.overlap_s;
        return Err(format!(
            "it is of another time than the flight: {apart_s:.0} s lie between; name the flight of that time"
        ));
    }
    Ok(joined)
}

/// How long both were there; negative: how far they are apart.
fn overlap_s(log: &Side, flight: &Side, offset_us: i64) -> f64 {
    let (Some(log), Some(flight)) = (log.span_us, flight.span_us) else { return 0.0 };
    let until = flight.1.min(log.1 + offset_us);
    (until - flight.0.max(log.0 + offset_us)) as f64 / 1e6
}

/// Metres from where the flight began.
fn points(fixes: &[Fix], flight: &Side) -> Vec<(f64, NorthEast)> {
    let Some(first) = flight.track.kept.first() else { return Vec::new() };
    let origin = Origin::new(first.place);
    fixes.iter().map(|fix| (fix.us as f64 / 1e6, origin.ned_from_wgs84(fix.place))).collect()
}

fn median_and_spread(mut values: Vec<f64>) -> Option<(f64, f64)> {
    let median = median(&mut values)?;
    let mut apart: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    Some((median, MAD_TO_SIGMA * self::median(&mut apart)?))
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    Some((values[middle] + values[values.len() / 2]) / 2.0)
}
