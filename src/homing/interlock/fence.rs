//! Where the aircraft may be led: within a radius of home, within a polygon, within an altitude band (all in metres about
//! home), now and at the end of the way that it needs to stand still. The autopilot's own radius and ceiling bound ours.
//!
//! That way is v·T + v²/2a along v (T: `reaction_us`, a: `brake_mps2`), taken for the velocity the aircraft has, for the
//! one wished for, and for the one that would be sent now, on the way from the last command to the wish. The age of
//! the position is time in which the aircraft flew on, and counts into T.
//!
//! Polygon: seen along the flight path, each edge that the line of flight crosses lies at a distance ahead. An odd
//! number of edges ahead means inside (even-odd rule, half-open at corners, so that one hit exactly counts once), and
//! the nearest of them must be further away than the way to standing still. On the edge is outside.

use super::{Check, Judged, Verdict, inputs};
use crate::command::{Fault, Interlock, Trip, Velocity};
use crate::config::InterlockConfig;
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::homing::Inputs;
use crate::vehicle::parameter::index;
use crate::vehicle::{Firmware, Position, Vehicle};

/// The link asks for home every 10 s; six questions without an answer, and it is stale.
const HOME_AGE_MAX_US: u64 = 60_000_000;

const FENCE_TYPE: usize = index("FENCE_TYPE");
const FENCE_RADIUS: usize = index("FENCE_RADIUS");
const FENCE_ALT_MAX: usize = index("FENCE_ALT_MAX");
const FENCE_MARGIN: usize = index("FENCE_MARGIN");
const GF_MAX_HOR_DIST: usize = index("GF_MAX_HOR_DIST");
const GF_MAX_VER_DIST: usize = index("GF_MAX_VER_DIST");
/// Room that planning leaves to a fence, m.
const ROOM_M: f64 = 5.0;
/// Bits of FENCE_TYPE.
const TYPE_ALT_MAX: u32 = 1;
const TYPE_CIRCLE: u32 = 2;

/// From where the aircraft is to where its velocities lead before it stands still.
pub(super) struct Ways {
    /// About home.
    pub(super) origin: Origin,
    /// Where it is.
    pub(super) at: NorthEast,
    position: Position,
    ways: [Stopping; 3],
}

/// From a velocity to where it leads before the aircraft stands still.
#[derive(Copy, Clone, Debug)]
pub(super) struct Stopping {
    /// Way over the ground.
    pub(super) to: NorthEast,
    /// Change of height, m.
    pub(super) climb_m: f64,
}

impl Stopping {
    /// Length of the way over the ground, m.
    pub(super) fn reach_m(&self) -> f64 {
        self.to.distance_m(NorthEast::default())
    }
}

impl Ways {
    /// `leads`: the velocities to be commanded; one that is not finite is left to the command limits, here it counts as
    /// standing still. The position's freshness and range are judged before.
    pub(super) fn of(
        inputs: &Inputs<'_>,
        limits: &InterlockConfig,
        leads: [Velocity; 2],
    ) -> Result<Ways, Trip> {
        let check = Check(Interlock::FenceRadius);
        let home =
            inputs.vehicle.home.ok_or(check.refuse(Fault::Unknown, "home: set it, or wait for a fix"))?;
        if !home.is_fresh(inputs.now, HOME_AGE_MAX_US) {
            return Err(check.refuse(
                Fault::Stale,
                "HOME_POSITION is not told any more: look at the line's speed and load",
            ));
        }
        inputs::place(check, home.value.place)?;
        let known = inputs.vehicle.position.ok_or(check.refuse(Fault::Unknown, "position"))?;
        let position = known.value;
        let origin = Origin::new(home.value.place);
        let now = Velocity {
            north_mps: position.north_mps,
            east_mps: position.east_mps,
            down_mps: position.down_mps,
            yaw_rate_rad_s: 0.0,
        };
        let age_us = inputs.now.since_us(known.received_us);
        let reaction_s = (age_us + u64::from(limits.reaction_us)) as f64 / 1e6;
        let ways = [now, finite_or_still(leads[0]), finite_or_still(leads[1])]
            .map(|velocity| stopping(&velocity, reaction_s, limits.brake_mps2));
        Ok(Ways { origin, at: origin.ned_from_wgs84(position.place), position, ways })
    }

