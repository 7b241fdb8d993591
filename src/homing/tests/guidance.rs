//! Where it flies to next, by values alone: no interlocks, no aircraft that follows.

use super::worth::{at, one_of};
use super::*;
use crate::command::Aim;
use crate::config::AntennaPattern;
use crate::homing::guidance::{Asked, Goal, Guidance};
use crate::homing::worth::Standpoint;
use std::cell::RefCell;
use std::f64::consts::TAU;

/// Passes in which all legs are judged: five rings of twelve, four in each pass.
const ROUND: usize = 15;
const SPEED_MPS: f64 = 4.0;
/// On the way north to `END` it is 76 m, which take 20 s: 19 at this speed, and one to begin.
const START: NorthEast = NorthEast { north_m: -44.0, east_m: 0.0 };
/// 8 s north of the middle: of a radius of 50 % that is no wider, the first of all legs' ends.
const END: NorthEast = NorthEast { north_m: 32.0, east_m: 0.0 };
const RADIUS_50_M: f64 = 30.0;

struct Flight {
    guidance: Guidance,
    now: TimeUs,
    from: Standpoint,
    belief: Option<Belief>,
    period_us: Option<f64>,
    is_unheard: bool,
}

impl Flight {
    fn with(settings: &HomingConfig, antenna: &Antenna, belief: Option<Belief>) -> Flight {
        let now = TimeUs(10_000_000);
        let mut guidance = Guidance::new(settings, antenna);
        guidance.begin(now, START, true);
        let from = Standpoint { at: START, height_m: 5.0, course_rad: 0.0 };
        Flight { guidance, now, from, belief, period_us: None, is_unheard: false }
    }

    /// Time enough, and all around is heard alike.
    fn new(belief: Option<Belief>) -> Flight {
        let settings = HomingConfig { speed_mps: SPEED_MPS, refine_us: 600_000_000, ..homing_config() };
        Flight::with(&settings, &Antenna::Omni, belief)
    }

    fn goal(&mut self, is_allowed: impl Fn(NorthEast) -> bool) -> Goal {
        let Flight { now, period_us, is_unheard, .. } = *self;
        let asked = Asked { now, belief: self.belief.as_ref(), period_us, is_unheard };
        self.guidance.goal(&asked, &self.from, &is_allowed)
    }

    /// All that is asked for in some passes while nothing is allowed.
    fn asked(&mut self, pass_count: usize) -> Vec<NorthEast> {
        let asked = RefCell::new(Vec::new());
        for _ in 0..pass_count {
            self.goal(|to| {
                asked.borrow_mut().push(to);
                false
            });
        }
        asked.into_inner()
    }

    /// The goal after a round in which nothing but this is allowed; meanwhile it flies to the middle.
    fn chosen(&mut self, only: NorthEast) -> Goal {
        let middle = self.belief.expect("a belief").median;
        for _ in 1..ROUND {
            assert_eq!(self.goal(|to| is_at(to, only)), survey(middle));
        }
        self.goal(|to| is_at(to, only))
    }

    /// Flies to [`END`].
    fn chosen_end(belief: Belief, period_us: Option<f64>) -> Flight {
        let mut flight = Flight { period_us, ..Flight::new(Some(belief)) };
        assert_eq!(flight.chosen(END), survey(END));
        flight
    }
}

fn is_at(to: NorthEast, place: NorthEast) -> bool {
    to.distance_m(place) < 1e-6
}

fn survey(to: NorthEast) -> Goal {
    Goal::new(to, Aim::Survey)
}

/// In two places, east and west of 0, 0. Any burst and any leg tells which: half of what they are apart is won, for of the other half of all
/// hypotheses nothing is left.
fn two(apart_m: f64, radius_95_m: f64) -> Belief {
    let mut belief = one_of(&[at(0.0, apart_m / 2.0), at(0.0, -apart_m / 2.0)], 0.0);
    for hypothesis in belief.hypotheses.iter_mut().step_by(2) {
        (hypothesis.exponent, hypothesis.power_100_m_db) = (1e3, 1e6);
    }
    Belief { radius_50_m: RADIUS_50_M, radius_95_m, ..belief }
}

fn wide() -> Belief {
    two(100.0, 120.0)
}

