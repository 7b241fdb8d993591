//! Where the aircraft may be led: within a radius of home, within a polygon, within an altitude band (all in metres about
//! home), now and at the end of the way that it needs to stand still.
//!
//! That way is v·T + v²/2a along v (T: `reaction_us`, a: `brake_mps2`), taken for the velocity the aircraft has, for the
//! one wished for, and for the one that would be sent now, on the way from the last command to the wish. The age of
//! the position is time in which the aircraft flew on, and counts into T.
//!
//! Polygon: seen along the flight path, each edge that the line of flight crosses lies at a distance ahead. An odd
//! number of edges ahead means inside (even-odd rule, half-open at corners, so that one hit exactly counts once), and
//! the nearest of them must be further away than the way to standing still. On the edge is outside.

use super::{Check, Verdict, inputs};
use crate::command::{Fault, Interlock, Velocity};
use crate::config::InterlockConfig;
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::homing::Inputs;
use crate::vehicle::Position;

/// The link asks for home every 10 s; six questions without an answer, and it is stale.
const HOME_AGE_MAX_US: u64 = 60_000_000;

/// `leads`: the velocities to be commanded; one that is not finite is left to the command limits, here it counts as
/// standing still. The position's freshness and range are judged before.
pub(super) fn judge(inputs: &Inputs<'_>, limits: &InterlockConfig, leads: [Velocity; 2]) -> Verdict {
    let check = Check(Interlock::FenceRadius);
    let home = check.fresh(inputs.vehicle.home, inputs.now, HOME_AGE_MAX_US)?;
    inputs::place(check, home.place)?;
    let known = inputs.vehicle.position.ok_or(check.refuse(Fault::Unknown, "position"))?;
    let position = known.value;
    let origin = Origin::new(home.place);
    let at = origin.ned_from_wgs84(position.place);
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
    ways.iter().try_for_each(|way| radius(at, way, limits))?;
    ways.iter().try_for_each(|way| polygon(&origin, at, way, limits))?;
    ways.iter().try_for_each(|way| altitude(&position, way, limits))
}

fn finite_or_still(lead: Velocity) -> Velocity {
    let finite = [lead.north_mps, lead.east_mps, lead.down_mps].iter().all(|part_mps| part_mps.is_finite());
    if finite { lead } else { Velocity::default() }
}

/// From a velocity to where it leads before the aircraft stands still.
struct Stopping {
    to: NorthEast,
    climb_m: f64,
}

fn stopping(velocity: &Velocity, reaction_s: f64, brake_mps2: f64) -> Stopping {
    let stop_s = |speed_mps: f64| reaction_s + speed_mps / (2.0 * brake_mps2);
    let level_s = stop_s(velocity.north_mps.hypot(velocity.east_mps));
    let to = NorthEast { north_m: velocity.north_mps * level_s, east_m: velocity.east_mps * level_s };
    Stopping { to, climb_m: -velocity.down_mps * stop_s(velocity.down_mps.abs()) }
}

/// A disc is convex: with both ends inside, the way between is.
fn radius(at: NorthEast, way: &Stopping, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::FenceRadius);
    let home = NorthEast::default();
    let end = NorthEast { north_m: at.north_m + way.to.north_m, east_m: at.east_m + way.to.east_m };
    let radius_m = limits.fence.radius_m;
    check.holds(at.distance_m(home) <= radius_m, "outside the radius about home")?;
    check.holds(end.distance_m(home) <= radius_m, "leads out of the radius about home")
}

fn altitude(position: &Position, way: &Stopping, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::FenceAltitude);
    let band = limits.fence.alt_rel_min_m..=limits.fence.alt_rel_max_m;
    check.holds(band.contains(&position.alt_rel_m), "outside the altitude band")?;
    check.holds(band.contains(&(position.alt_rel_m + way.climb_m)), "leads out of the altitude band")
}

fn polygon(origin: &Origin, at: NorthEast, way: &Stopping, limits: &InterlockConfig) -> Verdict {
    let corners = &limits.fence.polygon;
    let Some(&last) = corners.last() else { return Ok(()) };
    let check = Check(Interlock::FencePolygon);
    let reach_m = way.to.distance_m(NorthEast::default());
    let ahead = if reach_m > 0.0 {
        NorthEast { north_m: way.to.north_m / reach_m, east_m: way.to.east_m / reach_m }
    } else {
        NorthEast { north_m: 1.0, east_m: 0.0 }
    };
    let mut inside = false;
    let mut nearest_m = f64::INFINITY;
    let mut from = seen_along(origin, at, ahead, last);
    for &corner in corners {
        let to = seen_along(origin, at, ahead, corner);
        if (from.1 > 0.0) != (to.1 > 0.0) {
            let distance_m = from.0 - from.1 * (to.0 - from.0) / (to.1 - from.1);
            if distance_m >= 0.0 {
                inside = !inside;
                nearest_m = nearest_m.min(distance_m);
            }
        }
        from = to;
    }
    check.holds(inside, "outside the polygon")?;
    check.holds(nearest_m > reach_m, "leads out of the polygon")
}

/// A corner seen from `at` looking `ahead`: metres ahead, metres to the right.
fn seen_along(origin: &Origin, at: NorthEast, ahead: NorthEast, corner: Wgs84) -> (f64, f64) {
    let corner = origin.ned_from_wgs84(corner);
    let (north_m, east_m) = (corner.north_m - at.north_m, corner.east_m - at.east_m);
    (north_m * ahead.north_m + east_m * ahead.east_m, east_m * ahead.north_m - north_m * ahead.east_m)
}
