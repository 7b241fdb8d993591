//! Whole flights: search, hear, home, hold, go home, land; on each kind of line.

use super::field::{PATIENT, passes, rig, scenario};

/// Take-off, a beacon near home, RTL: about 100 s, more where the machine is slow.
const WHOLE: &str = r#"
about = "Take-off, a beacon near home, home again"
duration_s = 150
[world]
propagation = { shadow_sigma_db = 0.0, fading = "none" }
[[world.beacon]]
north_m = 60.0
east_m = 0.0
frequency_hz = 433.96e6
power_dbm = -48.0
[search]
pattern = "line"
altitude_m = 12.0
leg_m = 60.0
[operator]
lands_after_s = 2.0
[aircraft]
gust_mps = 0.0
[[skyhound.beacon]]
frequency_hz = 433.96e6
bandwidth_hz = 4000.0
emission = "continuous"
[expect]
states = ["SEARCHING", "DETECTING", "HOMING", "HOLDING", "IDLE"]
[expect.number]
exit_code = { max = 0 }
dropped_readings_total = { max = 0 }
"#;

#[test]
fn a_whole_flight_over_a_serial_line() {
    let scenario = scenario("whole", &[WHOLE, PATIENT]);
    let Some(trace) = passes(&scenario, &rig("serial")) else { return };
    let last = trace.truth.last().unwrap();
    assert!(!last.armed && last.pose.up_m < 1.0, "it has landed: {last:?}");
    assert!(trace.truth.iter().any(|row| row.pose.up_m > 11.0));
}

#[test]
fn a_whole_flight_of_px4_over_tcp() {
    let mut scenario = scenario("whole_px4", &[WHOLE, PATIENT]);
    scenario.aircraft.flavour = skyhound_rig::scenario::Flavour::Px4;
    // Its own 60 m would take longer to come down from than the flight lasts.
    scenario.aircraft.parameters.insert("RTL_RETURN_ALT".into(), 15.0);
    scenario.aircraft.parameters.insert("RTL_DESCEND_ALT".into(), 10.0);
    let Some(trace) = passes(&scenario, &rig("tcp")) else { return };
    assert!(!trace.truth.last().unwrap().armed, "it has landed");
    assert!(trace.truth.iter().any(|row| row.mode == "OFFBOARD"));
}
