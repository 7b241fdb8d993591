//! The fence again, by another way than the engine's: where would the aircraft stand still, were it stopped now, and does
//! any of the way there lie outside. Margin ≥ v·T + v²/2a, T from the cause to braking, a its deceleration.
//!
//! Taken for the velocity that the aircraft has and the one commanded now. The position is as old as its age, which counts
//! into T. A polygon is left where the way properly crosses one of its edges; inside is the winding number's word.
//! `Doubtful` is what lies within [`ROUNDING_M`] of the line, or what a wish of full speed could reach and the engine, which
//! knows its wish, may therefore have refused.

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
    /// `worst_m`, `excess_m`: metres beyond the line at the worst, and as known.
    pub(super) fn of(excess_m: f64, worst_m: f64) -> Reach {
        if excess_m.is_nan() || excess_m > ROUNDING_M {
            Reach::Out
        } else if worst_m > -ROUNDING_M {
            Reach::Doubtful
        } else {
            Reach::In
        }
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
    let radius = Reach::of(furthest_m - radius_m, worst_m - radius_m);
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
        altitude: Reach::of(above_m, worst_m + 0.1),
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
    let corners: Vec<NorthEast> = corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
    let edges = || corners.iter().zip(corners.iter().cycle().skip(1));
    let nearest_m = edges().map(|(a, b)| to_segment_m(at, *a, *b)).fold(f64::INFINITY, f64::min);
    let winds: f64 = edges().map(|(a, b)| turn_rad(at, *a, *b)).sum();
    let is_inside = winds.abs() > std::f64::consts::PI;
    if !is_inside {
        return if nearest_m > ROUNDING_M { Reach::Out } else { Reach::Doubtful };
    }
    let crosses = ends.iter().any(|end| edges().any(|(a, b)| cross(at, *end, *a, *b)));
    if crosses && nearest_m > ROUNDING_M {
        return Reach::Out;
    }
    let ends_m = ends.iter().map(|end| at.distance_m(*end)).fold(reach_m, f64::max);
    if nearest_m < ends_m + ROUNDING_M { Reach::Doubtful } else { Reach::In }
}

