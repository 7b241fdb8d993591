//! The fence: where the aircraft is, and where its velocity and the wish lead.

use super::*;
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::vehicle::Home;

const HOME: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };

/// A fence about `home` with the corners' (north, east), the aircraft at a place with a velocity, and a wish.
struct Scene {
    home: Wgs84,
    corners: Vec<(f64, f64)>,
    at: (f64, f64),
    flies: (f64, f64, f64),
    alt_rel_m: f64,
    radius_m: f64,
}

impl Scene {
    fn new(corners: &[(f64, f64)], at: (f64, f64)) -> Scene {
        let corners = corners.to_vec();
        Scene { home: HOME, corners, at, flies: (0.0, 0.0, 0.0), alt_rel_m: 30.0, radius_m: 300.0 }
    }

    fn limits(&self) -> InterlockConfig {
        let mut limits = interlock_config();
        let origin = Origin::new(self.home);
        let place = |&(north_m, east_m)| origin.wgs84_from_ned(NorthEast { north_m, east_m });
        limits.fence.polygon = self.corners.iter().map(place).collect();
        limits.fence.radius_m = self.radius_m;
        limits
    }

    fn judge(&self, w: Velocity) -> Option<Interlock> {
        let mut world = World::new();
        world.vehicle.home.as_mut().unwrap().value = Home { place: self.home, alt_amsl_m: 400.0 };
        let position = &mut world.vehicle.position.as_mut().unwrap().value;
        let (north_m, east_m) = self.at;
        position.place = Origin::new(self.home).wgs84_from_ned(NorthEast { north_m, east_m });
        (position.north_mps, position.east_mps, position.down_mps) = self.flies;
        position.alt_rel_m = self.alt_rel_m;
        let trip = judged(&world, &self.limits(), [w, STILL])?;
        assert_eq!(trip.fault, Fault::Refused);
        Some(trip.interlock)
    }
}

/// The first of the fence's refusals.
fn judged(world: &World, limits: &InterlockConfig, leads: [Velocity; 2]) -> Option<Trip> {
    let inputs = inputs_of(world);
    let mut trips = Trips::default();
    match fence::Ways::of(&inputs, limits, leads) {
        Ok(ways) => fence::judge(&inputs, limits, &ways, &mut Judged(&mut trips)),
        Err(trip) => trips.push(trip),
    }
    trips.first()
}

const SQUARE: [(f64, f64); 4] = [(100.0, -100.0), (100.0, 100.0), (-100.0, 100.0), (-100.0, -100.0)];
const STILL: Velocity = Velocity { north_mps: 0.0, east_mps: 0.0, down_mps: 0.0, yaw_rate_rad_s: 0.0 };
// At 5 m/s with T = 1 s and a = 2.5 m/s²: 5·1 + 25/5 = 10 m. At 1 m/s: 1 + 1/5 = 1.2 m.

#[test]
fn home_is_known_and_a_place() {
    let radius = |fault| Some((Interlock::FenceRadius, fault));
    assert_eq!(locked(|world| world.vehicle.home = None), radius(Fault::Unknown));
    assert_eq!(
        locked(|world| world.vehicle.home.as_mut().unwrap().received_us = world.now.plus_us(1)),
        radius(Fault::Stale)
    );
    let home = |lat_deg, lon_deg| {
        locked(|world| world.vehicle.home.as_mut().unwrap().value.place = Wgs84 { lat_deg, lon_deg })
    };
    assert_eq!(home(0.0, 0.0), radius(Fault::OutOfRange));
    assert_eq!(home(f64::NAN, 8.0), radius(Fault::NonFinite));
    assert_eq!(home(47.01, 8.0), radius(Fault::Refused), "1.1 km away");
    let mut world = World::new();
    world.vehicle.position = None;
    let trip = judged(&world, &interlock_config(), [STILL, STILL]);
    assert_eq!(trip.unwrap().fault, Fault::Unknown);
}

