//! A route flown by our own velocities: where it goes next from here, and how far it is.
//!
//! Each wish leads to a place [`LOOK_S`] of flight ahead on the present leg, so that the distance across it decays with that time constant
//! (pure pursuit; Coulter, CMU-RI-TR-92-01, 1992). Before a corner it slows so far that the turn is flown at [`DECELERATION_MPS2`]. Nothing but a
//! place on the route is kept: who stops asking pauses, and who asks again is led back to where the route was left. Pure, no
//! allocation after construction; some 0.15 µs a wish.

use super::area::{dot, minus};
use super::pattern::Route;
use crate::geo::NorthEast;

/// Flight ahead on the leg to which a wish leads, s.
const LOOK_S: f64 = 2.0;
/// Of slowing down for a corner: what level flight gives with ease.
const DECELERATION_MPS2: f64 = 1.0;
/// Slowest on the way, as a share of the speed.
const SLOWEST_RATIO: f64 = 0.2;
/// On the leg: progress counts up to this distance across it, as seconds of flight.
const ACROSS_S: f64 = 1.0;
/// A corner is reached within this, as seconds of flight at the speed that its turn allows.
const CORNER_S: f64 = 0.5;
/// Nearest to a corner or leg that is asked for, m: a position is no better.
const NEAR_M: f64 = 1.0;

/// A route and how far it is flown.
#[derive(Clone, Debug, PartialEq)]
pub struct Follow {
    route: Route,
    speed_mps: f64,
    /// Leg that is flown: from this waypoint to the next. That of the last waypoint when all are flown.
    leg: usize,
    /// Flown of it, m.
    along_m: f64,
    /// Length of the legs before it, m.
    before_m: f64,
    /// The first waypoint was reached.
    has_begun: bool,
}

impl Follow {
    /// From the first waypoint on, at `speed_mps` > 0 over the ground.
    pub fn new(route: Route, speed_mps: f64) -> Follow {
        let mut follow = Follow { route, speed_mps, leg: 0, along_m: 0.0, before_m: 0.0, has_begun: false };
        follow.pass_over_nothing();
        follow
    }

    /// Ground speed to fly from `at`, north and east, m/s; `None` when all is flown (or there was nothing to fly).
    pub fn wish(&mut self, at: NorthEast) -> Option<(f64, f64)> {
        self.advance(at);
        let waypoints = self.route.waypoints();
        let (from, to) = (*waypoints.get(self.leg)?, *waypoints.get(self.leg + 1)?);
        let leg_m = from.distance_m(to);
        let is_back = self.has_begun && at.distance_m(self.place()?) <= LOOK_S * self.speed_mps;
        let ahead_m = if is_back { self.along_m + LOOK_S * self.speed_mps } else { self.along_m };
        let aim = from.between(to, (ahead_m / leg_m).min(1.0));
        let way = minus(aim, at);
        let away_m = way.north_m.hypot(way.east_m);
        if away_m <= f64::EPSILON {
            return Some((0.0, 0.0));
        }
        let end_m = if is_back { leg_m - self.along_m } else { away_m };
        let corner_mps = if is_back { self.corner_mps() } else { SLOWEST_RATIO * self.speed_mps };
        let speed_mps =
            (corner_mps.powi(2) + 2.0 * DECELERATION_MPS2 * end_m.max(0.0)).sqrt().min(self.speed_mps);
        Some((way.north_m / away_m * speed_mps, way.east_m / away_m * speed_mps))
    }

    /// Flown share of the route's length, 0..1.
    pub fn progress(&self) -> f64 {
        let length_m = self.route.length_m();
        if length_m > 0.0 { ((self.before_m + self.along_m) / length_m).min(1.0) } else { 1.0 }
    }

    /// The leg that is flown, from 0; the count of legs when all are.
    pub fn leg(&self) -> usize {
        self.leg
    }

    /// How far the route is flown: where a search that is taken up again goes on. `None` of a route without waypoints.
    pub fn place(&self) -> Option<NorthEast> {
        let waypoints = self.route.waypoints();
        let from = *waypoints.get(self.leg)?;
        let Some(to) = waypoints.get(self.leg + 1) else { return Some(from) };
        Some(from.between(*to, (self.along_m / from.distance_m(*to)).min(1.0)))
    }

