//! Verdicts: each kind of expectation met and missed.

use super::*;
use crate::judge::sample;

fn bounds(min: Option<f64>, max: Option<f64>) -> Bounds {
    Bounds { min, max }
}

fn judged(change: impl Fn(&mut Scenario, &mut Trace), depth: Depth) -> Verdict {
    let (mut scenario, mut trace) = (sample::scenario(), sample::trace());
    change(&mut scenario, &mut trace);
    verdict(&scenario, &trace, depth)
}

fn failed(verdict: &Verdict) -> Vec<String> {
    assert_eq!(verdict.outcome == Outcome::Failed, verdict.failures().next().is_some());
    verdict
        .failures()
        .map(|check| format!("{}: {}; wanted {}", check.name, check.measured, check.wanted))
        .collect()
}

#[test]
fn numbers_are_held_against_their_bounds() {
    let verdict = judged(
        |scenario, _| {
            let number = &mut scenario.expect.number;
            number.insert("found".into(), bounds(Some(1.0), Some(1.0)));
            number.insert("homing_s".into(), bounds(Some(30.0), Some(40.0)));
            number.insert("setpoint_rate_hz".into(), bounds(Some(19.0), None));
            number.insert("exit_code".into(), bounds(None, Some(0.0)));
        },
        Depth::A,
    );
    assert_eq!(
        failed(&verdict),
        [
            "exit_code: was not measured: nobody at this depth counts it; wanted at most 0",
            "homing_s: 23.06 s; wanted 30 to 40"
        ]
    );
    assert_eq!(verdict.checks.len(), 5, "every expectation and the invariants are shown");
    assert_eq!(verdict.checks[1].wanted, "1");
}

#[test]
fn an_expectation_of_one_depth_is_not_asked_at_another() {
    let only_b = |scenario: &mut Scenario, _: &mut Trace| {
        let number = BTreeMap::from([("found".to_string(), bounds(Some(2.0), None))]);
        scenario.expect.only.insert("b".into(), number);
    };
    assert_eq!(judged(only_b, Depth::A).outcome, Outcome::Passed);
    let b = judged(only_b, Depth::B);
    assert_eq!(failed(&b), ["found: 1; wanted at least 2"]);
}

#[test]
fn states_in_order_with_others_between() {
    let states = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|state| (*state).to_string()).collect();
        judged(|scenario, _| scenario.expect.states.clone_from(&wanted), Depth::A).outcome
    };
    assert_eq!(states(&["IDLE", "SEARCHING", "HOLDING", "IDLE"]), Outcome::Passed);
    assert_eq!(states(&["HOLDING", "HOMING"]), Outcome::Failed);
    assert_eq!(states(&["SEARCHING", "SEARCHING"]), Outcome::Failed, "each counts once");
}

#[test]
fn stops_are_all_of_them_in_order() {
    let stops = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|cause| (*cause).to_string()).collect();
        failed(&judged(|scenario, _| scenario.expect.stops = Some(wanted.clone()), Depth::A))
    };
    assert!(stops(&["mode"]).is_empty());
    assert_eq!(stops(&[]), ["stops: mode; wanted none"]);
    assert_eq!(stops(&["mode", "operator"]), ["stops: mode; wanted mode, operator"]);
    let at_c = |scenario: &mut Scenario, _: &mut Trace| {
        scenario.expect.stops = Some(vec!["sticks".into()]);
        scenario.expect.stops_at.insert("c".into(), vec!["armed or mode".into()]);
    };
    assert_eq!(judged(at_c, Depth::C).outcome, Outcome::Passed);
    assert_eq!(failed(&judged(at_c, Depth::B)), ["stops: mode; wanted sticks"]);
    let operator = judged(
        |scenario, trace| {
            let stop = trace.states.last_mut().unwrap();
            (stop.interlock, stop.reason) = (None, "operator: homing off".into());
            scenario.expect.stops = Some(vec!["operator".into()]);
        },
        Depth::A,
    );
    assert_eq!(operator.outcome, Outcome::Passed);
    let ended = judged(
        |scenario, trace| {
            let stop = trace.states.last_mut().unwrap();
            (stop.interlock, stop.reason) = (None, "held long enough".into());
            scenario.expect.stops = Some(vec![]);
        },
        Depth::A,
    );
    assert_eq!(ended.outcome, Outcome::Passed, "an end of its own accord is no stop");
}

#[test]
fn a_violated_invariant_fails_whatever_is_expected() {
    let verdict = judged(|_, trace| trace.violations = vec!["first".into(), "second".into()], Depth::A);
    assert_eq!(failed(&verdict), ["invariants: violated: first (and 1 more); wanted none violated"]);
    assert_eq!(verdict.violations.len(), 2);
}
