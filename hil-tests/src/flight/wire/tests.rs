//! A good flight is good, and each planted fault of it is found, and only that.

use super::*;

const OWN: (u8, u8) = (1, 191);

fn setpoint(at_ms: u64, north_mps: f64) -> SetpointRow {
    SetpointRow {
        at_us: at_ms * 1_000,
        velocity_mps: [north_mps, 0.0, 0.0],
        yaw_rate_rad_s: 0.0,
        taken: true,
        from: OWN,
    }
}

/// Enabled at 1 s, HOMING from 2 s to 12 s, zeros for half a second; the pilot takes LOITER at 20 s.
fn good() -> (Trace, Known) {
    let mut trace = Trace::default();
    for (at_s, from, to) in [(1, "IDLE", "SEARCHING"), (2, "SEARCHING", "HOMING"), (12, "HOMING", "IDLE")] {
        trace.states.push(StateRow::new(at_s * 1_000_000, from, to, ""));
    }
    trace.setpoints.extend((20..120).map(|tenth| setpoint(tenth * 100 + 10, 2.0)));
    trace.setpoints.extend((120..125).map(|tenth| setpoint(tenth * 100 + 10, 0.0)));
    let heartbeat = |second: u64| Said { at_us: second * 1_000_000, is_ours: second < 20, armed: true };
    let known = Known {
        own: OWN,
        said: (0..30).map(heartbeat).collect(),
        enabled_us: vec![1_000_000],
        end_us: 30_000_000,
        ..Known::default()
    };
    (trace, known)
}

fn violated(trace: &Trace, known: &Known) -> Vec<String> {
    let told = judge(trace, known);
    told.iter().map(|told| told.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn a_good_flight_violates_nothing() {
    let (trace, known) = good();
    assert_eq!(judge(&trace, &known), Vec::<String>::new());
}

#[test]
fn movement_in_another_mode_or_disarmed_is_found() {
    for (is_ours, armed) in [(false, true), (true, false)] {
        let (trace, mut known) = good();
        for said in known.said.iter_mut().filter(|said| said.at_us > 6_000_000) {
            (said.is_ours, said.armed) = (said.is_ours && is_ours, armed);
        }
        assert_eq!(violated(&trace, &known), ["permission"]);
    }
}

#[test]
fn movement_before_homing_is_found() {
    let (mut trace, known) = good();
    trace.setpoints.insert(0, setpoint(1_300, 1.0));
    assert_eq!(violated(&trace, &known), ["permission"]);
    assert!(judge(&trace, &known)[0].contains("at 1.300 s"), "{:?}", judge(&trace, &known));
}

#[test]
fn a_search_may_move_in_searching_and_nowhere_else() {
    let (mut trace, known) = good();
    let mut known = Known { search_flown: true, ..known };
    trace.setpoints.insert(0, setpoint(1_300, 1.0));
    assert_eq!(judge(&trace, &known), Vec::<String>::new());
    trace.setpoints.insert(0, setpoint(300, 1.0));
    assert_eq!(violated(&trace, &known), ["permission"]);
    // A lost beacon is no stop then.
    trace.setpoints.remove(0);
    trace.states[2].to = "SEARCHING".into();
    trace.setpoints.extend((125..180).map(|tenth| setpoint(tenth * 100, 1.0)));
    assert_eq!(judge(&trace, &known), Vec::<String>::new());
    known.search_flown = false;
    assert_eq!(violated(&trace, &known), ["permission", "stops"]);
}

#[test]
fn movement_after_a_stop_is_found() {
    let (mut trace, known) = good();
    trace.setpoints.push(setpoint(12_600, 1.0));
    assert_eq!(violated(&trace, &known), ["permission", "stops"]);
}

#[test]
fn zeros_that_never_end_are_found() {
    let (mut trace, known) = good();
    trace.setpoints.extend((125..150).map(|tenth| setpoint(tenth * 100, 0.0)));
    assert_eq!(violated(&trace, &known), ["stops"]);
}

#[test]
fn a_stop_without_a_zero_is_found() {
    let (mut trace, mut known) = good();
    trace.setpoints.retain(SetpointRow::moves);
    assert_eq!(violated(&trace, &known), ["stops"]);
    // Not when nobody knows whom it would reach.
    trace.states[2].interlock = Some("identity".into());
    assert_eq!(judge(&trace, &known), Vec::<String>::new());
    trace.states[2].interlock = Some("battery".into());
    assert_eq!(violated(&trace, &known), ["stops"]);
    // Not when the mode was taken: then there is nothing to be sent.
    known.said.iter_mut().filter(|said| said.at_us >= 12_000_000).for_each(|said| said.is_ours = false);
    assert_eq!(judge(&trace, &known), Vec::<String>::new());
}

#[test]
fn a_gap_is_found_unless_the_daemon_could_not_speak() {
    let (mut trace, mut known) = good();
    trace.setpoints.retain(|row| !(5_000_000..5_320_000).contains(&row.at_us));
    assert_eq!(violated(&trace, &known), ["rate"]);
    known.mute.push((5_000_000, 5_200_000));
    assert_eq!(judge(&trace, &known), Vec::<String>::new());
}

#[test]
fn setpoints_of_others_are_found_unless_expected() {
    let (mut trace, mut known) = good();
    trace.setpoints.insert(40, SetpointRow { from: (7, 191), ..setpoint(5_905, 1.0) });
    assert_eq!(violated(&trace, &known), ["others"]);
    known.others = true;
    assert_eq!(judge(&trace, &known), Vec::<String>::new());
}

#[test]
fn silence_to_the_end_of_homing_is_a_gap_too() {
    let (mut trace, known) = good();
    trace.setpoints.retain(|row| row.at_us < 8_000_000);
    assert!(violated(&trace, &known).contains(&"rate".to_owned()));
    trace.states.pop();
    assert!(violated(&trace, &known).contains(&"rate".to_owned()), "HOMING until the rig ends it");
}
