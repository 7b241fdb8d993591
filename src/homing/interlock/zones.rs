//! The fence that was uploaded to the autopilot (m about home): known, and neither left nor entered on the way to standing still.
//!
//! Inside each inclusion area, or inside one where ArduPilot's FENCE_OPTIONS says that they are one (bit 1; then within
//! that one all along the way, which is stricter), and outside each exclusion area. ArduPilot's FENCE_MARGIN is kept.

use super::fence::{self, Seen, Stopping, Ways};
use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::geo::NorthEast;
use crate::homing::Inputs;
use crate::vehicle::parameter::index;
use crate::vehicle::{Firmware, Zone, Zones};

/// The link reads it every minute; two readings may fail.
const AGE_MAX_US: u64 = 200_000_000;
const FENCE_TYPE: usize = index("FENCE_TYPE");
const FENCE_OPTIONS: usize = index("FENCE_OPTIONS");
const TYPE_CIRCLE: u32 = 2;
const TYPE_POLYGONS: u32 = 4;
const OPTION_UNION: u32 = 2;

/// The position is judged before.
pub(super) fn judge(inputs: &Inputs<'_>, ways: &Ways) -> Verdict {
    let check = Check(Interlock::FenceAutopilot);
    let bits = |at: usize| inputs.vehicle.parameters.fresh(at, inputs.now).map(|value| value as u32);
    let is_px4 = inputs.vehicle.identity.is_some_and(|bound| bound.firmware == Firmware::Px4);
    // While FENCE_TYPE is not known, the failsafes refuse.
    let is_active = is_px4 || bits(FENCE_TYPE).is_some_and(|types| types & TYPE_POLYGONS != 0);
    if !is_active {
        return Ok(());
    }
    let unread = "the fence uploaded to the autopilot was not read yet: wait some seconds";
    let read = inputs.vehicle.zones.ok_or(check.refuse(Fault::Unknown, unread))?;
    if !read.is_fresh(inputs.now, AGE_MAX_US) {
        return Err(check.refuse(
            Fault::Stale,
            "the fence uploaded to the autopilot was not read lately: look at the line's load",
        ));
    }
    let zones = &read.value;
    check.holds(
        !zones.is_cut,
        "the fence uploaded to the autopilot has more, or other, areas than we understand: upload a simpler one",
    )?;
    // ArduPilot takes an empty list for no fence, and says nothing.
    let is_alone = !is_px4 && bits(FENCE_TYPE).is_some_and(|types| types & TYPE_CIRCLE == 0);
    check.holds(
        !is_alone || zones.iter().any(|zone| is_inclusion(&zone)),
        "FENCE_TYPE has areas alone, and none to stay inside is uploaded: upload one, or set bit 1 (circle)",
    )?;
    let is_union = !is_px4 && bits(FENCE_OPTIONS).is_some_and(|options| options & OPTION_UNION != 0);
    let area = Area { zones, ways, margin_m: if is_px4 { 0.0 } else { fence::margin_m(inputs) } };
    ways.each(|way| area.judge(check, way, is_union))
}

struct Area<'a> {
    zones: &'a Zones,
    ways: &'a Ways,
    margin_m: f64,
}

impl Area<'_> {
    fn judge(&self, check: Check, way: &Stopping, is_union: bool) -> Verdict {
        let inclusions = || self.zones.iter().filter(is_inclusion);
        let kept = |zone: Zone| self.holds(&zone, way);
        let is_inside = if is_union {
            inclusions().count() == 0 || inclusions().any(kept)
        } else {
            inclusions().all(kept)
        };
        check.holds(is_inside, "outside, or leads out of, an area of the autopilot's fence: fly inside")?;
        let is_outside = self.zones.iter().filter(|zone| !is_inclusion(zone)).all(kept);
        check.holds(
            is_outside,
            "inside, or leads into, an area that the autopilot's fence excludes: fly away from it",
        )
    }

    /// Whether the way stays on the right side of one area, its margin away from the edge that it leads to.
    fn holds(&self, zone: &Zone, way: &Stopping) -> bool {
        match *zone {
            Zone::Polygon { inside, .. } => {
                let seen = Seen::along(self.ways, way, self.zones.corners(zone));
                seen.is_inside == inside && seen.nearest_edge_m > way.reach_m() + self.margin_m
            }
            Zone::Circle { inside, center, radius_m } => {
                let center = self.ways.origin.ned_from_wgs84(center);
                let from = NorthEast {
                    north_m: self.ways.at.north_m - center.north_m,
                    east_m: self.ways.at.east_m - center.east_m,
                };
                let end =
                    NorthEast { north_m: from.north_m + way.to.north_m, east_m: from.east_m + way.to.east_m };
                let middle = NorthEast::default();
                if inside {
                    let far_m = from.distance_m(middle).max(end.distance_m(middle));
                    return far_m <= radius_m - self.margin_m;
                }
                nearest_m(from, way.to) > radius_m + self.margin_m
            }
        }
    }
}

fn is_inclusion(zone: &Zone) -> bool {
    match *zone {
        Zone::Polygon { inside, .. } | Zone::Circle { inside, .. } => inside,
    }
}

/// How near the way from `from` along `to` comes to the origin.
fn nearest_m(from: NorthEast, to: NorthEast) -> f64 {
    let length2 = to.north_m * to.north_m + to.east_m * to.east_m;
    let back = -(from.north_m * to.north_m + from.east_m * to.east_m);
    let share = if length2 > 0.0 { (back / length2).clamp(0.0, 1.0) } else { 0.0 };
    (from.north_m + share * to.north_m).hypot(from.east_m + share * to.east_m)
}
