//! What a leg is worth.

use crate::belief::{Belief, HYPOTHESES, Hypothesis};
use crate::config::{Antenna, AntennaPattern};
use crate::facts::{Estimate, Fit};
use crate::geo::NorthEast;
use crate::homing::worth::{Standpoint, time_s, turn_worth_mps, worth_mps, worth_of_one_m};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

pub(super) fn at(north_m: f64, east_m: f64) -> NorthEast {
    NorthEast { north_m, east_m }
}

/// The beacon is at one of these, each as likely.
pub(super) fn one_of(places: &[NorthEast], spread_db: f32) -> Belief {
    heard_with(Antenna::Omni, places, spread_db)
}

fn heard_with(antenna: Antenna, places: &[NorthEast], spread_db: f32) -> Belief {
    let hypothesis = |n: usize| {
        let at = places[n % places.len()];
        Hypothesis { at, rise_m: 0.0, axis: None, exponent: 2.2, power_100_m_db: 0.0 }
    };
    let fit =
        Fit { power_100_m_db: -80.0, exponent: 2.2, spread_db: f64::from(spread_db), correlation_m: 35.0 };
    let estimate = Estimate {
        mean: at(0.0, 0.0),
        covariance_m2: [1e3, 0.0, 1e3],
        peak: at(0.0, 0.0),
        radius_50_m: 30.0,
        radius_95_m: 60.0,
        fit,
        observation_count: 20,
    };
    let hypotheses = std::array::from_fn::<_, HYPOTHESES, _>(hypothesis);
    Belief::new(&estimate, hypotheses, antenna, f32::INFINITY)
}

const FROM: Standpoint =
    Standpoint { at: NorthEast { north_m: -100.0, east_m: 0.0 }, height_m: 30.0, course_rad: 0.0 };

#[test]
fn what_lies_alike_to_both_sides_is_told_by_going_aside() {
    let belief = one_of(&[at(0.0, 40.0), at(0.0, -40.0)], 4.0);
    let worth = |to| worth_mps(&belief, &FROM, to, 5.0);
    let (ahead, aside) = (worth(at(0.0, 0.0)), worth(at(0.0, 80.0)));
    assert!(ahead.abs() < 1e-3 && aside > 0.3, "{ahead} {aside}");
    assert!((worth(at(0.0, -80.0)) - aside).abs() < 1e-6, "both sides are alike");
}

#[test]
fn a_turn_tells_the_side_and_not_the_distance_and_only_of_a_directional_antenna() {
    let beam = Antenna::Directional(AntennaPattern::new(|bearing_rad| 6.0 * bearing_rad.cos(), true));
    let worth =
        |antenna, places: &[NorthEast]| turn_worth_mps(&heard_with(antenna, places, 4.0), &FROM, 13.0);
    let sides = [at(-100.0, 150.0), at(-100.0, -150.0)];
    assert!(worth(beam, &sides) > 5.0, "{}", worth(beam, &sides));
    assert!(worth(Antenna::Omni, &sides) < 1e-6 && worth(Antenna::Whip, &sides) < 1e-6);
    let ahead = [at(100.0, 0.0), at(250.0, 0.0)];
    assert!(worth(beam, &ahead) < 0.1 * worth(beam, &sides), "{}", worth(beam, &ahead));
}

#[test]
fn a_leg_is_worth_less_where_shadows_hide_more_and_where_it_takes_longer() {
    let worth = |spread_db, to| {
        let belief = one_of(&[at(0.0, 40.0), at(0.0, -40.0)], spread_db);
        worth_mps(&belief, &FROM, to, 5.0)
    };
    assert!(worth(2.0, at(0.0, 80.0)) > 1.5 * worth(10.0, at(0.0, 80.0)));
    let back = Standpoint { course_rad: PI, ..FROM };
    assert!(time_s(&back, at(0.0, 0.0), 5.0) - time_s(&FROM, at(0.0, 0.0), 5.0) > 3.9, "it turns first");
    assert!((time_s(&FROM, at(0.0, 0.0), 5.0) - 21.0).abs() < 1e-9);
}

#[test]
fn where_all_is_known_nothing_is_to_be_won() {
    let belief = one_of(&[at(20.0, 40.0)], 4.0);
    assert_eq!(worth_mps(&belief, &FROM, at(0.0, 80.0), 5.0), 0.0);
    assert!(belief.median.distance_m(at(20.0, 40.0)) < 1e-6);
}

#[test]
fn where_the_receiver_clips_whatever_is_true_nothing_is_to_be_won() {
    let mut belief = one_of(&[at(0.0, 40.0), at(0.0, -40.0)], 4.0);
    let worth = |belief: &Belief, to| worth_mps(belief, &FROM, to, 5.0);
    let (near, far) = (at(-80.0, 60.0), at(0.0, 400.0));
    let free = worth(&belief, near);
    // Power at 300 m: all nearer legs are over it.
    belief.clip_db = -10.5;
    assert!(free > 0.1 && worth(&belief, near) == 0.0, "{free} {}", worth(&belief, near));
    assert!(worth(&belief, far) > 0.0, "out of it something is");
}

