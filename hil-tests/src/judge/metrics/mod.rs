//! The numbers of a flight: a scenario and its trace to named values in SI units (dB, m, s, ms …), each defined once in [`TABLE`].
//!
//! A number that is not defined for a flight (the final error of one that never homed) is absent, never NaN. What only the
//! runner can count comes in by `Trace::numbers` and is named here too, so that a scenario cannot expect a number that does
//! not exist ([`check`]). How each is counted: `count`; what "on" and "ours" mean: `facts`.

mod count;
mod facts;

use std::collections::BTreeMap;

use crate::scenario::Scenario;
use crate::trace::Trace;

pub use facts::{Span, commands, leads, spans};
pub(crate) use facts::{fence_radius_m, is_ours, pose_at, stops};

/// Stands for the cause in the name of [`STOP_DELAY`].
const CAUSE: &str = "CAUSE";
/// One number for each cause of a stop.
const STOP_DELAY: &str = "stop_delay_CAUSE_ms";
/// How near to a true beacon HOLDING must be to have found it, where the scenario bounds no `final_error_m`.
const FOUND_WITHIN_M: f64 = 25.0;

/// Every number, in the order in which it is shown: its name as scenarios spell it, which ends with its unit, and how it is
/// counted.
const TABLE: &str = "\
found: 1 when HOLDING began within the scenario's max of final_error_m (else 25 m) of a beacon that was on, else 0
final_error_m: horizontal distance from the nearest beacon that was on, at the end of the last time in HOMING or HOLDING
closest_m: smallest horizontal distance from a beacon that was on, in HOMING or HOLDING
heard_distance_m: horizontal distance from the nearest beacon that was on when it was first heard
snr_max_db: largest SNR while heard
time_to_heard_s: from the scenario's begin to the first time that the beacon was heard
time_to_homing_s: from the scenario's begin to the first HOMING
time_to_holding_s: from the scenario's begin to the first HOLDING
time_ratio: from the first HOMING to the HOLDING that found the beacon, over the straight way to where it held at homing.speed_mps; only when found
homing_s: time in HOMING and HOLDING
homings_total: how often HOMING began after a state that commands nothing
stops_total: how often an interlock or the operator ended homing
setpoints_total: our setpoints that the autopilot received
setpoints_refused_total: our setpoints that the autopilot received in HOMING or HOLDING and did not take
setpoints_foreign_total: setpoints that the autopilot received from anyone else
setpoint_rate_hz: our setpoints in HOMING and HOLDING, over the time there
setpoint_gap_max_ms: longest time without our setpoint in HOMING or HOLDING, begin and end included
speed_max_mps: largest horizontal speed of our setpoints
slew_max_mps2: largest change of velocity from our setpoint to the next moving one within 500 ms, over their distance in time (at least a control period of 50 ms)
ground_speed_max_mps: largest true horizontal speed in HOMING and HOLDING
fence_margin_min_m: smallest distance of the true position from the edge of radius, polygon or an area uploaded to the autopilot in HOMING and HOLDING, and while a search is flown; negative = outside
clearance_min_m: smallest true height above the ground in HOMING and HOLDING
stop_delay_max_ms: the largest of the stop delays
stop_delay_CAUSE_ms: for each cause of a stop (interlock or `operator`): from the deed that caused it (the last in HOMING or HOLDING, at most 10 s before) to our last moving setpoint received; the worst when there were several
moves_after_stop_total: our moving setpoints received after the zero that follows a stop, or 250 ms after the stop, until homing begins again
setpoints_late_total: our setpoints received later than 1 s after a stop, until homing begins again; of PX4 only moving ones, as it needs a stream of zeros
violations_total: violated invariants
deeds_total: what the scenario did: faults begun and ended, acts of operator and pilot
flight_s: from the scenario's begin to the last row of truth
dropped_readings_total: readings lost on their way to the flight file, as it says itself (told by the runner)
readings_due_total: hops of the first beacon's channel from the first reading in the flight file to the last, by their times (told by the runner)
readings_lost_total: those of them without a reading: the SDR gave no samples, or the recorder kept none (told by the runner)
readings_lost_ratio: readings_lost_total over readings_due_total
search_pos: probability of success that the search told last: that a beacon in its area would have been heard (told by the runner)
search_progress: share of the search's route that was flown by our own velocities (told by the runner)
floor_rise_db: largest noise floor less smallest in HOMING and HOLDING, of the medians of each 2 s
second_refused: 1 when the second daemon was refused homing for another program's sake, else 0 (told by the runner; depth b)
rig_held_s: time for which the rig itself was held up by its machine: what it saw then is not the daemon's doing (told by the runner; depths b and c)
exit_code: exit code of the daemon (told by the runner; depths b and c)
";

