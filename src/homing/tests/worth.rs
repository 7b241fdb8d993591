//! What a leg is worth.

use crate::belief::{Belief, HYPOTHESES, Hypothesis};
use crate::config::{Antenna, AntennaPattern};
use crate::facts::{Estimate, Fit};
use crate::geo::NorthEast;
use crate::homing::worth::{Standpoint, time_s, turn_worth_mps, worth_mps};
use std::f64::consts::PI;

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