/// The areas uploaded to the autopilot. Surely broken is one on whose wrong side the aircraft is or would come to stand; what the
/// margin adds before that is doubtful.
fn zones(origin: &Origin, at: NorthEast, ends: &[NorthEast; 2], reach_m: f64, own: &Own<'_>) -> Reach {
    let Some((zones, is_union)) = own.zones else { return Reach::In };
    let far_m = ends.iter().map(|end| at.distance_m(*end)).fold(reach_m, f64::max) + own.margin_m;
    let reach_of = |zone: &Zone| {
        let worst_m = [at, ends[0], ends[1]].map(|place| inside_m(origin, place, zone, zones));
        let least_m = worst_m.into_iter().fold(f64::INFINITY, f64::min);
        match (least_m < -ROUNDING_M, worst_m[0] > far_m + ROUNDING_M) {
            (true, _) => Reach::Out,
            (false, true) => Reach::In,
            (false, false) => Reach::Doubtful,
        }
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
fn inside_m(origin: &Origin, at: NorthEast, zone: &Zone, zones: &Zones) -> f64 {
    let within_m = match *zone {
        Zone::Circle { center, radius_m, .. } => radius_m - at.distance_m(origin.ned_from_wgs84(center)),
        Zone::Polygon { .. } => {
            let corners = zones.corners(zone);
            let edges_m: Vec<NorthEast> =
                corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
            let edges = edges_m.iter().zip(edges_m.iter().cycle().skip(1));
            let nearest_m = edges.map(|(a, b)| to_segment_m(at, *a, *b)).fold(f64::INFINITY, f64::min);
            if outside_m(origin, at, corners) > 0.0 { -nearest_m } else { nearest_m }
        }
    };
    if is_inclusion(zone) { within_m } else { -within_m }
}

/// Metres outside the polygon; none is 0, as inside.
pub(super) fn outside_m(origin: &Origin, at: NorthEast, corners: &[Wgs84]) -> f64 {
    let corners: Vec<NorthEast> = corners.iter().map(|corner| origin.ned_from_wgs84(*corner)).collect();
    let edges = || corners.iter().zip(corners.iter().cycle().skip(1));
    let winds: f64 = edges().map(|(a, b)| turn_rad(at, *a, *b)).sum();
    if corners.is_empty() || winds.abs() > std::f64::consts::PI {
        return 0.0;
    }
    edges().map(|(a, b)| to_segment_m(at, *a, *b)).fold(f64::INFINITY, f64::min)
}

/// Angle under which the edge is seen, signed.
fn turn_rad(at: NorthEast, a: NorthEast, b: NorthEast) -> f64 {
    let (an, ae, bn, be) =
        (a.north_m - at.north_m, a.east_m - at.east_m, b.north_m - at.north_m, b.east_m - at.east_m);
    (an * be - ae * bn).atan2(an * bn + ae * be)
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

fn to_segment_m(at: NorthEast, a: NorthEast, b: NorthEast) -> f64 {
    let (n, e) = (b.north_m - a.north_m, b.east_m - a.east_m);
    let along = ((at.north_m - a.north_m) * n + (at.east_m - a.east_m) * e) / (n * n + e * e).max(1e-12);
    let share = along.clamp(0.0, 1.0);
    at.distance_m(NorthEast { north_m: a.north_m + n * share, east_m: a.east_m + e * share })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };

    fn limits() -> InterlockConfig {
        InterlockConfig { reaction_us: 1_000_000, brake_mps2: 2.5, ..super::super::tests::config().interlock }
    }

    fn at(north_m: f64, east_m: f64, north_mps: f64) -> Aged<Position> {
        let place = Origin::new(HOME).wgs84_from_ned(NorthEast { north_m, east_m });
        let position =
            Position { place, alt_amsl_m: 440.0, alt_rel_m: 40.0, north_mps, east_mps: 0.0, down_mps: 0.0 };
        Aged::new(position, TimeUs(1_000_000))
    }

    fn judged(known: &Aged<Position>, limits: &InterlockConfig, lead_north_mps: f64) -> Margins {
        beside(known, limits, lead_north_mps, None)
    }

    fn beside(
        known: &Aged<Position>,
        limits: &InterlockConfig,
        lead_north_mps: f64,
        zones: Option<(&Zones, bool)>,
    ) -> Margins {
        let lead = Velocity { north_mps: lead_north_mps, ..Velocity::default() };
        let own = Own { radius_m: 1e9, alt_rel_max_m: 1e9, margin_m: 2.0, zones };
        judge(HOME, known, TimeUs(1_000_000), limits, &own, lead)
    }

    #[test]
    fn an_area_of_the_autopilot_is_neither_left_nor_entered() {
        let (origin, limits) = (Origin::new(HOME), InterlockConfig { speed_max_mps: 5.0, ..limits() });
        let place = |north_m, east_m| origin.wgs84_from_ned(NorthEast { north_m, east_m });
        let mut zones = Zones::default();
        zones.push_circle(true, place(0.0, 0.0), 100.0);
        zones.push_polygon(false, &[place(40.0, -20.0), place(40.0, 20.0), place(60.0, 0.0)]);
        let seen = |north_m, east_m, mps, union| {
            beside(&at(north_m, east_m, mps), &limits, 0.0, Some((&zones, union))).zones
        };
        assert_eq!((seen(0.0, 0.0, 0.0, false), seen(50.0, 0.0, 0.0, false)), (Reach::In, Reach::Out));
        // 5 m/s: 10 m to standing still, 2 m of margin.
        assert_eq!((seen(29.0, 0.0, 5.0, false), seen(31.0, 0.0, 5.0, false)), (Reach::Doubtful, Reach::Out));
        assert_eq!((seen(-85.0, 0.0, -5.0, false), seen(-91.0, 0.0, -5.0, false)), (Reach::In, Reach::Out));
        zones.push_circle(true, place(-150.0, 0.0), 100.0);
        let seen = |north_m, union| beside(&at(north_m, 0.0, 0.0), &limits, 0.0, Some((&zones, union))).zones;
        assert_eq!((seen(0.0, false), seen(0.0, true)), (Reach::Out, Reach::In));
    }

    #[test]
    fn a_speed_needs_its_way_to_stand_still() {
        let mut limits = limits();
        (limits.fence.radius_m, limits.speed_max_mps) = (100.0, 5.0);
        // 5 m/s: 5 m of reaction and 5 m of braking.
        assert_eq!(judged(&at(89.9, 0.0, 5.0), &limits, 0.0).radius, Reach::In);
        assert_eq!(judged(&at(90.1, 0.0, 5.0), &limits, 0.0).radius, Reach::Out);
        assert_eq!(judged(&at(90.1, 0.0, -5.0), &limits, 0.0).radius, Reach::Doubtful);
        assert_eq!(judged(&at(90.1, 0.0, 0.0), &limits, 5.0).radius, Reach::Out);
        assert_eq!(judged(&at(80.0, 0.0, 0.0), &limits, 0.0).radius, Reach::In);
        assert_eq!(judged(&at(100.1, 0.0, 0.0), &limits, 0.0).radius, Reach::Out);
        assert_eq!(judged(&at(0.0, 0.0, f64::NAN), &limits, 0.0).radius, Reach::Out);
    }

    #[test]
    fn a_notch_of_the_polygon_is_not_jumped_over() {
        let origin = Origin::new(HOME);
        let mut limits = limits();
        // A square of 100 m with a wedge cut in from the east, its tip at 6 m north, 0 east.
        let corners = [
            (-50.0, -50.0),
            (50.0, -50.0),
            (50.0, 50.0),
            (7.0, 50.0),
            (6.0, 0.0),
            (5.0, 50.0),
            (-50.0, 50.0),
        ];
        limits.fence.polygon =
            corners.map(|(north_m, east_m)| origin.wgs84_from_ned(NorthEast { north_m, east_m })).to_vec();
        assert_eq!(judged(&at(-20.0, 20.0, 0.0), &limits, 0.0).polygon, Reach::In);
        assert_eq!(judged(&at(0.0, 20.0, 0.0), &limits, 5.0).polygon, Reach::Out, "across the wedge");
        assert_eq!(judged(&at(0.0, 20.0, 0.0), &limits, -5.0).polygon, Reach::Doubtful);
        assert_eq!(judged(&at(6.0, 20.0, 0.0), &limits, 0.0).polygon, Reach::Out, "in the wedge");
        assert_eq!(judged(&at(-51.0, 0.0, 0.0), &limits, 0.0).polygon, Reach::Out);
    }
}
