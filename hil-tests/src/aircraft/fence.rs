//! The autopilot's own geofence: a circle about home, a height above it, and the areas uploaded to it (m).
//!
//! ArduPilot `AC_Fence.cpp`: breached at the radius or height itself; reported again each 20 m further out;
//! `AC_PolyFence_loader.cpp`: breached outside any inclusion (FENCE_OPTIONS bit 1: outside all of them) or inside any
//! exclusion. PX4 `geofence_params.c`: GF_MAX_HOR_DIST, GF_MAX_VER_DIST about home; `geofence.cpp`: likewise.

use super::{Aircraft, Waypoint};
use skyhound::geo::NorthEast;

/// AC_FENCE_CIRCLE_RADIUS_BACKUP_DISTANCE, AC_FENCE_ALT_MAX_BACKUP_DISTANCE: how far out it is a breach anew.
pub(super) const FURTHER_M: f64 = 20.0;

/// How far outside: of the circle, of the height, of the areas; negative = inside.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Outside {
    pub(super) circle_m: f64,
    pub(super) height_m: f64,
    pub(super) zones_m: f64,
}

impl Outside {
    /// FENCE_STATUS.breach_type.
    pub(super) fn breach_type(&self) -> u8 {
        match (self.circle_m >= 0.0 || self.zones_m >= 0.0, self.height_m >= 0.0) {
            (true, _) => 3,
            (false, true) => 2,
            (false, false) => 0,
        }
    }

    pub(super) fn most_m(&self) -> f64 {
        self.circle_m.max(self.height_m).max(self.zones_m)
    }
}

impl Aircraft {
    /// Where it is by its own belief; inside while there is no home or no position.
    pub(super) fn outside(&self) -> Outside {
        let here = self.here();
        let none = f64::NEG_INFINITY;
        let inside = Outside { circle_m: none, height_m: none, zones_m: none };
        let Some(home) = self.home_m else { return inside };
        if !self.estimator.has_position {
            return inside;
        }
        let fence = &self.tuned.fence;
        let [north_m, east_m, up_m] = here.at_m;
        Outside {
            circle_m: here.far_m(home) - fence.radius_m,
            height_m: up_m - home[2] - fence.height_m,
            zones_m: if fence.has_zones { self.outside_zones_m([north_m, east_m]) } else { none },
        }
    }

    /// The areas as MAV_CMD_NAV_FENCE_* items: 5001 and 5002, each corner with how many there are; 5003 and 5004 with the radius.
    pub fn fence_items(&self) -> Vec<Waypoint> {
        let item = |command: u16, param: f64, [north_m, east_m]: [f64; 2]| {
            let place = self.origin.wgs84_from_ned(NorthEast { north_m, east_m });
            let at = Waypoint::at(command, place, 0.0);
            Waypoint { frame: super::mission::FRAME_GLOBAL, params: [param as f32, 0.0, 0.0, 0.0], ..at }
        };
        let items = self.settings.zone.iter().flat_map(|zone| {
            let outside = u16::from(!zone.inside);
            match zone.corners_m.len() {
                0 => vec![item(5003 + outside, zone.radius_m, zone.center_m)],
                count => zone.corners_m.iter().map(|at| item(5001 + outside, count as f64, *at)).collect(),
            }
        });
        items.collect()
    }

    fn outside_zones_m(&self, at_m: [f64; 2]) -> f64 {
        let beyond = |inside: bool| {
            let zones = self.settings.zone.iter().filter(move |zone| zone.inside == inside);
            zones.map(|zone| -zone.margin_m(at_m))
        };
        let worse = if self.tuned.fence.is_union { f64::min } else { f64::max };
        let included_m = beyond(true).reduce(worse).unwrap_or(f64::NEG_INFINITY);
        beyond(false).fold(included_m, f64::max)
    }
}
