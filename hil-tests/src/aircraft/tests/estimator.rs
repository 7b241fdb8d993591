//! The estimator under noise, glitch and loss.

use super::*;

const OK_ARDUPILOT: u16 = 1 | 2 | 4 | 8 | 16 | 32 | 256 | 512;

fn truth(at_us: u64) -> TruePose {
    TruePose { at_us, ..TruePose::default() }
}

fn fix(north_m: f64) -> Fix {
    Fix { at_m: [north_m, 0.0, 0.0], velocity_mps: [0.0; 3] }
}

fn settled(flavour: Flavour) -> Estimator {
    let mut estimator = Estimator::new(flavour, 5);
    for _ in 0..300 {
        run(&mut estimator, Some(fix(0.0)));
    }
    estimator
}

/// 0.2 s.
fn run(estimator: &mut Estimator, fix: Option<Fix>) {
    for _ in 0..20 {
        estimator.predict(true);
    }
    estimator.correct(&truth(0), fix);
}

/// For how many seconds it takes `until` to hold.
fn seconds(estimator: &mut Estimator, fix: Option<Fix>, until: impl Fn(&Estimator) -> bool) -> f64 {
    for tick in 1..500 {
        run(estimator, fix);
        if until(estimator) {
            return f64::from(tick) * FIX_S;
        }
    }
    f64::INFINITY
}

#[test]
fn aligns_then_follows_the_receiver() {
    let mut estimator = Estimator::new(Flavour::ArduCopter, 1);
    assert!(!estimator.position_is_ok());
    assert_ne!(estimator.flags() & (CONSTANT_POSITION | ARDUPILOT_UNINITIALISED), 0);
    let after_s = seconds(&mut estimator, Some(fix(1.0)), Estimator::position_is_ok);
    assert!((after_s - 3.0).abs() < 0.3, "{after_s}");
    assert!((estimator.position_error_m[0] - 1.0).abs() < 1e-9);
    assert_eq!(estimator.flags(), OK_ARDUPILOT);
    for _ in 0..200 {
        run(&mut estimator, Some(fix(2.0)));
    }
    assert!((estimator.position_error_m[0] - 2.0).abs() < 0.5, "{:?}", estimator.position_error_m);
    assert!(estimator.reported_ratios().iter().all(|ratio| *ratio < 0.3));
}

/// 50 m: rejected, ratio over 1; flagged after 1 s by ArduPilot, at once by PX4; taken over after 10 s and 7 s.
#[test]
fn a_glitch_is_rejected_then_followed() {
    for (flavour, flag, flagged_s, reset_s) in
        [(Flavour::ArduCopter, ARDUPILOT_GLITCH, 1.2, 10.0), (Flavour::Px4, PX4_GLITCH, 0.2, 7.0)]
    {
        let mut estimator = settled(flavour);
        run(&mut estimator, Some(fix(0.0)));
        let mut glitched = estimator.clone();
        let until = |estimator: &Estimator| estimator.flags() & flag != 0;
        let after_s = seconds(&mut glitched, Some(fix(50.0)), until);
        assert!((after_s - flagged_s).abs() < 0.25, "{flavour:?} flags after {after_s} s");
        assert!(glitched.reported_ratios()[1] > 1.0 && glitched.position_error_m[0].abs() < 3.0);
        let after_s = seconds(&mut estimator, Some(fix(50.0)), |estimator| estimator.reset_total == 1);
        assert!((after_s - reset_s).abs() < 0.25, "{flavour:?} resets after {after_s} s");
        assert!((estimator.position_error_m[0] - 50.0).abs() < 1.0);
    }
}

/// 2 m is no glitch: it is believed, slowly.
#[test]
fn a_small_step_is_believed() {
    let mut estimator = settled(Flavour::ArduCopter);
    run(&mut estimator, Some(fix(2.0)));
    assert!(estimator.reported_ratios()[1] < 1.0 && estimator.position_error_m[0] < 1.5);
    for _ in 0..100 {
        run(&mut estimator, Some(fix(2.0)));
    }
    assert!((estimator.position_error_m[0] - 2.0).abs() < 0.4 && !estimator.is_glitching);
}

#[test]
fn without_gps_it_drifts_then_has_no_position_then_comes_back() {
    for (flavour, alone_s) in [(Flavour::ArduCopter, 7.0), (Flavour::Px4, 5.0)] {
        let mut estimator = settled(flavour);
        let variance_m2 = estimator.variance_m2;
        let after_s = seconds(&mut estimator, None, |estimator| !estimator.position_is_ok());
        assert!((after_s - alone_s).abs() < 0.25, "{flavour:?}: {after_s}");
        assert!(estimator.variance_m2 > variance_m2);
        assert_eq!(estimator.flags() & POSITION, 0);
        assert_ne!(estimator.flags() & CONSTANT_POSITION, 0);
        let back_s = seconds(&mut estimator, Some(fix(3.0)), Estimator::position_is_ok);
        assert!((back_s - 3.0).abs() < 0.3);
        assert!((estimator.position_error_m[0] - 3.0).abs() < 1e-9);
    }
}

#[test]
fn lost_by_order_says_so() {
    let mut estimator = settled(Flavour::ArduCopter);
    estimator.is_bad = true;
    assert!(!estimator.position_is_ok() && estimator.reported_ratios()[1] > 1.0);
    assert_eq!(estimator.flags() & (VELOCITY | POSITION), 0);
}