    /// As if it were led straight along `way` (m from here) at the highest speed.
    pub(super) fn straight(
        inputs: &Inputs<'_>,
        limits: &InterlockConfig,
        way: NorthEast,
    ) -> Result<Ways, Trip> {
        let still = Ways::of(inputs, limits, [Velocity::default(); 2])?;
        let length_m = way.distance_m(NorthEast::default());
        let stop_s = f64::from(limits.reaction_us) / 1e6 + limits.speed_max_mps / (2.0 * limits.brake_mps2);
        let share =
            if length_m > 0.0 { 1.0 + (limits.speed_max_mps * stop_s + ROOM_M) / length_m } else { 1.0 };
        let to = NorthEast { north_m: way.north_m * share, east_m: way.east_m * share };
        Ok(Ways { ways: [Stopping { to, climb_m: 0.0 }; 3], ..still })
    }

    /// Whether each way holds.
    pub(super) fn each(&self, judge: impl Fn(&Stopping) -> Verdict) -> Verdict {
        self.ways.iter().try_for_each(judge)
    }
}

fn finite_or_still(lead: Velocity) -> Velocity {
    let finite = [lead.north_mps, lead.east_mps, lead.down_mps].iter().all(|part_mps| part_mps.is_finite());
    if finite { lead } else { Velocity::default() }
}

fn stopping(velocity: &Velocity, reaction_s: f64, brake_mps2: f64) -> Stopping {
    let stop_s = |speed_mps: f64| reaction_s + speed_mps / (2.0 * brake_mps2);
    let level_s = stop_s(velocity.north_mps.hypot(velocity.east_mps));
    let to = NorthEast { north_m: velocity.north_mps * level_s, east_m: velocity.east_mps * level_s };
    Stopping { to, climb_m: -velocity.down_mps * stop_s(velocity.down_mps.abs()) }
}

pub(super) fn judge(inputs: &Inputs<'_>, limits: &InterlockConfig, ways: &Ways, judged: &mut Judged<'_>) {
    let own = autopilot_limits(inputs);
    judged.take(ways.each(|way| radius(ways.at, way, limits.fence.radius_m.min(own.radius_m))));
    judged.take(ways.each(|way| polygon(ways, way, &limits.fence.polygon)));
    let band = (limits.fence.alt_rel_min_m, limits.fence.alt_rel_max_m.min(own.alt_rel_max_m));
    judged.take(ways.each(|way| altitude(&ways.position, way, band)));
}

/// The autopilot's own cylinder about home, less its margin; infinite where it has none. That there is a fence at all is judged
/// with the failsafes.
struct Cylinder {
    radius_m: f64,
    alt_rel_max_m: f64,
}

fn autopilot_limits(inputs: &Inputs<'_>) -> Cylinder {
    let Vehicle { parameters, identity, .. } = inputs.vehicle;
    let told = |at: usize| parameters.fresh(at, inputs.now).filter(|value| value.is_finite());
    let over_0 = |at: usize| told(at).filter(|&value| value > 0.0).unwrap_or(f64::INFINITY);
    if identity.is_some_and(|bound| bound.firmware == Firmware::Px4) {
        return Cylinder { radius_m: over_0(GF_MAX_HOR_DIST), alt_rel_max_m: over_0(GF_MAX_VER_DIST) };
    }
    let types = told(FENCE_TYPE).unwrap_or(0.0) as u32;
    let margin_m = margin_m(inputs);
    let when = |bit: u32, at: usize| if types & bit != 0 { over_0(at) - margin_m } else { f64::INFINITY };
    Cylinder { radius_m: when(TYPE_CIRCLE, FENCE_RADIUS), alt_rel_max_m: when(TYPE_ALT_MAX, FENCE_ALT_MAX) }
}

