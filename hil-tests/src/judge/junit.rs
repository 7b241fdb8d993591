//! Judged flights to JUnit XML for CI servers: a suite for each rig, a case for each scenario and seed.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Flown, Outcome, metrics};

/// The file's text.
///
/// # Errors
/// What the writer says; only for texts that no XML can hold.
pub fn xml(flights: &[Flown]) -> Result<String, String> {
    let mut report = Report::new("skyhound-rig");
    report.set_time(Duration::from_secs_f64(flights.iter().map(|flown| flown.took_s).sum()));
    let mut rigs: Vec<&str> = Vec::new();
    for flown in flights {
        if !rigs.contains(&flown.rig.as_str()) {
            rigs.push(&flown.rig);
        }
    }
    for rig in rigs {
        let mut suite = TestSuite::new(format!("skyhound-rig {rig}"));
        suite.add_test_cases(flights.iter().filter(|flown| flown.rig == rig).map(case));
        suite.set_time(Duration::from_secs_f64(
            flights.iter().filter(|flown| flown.rig == rig).map(|flown| flown.took_s).sum(),
        ));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| format!("JUnit: {error}"))
}

fn case(flown: &Flown) -> TestCase {
    let status = match &flown.verdict.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed => failure(flown),
        Outcome::Ignored { needs } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("ignored, needs {needs}"));
            status
        }
    };
    let mut case =
        TestCase::new(format!("{} seed {} depth {}", flown.scenario, flown.seed, flown.depth), status);
    case.set_classname(format!("skyhound-rig.{}", flown.rig));
    case.set_time(Duration::from_secs_f64(flown.took_s));
    case.set_assertions(flown.verdict.checks.len());
    let numbers = flown.verdict.numbers.iter();
    case.add_properties(numbers.map(|(name, value)| Property::new(name.as_str(), metrics::shown(*value))));
    case
}

fn failure(flown: &Flown) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let names: Vec<&str> = flown.verdict.failures().map(|check| check.name.as_str()).collect();
    status.set_message(names.join(", ")).set_type("expectation");
    let mut text = String::new();
    for check in flown.verdict.failures() {
        let _ = writeln!(text, "{}: {}; wanted {}", check.name, check.measured, check.wanted);
    }
    for violation in &flown.verdict.violations {
        let _ = writeln!(text, "invariant violated: {violation}");
    }
    for file in &flown.verdict.files {
        let _ = writeln!(text, "file: {}", file.display());
    }
    let _ = write!(text, "seed {}; repeat with: {}", flown.seed, flown.repeat);
    status.set_description(text);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Verdict, sample, verdict};
    use crate::rig::Depth;
    use crate::scenario::Bounds;

    #[test]
    fn a_case_for_each_scenario_seed_and_depth_that_other_readers_understand() {
        let mut scenario = sample::scenario();
        scenario.expect.number.insert("final_error_m".into(), Bounds { min: None, max: Some(1.0) });
        let mut trace = sample::trace();
        trace.violations.push("at 3.2 s: <speed> & slew".into());
        let flown = |seed, rig: &str, depth, verdict| Flown {
            seed,
            rig: rig.into(),
            depth,
            ..sample::flown(verdict)
        };
        let failed = verdict(&scenario, &trace, Depth::A);
        let passed = verdict(&sample::scenario(), &sample::trace(), Depth::A);
        let flights = [
            flown(7, "engine", Depth::A, failed),
            flown(7, "software", Depth::B, passed),
            flown(8, "software", Depth::B, Verdict::ignored("root")),
        ];
        let xml = xml(&flights).unwrap();
        let report = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!((report.tests, report.failures, report.test_suites.len()), (3, 1, 2), "{xml}");
        let software = &report.test_suites[1];
        assert_eq!((software.tests, software.failures), (2, 0), "{xml}");
        let case = &report.test_suites[0].test_cases[0];
        assert_eq!(case.name.as_str(), "open_carrier seed 7 depth a");
        let TestCaseStatus::NonSuccess { message, description, .. } = &case.status else { panic!("{xml}") };
        assert_eq!(message.as_ref().unwrap().as_str(), "final_error_m, invariants");
        let description = description.as_ref().unwrap().as_str();
        for words in [
            "final_error_m: 2 m; wanted at most 1",
            "<speed> & slew",
            "seed 7; repeat with: skyhound-rig run open_carrier --seed 7",
        ] {
            assert!(description.contains(words), "{words} in {description}");
        }
        assert!(xml.contains("ignored, needs root"), "{xml}");
    }
}