/// Of two places so far apart, each as likely, where this weight is kept beside the truth: half of the way less what of it is left.
fn won_m(apart_m: f64, kept: f64) -> f64 {
    assert!(kept == 1.0 || (0.05..0.95).contains(&kept), "{kept} tells little of the formula");
    apart_m * (0.5 - kept / (1.0 + kept))
}

fn assert_near(value: f64, expected: f64) {
    assert!((value - expected).abs() <= 1e-3 * expected.abs().max(1e-3), "{value}, not {expected}");
}

#[test]
fn a_leg_takes_its_way_its_turn_and_a_second() {
    // 20 s of flight; half a circle is turned in 4 s.
    for (course_rad, turn_s) in [(FRAC_PI_2, 0.0), (0.0, 2.0), (PI, 2.0), (-FRAC_PI_2, 4.0), (PI / 4.0, 1.0)]
    {
        let from = Standpoint { course_rad, ..FROM };
        assert_near(time_s(&from, at(-100.0, 100.0), 5.0), 20.0 + turn_s + 1.0);
    }
}

#[test]
fn one_burst_tells_by_how_its_power_differs_against_shadows() {
    // No place counts as further off than 300 m, or two radii of 50 %.
    for (apart_m, radius_50_m, counted_m) in [(80.0, 30.0, 80.0), (700.0, 30.0, 300.0), (700.0, 200.0, 400.0)]
    {
        for (differs_db, spread_db) in [(0.0, 4.0), (2.0, 0.0), (6.0, 4.0), (3.0, 1.5)] {
            let mut belief = one_of(&[at(0.0, apart_m / 2.0), at(0.0, -apart_m / 2.0)], spread_db);
            belief.radius_50_m = radius_50_m;
            belief.hypotheses.iter_mut().step_by(2).for_each(|one| one.power_100_m_db = differs_db);
            let variance = f64::from(spread_db).powi(2) + 1.0;
            let kept = (-f64::from(differs_db).powi(2) / (4.0 * variance)).exp();
            assert_near(worth_of_one_m(&belief, &FROM, at(0.0, 0.0)), won_m(counted_m, kept));
        }
    }
}

#[test]
fn a_burst_is_heard_with_the_nose_on_the_course_there_or_as_it_is_where_it_waits() {
    let beam = Antenna::Directional(AntennaPattern::new(|bearing_rad| 6.0 * bearing_rad.cos(), true));
    let belief = heard_with(beam, &[at(-100.0, 150.0), at(-100.0, -150.0)], 4.0);
    let from = Standpoint { course_rad: FRAC_PI_2, ..FROM };
    let worth = |north_m| worth_of_one_m(&belief, &from, at(-100.0 + north_m, 0.0));
    assert!(worth(0.0) > 50.0 && worth(1.0) > 50.0 && worth(1.1) < 1.0, "{} {}", worth(1.0), worth(1.1));
}

#[test]
fn a_leg_tells_by_how_power_changes_along_it_against_shadows_that_change_too() {
    // On the way north between the two of which one falls by another exponent.
    let (apart_m, length_m, correlation_m) = (80.0, 100.0, 35.0);
    let mut belief = one_of(&[at(0.0, apart_m / 2.0), at(0.0, -apart_m / 2.0)], 4.0);
    belief.hypotheses.iter_mut().step_by(2).for_each(|one| one.exponent += 2.0);
    let power_db = |sixths: f64| {
        let north_m = -length_m * (1.0 - sixths / 6.0);
        let distance2 = north_m.powi(2) + (apart_m / 2.0).powi(2) + FROM.height_m.powi(2) + 1.0;
        -2.0 * 5.0 * distance2.log10()
    };
    let step_m = length_m / 6.0;
    let squares = (1..=6).map(f64::from).map(|n| {
        let (differs_db, slope) = (power_db(n) - power_db(0.0), (power_db(n) - power_db(n - 1.0)) / step_m);
        step_m * (differs_db.powi(2) + (correlation_m * slope).powi(2))
    });
    let kept = (-squares.sum::<f64>() / (4.0 * correlation_m * (4.0_f64.powi(2) + 1.0))).exp();
    assert_near(worth_mps(&belief, &FROM, at(0.0, 0.0), 5.0), won_m(apart_m, kept) / 21.0);
}

#[test]
fn a_turn_tells_by_the_shape_of_what_is_heard_at_eight_headings() {
    let beam = Antenna::Directional(AntennaPattern::new(|bearing_rad| 6.0 * bearing_rad.cos(), true));
    for spread_db in [6.0, 12.0] {
        let belief = heard_with(beam, &[at(50.0, 100.0), at(50.0, 20.0)], spread_db);
        let differ_db: [f64; 8] = std::array::from_fn(|n| {
            let heard = |of: usize| {
                belief.power_db(&belief.hypotheses[of], FROM.at, FROM.height_m as f32, TAU / 8.0 * n as f64)
            };
            f64::from(heard(0) - heard(1))
        });
        let mean_db = differ_db.iter().sum::<f64>() / 8.0;
        let square = differ_db.iter().map(|differs_db| (differs_db - mean_db).powi(2)).sum::<f64>();
        let variance = 0.2 * f64::from(spread_db).powi(2) + 2.0 + 1.0;
        assert_near(
            turn_worth_mps(&belief, &FROM, 13.0),
            won_m(80.0, (-square / (4.0 * variance)).exp()) / 13.0,
        );
    }
}
