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

pub use facts::{Span, Stop, commands, fence_radius_m, is_ours, spans, stops};

/// A number that a flight may have.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// As scenarios spell it; the unit is its end.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// How it is counted.
    pub about: &'static str,
}

const fn metric(name: &'static str, unit: &'static str, about: &'static str) -> Metric {
    Metric { name, unit, about }
}

/// Stands for the cause in the name of [`STOP_DELAY`].
const CAUSE: &str = "CAUSE";
/// One number for each cause of a stop.
const STOP_DELAY: &str = "stop_delay_CAUSE_ms";
/// How near to a true beacon HOLDING must be to have found it, where the scenario bounds no `final_error_m`.
pub const FOUND_WITHIN_M: f64 = 25.0;

/// Every number, in the order in which it is shown.
pub const TABLE: &[Metric] = &[
    metric(
        "found",
        "",
        "1 when HOLDING began within the scenario's max of final_error_m (else 25 m) of a beacon that was on, else 0",
    ),
    metric(
        "final_error_m",
        "m",
        "horizontal distance from the nearest beacon that was on, at the end of the last time in HOMING or HOLDING",
    ),
    metric("closest_m", "m", "smallest horizontal distance from a beacon that was on, in HOMING or HOLDING"),
    metric(
        "heard_distance_m",
        "m",
        "horizontal distance from the nearest beacon that was on when it was first heard",
    ),
    metric("snr_max_db", "dB", "largest SNR while heard"),
    metric("time_to_heard_s", "s", "from the scenario's begin to the first time that the beacon was heard"),
    metric("time_to_homing_s", "s", "from the scenario's begin to the first HOMING"),
    metric("time_to_holding_s", "s", "from the scenario's begin to the first HOLDING"),
    metric(
        "time_ratio",
        "",
        "from the first HOMING to the HOLDING that found the beacon, over the straight way to where it held at homing.speed_mps; only when found",
    ),
    metric("homing_s", "s", "time in HOMING and HOLDING"),
    metric("homings_total", "", "how often HOMING began after a state that commands nothing"),
    metric("stops_total", "", "how often an interlock or the operator ended homing"),
    metric("setpoints_total", "", "our setpoints that the autopilot received"),
    metric(
        "setpoints_refused_total",
        "",
        "our setpoints that the autopilot received in HOMING or HOLDING and did not take",
    ),
    metric("setpoints_foreign_total", "", "setpoints that the autopilot received from anyone else"),
    metric("setpoint_rate_hz", "Hz", "our setpoints in HOMING and HOLDING, over the time there"),
    metric(
        "setpoint_gap_max_ms",
        "ms",
        "longest time without our setpoint in HOMING or HOLDING, begin and end included",
    ),
    metric("speed_max_mps", "m/s", "largest horizontal speed of our setpoints"),
    metric(
        "slew_max_mps2",
        "m/s²",
        "largest change of velocity from our setpoint to the next moving one within 500 ms, over their distance in time (at least a control period of 50 ms)",
    ),
    metric("ground_speed_max_mps", "m/s", "largest true horizontal speed in HOMING and HOLDING"),
    metric(
        "fence_margin_min_m",
        "m",
        "smallest distance of the true position from the edge of radius, polygon or an area uploaded to the autopilot in HOMING and HOLDING; negative = outside",
    ),
    metric("clearance_min_m", "m", "smallest true height above the ground in HOMING and HOLDING"),
    metric("stop_delay_max_ms", "ms", "the largest of the stop delays"),
    metric(
        STOP_DELAY,
        "ms",
        "for each cause of a stop (interlock or `operator`): from the deed that caused it (the last in HOMING or HOLDING, at most 10 s before) to our last moving setpoint received; the worst when there were several",
    ),
    metric(
        "moves_after_stop_total",
        "",
        "our moving setpoints received after the zero that follows a stop, or 250 ms after the stop, until homing begins again",
    ),
    metric(
        "setpoints_late_total",
        "",
        "our setpoints received later than 1 s after a stop, until homing begins again; of PX4 only moving ones, as it needs a stream of zeros",
    ),
    metric("violations_total", "", "violated invariants"),
    metric("deeds_total", "", "what the scenario did: faults begun and ended, acts of operator and pilot"),
    metric("flight_s", "s", "from the scenario's begin to the last row of truth"),
    metric(
        "dropped_readings_total",
        "",
        "readings lost on their way to the flight file, as it says itself (told by the runner)",
    ),
    metric(
        "readings_due_total",
        "",
        "hops of the first beacon's channel from the first reading in the flight file to the last, by their times (told by the runner)",
    ),
    metric(
        "readings_lost_total",
        "",
        "those of them without a reading: the SDR gave no samples, or the recorder kept none (told by the runner)",
    ),
    metric("readings_lost_ratio", "", "readings_lost_total over readings_due_total"),
    metric(
        "floor_rise_db",
        "dB",
        "largest noise floor less smallest in HOMING and HOLDING, of the medians of each 2 s",
    ),
    metric(
        "second_refused",
        "",
        "1 when the second daemon was refused homing for another program's sake, else 0 (told by the runner; depth b)",
    ),
    metric(
        "rig_held_s",
        "s",
        "time for which the rig itself was held up by its machine: what it saw then is not the daemon's doing (told by the runner; depths b and c)",
    ),
    metric("exit_code", "", "exit code of the daemon (told by the runner; depths b and c)"),
];

