//! The ground under the way flown, as each way to know it tells (m): whether something rises ahead of which the engine may have
//! made a refusal. That clearance is kept is judged in truth (`place`).

use super::fence::Reach;
use super::sane::fresh;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::Vehicle;
use std::collections::VecDeque;

/// Rangefinder and map are told a few times a second.
const AGE_MAX_US: u64 = 1_500_000;
/// How far back, and of how near, a rise counts for `Doubtful`: more than any judge needs.
const FAR_M: f64 = 60.0;
const NEAR_M: f64 = 4.0;
const APART_M: f64 = 1.0;
const SAMPLES: usize = 120;
/// Which of the samples a judge kept may make this much of a slope.
const SLOPE_ROUNDING: f64 = 0.1;

/// Of one life of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Ground {
    told: [Source; 2],
}

#[derive(Clone, Debug, Default)]
struct Source {
    seen: Option<TimeUs>,
    samples: VecDeque<(Wgs84, f64)>,
    /// The steepest that can be made of it.
    slope: f64,
}

fn heights(vehicle: &Vehicle) -> [Option<Aged<f64>>; 2] {
    [vehicle.height_rangefinder_m, vehicle.height_terrain_m]
}

impl Ground {
    /// Takes in what a pass knows. Its position is sane.
    pub(super) fn take(&mut self, vehicle: &Vehicle) {
        let Some(position) = vehicle.position else { return };
        for (source, height) in self.told.iter_mut().zip(heights(vehicle)) {
            let Some(height) =
                height.filter(|height| source.seen.is_none_or(|seen| height.received_us > seen))
            else {
                continue;
            };
            source.seen = Some(height.received_us);
            source.take(position.value.place, position.value.alt_amsl_m - height.value);
        }
    }

    /// `least_m` of clearance, with the way to standing still of `reach_m` and `sink_m` at the worst.
    pub(super) fn judge(
        &self,
        vehicle: &Vehicle,
        now: TimeUs,
        least_m: f64,
        may_be_unknown: bool,
        (reach_m, sink_m): (f64, f64),
    ) -> Reach {
        let (mut is_known, mut reach) = (false, Reach::In);
        for (source, height) in self.told.iter().zip(heights(vehicle)) {
            let Some(height_m) = fresh(height, now, AGE_MAX_US) else { continue };
            is_known = true;
            if height_m.is_nan() || !(-1_000.0..=10_000.0).contains(&height_m) || height_m < least_m {
                return Reach::Out;
            }
            if height_m - sink_m - source.slope * reach_m < least_m + 0.1 {
                reach = Reach::Doubtful;
            }
        }
        if is_known || may_be_unknown { reach } else { Reach::Out }
    }
}

impl Source {
    fn take(&mut self, place: Wgs84, elevation_m: f64) {
        let origin = Origin::new(place);
        let away_m = |other: Wgs84| origin.ned_from_wgs84(other).distance_m(NorthEast::default());
        let rises = self.samples.iter().filter_map(|(other, other_m)| {
            let away_m = away_m(*other);
            (NEAR_M..=FAR_M).contains(&away_m).then(|| (elevation_m - other_m).abs() / away_m)
        });
        self.slope = rises.fold(0.0, f64::max) + SLOPE_ROUNDING;
        if self.samples.back().is_some_and(|(last, _)| away_m(*last) < APART_M) {
            return;
        }
        self.samples.push_back((place, elevation_m));
        if self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
    }
}
