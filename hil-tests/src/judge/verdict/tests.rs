//! Verdicts: each kind of expectation met and missed.

use super::*;
use crate::judge::sample;

fn judged(change: impl Fn(&mut Scenario, &mut Trace), depth: Depth) -> Verdict {
    let (mut scenario, mut trace) = (sample::scenario(), sample::trace());
    change(&mut scenario, &mut trace);
    verdict(&scenario, &trace, depth)
}

fn failed(verdict: &Verdict) -> Vec<String> {
    assert_eq!(verdict.outcome == Outcome::Failed, verdict.failures().next().is_some());
    verdict.failures().map(Check::to_string).collect()
}

#[test]
fn numbers_are_held_against_their_bounds() {
    let expects = |scenario: &mut Scenario, _: &mut Trace| {
        for (name, min, max) in [
            ("found", Some(1.0), Some(1.0)),
            ("homing_s", Some(30.0), Some(40.0)),
            ("setpoint_rate_hz", Some(19.0), None),
            ("exit_code", None, Some(0.0)),
        ] {
            scenario.expect.number.insert(name.into(), Bounds { min, max });
        }
    };
    let verdict = judged(expects, Depth::A);
    let missed = [
        "exit_code: was not measured: nobody at this depth counts it; wanted at most 0",
        "homing_s: 23.06 s; wanted 30 to 40",
    ];
    assert_eq!(failed(&verdict), missed);
    assert_eq!(verdict.checks.len(), 5, "every expectation and the invariants are shown");
    assert_eq!(verdict.checks[1].wanted, "1");
}

#[test]
fn an_expectation_of_one_depth_is_not_asked_at_another() {
    let only_b = |scenario: &mut Scenario, _: &mut Trace| {
        let number = BTreeMap::from([("found".to_string(), Bounds { min: Some(2.0), max: None })]);
        scenario.expect.only.insert("b".into(), number);
    };
    assert_eq!(judged(only_b, Depth::A).outcome, Outcome::Passed);
    let b = judged(only_b, Depth::B);
    assert_eq!(failed(&b), ["found: 1; wanted at least 2"]);
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn states_in_order_with_others_between() {
    let states =
        |wanted: &[&str]| judged(|scenario, _| scenario.expect.states = owned(wanted), Depth::A).outcome;
    assert_eq!(states(&["IDLE", "SEARCHING", "HOLDING", "IDLE"]), Outcome::Passed);
    assert_eq!(states(&["HOLDING", "HOMING"]), Outcome::Failed);
    assert_eq!(states(&["SEARCHING", "SEARCHING"]), Outcome::Failed, "each counts once");
}

#[test]
fn stops_are_all_of_them_in_order() {
    let stops = |wanted: &[&str]| {
        failed(&judged(|scenario, _| scenario.expect.stops = Some(owned(wanted)), Depth::A))
    };
    assert!(stops(&["mode"]).is_empty());
    assert_eq!(stops(&[]), ["stops: mode; wanted none"]);
    assert_eq!(stops(&["mode", "operator"]), ["stops: mode; wanted mode, operator"]);
    let at_c = |scenario: &mut Scenario, _: &mut Trace| {
        scenario.expect.stops = Some(owned(&["sticks"]));
        scenario.expect.stops_at.insert("c".into(), owned(&["armed or mode"]));
    };
    assert_eq!(judged(at_c, Depth::C).outcome, Outcome::Passed);
    assert_eq!(failed(&judged(at_c, Depth::B)), ["stops: mode; wanted sticks"]);
    // An end of its own accord is no stop.
    for (reason, stops) in [("operator: homing off", &["operator"][..]), ("held long enough", &[])] {
        let ended = |scenario: &mut Scenario, trace: &mut Trace| {
            let stop = trace.states.last_mut().unwrap();
            (stop.interlock, stop.reason) = (None, reason.into());
            scenario.expect.stops = Some(owned(stops));
        };
        assert_eq!(judged(ended, Depth::A).outcome, Outcome::Passed, "{reason}");
    }
}

#[test]
fn a_violated_invariant_fails_whatever_is_expected() {
    let verdict = judged(|_, trace| trace.violations = vec!["first".into(), "second".into()], Depth::A);
    assert_eq!(failed(&verdict), ["invariants: violated: first (and 1 more); wanted none violated"]);
    assert_eq!(verdict.violations.len(), 2);
}