/// Counts them all.
pub fn metrics(scenario: &Scenario, trace: &Trace) -> BTreeMap<String, f64> {
    let mut numbers = count::all(&facts::Facts::new(scenario, trace));
    for (name, value) in &trace.numbers {
        numbers.entry(name.clone()).or_insert(*value);
    }
    numbers.retain(|_, value| value.is_finite());
    numbers
}

/// The row of [`TABLE`] that defines `name`.
pub fn find(name: &str) -> Option<&'static Metric> {
    let (before, after) = STOP_DELAY.split_once(CAUSE).unwrap_or_default();
    let of_cause = |name: &str| {
        let cause = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        cause.is_some_and(|cause| facts::causes().any(|known| known == cause))
    };
    TABLE
        .iter()
        .find(|metric| metric.name == name)
        .or_else(|| TABLE.iter().find(|metric| metric.name == STOP_DELAY && of_cause(name)))
}

/// Checks that everything `scenario` expects is a number we count.
pub fn check(scenario: &Scenario) -> Result<(), String> {
    let expect = &scenario.expect;
    let all = expect.number.keys().map(|name| ("expect.number", name));
    let only = expect.only.values().flat_map(|numbers| numbers.keys()).map(|name| ("expect.only", name));
    for (section, name) in all.chain(only) {
        if find(name).is_none() {
            let mend = "no such number; `skyhound-rig metrics` lists them";
            return Err(format!("scenario {}: {section}.{name}: {mend}", scenario.name));
        }
    }
    if let Some(depth) = expect.stops_at.keys().find(|depth| !["a", "b", "c"].contains(&depth.as_str())) {
        return Err(format!(
            "scenario {}: expect.stops_at.{depth}: no such depth; write a, b or c",
            scenario.name
        ));
    }
    for depth in expect.only.keys() {
        if !["a", "b", "c", "ardu_copter", "px4"].contains(&depth.as_str()) {
            return Err(format!(
                "scenario {}: expect.only.{depth}: no such depth or flavour; write a, b, c, ardu_copter or px4",
                scenario.name
            ));
        }
    }
    Ok(())
}

/// A number for people: whole numbers as they are, others with two or three digits that say something.
pub fn shown(value: f64) -> String {
    match value.abs() {
        _ if value == value.trunc() => format!("{value:.0}"),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 1000.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// The same with the unit of the number called `name`.
pub fn with_unit(name: &str, value: f64) -> String {
    let unit = find(name).map_or("", |metric| metric.unit);
    format!("{} {unit}", shown(value)).trim_end().to_string()
}

#[cfg(test)]
mod tests;