fn away(from: NorthEast, bearing_rad: f64, away_m: f64) -> NorthEast {
    at(from.north_m + away_m * bearing_rad.cos(), from.east_m + away_m * bearing_rad.sin())
}

/// Twelve places on each ring.
fn on_rings(rings: impl IntoIterator<Item = (NorthEast, f64)>) -> Vec<NorthEast> {
    let ring = |(middle, radius_m)| (0..12).map(move |n| away(middle, TAU / 12.0 * f64::from(n), radius_m));
    rings.into_iter().flat_map(ring).collect()
}

fn assert_same(places: &[NorthEast], expected: &[NorthEast]) {
    assert_eq!(places.len(), expected.len());
    for (n, (place, expected)) in places.iter().zip(expected).enumerate() {
        assert!(is_at(*place, *expected), "{n}: {place:?}, not {expected:?}");
    }
}

#[test]
fn legs_end_on_rings_about_the_middle_and_about_the_aircraft() {
    // By the radius of 50 % times 0.7, 1.5 and 3, but no nearer than 8 s, and no further than 250 m.
    for (radius_50_m, speed_mps, rings_m) in [
        (60.0, 4.0, [42.0, 90.0, 180.0]),
        (30.0, 4.0, [32.0, 45.0, 90.0]),
        (120.0, 4.0, [84.0, 180.0, 250.0]),
        (30.0, 40.0, [250.0; 3]),
    ] {
        let settings = HomingConfig { speed_mps, ..homing_config() };
        let median = at(2_000.0, -500.0);
        let belief = Belief { median, radius_50_m, ..wide() };
        let mut flight = Flight::with(&settings, &Antenna::Omni, Some(belief));
        let about = rings_m.map(|ring_m| (median, ring_m));
        let mut ends = on_rings(about.into_iter().chain([20.0, 45.0].map(|s| (START, s * speed_mps))));
        // Where none may be flown the next round begins.
        ends.extend_from_within(..4);
        assert_same(&flight.asked(ROUND + 1), &ends);
    }
}

#[test]
fn what_is_4_m_away_is_no_leg() {
    for (from, leg_count) in [(at(28.0, 0.0), 59), (at(27.9, 0.0), 60)] {
        let mut flight = Flight::new(Some(wide()));
        flight.from.at = from;
        let asked = flight.asked(ROUND);
        assert_eq!((asked.len(), asked.contains(&END)), (leg_count, leg_count == 60));
    }
}

#[test]
fn a_leg_is_flown_to_its_end_in_time_and_while_it_is_allowed() {
    // One that should take 20 s may take 30.
    for (from, elapsed_us, is_allowed, is_flown) in [
        (START, 0, true, true),
        (at(27.9, 0.0), 0, true, true),
        (at(28.0, 0.0), 0, true, false),
        (START, 29_999_999, true, true),
        (START, 30_000_000, true, false),
        (START, 0, false, false),
    ] {
        let mut flight = Flight::chosen_end(wide(), None);
        (flight.from.at, flight.now) = (from, flight.now.plus_us(elapsed_us));
        let to = if is_flown { END } else { wide().median };
        assert_eq!(flight.goal(|_| is_allowed), survey(to), "{from:?} {elapsed_us} {is_allowed}");
    }
}

#[test]
fn a_leg_about_the_middle_goes_with_it() {
    let own_ring = at(START.north_m + 80.0, START.east_m);
    for (end, moved) in [(END, at(39.0, -3.0)), (own_ring, own_ring)] {
        let mut flight = Flight::new(Some(wide()));
        assert!(is_at(flight.chosen(end).to, end));
        flight.belief.as_mut().unwrap().median = at(7.0, -3.0);
        assert!(is_at(flight.goal(|_| true).to, moved));
    }
}