#[test]
fn the_radius_holds_here_and_where_velocity_and_wish_lead() {
    let scene = |north_m, radius_m| Scene { radius_m, ..Scene::new(&[], (north_m, 0.0)) };
    let refused = Some(Interlock::FenceRadius);
    assert_eq!(scene(99.999, 100.0).judge(STILL), None);
    assert_eq!(scene(100.001, 100.0).judge(STILL), refused);
    assert_eq!(scene(89.999, 100.0).judge(wish(5.0, 0.0, 0.0, 0.0)), None);
    assert_eq!(scene(90.001, 100.0).judge(wish(5.0, 0.0, 0.0, 0.0)), refused);
    assert_eq!(scene(-89.999, 100.0).judge(wish(-3.0, 0.0, 0.0, 0.0)), None);
    assert_eq!(scene(-90.001, 100.0).judge(wish(-5.0, 0.0, 0.0, 0.0)), refused);
    assert_eq!(scene(98.799, 100.0).judge(wish(1.0, 0.0, 0.0, 0.0)), None);
    assert_eq!(scene(98.801, 100.0).judge(wish(1.0, 0.0, 0.0, 0.0)), refused);
    assert_eq!(scene(99.0, 100.0).judge(wish(-5.0, 0.0, 0.0, 0.0)), None, "inwards");
    let inwards = Scene { flies: (-5.0, 0.0, 0.0), ..scene(101.0, 100.0) };
    assert_eq!(inwards.judge(wish(-5.0, 0.0, 0.0, 0.0)), refused, "outside is outside, wherever it leads");
    let flying = Scene { flies: (5.0, 0.0, 0.0), ..scene(95.0, 100.0) };
    assert_eq!(flying.judge(wish(-5.0, 0.0, 0.0, 0.0)), refused, "its own velocity leads out");
    let diagonal = Scene { at: (0.0, 93.0), ..scene(0.0, 100.0) };
    assert_eq!(diagonal.judge(wish(3.0, 4.0, 0.0, 0.0)), refused, "8 m east, 6 m north");
    assert_eq!(diagonal.judge(wish(4.0, 3.0, 0.0, 0.0)), None, "6 m east, 8 m north");
}

#[test]
fn exactly_on_the_radius_is_inside() {
    let mut scene = Scene::new(&[], (100.0, 0.0));
    let origin = Origin::new(HOME);
    let there = origin.wgs84_from_ned(NorthEast { north_m: 100.0, east_m: 0.0 });
    scene.radius_m = origin.ned_from_wgs84(there).distance_m(NorthEast::default());
    assert_eq!(scene.judge(STILL), None);
    scene.radius_m = scene.radius_m.next_down();
    assert_eq!(scene.judge(STILL), Some(Interlock::FenceRadius));
}

#[test]
fn the_band_holds_here_and_where_velocity_and_wish_lead() {
    let scene = |alt_rel_m| Scene { alt_rel_m, ..Scene::new(&[], (0.0, 0.0)) };
    let refused = Some(Interlock::FenceAltitude);
    for (alt_rel_m, expected) in [(10.0, None), (9.999, refused), (60.0, None), (60.001, refused)] {
        assert_eq!(scene(alt_rel_m).judge(STILL), expected, "{alt_rel_m}");
    }
    assert_eq!(scene(58.79).judge(wish(0.0, 0.0, -1.0, 0.0)), None);
    assert_eq!(scene(58.81).judge(wish(0.0, 0.0, -1.0, 0.0)), refused, "1.2 m up");
    assert_eq!(scene(11.21).judge(wish(0.0, 0.0, 1.0, 0.0)), None);
    assert_eq!(scene(11.19).judge(wish(0.0, 0.0, 1.0, 0.0)), refused, "1.2 m down");
    let falling = Scene { flies: (0.0, 0.0, 5.0), ..scene(19.0) };
    assert_eq!(falling.judge(STILL), refused);
    let below = Scene { flies: (0.0, 0.0, -1.0), ..scene(9.9) };
    assert_eq!(below.judge(wish(0.0, 0.0, -1.0, 0.0)), refused, "outside, wherever it leads");
}

