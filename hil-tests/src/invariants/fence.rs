//! The fence again, by another way than the engine's: where would the aircraft stand still, were it stopped now, and does
//! any of the way there lie outside. Margin ≥ v·T + v²/2a, T from the cause to braking, a its deceleration.
//!
//! Taken for the velocity that the aircraft has and the one commanded now. The position is as old as its age, which counts
//! into T. A polygon is left where the way properly crosses one of its edges; inside is the even-odd rule's word.
//! `Doubtful` is what lies within [`ROUNDING_M`] of the line, or what a wish of full speed could reach and the engine, which
//! knows its wish, may therefore have refused.

use crate::scenario::zone::polygon_margin_m;
use skyhound::command::Velocity;
use skyhound::config::InterlockConfig;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Position, Zone, Zones};

/// Geometry of two independent ways agrees to much better than this.
const ROUNDING_M: f64 = 0.01;

/// Whether something stays where it must.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    // From well to bad.
    In,
    Doubtful,
    Out,
}

impl Reach {
    pub(super) fn of(is_out: bool, is_doubtful: bool) -> Reach {
        match (is_out, is_doubtful) {
            (true, _) => Reach::Out,
            (false, true) => Reach::Doubtful,
            (false, false) => Reach::In,
        }
    }

    /// `worst_m`, `excess_m`: metres beyond the line at the worst, and as known.
    pub(super) fn beyond(excess_m: f64, worst_m: f64) -> Reach {
        Reach::of(excess_m.is_nan() || excess_m > ROUNDING_M, worst_m > -ROUNDING_M)
    }
}

/// The three fences.
pub(super) struct Margins {
    pub(super) radius: Reach,
    pub(super) polygon: Reach,
    pub(super) altitude: Reach,
    pub(super) zones: Reach,
    /// Of the way to standing still at the worst: over the ground, and down.
    pub(super) worst_way_m: (f64, f64),
}

/// The autopilot's own fence, as it told (m).
#[derive(Copy, Clone, Debug)]
pub(super) struct Own<'a> {
    pub(super) radius_m: f64,
    pub(super) alt_rel_max_m: f64,
    /// How far before an edge it begins to act.
    pub(super) margin_m: f64,
    /// The areas, when they count and are known; of inclusions one is enough.
    pub(super) zones: Option<(&'a Zones, bool)>,
}

/// `home` and `known` are sane places, `known` with its age.
pub(super) fn judge(
    home: Wgs84,
    known: &Aged<Position>,
    now: TimeUs,
    limits: &InterlockConfig,
    own: &Own<'_>,
    lead: Velocity,
) -> Margins {
    let origin = Origin::new(home);
    let at = origin.ned_from_wgs84(known.value.place);
    let react_s = (now.since_us(known.received_us) + u64::from(limits.reaction_us)) as f64 / 1e6;
    let stop_m = |speed_mps: f64| speed_mps * react_s + speed_mps * speed_mps / (2.0 * limits.brake_mps2);
    let flown = (known.value.north_mps, known.value.east_mps);
    let ends = [flown, (lead.north_mps, lead.east_mps)].map(|(north_mps, east_mps)| {
        let speed_mps = (north_mps * north_mps + east_mps * east_mps).sqrt();
        let share_s = if speed_mps > 0.0 { stop_m(speed_mps) / speed_mps } else { 0.0 };
        NorthEast { north_m: at.north_m + north_mps * share_s, east_m: at.east_m + east_mps * share_s }
    });
    let from_home_m = |place: &NorthEast| (place.north_m.powi(2) + place.east_m.powi(2)).sqrt();
    let furthest_m = ends.iter().map(from_home_m).fold(from_home_m(&at), worse);
    let worst_m = furthest_m.max(from_home_m(&at) + stop_m(limits.speed_max_mps));
    let radius_m = limits.fence.radius_m.min(own.radius_m);
    let alt_rel_max_m = limits.fence.alt_rel_max_m.min(own.alt_rel_max_m);
    let radius = Reach::beyond(furthest_m - radius_m, worst_m - radius_m);
    let climbs =
        [known.value.down_mps, lead.down_mps].map(|down_mps| -down_mps.signum() * stop_m(down_mps.abs()));
    let (mut above_m, mut worst_m) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for climb_m in [0.0, climbs[0], climbs[1]] {
        let alt_m = known.value.alt_rel_m + climb_m;
        let excess_m = worse(alt_m - alt_rel_max_m, limits.fence.alt_rel_min_m - alt_m);
        (above_m, worst_m) = (worse(above_m, excess_m), worse(worst_m, excess_m));
    }
    let level_m = ends.iter().map(|end| at.distance_m(*end)).fold(stop_m(limits.speed_max_mps), f64::max);
    let sink_m = climbs.iter().fold(stop_m(limits.climb_max_mps), |sink_m, climb_m| sink_m.max(-climb_m));
    Margins {
        worst_way_m: (level_m, sink_m),
        radius,
        polygon: polygon(&origin, at, &ends, stop_m(limits.speed_max_mps), &limits.fence.polygon),
        zones: zones(&origin, at, &ends, stop_m(limits.speed_max_mps), own),
        altitude: Reach::beyond(above_m, worst_m + 0.1),
    }
}

