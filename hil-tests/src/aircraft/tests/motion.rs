//! The body against closed forms.

use super::*;

const LIMITS: Limits = Limits {
    acceleration_mps2: 2.5,
    climb_acceleration_mps2: 1.0,
    jerk_mps3: 5.0,
    tilt_rad: std::f64::consts::FRAC_PI_6,
    yaw_rate_rad_s: 1.0,
};

fn airborne(wind_mps: [f64; 3]) -> Body {
    let mut body = Body::new();
    body.hover([0.0, 0.0, 50.0], 0.0, wind_mps);
    body
}

fn fly(body: &mut Body, lead: Lead, turn: Turn, wind_mps: [f64; 3], seconds: f64) {
    for _ in 0..(seconds / STEP_S) as u32 {
        body.step(lead, turn, &LIMITS, [0.0; 3], wind_mps, 0.0);
    }
}

/// v²/2a + v·a/2j + v·T, within what drag takes off.
#[test]
fn braking_takes_the_distance_of_its_acceleration() {
    for speed_mps in [3.0, 6.0, 9.0] {
        let mut body = airborne([0.0; 3]);
        fly(&mut body, Lead::Velocity([speed_mps, 0.0, 0.0]), Turn::Hold, [0.0; 3], 20.0);
        assert!((body.pose.north_mps - speed_mps).abs() < 0.05, "{:?}", body.pose);
        let from_m = body.pose.north_m;
        let mut most_m: f64 = 0.0;
        for _ in 0..1_500 {
            body.step(Lead::Velocity([0.0; 3]), Turn::Hold, &LIMITS, [0.0; 3], [0.0; 3], 0.0);
            most_m = most_m.max(body.pose.north_m - from_m);
        }
        let expected_m = speed_mps.powi(2) / 5.0 + speed_mps * 2.5 / 10.0 + speed_mps * LEAN_LAG_S;
        assert!((most_m / expected_m - 1.0).abs() < 0.08, "{speed_mps} m/s: {most_m} m for {expected_m} m");
        assert!(body.pose.speed_mps() < 0.05);
    }
}

#[test]
fn acceleration_jerk_and_tilt_stay_within_limits() {
    let mut body = airborne([0.0; 3]);
    let (mut before, mut before_mps2) = (body.velocity_mps(), 0.0);
    for step in 0..2_000 {
        let north = if (step / 400) % 2 == 0 { 10.0 } else { -10.0 };
        body.step(Lead::Velocity([north, 0.0, 0.0]), Turn::Hold, &LIMITS, [0.0; 3], [0.0; 3], 0.0);
        let after = body.velocity_mps();
        let mps2 = (after[0] - before[0]) / STEP_S;
        assert!(mps2.abs() < 1.25 * LIMITS.acceleration_mps2, "step {step}: {mps2} m/s²");
        assert!(
            (mps2 - before_mps2).abs() / STEP_S < 60.0,
            "step {step}: jumps from {before_mps2} to {mps2} m/s²"
        );
        assert!(body.pose.pitch_rad.abs() <= LIMITS.tilt_rad + 1e-9);
        (before, before_mps2) = (after, mps2);
    }
    assert!(body.pose.speed_mps() > 3.0);
}

/// In a steady wind the lean balances drag: tan θ = drag / g.
#[test]
fn leans_into_the_wind_and_holds() {
    let wind_mps = [-8.0, 0.0, 0.0];
    let mut body = airborne(wind_mps);
    fly(&mut body, Lead::Velocity([0.0; 3]), Turn::Hold, wind_mps, 20.0);
    let drag_mps2 = (ROTOR_DRAG_PER_S + BODY_DRAG_PER_M * 8.0) * 8.0;
    assert!((body.pose.pitch_rad + (drag_mps2 / GRAVITY_MPS2).atan()).abs() < 0.01, "{:?}", body.pose);
    assert!(body.pose.speed_mps() < 0.02 && body.pose.distance_m(0.0, 0.0) < 0.5);
}

/// More wind than the tilt limit can hold carries it away: g·tan(tilt) = drag at 20.9 m/s.
#[test]
fn enough_wind_carries_it_away() {
    let wind_mps = [0.0, 27.0, 0.0];
    let mut body = airborne([0.0; 3]);
    fly(&mut body, Lead::Velocity([0.0; 3]), Turn::Hold, wind_mps, 40.0);
    let most_mps2 = GRAVITY_MPS2 * LIMITS.tilt_rad.tan();
    let root = (ROTOR_DRAG_PER_S.powi(2) + 4.0 * BODY_DRAG_PER_M * most_mps2).sqrt();
    let holds_mps = (root - ROTOR_DRAG_PER_S) / (2.0 * BODY_DRAG_PER_M);
    assert!((body.pose.east_mps - (27.0 - holds_mps)).abs() < 0.1, "{} of {holds_mps}", body.pose.east_mps);
}

#[test]
fn turns_no_faster_than_it_may_and_stops_there() {
    let mut body = airborne([0.0; 3]);
    let mut most: f64 = 0.0;
    for _ in 0..600 {
        body.step(Lead::Velocity([0.0; 3]), Turn::To(-3.0), &LIMITS, [0.0; 3], [0.0; 3], 0.0);
        most = most.max(body.pose.yaw_rate_rad_s.abs());
    }
    assert!(most <= LIMITS.yaw_rate_rad_s + 1e-9 && most > 0.9, "{most}");
    assert!((body.pose.yaw_rad + 3.0).abs() < 0.01);
    fly(&mut body, Lead::Velocity([0.0; 3]), Turn::Rate(0.5), [0.0; 3], 2.0);
    assert!((body.pose.yaw_rate_rad_s - 0.5).abs() < 1e-9);
    let held = body.pose.yaw_rad;
    fly(&mut body, Lead::Velocity([0.0; 3]), Turn::Hold, [0.0; 3], 5.0);
    assert!(body.pose.yaw_rate_rad_s.abs() < 1e-3 && (body.pose.yaw_rad - held).abs() < 0.15);
}

#[test]
fn without_motors_it_falls_and_stays_where_it_fell() {
    let mut body = airborne([0.0; 3]);
    fly(&mut body, Lead::Off, Turn::Hold, [0.0; 3], 1.0);
    // With drag k: v = g/k·(1 − e^−kt), after the motors' lag.
    let fall_mps = GRAVITY_MPS2 / CLIMB_DRAG_PER_S * (1.0 - (-CLIMB_DRAG_PER_S * (1.0 - LIFT_LAG_S)).exp());
    assert!((body.pose.down_mps - fall_mps).abs() < 0.1, "{} for {fall_mps}", body.pose.down_mps);
    fly(&mut body, Lead::Off, Turn::Hold, [0.0; 3], 6.0);
    assert!(body.is_on_ground && body.pose.up_m == 0.0 && body.pose.down_mps == 0.0);
    fly(&mut body, Lead::Velocity([5.0, 0.0, 0.0]), Turn::Hold, [9.0, 9.0, 0.0], 1.0);
    assert!(body.is_on_ground, "nothing lifts it but a climb");
}