#[test]
fn the_polygon_holds_here_and_where_velocity_and_wish_lead() {
    let refused = Some(Interlock::FencePolygon);
    for (unit_north, unit_east) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        let judge = |distance_m: f64, speed_mps: f64| {
            let scene = Scene::new(&SQUARE, (unit_north * distance_m, unit_east * distance_m));
            let w = wish(unit_north * speed_mps, unit_east * speed_mps, 0.0, 0.0);
            let flying = Scene { flies: (w.north_mps, w.east_mps, 0.0), ..scene };
            let verdicts = (Scene { flies: (0.0, 0.0, 0.0), ..flying.copy() }.judge(w), flying.judge(STILL));
            assert_eq!(verdicts.0, verdicts.1, "a wish leads where a velocity does");
            verdicts.0
        };
        assert_eq!((judge(99.999, 0.0), judge(100.001, 0.0)), (None, refused));
        assert_eq!((judge(89.999, 5.0), judge(90.001, 5.0)), (None, refused));
        assert_eq!((judge(99.0, -5.0), judge(101.0, -5.0)), (None, refused));
    }
}

impl Scene {
    fn copy(&self) -> Scene {
        Scene { corners: self.corners.clone(), ..*self }
    }
}

#[test]
fn a_way_across_a_notch_is_refused_though_both_ends_are_inside() {
    // A notch 4 m wide from the north down to the middle, between the aircraft and where it would stand still.
    let notched = [
        (100.0, -100.0),
        (100.0, -2.0),
        (0.0, -2.0),
        (0.0, 2.0),
        (100.0, 2.0),
        (100.0, 100.0),
        (-100.0, 100.0),
        (-100.0, -100.0),
    ];
    let scene = Scene::new(&notched, (50.0, -5.0));
    assert_eq!(scene.judge(wish(0.0, 5.0, 0.0, 0.0)), Some(Interlock::FencePolygon));
    assert_eq!(scene.judge(wish(0.0, -5.0, 0.0, 0.0)), None);
    assert_eq!(Scene::new(&notched, (50.0, 5.0)).judge(STILL), None);
    assert_eq!(Scene::new(&notched, (50.0, 0.0)).judge(STILL), Some(Interlock::FencePolygon));
    assert_eq!(Scene::new(&notched, (-5.0, -5.0)).judge(wish(0.0, 5.0, 0.0, 0.0)), None, "below it");
}

#[test]
fn a_line_of_flight_through_a_corner_counts_it_once() {
    let diamond = [(100.0, 0.0), (0.0, 100.0), (-100.0, 0.0), (0.0, -100.0)];
    for way in [(5.0, 0.0), (-5.0, 0.0), (0.0, 5.0), (0.0, -5.0)] {
        assert_eq!(Scene::new(&diamond, (0.0, 0.0)).judge(wish(way.0, way.1, 0.0, 0.0)), None, "{way:?}");
    }
    let scene = Scene::new(&diamond, (0.0, 150.0));
    assert_eq!(scene.judge(wish(0.0, -5.0, 0.0, 0.0)), Some(Interlock::FencePolygon));
}

#[test]
fn on_the_edge_is_outside() {
    // Home itself lies on the edge, where the conversion is exact.
    let half = [(0.0, -100.0), (0.0, 100.0), (-100.0, 100.0), (-100.0, -100.0)];
    for way in [0.0, 1.0, -1.0] {
        let scene = Scene::new(&half, (0.0, 0.0));
        assert_eq!(scene.judge(wish(way, 0.0, 0.0, 0.0)), Some(Interlock::FencePolygon), "{way}");
    }
}

#[test]
fn the_way_to_the_edge_must_be_longer_than_the_way_to_standing_still() {
    // From home with 10 m to go: the edge at 10 m and a little is far enough, at 10 m and less it is not.
    for (north_m, expected) in [(10.001, None), (9.999, Some(Interlock::FencePolygon))] {
        let square = [(north_m, -100.0), (north_m, 100.0), (-100.0, 100.0), (-100.0, -100.0)];
        assert_eq!(Scene::new(&square, (0.0, 0.0)).judge(wish(5.0, 0.0, 0.0, 0.0)), expected);
    }
}