    /// The route.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Speed at which the coming corner is flown: slower the sharper it is, slowest at the last waypoint.
    fn corner_mps(&self) -> f64 {
        let slowest_mps = SLOWEST_RATIO * self.speed_mps;
        let [from, at, to] =
            self.route.waypoints()[self.leg..].first_chunk::<3>().copied().unwrap_or_default();
        let (one, other) = (minus(at, from), minus(to, at));
        let lengths = dot(one, one).sqrt() * dot(other, other).sqrt();
        // Cosine of half of the turn.
        let half_cos =
            if lengths > 0.0 { ((1.0 + dot(one, other) / lengths).max(0.0) / 2.0).sqrt() } else { 0.0 };
        let is_bend = half_cos > 0.996;
        if is_bend { self.speed_mps } else { (self.speed_mps * half_cos * half_cos).max(slowest_mps) }
    }

    /// Takes what of the route lies behind.
    fn advance(&mut self, at: NorthEast) {
        let near_m = NEAR_M.max(ACROSS_S * self.speed_mps);
        if !self.has_begun {
            let Some(first) = self.route.waypoints().first() else { return };
            self.has_begun = at.distance_m(*first) <= near_m;
        }
        if !self.has_begun {
            return;
        }
        while let [from, to, ..] = self.route.waypoints()[self.leg..] {
            let leg_m = from.distance_m(to);
            let along_m = dot(minus(at, from), minus(to, from)) / leg_m;
            let on_leg = from.between(to, (along_m / leg_m).clamp(0.0, 1.0));
            // Only what lies just ahead: a leg that comes near again farther on is not jumped to.
            let is_on = at.distance_m(on_leg) <= near_m
                && along_m - self.along_m <= 2.0 * LOOK_S * self.speed_mps + NEAR_M;
            if is_on {
                self.along_m = self.along_m.max(along_m.min(leg_m));
            }
            let corner_m = NEAR_M.max(CORNER_S * self.corner_mps());
            let is_reached = is_on && leg_m - self.along_m <= corner_m;
            if !is_reached {
                return;
            }
            self.next_leg(leg_m);
        }
    }

    fn next_leg(&mut self, leg_m: f64) {
        self.before_m += leg_m;
        self.leg += 1;
        self.along_m = 0.0;
        self.pass_over_nothing();
    }