#[test]
fn the_leg_that_wins_most_a_second_is_flown_of_those_that_win_alike_the_first() {
    // Each tells all: the shorter wins it sooner.
    let (own_ring, far) = (at(START.north_m + 80.0, START.east_m), at(3.0 * RADIUS_50_M, 0.0));
    for (legs, best) in [([END, own_ring], END), ([far, own_ring], own_ring)] {
        let mut flight = Flight::new(Some(wide()));
        let mut goal = || flight.goal(|to| legs.iter().any(|leg| is_at(to, *leg)));
        (1..ROUND).for_each(|_| assert_eq!(goal(), survey(wide().median)));
        assert!(is_at(goal().to, best));
    }
    let known = Belief { radius_50_m: RADIUS_50_M, ..one_of(&[at(0.0, 0.0)], 4.0) };
    let mut flight = Flight::new(Some(known));
    assert_eq!((1..=ROUND).map(|_| flight.goal(|_| true)).last(), Some(survey(END)));
}

#[test]
fn the_middle_is_the_place_when_it_is_small_and_stays_so_until_it_is_half_as_wide_again() {
    let mut flight = Flight::new(Some(wide()));
    for (radius_95_m, is_small) in
        [(10.1, false), (10.0, true), (15.0, true), (15.1, false), (10.1, false), (10.0, true), (10.1, true)]
    {
        flight.belief = Some(two(100.0, radius_95_m));
        let aim = if is_small { Aim::Place } else { Aim::Survey };
        assert_eq!(flight.goal(|_| true), Goal::new(at(0.0, 0.0), aim), "{radius_95_m}");
    }
}

#[test]
fn the_middle_is_the_place_when_the_time_for_making_it_surer_is_over() {
    let mut flight = Flight::new(Some(wide()));
    let aim = |flight: &mut Flight, elapsed_us: u64| {
        flight.now = TimeUs(10_000_000 + elapsed_us);
        flight.goal(|_| false).aim
    };
    assert_eq!(aim(&mut flight, 599_999_999), Aim::Survey);
    assert_eq!(aim(&mut flight, 600_000_000), Aim::Place);
    flight.guidance.begin(flight.now, START, false);
    assert_eq!(aim(&mut flight, 600_000_000), Aim::Place, "it goes on after HOLDING");
    flight.guidance.begin(flight.now, START, true);
    assert_eq!(aim(&mut flight, 1_199_999_999), Aim::Survey);
}

#[test]
fn the_middle_is_the_place_when_neither_a_leg_nor_a_burst_is_worth_its_time() {
    // Half of 2 m in 20 s is 0.05 m/s, and one burst is to win 1 m; a region of 40 m is made surer in any case.
    for (apart_m, radius_95_m, is_over) in
        [(2.0, 39.9, false), (2.1, 39.9, false), (1.9, 39.9, true), (1.9, 40.0, false), (1.9, 41.0, false)]
    {
        for period_us in [None, Some(30e6)] {
            let mut flight = Flight::chosen_end(two(apart_m, radius_95_m), period_us);
            let goal = if is_over { Goal::new(at(0.0, 0.0), Aim::Place) } else { survey(END) };
            assert_eq!(flight.goal(|_| true), goal, "{apart_m} {radius_95_m} {period_us:?}");
        }
    }
}

#[test]
fn between_bursts_it_goes_no_further_than_it_comes_4_s_before_the_next() {
    let belief = Belief { radius_50_m: 100.0, median: START, ..wide() };
    let mut flight = Flight { period_us: Some(40e6), ..Flight::new(Some(belief)) };
    // The next one is due in 40 s, in 30 s, and in 2 s.
    let rings_m = |reach_m: f64| [70.0, 150.0, 250.0, 80.0, 180.0].map(|ring_m| (START, reach_m.min(ring_m)));
    let heard = flight.now;
    assert_same(&flight.asked(1), &on_rings(rings_m(SPEED_MPS * 36.0))[..4]);
    flight.now = heard.plus_us(10_000_000);
    assert_same(&flight.asked(ROUND - 1), &on_rings(rings_m(SPEED_MPS * 26.0))[4..]);
    flight.now = heard.plus_us(38_000_000);
    assert_same(&flight.asked(1), &[START; 4]);
}