/// Names and definitions of every number.
pub(crate) fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter_map(|line| line.split_once(": "))
}

/// The unit that a number's name ends with.
pub(crate) fn unit(name: &str) -> &'static str {
    match name.rsplit_once('_').map_or("", |(_, end)| end) {
        "m" => "m",
        "s" => "s",
        "ms" => "ms",
        "db" => "dB",
        "hz" => "Hz",
        "mps" => "m/s",
        "mps2" => "m/s²",
        _ => "",
    }
}

/// So near is found in this scenario, m.
pub(crate) fn found_within_m(scenario: &Scenario) -> f64 {
    let bounds = scenario.expect.number.get("final_error_m");
    bounds.and_then(|bounds| bounds.max).unwrap_or(FOUND_WITHIN_M)
}

/// Counts them all.
pub fn metrics(scenario: &Scenario, trace: &Trace) -> BTreeMap<String, f64> {
    let mut numbers = count::all(&facts::Facts::new(scenario, trace));
    for (name, value) in &trace.numbers {
        numbers.entry(name.clone()).or_insert(*value);
    }
    numbers.retain(|_, value| value.is_finite());
    numbers
}

/// How the number `name` is counted, if it is one.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    let of_cause = |cause| STOP_DELAY.replace(CAUSE, cause) == name;
    let row = if facts::causes().any(of_cause) { STOP_DELAY } else { name };
    table().find(|(known, _)| *known == row).map(|(_, about)| about)
}

/// Checks that everything `scenario` expects is a number we count.
pub fn check(scenario: &Scenario) -> Result<(), String> {
    let expect = &scenario.expect;
    let told = |key: String, why: &str| Err(format!("scenario {}: {key}: {why}", scenario.name));
    let all = expect.number.keys().map(|name| ("expect.number", name));
    let only = expect.only.values().flat_map(|numbers| numbers.keys()).map(|name| ("expect.only", name));
    if let Some((section, name)) = all.chain(only).find(|(_, name)| find(name).is_none()) {
        return told(format!("{section}.{name}"), "no such number; `skyhound-rig metrics` lists them");
    }
    let depths = ["a", "b", "c", "ardu_copter", "px4"];
    if let Some(depth) = expect.stops_at.keys().find(|depth| !depths[..3].contains(&depth.as_str())) {
        return told(format!("expect.stops_at.{depth}"), "no such depth; write a, b or c");
    }
    if let Some(depth) = expect.only.keys().find(|depth| !depths.contains(&depth.as_str())) {
        let why = "no such depth or flavour; write a, b, c, ardu_copter or px4";
        return told(format!("expect.only.{depth}"), why);
    }
    Ok(())
}

/// A number for people: whole numbers as they are, others with two or three digits that say something.
pub(crate) fn shown(value: f64) -> String {
    match value.abs() {
        _ if value == value.trunc() => format!("{value:.0}"),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 1000.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// The same with the unit of the number called `name`.
pub(crate) fn with_unit(name: &str, value: f64) -> String {
    format!("{} {}", shown(value), unit(name)).trim_end().to_string()
}

#[cfg(test)]
mod tests;