    /// Legs of no length are flown.
    fn pass_over_nothing(&mut self) {
        while let [from, to, ..] = self.route.waypoints()[self.leg.min(self.route.waypoints().len())..]
            && from.distance_m(to) <= f64::EPSILON
        {
            self.leg += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::area::{Area, segment_distance_m};
    use super::super::pattern::{Order, Pattern};
    use super::*;
    use crate::allocation;

    /// An aircraft that takes up a wish with a lag of 0.6 s, pushed by wind.
    struct Craft {
        at: NorthEast,
        velocity: (f64, f64),
        wind: (f64, f64),
    }

    const PASS_S: f64 = 0.05;

    impl Craft {
        fn step(&mut self, wish: (f64, f64)) {
            let lag = PASS_S / 0.6;
            self.velocity.0 += lag * (wish.0 + self.wind.0 - self.velocity.0);
            self.velocity.1 += lag * (wish.1 + self.wind.1 - self.velocity.1);
            self.at.north_m += self.velocity.0 * PASS_S;
            self.at.east_m += self.velocity.1 * PASS_S;
        }
    }

    fn craft(north_m: f64, east_m: f64) -> Craft {
        Craft { at: NorthEast { north_m, east_m }, velocity: (0.0, 0.0), wind: (0.0, 0.0) }
    }

    fn route(pattern: Pattern) -> Route {
        let area = Area::disc(NorthEast::default(), 200.0).unwrap();
        Route::new(&area, &Order { pattern, spacing_m: 40.0, heading_rad: 0.3, start: NorthEast::default() })
            .unwrap()
    }

    /// Flies it to the end; places flown, and the seconds that it took.
    fn flown(follow: &mut Follow, craft: &mut Craft) -> (Vec<NorthEast>, f64) {
        let mut places = Vec::new();
        let mut progress = follow.progress();
        while let Some(wish) = follow.wish(craft.at) {
            assert!(wish.0.hypot(wish.1) <= 5.0 + 1e-9 && follow.progress() >= progress);
            progress = follow.progress();
            craft.step(wish);
            places.push(craft.at);
            assert!(places.len() < 100_000, "never ends at {:?}, leg {}", craft.at, follow.leg());
        }
        let seconds = places.len() as f64 * PASS_S;
        (places, seconds)
    }

    #[test]
    fn every_pattern_is_flown_to_its_end_near_its_legs() {
        for pattern in Pattern::ALL {
            let route = route(pattern);
            let mut follow = Follow::new(route.clone(), 5.0);
            let mut craft = craft(-150.0, 20.0);
            let (places, seconds) = flown(&mut follow, &mut craft);
            assert!(
                (follow.progress() - 1.0).abs() < 1e-9 && follow.leg() == route.leg_count(),
                "{pattern:?}"
            );
            let run_in_s = 200.0 / 5.0;
            assert!(
                seconds < 1.35 * route.time_s(5.0) + run_in_s,
                "{pattern:?}: {seconds} of {}",
                route.time_s(5.0)
            );
            // Each waypoint is passed near by, and once begun the legs are never far.
            for waypoint in route.waypoints() {
                let near_m = places.iter().map(|at| at.distance_m(*waypoint)).fold(f64::INFINITY, f64::min);
                assert!(near_m < 4.0, "{pattern:?}: {waypoint:?} missed by {near_m}");
            }
            let begun = places.iter().position(|at| at.distance_m(route.waypoints()[0]) < 5.0).unwrap();
            let off_m = |at: &NorthEast| {
                let legs = route.waypoints().windows(2);
                legs.map(|pair| segment_distance_m(*at, pair[0], pair[1])).fold(f64::INFINITY, f64::min)
            };
            let worst_m = places[begun..].iter().map(off_m).fold(0.0, f64::max);
            assert!(worst_m < 5.0, "{pattern:?}: {worst_m} m beside its legs");
        }
    }

    #[test]
    fn wind_across_pushes_by_its_share_of_the_look_ahead() {
        let line = Route::of(&[NorthEast::default(), NorthEast { north_m: 400.0, east_m: 0.0 }]).unwrap();
        let mut craft = Craft { wind: (0.0, 1.0), ..craft(0.0, 0.0) };
        let (places, _) = flown(&mut Follow::new(line, 5.0), &mut craft);
        assert!(places[600..1_400].iter().all(|at| (at.east_m - 2.0).abs() < 0.5), "{:?}", places[1_000]);
    }

    #[test]
    fn a_pause_keeps_the_progress_and_the_place() {
        let route = route(Pattern::ParallelTrack);
        let mut follow = Follow::new(route, 5.0);
        let mut craft = craft(0.0, 0.0);
        while follow.progress() < 0.4 {
            let wish = follow.wish(craft.at).unwrap();
            craft.step(wish);
        }
        let (progress, left) = (follow.progress(), follow.place().unwrap());
        assert!(left.distance_m(craft.at) < 5.0);
        // Away, over other legs of the route, and back again.
        craft.at = NorthEast { north_m: left.north_m - 90.0, east_m: left.east_m - 70.0 };
        craft.velocity = (0.0, 0.0);
        let wish = follow.wish(craft.at).unwrap();
        assert_eq!(follow.progress(), progress);
        assert!(wish.0 > 0.0 && wish.1 > 0.0 && (wish.0 / wish.1 - 90.0 / 70.0).abs() < 1e-6, "{wish:?}");
        let (places, _) = flown(&mut follow, &mut craft);
        assert!(places.iter().any(|at| at.distance_m(left) < 3.0));
        assert!((follow.progress() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_to_fly_is_no_wish_and_no_wish_allocates() {
        let same = [NorthEast::default(); 3];
        assert_eq!(Follow::new(Route::of(&same).unwrap(), 5.0).wish(NorthEast::default()), None);
        assert_eq!(Follow::new(Route::of(&[]).unwrap(), 5.0).wish(NorthEast::default()), None);
        let mut follow = Follow::new(route(Pattern::Spiral), 5.0);
        let mut craft = craft(3.0, 0.0);
        let ((), calls) = allocation::count(|| {
            (0..2_000).for_each(|_| follow.wish(craft.at).into_iter().for_each(|wish| craft.step(wish)));
        });
        assert!(calls == 0 && follow.progress() > 0.1, "{calls} {}", follow.progress());
    }
}