#[test]
fn a_burst_is_awaited_at_its_place_until_it_is_heard_or_late() {
    let waits = |elapsed_us, observation_count, is_allowed: bool| {
        let mut flight = Flight::chosen_end(wide(), Some(50e6));
        flight.now = flight.now.plus_us(elapsed_us);
        flight.belief.as_mut().unwrap().observation_count += observation_count;
        let goal = flight.goal(|to| is_allowed && to == END);
        assert!([survey(END), survey(wide().median)].contains(&goal), "{goal:?}");
        // Judged anew, it takes a whole round.
        goal.to == END
    };
    assert!(waits(0, 0, true) && waits(75_000_000, 0, true), "half as long again as from one to the next");
    assert!(!waits(75_000_001, 0, true) && !waits(0, 1, true) && !waits(0, 0, false));
}

#[test]
fn before_anything_is_believed_each_way_is_a_third_of_a_circle_aside_and_longer() {
    let mut flight = Flight::new(None);
    let first = away(START, 0.0, 80.0);
    assert_eq!(flight.goal(|_| true), Goal::new(first, Aim::Ahead));
    flight.from.at = at(first.north_m - 4.1, 0.0);
    assert_eq!(flight.goal(|_| true).to, first);
    flight.from.at = at(first.north_m - 4.0, 0.0);
    for way_m in [100.0, 120.0, 140.0] {
        let Standpoint { at, course_rad, .. } = flight.from;
        let to = away(at, course_rad + TAU / 3.0, way_m);
        assert_same(&[flight.goal(|_| true).to], &[to]);
        flight.from = Standpoint { at: to, course_rad: course_rad + TAU / 3.0, ..flight.from };
    }
    // No way of that length is allowed any more: it begins with the first.
    assert_eq!(flight.goal(|_| false).to, flight.from.at);
    let straight = away(flight.from.at, flight.from.course_rad, 80.0);
    assert_same(&[flight.goal(|_| true).to], &[straight]);
}

#[test]
fn before_anything_is_believed_the_way_that_is_allowed_is_the_one_nearest_to_straight_on() {
    let mut flight = Flight::new(None);
    flight.from.course_rad = 0.3;
    let asides = [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6].map(f64::from);
    let ways = asides.map(|aside| away(START, 0.3 + aside * TAU / 12.0, 80.0));
    assert_same(&flight.asked(1), &ways);
    assert_same(&[flight.goal(|to| is_at(to, ways[5])).to], &ways[5..6]);
}

#[test]
fn what_is_not_heard_any_more_is_looked_for_in_an_expanding_square() {
    let square = |middle: NorthEast, side_m: f64| {
        let corners = [(0, 0), (1, 0), (1, 1), (-1, 1), (-1, -1), (2, -1), (2, 2), (-2, 2)];
        let along = |from_m: f64, sides: i32| from_m + side_m * f64::from(sides);
        corners.map(|(north, east)| at(along(middle.north_m, north), along(middle.east_m, east)))
    };
    let silent = |belief| Flight { is_unheard: true, ..Flight::new(belief) };
    for (radius_50_m, side_m) in [(5.0, 20.0), (50.0, 50.0), (100.0, 80.0)] {
        let mut flight = silent(Some(Belief { median: at(300.0, 0.0), radius_50_m, ..wide() }));
        let mut asked = flight.asked(11);
        assert_same(&asked.split_off(40), &square(at(300.0, 0.0), side_m)[..4]);
        assert_same(&asked[..8], &square(at(300.0, 0.0), side_m));
    }
    // Nothing was ever believed: it is where it was heard. Corners that may not be flown to are passed over, four in a pass.
    let mut flight = silent(None);
    let corners = square(START, 20.0);
    flight.from.at = at(START.north_m + 4.1, START.east_m);
    assert_eq!(flight.goal(|_| true), Goal::new(START, Aim::Return));
    flight.from.at = at(START.north_m + 4.0, START.east_m);
    assert_eq!(flight.goal(|_| true), Goal::new(corners[1], Aim::Widen), "there");
    assert_eq!(flight.goal(|to| is_at(to, corners[6])), Goal::new(flight.from.at, Aim::Widen));
    let goal = flight.goal(|to| is_at(to, corners[6]));
    assert!(goal.aim == Aim::Widen && is_at(goal.to, corners[6]), "{goal:?}");
    flight.is_unheard = false;
    flight.goal(|_| true);
    flight.is_unheard = true;
    flight.from.at = corners[3];
    assert_eq!(flight.goal(|_| true), Goal::new(START, Aim::Return), "heard meanwhile, it begins anew");
}