/// The larger; NaN when one is NaN.
fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn polygon(origin: &Origin, at: NorthEast, ends: &[NorthEast; 2], reach_m: f64, corners: &[Wgs84]) -> Reach {
    if corners.is_empty() {
        return Reach::In;
    }
    let inside_m = inside_m(origin, at, corners);
    let corners: Vec<NorthEast> = corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
    let mut edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let crosses = edges.any(|(a, b)| ends.iter().any(|end| cross(at, *end, *a, *b)));
    let ends_m = ends.iter().map(|end| at.distance_m(*end)).fold(reach_m, f64::max);
    let is_out = inside_m < -ROUNDING_M || (crosses && inside_m > ROUNDING_M);
    Reach::of(is_out, inside_m < ends_m + ROUNDING_M)
}

/// The areas uploaded to the autopilot. Surely broken is one on whose wrong side the aircraft is or would come to stand; what the
/// margin adds before that is doubtful.
fn zones(origin: &Origin, at: NorthEast, ends: &[NorthEast; 2], reach_m: f64, own: &Own<'_>) -> Reach {
    let Some((zones, is_union)) = own.zones else { return Reach::In };
    let far_m = ends.iter().map(|end| at.distance_m(*end)).fold(reach_m, f64::max) + own.margin_m;
    let reach_of = |zone: &Zone| {
        let worst_m = [at, ends[0], ends[1]].map(|place| right_m(origin, place, zone, zones));
        let least_m = worst_m.into_iter().fold(f64::INFINITY, f64::min);
        Reach::of(least_m < -ROUNDING_M, worst_m[0] <= far_m + ROUNDING_M)
    };
    let (inclusions, exclusions): (Vec<Zone>, Vec<Zone>) = zones.iter().partition(is_inclusion);
    let mut all: Vec<Reach> = exclusions.iter().map(reach_of).collect();
    let included = inclusions.iter().map(reach_of);
    if is_union && !inclusions.is_empty() {
        all.push(included.min_by_key(|reach| *reach as u8).unwrap_or(Reach::In));
    } else {
        all.extend(included);
    }
    all.into_iter().max_by_key(|reach| *reach as u8).unwrap_or(Reach::In)
}

fn is_inclusion(zone: &Zone) -> bool {
    matches!(zone, Zone::Polygon { inside: true, .. } | Zone::Circle { inside: true, .. })
}

/// How far a place is on the right side of an area's edge.
fn right_m(origin: &Origin, at: NorthEast, zone: &Zone, zones: &Zones) -> f64 {
    let within_m = match *zone {
        Zone::Circle { center, radius_m, .. } => radius_m - at.distance_m(origin.ned_from_wgs84(center)),
        Zone::Polygon { .. } => inside_m(origin, at, zones.corners(zone)),
    };
    if is_inclusion(zone) { within_m } else { -within_m }
}

/// How far inside the polygon, negative outside; none has no end.
pub(super) fn inside_m(origin: &Origin, at: NorthEast, corners: &[Wgs84]) -> f64 {
    let corners: Vec<NorthEast> = corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
    polygon_margin_m(&corners, at)
}