#[test]
fn slanted_edges_and_the_date_line() {
    let slanted = [(0.0, -100.0), (100.0, 100.0), (-100.0, 100.0)];
    for home in [HOME, Wgs84 { lat_deg: -17.0, lon_deg: 179.9999 }, Wgs84 { lat_deg: 60.0, lon_deg: -180.0 }]
    {
        let judge = |at, w| Scene { home, ..Scene::new(&slanted, at) }.judge(w);
        // The upper edge runs through (50, 0): at east 40 it lies at north 70.
        assert_eq!(judge((59.99, 40.0), wish(5.0, 0.0, 0.0, 0.0)), None);
        assert_eq!(judge((60.01, 40.0), wish(5.0, 0.0, 0.0, 0.0)), Some(Interlock::FencePolygon));
        assert_eq!(judge((71.0, 40.0), STILL), Some(Interlock::FencePolygon));
        assert_eq!(judge((69.0, 40.0), STILL), None);
        assert_eq!(judge((0.0, 89.99), wish(0.0, 5.0, 0.0, 0.0)), None);
        assert_eq!(judge((0.0, 90.01), wish(0.0, 5.0, 0.0, 0.0)), Some(Interlock::FencePolygon));
        // North-east at 5 m/s leads 8 m north and 6 m east; the edge falls away to the north-east.
        assert_eq!(judge((64.9, 40.0), wish(4.0, 3.0, 0.0, 0.0)), None);
        assert_eq!(judge((65.1, 40.0), wish(4.0, 3.0, 0.0, 0.0)), Some(Interlock::FencePolygon));
    }
}

#[test]
fn the_radius_is_judged_before_the_polygon_before_the_band() {
    let out = Scene { alt_rel_m: 5.0, ..Scene::new(&SQUARE, (400.0, 0.0)) };
    assert_eq!(out.judge(STILL), Some(Interlock::FenceRadius));
    let out = Scene { alt_rel_m: 5.0, ..Scene::new(&SQUARE, (150.0, 0.0)) };
    assert_eq!(out.judge(STILL), Some(Interlock::FencePolygon));
}

#[test]
fn a_route_across_the_fence_is_stopped_before_it() {
    let mut world = World::searching(4.0, 0.0);
    let mut north_m = 0.0;
    for _ in 0..2_000 {
        let Command::Velocity(v) = world.step() else { break };
        north_m += v.north_mps * 0.05;
        world.shift(v.north_mps * 0.05, 0.0);
        world.vehicle.position.as_mut().unwrap().value.north_mps = v.north_mps;
    }
    let trip = world.homing.latched().unwrap();
    assert_eq!((trip.interlock, trip.fault), (Interlock::FencePolygon, Fault::Refused));
    // 4 m/s: 4 + 16/5 = 7.2 m before the edge at 200 m, at most one pass of 0.2 m later.
    assert!((192.799..=193.001).contains(&north_m), "{north_m}");
}

/// The wish is to stand still, but the slew limit lets the command only follow: what is sent still leads out.
#[test]
fn what_is_sent_counts_as_well_as_what_is_wished() {
    // From 4 m/s one pass later 3.875 m/s are sent: 3.875 + 3.875²/5 = 6.878 m.
    for (radius_m, inside) in [(6.9, true), (6.85, false)] {
        let mut world = World::homing();
        world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = 3.0;
        world.homing.interlocks.limits.fence.radius_m = radius_m;
        assert_eq!(matches!(world.step(), Command::Velocity(_)), inside);
        let cause = world.homing.latched().map(|trip| trip.interlock);
        assert_eq!(cause, if inside { None } else { Some(Interlock::FenceRadius) });
    }
}

#[test]
fn an_old_position_is_one_from_which_the_aircraft_flew_on() {
    // 5 m/s: 10 m from where it is, and 2 m more for the 400 ms since it was there.
    for (north_m, expected) in [(12.001, None), (11.999, Some(Interlock::FencePolygon))] {
        let square = [(north_m, -100.0), (north_m, 100.0), (-100.0, 100.0), (-100.0, -100.0)];
        let limits = Scene::new(&square, (0.0, 0.0)).limits();
        let mut world = World::new();
        world.now = world.now.plus_us(400_000);
        let trip = judged(&world, &limits, [wish(5.0, 0.0, 0.0, 0.0), STILL]);
        assert_eq!(trip.map(|trip| trip.interlock), expected);
    }
}
