//! `locate`: where a beacon is, from a flight file or a table of power over position, with its region.
//!
//! [`Track`] (read by [`csv`] or [`flight`]) → observations, one for each stretch of way → the engine's posterior → [`Located`] → text, JSON,
//! GeoJSON or a picture; beside a truth, [`truth`] compares. What the posterior means is told in `skyhound::locate`.
//!
//! A table has no noise floor of the receiver's, but many pile up at one. Four readings of it are tried: none, and a floor at each of three
//! quantiles of its powers; that under which the data are likeliest is taken. Over a floor its power is subtracted, at a floor a place tells
//! only that the beacon was not stronger there.

pub mod csv;
pub mod flight;
pub mod outline;
mod plot;
pub mod truth;
mod written;

pub use written::table;

use skyhound::facts::Estimate;
use skyhound::geo::{NorthEast, Origin, wrap_pi};
use skyhound::locate::{Antenna, Bound, Frame, HEADING_RAD, Locate, LocateConfig, Observation, Side};
use skyhound::time::TimeUs;
use skyhound::units::{db_from_ratio, ratio_from_db};

/// A power at a place.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Row {
    /// Since the track began, s.
    pub time_s: f64,
    /// Metres from the track's origin.
    pub at: NorthEast,
    /// Over the beacon's supposed ground, m.
    pub up_m: f64,
    /// Any reference.
    pub power_db: f64,
    /// Of the aircraft's nose, from true north; `None` where it is not known.
    pub heading_rad: Option<f64>,
}

/// What was flown.
#[derive(Clone, Debug)]
pub struct Track {
    /// File's name without its ending.
    pub name: String,
    /// In order of time.
    pub rows: Vec<Row>,
    /// Of the metres.
    pub origin: Origin,
    /// Whether the powers are known to be a beacon's, over the receiver's floor and without it.
    pub is_heard: bool,
    /// How the posterior takes it.
    pub settings: LocateConfig,
    /// What is to be known of how it was read.
    pub notes: Vec<String>,
}

impl Track {
    /// One track of several, as if they had been flown one after another: powers must be of one receiver, at one gain, and mean the same.
    /// `None` of none, or of antennas that hear otherwise.
    pub fn joined(name: &str, tracks: Vec<Track>) -> Option<Track> {
        let mut tracks = tracks.into_iter();
        let mut all = Track { name: name.into(), ..tracks.next()? };
        for track in tracks {
            if track.settings != all.settings || track.is_heard != all.is_heard {
                return None;
            }
            let began_s = all.rows.last().map_or(0.0, |row| row.time_s);
            let from_s = track.rows.first().map_or(0.0, |row| row.time_s);
            let moved = |row: &Row| Row {
                time_s: began_s + row.time_s - from_s,
                at: all.origin.ned_from_wgs84(track.origin.wgs84_from_ned(row.at)),
                ..*row
            };
            let rows: Vec<Row> = track.rows.iter().map(moved).collect();
            all.rows.extend(rows);
            all.notes.extend(track.notes);
        }
        Some(all)
    }
}

/// A floor that powers pile up at.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Floor {
    /// Its level, dB.
    pub level_db: f64,
    /// Deviation about it, dB.
    pub sigma_db: f64,
}

/// Where the beacon is.
pub struct Located<'track> {
    /// From what.
    pub track: &'track Track,
    /// Rows up to the time asked for.
    pub row_count: usize,
    /// The newest of them, s.
    pub until_s: f64,
    /// Floor in the data, if there is one.
    pub floor: Option<Floor>,
    /// Places that tell only that nothing was over the floor.
    pub silence_count: usize,
    /// The posterior.
    pub posterior: Locate,
    /// What it says.
    pub estimate: Estimate,
}

/// A stretch of way, of which a place is one: so long at least, m, and so many at most: the posterior keeps 384.
const STRETCH_MIN_M: f64 = 5.0;
const STRETCHES_MAX: f64 = 350.0;
/// Quantiles of the powers at which a floor is looked for.
const FLOOR_QUANTILES: [f64; 3] = [0.15, 0.3, 0.45];
/// A floor that varies less than this is a recording's least step, dB.
const FLOOR_SIGMA_MIN_DB: f64 = 0.3;
/// What varies more is none, dB.
const FLOOR_SIGMA_MAX_DB: f64 = 3.5;

