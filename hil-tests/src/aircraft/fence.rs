//! The autopilot's own geofence: a circle about home and a height above it (m).
//!
//! ArduPilot `AC_Fence.cpp`: breached at the radius or height itself; reported again each 20 m further out. PX4
//! `geofence_params.c`: GF_MAX_HOR_DIST, GF_MAX_VER_DIST about home.

use super::Aircraft;

/// AC_FENCE_CIRCLE_RADIUS_BACKUP_DISTANCE, AC_FENCE_ALT_MAX_BACKUP_DISTANCE: how far out it is a breach anew.
pub(super) const FURTHER_M: f64 = 20.0;

/// How far outside: of the circle, of the height; negative = inside.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Outside {
    pub(super) circle_m: f64,
    pub(super) height_m: f64,
}

impl Outside {
    /// FENCE_STATUS.breach_type.
    pub(super) fn breach_type(&self) -> u8 {
        match (self.circle_m >= 0.0, self.height_m >= 0.0) {
            (true, _) => 3,
            (false, true) => 2,
            (false, false) => 0,
        }
    }

    pub(super) fn most_m(&self) -> f64 {
        self.circle_m.max(self.height_m)
    }
}

impl Aircraft {
    /// Where it is by its own belief; inside while there is no home or no position.
    pub(super) fn outside(&self) -> Outside {
        self.outside_at(self.here().at_m)
    }

    fn outside_at(&self, at_m: [f64; 3]) -> Outside {
        let inside = Outside { circle_m: f64::NEG_INFINITY, height_m: f64::NEG_INFINITY };
        let Some(home) = self.home_m else { return inside };
        if !self.estimator.has_position() {
            return inside;
        }
        let far_m = (at_m[0] - home[0]).hypot(at_m[1] - home[1]);
        let fence = &self.tuned.fence;
        Outside { circle_m: far_m - fence.radius_m, height_m: at_m[2] - home[2] - fence.height_m }
    }

    /// Whether a destination lies outside.
    pub(super) fn fence_refuses(&self, at_m: [f64; 3]) -> bool {
        self.outside_at(at_m).most_m() > 0.0
    }
}
