//! Invariant 1 in truth: while a velocity is flown, and while the aircraft coasts after it, its true place stays inside the
//! fence's radius, polygon and altitudes.
//!
//! `fence` asks what the engine should have read of its inputs; here only the outcome counts, whatever was read. Beyond the line
//! by [`ERROR_MAX_M`] is allowed: the slow part of GPS has σ ≤ 2 m (campaigns draw `gps_drift_m` up to 2), of which 4σ; the
//! white part (σ ≤ 0.4 m) is filtered away. Height is the barometer's, σ 0.4 m, in the home's height and in the one of now:
//! 4σ·√2 = 2.3 m, and a gust's push. Not judged: an autopilot that errs by more than that or has no position (GPS at fault),
//! until [`REGAIN_US`] after; other modes; what wind does once it stood still; a fall with an empty battery.
//!
//! And in time: the position by which a velocity is commanded is where the autopilot believed itself to be at the moment that
//! its age names. A late copy that was taken for news is not.

use super::alone::{self, BRAKE_MPS2, TIMEOUT_US};
use super::fence;
use super::sane::fresh;
use super::{Sky, Step, Told};
use skyhound::config::InterlockConfig;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::vehicle::Firmware;
use std::collections::VecDeque;

/// Beyond the line, level.
const ERROR_MAX_M: f64 = 8.0;
/// Above or below the band.
const HEIGHT_ERROR_MAX_M: f64 = 3.0;
/// Under the clearance asked for, where the ground is known: what a slope of 0.3 that begins suddenly takes of it in 10 m of
/// braking and in 8 m of error of place, and the error of height. Elsewhere only the ground itself is the limit.
const CLEARANCE_SHORT_MAX_M: f64 = 8.0;
/// Heights above the ground come a few times a second.
const GROUND_AGE_MAX_US: u64 = 1_500_000;
/// From the return of a true position until the aircraft is led by it.
const REGAIN_US: u64 = 10_000_000;
/// Longer than any position may be old, and any way late.
const KEPT_US: u64 = 6_000_000;
/// Rounding to 1e-7 degrees.
const ROUNDING_M: f64 = 0.1;

#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    led: Option<Led>,
    /// When the autopilot last was wrong about its place.
    misled_us: Option<u64>,
    /// Where it believed itself to be, lately.
    believed: VecDeque<(u64, Wgs84)>,
}

/// A movement.
#[derive(Copy, Clone, Debug)]
struct Led {
    firmware: Firmware,
    /// What the radius is about: home as it was told when the movement began.
    home: Wgs84,
    /// When the last velocity left.
    at_us: u64,
    /// How long it coasts from there.
    coast_us: u64,
    /// The height above the ground was known all the while.
    knows_ground: bool,
}

impl Place {
    /// A velocity left.
    pub(super) fn moved(&mut self, step: &Step<'_>, firmware: Firmware, told: &mut Told) {
        self.date(step, told);
        let told = step.inputs.vehicle.home.map(|home| home.value.place);
        let told = told.filter(|home| Wgs84::checked(home.lat_deg, home.lon_deg).is_some());
        let Some(home) = self.led.map(|led| led.home).or(told) else { return };
        let (vehicle, now) = (step.inputs.vehicle, step.inputs.now);
        let heights = [vehicle.height_rangefinder_m, vehicle.height_terrain_m];
        let knows_ground = heights.iter().any(|height| fresh(*height, now, GROUND_AGE_MAX_US).is_some());
        self.led = Some(Led { firmware, home, at_us: step.at_us, coast_us: TIMEOUT_US, knows_ground });
    }

    fn date(&self, step: &Step<'_>, told: &mut Told) {
        let Some(position) = step.inputs.vehicle.position else { return };
        let (as_of_us, place) = (position.received_us.0, position.value.place);
        let Ok(index) = self.believed.binary_search_by_key(&as_of_us, |(at_us, _)| *at_us) else { return };
        let off = Origin::new(self.believed[index].1).ned_from_wgs84(place);
        let (off_m, age_ms) =
            (off.distance_m(NorthEast::default()), step.inputs.now.0.saturating_sub(as_of_us) / 1000);
        if off_m > ROUNDING_M {
            told.tell(1, || {
                format!("a velocity by a position {off_m:.1} m from where it was {age_ms} ms ago, its age")
            });
        }
    }

    pub(super) fn judge(&mut self, sky: &Sky, limits: &InterlockConfig, told: &mut Told) {
        self.believed.extend(sky.believed.map(|place| (sky.pose.at_us, place)));
        while self.believed.front().is_some_and(|(at_us, _)| at_us + KEPT_US < sky.pose.at_us) {
            self.believed.pop_front();
        }
        let Some(led) = &mut self.led else { return };
        let now_us = sky.pose.at_us;
        if now_us <= led.at_us {
            led.coast_us = TIMEOUT_US + (sky.pose.speed_mps() / BRAKE_MPS2 * 1e6) as u64;
        }
        let is_over = now_us > led.at_us + led.coast_us;
        if is_over || !alone::stays(led.firmware, sky.custom_mode) || !sky.armed || !sky.has_power {
            self.led = None;
            return;
        }
        let place = sky.pose.place(&Origin::new(sky.site));
        let error_m = sky.error().map(|error| error.distance_m(NorthEast::default()));
        if !sky.navigates || error_m.is_none_or(|error_m| error_m > ERROR_MAX_M) {
            self.misled_us = Some(now_us);
        }
        if self.misled_us.is_some_and(|misled_us| now_us <= misled_us + REGAIN_US) {
            return;
        }
        let origin = Origin::new(led.home);
        let at = origin.ned_from_wgs84(place);
        let (fence, up_m, least_m) = (&limits.fence, sky.pose.up_m, limits.ground_clearance_min_m);
        let beyond = [
            ("radius", at.north_m.hypot(at.east_m) - fence.radius_m, ERROR_MAX_M),
            ("polygon", -fence::inside_m(&origin, at, &fence.polygon), ERROR_MAX_M),
            ("highest altitude", up_m - fence.alt_rel_max_m, HEIGHT_ERROR_MAX_M),
            ("lowest altitude", fence.alt_rel_min_m - up_m, HEIGHT_ERROR_MAX_M),
            (
                "ground clearance",
                least_m - (up_m - sky.ground_m),
                if led.knows_ground { CLEARANCE_SHORT_MAX_M } else { least_m },
            ),
        ];
        for (line, beyond_m, allowed_m) in beyond {
            if beyond_m > allowed_m {
                let since_ms = now_us.saturating_sub(led.at_us) / 1000;
                told.tell(1, || {
                    format!("truly {beyond_m:.1} m beyond the fence's {line}, {since_ms} ms after a velocity")
                });
            }
        }
    }
}