/// Where the beacon of a track is, by its rows up to `at_s`.
///
/// # Errors
/// Too few places to tell, in words.
pub fn locate(track: &Track, at_s: Option<f64>) -> Result<Located<'_>, String> {
    let row_count =
        at_s.map_or(track.rows.len(), |at_s| track.rows.partition_point(|row| row.time_s <= at_s));
    let rows = &track.rows[..row_count];
    let floors = if track.is_heard { Vec::new() } else { floors(rows) };
    let runs = std::iter::once(None).chain(floors.into_iter().map(Some));
    let likeliest = runs
        .filter_map(|floor| {
            let run = Run::of(rows, floor, track.settings);
            Some((run.log_evidence()?, floor, run))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let few = || {
        format!(
            "{}: {row_count} rows are too few places to tell a position from: four are needed, {STRETCH_MIN_M} m and more apart",
            track.name
        )
    };
    let (_, floor, run) = likeliest.ok_or_else(few)?;
    let estimate = run.posterior.estimate().ok_or_else(few)?;
    let until_s = rows.last().map_or(0.0, |row| row.time_s);
    let (posterior, silence_count) = (run.posterior, run.silence_count);
    Ok(Located { track, row_count, until_s, floor, silence_count, posterior, estimate })
}

/// Floors that the powers may pile up at.
fn floors(rows: &[Row]) -> Vec<Floor> {
    let mut powers: Vec<f64> = rows.iter().map(|row| row.power_db).collect();
    powers.sort_by(f64::total_cmp);
    let of = |quantile: f64| {
        let level_db = *powers.get((quantile * powers.len() as f64) as usize)?;
        let under = powers.iter().take_while(|power| **power <= level_db);
        let (count, sum) =
            under.fold((0.0, 0.0), |(count, sum), power| (count + 1.0, sum + (power - level_db).powi(2)));
        let sigma_db = f64::max((sum / count).sqrt(), FLOOR_SIGMA_MIN_DB);
        (sigma_db < FLOOR_SIGMA_MAX_DB).then_some(Floor { level_db, sigma_db })
    };
    FLOOR_QUANTILES.iter().filter_map(|quantile| of(*quantile)).collect()
}

impl Floor {
    /// What is not over this may be the floor alone, dB.
    fn edge_db(&self) -> f64 {
        self.level_db + 2.0 * self.sigma_db
    }

    /// ln of how likely the floor alone reads this.
    fn log_density(&self, power_db: f64) -> f64 {
        let z = (power_db - self.level_db) / self.sigma_db;
        -0.5 * z * z - self.sigma_db.ln() - 0.5 * std::f64::consts::TAU.ln()
    }

    /// The beacon's own power, and ln of how much a step of it changes less than one of the sum.
    fn without(&self, power_db: f64) -> (f64, f64) {
        let share = 1.0 - 10_f64.powf((self.level_db - power_db) / 10.0);
        (power_db + 10.0 * share.log10(), -share.ln())
    }
}

/// One reading of a track.
struct Run {
    posterior: Locate,
    floor: Option<Floor>,
    silence_count: usize,
    /// ln of what the posterior does not know of.
    log_beside: f64,
    newest: Option<Row>,
    is_directional: bool,
}

/// Sums over a stretch of way.
struct Stretch {
    from: Row,
    count: f64,
    sums: [f64; 4],
    frame: Frame,
}

impl Run {
    fn of(rows: &[Row], floor: Option<Floor>, settings: LocateConfig) -> Run {
        let posterior = Locate::new(settings);
        let is_directional = matches!(settings.antenna, Antenna::Directional(_));
        let mut run =
            Run { posterior, floor, silence_count: 0, log_beside: 0.0, newest: None, is_directional };
        let way_m: f64 = rows.windows(2).map(|pair| pair[0].at.distance_m(pair[1].at)).sum();
        let length_m = STRETCH_MIN_M.max(way_m / STRETCHES_MAX);
        let mut stretch: Option<Stretch> = None;
        let is_told = |row: &&Row| !is_directional || row.heading_rad.is_some();
        for row in rows.iter().filter(is_told) {
            if let Some(open) = stretch.take_if(|open| run.is_apart(&open.from, row, length_m)) {
                run.observe(&open);
            }
            if stretch.is_none() && run.newest.is_some_and(|newest| !run.is_apart(&newest, row, length_m)) {
                continue;
            }
            let open =
                stretch.get_or_insert(Stretch { from: *row, count: 0.0, sums: [0.0; 4], frame: Frame::NONE });
            open.count += 1.0;
            let heading_rad = row.heading_rad;
            open.frame.add(&heading_rad.map_or(Frame::default(), |rad| Frame::new(0.0, 0.0, rad)));
            // Whatever else is taken for the beacon in a turn is weaker than it: powers are averaged, else their decibels.
            let power = if is_directional { ratio_from_db(row.power_db) } else { row.power_db };
            let values = [row.at.north_m, row.at.east_m, row.up_m, power];
            open.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        stretch.iter().for_each(|open| run.observe(open));
        while run.posterior.work(usize::MAX) {}
        run
    }

    fn is_apart(&self, one: &Row, other: &Row, length_m: f64) -> bool {
        let turned_rad =
            one.heading_rad.zip(other.heading_rad).map_or(0.0, |(one, other)| wrap_pi(one - other).abs());
        one.at.distance_m(other.at) >= length_m || self.is_directional && turned_rad >= HEADING_RAD
    }

    fn observe(&mut self, stretch: &Stretch) {
        let [north_m, east_m, up_m, power] = stretch.sums.map(|sum| sum / stretch.count);
        let power_db = if self.is_directional { db_from_ratio(power) } else { power };
        self.newest = Some(Row { at: NorthEast { north_m, east_m }, ..stretch.from });
        let at_m = [north_m, east_m];
        let at_us = TimeUs((stretch.from.time_s.max(0.0) * 1e6) as u64);
        let frame = stretch.frame.normalised();
        match self.floor {
            Some(floor) if power_db <= floor.edge_db() => {
                self.silence_count += 1;
                self.log_beside += floor.log_density(power_db);
                let (power_db, side) = (floor.edge_db(), Side::Under);
                self.posterior.observe_bound(Bound { at_m, up_m, frame, power_db, side, at_us });
            }
            floor => {
                let (power_db, log_step) = floor.map_or((power_db, 0.0), |floor| floor.without(power_db));
                self.log_beside += log_step;
                self.posterior.observe(Observation { at_m, up_m, power_db, frame, at_us });
                while self.posterior.work(usize::MAX) {}
            }
        }
    }

    fn log_evidence(&self) -> Option<f64> {
        Some(self.posterior.log_evidence()? + self.log_beside)
    }
}

#[cfg(test)]
mod tests;
