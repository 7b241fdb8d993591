//! Height above the ground (m): at least `ground_clearance_min_m`, here and where the way to standing still leads, with the
//! steepest slope flown over lately, because the ground ahead is not seen and level flight meets a rising one.
//!
//! Two ways to know it are judged each by itself where it is fresh: a rangefinder, and the autopilot's terrain map. Where neither
//! is, `interlock.terrain` says whether homing may fly at all. Elevation is altitude above the sea less height; the slope is the
//! steepest rise per distance between the newest point and those within [`LATELY_M`], whatever the direction.

use super::fence::Ways;
use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::config::{InterlockConfig, TerrainRule};
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::homing::Inputs;
use crate::time::{Aged, TimeUs};
use crate::vehicle::Vehicle;

/// Rangefinder and map are asked for at 4 Hz; some may be missing.
const AGE_MAX_US: u64 = 1_500_000;
/// Heights that there can be.
const HEIGHT_POSSIBLE_M: (f64, f64) = (-1_000.0, 10_000.0);
/// Ground points kept, at least so far apart.
const POINTS: usize = 16;
const APART_M: f64 = 2.0;
/// Nearer together, a rangefinder's noise makes slopes.
const BASE_M: f64 = 5.0;
/// How far back the slope is looked for.
const LATELY_M: f64 = 40.0;

/// The ground flown over, by each way to know it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ground {
    rangefinder: Profile,
    map: Profile,
}

impl Ground {
    /// Takes in new heights. The position is fresh.
    pub(super) fn observe(&mut self, vehicle: &Vehicle) {
        let Some(position) = vehicle.position else { return };
        let (place, alt_amsl_m) = (position.value.place, position.value.alt_amsl_m);
        self.rangefinder.observe(vehicle.height_rangefinder_m, place, alt_amsl_m);
        self.map.observe(vehicle.height_terrain_m, place, alt_amsl_m);
    }

    /// The position is judged before.
    pub(super) fn judge(&self, inputs: &Inputs<'_>, limits: &InterlockConfig, ways: &Ways) -> Verdict {
        let check = Check(Interlock::Terrain);
        let known = [
            (inputs.vehicle.height_rangefinder_m, &self.rangefinder),
            (inputs.vehicle.height_terrain_m, &self.map),
        ];
        let mut is_known = false;
        for (height, profile) in known {
            let Some(height_m) = height.filter(|height| height.is_fresh(inputs.now, AGE_MAX_US)) else {
                continue;
            };
            is_known = true;
            let height_m = height_m.value;
            check.number(height_m, HEIGHT_POSSIBLE_M.0, HEIGHT_POSSIBLE_M.1, "height above ground")?;
            let least_m = limits.ground_clearance_min_m;
            check.holds(height_m >= least_m, "too low over the ground: climb")?;
            ways.each(|way| {
                let ahead_m = height_m + way.climb_m.min(0.0) - profile.slope * way.reach_m();
                check.holds(ahead_m >= least_m, "the ground rises towards where it leads: climb")
            })?;
        }
        let mend = "height above ground: fit a rangefinder or a terrain map (TERRAIN_ENABLE), or, over flat ground, set \
                    interlock.terrain = \"may_be_unknown\"";
        let may_fly = is_known || limits.terrain == TerrainRule::MayBeUnknown;
        if may_fly { Ok(()) } else { Err(check.refuse(Fault::Unknown, mend)) }
    }
}

/// The lower of the heights that are fresh.
pub(in crate::homing) fn height_m(vehicle: &Vehicle, now: TimeUs) -> Option<f64> {
    let known = [vehicle.height_rangefinder_m, vehicle.height_terrain_m].into_iter().flatten();
    known.filter(|height| height.is_fresh(now, AGE_MAX_US)).map(|height| height.value).reduce(f64::min)
}

#[derive(Copy, Clone, Debug)]
struct Point {
    place: Wgs84,
    elevation_m: f64,
}

/// The ground under the way flown, as one source has it.
#[derive(Clone, Debug, Default)]
struct Profile {
    points: [Option<Point>; POINTS],
    next: usize,
    /// The point kept last.
    last: Option<Point>,
    newest: Option<TimeUs>,
    /// Steepest rise lately, m per m, 0 or more.
    slope: f64,
}

impl Profile {
    fn observe(&mut self, height: Option<Aged<f64>>, place: Wgs84, alt_amsl_m: f64) {
        let Some(height) = height.filter(|height| height.value.is_finite()) else { return };
        if self.newest.is_some_and(|newest| height.received_us <= newest) {
            return;
        }
        self.newest = Some(height.received_us);
        let here = Point { place, elevation_m: alt_amsl_m - height.value };
        let origin = Origin::new(place);
        let away_m = |point: &Point| origin.ned_from_wgs84(point.place).distance_m(NorthEast::default());
        let steepest = |slope: f64, point: &Point| {
            let away_m = away_m(point);
            let is_near = (BASE_M..=LATELY_M).contains(&away_m);
            if is_near { slope.max((here.elevation_m - point.elevation_m).abs() / away_m) } else { slope }
        };
        self.slope = self.points.iter().flatten().fold(0.0, steepest);
        if self.last.is_none_or(|last| away_m(&last) >= APART_M) {
            self.last = Some(here);
            self.points[self.next] = Some(here);
            self.next = (self.next + 1) % POINTS;
        }
    }
}
