//! What goes wrong with the machine under the daemon, while it homes.

use super::field::{HOVER, PATIENT, passes, rig, scenario};
use skyhound_rig::trace::{SetpointRow, Trace};

/// The hover, with faults and expectations before its own tables, on rig `software`.
fn flown(name: &str, faults: &str, limits: &str) -> Option<Trace> {
    passes(&scenario(name, &[faults, HOVER, limits]), &rig("software"))
}

fn homing_s(trace: &Trace) -> f64 {
    let begun = trace.states.iter().find(|row| row.to == "HOMING").map(|row| row.at_us);
    begun.map_or(0.0, |begun_us| trace.truth.last().unwrap().pose.at_us.saturating_sub(begun_us) as f64 / 1e6)
}

/// Invariants 7 and 8: neither a disk that does not answer for ten seconds nor a clock that steps by hours and stands at
/// 1970 changes a decision, and nothing is lost.
#[test]
fn a_stalled_disk_and_a_stepping_clock_change_nothing() {
    let faults = r#"
fault = [
    { on = "homing", after_s = 1, do = "disk_stall", for_s = 10 },
    { on = "homing", after_s = 2, do = "clock_step", hours = 7, for_s = 3 },
    { on = "homing", after_s = 7, do = "clock1970" },
]
expect.states = ["SEARCHING", "DETECTING", "HOMING"]
expect.stops = []
expect.number = { dropped_readings_total = { max = 0 }, exit_code = { max = 0 } }
"#;
    let Some(trace) = flown("unmoved", faults, PATIENT) else { return };
    assert!(homing_s(&trace) > 12.0, "it homed through the stall: {} s", homing_s(&trace));
    assert_eq!(trace.deeds.iter().filter(|deed| deed.what.ends_with("ends")).count(), 2, "{:?}", trace.deeds);
    // All that was heard is in the file, those ten seconds too.
    let rows = trace.signal.windows(2).map(|two| two[1].at_us - two[0].at_us).max().unwrap();
    assert!(rows < 1_500_000, "a hole of {rows} µs in the file");
}

#[test]
fn another_profile_is_taken_before_homing_and_refused_in_it() {
    let text = include_str!("../../scenarios/switched.toml");
    let Some(trace) = passes(&scenario("switched", &[text, PATIENT]), &rig("software")) else { return };
    let switches: Vec<_> = trace.deeds.iter().filter(|deed| deed.what.starts_with("profile ")).collect();
    let [first, second] = switches.as_slice() else { panic!("{switches:?}") };
    assert!(first.what.ends_with("no profile is in force: fox"), "{first:?}");
    assert!(second.what.contains(": refused: "), "homing goes on to what it was enabled for: {second:?}");
    let heard = trace.signal.iter().find(|row| row.heard).unwrap();
    assert!(heard.at_us > first.at_us, "nothing sends where the hare was sought: {heard:?}");
}

#[test]
fn a_full_disk_pauses_the_recorder_and_nothing_else() {
    let faults = r#"
fault = [{ on = "homing", after_s = 1, do = "disk_full" }]
expect = { states = ["SEARCHING", "DETECTING", "HOMING"], stops = [] }
"#;
    let Some(trace) = flown("full", faults, PATIENT) else { return };
    assert_eq!(trace.numbers["exit_code"], 1.0, "a flight that is not whole is told by the exit code");
    // It goes on commanding: by the wire, for the file knows no more of it.
    let full_us = trace.deeds.iter().find(|deed| deed.what.contains("disk")).unwrap().at_us;
    let after = trace.setpoints.iter().filter(|row| row.at_us > full_us && row.moves()).count();
    assert!(after > 50, "{after} setpoints after the disk was full");
}

#[test]
fn a_killed_daemon_leaves_a_standing_aircraft_and_starts_again_unasked_for_nothing() {
    let faults = r#"
fault = [{ on = "homing", after_s = 4, do = "kill", for_s = 2 }]
operator = { retries = 1 }
expect = { states = ["SEARCHING", "DETECTING", "HOMING", "IDLE"] }
"#;
    let Some(trace) = flown("killed", faults, PATIENT) else { return };
    let is_flight = |path: &&std::path::PathBuf| path.extension().is_some_and(|end| end == "duckdb");
    assert_eq!(trace.files.iter().filter(is_flight).count(), 2, "{:?}", trace.files);
    let killed_us = trace.states.iter().find(|row| row.reason.contains("died")).unwrap().at_us;
    let mut acts = trace.deeds.iter().filter(|deed| deed.what.starts_with("operator: homing on"));
    let again_us = acts.find(|deed| deed.at_us > killed_us).map_or(u64::MAX, |deed| deed.at_us);
    let between = |row: &&SetpointRow| (killed_us + 100_000..again_us).contains(&row.at_us);
    assert_eq!(trace.setpoints.iter().filter(between).count(), 0, "silence until the operator acts");
    // GUID_TIMEOUT of 1 s and the way to a standstill at 2.5 m/s² from 3 m/s.
    let stands = trace.truth.iter().find(|row| row.pose.at_us >= killed_us + 4_000_000).unwrap();
    assert!(stands.pose.speed_mps() < 0.7, "{} m/s", stands.pose.speed_mps());
}

#[test]
fn a_second_daemon_is_refused() {
    let faults = r#"
fault = [{ on = "homing", after_s = 2, do = "second_daemon" }]
expect = { states = ["SEARCHING", "DETECTING", "HOMING"] }
"#;
    let Some(trace) = flown("second", faults, PATIENT) else { return };
    let last = trace.deeds.last().unwrap();
    assert!(last.what.contains("another program speaks with our system and component id"), "{last:?}");
    // The first flies on, or stops by its own interlock and says so: it never shares the aircraft.
    let mut stops = trace.states.iter().filter(|row| row.to == "IDLE");
    assert!(stops.all(|row| row.reason.contains("another program speaks")), "{:?}", trace.states);
}

/// Here the limits are those of flight: a daemon that is kept from its processor stops, and says why.
#[test]
fn a_starved_daemon_stops_by_itself() {
    let faults = r#"
fault = [{ on = "homing", after_s = 2, do = "cpu_starved", pause_ms = 900, every_ms = 1500, for_s = 6 }]
expect = { states = ["SEARCHING", "DETECTING", "HOMING", "IDLE"] }
"#;
    let Some(trace) = flown("starved", faults, "") else { return };
    let stop = trace.states.iter().find(|row| row.to == "IDLE").unwrap();
    let late = ["pass_late", "attitude", "position", "sdr", "facts", "heartbeat"];
    assert!(stop.interlock.as_deref().is_some_and(|interlock| late.contains(&interlock)), "{stop:?}");
}