/// Whether two segments properly cross, by more than rounding.
fn cross(p: NorthEast, q: NorthEast, a: NorthEast, b: NorthEast) -> bool {
    let side = |from: NorthEast, to: NorthEast, of: NorthEast| {
        let along = (to.north_m - from.north_m, to.east_m - from.east_m);
        let length_m = along.0.hypot(along.1).max(1e-9);
        (along.0 * (of.east_m - from.east_m) - along.1 * (of.north_m - from.north_m)) / length_m
    };
    let apart = |x: f64, y: f64| x.min(y) < -ROUNDING_M && x.max(y) > ROUNDING_M;
    apart(side(p, q, a), side(p, q, b)) && apart(side(a, b, p), side(a, b, q))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };

    fn limits() -> InterlockConfig {
        InterlockConfig { reaction_us: 1_000_000, brake_mps2: 2.5, ..super::super::tests::config().interlock }
    }

    /// At a place about home, flying and led north; with the autopilot's areas.
    fn judged(
        (north_m, east_m, north_mps, lead_north_mps): (f64, f64, f64, f64),
        limits: &InterlockConfig,
        zones: Option<(&Zones, bool)>,
    ) -> Margins {
        let place = Origin::new(HOME).wgs84_from_ned(NorthEast { north_m, east_m });
        let known =
            Position { place, alt_amsl_m: 440.0, alt_rel_m: 40.0, north_mps, east_mps: 0.0, down_mps: 0.0 };
        let lead = Velocity { north_mps: lead_north_mps, ..Velocity::default() };
        let own = Own { radius_m: 1e9, alt_rel_max_m: 1e9, margin_m: 2.0, zones };
        let now = TimeUs(1_000_000);
        judge(HOME, &Aged::new(known, now), now, limits, &own, lead)
    }

    #[test]
    fn an_area_of_the_autopilot_is_neither_left_nor_entered() {
        let (origin, limits) = (Origin::new(HOME), InterlockConfig { speed_max_mps: 5.0, ..limits() });
        let place = |north_m, east_m| origin.wgs84_from_ned(NorthEast { north_m, east_m });
        let mut zones = Zones::default();
        zones.push_circle(true, place(0.0, 0.0), 100.0);
        zones.push_polygon(false, &[place(40.0, -20.0), place(40.0, 20.0), place(60.0, 0.0)]);
        // 5 m/s: 10 m to standing still, 2 m of margin.
        for (north_m, mps, reach) in [
            (0.0, 0.0, Reach::In),
            (50.0, 0.0, Reach::Out),
            (29.0, 5.0, Reach::Doubtful),
            (31.0, 5.0, Reach::Out),
            (-85.0, -5.0, Reach::In),
            (-91.0, -5.0, Reach::Out),
        ] {
            let seen = judged((north_m, 0.0, mps, 0.0), &limits, Some((&zones, false))).zones;
            assert_eq!(seen, reach, "{north_m} m, {mps} m/s");
        }
        zones.push_circle(true, place(-150.0, 0.0), 100.0);
        let seen = |union| judged((0.0, 0.0, 0.0, 0.0), &limits, Some((&zones, union))).zones;
        assert_eq!((seen(false), seen(true)), (Reach::Out, Reach::In));
    }

    #[test]
    fn a_speed_needs_its_way_to_stand_still() {
        let mut limits = limits();
        (limits.fence.radius_m, limits.speed_max_mps) = (100.0, 5.0);
        // 5 m/s: 5 m of reaction and 5 m of braking.
        for (north_m, north_mps, lead_mps, reach) in [
            (89.9, 5.0, 0.0, Reach::In),
            (90.1, 5.0, 0.0, Reach::Out),
            (90.1, -5.0, 0.0, Reach::Doubtful),
            (90.1, 0.0, 5.0, Reach::Out),
            (80.0, 0.0, 0.0, Reach::In),
            (100.1, 0.0, 0.0, Reach::Out),
            (0.0, f64::NAN, 0.0, Reach::Out),
        ] {
            let seen = judged((north_m, 0.0, north_mps, lead_mps), &limits, None).radius;
            assert_eq!(seen, reach, "{north_m} m, {north_mps} m/s, {lead_mps} m/s");
        }
    }

    #[test]
    fn a_notch_of_the_polygon_is_not_jumped_over() {
        let origin = Origin::new(HOME);
        let mut limits = limits();
        // A square of 100 m with a wedge cut in from the east, its tip at 6 m north, 0 east.
        let north_m = [-50.0, 50.0, 50.0, 7.0, 6.0, 5.0, -50.0];
        let east_m = [-50.0, -50.0, 50.0, 50.0, 0.0, 50.0, 50.0];
        let place = |(north_m, east_m)| origin.wgs84_from_ned(NorthEast { north_m, east_m });
        limits.fence.polygon = north_m.into_iter().zip(east_m).map(place).collect();
        for (north_m, east_m, lead_mps, reach) in [
            (-20.0, 20.0, 0.0, Reach::In),
            // Across the wedge, away from it, and in it.
            (0.0, 20.0, 5.0, Reach::Out),
            (0.0, 20.0, -5.0, Reach::Doubtful),
            (6.0, 20.0, 0.0, Reach::Out),
            (-51.0, 0.0, 0.0, Reach::Out),
        ] {
            let seen = judged((north_m, east_m, 0.0, lead_mps), &limits, None).polygon;
            assert_eq!(seen, reach, "{north_m} m, {east_m} m, {lead_mps} m/s");
        }
    }
}
