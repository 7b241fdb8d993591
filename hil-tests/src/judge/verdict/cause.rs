//! Why a flight did not take its course: what was refused to the operator last, in the words of who refused; and why a number
//! does not exist.

use super::{Check, check};
use crate::judge::metrics;
use crate::script::Do;
use crate::trace::Trace;
use skyhound::command::State;

/// Between what was done and why it was refused, in a deed.
pub const REFUSED: &str = ": refused: ";
/// Of a long cause so much is told again and again.
const BRIEF_CHARS: usize = 60;
/// What the daemon says before its reasons.
const LOCKED: &str = "homing stays locked: ";

/// The row that goes before all others; none where everything was granted.
pub(super) fn of(trace: &Trace) -> Option<Check> {
    let (what, why) = refusal(trace)?;
    Some(check("cause", format!("{what}{REFUSED}{why}"), "granted", false))
}

/// What was refused last and never granted after, of what the flight needs to go on.
fn refusal(trace: &Trace) -> Option<(&str, &str)> {
    let mut refused: Vec<(&str, &str)> = Vec::new();
    for deed in &trace.deeds {
        let (what, why) = match deed.what.split_once(REFUSED) {
            Some((what, why)) => (what, Some(why)),
            // What was granted may tell more: the state that followed.
            None => (deed.what.as_str(), None),
        };
        refused.retain(|(known, _)| *known != what && !what.starts_with(&format!("{known}: ")));
        refused.extend(why.map(|why| (what, why)));
    }
    // What came first kept the rest from coming; but a lock of homing has all its reasons.
    let homing = Do::HomingOn.to_string();
    refused.iter().find(|(what, _)| *what == homing).or(refused.first()).copied()
}

/// Instead of a number that the flight does not have.
pub(super) fn unmeasured(name: &str, trace: &Trace) -> String {
    let was = |state: State| trace.states.iter().any(|row| row.to == state.name());
    let is_stop_delay = name.starts_with("stop_delay");
    let because: &str = match name {
        _ if TOLD_BY_RUNNER.contains(&name) => "nobody at this depth counts it",
        _ if OF_HEARING.contains(&name) && !was_heard(trace) => "the beacon was never heard",
        _ if !was(State::Homing) => &never_homed(trace),
        _ if OF_HOLDING.contains(&name) && !was(State::Holding) => "HOLDING never began",
        _ if OF_HOLDING.contains(&name) => "HOLDING began too far from a beacon",
        _ if is_stop_delay && metrics::stops(trace).next().is_none() => "nothing stopped homing",
        _ if is_stop_delay => "nothing was done that could have caused a stop so",
        _ => "the flight file holds nothing that it is counted from",
    };
    format!("was not measured: {because}")
}

fn was_heard(trace: &Trace) -> bool {
    trace.signal.iter().any(|row| row.heard)
}

fn never_homed(trace: &Trace) -> String {
    let Some((what, why)) = refusal(trace) else {
        let why = if was_heard(trace) { "" } else { ": the beacon was never heard" };
        return format!("HOMING never began{why}");
    };
    let why = why.split_once(LOCKED).map_or(why, |(_, reasons)| reasons);
    let brief: String = why.chars().take(BRIEF_CHARS).collect();
    let rest = if brief.len() < why.len() { "…" } else { "" };
    format!("{what} was refused: {brief}{rest}")
}

const TOLD_BY_RUNNER: [&str; 6] = [
    "dropped_readings_total",
    "readings_due_total",
    "readings_lost_total",
    "second_refused",
    "rig_held_s",
    "exit_code",
];
const OF_HEARING: [&str; 3] = ["time_to_heard_s", "heard_distance_m", "snr_max_db"];
const OF_HOLDING: [&str; 2] = ["time_to_holding_s", "time_ratio"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{sample, verdict};
    use crate::rig::Depth;
    use crate::scenario::Bounds;
    use crate::trace::DeedRow;

    const WHY: &str = "failsafes refused: GUID_TIMEOUT: set it to 1 s or less";

    fn deed(what: &str) -> DeedRow {
        DeedRow { at_us: 0, what: what.into() }
    }

    fn locked() -> Trace {
        let deed = deed(&format!("operator: homing on: refused: homing stays locked: {WHY}"));
        Trace { states: Vec::new(), setpoints: Vec::new(), deeds: vec![deed], ..sample::trace() }
    }

    #[test]
    fn the_first_row_is_what_homing_on_was_answered_and_each_number_says_why_it_is_missing() {
        let mut scenario = sample::scenario();
        scenario.expect.number.insert("final_error_m".into(), Bounds { min: None, max: Some(1.0) });
        let judged = verdict(&scenario, &locked(), Depth::C);
        let first = &judged.checks[0];
        assert_eq!((first.name.as_str(), first.passed), ("cause", false));
        assert_eq!(first.measured, format!("operator: homing on: refused: homing stays locked: {WHY}"));
        let number = judged.checks.iter().find(|check| check.name == "final_error_m").unwrap();
        let why = "was not measured: operator: homing on was refused: failsafes refused: GUID_TIMEOUT: set it to 1 s";
        assert!(number.measured.starts_with(why), "{}", number.measured);
    }

    #[test]
    fn what_was_granted_in_the_end_is_no_cause() {
        let mut trace = locked();
        trace.deeds.push(deed("operator: homing on: SEARCHING"));
        assert_eq!(refusal(&trace), None);
        let why = "MAV_RESULT_FAILED: PreArm: Need Position Estimate";
        trace.deeds.push(deed(&format!("operator: arm: refused: {why}")));
        assert_eq!(refusal(&trace), Some(("operator: arm", why)));
        trace.deeds.push(deed("operator: arm"));
        assert_eq!(refusal(&trace), None);
    }

    #[test]
    fn a_flight_that_passes_has_no_cause() {
        let mut trace = sample::trace();
        trace.deeds.insert(0, deed("operator: homing on: refused: sticks unknown"));
        let judged = verdict(&sample::scenario(), &trace, Depth::C);
        assert!(judged.checks.iter().all(|check| check.name != "cause" && check.passed), "{judged:?}");
    }
}