/// ArduPilot's distance from its fence at which it begins to act, m.
pub(super) fn margin_m(inputs: &Inputs<'_>) -> f64 {
    let told = inputs.vehicle.parameters.fresh(FENCE_MARGIN, inputs.now);
    told.filter(|margin_m| margin_m.is_finite()).map_or(0.0, |margin_m| margin_m.max(0.0))
}

/// A disc is convex: with both ends inside, the way between is.
fn radius(at: NorthEast, way: &Stopping, radius_m: f64) -> Verdict {
    let check = Check(Interlock::FenceRadius);
    let home = NorthEast::default();
    let end = NorthEast { north_m: at.north_m + way.to.north_m, east_m: at.east_m + way.to.east_m };
    check.holds(at.distance_m(home) <= radius_m, "outside the radius about home: fly back inside")?;
    check.holds(end.distance_m(home) <= radius_m, "leads out of the radius about home: fly nearer to home")
}

fn altitude(position: &Position, way: &Stopping, (low_m, high_m): (f64, f64)) -> Verdict {
    let check = Check(Interlock::FenceAltitude);
    let band = low_m..=high_m;
    check.holds(band.contains(&position.alt_rel_m), "outside the altitude band: climb or sink into it")?;
    check.holds(
        band.contains(&(position.alt_rel_m + way.climb_m)),
        "leads out of the altitude band: fly level, nearer to its middle",
    )
}

fn polygon(ways: &Ways, way: &Stopping, corners: &[Wgs84]) -> Verdict {
    if corners.is_empty() {
        return Ok(());
    }
    let check = Check(Interlock::FencePolygon);
    let seen = Seen::along(ways, way, corners);
    check.holds(seen.is_inside, "outside the polygon: fly back inside")?;
    check.holds(seen.nearest_edge_m > way.reach_m(), "leads out of the polygon: fly further inside")
}

/// A polygon as it lies along the flight path.
pub(super) struct Seen {
    pub(super) is_inside: bool,
    /// To the nearest edge ahead; infinite when there is none.
    pub(super) nearest_edge_m: f64,
}

impl Seen {
    pub(super) fn along(ways: &Ways, way: &Stopping, corners: &[Wgs84]) -> Seen {
        let reach_m = way.reach_m();
        let ahead = if reach_m > 0.0 {
            NorthEast { north_m: way.to.north_m / reach_m, east_m: way.to.east_m / reach_m }
        } else {
            NorthEast { north_m: 1.0, east_m: 0.0 }
        };
        let mut seen = Seen { is_inside: false, nearest_edge_m: f64::INFINITY };
        let Some(&last) = corners.last() else { return seen };
        let mut from = seen_along(ways, ahead, last);
        for &corner in corners {
            let to = seen_along(ways, ahead, corner);
            if (from.1 > 0.0) != (to.1 > 0.0) {
                let distance_m = from.0 - from.1 * (to.0 - from.0) / (to.1 - from.1);
                if distance_m >= 0.0 {
                    seen.is_inside = !seen.is_inside;
                    seen.nearest_edge_m = seen.nearest_edge_m.min(distance_m);
                }
            }
            from = to;
        }
        seen
    }
}

/// A corner seen from where we are, looking `ahead`: metres ahead, metres to the right.
fn seen_along(ways: &Ways, ahead: NorthEast, corner: Wgs84) -> (f64, f64) {
    let corner = ways.origin.ned_from_wgs84(corner);
    let (north_m, east_m) = (corner.north_m - ways.at.north_m, corner.east_m - ways.at.east_m);
    (north_m * ahead.north_m + east_m * ahead.east_m, east_m * ahead.north_m - north_m * ahead.east_m)
}
