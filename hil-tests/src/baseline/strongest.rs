//! What patient pilots share: the place where the beacon was strongest, and flying to a place.
//!
//! Strongest is where the mean power of [`MEAN_US`] (of readings in which the beacon is on, and of hearings, dB) was highest.

use super::{Sample, Seen, Wish};
use skyhound::command::Velocity;
use skyhound::geo::NorthEast;
use std::collections::VecDeque;

/// Over the straight way back, to turn, to brake and to approach.
const BACK_US: f64 = 20e6;
/// Readings are averaged over this.
const MEAN_US: u64 = 2_000_000;
/// So close to a place is there.
const THERE_M: f64 = 1.5;
/// On the way, a place is flown at full speed; at the end 1 m/s per 2 m, which a multirotor's own position controller does much alike.
const FOLLOW_PER_S: f64 = 2.0;
const APPROACH_PER_S: f64 = 0.5;
/// Stay this much clear of the fence.
pub(super) const FENCE_CLEAR_M: f64 = 15.0;

/// The strongest mean so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Strongest {
    recent: VecDeque<Sample>,
    best: Option<(f64, NorthEast)>,
}

impl Strongest {
    /// Takes samples; whether one of them made a new strongest place.
    pub(super) fn listen(&mut self, samples: &[Sample]) -> bool {
        for sample in samples {
            while self.recent.front().is_some_and(|old| old.at_us + MEAN_US <= sample.at_us) {
                self.recent.pop_front();
            }
            if sample.power.is_some() {
                self.recent.push_back(*sample);
            }
        }
        let count = self.recent.len() as f64;
        let Some(newest) = self.recent.back() else { return false };
        let mean_over = |value: &dyn Fn(&Sample) -> f64| self.recent.iter().map(value).sum::<f64>() / count;
        let power = mean_over(&|sample| f64::from(sample.power.unwrap_or(i32::MIN)));
        // A window that has just begun is no mean.
        let spans = newest.is_hearing
            || self
                .recent
                .front()
                .is_some_and(|oldest| newest.at_us.saturating_sub(oldest.at_us) > MEAN_US / 2);
        let is_best = spans && self.best.is_none_or(|(best, _)| power > best);
        if is_best {
            let north_m = mean_over(&|sample| sample.at.north_m);
            let east_m = mean_over(&|sample| sample.at.east_m);
            self.best = Some((power, NorthEast { north_m, east_m }));
        }
        is_best
    }

    /// Where it was.
    pub(super) fn place(&self) -> Option<NorthEast> {
        self.best.map(|(_, place)| place)
    }

    /// To it, and stay.
    pub(super) fn wish(&self, seen: &Seen<'_>, speed_mps: f64) -> Wish {
        match self.place() {
            Some(place) if seen.at.distance_m(place) >= THERE_M => {
                Wish::Fly(flown(seen, place, speed_mps, APPROACH_PER_S))
            }
            _ => Wish::Hold,
        }
    }
}

/// Whether the time left is what the way back to `place` needs.
pub(super) fn is_late(seen: &Seen<'_>, place: Option<NorthEast>, speed_mps: f64) -> bool {
    let back_m = place.map_or(0.0, |place| seen.at.distance_m(place));
    seen.until_us.saturating_sub(seen.now_us) as f64 <= back_m / speed_mps * 1e6 + BACK_US
}

/// On towards a place on the way.
pub(super) fn towards(seen: &Seen<'_>, place: NorthEast, speed_mps: f64) -> Velocity {
    flown(seen, place, speed_mps, FOLLOW_PER_S)
}

fn flown(seen: &Seen<'_>, place: NorthEast, speed_mps: f64, gain_per_s: f64) -> Velocity {
    let (north_m, east_m) = (place.north_m - seen.at.north_m, place.east_m - seen.at.east_m);
    let distance_m = north_m.hypot(east_m);
    let speed_mps = (gain_per_s * distance_m).min(speed_mps);
    let share = if distance_m > 0.0 { speed_mps / distance_m } else { 0.0 };
    let turn_rad = skyhound::geo::wrap_pi(east_m.atan2(north_m) - seen.yaw_rad);
    Velocity {
        north_mps: north_m * share,
        east_mps: east_m * share,
        down_mps: 0.0,
        yaw_rate_rad_s: turn_rad.clamp(-0.5, 0.5),
    }
}