/// To one half of all sides 20 dB more than to the other; once about in 16 s.
fn one_sided() -> (HomingConfig, Antenna) {
    let gain_db = |bearing_rad: f64| if bearing_rad.cos() > 0.0 { 0.0 } else { -60.0 };
    let settings = HomingConfig { yaw_rate_max_rad_s: TAU / 16.0, ..homing_config() };
    (settings, Antenna::Directional(AntennaPattern::new(gain_db, true)))
}

#[test]
fn a_directional_antenna_is_turned_in_the_pass_after_nothing_was_heard_any_more() {
    let (settings, antenna) = one_sided();
    let mut flight = Flight::with(&settings, &antenna, Some(Belief { median: END, ..wide() }));
    flight.is_unheard = true;
    assert_eq!(flight.goal(|_| true).aim, Aim::Return);
    let turn = Goal { turn_rad_s: TAU / 16.0, ..Goal::new(START, Aim::Turn) };
    assert_eq!(flight.goal(|_| true), turn);
    flight.now = flight.now.plus_us(24_000_000);
    assert_eq!([(); 2].map(|()| flight.goal(|_| true).aim), [Aim::Return; 2], "once");
}

#[test]
fn it_turns_where_that_wins_more_a_second_than_the_best_leg() {
    // Either tells all; the turn takes 16 s, as 60 m straight on do.
    for (leg_m, is_turned) in [(56.0, false), (60.0, false), (64.0, true)] {
        let (settings, antenna) = one_sided();
        let belief = Belief { antenna, ..two(200.0, 120.0) };
        let mut flight = Flight::with(&settings, &antenna, Some(belief));
        flight.from.at = at(END.north_m - leg_m, 0.0);
        let to = if is_turned { belief.median } else { END };
        assert_eq!(flight.chosen(END), survey(to), "{leg_m}");
        let next = if is_turned { Aim::Turn } else { Aim::Survey };
        assert_eq!(flight.goal(|_| true).aim, next, "{leg_m}");
    }
}

#[test]
fn the_place_is_reached_within_4_m_and_left_where_the_beacon_is_or_may_be_elsewhere() {
    for (aim, away_m, arrives) in
        [(Aim::Place, 4.0, true), (Aim::Place, 4.1, false), (Aim::Survey, 0.0, false)]
    {
        assert_eq!(Guidance::arrives(Goal::new(at(0.0, 0.0), aim), at(0.0, away_m)), arrives);
    }
    // By 15 m, or half the radius of 95 %; one that moves, where that is three times the 10 m that were asked for.
    for (beacon_speed_mps, radius_95_m, away_m, leaves) in [
        (0.0, 20.0, 15.0, false),
        (0.0, 20.0, 15.1, true),
        (0.0, 50.0, 25.0, false),
        (0.0, 50.0, 25.1, true),
        (0.0, 31.0, 0.0, false),
        (1.0, 30.0, 0.0, false),
        (1.0, 31.0, 0.0, true),
    ] {
        let settings = HomingConfig { beacon_speed_mps, ..homing_config() };
        let guidance = Guidance::new(&settings, &Antenna::Omni);
        let left = guidance.leaves(&two(2.0, radius_95_m), at(0.0, 0.0), at(0.0, away_m));
        assert_eq!(left, leaves, "{beacon_speed_mps} {radius_95_m} {away_m}");
    }
}

#[test]
fn what_is_told_of_the_course_is_what_is_flown() {
    let told = |world: &World| {
        let course = world.homing.course().expect("a velocity");
        (course.aim, course.to.map(|to| Origin::new(HOME).ned_from_wgs84(to)))
    };
    assert_eq!(told(&World::searching(2.0, 2.0)), (Aim::Search, None));
    for (state, aim) in [(State::Homing, Aim::Place), (State::Holding, Aim::Hold)] {
        let mut world = World::in_state(state, &homing_config(), &interlock_config());
        let place = at(world.at().north_m + 8.0, world.at().east_m);
        world.believe(place, 5.0);
        world.step();
        let (told, to) = told(&world);
        assert_eq!((told, world.homing.state()), (aim, state));
        assert!(to.expect("a goal").distance_m(place) < 0.1, "{to:?}");
    }
}
